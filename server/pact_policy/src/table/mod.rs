//! The script interface, version 1: one declarative table from which everything else is made.
//!
//! The Rhai registration, the linter's signatures, the capability check, the editor's completion and the reference page all
//! read this table, so no name can reach a script without a label. To add a name, add its entry here; the host's `match` over
//! the entry's id then refuses to compile until it says what the name does.
//!
//! | part | holds |
//! |---|---|
//! | [`label`] | what a value reveals about acts of staff (`policy.md` §3) |
//! | [`types`] | the types that scripts handle, and the kinds of record |
//! | [`records`] | read-only members of each record |
//! | [`queries`] | roots such as `leads`, and what narrows them |
//! | [`functions`] | functions and methods, effects among them |
//! | [`entries`] | entry points: functions that the host calls at an event |
//! | [`natives`] | functions of the language itself that scripts get |
//! | [`index`] | all of these by name |

pub mod entries;
pub mod functions;
pub mod index;
pub mod label;
pub mod natives;
pub mod queries;
pub mod records;
pub mod types;

pub use entries::{ENTRY_POINTS, Entry, EntryPoint};
pub use functions::{Capability, FUNCTIONS, FnId, Function, Param};
pub use index::{functions_named, member_named, narrows_named, natives_named};
pub use label::Label;
pub use queries::{NARROWS, Narrow, NarrowOp, ROOTS, Root};
pub use records::{MEMBERS, Member, members_of};
pub use types::{Kind, Reads, Ty};

/// Version of the interface that a manifest names with `api = 1`.
pub const API_VERSION: u32 = 1;
