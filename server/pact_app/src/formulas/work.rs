//! Formulas made anew: computed in a worker outside any transaction, written if nothing that they read changed meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pact_policy::table::Kind;
use pact_script::effect::Effect;
use pact_script::run::Run;
use pact_script::value::{Record, Value};
use pact_store::entity::{custom_value, formula_stale};
use pact_store::{Lane, Tx, formula};
use uuid::Uuid;

use super::{Formula, Formulas, RUN_AS, kind_of};
use crate::facts::RunFacts;
use crate::{App, Refusal, fields};

/// Records whose formulas are made anew with one commit.
const BATCH_RECORDS: u64 = 100;
/// How often one look at a record that somebody waits for is repeated.
const SETTLED_AT_MOST: usize = 4;
/// Records of a kind that is looked through which are noted with one commit.
const SWEEP_RECORDS: u64 = 1_000;
/// The longest text that a formula gives, in characters.
const MAX_TEXT_CHARS: usize = 2_000;

/// What a record's formulas gave: a value, nothing, or why not; by field.
type Given = BTreeMap<Uuid, Result<Value, String>>;

/// Makes the next records' formulas anew; whether there may be more to do.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn step(app: &App) -> Result<bool, Refusal> {
    let formulas = app.plugins().formulas();
    if app.pool.is_none() {
        return Ok(false);
    }
    begin_day(app, &formulas).await?;
    let seen = formula::stale(app.store.read(), BATCH_RECORDS).await?;
    if seen.is_empty() {
        return sweep(app).await;
    }
    make(app, &formulas, seen, Lane::Bulk).await?;
    Ok(true)
}

/// Makes the formulas of one record anew, if it is noted: whoever changed it reads them at once. What was defined or computed elsewhere at the same moment
/// makes it look again; after a few times the rest is left to [`step`].
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn settle(app: &App, record: Uuid) -> Result<(), Refusal> {
    if app.pool.is_none() {
        return Ok(());
    }
    for _ in 0..SETTLED_AT_MOST {
        let Some(seen) = formula::stale_one(app.store.read(), record).await? else { break };
        make(app, &app.plugins().formulas(), vec![seen], Lane::Interactive).await?;
    }
    Ok(())
}

/// With a new day all formulas are made anew: those that read the day, and whatever was missed.
async fn begin_day(app: &App, formulas: &Arc<Formulas>) -> Result<(), Refusal> {
    let today = app.organisation().today(app.clock.now()).to_string();
    if formulas.is_empty() || formula::day(app.store.read()).await?.as_deref() == Some(today.as_str()) {
        return Ok(());
    }
    let formulas = Arc::clone(formulas);
    app.store
        .write(async move |tx| {
            formula::set_day(tx, &today).await?;
            for kind in formulas.kinds() {
                formula::sweep(tx, kind).await?;
            }
            Ok(())
        })
        .await
}

/// Notes the next records of kinds that are looked through; whether there were any.
async fn sweep(app: &App) -> Result<bool, Refusal> {
    let sweeps = formula::sweeps(app.store.read()).await?;
    for kind in &sweeps {
        let on = kind.on_record.clone();
        app.store
            .write_in(Lane::Bulk, async move |tx| formula::sweep_on(tx, &on, SWEEP_RECORDS).await.map_err(Refusal::from))
            .await?;
    }
    Ok(!sweeps.is_empty())
}

async fn make(app: &App, formulas: &Arc<Formulas>, seen: Vec<formula_stale::Model>, lane: Lane) -> Result<(), Refusal> {
    let mut given: BTreeMap<Uuid, Given> = BTreeMap::new();
    for row in &seen {
        let Some(kind) = kind_of(&row.kind) else { continue };
        let Some(of_kind) = formulas.of.get(&kind) else { continue };
        let facts = RunFacts::new(app, app.clock.now(), RUN_AS, Arc::clone(&formulas.fields));
        if let Some(record) = facts.record(kind, row.record_id).await? {
            given.insert(row.record_id, compute(app, formulas, of_kind, &facts, record).await);
        }
    }
    let (formulas, now) = (Arc::clone(formulas), app.clock.now().millis());
    let write = async move |tx: &Tx| write(tx, &formulas, &seen, &given, now).await;
    if !app.store.write_in(lane, write).await? {
        app.refresh_plugins().await?;
    }
    Ok(())
}

