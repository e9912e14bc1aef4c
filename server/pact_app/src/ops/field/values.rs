//! The values that records have in their custom fields: read and written by who may.

use std::collections::BTreeMap;

use pact_core::role::Role;
use pact_core::time::Instant;
use pact_script::value::Value;
use pact_store::entity::{contact, custom_field, customer, lead, person, plan};
use pact_store::record::Record;
use pact_store::{Notice, Tx, record};
use sea_orm::ConnectionTrait;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{OnRecord, input};
use crate::{Actor, App, Refusal, fields, formulas};

/// The values of one record.
#[derive(Clone, Debug)]
pub struct Values {
    /// The token of the present values.
    pub revision: String,
    /// Each field of this kind of record that the reader may read, with the record's value.
    pub values: Vec<(custom_field::Model, Option<Value>)>,
}

/// Give a record's fields values.
#[derive(Clone, Debug)]
pub struct SetValues {
    /// The kind of record.
    pub on_record: OnRecord,
    /// The record.
    pub record: Uuid,
    /// The token of the values that the caller read.
    pub revision: String,
    /// Values by the field's name; null empties.
    pub values: BTreeMap<String, Json>,
}

/// A value that is to be written; `Unit` takes it away.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) field: Uuid,
    pub(crate) value: Value,
}

/// The values that a record has in those custom fields of its kind that somebody with this role reads.
///
/// # Errors
/// There is no such record.
pub async fn read_values(app: &App, role: Role, on: OnRecord, id: Uuid) -> Result<Values, Refusal> {
    let conn = app.store.read();
    exists(conn, on, id).await?;
    values(conn, Some(role), on, id).await
}

/// Gives a record's custom fields values, all or none.
///
/// # Errors
/// A token that is not the present one, a field that does not exist or that the caller may not write, a value that a field does not take, or a required
/// field that would be left empty.
pub async fn set_values(app: &App, actor: &Actor, command: SetValues) -> Result<Values, Refusal> {
    let now = app.clock.now();
    let role = match actor {
        Actor::Person(caller) => Some(caller.role),
        Actor::Plugin { .. } | Actor::Form { .. } | Actor::Import { .. } | Actor::System => None,
    };
    let (on, id) = (command.on_record, command.record);
    let set = async move |tx: &Tx| {
        let SetValues { on_record, record, revision, values: given } = &command;
        hold(tx, *on_record, *record).await?;
        let present = values(tx, role, *on_record, *record).await?;
        if present.revision != *revision {
            return Err(Refusal::Stale { what: on_record.as_str() });
        }
        let changes = changes(&present, role, *on_record, given)?;
        nothing_is_missing(&present, role, &changes)?;
        write_changes(tx, *record, &changes, now).await?;
        tx.after_commit(Notice::RecordChanged { kind: on_record.as_str(), id: *record });
        Ok(())
    };
    app.store.write(set).await?;
    // Who writes a value reads at once what follows from it.
    formulas::settle(app, id).await?;
    values(app.store.read(), role, on, id).await
}

fn changes(present: &Values, role: Option<Role>, on: OnRecord, given: &BTreeMap<String, Json>) -> Result<Vec<Change>, Refusal> {
    let mut changes = Vec::with_capacity(given.len());
    for (name, json) in given {
        let known = present.values.iter().find(|(field, _)| field.name == *name);
        let (field, _) = known.ok_or_else(|| unknown(on, name))?;
        if field.formula.is_none() && role.is_some_and(|role| !fields::writes(field, role)) {
            return Err(Refusal::forbidden(format!(
                "Your role may not write the field \"{}\". It takes the role {}: ask somebody who has it.",
                field.label,
                if field.write_by.is_empty() { &field.read_by } else { &field.write_by }.join(" or ")
            )));
        }
        let value = input::value(field, json)?;
        fields::check(field, &value)?;
        changes.push(Change { field: field.id, value });
    }
    Ok(changes)
}

/// Refuses to leave a required field empty that the caller could fill.
fn nothing_is_missing(present: &Values, role: Option<Role>, changes: &[Change]) -> Result<(), Refusal> {
    let writable = |field: &custom_field::Model| role.is_none_or(|role| fields::writes(field, role));
    let required = present.values.iter().filter(|(field, _)| field.required && field.formula.is_none() && writable(field));
    for (field, value) in required {
        let after = changes.iter().find(|change| change.field == field.id).map(|change| &change.value).or(value.as_ref());
        if after.is_none_or(|value| *value == Value::Unit) {
            return Err(Refusal::invalid(
                format!("values.{}", field.name),
                format!("\"{}\" is required, and this record has none. Write it along.", field.label),
            ));
        }
    }
    Ok(())
}

