//! Rows of cells, each with its line and its text as it was sent; a row that cannot be read says why.

use std::collections::VecDeque;
use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde_json::Value;

use super::layout::{Format, Layout};
use super::lines::{Line, Lines};
use super::{MAX_COLUMNS, MAX_ROW_BYTES, MAX_ROW_LINES};

/// So many quotes without an end are looked for over several lines; after that, each line is taken by itself, so that a file of nothing but such
/// quotes is read in one go.
const MAX_UNCLOSED: usize = 1_000;
/// How deep objects in a row of NDJSON may be nested.
const MAX_DEPTH: usize = 8;
/// What stands for a byte that the encoding does not have.
const DAMAGED: char = char::REPLACEMENT_CHARACTER;

/// A row of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The line on which it starts, from 1.
    pub line: i64,
    /// Its text as it was sent; the start of it when it is too long.
    pub raw: String,
    /// What it says, or why it cannot be read.
    pub cells: Result<Cells, Fault>,
}

/// The cells of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// By place, as CSV has them.
    Placed(Vec<String>),
    /// By name, as JSON has them; nested names are joined with a point.
    Named(Vec<(String, String)>),
}

/// Why a row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A quote is opened and never closed.
    #[error("A quote (\") is opened in this row and not closed. Close it, or write quotes inside a text twice (\"\").")]
    Unclosed,
    /// It is longer than is read.
    #[error("The row is longer than {} KiB. Shorten it.", MAX_ROW_BYTES / 1024)]
    TooLong,
    /// It has more cells than are read.
    #[error("The row has more than {MAX_COLUMNS} cells. Check its delimiters and quotes.")]
    TooManyCells,
    /// It is not JSON.
    #[error("The row is not JSON: {0}. Write one object in one line.")]
    NotJson(String),
    /// It is JSON and not an object.
    #[error("The row is JSON and not an object. Write it as {{\"column\": \"cell\", …}}.")]
    NotObject,
    /// Some of its bytes are no text.
    #[error("The row has a damaged letter (\u{fffd}), which is none in this file's encoding. Type it again.")]
    Damaged,
}

/// The rows of a file, in order.
pub struct Rows<R> {
    lines: Again<R>,
    kind: Kind,
    header: Option<Row>,
}

enum Kind {
    Csv(Box<Csv>),
    Ndjson,
}

impl<R: Read> Rows<R> {
    /// Reads rows; the header, where there is one, is taken out.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(input: R, layout: &Layout) -> io::Result<Self> {
        let kind = match layout.format {
            Format::Csv => Kind::Csv(Box::new(Csv::new(layout.delimiter))),
            Format::Ndjson => Kind::Ndjson,
        };
        let lines = Again { lines: Lines::new(input, layout.encoding), again: VecDeque::new() };
        let mut rows = Self { lines, kind, header: None };
        rows.skip_separator_line()?;
        if layout.header {
            rows.header = rows.next().transpose()?;
        }
        Ok(rows)
    }

    /// The row with the names of the columns, where there is one.
    pub fn header(&self) -> Option<&Row> {
        self.header.as_ref()
    }

    /// Spreadsheets write `sep=;` before everything else, for themselves.
    fn skip_separator_line(&mut self) -> io::Result<()> {
        if matches!(self.kind, Kind::Csv(_))
            && let Some(first) = self.lines.next().transpose()?
            && separator(&first.text).is_none()
        {
            self.lines.again.push_front(first);
        }
        Ok(())
    }
}

/// The delimiter of a line such as `sep=;`.
pub(super) fn separator(line: &str) -> Option<u8> {
    match line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="))?.as_bytes() {
        [delimiter] if delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.lines.next()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            if line.text.trim().is_empty() && !line.too_long {
                continue;
            }
            let row = match &mut self.kind {
                Kind::Csv(csv) => csv.row(line, &mut self.lines),
                Kind::Ndjson => Ok(Row { line: line.number, cells: json(&line), raw: line.text }),
            };
            // A line of delimiters only, as spreadsheets leave below a table, says nothing.
            if row.as_ref().is_ok_and(
                |row| matches!(&row.cells, Ok(Cells::Placed(cells)) if cells.iter().all(|cell| cell.trim().is_empty())),
            ) {
                continue;
            }
            return Some(row);
        }
    }
}

/// Lines, of which some are read a second time.
struct Again<R> {
    lines: Lines<R>,
    again: VecDeque<Line>,
}

impl<R: Read> Iterator for Again<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.again.pop_front().map(Ok).or_else(|| self.lines.next())
    }
}

/// Reads CSV: a row ends with its line, unless a quote is open.
struct Csv {
    reader: Reader,
    delimiter: u8,
    output: Vec<u8>,
    ends: Vec<usize>,
    /// The cells of the first row.
    columns: Option<usize>,
    unclosed: usize,
}

/// How far a row is.
enum Fed {
    Row(usize),
    Open,
    TooManyCells,
}

