//! What others say: the sandboxed Rhai host.
//!
//! A run takes facts and gives [`effect::Effect`]s; it changes nothing itself. It happens in a worker process of the same binary with
//! hard memory and wall time, because no set of limits inside one process holds (`script-host-notes.md`). This crate knows no
//! database and no HTTP; whoever starts a run answers its questions through [`facts::Facts`].

pub mod cases;
pub mod coverage;
pub mod effect;
mod engine;
pub mod facts;
pub mod limits;
pub mod members;
pub mod oracle;
pub mod plugin;
pub mod pool;
pub mod run;
pub mod sandbox;
pub mod seen;
#[doc(hidden)]
pub mod unwalled;
pub mod value;
mod wire;
pub mod worker;