/// Computes the formulas of one record, each with what those before it gave.
async fn compute(app: &App, formulas: &Formulas, of_kind: &[Formula], facts: &RunFacts, mut record: Record) -> Given {
    let (Some(pool), Some(scripts)) = (&app.pool, &formulas.scripts) else { return Given::new() };
    let (now, zone) = (app.clock.now(), app.organisation().zone);
    let mut given = Given::new();
    for formula in of_kind {
        let run = Run {
            scripts: Arc::clone(scripts),
            call: formula.call.clone(),
            args: vec![Value::Ref(record.kind, record.id)],
            now: now.millis(),
            today: now.day_in(zone),
            zone,
            settings: Arc::default(),
            seed: record.id,
            given: vec![record.clone()],
        };
        let outcome = pool.run(&run, facts).await;
        let value = match (outcome.error, outcome.effects.as_slice()) {
            (Some(error), _) => Err(error.message),
            (None, [one]) => match &one.effect {
                Effect::Set { value, .. } => lasting(value.clone()),
                _ => Err("a formula does nothing but give a value.".to_owned()),
            },
            (None, _) => Err("a formula does nothing but give a value.".to_owned()),
        };
        match &value {
            Ok(Value::Unit) | Err(_) => drop(record.fields.remove(&formula.field.name)),
            Ok(value) => drop(record.fields.insert(formula.field.name.clone(), value.clone())),
        }
        given.insert(formula.field.id, value);
    }
    given
}

/// A value that can be stored, or why it cannot.
fn lasting(value: Value) -> Result<Value, String> {
    match value {
        Value::Text(text) if text.chars().count() > MAX_TEXT_CHARS => {
            Err(format!("it gives a text of more than {MAX_TEXT_CHARS} characters. Shorten it."))
        }
        Value::Unit
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Instant(_)
        | Value::Day(_)
        | Value::Span(_)
        | Value::WorkSpan(_)
        | Value::Money { .. } => Ok(value),
        Value::List(_) | Value::Map(_) | Value::Ref(..) => {
            Err("it gives a list, a map or a record. Let it give a number, money, a text, a day, or true or false.".to_owned())
        }
    }
}

/// Writes what formulas gave; nothing, and `false`, when others are defined by now.
async fn write(
    tx: &Tx,
    formulas: &Formulas,
    seen: &[formula_stale::Model],
    given: &BTreeMap<Uuid, Given>,
    now: i64,
) -> Result<bool, Refusal> {
    if !formulas.are_of_now(tx).await? {
        return Ok(false);
    }
    let held = formula::still_stale(tx, seen).await?;
    let ids: Vec<Uuid> = held.iter().map(|row| row.record_id).collect();
    let stored = pact_store::field::values_of(tx, &ids).await?;
    let mut changed: BTreeMap<Kind, Vec<Uuid>> = BTreeMap::new();
    let mut failures: BTreeMap<Uuid, &str> = BTreeMap::new();
    for row in &held {
        let mut differs = row.touched;
        for (field, value) in given.get(&row.record_id).into_iter().flatten() {
            if let Err(why) = value {
                failures.insert(*field, why);
            }
            let before = stored.iter().find(|stored| stored.record_id == row.record_id && stored.field_id == *field);
            differs |= write_value(tx, row.record_id, *field, before, value, now).await?;
        }
        if let Some(kind) = differs.then(|| crate::facts::kind_named(&row.kind)).flatten() {
            changed.entry(kind).or_default().push(row.record_id);
        }
    }
    for (field, why) in failures {
        formula::failed(tx, field, why).await?;
    }
    // Taken off before others are noted: one of these may read another of these.
    formula::settled(tx, &ids).await?;
    for (kind, records) in changed {
        note_readers(tx, formulas, kind, &records).await?;
    }
    Ok(true)
}

/// Writes what a formula gave; whether it is something else than before.
async fn write_value(
    tx: &Tx,
    record: Uuid,
    field: Uuid,
    before: Option<&custom_value::Model>,
    value: &Result<Value, String>,
    now: i64,
) -> Result<bool, Refusal> {
    let before = before.and_then(|before| before.text_value.as_deref());
    match value {
        Ok(Value::Unit) | Err(_) => {
            if before.is_some() {
                pact_store::field::remove_value(tx, record, field).await?;
            }
            Ok(before.is_some())
        }
        Ok(value) => {
            let value = fields::encoded(value);
            if before == Some(value.text.as_str()) {
                return Ok(false);
            }
            pact_store::field::write_value(tx, record, field, &value, now).await?;
            Ok(true)
        }
    }
}

/// Notes what reads records of a kind: what hangs on the same customers; all records of a kind that reads people.
async fn note_readers(tx: &Tx, formulas: &Formulas, kind: Kind, records: &[Uuid]) -> Result<(), Refusal> {
    let readers: BTreeSet<&str> = formulas.readers_of(kind).collect();
    if readers.is_empty() {
        return Ok(());
    }
    if kind == Kind::Person {
        for reader in readers {
            formula::sweep(tx, reader).await?;
        }
        return Ok(());
    }
    for customer in formula::customers_of(tx, crate::facts::noun(kind), records).await? {
        for reader in &readers {
            formula::touch_of_customer(tx, reader, customer).await?;
        }
    }
    Ok(())
}
