//! The arguments of a call, checked against the table, with errors in the words of the table.

use std::sync::Arc;

use chrono::NaiveDate;
use pact_core::time::{Instant, MINUTES_PER_WORK_DAY, Span, WorkSpan};
use pact_policy::table::{Function, Kind, Param};
use rhai::{Dynamic, FnPtr, Map, NativeCallContext};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::convert::{decimal, say_type, to_value};
use super::desk::{Failed, Host, fail};
use super::handles::{Draft, Rec, Rotation, Rows, Tally};
use crate::effect::Within;
use crate::value::Value;

const SECONDS_PER_DAY: i64 = 86_400;

/// One call of a function of the table.
pub(crate) struct Call<'a, 'c, 'd> {
    pub(crate) host: &'a Host,
    pub(crate) context: &'a NativeCallContext<'c>,
    pub(crate) function: &'static Function,
    args: &'a [&'d mut Dynamic],
}

impl<'a, 'c, 'd> Call<'a, 'c, 'd> {
    pub(crate) fn new(
        host: &'a Host,
        context: &'a NativeCallContext<'c>,
        function: &'static Function,
        args: &'a [&'d mut Dynamic],
    ) -> Self {
        Self { host, context, function, args }
    }

    /// The line of the call, from 1; 0 when the engine does not know it.
    pub(crate) fn line(&self) -> u32 {
        self.context.call_position().line().and_then(|line| u32::try_from(line).ok()).unwrap_or(0)
    }

    fn param(&self, index: usize) -> Option<&'static Param> {
        self.function.params.get(index)
    }

    /// The argument at a place of the table's parameters; a method's receiver is not among them.
    fn arg(&self, index: usize) -> Option<&Dynamic> {
        self.args.get(index + usize::from(self.function.on.is_some())).map(|arg| &**arg)
    }

    fn wrong(&self, index: usize, wanted: &str) -> Failed {
        let name = self.param(index).map_or("argument", |param| param.name);
        let given = self.arg(index).map_or_else(|| "nothing".to_owned(), say_type);
        let hint = if given == "()" { " Check for `()` first." } else { "" };
        fail(format!("{}: `{name}` is {given}, and a {wanted} is wanted.{hint}", self.function.name))
    }

    fn typed<T: Clone + Send + Sync + 'static>(&self, index: usize, wanted: &str) -> Result<T, Failed> {
        self.maybe_typed(index).ok_or_else(|| self.wrong(index, wanted))
    }

    pub(crate) fn maybe_typed<T: Clone + Send + Sync + 'static>(&self, index: usize) -> Option<T> {
        self.arg(index).and_then(|arg| arg.read_lock::<T>().map(|value| value.clone()))
    }

    fn receiver<T: Clone + Send + Sync + 'static>(&self, wanted: &str) -> Result<T, Failed> {
        let receiver = self.args.first().and_then(|arg| arg.read_lock::<T>().map(|value| value.clone()));
        receiver.ok_or_else(|| fail(format!("`{}` is a method of a {wanted}.", self.function.name)))
    }

    pub(crate) fn query(&self) -> Result<Rows, Failed> {
        self.receiver("query")
    }

    pub(crate) fn rotation(&self) -> Result<Rotation, Failed> {
        self.receiver("rotation")
    }

    pub(crate) fn tally(&self) -> Result<Tally, Failed> {
        self.receiver("tally")
    }

    pub(crate) fn draft(&self) -> Result<Draft, Failed> {
        self.receiver("digest")
    }

    pub(crate) fn this_record(&self) -> Option<Rec> {
        self.args.first().and_then(|arg| arg.read_lock::<Rec>().map(|record| record.clone()))
    }

    pub(crate) fn int(&self, index: usize) -> Result<i64, Failed> {
        self.arg(index).and_then(|arg| arg.as_int().ok()).ok_or_else(|| self.wrong(index, "whole number"))
    }

    pub(crate) fn number(&self, index: usize) -> Result<Decimal, Failed> {
        self.arg(index).and_then(decimal).ok_or_else(|| self.wrong(index, "number"))
    }

    pub(crate) fn text(&self, index: usize) -> Result<String, Failed> {
        let text = self.arg(index).and_then(|arg| arg.as_immutable_string_ref().ok().map(|text| text.to_string()));
        text.ok_or_else(|| self.wrong(index, "text"))
    }

    /// A span of either kind as seconds by the clock, in which a working day is a day.
    pub(crate) fn clock_seconds(&self, index: usize) -> Result<i64, Failed> {
        if let Some(span) = self.maybe_typed::<WorkSpan>(index) {
            return Ok(span.minutes().saturating_mul(SECONDS_PER_DAY) / MINUTES_PER_WORK_DAY);
        }
        Ok(self.typed::<Span>(index, "span such as `hours(16)`")?.seconds())
    }

    pub(crate) fn map(&self, index: usize) -> Result<Option<Map>, Failed> {
        match self.arg(index) {
            None => Ok(None),
            Some(_) => self.typed(index, "map").map(Some),
        }
    }

    pub(crate) fn closure(&self, index: usize) -> Result<FnPtr, Failed> {
        self.typed(index, "function such as `|x| x.name`")
    }

    pub(crate) fn array(&self, index: usize) -> Result<rhai::Array, Failed> {
        self.typed(index, "list")
    }

    /// The records of a query, or of an array that a query's `filter` gave.
    pub(crate) fn records(&self, index: usize) -> Result<Arc<[Rec]>, Failed> {
        if let Some(rows) = self.maybe_typed::<Rows>(index) {
            return self.host.rows(&rows);
        }
        let items: rhai::Array = self.typed(index, "query")?;
        let records: Option<Vec<Rec>> = items.iter().map(|item| item.read_lock::<Rec>().map(|rec| rec.clone())).collect();
        records.map(Into::into).ok_or_else(|| self.wrong(index, "query, or list of records"))
    }

    pub(crate) fn draft_arg(&self, index: usize) -> Result<Draft, Failed> {
        self.typed(index, "digest")
    }

    /// A record of one kind.
    pub(crate) fn rec(&self, index: usize, kind: Kind) -> Result<Uuid, Failed> {
        match self.maybe_typed::<Rec>(index) {
            Some(record) if record.kind == kind => Ok(record.id),
            _ => Err(self.wrong(index, kind.name())),
        }
    }

    /// A record of one kind, or `()`.
    pub(crate) fn maybe_rec(&self, index: usize, kind: Kind) -> Result<Option<Uuid>, Failed> {
        match self.arg(index) {
            None => Ok(None),
            Some(arg) if arg.is_unit() => Ok(None),
            Some(_) => self.rec(index, kind).map(Some),
        }
    }

    pub(crate) fn any_rec(&self, index: usize) -> Result<Rec, Failed> {
        self.typed(index, "record")
    }

    pub(crate) fn maybe_any_rec(&self, index: usize) -> Result<Option<Rec>, Failed> {
        match self.arg(index) {
            Some(arg) if arg.is_unit() => Ok(None),
            _ => self.any_rec(index).map(Some),
        }
    }

    /// A day; an instant stands for its day.
    pub(crate) fn day(&self, index: usize) -> Result<NaiveDate, Failed> {
        if let Some(at) = self.maybe_typed::<Instant>(index) {
            return self.host.at(|desk| Ok(desk.day_of(at)));
        }
        self.typed(index, "day")
    }

    pub(crate) fn value(&self, index: usize) -> Result<Value, Failed> {
        match self.arg(index) {
            Some(arg) => to_value(arg).map_err(|why| fail(format!("{}: {why}", self.function.name))),
            None => Ok(Value::Unit),
        }
    }

    /// The time to answer that an option of `push` gives.
    pub(crate) fn within(&self, value: &Dynamic) -> Result<Within, Failed> {
        if let Some(span) = value.read_lock::<Span>() {
            return Ok(Within::Span(span.seconds()));
        }
        if let Some(span) = value.read_lock::<WorkSpan>() {
            return Ok(Within::WorkSpan(span.minutes()));
        }
        let given = say_type(value);
        Err(fail(format!("{}: `within` is {given}, and a span such as `work_hours(4)` is wanted.", self.function.name)))
    }

    pub(crate) fn draft_mut<T>(draft: &Draft, change: impl FnOnce(&mut super::handles::Digest) -> T) -> T {
        let shared: &Arc<_> = &draft.0;
        change(&mut shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
