//! Columns that say custom fields, read by the type of the field; a cell that does not fit refuses its row, with the column's name and what would fit.

use pact_core::money::Currency;
use pact_core::text::{ADDRESS, OPTIONAL_TEXT};
use pact_script::value::Value;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::value;

/// The records of a row that have custom fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// The lead.
    Lead,
    /// Its customer.
    Customer,
    /// Its contact.
    Contact,
}

/// A custom field that a column says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custom {
    /// Whose field it is.
    pub on: On,
    /// The field.
    pub field: Uuid,
    /// Its name in mappings: `customer.seats`.
    pub name: String,
    /// Its type, a word of the manifest.
    pub field_type: String,
    /// What can be chosen.
    pub options: Vec<String>,
    /// Whether each row must have it.
    pub required: bool,
    /// The encoded value that a new record begins with, which a row may replace.
    pub default_text: Option<String>,
}

/// What cells without more words mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    pub(super) day_first: bool,
    pub(super) currency: Option<Currency>,
}

impl Custom {
    /// What a cell says; nothing when it is empty.
    ///
    /// # Errors
    /// What is wrong, and what would fit.
    pub(super) fn read(&self, cell: &str, habits: Habits) -> Result<Option<Value>, String> {
        let Some(text) = value::said(cell) else {
            return if self.required { Err(format!("{} is required, and the cell is empty.", self.name)) } else { Ok(None) };
        };
        let no = |wanted: &str| Err(format!("\"{}\" is no {wanted}", super::plan::shortened(text)));
        let found = match self.field_type.as_str() {
            "number" => number(text).map_or_else(|| no("number. Write one like 12 or 12.5."), Ok),
            "money" => value::money(text, habits.currency)
                .map(|money| Value::Money { minor: money.minor, currency: money.currency.code().to_owned() }),
            "day" => value::day(text, habits.day_first)
                .map_or_else(|| no("day. Write it like 2026-12-31 or 31.12.2026."), |day| Ok(Value::Day(day))),
            "yes_no" => yes_no(text).map_or_else(|| no("answer. Write yes or no."), |value| Ok(Value::Bool(value))),
            "choice" => self.option(text).map(Value::Text),
            "many_choices" => {
                let parts = text.split([';', '|', '\n']).flat_map(|part| self.parts(part)).filter(|part| !part.is_empty());
                parts.map(|part| self.option(part)).collect::<Result<Vec<_>, _>>().map(Value::texts)
            }
            "link" if !(text.starts_with("https://") || text.starts_with("http://")) => {
                no("link. Write it with https:// at its beginning.")
            }
            "long_text" => OPTIONAL_TEXT.check("text", text).map(Value::Text).map_err(|error| error.to_string()),
            "text" | "link" => ADDRESS.check("text", text).map(Value::Text).map_err(|error| error.to_string()),
            _ => Err(format!("{} is computed; leave the column out.", self.name)),
        };
        found.map(Some)
    }

    /// A list with commas, unless the whole is one option.
    fn parts<'a>(&self, part: &'a str) -> Vec<&'a str> {
        let part = part.trim();
        if self.option(part).is_ok() { vec![part] } else { part.split(',').map(str::trim).collect() }
    }

    fn option(&self, text: &str) -> Result<String, String> {
        let plain = |text: &str| text.trim().to_lowercase();
        let found = self.options.iter().find(|option| plain(option) == plain(text)).cloned();
        found.ok_or_else(|| {
            format!("\"{}\" is no option. The options are {}.", super::plan::shortened(text), self.options.join(", "))
        })
    }
}

/// A number with a point or a comma before its fraction; what groups thousands is left out where that is certain.
fn number(text: &str) -> Option<Value> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’')).collect();
    let bare = match (bare.rfind(','), bare.rfind('.')) {
        (Some(comma), Some(point)) if comma > point => bare.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => bare.replace(',', ""),
        (Some(_), None) => bare.replace(',', "."),
        (None, _) => bare,
    };
    if let Ok(whole) = bare.parse::<i64>() {
        return Some(Value::Int(whole));
    }
    bare.parse::<Decimal>().ok().map(Value::Decimal)
}

fn yes_no(text: &str) -> Option<bool> {
    const YES: [&str; 12] = ["yes", "y", "true", "1", "x", "ja", "j", "oui", "sí", "si", "sì", "sim"];
    const NO: [&str; 10] = ["no", "n", "false", "0", "-", "nein", "nee", "non", "não", "nao"];
    let word = text.trim().to_lowercase();
    if YES.contains(&word.as_str()) { Some(true) } else { NO.contains(&word.as_str()).then_some(false) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

    use super::*;

    #[test]
    fn cells_are_read_by_the_type_of_the_field() {
        let custom = |field_type: &str| Custom {
            on: On::Customer,
            field: Uuid::nil(),
            name: "customer.x".to_owned(),
            field_type: field_type.to_owned(),
            options: vec!["Gold".to_owned(), "Silver, old".to_owned()],
            required: field_type == "number",
            default_text: None,
        };
        let habits = Habits { day_first: true, currency: "EUR".parse().ok() };
        let day = |text: &str| Value::Day(text.parse().unwrap());
        type Read = Result<Option<Value>, &'static str>;
        let cases: [(&str, &str, Read); 17] = [
            ("number", "12", Ok(Some(Value::Int(12)))),
            ("number", "1.234,5", Ok(Some(Value::Decimal("1234.5".parse().unwrap())))),
            ("number", "12 pieces", Err("is no number")),
            ("number", " ", Err("is required")),
            ("text", " ", Ok(None)),
            ("text", "two words", Ok(Some(Value::Text("two words".to_owned())))),
            ("money", "1.200,50 €", Ok(Some(Value::Money { minor: 120_050, currency: "EUR".to_owned() }))),
            ("money", "many", Err("")),
            ("day", "03/04/2026", Ok(Some(day("2026-04-03")))),
            ("day", "soon", Err("is no day")),
            ("yes_no", "Ja", Ok(Some(Value::Bool(true)))),
            ("yes_no", "perhaps", Err("is no answer")),
            ("choice", "gold", Ok(Some(Value::Text("Gold".to_owned())))),
            ("choice", "bronze", Err("The options are Gold")),
            ("many_choices", "Silver, old", Ok(Some(Value::texts(["Silver, old".to_owned()])))),
            ("link", "example.com", Err("is no link")),
            ("formula", "1", Err("is computed")),
        ];
        for (field_type, cell, wanted) in cases {
            match (custom(field_type).read(cell, habits), wanted) {
                (Ok(value), Ok(wanted)) => assert_eq!(value, wanted, "{field_type} {cell}"),
                (Err(why), Err(words)) => assert!(why.contains(words), "{field_type} {cell}: {why}"),
                (got, wanted) => panic!("{field_type} {cell}: {got:?}, and not {wanted:?}"),
            }
        }
    }
}
