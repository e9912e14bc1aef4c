//! Reports: groups with what is measured of each, put together from the store's fine groups, and released by `k` where the verdict asks for it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use pact_core::release::{Share, shown};
use pact_core::time::Instant;
use pact_policy::view::path::{Form, Path};
use pact_policy::view::{Function, Key, Measure, Of, Period, order};
use pact_store::view::{Cell, Group, INSTANT_MILLIS, Parts, Place, Query};
use uuid::Uuid;

use super::ask::start_of;
use super::{Column, MAX_GROUPS, Running, Shown, Table};
use crate::Refusal;

/// A measure, with the cell of a fine group that tells the currency or the customer, and its place among the measured.
struct Measured {
    function: Function,
    /// Which of the store's measured values.
    part: Option<usize>,
    /// Which cell holds the amount (for its currency) or the customer.
    cell: Option<usize>,
    money: bool,
}

/// A group in the making.
#[derive(Default)]
struct Made {
    keys: Vec<Shown>,
    measures: Vec<Gathered>,
}

#[derive(Default)]
struct Gathered {
    count: i64,
    customers: BTreeSet<Uuid>,
    /// By currency; of plain numbers under none.
    parts: BTreeMap<String, Parts>,
}

pub(super) async fn run(running: &Running<'_>) -> Result<Table, Refusal> {
    let mut query = running.query()?;
    let mut columns = Vec::new();
    let mut periods = Vec::new();
    let mut cells = 0;
    for word in &running.view.group {
        let key = Key::of(&word.text);
        let path = running.path(key.path)?;
        let column = running.column(&word.text, &path)?;
        columns.push(if key.period.is_some() { Column { holds: "period", ..column } } else { column });
        periods.push(key.period);
        let place = running.place(&mut query, &path)?;
        query.show(place.coarse());
        cells += 1;
    }
    let with_k = running.release.with_k;
    for filter in &running.view.filter {
        let path = running.path(&filter.by.text)?;
        let ask = running.ask(&path, filter)?;
        let place = running.place(&mut query, &path)?;
        // With k, rows that do not meet a condition are read too: what it takes away must be nobody or enough.
        if with_k { query.tell(&place, &ask) } else { query.narrow(&place, &ask) }
    }
    let conditions = if with_k { running.view.filter.len() } else { 0 };
    let met_from = cells;
    cells += conditions;
    if with_k {
        let contributor = running.path(contributor(running.view.of))?;
        let place = running.place(&mut query, &contributor)?;
        query.show(place);
        cells += 1;
    }
    let (measured, places) = measures(running, &mut query, &mut columns, cells)?;
    let groups = query.groups(running.app.store.read(), &places).await?;
    let keys = periods.len();
    let keyed: Vec<(Vec<String>, Vec<Shown>, Group)> = groups.into_iter().map(|group| keyed(running, &periods, group)).collect();
    let met = |group: &Group| -> u32 {
        (0_u32..)
            .zip(&group.cells[met_from..met_from + conditions])
            .fold(0, |bits, (at, cell)| bits | u32::from(*cell == Cell::Int(1)) << at)
    };
    let all_met = 1_u32.checked_shl(u32::try_from(conditions).unwrap_or(0)).map_or(u32::MAX, |bit| bit - 1);
    let allowed = with_k.then(|| {
        let share = |(keys, _, group): &(Vec<String>, Vec<Shown>, Group)| Share {
            keys: keys.clone(),
            by: record(group.cells.get(met_from + conditions)),
            met: met(group),
        };
        let shares: Vec<_> = keyed.iter().map(share).collect();
        let k = usize::try_from(running.snapshot.k).unwrap_or(usize::MAX);
        shown(&shares, u32::try_from(conditions).unwrap_or(0), k)
    });
    let mut made: BTreeMap<Vec<String>, Made> = BTreeMap::new();
    let mut withheld = false;
    for (key, shown, group) in keyed.into_iter().filter(|(_, _, group)| met(group) & all_met == all_met) {
        if allowed.as_ref().is_some_and(|allowed| !allowed.contains(&key)) {
            withheld = true;
            continue;
        }
        let made = made
            .entry(key)
            .or_insert_with(|| Made { keys: shown, measures: measured.iter().map(|_| Gathered::default()).collect() });
        for (gathered, measure) in made.measures.iter_mut().zip(&measured) {
            gathered.add(measure, &group);
        }
    }
    if keys == 0 && made.is_empty() && !withheld {
        made.insert(Vec::new(), Made { keys: Vec::new(), measures: measured.iter().map(|_| Gathered::default()).collect() });
    }
    let mut rows: Vec<Vec<Shown>> = made
        .into_values()
        .map(|made| {
            made.keys.into_iter().chain(made.measures.iter().zip(&measured).map(|(it, measure)| it.shown(measure))).collect()
        })
        .collect();
    sort(running, &columns, &mut rows);
    let cut = rows.len() > MAX_GROUPS;
    rows.truncate(MAX_GROUPS);
    Ok(Table { columns, rows, next: None, cut, withheld })
}