/// Writes values that were checked.
pub(crate) async fn write_changes(tx: &Tx, record: Uuid, changes: &[Change], now: Instant) -> Result<(), Refusal> {
    for Change { field, value } in changes {
        match value {
            Value::Unit => pact_store::field::remove_value(tx, record, *field).await?,
            value => {
                pact_store::field::write_value(tx, record, *field, &fields::encoded(value), now.millis()).await?;
            }
        }
    }
    Ok(())
}

/// The value that new records begin with, as clients see it.
pub fn default_of(row: &custom_field::Model) -> Json {
    row.default_text.as_deref().and_then(fields::decode).map_or(Json::Null, |value| value_as_json(&value))
}

/// A field's value as clients see it.
pub fn value_as_json(value: &Value) -> serde_json::Value {
    match value {
        // A number is a number on the wire, whatever its digits.
        Value::Decimal(number) => fields::number(&Value::Decimal(*number)).map_or(serde_json::Value::Null, Into::into),
        other => fields::to_json(other),
    }
}

async fn values(conn: &impl ConnectionTrait, role: Option<Role>, on: OnRecord, id: Uuid) -> Result<Values, Refusal> {
    let mut defined = pact_store::field::on_record(conn, on.as_str()).await?;
    defined.retain(|field| role.is_none_or(|role| fields::reads(field, role)));
    let mut stored = pact_store::field::values_of(conn, &[id]).await?;
    stored.sort_by_key(|value| value.field_id);
    let mut hash = Sha256::new();
    // Nobody changes a formula's value; and one that the reader does not see says nothing, not even that it changed.
    let own = |id: Uuid| defined.iter().any(|field| field.id == id && field.formula.is_none());
    for value in stored.iter().filter(|value| own(value.field_id)) {
        hash.update(value.field_id.as_bytes());
        hash.update(value.text_value.as_deref().unwrap_or_default().as_bytes());
        hash.update([0]);
    }
    let revision = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let values = defined.into_iter().map(|field| {
        let text = stored.iter().find(|value| value.field_id == field.id).and_then(|value| value.text_value.as_deref());
        let value = text.and_then(fields::decode);
        (field, value)
    });
    Ok(Values { revision, values: values.collect() })
}

async fn exists(conn: &impl ConnectionTrait, on: OnRecord, id: Uuid) -> Result<(), Refusal> {
    async fn one<M: Record<Id = Uuid>>(conn: &impl ConnectionTrait, id: Uuid) -> Result<(), Refusal> {
        record::get::<M>(conn, id).await?;
        Ok(())
    }
    match on {
        OnRecord::Customer => one::<customer::Model>(conn, id).await,
        OnRecord::Contact => one::<contact::Model>(conn, id).await,
        OnRecord::Lead => one::<lead::Model>(conn, id).await,
        OnRecord::Plan => one::<plan::Model>(conn, id).await,
        OnRecord::Person => one::<person::Model>(conn, id).await,
    }
}

/// Holds the record, so that two changes of its values at the same moment do not pass each other.
async fn hold(tx: &Tx, on: OnRecord, id: Uuid) -> Result<(), Refusal> {
    match on {
        OnRecord::Customer => drop(record::hold::<customer::Model>(tx, id).await?),
        OnRecord::Contact => {
            if record::hold::<contact::Model>(tx, id).await?.erased {
                return Err(Refusal::NotNow { why: "The personal data of this contact was erased. Enter a new contact.".into() });
            }
        }
        OnRecord::Lead => drop(record::hold::<lead::Model>(tx, id).await?),
        OnRecord::Plan => drop(record::hold::<plan::Model>(tx, id).await?),
        OnRecord::Person => drop(record::hold::<person::Model>(tx, id).await?),
    }
    Ok(())
}

fn unknown(on: OnRecord, name: &str) -> Refusal {
    Refusal::invalid(
        format!("values.{name}"),
        format!("a {} has no custom field of this name. See GET /api/v1/fields.", on.as_str()),
    )
}
