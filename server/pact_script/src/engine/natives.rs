//! Operators and texts of the table's values. They read nothing but their arguments, so they pass labels on and add none.

use std::cmp::Ordering;
use std::fmt::Display;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use pact_core::money::Money;
use pact_core::time::{Instant, Span, WorkSpan};
use rhai::{Dynamic, Engine, FLOAT, INT, ImmutableString};
use rust_decimal::Decimal;

use super::convert::{decimal, number, say_type, to_dynamic};
use super::desk::{Failed, Host, fail};
use super::handles::{Draft, Rec, Rotation, Rows, Tally};
use super::money;
use crate::members;

const SECONDS_PER_DAY: i64 = 86_400;

type Test = fn(Ordering) -> bool;
const ORDERS: [(&str, Test); 4] =
    [("<", Ordering::is_lt), ("<=", Ordering::is_le), (">", Ordering::is_gt), (">=", Ordering::is_ge)];

/// Registers operators and texts.
pub(super) fn register(engine: &mut Engine, host: &Host) {
    engine
        .register_type_with_name::<Instant>("Instant")
        .register_type_with_name::<NaiveDate>("Day")
        .register_type_with_name::<Span>("Span")
        .register_type_with_name::<WorkSpan>("WorkSpan")
        .register_type_with_name::<Money>("Money");
    ordered::<Instant>(engine);
    ordered::<NaiveDate>(engine);
    ordered::<Span>(engine);
    ordered::<WorkSpan>(engine);
    said::<Instant>(engine);
    said::<NaiveDate>(engine);
    said::<Span>(engine);
    said::<WorkSpan>(engine);
    said::<Money>(engine);
    instants(engine);
    days(engine);
    spans(engine);
    work_spans(engine);
    amounts(engine);
    amount_order(engine);
    nothing(engine);
    handles(engine, host);
}

fn too_far() -> Failed {
    fail("The result is too far away to be a time.")
}

fn instants(engine: &mut Engine) {
    engine.register_fn("-", |a: Instant, b: Instant| a.since(b));
    engine.register_fn("+", |a: Instant, b: Span| a.checked_add(b).ok_or_else(too_far));
    engine.register_fn("-", |a: Instant, b: Span| a.checked_sub(b).ok_or_else(too_far));
    engine.register_fn("+", |_: Instant, _: WorkSpan| -> Result<Instant, Failed> { Err(needs_calendar()) });
    engine.register_fn("-", |_: Instant, _: WorkSpan| -> Result<Instant, Failed> { Err(needs_calendar()) });
}

fn days(engine: &mut Engine) {
    engine.register_fn("-", |a: NaiveDate, b: NaiveDate| Span::of_seconds((a - b).num_days() * SECONDS_PER_DAY));
    engine.register_fn("+", |a: NaiveDate, b: Span| moved(a, b.seconds().div_euclid(SECONDS_PER_DAY)));
    engine.register_fn("-", |a: NaiveDate, b: Span| moved(a, -b.seconds().div_euclid(SECONDS_PER_DAY)));
    engine.register_fn("+", |_: NaiveDate, _: WorkSpan| -> Result<NaiveDate, Failed> { Err(needs_calendar()) });
    engine.register_fn("-", |_: NaiveDate, _: WorkSpan| -> Result<NaiveDate, Failed> { Err(needs_calendar()) });
}

fn moved(day: NaiveDate, by: i64) -> Result<NaiveDate, Failed> {
    let by_days = Days::new(by.unsigned_abs());
    let moved = if by < 0 { day.checked_sub_days(by_days) } else { day.checked_add_days(by_days) };
    moved.ok_or_else(too_far)
}

fn needs_calendar() -> Failed {
    fail("Working time has no place on the calendar without a person. Use `days(n)` here.")
}

fn spans(engine: &mut Engine) {
    engine.register_fn("+", |a: Span, b: Span| a.checked_add(b).ok_or_else(too_far));
    engine.register_fn("-", |a: Span, b: Span| a.checked_sub(b).ok_or_else(too_far));
    engine.register_fn("-", |a: Span| a.checked_neg().ok_or_else(too_far));
    engine.register_fn("*", |a: Span, n: INT| a.checked_mul(n).ok_or_else(too_far));
    engine.register_fn("*", |n: INT, a: Span| a.checked_mul(n).ok_or_else(too_far));
    engine.register_fn("/", |a: Span, n: INT| a.seconds().checked_div(n).map(Span::of_seconds).ok_or_else(by_zero));
}

