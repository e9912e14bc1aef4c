//! Conditions: from a view's words to what the store is asked.

use std::collections::HashMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use pact_core::money::{Currency, Money};
use pact_core::time::{Instant, Span, WorkSpan};
use pact_policy::manifest::SpanText;
use pact_policy::manifest::span::SpanUnit;
use pact_policy::table::Kind;
use pact_policy::view::parse::When;
use pact_policy::view::path::{Form, Path};
use pact_policy::view::{Filter, ME, Op, Operand, Period};
use pact_script::value::Value;
use pact_store::entity::custom_field;
use pact_store::view::Ask;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Running;
use crate::{Refusal, fields};

/// The states of a lead that is still a possible sale, which `state is open` stands for.
const OPEN: &str = "open";

impl Running<'_> {
    /// What a condition asks of the place at the end of its path.
    pub(super) fn ask(&self, path: &Path, filter: &Filter) -> Result<Ask, Refusal> {
        let misfit = || Refusal::defect(format!("the condition on {} was not checked", filter.by.text));
        let value = match (filter.op, &filter.value) {
            (Op::IsSet, _) => return Ok(Ask::IsSet(true)),
            (Op::IsEmpty, _) => return Ok(Ask::IsSet(false)),
            (_, Some(value)) => value,
            (_, None) => return Err(misfit()),
        };
        if let (Op::Contains, Operand::Text(text)) = (filter.op, value) {
            return Ok(Ask::Contains(text.clone()));
        }
        if let Some(field) = self.last_field(path)? {
            return self.of_field(field, filter, value);
        }
        match (path.form, value) {
            (Form::Text, Operand::Text(_) | Operand::Texts(_)) => equal(filter, self.states(path, texts(value))),
            (Form::Record(kind), Operand::Text(_) | Operand::Texts(_)) => equal(filter, self.records(kind, &texts(value))),
            (Form::Bool, Operand::Bool(value)) => equal(filter, vec![(*value).into()]),
            (Form::Number, Operand::Number(number)) => compare(filter, (*number).into()),
            (Form::Money, Operand::Text(text)) => {
                let money = money(text)?;
                let currency = money.currency.code().to_owned();
                match filter.op {
                    Op::AtLeast => Ok(Ask::AmountAtLeast(money.minor, currency)),
                    Op::Below => Ok(Ask::AmountBelow(money.minor, currency)),
                    Op::Is | Op::IsNot | Op::OneOf | Op::Contains | Op::IsSet | Op::IsEmpty => Err(misfit()),
                }
            }
            (Form::Day, Operand::Text(text)) => compare(filter, self.day(text).ok_or_else(misfit)?.to_string().into()),
            (Form::Instant, Operand::Text(text)) => {
                compare(filter, Instant::start_of(self.day(text).ok_or_else(misfit)?, self.snapshot.zone).millis().into())
            }
            (Form::Clock, Operand::Text(text)) => {
                let span = SpanText::parse(text).map_err(Refusal::defect)?;
                Ok(Ask::Quiet { horizons: self.horizons(span), quiet: filter.op == Op::AtLeast })
            }
            _ => Err(misfit()),
        }
    }

    fn states(&self, path: &Path, texts: Vec<String>) -> Vec<sea_orm::Value> {
        let is_state = path.hops.last().is_some_and(|hop| hop.of == Kind::Lead && hop.name == "state");
        let each = texts.into_iter().flat_map(|text| match is_state && text == OPEN {
            true => pact_store::lead::OPEN_STATES.iter().map(|state| (*state).to_owned()).collect(),
            false => vec![text],
        });
        each.map(Into::into).collect()
    }

    /// Records by id, by name, or `me`; a territory with all that lie in it.
    fn records(&self, kind: Kind, texts: &[String]) -> Vec<sea_orm::Value> {
        let each = texts.iter().flat_map(|text| match (kind, text.parse::<Uuid>()) {
            (Kind::Person, _) if text == ME => vec![self.reader.caller.person_id.into()],
            (Kind::Territory, id) => {
                let named = self.snapshot.territory_names.iter().find(|(_, name)| *name == text).map(|(id, _)| *id);
                let all = id.ok().or(named).map(|id| self.snapshot.territories.with_descendants(id)).unwrap_or_default();
                all.into_iter().map(Into::into).collect()
            }
            (_, Ok(id)) => vec![id.into()],
            (_, Err(_)) => vec![text.clone().into()],
        });
        each.collect()
    }

    fn of_field(&self, field: &custom_field::Model, filter: &Filter, value: &Operand) -> Result<Ask, Refusal> {
        let refuse =
            |wanted: &str| Refusal::invalid("filter", format!("`{}` is a {}: {wanted}.", filter.by.text, field.field_type));
        match (field.field_type.as_str(), value) {
            ("number" | "formula", Operand::Number(number)) => compare(filter, (*number).into()),
            ("money", Operand::Text(text)) => compare(filter, (money(text)?.minor as f64).into()),
            ("yes_no", Operand::Bool(value)) => equal(filter, vec![fields::encode(&Value::Bool(*value)).into()]),
            ("day", Operand::Text(text)) => {
                let day = self.day(text).ok_or_else(|| refuse("write a day"))?;
                compare(filter, fields::encode(&Value::Day(day)).into())
            }
            ("text" | "long_text" | "choice" | "link" | "formula", Operand::Text(_) | Operand::Texts(_))
                if matches!(filter.op, Op::Is | Op::IsNot | Op::OneOf) =>
            {
                equal(filter, texts(value).into_iter().map(|text| fields::encode(&Value::Text(text)).into()).collect())
            }
            ("many_choices", _) => Err(refuse("ask whether it `contains` an option")),
            _ => Err(refuse("the condition does not fit it")),
        }
    }

    /// A day in words, on the organisation's clock.
    fn day(&self, text: &str) -> Option<NaiveDate> {
        let today = self.snapshot.today(self.now);
        match When::of(text)? {
            When::Day(day) => Some(day),
            When::Days(days) if days < 0 => today.checked_sub_days(Days::new(days.unsigned_abs())),
            When::Days(days) => today.checked_add_days(Days::new(days.unsigned_abs())),
            When::Start(period) => start_of(period, today),
        }
    }

    /// For each calendar the instant before which the last event lies, when something is quiet for a span.
    fn horizons(&self, span: SpanText) -> Vec<(Option<Vec<Uuid>>, i64)> {
        let count = i64::from(span.count);
        let clock = |span: Option<Span>| span.and_then(|span| self.now.checked_sub(span)).map_or(i64::MIN, Instant::millis);
        let at = |calendar: &pact_core::calendar::Calendar| {
            let work =
                |span: Option<WorkSpan>| span.and_then(|span| calendar.sub(self.now, span)).map_or(i64::MIN, Instant::millis);
            match span.unit {
                SpanUnit::Minutes => clock(Span::of_minutes(count)),
                SpanUnit::Hours => clock(Span::of_hours(count)),
                SpanUnit::Days => clock(Span::of_days(count)),
                SpanUnit::Weeks => clock(Span::of_weeks(count)),
                SpanUnit::WorkHours => work(WorkSpan::of_hours(count)),
                SpanUnit::WorkDays => work(WorkSpan::of_days(count)),
            }
        };
        let mut owners: HashMap<i64, Vec<Uuid>> = HashMap::new();
        for member in self.snapshot.people.values() {
            owners.entry(at(member.quiet_calendar.calendar())).or_default().push(member.row.id);
        }
        let mut horizons: Vec<_> = owners.into_iter().map(|(horizon, owners)| (Some(owners), horizon)).collect();
        horizons.push((None, at(&self.snapshot.calendar)));
        horizons
    }
}

