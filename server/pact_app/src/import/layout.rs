//! How a file is written: format, encoding, delimiter, and whether its first row names the columns.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Seek};

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};

use super::lines::Lines;
use super::rows::{Cells, Fault, Rows, separator};
use super::{MAX_COLUMNS, SAMPLE_BYTES, SAMPLE_ROWS, Unreadable, encoding, header, value};

/// Delimiters that are looked for, the likeliest first.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Cells between delimiters.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// Its word in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How its rows are written.
    pub format: Format,
    /// Its encoding.
    pub encoding: &'static Encoding,
    /// What stands between its cells.
    pub delimiter: u8,
    /// Whether its first row names the columns.
    pub header: bool,
}

/// What is known about a file before it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its format, by its media type or name.
    pub format: Option<Format>,
    /// Its encoding, by a label such as `windows-1252`.
    pub encoding: Option<String>,
    /// Whether its first row names the columns.
    pub header: Option<bool>,
}

/// The start of a file, as it is laid out.
#[derive(Clone, Debug)]
pub struct Sample {
    /// How the file is written.
    pub layout: Layout,
    /// The names of its columns, each one once.
    pub columns: Vec<String>,
    /// Its first rows, by column.
    pub rows: Vec<Vec<String>>,
}

/// Looks at a file: at all of it for the encoding, at its start for the rest. `home` is the organisation's country.
///
/// # Errors
/// A file that holds no rows of text, or the disk's.
pub fn look(mut file: impl Read + Seek, said: &Said, home: &str) -> Result<Sample, Unreadable> {
    let mut start = Vec::new();
    (&mut file).take(SAMPLE_BYTES as u64).read_to_end(&mut start)?;
    refuse_packed(&start)?;
    let encoding = match &said.encoding {
        Some(label) => Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| Unreadable::Encoding(label.clone()))?,
        None => {
            file.rewind()?;
            encoding::detect(&mut file, home)?
        }
    };
    let whole = start.len() < SAMPLE_BYTES;
    let first = first_line(&start, encoding)?.ok_or(Unreadable::Empty)?;
    let is_object = |text: &str| matches!(serde_json::from_str(text), Ok(serde_json::Value::Object(_)));
    let format = match said.format {
        Some(format) => format,
        None if is_object(&first) => Format::Ndjson,
        None => Format::Csv,
    };
    if first.trim() == "{" || first.trim_start().starts_with('[') && (format == Format::Ndjson || is_array(&first)) {
        return Err(Unreadable::JsonArray);
    }
    match format {
        Format::Ndjson => named(&start, encoding),
        Format::Csv => {
            let delimiter = separator(&first).unwrap_or(find_delimiter(&start, encoding, whole)?);
            placed(&start, Layout { format, encoding, delimiter, header: false }, said.header, whole)
        }
    }
}

fn refuse_packed(start: &[u8]) -> Result<(), Unreadable> {
    const PACKED: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "a spreadsheet (XLSX, ODS) or an archive"),
        (b"\xd0\xcf\x11\xe0", "an old spreadsheet (XLS)"),
        (b"\x1f\x8b", "packed (gzip)"),
        (b"%PDF", "a PDF"),
        (b"SQLite format 3\0", "a database"),
    ];
    match PACKED.iter().find(|(mark, _)| start.starts_with(mark)) {
        Some((_, what)) => Err(Unreadable::Packed(what)),
        None => Ok(()),
    }
}

fn is_array(first: &str) -> bool {
    let rest = first.trim_start().trim_start_matches('[').trim_start();
    rest.is_empty() || rest.starts_with('{')
}

fn first_line(start: &[u8], encoding: &'static Encoding) -> io::Result<Option<String>> {
    for line in Lines::new(Cursor::new(start), encoding) {
        let line = line?;
        if !line.text.trim().is_empty() {
            return Ok(Some(line.text));
        }
    }
    Ok(None)
}

/// The first rows as they are, without those that cannot be read; the last one may be cut off by the sample's end.
fn first_rows(start: &[u8], layout: &Layout, whole: bool) -> Result<Vec<Cells>, Unreadable> {
    let rows = Rows::open(Cursor::new(start), layout)?;
    let mut cells = Vec::new();
    let mut cut_off = !whole;
    for row in rows.take(SAMPLE_ROWS + 1) {
        cells.push(row?.cells);
    }
    if matches!(cells.first(), Some(Err(Fault::TooManyCells))) {
        return Err(Unreadable::Columns);
    }
    if cells.len() > SAMPLE_ROWS {
        cells.pop();
        cut_off = false;
    }
    if cut_off && cells.len() > 1 {
        cells.pop();
    }
    Ok(cells.into_iter().filter_map(Result::ok).collect())
}

