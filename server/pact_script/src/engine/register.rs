//! From the table to the engine: every root, member, narrowing and function, in loops.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use pact_core::time::{Instant, Span, WorkSpan};
use pact_policy::table::{FUNCTIONS, Function, Kind, Member, NARROWS, Narrow, ROOTS, Ty, members_of};
use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, INT, ImmutableString, Map, Module, NativeCallContext,
    RhaiFunc,
};

use super::args::Call;
use super::convert::to_dynamic;
use super::desk::{Failed, Host, fail};
use super::functions;
use super::handles::{Draft, Rec, Rotation, Rows, Tally};
use super::narrowing;
use crate::members;

type Given = Result<Dynamic, Box<EvalAltResult>>;

/// Names of the table's types, as `type_of` and errors show them.
pub(super) fn types(engine: &mut Engine) {
    engine
        .register_type_with_name::<Rec>("Record")
        .register_type_with_name::<Rows>("Query")
        .register_type_with_name::<Rotation>("Rotation")
        .register_type_with_name::<Tally>("Tally")
        .register_type_with_name::<Draft>("Digest");
}

/// Registers the whole table.
pub(super) fn table(module: &mut Module, host: &Host) {
    for root in ROOTS {
        module.set_var(root.name, Rows::all(root.kind));
    }
    for name in members::names() {
        member(module, host, name);
    }
    for ((name, arity), narrows) in narrows_by_call() {
        narrowing(module, name, arity, narrows);
    }
    for function in FUNCTIONS {
        for arity in function.params.iter().filter(|param| !param.optional).count()..=function.params.len() {
            one_function(module, host, function, arity);
        }
    }
    iteration(module, host);
}

/// A native function that reads its first argument without taking it, also when that is a constant.
fn native(
    registration: FuncRegistration,
    module: &mut Module,
    types: &[TypeId],
    params: &[&str],
    has_context: bool,
    func: impl Fn(Option<NativeCallContext>, &mut [&mut Dynamic]) -> Given + Send + Sync + 'static,
) {
    let func = RhaiFunc::Method { func: Arc::new(func), has_context, is_pure: true, is_volatile: true };
    registration.in_global_namespace().with_params_info(params).set_into_module_raw(module, types, func);
}

fn member(module: &mut Module, host: &Host, name: &'static str) {
    let places: Vec<Option<(usize, &'static Member)>> = Kind::ALL.iter().map(|kind| members::place(*kind, name)).collect();
    let host = host.clone();
    let read = move |_: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
        let Some(rec) = args.first().and_then(|arg| arg.read_lock::<Rec>().map(|rec| rec.clone())) else {
            return Ok(Dynamic::UNIT);
        };
        match places.get(rec.kind as usize).copied().flatten() {
            Some((index, member)) => read_member(&host, &rec, index, member),
            None => Err(no_member(rec.kind, name)),
        }
    };
    native(FuncRegistration::new_getter(name), module, &[TypeId::of::<Rec>()], &["record"], false, read);
    // Nothing has no members: what is not known stays not known.
    let nothing = |_: Option<NativeCallContext>, _: &mut [&mut Dynamic]| Ok(Dynamic::UNIT);
    native(FuncRegistration::new_getter(name), module, &[TypeId::of::<()>()], &["nothing"], false, nothing);
}

fn read_member(host: &Host, rec: &Rec, index: usize, member: &'static Member) -> Given {
    if let Ty::Query(kind) = member.ty {
        return Ok(Dynamic::from(Rows::belonging(kind, rec.kind, rec.id)));
    }
    let record = host.record(rec)?;
    Ok(record.values.get(index).map_or(Dynamic::UNIT, to_dynamic))
}

fn no_member(kind: Kind, name: &str) -> Failed {
    let has = members_of(kind).map(|member| member.name).collect::<Vec<_>>().join(", ");
    fail(format!("A {} has no `{name}`. It has: {has}.", kind.name()))
}

