//! Custom fields that admins define, and the values that records have in them.

use std::collections::BTreeMap;

use pact_core::role::Right;
use pact_core::text::{NAME, OPTIONAL_TEXT, REASON, WORD};
use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_evidence::act::Change;
use pact_script::value::Value;
use pact_store::entity::{contact, custom_field, custom_value, customer, lead, person, plan};
use pact_store::record::Record;
use pact_store::{AsJson, Notice, StoreError, Tx, record};
use sea_orm::entity::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::guard::{maybe_text, same_revision, taken, text};
use crate::evidence::sources::verdict;
use crate::evidence::{Recording, record as record_act};
use crate::judging::refusal;
use crate::{Actor, App, Refusal, fields};

mod input;

/// The most options that a choice has.
pub const MAX_OPTIONS: usize = 200;

/// The records that can have custom fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRecord {
    /// A customer.
    Customer,
    /// A contact.
    Contact,
    /// A lead.
    Lead,
    /// A plan.
    Plan,
    /// A person.
    Person,
}

/// Define a custom field.
#[derive(Clone, Debug)]
pub struct DefineField {
    /// The records that have it.
    pub on_record: OnRecord,
    /// Its name in scripts.
    pub name: String,
    /// Its label on screens.
    pub label: String,
    /// Its type, a word of the manifest.
    pub field_type: String,
    /// Whom it helps: `sale`, `customer` or `rep`.
    pub helps: String,
    /// How it helps.
    pub because: String,
    /// Whose act it is about, where words are two-sided.
    pub about: Option<String>,
    /// An explanation.
    pub help: Option<String>,
    /// What can be chosen.
    pub options: Vec<String>,
    /// Whether a record must have it.
    pub required: bool,
    /// What a number on a person is: `outcome` or `job`.
    pub kind: Option<String>,
    /// The expression of a formula.
    pub formula: Option<String>,
}

/// Change a custom field; what it is called and of which type it is stays.
#[derive(Clone, Debug)]
pub struct ChangeField {
    /// The field.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// Its label on screens.
    pub label: Option<String>,
    /// How it helps.
    pub because: Option<String>,
    /// An explanation.
    pub help: Option<Option<String>>,
    /// What can be chosen.
    pub options: Option<Vec<String>>,
    /// Whether a record must have it.
    pub required: Option<bool>,
}

/// The values of one record.
#[derive(Clone, Debug)]
pub struct Values {
    /// The token of the present values.
    pub revision: String,
    /// Each field of this kind of record, with the record's value.
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
    pub values: BTreeMap<String, serde_json::Value>,
}

impl OnRecord {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Customer, Self::Contact, Self::Lead, Self::Plan, Self::Person];

    /// The word in the store and in manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Contact => "contact",
            Self::Lead => "lead",
            Self::Plan => "plan",
            Self::Person => "person",
        }
    }

    /// The kind with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What it takes to read values.
    pub const fn right_to_read(self) -> Right {
        match self {
            Self::Customer | Self::Contact => Right::ReadCustomers,
            Self::Lead => Right::ReadLeads,
            Self::Plan => Right::ReadPlans,
            Self::Person => Right::ReadOrganisation,
        }
    }

    /// What it takes to write values.
    pub const fn right_to_write(self) -> Right {
        match self {
            Self::Customer | Self::Contact => Right::WriteCustomers,
            Self::Lead => Right::EnterLeads,
            Self::Plan => Right::AnnouncePlans,
            Self::Person => Right::ManageOrganisation,
        }
    }
}

/// Defines a custom field.
///
/// # Errors
/// A definition that a manifest could not hold either, one that helps nobody, or a name that is taken.
pub async fn define_field(app: &App, actor: &Actor, command: DefineField) -> Result<custom_field::Model, Refusal> {
    let (row, judged) = input::definition(&command)?;
    refuse(app, actor, &row, &judged).await?;
    let (actor, now) = (actor.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            record_definition(tx, &actor, now, &row, &judged, Change::Made).await?;
            record::insert(tx, row.clone()).await.map_err(|error| taken(error, "field", "name"))?;
            tx.after_commit(Notice::PluginsChanged);
            Ok::<_, Refusal>(row.clone())
        })
        .await
}

/// Changes what a custom field says of itself.
///
/// # Errors
/// A revision that is not the present one, a plugin's field, or values that cannot be taken.
pub async fn change_field(app: &App, actor: &Actor, command: ChangeField) -> Result<custom_field::Model, Refusal> {
    let label = command.label.as_deref().map(|given| text(NAME, "label", given)).transpose()?;
    let because = command.because.as_deref().map(|given| text(REASON, "because", given)).transpose()?;
    let help = command.help.as_ref().map(|given| maybe_text(OPTIONAL_TEXT, "help", given.as_deref())).transpose()?;
    let options = command.options.as_deref().map(input::options).transpose()?;
    let changed = move |before: &custom_field::Model| {
        let mut after = before.clone();
        after.label = label.clone().unwrap_or(after.label);
        after.because = because.clone().unwrap_or(after.because);
        after.help = help.clone().unwrap_or(after.help);
        after.required = command.required.unwrap_or(after.required);
        after.options = options.clone().map_or(after.options, AsJson);
        after
    };
    let seen = record::get::<custom_field::Model>(app.store.read(), command.id).await?;
    if same_revision(&seen, &command.revision).is_ok() && not_of_a_plugin(&seen).is_ok() {
        let after = changed(&seen);
        refuse(app, actor, &after, &input::judge_as_manifest(&after)?).await?;
    }
    let (actor, now) = (actor.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            let before = record::hold::<custom_field::Model>(tx, command.id).await?;
            same_revision(&before, &command.revision)?;
            not_of_a_plugin(&before)?;
            let after = changed(&before);
            record_definition(tx, &actor, now, &after, &input::judge_as_manifest(&after)?, Change::Changed).await?;
            let saved = record::save(tx, &before, after).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok(saved)
        })
        .await
}