fn work_spans(engine: &mut Engine) {
    engine.register_fn("+", |a: WorkSpan, b: WorkSpan| a.checked_add(b).ok_or_else(too_far));
    engine.register_fn("-", |a: WorkSpan, b: WorkSpan| a.checked_sub(b).ok_or_else(too_far));
    engine.register_fn("-", |a: WorkSpan| a.checked_neg().ok_or_else(too_far));
    engine.register_fn("*", |a: WorkSpan, n: INT| a.checked_mul(n).ok_or_else(too_far));
    engine.register_fn("*", |n: INT, a: WorkSpan| a.checked_mul(n).ok_or_else(too_far));
    engine.register_fn("/", |a: WorkSpan, n: INT| a.minutes().checked_div(n).map(WorkSpan::of_minutes).ok_or_else(by_zero));
}

fn by_zero() -> Failed {
    fail("Nothing can be divided by zero.")
}

fn amounts(engine: &mut Engine) {
    engine.register_fn("+", |a: Money, b: Money| money::plus(a, b).map_err(fail));
    engine.register_fn("-", |a: Money, b: Money| money::plus(a, money::negated(b)).map_err(fail));
    engine.register_fn("-", |a: Money| money::negated(a));
    engine.register_fn("/", |a: Money, b: Money| money::ratio(a, b).map(number).map_err(fail));
    factor::<INT>(engine);
    factor::<Decimal>(engine);
    factor::<FLOAT>(engine);
}

fn factor<N: Clone + Send + Sync + 'static>(engine: &mut Engine) {
    fn of<N: Clone + Send + Sync + 'static>(n: N) -> Result<Decimal, Failed> {
        decimal(&Dynamic::from(n)).ok_or_else(|| fail("This number is too large for an amount."))
    }
    engine.register_fn("*", |a: Money, n: N| money::times(a, of(n)?).map_err(fail));
    engine.register_fn("*", |n: N, a: Money| money::times(a, of(n)?).map_err(fail));
    engine.register_fn("/", |a: Money, n: N| money::divided(a, of(n)?).map_err(fail));
    // A sum over nothing is a plain 0.
    engine.register_fn("+", |a: Money, n: N| only_zero(of(n)?, a));
    engine.register_fn("+", |n: N, a: Money| only_zero(of(n)?, a));
    engine.register_fn("-", |a: Money, n: N| only_zero(of(n)?, a));
}

fn only_zero(n: Decimal, amount: Money) -> Result<Money, Failed> {
    if n.is_zero() { Ok(amount) } else { Err(fail(format!("{n} has no currency. Write `money({n}, \"{}\")`.", amount.currency))) }
}

/// Amounts compare with amounts of their currency, and with plain numbers as amounts of it.
fn amount_order(engine: &mut Engine) {
    fn order(a: &Dynamic, b: &Dynamic) -> Result<Option<Ordering>, Failed> {
        let (left, right) = (a.read_lock::<Money>(), b.read_lock::<Money>());
        match (left, right) {
            (Some(a), Some(b)) => money::order(*a, *b).map(Some).map_err(fail),
            (Some(a), None) if decimal(b).is_some() => Ok(decimal(b).map(|b| a.to_decimal().cmp(&b))),
            (None, Some(b)) if decimal(a).is_some() => Ok(decimal(a).map(|a| a.cmp(&b.to_decimal()))),
            _ if a.is_unit() || b.is_unit() => Ok(None),
            _ => Err(incomparable(a, b)),
        }
    }
    for (operator, test) in ORDERS {
        let answer = move |a: &Dynamic, b: &Dynamic| -> Result<bool, Failed> { Ok(order(a, b)?.is_some_and(test)) };
        engine.register_fn(operator, move |a: Money, b: Money| answer(&Dynamic::from(a), &Dynamic::from(b)));
        engine.register_fn(operator, move |a: Money, b: Dynamic| answer(&Dynamic::from(a), &b));
        engine.register_fn(operator, move |a: Dynamic, b: Money| answer(&a, &Dynamic::from(b)));
    }
    let same = |a: &Dynamic, b: &Dynamic| match (a.read_lock::<Money>(), b.read_lock::<Money>()) {
        (Some(a), Some(b)) => *a == *b,
        (Some(a), None) => decimal(b) == Some(a.to_decimal()),
        (None, Some(b)) => decimal(a) == Some(b.to_decimal()),
        (None, None) => false,
    };
    equal::<Money>(engine, Arc::new(move |a, b| same(&Dynamic::from(*a), b)));
}

