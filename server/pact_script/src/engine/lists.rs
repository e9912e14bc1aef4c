//! Functions of lists, days and amounts that the policy has labels for and Rhai's packages lack, and those of lists on queries.

use std::any::TypeId;
use std::fmt::Write;
use std::sync::Arc;

use chrono::format::{Item, StrftimeItems};
use chrono::{Datelike, NaiveDate, Timelike};
use pact_core::money::Money;
use pact_core::time::Instant;
use pact_policy::table::natives::NATIVES;
use pact_policy::table::{FUNCTIONS, Ty};
use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, INT, ImmutableString, Module, NativeCallContext, RhaiFunc,
};

use super::convert::number;
use super::desk::{Failed, Host, fail};
use super::handles::Rows;

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
    engine.register_fn("min", |context: NativeCallContext, array: Array| extreme(&context, array, "<"));
    engine.register_fn("max", |context: NativeCallContext, array: Array| extreme(&context, array, ">"));
    engine.register_fn("amount", |money: Money| number(money.to_decimal()));
    engine.register_fn("currency", |money: Money| money.currency.code().to_owned());
    parts_of_days(engine, host);
    clock(engine, host);
    queries(engine, host);
}

/// The least or greatest element by an operator; `()` of none.
fn extreme(context: &NativeCallContext, array: Array, operator: &str) -> Result<Dynamic, Failed> {
    let mut items = array.into_iter();
    let Some(mut best) = items.next() else { return Ok(Dynamic::UNIT) };
    for item in items {
        // A function may take what it is given.
        let better = context.call_native_fn_raw(operator, true, &mut [&mut item.clone(), &mut best.clone()])?;
        if better.as_bool().unwrap_or(false) {
            best = item;
        }
    }
    Ok(best)
}

/// What reads a list reads the elements of a query too.
fn queries(engine: &mut Engine, host: &Host) {
    let own = |name: &str| FUNCTIONS.iter().any(|function| function.name == name && function.on == Some(Ty::AnyQuery));
    let mut module = Module::new();
    for native in NATIVES.iter().filter(|native| native.reads_queries() && !own(native.name)) {
        for values in native.arity.0..=native.arity.1 {
            let mut types = vec![TypeId::of::<Rows>()];
            types.resize(usize::from(values), TypeId::of::<Dynamic>());
            let (desk, name) = (host.clone(), native.name);
            let read =
                move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| on_elements(&desk, name, context, args);
            let func = RhaiFunc::Method { func: Arc::new(read), has_context: true, is_pure: true, is_volatile: true };
            FuncRegistration::new(name).in_global_namespace().set_into_module_raw(&mut module, types, func);
        }
    }
    engine.register_global_module(module.into());
}

fn on_elements(
    host: &Host,
    name: &str,
    context: Option<NativeCallContext>,
    args: &mut [&mut Dynamic],
) -> Result<Dynamic, Box<EvalAltResult>> {
    let rows = args.first().and_then(|arg| arg.read_lock::<Rows>().map(|rows| rows.clone()));
    let (Some(context), Some(rows)) = (context, rows) else { return Err(fail(format!("`{name}` reads a query."))) };
    let elements: Array = host.rows(&rows)?.iter().cloned().map(Dynamic::from).collect();
    let mut all: Vec<Dynamic> = vec![Dynamic::from_array(elements)];
    all.extend(args.iter().skip(1).map(|arg| (**arg).clone()));
    context.call_native_fn_raw(name, true, &mut all.iter_mut().collect::<Vec<_>>())
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

/// Hours and minutes of instants by the clock of the run's zone, and days and instants in a text of one's own.
fn clock(engine: &mut Engine, host: &Host) {
    let desk = host.clone();
    engine.register_fn("hour", move |at: Instant| desk.at(|desk| Ok(INT::from(desk.clock_of(at).hour()))));
    let desk = host.clone();
    engine.register_fn("minute", move |at: Instant| desk.at(|desk| Ok(INT::from(desk.clock_of(at).minute()))));
    let desk = host.clone();
    engine.register_fn("format", move |at: Instant, pattern: ImmutableString| {
        let at = desk.at(|desk| Ok(desk.clock_of(at)))?;
        written(&pattern, |items| at.format_with_items(items).to_string())
    });
    engine.register_fn("format", |day: NaiveDate, pattern: ImmutableString| {
        let mut text = String::new();
        let items = items(&pattern)?;
        match write!(text, "{}", day.format_with_items(items.iter())) {
            Ok(()) => Ok(text),
            Err(_) => Err(fail(format!("format: \"{pattern}\" asks for a time of day, and a day has none."))),
        }
    });
}

fn written(pattern: &str, write: impl Fn(std::slice::Iter<'_, Item<'_>>) -> String) -> Result<String, Failed> {
    Ok(write(items(pattern)?.iter()))
}

/// The parts of a pattern such as `"%d.%m.%Y"`.
fn items(pattern: &str) -> Result<Vec<Item<'_>>, Failed> {
    let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
    if items.contains(&Item::Error) {
        return Err(fail(format!("format: \"{pattern}\" is no pattern. Write for example \"%d.%m.%Y\".")));
    }
    Ok(items)
}
