//! The information-flow analysis: labels along data and control flow, to a fixpoint over all installed scripts.
//!
//! | part | holds |
//! |---|---|
//! | [`lab`] | labels and how they are put together |
//! | [`val`] | abstract values |
//! | [`machine`] | the state: cells, the stack of what the program counter depends on |
//! | [`eval`], [`loops`], [`ops`], [`calls`] | evaluation of nodes |
//! | [`host`], [`interface`], [`natives`] | the interface and the language's own functions |
//! | [`fields`] | what scripts store for each other |
//! | [`sink`] | where something leaves, and which rule it breaks |
//! | [`judge`] | all plugins together |

pub(crate) mod calls;
pub(crate) mod eval;
pub(crate) mod fields;
pub(crate) mod host;
pub(crate) mod interface;
pub(crate) mod judge;
pub(crate) mod lab;
pub(crate) mod loops;
pub(crate) mod machine;
pub(crate) mod natives;
pub(crate) mod ops;
pub(crate) mod sink;
pub(crate) mod step;
pub(crate) mod val;
