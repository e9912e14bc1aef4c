//! Refused rows as a file that can be mended in a spreadsheet and sent again.

use std::io::{self, Cursor};

use csv::{QuoteStyle, Writer, WriterBuilder};

use super::layout::Layout;
use super::plan::Plan;
use super::rows::{Cells, Rows};

/// The column with the line in the file that was sent.
const LINE: &str = "pact_line";
/// The column with the reason.
const REASON: &str = "pact_reason";
/// The byte order mark: spreadsheets read UTF-8 by it.
const MARK: &str = "\u{feff}";

/// Writes refused rows as CSV: the columns as they were sent, then line and reason, which an import leaves out.
///
/// Cells that a spreadsheet would compute get a quotation mark in front, which an import takes off again.
#[derive(Clone, Debug)]
pub struct Refused {
    plan: Plan,
    layout: Layout,
}

impl Refused {
    /// For a file of this layout and plan.
    pub fn of(layout: Layout, plan: Plan) -> Self {
        Self { plan, layout: Layout { header: false, encoding: encoding_rs::UTF_8, ..layout } }
    }

    /// How the file starts: the names of the columns.
    ///
    /// # Errors
    /// None that a file in memory can have.
    pub fn head(&self) -> io::Result<Vec<u8>> {
        let names = self.plan.columns.iter().map(|column| guarded(&column.name)).chain([LINE.to_owned(), REASON.to_owned()]);
        let mut writer = self.writer(MARK.as_bytes().to_vec());
        writer.write_record(names)?;
        writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }

    /// Some rows as they were sent, each with its line and the reason.
    ///
    /// # Errors
    /// None that a file in memory can have.
    pub fn rows<'a>(&self, rows: impl IntoIterator<Item = (i64, &'a str, &'a str)>) -> io::Result<Vec<u8>> {
        let mut writer = self.writer(Vec::new());
        for (line, reason, raw) in rows {
            let mut cells = self.cells(raw)?;
            cells.resize(self.plan.columns.len().max(cells.len()), String::new());
            writer.write_record(cells.iter().map(|cell| guarded(cell)).chain([line.to_string(), reason.to_owned()]))?;
        }
        writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }

    fn writer(&self, output: Vec<u8>) -> Writer<Vec<u8>> {
        WriterBuilder::new()
            .delimiter(self.layout.delimiter)
            .quote_style(QuoteStyle::Necessary)
            .flexible(true)
            .from_writer(output)
    }

    /// A row's cells in the order of the columns; a row that cannot be read is one cell.
    fn cells(&self, raw: &str) -> io::Result<Vec<String>> {
        let row = Rows::open(Cursor::new(raw.as_bytes()), &self.layout)?.next().transpose()?;
        Ok(match row.map(|row| row.cells) {
            Some(Ok(Cells::Placed(cells))) => cells,
            Some(Ok(Cells::Named(cells))) => {
                let cell = |name: &String| cells.iter().find(|(known, _)| known == name).map(|(_, cell)| cell.clone());
                self.plan.columns.iter().map(|column| cell(&column.name).unwrap_or_default()).collect()
            }
            Some(Err(_)) | None => vec![raw.to_owned()],
        })
    }
}

fn guarded(cell: &str) -> String {
    if cell.trim_start().starts_with(['=', '+', '-', '@']) { format!("'{}", cell.trim_start()) } else { cell.to_owned() }
}
