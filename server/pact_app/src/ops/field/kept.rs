//! What was removed is kept for thirty days: a field's definition and its values, invisible everywhere, until it is restored or the time is over.

use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_script::value::Value;
use pact_store::entity::{custom_field, custom_value};
use pact_store::{Tx, record};
use uuid::Uuid;

use super::{Accept, How, JUDGED_AT_MOST, accept, input, not_of_a_plugin, present, settled};
use crate::app::Held;
use crate::evidence::record as record_act;
use crate::formulas::{name_of, reads_of};
use crate::judging::{self, Definition};
use crate::ops::guard::same_revision;
use crate::{Actor, App, Refusal, fields};

/// For how many days what was removed can be restored.
pub const KEPT_DAYS: i64 = 30;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Values that are looked through at once when a type changes.
const VALUES_AT_ONCE: u64 = 1_000;

/// Removes a custom field. Its values are seen by nobody from then on, and can be restored for [`KEPT_DAYS`] days. What reads it is looked at first.
///
/// # Errors
/// A revision that is not the present one, a plugin's field, or one that a formula or a plugin reads.
pub async fn delete_field(app: &App, actor: &Actor, id: Uuid, revision: String) -> Result<(), Refusal> {
    let seen = record::get::<custom_field::Model>(app.store.read(), id).await?;
    present(&seen)?;
    same_revision(&seen, &revision)?;
    not_of_a_plugin(&seen)?;
    for _ in 0..JUDGED_AT_MOST {
        nobody_reads(app, &seen).await?;
        let judged = judging::judge_without(app, id).await?;
        let (actor, now, revision) = (actor.clone(), app.clock.now(), revision.clone());
        let removed = app.change(Held::Plugins, async move |tx| {
            pact_store::evidence::hold_head(tx).await?;
            if !judged.settle(tx, "").await? {
                return Ok::<_, Refusal>(false);
            }
            let before = record::hold::<custom_field::Model>(tx, id).await?;
            same_revision(&before, &revision)?;
            record_act(tx, &actor, now, PolicyAct::FieldRemoved { field: name_of(&before) }).await?;
            let after = record::save(tx, &before, aside(before.clone(), now)).await?;
            settled(tx, &after).await?;
            Ok(true)
        });
        if removed.await? {
            return Ok(());
        }
    }
    Err(Refusal::NotNow { why: "Plugins or fields are being changed at the same moment. Try again in a moment.".into() })
}

/// Refuses to take a field away from formulas and plugins that read it.
async fn nobody_reads(app: &App, gone: &custom_field::Model) -> Result<(), Refusal> {
    let kind = Definition::of(gone)?.field.on.kind();
    for row in pact_store::field::all(app.store.read()).await? {
        let reads = reads_of(&fields::definition(&row)?)?;
        if row.id != gone.id && reads.is_some_and(|reads| reads.field(kind, &gone.name)) {
            let why = format!("The formula {} reads this field. Change or remove that first.", name_of(&row));
            return Err(Refusal::NotNow { why });
        }
    }
    if let Some(plugin) = judging::plugin_with(app.store.read(), gone).await? {
        let why = format!("The plugin {plugin} reads or writes this field. Remove that, or install a version without it, first.");
        return Err(Refusal::NotNow { why });
    }
    Ok(())
}

/// A definition as it is kept: its name is free for another.
fn aside(row: custom_field::Model, now: Instant) -> custom_field::Model {
    let name = format!("{}~{}", row.name, row.id.simple());
    custom_field::Model { removed_at: Some(now.millis()), removed_name: Some(row.name), name, ..row }
}

/// Takes a plugin's field away with the plugin: it can be restored as the admins' own.
pub(crate) async fn put_away(tx: &Tx, field: &custom_field::Model, now: Instant) -> Result<(), Refusal> {
    let after = custom_field::Model { plugin_id: None, ..aside(field.clone(), now) };
    settled(tx, &record::save(tx, field, after).await?).await
}

