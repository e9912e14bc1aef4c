//! What an import shows in the terminal: a bar while it runs, a report at its end, a preview.

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::Value;

use super::State;

/// How many rows of a preview are shown.
const PREVIEW_ROWS: usize = 5;

/// A progress bar on standard error; it is not there when that is no terminal.
#[derive(Clone)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar of rows.
    pub(super) fn rows() -> Self {
        Self::of("{bar:30} {human_pos}/{human_len} rows, {per_sec}, {eta} to go  {msg}")
    }

    /// A bar of bytes.
    pub(super) fn bytes() -> Self {
        Self::of("{bar:30} {bytes}/{total_bytes} sent, {bytes_per_sec}")
    }

    fn of(template: &str) -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Moves to where an import is.
    pub(super) fn show(&self, state: &State) {
        if let Some(total) = state.total {
            self.0.set_length(total);
        }
        self.0.set_position(state.done);
        if state.refused > 0 {
            self.0.set_message(format!("{} refused", HumanCount(state.refused)));
        }
    }

    /// Sets where it ends.
    pub(super) fn length(&self, length: u64) {
        self.0.set_length(length);
    }

    /// Moves on.
    pub(super) fn add(&self, count: u64) {
        self.0.inc(count);
    }

    /// Writes a line above it.
    pub(super) fn say(&self, text: &str) {
        self.0.suspend(|| eprintln!("{text}"));
    }

    /// Takes it away.
    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// What became of the rows, in a sentence.
pub(super) fn summary(state: &State) -> String {
    let State { done, accepted, merged, refused, .. } = state;
    let rows = if *done == 1 { "row" } else { "rows" };
    format!(
        "{} {rows}: {} new leads, {} attached to open leads, {} refused.",
        HumanCount(*done),
        HumanCount(*accepted),
        HumanCount(*merged),
        HumanCount(*refused)
    )
}

/// Shows how a file would be read.
pub(super) fn preview(preview: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let delimiter = match preview["delimiter"].as_str() {
        None => String::new(),
        Some("\t") => ", tabs between cells".to_owned(),
        Some(delimiter) => format!(", {delimiter} between cells"),
    };
    let header = if preview["header"] == true { "" } else { ", no row with names of columns" };
    println!("{}, {}{delimiter}{header}.\n", text(&preview["format"]).to_uppercase(), text(&preview["encoding"]));
    let columns = preview["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let width = columns.iter().map(|column| text(&column["name"]).chars().count()).max().unwrap_or(0);
    for column in columns {
        let field = column["field"].as_str().or(column["custom"].as_str()).unwrap_or("(left out)");
        let examples: Vec<String> = column["examples"].as_array().into_iter().flatten().map(text).collect();
        println!("  {:width$}  {field:24} {}", text(&column["name"]), examples.join(" | ").replace('\n', " "));
    }
    println!();
    for row in preview["rows"].as_array().into_iter().flatten().take(PREVIEW_ROWS) {
        println!("Line {}:", row["line"]);
        match row["refused"].as_str() {
            Some(why) => println!("  refused: {why}"),
            None => {
                for (field, said) in row["says"].as_object().into_iter().flatten() {
                    println!("  {field:24} {}", text(said).replace('\n', " "));
                }
            }
        }
    }
}
