//! The values in scope of a run that failed.
//!
//! Rhai forgets the variables of a function when that throws, and its debugger puts a guard round every expression of every run. So a run that failed by its
//! script's own fault is done once more ([`crate::pool::Pool::see`]): the same call, with the answers of the first time, of a script with marks
//! ([`marks`]). A mark is a variable that nobody defines; the engine asks the host what it is, and the host looks at the scope instead
//! (`engine::watching`). Runs that go well are not touched by any of this.
//!
//! What was seen is not for everybody: values may hold what a person did. [`logged`] writes the script as it would be if it logged them where they were seen,
//! so that the linter can say which of them it might.

pub(crate) mod marks;

use pact_policy::table::Kind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::marks::{Logged, logged};

/// Functions inside one another that are shown, the innermost ones.
pub const FUNCTIONS: usize = 8;
/// Variables of one function that are shown, those that were defined last.
pub const VARIABLES: usize = 40;
/// Characters of a text that are shown.
pub const TEXT_CHARS: usize = 200;
/// Characters of a text inside a list or a map.
pub const INNER_TEXT_CHARS: usize = 40;
/// Elements of a list, and entries of a map, that are shown.
pub const ITEMS: usize = 5;
/// Lists and maps inside one another that are shown.
pub const DEPTH: usize = 2;

/// A function that was under way when a run failed, with its variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The script's file, or the module.
    pub file: String,
    /// Its name; nothing for a closure.
    pub function: Option<String>,
    /// The line of the statement at which it was.
    pub line: u32,
    /// The number of that statement among those of the file.
    pub mark: usize,
    /// Its variables as they were when that statement began, in the order in which they were defined.
    pub values: Vec<SeenValue>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenValue {
    /// Its name.
    pub name: String,
    /// What it holds, in the words of the interface: `text`, `Lead`, `query`.
    pub is: String,
    /// Its value, cut where it is long; a record by its kind and id.
    pub value: String,
    /// The record that it is, if it is one.
    pub record: Option<(Kind, Uuid)>,
}