fn placed_rows(start: &[u8], layout: &Layout, whole: bool) -> Result<Vec<Vec<String>>, Unreadable> {
    let rows = first_rows(start, layout, whole)?;
    Ok(rows
        .into_iter()
        .filter_map(|cells| match cells {
            Cells::Placed(cells) => Some(cells),
            Cells::Named(_) => None,
        })
        .collect())
}

/// The delimiter that cuts the rows into the same number of cells, and the first row into names that are known.
fn find_delimiter(start: &[u8], encoding: &'static Encoding, whole: bool) -> Result<u8, Unreadable> {
    let mut best = (DELIMITERS[0], 0.0);
    for delimiter in DELIMITERS {
        let rows = placed_rows(start, &Layout { format: Format::Csv, encoding, delimiter, header: false }, whole)?;
        let score = score(&rows);
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    Ok(best.0)
}

fn score(rows: &[Vec<String>]) -> f64 {
    let Some(first) = rows.first() else { return 0.0 };
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for row in rows {
        *counts.entry(row.len()).or_default() += 1;
    }
    let (cells, often) = counts.into_iter().max_by_key(|(cells, often)| (*often, *cells)).unwrap_or((0, 0));
    if first.len() < 2 && cells < 2 {
        return 0.0;
    }
    let ratio = |part: usize, all: usize| {
        f64::from(u32::try_from(part).unwrap_or(u32::MAX)) / f64::from(u32::try_from(all.max(1)).unwrap_or(u32::MAX))
    };
    let alike = ratio(often, rows.len());
    let wide = 1.0 - ratio(1, cells.max(first.len()));
    let known = ratio(first.iter().filter(|name| header::meaning(name).is_some()).count(), first.len());
    let fits = if cells == first.len() { 1.0 } else { 0.5 };
    alike * wide * fits + known
}

fn placed(start: &[u8], layout: Layout, header: Option<bool>, whole: bool) -> Result<Sample, Unreadable> {
    let mut rows = placed_rows(start, &layout, whole)?;
    let first = rows.first().ok_or(Unreadable::Empty)?;
    let header = header.unwrap_or_else(|| names_columns(first));
    let columns = if header { unique(&rows.remove(0)) } else { (1..=first.len()).map(place).collect() };
    Ok(Sample { layout: Layout { header, ..layout }, columns, rows })
}

/// Whether a first row names columns: a name is known, or no cell is what only data are.
fn names_columns(first: &[String]) -> bool {
    let is_data = |cell: &String| value::looks_like_data(cell);
    let known = first.iter().any(|cell| header::meaning(cell).is_some());
    !first.iter().any(|cell| value::looks_like_email(cell)) && (known || !first.iter().any(is_data))
}

fn place(number: usize) -> String {
    format!("column {number}")
}

/// The names of columns, each one once: nameless ones by their place, further ones of a name with a number.
pub(super) fn unique(names: &[String]) -> Vec<String> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut unique = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let name = name.trim();
        let name = if name.is_empty() { place(at + 1) } else { name.to_owned() };
        let times = taken.entry(name.clone()).or_default();
        *times += 1;
        unique.push(if *times == 1 { name } else { format!("{name} ({times})") });
    }
    unique
}

fn named(start: &[u8], encoding: &'static Encoding) -> Result<Sample, Unreadable> {
    let layout = Layout { format: Format::Ndjson, encoding, delimiter: DELIMITERS[0], header: false };
    let mut columns: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rows = Vec::new();
    for cells in first_rows(start, &layout, true)? {
        let Cells::Named(cells) = cells else { continue };
        let mut row = vec![String::new(); columns.len()];
        for (name, cell) in cells {
            let at = *places.entry(name.clone()).or_insert_with(|| {
                columns.push(name);
                columns.len() - 1
            });
            if row.len() <= at {
                row.resize(at + 1, String::new());
            }
            row[at] = cell;
        }
        if columns.len() > MAX_COLUMNS {
            return Err(Unreadable::Columns);
        }
        rows.push(row);
    }
    if columns.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(Sample { layout, columns, rows })
}
