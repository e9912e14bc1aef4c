//! The information-flow analysis: labels along data and control flow, to a fixpoint over all installed scripts.
//!
//! | part | holds |
//! |---|---|
//! | [`lab`] | labels and how they are put together |
//! | [`val`], [`merge`] | abstract values, and how they are put together |
//! | [`machine`] | the state: cells, the stack of what the program counter depends on |
//! | [`eval`], [`loops`], [`ops`], [`assign`], [`calls`] | evaluation of nodes |
//! | [`people`] | groups of people that a script filters: shared by many, or made by hand |
//! | [`presence`] | what is told by whether there is anything |
//! | [`lengths`] | what the script has asked before it takes something |
//! | [`host`], [`interface`] | the interface |
//! | [`natives`], [`changes`], [`lists`] | the language's own functions |
//! | [`fields`], [`deps`], [`world`] | what scripts store for each other, as one plugin sees it and between them |
//! | [`sink`] | where something leaves, and which rule it breaks |
//! | [`judge`], [`run`] | one plugin, and what came of it |
//! | [`fixpoint`] | all plugins together |

pub(crate) mod assign;
pub(crate) mod calls;
pub(crate) mod changes;
pub(crate) mod deps;
pub(crate) mod eval;
pub(crate) mod fields;
pub(crate) mod fixpoint;
mod flags;
pub(crate) mod host;
pub(crate) mod interface;
pub(crate) mod judge;
pub(crate) mod lab;
pub(crate) mod lengths;
pub(crate) mod lists;
pub(crate) mod loops;
pub(crate) mod machine;
pub(crate) mod marks;
pub(crate) mod merge;
pub(crate) mod natives;
pub(crate) mod ops;
pub(crate) mod people;
pub(crate) mod presence;
pub(crate) mod run;
pub(crate) mod sink;
pub(crate) mod step;
pub(crate) mod val;
pub(crate) mod world;
