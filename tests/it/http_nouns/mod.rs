//! Customers, talks, fields, messages and the stream through the HTTP door, on both databases.

mod cards;
mod contacts;
mod customers;
mod fields;
mod jobs;
mod messages;
mod packs_goals;
mod plans;
mod plugin_life;
mod plugins_runs;
mod policy;
mod requests;
mod search;
mod stream;
mod views;
pub(crate) mod world;
