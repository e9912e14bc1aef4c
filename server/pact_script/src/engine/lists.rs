//! Functions of lists, days and amounts that the policy has labels for and Rhai's packages lack.

use chrono::{Datelike, NaiveDate};
use pact_core::money::Money;
use pact_core::time::Instant;
use rhai::{Array, Dynamic, Engine, FnPtr, INT, ImmutableString, NativeCallContext};

use super::convert::number;
use super::desk::{Failed, Host, fail};

const MONTHS_PER_QUARTER: u32 = 3;

/// Registers them.
pub(super) fn register(engine: &mut Engine, host: &Host) {
    engine.register_fn("first", |array: Array| array.into_iter().next().unwrap_or_default());
    engine.register_fn("last", |mut array: Array| array.pop().unwrap_or_default());
    engine.register_fn("count", |array: &mut Array| INT::try_from(array.len()).unwrap_or(INT::MAX));
    engine.register_fn("to_array", |array: Array| array);
    engine.register_fn("limit", |mut array: Array, count: INT| {
        array.truncate(usize::try_from(count).unwrap_or(0));
        array
    });
    engine.register_fn("any", |context: NativeCallContext, array: Array, test: FnPtr| -> Result<bool, Failed> {
        for item in array {
            if test.call_within_context(&context, (item,))? {
                return Ok(true);
            }
        }
        Ok(false)
    });
    engine.register_fn("join", |context: NativeCallContext, array: Array| join(&context, array, ""));
    engine.register_fn("join", |context: NativeCallContext, array: Array, between: ImmutableString| {
        join(&context, array, &between)
    });
    engine.register_fn("amount", |money: Money| number(money.to_decimal()));
    engine.register_fn("currency", |money: Money| money.currency.code().to_owned());
    parts_of_days(engine, host);
}

fn join(context: &NativeCallContext, array: Array, between: &str) -> Result<String, Failed> {
    let mut text = String::new();
    for (index, mut item) in array.into_iter().enumerate() {
        if index > 0 {
            text.push_str(between);
        }
        let said = context.call_native_fn_raw("to_string", true, &mut [&mut item])?;
        text.push_str(&said.into_immutable_string().map_err(|_| fail("join: an element cannot be put into a text."))?);
        if text.len() > crate::limits::STRING_BYTES {
            return Err(super::desk::stop(super::desk::Stop::Limit(crate::run::Limit::StringSize)));
        }
    }
    Ok(text)
}

type Part = fn(NaiveDate) -> u32;

/// Parts of days, and of instants by the day that they are in the run's zone.
fn parts_of_days(engine: &mut Engine, host: &Host) {
    let parts: [(&str, Part); 6] = [
        ("year", |day| u32::try_from(day.year()).unwrap_or(0)),
        ("month", |day| day.month()),
        ("day", |day| day.day()),
        // From 1, a Monday, to 7, a Sunday.
        ("weekday", |day| day.weekday().number_from_monday()),
        ("week", |day| day.iso_week().week()),
        ("quarter", |day| day.month0() / MONTHS_PER_QUARTER + 1),
    ];
    for (name, part) in parts {
        engine.register_fn(name, move |day: NaiveDate| INT::from(part(day)));
        let desk = host.clone();
        engine.register_fn(name, move |at: Instant| desk.at(|desk| Ok(INT::from(part(desk.day_of(at))))));
    }
    let desk = host.clone();
    engine.register_fn("date", move |at: Instant| desk.at(|desk| Ok(Dynamic::from(desk.day_of(at)))));
}
