//! How the linter is reached at a desk: the files it reads, a watch over them, and a language server for editors.
//!
//! [`pact_policy`] decides and touches no file; this crate reads files, keeps what is open in an editor apart from what is on
//! disk, and tells editors what was found. It holds no rule: what it says of a script comes from the judge, what it offers while
//! somebody types comes from the interface table.

pub mod files;
pub mod lsp;
pub mod workspace;
