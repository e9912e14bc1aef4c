//! Files of leads, read: any column names, encodings and delimiters; each row becomes a lead or a reason why it cannot.
//!
//! Nothing here writes, asks the store, or knows a clock. A file is first looked at ([`layout`]: format, encoding, delimiter, header), then planned
//! ([`plan`]: which column says what), then read row by row ([`rows`]). A row that cannot be read is a row with a reason; it ends nothing.
//!
//! | module | holds |
//! |---|---|
//! | [`field`] | what a column can say |
//! | [`custom`] | columns that say custom fields |
//! | [`header`] | the names that columns have in seven languages |
//! | [`encoding`], [`lines`] | bytes to lines of text, of bounded length |
//! | [`layout`] | how a file is written |
//! | [`rows`] | rows of cells, CSV or NDJSON, each with its line |
//! | [`value`], [`places`] | what people write into cells: days, amounts, countries |
//! | [`plan`] | which column says what, and what a row says by it |
//! | [`refused`] | refused rows as a file that can be mended and sent again |

pub mod custom;
pub mod encoding;
pub mod field;
pub mod header;
pub mod layout;
pub mod lines;
pub mod places;
pub mod plan;
pub mod refused;
pub mod rows;
pub mod value;

#[cfg(test)]
mod tests;

pub use custom::Custom;
pub use field::Field;
pub use layout::{Format, Layout};
pub use plan::{Mapping, Plan};
pub use rows::{Row, Rows};

/// The largest file that is imported, in bytes.
pub const MAX_FILE_BYTES: u64 = 200 * 1024 * 1024;
/// The longest row, in bytes of UTF-8.
pub const MAX_ROW_BYTES: usize = 1024 * 1024;
/// The most lines that one row may have: texts in quotes may hold line breaks.
pub const MAX_ROW_LINES: usize = 1_000;
/// The most columns that a file may have.
pub const MAX_COLUMNS: usize = 500;
/// How much of a file's start is looked at to find delimiter, header and what columns hold, in bytes.
pub const SAMPLE_BYTES: usize = 256 * 1024;
/// How many rows of the sample are looked at.
pub const SAMPLE_ROWS: usize = 200;

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is a spreadsheet or an archive.
    #[error("The file is {0}. Save it as CSV (in a spreadsheet: Save as, CSV UTF-8) and send that.")]
    Packed(&'static str),
    /// It is one JSON document.
    #[error("The file is one JSON document. Write one object a line instead (NDJSON); `jq -c '.[]'` does it.")]
    JsonArray,
    /// There is nothing in it.
    #[error("The file holds no row. Send one with a line of column names and a line for each lead.")]
    Empty,
    /// It has more columns than are read.
    #[error("The file has more than {MAX_COLUMNS} columns. Check the delimiter, or leave columns out.")]
    Columns,
    /// No column says who asks.
    #[error(
        "No column says who asks. Map at least one of customer.name, contact.name, contact.last_name, contact.email or customer.website; the file has the columns {0}."
    )]
    Nobody(String),
    /// The mapping does not fit the file.
    #[error("The mapping names none of the file's columns, which are {0}. Choose another mapping, or leave it out.")]
    OtherMapping(String),
    /// The encoding is none that is known.
    #[error("\"{0}\" is no encoding that is known. Leave it out, or write one such as utf-8 or windows-1252.")]
    Encoding(String),
    /// The disk failed.
    #[error("The file cannot be read: {0}. Send it again, and tell your admin if it stays.")]
    Io(#[from] std::io::Error),
}