impl Csv {
    fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, delimiter, output: vec![0; 4096], ends: vec![0; 64], columns: None, unclosed: 0 }
    }

    fn row<R: Read>(&mut self, first: Line, lines: &mut Again<R>) -> io::Result<Row> {
        let line = first.number;
        if first.too_long {
            return Ok(Row { line, raw: first.text, cells: Err(Fault::TooLong) });
        }
        self.reader.reset();
        let mut raw = first.text.clone();
        let mut read = Vec::new();
        let mut written = (0, 0);
        let mut fed = self.feed(&first.text, &mut written);
        while matches!(fed, Fed::Open) && self.unclosed < MAX_UNCLOSED && read.len() < MAX_ROW_LINES {
            let Some(next) = lines.next().transpose()? else { break };
            let fits = !next.too_long && raw.len() + next.text.len() < MAX_ROW_BYTES;
            if fits {
                raw.push('\n');
                raw.push_str(&next.text);
                fed = self.feed(&next.text, &mut written);
            }
            read.push(next);
            if !fits {
                break;
            }
        }
        let cells = match fed {
            Fed::Row(cells) => {
                let columns = *self.columns.get_or_insert(cells);
                // Two slips in different rows look like one long cell between them.
                let is_one = read.is_empty() || (cells <= columns && well_quoted(&raw, self.delimiter));
                if is_one { self.cells(cells) } else { Err(Fault::Unclosed) }
            }
            Fed::TooManyCells if read.is_empty() => Err(Fault::TooManyCells),
            Fed::TooManyCells | Fed::Open => Err(Fault::Unclosed),
        };
        if cells == Err(Fault::Unclosed) {
            // The quote was a slip of this line alone: what follows is read as rows of their own.
            self.unclosed += 1;
            read.into_iter().rev().for_each(|line| lines.again.push_front(line));
            raw = first.text;
        }
        Ok(Row { line, raw, cells })
    }

    /// Feeds one line with its end; `written` counts bytes and cells so far.
    fn feed(&mut self, text: &str, written: &mut (usize, usize)) -> Fed {
        for mut input in [text.as_bytes(), b"\n"] {
            // The parser takes an empty input for the end of the file.
            while !input.is_empty() {
                let (bytes, cells) = *written;
                let (result, read, bytes_out, cells_out) =
                    self.reader.read_record(input, &mut self.output[bytes..], &mut self.ends[cells..]);
                input = &input[read..];
                *written = (bytes + bytes_out, cells + cells_out);
                match result {
                    ReadRecordResult::InputEmpty => {}
                    ReadRecordResult::OutputFull => self.output.resize(self.output.len() * 2, 0),
                    ReadRecordResult::OutputEndsFull if self.ends.len() > MAX_COLUMNS => return Fed::TooManyCells,
                    ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                    ReadRecordResult::Record | ReadRecordResult::End => return Fed::Row(written.1),
                }
            }
        }
        Fed::Open
    }

    fn cells(&self, count: usize) -> Result<Cells, Fault> {
        if count > MAX_COLUMNS {
            return Err(Fault::TooManyCells);
        }
        let mut from = 0;
        let mut cells = Vec::with_capacity(count);
        for end in &self.ends[..count] {
            let cell = String::from_utf8_lossy(&self.output[from..*end]).into_owned();
            if cell.contains(DAMAGED) {
                return Err(Fault::Damaged);
            }
            cells.push(cell);
            from = *end;
        }
        Ok(Cells::Placed(cells))
    }
}

/// Whether every cell of a row that begins with a quote ends with one.
fn well_quoted(raw: &str, delimiter: u8) -> bool {
    let delimiter = char::from(delimiter);
    let mut rest = raw;
    loop {
        rest = match rest.strip_prefix('"') {
            Some(quoted) => {
                // Quotes inside are written twice.
                let mut quotes = quoted.char_indices().filter(|(_, c)| *c == '"').map(|(at, _)| at);
                let closing = loop {
                    match quotes.next() {
                        Some(at) if quoted[at + 1..].starts_with('"') => drop(quotes.next()),
                        closing => break closing,
                    }
                };
                let Some(closing) = closing else { return false };
                quoted[closing + 1..].trim_start_matches(' ')
            }
            None => &rest[rest.find(delimiter).unwrap_or(rest.len())..],
        };
        match rest.strip_prefix(delimiter) {
            Some(next) => rest = next,
            None => return rest.is_empty(),
        }
    }
}

fn json(line: &Line) -> Result<Cells, Fault> {
    if line.too_long {
        return Err(Fault::TooLong);
    }
    if line.text.contains(DAMAGED) {
        return Err(Fault::Damaged);
    }
    let value: Value = serde_json::from_str(&line.text).map_err(|error| {
        let said = error.to_string();
        Fault::NotJson(said.split(" at line ").next().unwrap_or_default().to_owned())
    })?;
    let Value::Object(object) = value else { return Err(Fault::NotObject) };
    let mut cells = Vec::new();
    for (name, value) in object {
        flatten(name, value, 1, &mut cells);
    }
    if cells.len() > MAX_COLUMNS { Err(Fault::TooManyCells) } else { Ok(Cells::Named(cells)) }
}

/// Objects inside objects get names with points; lists of plain values become one cell.
fn flatten(name: String, value: Value, depth: usize, cells: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) if depth < MAX_DEPTH => {
            for (inner, value) in object {
                flatten(format!("{name}.{inner}"), value, depth + 1, cells);
            }
        }
        Value::Array(list) if list.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Vec<String> = list.into_iter().map(plain).filter(|item| !item.is_empty()).collect();
            cells.push((name, items.join(", ")));
        }
        value => cells.push((name, plain(value))),
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => value.to_string(),
    }
}