/// Brings a field back that was removed, or that another type took the place of, with its values. A field that has its name by now is removed in its place.
///
/// # Errors
/// A revision that is not the present one, a field that was not removed, one that the policy refuses by now, or a plugin's field in its place.
pub async fn restore_field(app: &App, actor: &Actor, id: Uuid, revision: String) -> Result<custom_field::Model, Refusal> {
    let seen = record::get::<custom_field::Model>(app.store.read(), id).await?;
    same_revision(&seen, &revision)?;
    let Some(name) = seen.removed_name.clone() else {
        return Err(Refusal::NotNow { why: "This field was not removed.".into() });
    };
    let present = pact_store::field::on_record(app.store.read(), &seen.on_record).await?;
    let instead = present.into_iter().find(|row| row.name == name);
    if let Some(instead) = &instead {
        not_of_a_plugin(instead)?;
        nobody_reads(app, instead).await?;
    }
    let instead = instead.map(|row| row.id);
    let row = custom_field::Model { name, removed_at: None, removed_name: None, failure: None, ..seen };
    accept(app, actor, Accept { row, how: How::Restored { revision, instead } }).await
}

/// Removes a field in whose place another comes back.
pub(super) async fn make_room(tx: &Tx, instead: Uuid, now: Instant) -> Result<(), Refusal> {
    let instead = record::hold::<custom_field::Model>(tx, instead).await?;
    record::save(tx, &instead, aside(instead.clone(), now)).await?;
    Ok(())
}

/// Puts the values aside that a field has under its old type, and gives it those that the new type takes.
pub(super) async fn put_aside(
    tx: &Tx,
    before: &custom_field::Model,
    after: &custom_field::Model,
    now: Instant,
) -> Result<(), Refusal> {
    if let Some(plugin) = judging::plugin_with(tx, before).await? {
        let why =
            format!("The plugin {plugin} relies on the type of this field. Remove that, or install a version without it, first.");
        return Err(Refusal::NotNow { why });
    }
    let id = Uuid::new_v4();
    let kept = custom_field::Model { id, revision: record::new_revision(), ..before.clone() };
    record::insert(tx, aside(kept, now)).await?;
    pact_store::field::move_values(tx, before.id, id).await?;
    if after.formula.is_some() {
        return Ok(());
    }
    let mut last = None;
    loop {
        let some = pact_store::field::values_in(tx, id, last, VALUES_AT_ONCE).await?;
        let Some(end) = some.last() else { return Ok(()) };
        last = Some(end.record_id);
        let fitting = some.into_iter().filter_map(|value| fitting(value, after)).collect();
        record::insert_many(tx, fitting).await?;
    }
}

/// A value as the new type has it, if it takes it.
fn fitting(stored: custom_value::Model, after: &custom_field::Model) -> Option<custom_value::Model> {
    let value = fields::decode(stored.text_value.as_deref()?)?;
    let json = match (after.field_type.as_str(), &value) {
        ("text" | "long_text", Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Money { .. }) => return None,
        ("text" | "long_text" | "choice" | "link", Value::Int(number)) => number.to_string().into(),
        ("number", Value::Text(text)) => serde_json::Value::Number(text.trim().parse().ok()?),
        ("number", Value::Decimal(number)) => serde_json::Value::Number(number.to_string().parse().ok()?),
        ("many_choices", Value::Text(text)) => vec![text.clone()].into(),
        (_, value) => fields::to_json(value),
    };
    let value = input::value(after, &json).ok().filter(|value| *value != Value::Unit)?;
    fields::check(after, &value).ok()?;
    let value = fields::encoded(&value);
    Some(custom_value::Model {
        field_id: after.id,
        lookup: Some(pact_store::field::lookup(&value.text).to_owned()),
        number_value: value.number,
        words: Some(value.words),
        text_value: Some(value.text),
        ..stored
    })
}

/// Deletes for good what was removed more than [`KEPT_DAYS`] days ago.
///
/// # Errors
/// A store that does not answer.
pub async fn purge_removed(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    let over = |row: &custom_field::Model| row.removed_at.is_some_and(|at| at + KEPT_DAYS * DAY_MS < now.millis());
    let rows: Vec<custom_field::Model> = pact_store::field::removed(app.store.read()).await?.into_iter().filter(over).collect();
    for row in rows {
        let purge = async move |tx: &Tx| {
            pact_store::evidence::hold_head(tx).await?;
            let Some(present) = record::find::<custom_field::Model>(tx, row.id).await? else { return Ok(()) };
            same_revision(&present, &row.revision)?;
            record_act(tx, &Actor::System, now, PolicyAct::FieldPurged { field: name_of(&row) }).await?;
            // Its values go with it.
            Ok::<_, Refusal>(record::remove(tx, &present).await?)
        };
        app.store.write(purge).await?;
    }
    Ok(())
}