/// Whose acts are counted: who wrote a card, and who owns what is quiet.
fn contributor(of: Of) -> &'static str {
    match of {
        Of::Cards => "author",
        Of::Leads | Of::Customers | Of::Goals | Of::Plans | Of::Requests | Of::Pushes | Of::History => "owner",
    }
}

fn measures(
    running: &Running<'_>,
    query: &mut Query,
    columns: &mut Vec<Column>,
    mut cells: usize,
) -> Result<(Vec<Measured>, Vec<Place>), Refusal> {
    let mut measured = Vec::new();
    let mut places = Vec::new();
    for word in &running.view.measure {
        let Some(Measure { function, path }) = Measure::of(&word.text) else {
            return Err(Refusal::defect("a measure was not checked"));
        };
        let mut measure = Measured { function, part: None, cell: None, money: false };
        let mut column = Column { name: word.text.clone(), holds: "number", who: false };
        if function == Function::Customers {
            let place = running.place(query, &running.path("customer")?)?;
            query.show(place);
            measure.cell = Some(cells);
            cells += 1;
        }
        if let Some(path) = path {
            let path: Path = running.path(path)?;
            column = Column { name: word.text.clone(), ..running.column(&word.text, &path)? };
            measure.money = column.holds == "money";
            let place = running.place(query, &path)?;
            if measure.money {
                query.show(place.currency());
                measure.cell = Some(cells);
                cells += 1;
            }
            measure.part = Some(places.len());
            places.push(place);
            if path.form == Form::Field && !matches!(column.holds, "number" | "money") && !is_formula(running, &path)? {
                return Err(Refusal::invalid("measure", format!("`{}` is no number and no amount.", path.text())));
            }
        }
        columns.push(column);
        measured.push(measure);
    }
    Ok((measured, places))
}

fn is_formula(running: &Running<'_>, path: &Path) -> Result<bool, Refusal> {
    Ok(running.last_field(path)?.is_some_and(|field| field.field_type == "formula"))
}

/// A fine group with the keys of the group to which it belongs: what tells groups apart, and what is shown of it.
fn keyed(running: &Running<'_>, periods: &[Option<Period>], group: Group) -> (Vec<String>, Vec<Shown>, Group) {
    let each = periods.iter().zip(&group.cells).map(|(period, cell)| {
        if let Some(period) = period {
            let label = day_of(running, cell).and_then(|day| label(*period, day));
            return (label.clone().unwrap_or_default(), label.map_or(Shown::Nothing, Shown::Text));
        }
        let apart = match cell {
            Cell::Record(id, name) => format!("{name}\u{0}{id}"),
            other => running.shown(other.clone(), false).words(),
        };
        (apart, running.shown(cell.clone(), false))
    });
    let (apart, shown) = each.unzip();
    (apart, shown, group)
}

