//! Refused rows as a file that can be mended in a spreadsheet and sent again.

use std::io::{self, Cursor, Write};

use csv::{QuoteStyle, Writer, WriterBuilder};

use super::layout::Layout;
use super::plan::Plan;
use super::rows::{Cells, Rows};

/// The column with the line in the file that was sent.
const LINE: &str = "pact_line";
/// The column with the reason.
const REASON: &str = "pact_reason";
/// The byte order mark: spreadsheets read UTF-8 by it.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes refused rows as CSV: the columns as they were sent, then line and reason, which an import leaves out.
///
/// Cells that a spreadsheet would compute get a quotation mark in front, which an import takes off again.
pub struct Refused<'a, W: Write> {
    writer: Writer<W>,
    plan: &'a Plan,
    layout: Layout,
}

impl<'a, W: Write> Refused<'a, W> {
    /// Starts the file with the names of the columns.
    ///
    /// # Errors
    /// The output's.
    pub fn start(mut output: W, plan: &'a Plan, layout: Layout) -> io::Result<Self> {
        output.write_all(MARK)?;
        let mut writer = WriterBuilder::new().delimiter(layout.delimiter).quote_style(QuoteStyle::Necessary).flexible(true).from_writer(output);
        let names = plan.columns.iter().map(|column| guarded(&column.name)).chain([LINE.to_owned(), REASON.to_owned()]);
        writer.write_record(names)?;
        Ok(Self { writer, plan, layout: Layout { header: false, encoding: encoding_rs::UTF_8, ..layout } })
    }

    /// Adds a row as it was sent.
    ///
    /// # Errors
    /// The output's.
    pub fn add(&mut self, line: i64, reason: &str, raw: &str) -> io::Result<()> {
        let mut cells = self.cells(raw)?;
        cells.resize(self.plan.columns.len().max(cells.len()), String::new());
        let cells = cells.iter().map(|cell| guarded(cell)).chain([line.to_string(), reason.to_owned()]);
        self.writer.write_record(cells)?;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The output's.
    pub fn end(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
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