fn incomparable(a: &Dynamic, b: &Dynamic) -> Failed {
    fail(format!("A {} and a {} cannot be compared.", say_type(a), say_type(b)))
}

/// Comparison of a type with itself; with `()` every order is false, and with anything else it is an error.
fn ordered<T: Ord + Clone + Send + Sync + 'static>(engine: &mut Engine) {
    for (operator, test) in ORDERS {
        let other = |a: Dynamic, b: Dynamic| -> Result<bool, Failed> {
            if a.is_unit() || b.is_unit() { Ok(false) } else { Err(incomparable(&a, &b)) }
        };
        engine.register_fn(operator, move |a: T, b: T| test(a.cmp(&b)));
        engine.register_fn(operator, move |a: T, b: Dynamic| other(Dynamic::from(a), b));
        engine.register_fn(operator, move |a: Dynamic, b: T| other(a, Dynamic::from(b)));
    }
    equal::<T>(engine, Arc::new(|a: &T, b: &Dynamic| b.read_lock::<T>().is_some_and(|b| *a == *b)));
}

type Same<T> = Arc<dyn Fn(&T, &Dynamic) -> bool + Send + Sync>;

/// Equality of a type with anything.
fn equal<T: Clone + Send + Sync + 'static>(engine: &mut Engine, same: Same<T>) {
    for (operator, wanted) in [("==", true), ("!=", false)] {
        let (one, two, three) = (same.clone(), same.clone(), same.clone());
        engine.register_fn(operator, move |a: T, b: T| one(&a, &Dynamic::from(b)) == wanted);
        // The most frequent test of all has its own entry, which is found at the first look.
        engine.register_fn(operator, move |_: T, (): ()| !wanted);
        engine.register_fn(operator, move |(): (), _: T| !wanted);
        engine.register_fn(operator, move |a: T, b: Dynamic| two(&a, &b) == wanted);
        engine.register_fn(operator, move |a: Dynamic, b: T| three(&b, &a) == wanted);
    }
}

fn said<T: Display + Clone + Send + Sync + 'static>(engine: &mut Engine) {
    engine.register_fn("to_string", |value: T| value.to_string());
    engine.register_fn("to_debug", |value: T| value.to_string());
}

/// What is not known stays not known when it is multiplied or divided: a lead without a value adds nothing to a forecast.
fn nothing(engine: &mut Engine) {
    for operator in ["*", "/"] {
        engine.register_fn(operator, |(): (), _: Dynamic| ());
        engine.register_fn(operator, |_: Dynamic, (): ()| ());
    }
}

fn handles(engine: &mut Engine, host: &Host) {
    equal::<Rec>(engine, Arc::new(|a: &Rec, b: &Dynamic| b.read_lock::<Rec>().is_some_and(|b| a.is(&b))));
    for name in ["to_string", "to_debug"] {
        let desk = host.clone();
        engine.register_fn(name, move |rec: Rec| record_in_words(&desk, &rec));
        engine.register_fn(name, |rows: Rows| format!("a query of {}", rows.kind().name()));
        engine.register_fn(name, |rotation: Rotation| format!("the rotation {}", rotation.name));
        engine.register_fn(name, |_: Tally| "a tally");
        engine.register_fn(name, |_: Draft| "a digest");
    }
}

/// A record in a text: its name, title or text.
fn record_in_words(host: &Host, rec: &Rec) -> Result<ImmutableString, Failed> {
    let record = host.record(rec)?;
    let said = members::get(&record, members::display(rec.kind)).map(to_dynamic).unwrap_or_default();
    Ok(said.into_immutable_string().unwrap_or_default())
}
