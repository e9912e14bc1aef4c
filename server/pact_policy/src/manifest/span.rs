//! Spans in words, as settings give them: `5 work days`, `4 work hours`, `6 weeks`.

use serde::{Deserialize, Serialize};

/// A length of time in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SpanText {
    /// How many units.
    pub count: u32,
    /// Which unit.
    pub unit: SpanUnit,
}

/// The unit of a [`SpanText`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the unit of its name")]
pub enum SpanUnit {
    Minutes,
    Hours,
    Days,
    Weeks,
    WorkHours,
    WorkDays,
}

impl SpanText {
    /// Reads a span such as `5 work days`, or says what one looks like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("\"{text}\" is no span; write a number and a unit, such as \"5 work days\", \"4 work hours\" or \"6 weeks\"")
        };
        let mut words = text.split_whitespace();
        let count = words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
        let unit = match words.collect::<Vec<_>>().join(" ").replace('_', " ").as_str() {
            "minute" | "minutes" => SpanUnit::Minutes,
            "hour" | "hours" => SpanUnit::Hours,
            "day" | "days" => SpanUnit::Days,
            "week" | "weeks" => SpanUnit::Weeks,
            "work hour" | "work hours" | "working hours" => SpanUnit::WorkHours,
            "work day" | "work days" | "working days" => SpanUnit::WorkDays,
            _ => return Err(wrong()),
        };
        Ok(Self { count, unit })
    }
}