/// The first day of the period in which a day lies.
pub(super) fn start_of(period: Period, day: NaiveDate) -> Option<NaiveDate> {
    match period {
        Period::Day => Some(day),
        Period::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
        Period::Month => day.with_day(1),
        Period::Quarter => day.with_day(1)?.checked_sub_months(Months::new(day.month0() % 3)),
        Period::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
    }
}

fn texts(value: &Operand) -> Vec<String> {
    match value {
        Operand::Text(text) => vec![text.clone()],
        Operand::Texts(texts) => texts.clone(),
        Operand::Bool(_) | Operand::Number(_) => Vec::new(),
    }
}

fn equal(filter: &Filter, values: Vec<sea_orm::Value>) -> Result<Ask, Refusal> {
    match filter.op {
        Op::Is | Op::OneOf => Ok(Ask::OneOf(values)),
        Op::IsNot => Ok(Ask::NoneOf(values)),
        Op::AtLeast | Op::Below | Op::Contains | Op::IsSet | Op::IsEmpty => {
            Err(Refusal::invalid("filter", format!("`{}` takes is, is_not or one_of.", filter.by.text)))
        }
    }
}

fn compare(filter: &Filter, value: sea_orm::Value) -> Result<Ask, Refusal> {
    match filter.op {
        Op::AtLeast => Ok(Ask::AtLeast(value)),
        Op::Below => Ok(Ask::Below(value)),
        Op::Is | Op::IsNot | Op::OneOf | Op::Contains | Op::IsSet | Op::IsEmpty => equal(filter, vec![value]),
    }
}

fn money(text: &str) -> Result<Money, Refusal> {
    let wrong =
        || Refusal::invalid("filter", format!("{text:?} is no amount. Write an amount and a currency, such as \"10000 EUR\"."));
    let (amount, currency) = text.split_once(' ').ok_or_else(wrong)?;
    let amount: Decimal = amount.parse().map_err(|_| wrong())?;
    let currency: Currency = currency.parse().map_err(|_| wrong())?;
    Money::of_decimal(amount, currency).map_err(|_| wrong())
}
