//! The one table that is printed.

use std::fmt;

use crate::measure::{Measured, short};

/// Rows in the order in which they were measured.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<[String; 5]>);

impl Table {
    /// A rate under a load, with its percentiles.
    pub(crate) fn loaded(&mut self, on: &str, what: &str, connections: usize, measured: &Measured, remark: &str) {
        let refused = if measured.refused == 0 { String::new() } else { format!("; {} refused", measured.refused) };
        let took =
            format!("p50 {}, p99 {}{refused}", short(measured.took.percentile(0.5)), short(measured.took.percentile(0.99)));
        self.row([on, &format!("{what}, {connections} conn."), &format!("{:.0}/s", measured.rate), &took, remark]);
    }

    /// A figure alone.
    pub(crate) fn rate(&mut self, on: &str, what: &str, rate: f64, remark: &str) {
        self.row([on, what, &format!("{rate:.0}/s"), "", remark]);
    }

    /// Something that is no rate.
    pub(crate) fn says(&mut self, on: &str, what: &str, words: &str, remark: &str) {
        self.row([on, what, "", words, remark]);
    }

    fn row(&mut self, cells: [&str; 5]) {
        let cells = cells.map(str::to_owned);
        // Whoever waits sees that something happens.
        eprintln!("{}", cells.iter().filter(|cell| !cell.is_empty()).map(|cell| cell.trim()).collect::<Vec<_>>().join(" | "));
        self.0.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["on", "what", "rate", "time", "remark"].map(str::to_owned);
        let rows = || std::iter::once(&heads).chain(&self.0);
        let width = |column: usize| rows().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        for row in rows() {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(f, "| {} |", cells.join(" | "))?;
            if row == &heads {
                writeln!(f, "|{}|", widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|"))?;
            }
        }
        Ok(())
    }
}
