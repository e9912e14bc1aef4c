//! Operations: one function for each thing that can happen, and the only code that writes.

pub mod absence;
pub mod api_key;
pub mod card;
pub mod contact;
pub mod customer;
pub mod effect;
pub mod field;
pub mod form;
pub mod goal;
pub(crate) mod guard;
pub mod holiday;
pub mod import;
pub mod lead;
pub mod message;
pub mod organisation;
pub mod pack;
pub mod person;
pub mod plan;
pub mod plugin;
pub mod plugin_settings;
pub mod request;
pub mod search;
pub mod session;
pub mod team;
pub mod territory;