/// Removes a custom field and the values that records have in it.
///
/// # Errors
/// A revision that is not the present one, or a plugin's field.
pub async fn delete_field(app: &App, actor: &Actor, id: Uuid, revision: String) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            let before = record::hold::<custom_field::Model>(tx, id).await?;
            same_revision(&before, &revision)?;
            not_of_a_plugin(&before)?;
            remove_values(tx, id).await?;
            record_act(tx, &actor, now, PolicyAct::FieldRemoved { field: field_name(&before) }).await?;
            record::remove(tx, &before).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok(())
        })
        .await
}

/// Removes the values that records have in a field.
pub(crate) async fn remove_values(tx: &Tx, field: Uuid) -> Result<(), Refusal> {
    let of_field = custom_value::Entity::delete_many().filter(custom_value::Column::FieldId.eq(field));
    of_field.exec(tx).await.map_err(StoreError::from)?;
    Ok(())
}

/// The record and the field's name, as the audit log has them.
pub(crate) fn field_name(row: &custom_field::Model) -> String {
    format!("{}.{}", row.on_record, row.name)
}

/// Records a definition that the linter accepted.
async fn record_definition(
    tx: &Tx,
    actor: &Actor,
    now: Instant,
    row: &custom_field::Model,
    judged: &input::JudgedField,
    change: Change,
) -> Result<(), Refusal> {
    if let Some(refusal) = refusal(&judged.report) {
        return Err(refusal);
    }
    let mut recording = Recording::by(actor, now)?;
    let act = PolicyAct::FieldDefined {
        field: field_name(row),
        change,
        sources: recording.text(judged.manifest.clone()),
        about: row.about.clone(),
        verdict: verdict(&mut recording, &judged.report),
    };
    recording.write(tx, act).await
}

/// Refuses a definition in which the linter found something, and records that.
async fn refuse(app: &App, actor: &Actor, row: &custom_field::Model, judged: &input::JudgedField) -> Result<(), Refusal> {
    let Some(refusal) = refusal(&judged.report) else { return Ok(()) };
    let (actor, now, row, judged) = (actor.clone(), app.clock.now(), row.clone(), judged.clone());
    app.store
        .write(async move |tx| {
            let mut recording = Recording::by(&actor, now)?;
            let act = PolicyAct::FieldRefused {
                field: field_name(&row),
                sources: recording.text(judged.manifest.clone()),
                about: row.about.clone(),
                verdict: verdict(&mut recording, &judged.report),
            };
            recording.write(tx, act).await
        })
        .await?;
    Err(refusal)
}

/// The values that a record has in the custom fields of its kind.
///
/// # Errors
/// There is no such record.
pub async fn read_values(app: &App, on: OnRecord, id: Uuid) -> Result<Values, Refusal> {
    let conn = app.store.read();
    exists(conn, on, id).await?;
    values(conn, on, id).await
}

/// Gives a record's custom fields values, all or none.
///
/// # Errors
/// A token that is not the present one, a field that does not exist, or a value that a field does not take.
pub async fn set_values(app: &App, _actor: &Actor, command: SetValues) -> Result<Values, Refusal> {
    let now = app.clock.now().millis();
    app.store
        .write(async move |tx| {
            let SetValues { on_record, record, revision, values: given } = &command;
            hold(tx, *on_record, *record).await?;
            let present = values(tx, *on_record, *record).await?;
            if present.revision != *revision {
                return Err(Refusal::Stale { what: on_record.as_str() });
            }
            let mut changes = Vec::with_capacity(given.len());
            for (name, json) in given {
                let known = present.values.iter().find(|(field, _)| field.name == *name);
                let (field, _) = known.ok_or_else(|| unknown(*on_record, name))?;
                let value = input::value(field, json)?;
                fields::check(field, &value)?;
                changes.push((field.id, value));
            }
            for (field, value) in changes {
                match value {
                    Value::Unit => pact_store::field::remove_value(tx, *record, field).await?,
                    value => {
                        let text = fields::encode(&value);
                        pact_store::field::write_value(tx, *record, field, &text, fields::number(&value), now).await?;
                    }
                }
            }
            tx.after_commit(Notice::RecordChanged { kind: on_record.as_str(), id: *record });
            values(tx, *on_record, *record).await
        })
        .await
}

/// A field's value as clients see it.
pub fn value_as_json(value: &Value) -> serde_json::Value {
    match value {
        // A number is a number on the wire, whatever its digits.
        Value::Decimal(number) => fields::number(&Value::Decimal(*number)).map_or(serde_json::Value::Null, Into::into),
        other => fields::to_json(other),
    }
}

async fn values(conn: &impl ConnectionTrait, on: OnRecord, id: Uuid) -> Result<Values, Refusal> {
    let defined = pact_store::field::on_record(conn, on.as_str()).await?;
    let mut stored = pact_store::field::values_of(conn, &[id]).await?;
    stored.sort_by_key(|value| value.field_id);
    let mut hash = Sha256::new();
    for value in &stored {
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

fn not_of_a_plugin(field: &custom_field::Model) -> Result<(), Refusal> {
    match &field.plugin_id {
        Some(plugin) => Err(Refusal::NotNow {
            why: format!("The plugin {plugin} defines this field. Change its manifest and install the new version."),
        }),
        None => Ok(()),
    }
}

fn unknown(on: OnRecord, name: &str) -> Refusal {
    Refusal::invalid(
        format!("values.{name}"),
        format!("a {} has no custom field of this name. See GET /api/v1/fields.", on.as_str()),
    )
}