/// The day on which something lies, on the organisation's clock.
fn day_of(running: &Running<'_>, cell: &Cell) -> Option<NaiveDate> {
    match cell {
        Cell::Int(quarters) => Some(Instant::from_millis(quarters * INSTANT_MILLIS).day_in(running.snapshot.zone)),
        Cell::Text(day) => day.parse().ok(),
        Cell::Field(_) => running.shown(cell.clone(), false).words().parse().ok(),
        Cell::Nothing | Cell::Bool(_) | Cell::Money(..) | Cell::Record(..) | Cell::Clock(..) => None,
    }
}

/// A period's name; names sort as time goes.
fn label(period: Period, day: NaiveDate) -> Option<String> {
    let start = start_of(period, day)?;
    Some(match period {
        Period::Day => start.to_string(),
        Period::Week => start.format("%G-W%V").to_string(),
        Period::Month => start.format("%Y-%m").to_string(),
        Period::Quarter => format!("{}-Q{}", start.year(), start.month0() / 3 + 1),
        Period::Year => start.year().to_string(),
    })
}

fn record(cell: Option<&Cell>) -> Option<Uuid> {
    match cell {
        Some(Cell::Record(id, _)) => Some(*id),
        Some(_) | None => None,
    }
}

impl Gathered {
    fn add(&mut self, measure: &Measured, group: &Group) {
        self.count += group.rows;
        let cell = measure.cell.and_then(|at| group.cells.get(at));
        self.customers.extend(record(cell));
        if let Some(parts) = measure.part.and_then(|at| group.parts.get(at)).filter(|parts| parts.count > 0) {
            let currency = match cell {
                Some(Cell::Text(currency)) if measure.money => currency.clone(),
                Some(Cell::Field(text)) if measure.money => match crate::fields::decode(text) {
                    Some(pact_script::value::Value::Money { currency, .. }) => currency,
                    Some(_) | None => String::new(),
                },
                Some(_) | None => String::new(),
            };
            let known = self.parts.entry(currency).or_default();
            known.count += parts.count;
            known.sum += parts.sum;
            known.least = [known.least, parts.least].into_iter().flatten().reduce(f64::min);
            known.most = [known.most, parts.most].into_iter().flatten().reduce(f64::max);
        }
    }

    fn shown(&self, measure: &Measured) -> Shown {
        let of = |parts: &Parts| match measure.function {
            Function::Sum => Some(parts.sum),
            Function::Average => (parts.count > 0).then(|| parts.sum / parts.count as f64),
            Function::Least => parts.least,
            Function::Most => parts.most,
            Function::Count | Function::Customers => None,
        };
        match measure.function {
            Function::Count => Shown::Number(self.count as f64),
            Function::Customers => Shown::Number(self.customers.len() as f64),
            Function::Sum | Function::Average | Function::Least | Function::Most if measure.money => {
                let amounts =
                    self.parts.iter().filter_map(|(currency, parts)| Some((of(parts)?.round() as i64, currency.clone())));
                Shown::Money(amounts.collect())
            }
            Function::Sum | Function::Average | Function::Least | Function::Most => {
                self.parts.values().next().and_then(of).map_or(Shown::Nothing, Shown::Number)
            }
        }
    }
}

/// Orders rows as the view says, then by their groups.
fn sort(running: &Running<'_>, columns: &[Column], rows: &mut [Vec<Shown>]) {
    let given: Vec<(usize, bool)> = running
        .view
        .sort
        .iter()
        .filter_map(|word| {
            let (entry, descending) = order(&word.text);
            Some((columns.iter().position(|column| column.name == entry)?, descending))
        })
        .collect();
    rows.sort_by(|a, b| {
        given
            .iter()
            .map(|(at, descending)| a[*at].compare(&b[*at], *descending))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
}
