//! What is true: the words of PACT as types, and the rules over them.
//!
//! This crate takes facts and returns decisions. It does no input or output, is never async, knows no clock (an
//! [`time::Instant`] is always passed in), no database and no wire format beyond the serde faces of its types.
//!
//! | part | holds |
//! |---|---|
//! | [`time`] | instants, clock spans and working spans |
//! | [`calendar`] | working time |
//! | [`coaching`] | when there may be a coaching period |
//! | [`role`], [`actor`] | who may do what, and who does it |
//! | [`event`] | what scripts can be called for |
//! | [`lead`] | what may happen to a lead, decided purely |
//! | [`history`] | the sentence that each step leaves on a lead |
//! | [`territory`] | which territory a lead or customer belongs to |
//! | [`matching`] | whether what enters is known |
//! | [`money`] | amounts and currencies |
//! | [`pact`] | the pact: its settings, their order of strength, who signs |
//! | [`rotation`] | whose turn it is |
//! | [`security`] | when security records may be opened, and to whom |
//! | [`id`] | random and ordered ids, and how a simulation plays them |
//! | [`text`] | texts of bounded length without characters that deceive |
//! | [`window`] | days in a row |
//! | [`words`] | closed sets of words |

pub mod actor;
pub mod calendar;
pub mod coaching;
pub mod event;
pub mod history;
pub mod id;
pub mod lead;
pub mod matching;
pub mod money;
pub mod pact;
pub mod release;
pub mod role;
pub mod rotation;
pub mod security;
pub mod territory;
pub mod text;
pub mod time;
pub mod window;
pub mod words;
