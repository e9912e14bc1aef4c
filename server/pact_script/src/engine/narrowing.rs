//! Narrowing a query by one step, with its arguments checked against the table.

use pact_policy::table::{Narrow, NarrowOp, Ty};
use rhai::Dynamic;

use super::convert::{say_type, to_value};
use super::desk::{Failed, fail};
use super::handles::Rows;
use crate::facts::Step;
use crate::value::Value;

/// A narrowing of the table: one more step. What is not known (`()`) finds nothing.
pub(super) fn narrow(rows: &Rows, narrow: &'static Narrow, args: &[&mut Dynamic]) -> Result<Dynamic, Failed> {
    let mut values = Vec::with_capacity(args.len());
    let mut nothing = false;
    for (ty, arg) in narrow.params.iter().zip(args) {
        let value = to_value(arg).map_err(|why| fail(format!("{}: {why}", narrow.name)))?;
        // A custom field that has no value is something to ask for.
        nothing |= value == Value::Unit && !(narrow.op == NarrowOp::Field && *ty == Ty::Any);
        if value != Value::Unit && !fits(*ty, &value) {
            return Err(fail(format!("{}: a {} is no {}.", narrow.name, say_type(arg), wanted(*ty))));
        }
        values.push(value);
    }
    Ok(Dynamic::from(rows.with(Step::Narrow(narrow.op, values), nothing)))
}

fn fits(ty: Ty, value: &Value) -> bool {
    match ty {
        Ty::Text => matches!(value, Value::Text(_)),
        Ty::Int => matches!(value, Value::Int(_)),
        Ty::AnySpan => matches!(value, Value::Span(_) | Value::WorkSpan(_)),
        Ty::When => matches!(value, Value::Day(_) | Value::Instant(_)),
        Ty::Record(kind) => matches!(value, Value::Ref(given, _) if *given == kind),
        Ty::Maybe(ty) => fits(*ty, value),
        Ty::Any => true,
        Ty::Unit
        | Ty::Bool
        | Ty::Number
        | Ty::Instant
        | Ty::Day
        | Ty::Span
        | Ty::WorkSpan
        | Ty::Money
        | Ty::List(_)
        | Ty::Map
        | Ty::AnyRecord
        | Ty::Query(_)
        | Ty::AnyQuery
        | Ty::Same
        | Ty::Function
        | Ty::Rotation
        | Ty::Tally
        | Ty::Digest => false,
    }
}

fn wanted(ty: Ty) -> &'static str {
    match ty {
        Ty::Maybe(ty) => wanted(*ty),
        Ty::Record(kind) => kind.name(),
        Ty::AnySpan => "span such as `days(3)`",
        Ty::When => "day or instant",
        Ty::Int => "whole number",
        _ => "text",
    }
}
