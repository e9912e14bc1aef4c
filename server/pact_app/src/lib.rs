//! What is done: operations, the only code that writes, and the jobs that call them.
//!
//! Each thing that can happen is one function in [`ops`]: it loads, decides with a pure function of `pact_core`, and records, in one
//! transaction. A rep's click, a script's effect and the scheduler reach the same operation with a different [`actor::Actor`].
//!
//! | module | holds |
//! |---|---|
//! | [`app`] | the [`App`]: store, script pool, clock, snapshot of the organisation |
//! | [`access`] | sign-in, tokens, keys: who somebody is |
//! | [`actor`] | who does something |
//! | [`refusal`] | why something is not done, in words that a salesperson can act on |
//! | [`organisation`] | people, teams, territories, calendars and presence, as a versioned snapshot |
//! | [`evidence`] | the log of policy acts: recorded, signed, shown, checked, taken home |
//! | [`dry`] | dry runs: what a script would do, or would have done, without doing it |
//! | [`facts`] | answers to what a script's run asks |
//! | [`idempotency`] | what makes a POST safe to repeat |
//! | [`digests`] | planning digests, joined by person and tick |
//! | [`import`] | files of leads, read |
//! | [`ops`] | operations |
//! | [`relay`] | what leaves: mail and webhooks, sent from the outbox after the commit |
//! | [`statement`] | what this system does and does not compute, on one page |
//! | [`texts`] | what PACT itself says in mail, on pages and in calendars, by language |
//! | [`demo`] | a made-up company with a quarter of history |
//! | [`views`] | saved views and reports, run and exported |
//! | [`jobs`] | what runs by itself: events, expiry of pushes, imports |

pub mod access;
pub mod actor;
pub mod app;
mod certify;
mod coaching;
pub mod demo;
pub mod digests;
pub mod dry;
mod events;
pub mod evidence;
pub mod facts;
mod fields;
mod formulas;
pub mod idempotency;
pub mod import;
pub mod jobs;
mod judging;
mod list;
mod locks;
mod mails;
mod matching;
mod messages;
pub mod ops;
pub mod organisation;
mod past;
pub mod places;
pub mod plugins;
pub mod refusal;
pub mod relay;
mod runs;
mod seen;
pub mod statement;
mod subscriptions;
pub mod texts;
pub mod views;

pub use actor::{Actor, Caller};
pub use app::App;
pub use refusal::Refusal;
