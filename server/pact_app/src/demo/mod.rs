//! The demo company: a made-up organisation with a quarter of history, for newcomers, tests and benchmarks.
//!
//! [`Company::make`] is a pure function of a seed and a day: the same seed and day give the same company to the last letter. [`fill()`] is the operation
//! that writes it into an empty store. The company obeys `policy.md` as everybody must: cards hold what customers said, nothing counts what people did.

mod company;
mod fill;

pub use company::{Company, DATA_FILES, WordsError};
pub use fill::{fill, is_demo, set_demo_password};
