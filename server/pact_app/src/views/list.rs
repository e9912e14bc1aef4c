//! Lists: one row for each record.

use chrono::SecondsFormat;
use pact_core::time::Instant;
use pact_policy::view::order;
use pact_script::value::Value;
use pact_store::view::Cell;

use super::{MAX_OFFSET, Running, Shown, Table, Window};
use crate::{Refusal, fields};

pub(super) async fn run(running: &Running<'_>, window: Window) -> Result<Table, Refusal> {
    if window.offset > MAX_OFFSET {
        return Err(Refusal::invalid(
            "cursor",
            format!("a view is paged through for {MAX_OFFSET} rows. Narrow it by a condition."),
        ));
    }
    let mut query = running.query()?;
    for filter in &running.view.filter {
        let path = running.path(&filter.by.text)?;
        let ask = running.ask(&path, filter)?;
        let place = running.place(&mut query, &path)?;
        query.narrow(&place, &ask);
    }
    let mut columns = Vec::with_capacity(running.view.columns.len());
    for word in &running.view.columns {
        let path = running.path(&word.text)?;
        columns.push(running.column(&word.text, &path)?);
        let place = running.place(&mut query, &path)?;
        query.show(place);
    }
    for word in &running.view.sort {
        let (text, descending) = order(&word.text);
        let path = running.path(text)?;
        let place = running.place(&mut query, &path)?;
        query.sort(&place, descending);
    }
    let mut rows = query.rows(running.app.store.read(), window.offset, window.limit + 1).await?;
    let more = rows.len() as u64 > window.limit;
    rows.truncate(usize::try_from(window.limit).unwrap_or(usize::MAX));
    let is_instant: Vec<bool> = columns.iter().map(|column| column.holds == "instant").collect();
    let rows = rows
        .into_iter()
        .map(|row| row.into_iter().zip(&is_instant).map(|(cell, instant)| running.shown(cell, *instant)).collect());
    Ok(Table { rows: rows.collect(), columns, next: more.then_some(window.offset + window.limit), cut: false, withheld: false })
}

impl Running<'_> {
    /// What a cell shows.
    pub(super) fn shown(&self, cell: Cell, instant: bool) -> Shown {
        match cell {
            Cell::Nothing => Shown::Nothing,
            Cell::Text(text) => Shown::Text(text),
            Cell::Int(millis) if instant => {
                Shown::Text(Instant::from_millis(millis).to_utc().to_rfc3339_opts(SecondsFormat::Secs, true))
            }
            Cell::Int(number) => Shown::Number(number as f64),
            Cell::Bool(value) => Shown::Bool(value),
            Cell::Money(minor, currency) => Shown::Money(vec![(minor, currency)]),
            Cell::Record(_, name) => Shown::Text(name),
            Cell::Field(text) => fields::decode(&text).map_or(Shown::Nothing, |value| of_field(&value)),
            Cell::Clock(last, owner) => Shown::Work(self.snapshot.working_minutes(owner, Instant::from_millis(last), self.now)),
        }
    }
}

/// A custom field's value.
fn of_field(value: &Value) -> Shown {
    match value {
        Value::Unit => Shown::Nothing,
        Value::Bool(value) => Shown::Bool(*value),
        Value::Int(_) | Value::Decimal(_) => fields::number(value).map_or(Shown::Nothing, Shown::Number),
        Value::Money { minor, currency } => Shown::Money(vec![(*minor, currency.clone())]),
        Value::WorkSpan(minutes) => Shown::Work(*minutes),
        Value::List(values) => Shown::Text(values.iter().map(|value| of_field(value).words()).collect::<Vec<_>>().join(", ")),
        Value::Text(text) => Shown::Text(text.clone()),
        Value::Day(_) | Value::Instant(_) | Value::Span(_) | Value::Map(_) | Value::Ref(..) => {
            let json = fields::to_json(value);
            Shown::Text(json.as_str().map_or_else(|| json.to_string(), str::to_owned))
        }
    }
}