fn narrows_by_call() -> BTreeMap<(&'static str, usize), Vec<&'static Narrow>> {
    let mut calls: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for narrow in NARROWS {
        calls.entry((narrow.name, narrow.params.len())).or_default().push(narrow);
    }
    calls
}

fn narrowing(module: &mut Module, name: &'static str, arity: usize, narrows: Vec<&'static Narrow>) {
    let names: Vec<&str> = std::iter::once("query").chain(std::iter::repeat_n("argument", arity)).collect();
    let mut any = vec![TypeId::of::<Rows>()];
    any.resize(arity + 1, TypeId::of::<Dynamic>());
    // Arguments of the right types are found at the first look; others are told what is wanted.
    let mut signatures: BTreeSet<Vec<TypeId>> = narrows
        .iter()
        .map(|narrow| std::iter::once(any[0]).chain(narrow.params.iter().map(|ty| engine_type(*ty))).collect())
        .collect();
    signatures.insert(any);
    let step = move |_: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
        let Some((first, rest)) = args.split_first() else { return Err(fail(format!("`{name}` narrows a query."))) };
        let Some(rows) = first.read_lock::<Rows>().map(|rows| rows.clone()) else {
            return Err(fail(format!("`{name}` narrows a query.")));
        };
        match narrows.iter().find(|narrow| narrow.of == rows.kind()) {
            Some(narrow) => narrowing::narrow(&rows, narrow, rest),
            None => Err(no_narrowing(rows.kind(), name)),
        }
    };
    let step = Arc::new(step);
    for types in signatures {
        let step = step.clone();
        native(FuncRegistration::new(name), module, &types, &names, false, move |context, args| step(context, args));
    }
}

fn no_narrowing(kind: Kind, name: &str) -> Failed {
    let has: Vec<_> = NARROWS.iter().filter(|narrow| narrow.of == kind).map(|narrow| format!("{}()", narrow.name)).collect();
    let has = if has.is_empty() { "nothing".to_owned() } else { has.join(", ") };
    fail(format!("A query of {} cannot be narrowed with `{name}`; it can with: {has}.", kind.name()))
}

fn one_function(module: &mut Module, host: &Host, function: &'static Function, arity: usize) {
    let this = function.on.map(|_| "this");
    let names: Vec<&str> = this.into_iter().chain(function.params.iter().take(arity).map(|param| param.name)).collect();
    let params = function.params.iter().take(arity).map(|param| engine_type(param.ty));
    let exact: Vec<TypeId> = function.on.map(engine_type).into_iter().chain(params).collect();
    // Arguments of the right types are found at the first look; others are told what is wanted.
    let mut types: Vec<TypeId> = function.on.map(engine_type).into_iter().collect();
    types.resize(exact.len(), TypeId::of::<Dynamic>());
    add(module, host, function, &types, &names);
    add(module, host, function, &exact, &names);
    if function.on == Some(Ty::AnyRecord) {
        types[0] = TypeId::of::<()>();
        add(module, host, function, &types, &names);
    }
}

fn add(module: &mut Module, host: &Host, function: &'static Function, types: &[TypeId], names: &[&str]) {
    let host = host.clone();
    let run = move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| match &context {
        Some(context) => functions::call(&Call::new(&host, context, function, args)),
        None => Err(fail(format!("{} was called without its place.", function.name))),
    };
    native(FuncRegistration::new(function.name), module, types, names, true, run);
}

/// The one type of the engine that a type of the table is, or any.
fn engine_type(ty: Ty) -> TypeId {
    match ty {
        Ty::Text => TypeId::of::<ImmutableString>(),
        Ty::Int => TypeId::of::<INT>(),
        Ty::Bool => TypeId::of::<bool>(),
        Ty::List(_) => TypeId::of::<Array>(),
        Ty::Map => TypeId::of::<Map>(),
        Ty::Function => TypeId::of::<FnPtr>(),
        Ty::Day => TypeId::of::<NaiveDate>(),
        Ty::Instant => TypeId::of::<Instant>(),
        Ty::Span => TypeId::of::<Span>(),
        Ty::WorkSpan => TypeId::of::<WorkSpan>(),
        Ty::AnyQuery | Ty::Query(_) => TypeId::of::<Rows>(),
        Ty::AnyRecord | Ty::Record(_) => TypeId::of::<Rec>(),
        Ty::Rotation => TypeId::of::<Rotation>(),
        Ty::Tally => TypeId::of::<Tally>(),
        Ty::Digest => TypeId::of::<Draft>(),
        // What is usually there comes at the first look, `()` at the next.
        Ty::Maybe(ty) => engine_type(*ty),
        Ty::Unit | Ty::Number | Ty::AnySpan | Ty::When | Ty::Money | Ty::Same | Ty::Any => TypeId::of::<Dynamic>(),
    }
}

fn iteration(module: &mut Module, host: &Host) {
    let host = host.clone();
    module.set_iter_result(TypeId::of::<Rows>(), move |query| {
        let found = query
            .try_cast::<Rows>()
            .ok_or_else(|| fail("Only queries, arrays, texts and ranges can be gone through."))
            .and_then(|rows| host.rows(&rows));
        match found {
            Ok(rows) => {
                Box::new((0..rows.len()).filter_map(move |index| rows.get(index).cloned()).map(|row| Ok(Dynamic::from(row))))
            }
            Err(why) => Box::new(std::iter::once(Err(why))),
        }
    });
}
