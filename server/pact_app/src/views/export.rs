//! Exports: a view as a file. People beside acts get a name that is good for this file alone (`policy.md` §6).

use std::collections::HashMap;

use pact_evidence::PolicyAct;
use pact_store::entity::view;
use rust_xlsxwriter::{Format as CellFormat, Workbook, XlsxError};
use uuid::Uuid;

use super::{PAGE_ROWS, Reader, Shown, Table, Window};
use crate::evidence::record;
use crate::{Actor, App, Refusal};

/// Rows of a list that one file holds at most.
pub const MAX_EXPORT_ROWS: usize = 50_000;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), UTF-8.
    Csv,
    /// A workbook of Office Open XML.
    Xlsx,
}

impl Format {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// How the name of its files ends.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

/// A saved view as a file; that it left is recorded.
///
/// # Errors
/// As [`super::run`], or a list of more rows than a file holds.
pub async fn export(app: &App, reader: &Reader, row: &view::Model, format: Format) -> Result<Vec<u8>, Refusal> {
    let table = whole(app, reader, row, MAX_EXPORT_ROWS).await?;
    if table.next.is_some() || table.cut {
        return Err(Refusal::NotNow {
            why: format!("The view has more rows than a file holds ({MAX_EXPORT_ROWS}). Narrow it by a condition."),
        });
    }
    let title = row.title.clone();
    let write = move || match format {
        Format::Csv => csv(&table).map_err(Refusal::defect),
        Format::Xlsx => xlsx(&title, &table).map_err(Refusal::defect),
    };
    let file = tokio::task::spawn_blocking(write).await.map_err(Refusal::defect)??;
    let (actor, now) = (Actor::Person(reader.caller.clone()), app.clock.now());
    let act = PolicyAct::ViewExported { view: row.name.clone(), format: format.ending().to_owned() };
    app.store.write(async move |tx| record(tx, &actor, now, act.clone()).await).await?;
    Ok(file)
}

/// A view as it leaves PACT: all its rows up to a limit, with nobody named beside acts.
pub(crate) async fn whole(app: &App, reader: &Reader, row: &view::Model, limit: usize) -> Result<Table, Refusal> {
    let mut whole: Option<Table> = None;
    let mut offset = 0;
    loop {
        let page = super::run(app, reader, row, Window { offset, limit: PAGE_ROWS * 10 }).await?;
        let next = page.next;
        let table = match whole {
            None => page,
            Some(mut before) => {
                before.rows.extend(page.rows);
                before.next = next;
                before
            }
        };
        match next {
            Some(at) if table.rows.len() < limit => offset = at,
            Some(_) | None => {
                let (_, release) = crate::judging::standing_view(app, row).await?;
                return Ok(if release.conceal { concealed(table) } else { table });
            }
        }
        whole = Some(table);
    }
}

/// Gives every person another name, which nothing outside this table knows.
fn concealed(mut table: Table) -> Table {
    let mut names: HashMap<String, String> = HashMap::new();
    for row in &mut table.rows {
        for (cell, column) in row.iter_mut().zip(&table.columns) {
            if let (true, Shown::Text(name)) = (column.who, &*cell) {
                let other = names.entry(name.clone()).or_insert_with(|| {
                    let random: String = Uuid::new_v4().simple().to_string().chars().take(8).collect();
                    format!("person {random}")
                });
                *cell = Shown::Text(other.clone());
            }
        }
    }
    table
}

fn csv(table: &Table) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|column| plain(&column.name)))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(|cell| match cell {
            Shown::Text(text) => plain(text),
            other => other.words(),
        }))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it.
fn plain(text: &str) -> String {
    let formula =
        text.trim_start_matches([' ', '\u{a0}']).starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

fn xlsx(title: &str, table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let head = CellFormat::new().set_bold();
    let sheet = book.add_worksheet();
    sheet.set_name(sheet_name(title))?;
    for (at, column) in (0_u16..).zip(&table.columns) {
        sheet.write_string_with_format(0, at, &column.name, &head)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (line, row) in (1_u32..).zip(&table.rows) {
        for (at, cell) in (0_u16..).zip(row) {
            match cell {
                Shown::Nothing => {}
                Shown::Number(number) => drop(sheet.write_number(line, at, *number)?),
                Shown::Bool(value) => drop(sheet.write_boolean(line, at, *value)?),
                // Written as texts: a cell of type text is never a formula.
                Shown::Text(_) | Shown::Money(_) | Shown::Work(_) => drop(sheet.write_string(line, at, cell.words())?),
            }
        }
    }
    book.save_to_buffer()
}

/// A title as the name of a sheet: at most 31 characters, none of those that a sheet may not have.
fn sheet_name(title: &str) -> String {
    let name: String = title.chars().map(|c| if "[]:*?/\\".contains(c) || c.is_control() { ' ' } else { c }).take(31).collect();
    let name = name.trim().trim_matches('\'').trim().to_owned();
    if name.is_empty() || name.eq_ignore_ascii_case("history") { "View".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for (text, wanted) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+49 40 1", "'+49 40 1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\t=1", "'\t=1"),
            ("heat-pump", "heat-pump"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(plain(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn sheets_have_names_that_workbooks_take() {
        for (title, wanted) in [
            ("Feedback: 2026/Q4", "Feedback  2026 Q4"),
            ("", "View"),
            ("History", "View"),
            ("'x'", "x"),
            (&"a".repeat(40), &"a".repeat(31)),
        ] {
            assert_eq!(sheet_name(title), wanted);
        }
    }
}
