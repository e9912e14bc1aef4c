//! Custom fields that admins define: each definition is judged together with everything that is installed, and recorded.

use pact_core::role::Right;
use pact_core::text::{NAME, OPTIONAL_TEXT, REASON, WORD};
use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_evidence::act::Change;
use pact_store::entity::custom_field;
use pact_store::{AsJson, Notice, Tx, record};
use serde_json::Value as Json;
use uuid::Uuid;

use super::guard::{maybe_text, same_revision, taken, text};
use crate::app::Held;
use crate::evidence::Recording;
use crate::evidence::sources::verdict;
use crate::formulas::{self, name_of};
use crate::judging::{self, Definition, Judged};
use crate::{Actor, App, Refusal, fields};

mod found;
mod input;
mod kept;
mod list;
mod values;

pub use found::look_at_words;
pub(crate) use found::searched_fields;
pub(crate) use input::with_default;
pub(crate) use kept::put_away;
pub use kept::{KEPT_DAYS, delete_field, purge_removed, restore_field};
pub use list::{FieldAsked, list_by};
pub use values::{SetValues, Values, default_of, read_values, set_values, value_as_json};

/// How often a definition is judged when others are installed at the same moment.
const JUDGED_AT_MOST: usize = 4;

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
    /// The value that new records begin with.
    pub default: Option<Json>,
    /// The roles that read it; none for everybody who may read the record.
    pub read_by: Vec<String>,
    /// The roles that write it; none for everybody who may change the record.
    pub write_by: Vec<String>,
}

/// Change a custom field; what it is called and on which records it is stays.
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
    /// Its type: the values that do not fit the new one are kept for a while, and can be restored.
    pub field_type: Option<String>,
    /// The expression of a formula.
    pub formula: Option<Option<String>>,
    /// The value that new records begin with.
    pub default: Option<Option<Json>>,
    /// The roles that read it.
    pub read_by: Option<Vec<String>>,
    /// The roles that write it.
    pub write_by: Option<Vec<String>>,
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
/// A definition that a manifest could not hold either, one that the policy refuses together with what is installed, or a name that is taken.
pub async fn define_field(app: &App, actor: &Actor, command: DefineField) -> Result<custom_field::Model, Refusal> {
    let row = input::row(&command)?;
    if pact_store::field::on_record(app.store.read(), &row.on_record).await?.iter().any(|known| known.name == row.name) {
        return Err(Refusal::Duplicate { what: "field", field: "name" });
    }
    accept(app, actor, Accept { row, how: How::New }).await
}

/// Changes a custom field. Who reads it is judged again first; values that a new type does not take are kept for a while.
///
/// # Errors
/// As [`define_field`]; a revision that is not the present one, or a plugin's field.
pub async fn change_field(app: &App, actor: &Actor, command: ChangeField) -> Result<custom_field::Model, Refusal> {
    let before = record::get::<custom_field::Model>(app.store.read(), command.id).await?;
    present(&before)?;
    same_revision(&before, &command.revision)?;
    not_of_a_plugin(&before)?;
    let row = input::changed(&before, &command)?;
    accept(app, actor, Accept { row, how: How::Changed { revision: command.revision } }).await
}

/// A definition that is to be judged, and then written.
#[derive(Clone, Debug)]
struct Accept {
    row: custom_field::Model,
    how: How,
}

/// What becomes of a definition that is accepted.
#[derive(Clone, Debug)]
enum How {
    /// It is new.
    New,
    /// It follows itself, as it was at a revision.
    Changed { revision: String },
    /// It was removed, and comes back as it was at a revision; in the place of another, where there is one by now.
    Restored { revision: String, instead: Option<Uuid> },
}

impl Accept {
    /// The definition in whose place it comes.
    fn but(&self) -> Option<Uuid> {
        match &self.how {
            How::New => None,
            How::Changed { .. } => Some(self.row.id),
            How::Restored { instead, .. } => *instead,
        }
    }

    fn change(&self) -> Change {
        match &self.how {
            How::New => Change::Made,
            How::Changed { .. } => Change::Changed,
            How::Restored { .. } => Change::Restored,
        }
    }

    async fn write(&self, tx: &Tx, now: Instant) -> Result<custom_field::Model, Refusal> {
        let row = self.row.clone();
        let revision = match &self.how {
            How::New => {
                record::insert(tx, row.clone()).await.map_err(|error| taken(error, "field", "name"))?;
                return Ok(row);
            }
            How::Changed { revision } | How::Restored { revision, .. } => revision,
        };
        let before = record::hold::<custom_field::Model>(tx, row.id).await?;
        same_revision(&before, revision)?;
        match &self.how {
            How::Restored { instead: Some(instead), .. } => kept::make_room(tx, *instead, now).await?,
            How::Changed { .. } if before.field_type != row.field_type => kept::put_aside(tx, &before, &row, now).await?,
            How::New | How::Changed { .. } | How::Restored { .. } => {}
        }
        Ok(record::save(tx, &before, row).await?)
    }
}

/// Judges a definition together with everything that is installed, records what came of it, and writes it if nothing was found.
async fn accept(app: &App, actor: &Actor, given: Accept) -> Result<custom_field::Model, Refusal> {
    let mut given = given;
    let definition = Definition::of(&given.row)?;
    given.row.sealed = Some(definition.seal());
    compiles(app, &definition).await?;
    for _ in 0..JUDGED_AT_MOST {
        let judged = judging::judge_field(app, &definition, given.but()).await?;
        if let Some(refusal) = judged.refusal() {
            if record_refusal(app, actor, &given, &definition, judged).await? {
                return Err(refusal);
            }
        } else if let Some(refusal) = judged.refusal_by_views() {
            return Err(refusal);
        } else if let Some(row) = write_accepted(app, actor, &given, &definition, judged).await? {
            return Ok(row);
        }
    }
    Err(Refusal::NotNow { why: "Plugins or fields are being changed at the same moment. Try again in a moment.".into() })
}

/// Refuses a formula that may not be one: what it reads must say when it changes, and it must compile where it will run.
async fn compiles(app: &App, definition: &Definition) -> Result<(), Refusal> {
    let Some(reads) = formulas::reads_of(&definition.field)? else { return Ok(()) };
    let all = pact_store::field::all(app.store.read()).await?;
    let known = |name: &str| definition.field.name == name || all.iter().any(|row| row.name == name);
    if let Some((_, name)) = reads.fields.iter().find(|(_, name)| !known(name)) {
        let why = format!("nobody defines the field \"{name}\" that it reads. See GET /api/v1/fields.");
        return Err(Refusal::invalid("formula", why));
    }
    let (scripts, calls) = pact_script::plugin::formulas("fields", std::slice::from_ref(&definition.field));
    if calls.is_empty() {
        return Err(Refusal::invalid("formula", "a formula is one expression over `record`."));
    }
    match &app.pool {
        Some(pool) => pool.check(&scripts).await.map(drop).map_err(|error| Refusal::invalid("formula", error.message)),
        None => Ok(()),
    }
}

/// Writes a definition in which nothing was found; nothing when something else was installed meanwhile.
async fn write_accepted(
    app: &App,
    actor: &Actor,
    given: &Accept,
    definition: &Definition,
    judged: Judged,
) -> Result<Option<custom_field::Model>, Refusal> {
    let (actor, now, given, definition) = (actor.clone(), app.clock.now(), given.clone(), definition.clone());
    app.change(Held::Plugins, async move |tx| {
        pact_store::evidence::hold_head(tx).await?;
        if !judged.settle(tx, "").await? {
            return Ok(None);
        }
        record_definition(tx, &actor, now, &given, &definition, &judged).await?;
        let row = given.write(tx, now).await?;
        judged.tell_acts(tx).await?;
        settled(tx, &row).await?;
        Ok::<_, Refusal>(Some(row))
    })
    .await
}

/// What follows a change of a definition: what formulas read is said anew, and a formula is computed for all records.
async fn settled(tx: &Tx, row: &custom_field::Model) -> Result<(), Refusal> {
    formulas::renew(tx).await?;
    if row.formula.is_some() && row.removed_at.is_none() {
        pact_store::formula::sweep(tx, &row.on_record).await?;
    }
    tx.after_commit(Notice::PluginsChanged);
    Ok(())
}

/// Records a definition that the linter accepted.
async fn record_definition(
    tx: &Tx,
    actor: &Actor,
    now: Instant,
    given: &Accept,
    definition: &Definition,
    judged: &Judged,
) -> Result<(), Refusal> {
    let mut recording = Recording::by(actor, now)?;
    let act = PolicyAct::FieldDefined {
        field: name_of(&given.row),
        change: given.change(),
        sources: recording.text(definition.text.clone()),
        about: given.row.about.clone(),
        verdict: verdict(&mut recording, judged.report()),
    };
    recording.write(tx, act).await
}

/// Records a refusal; `false` when something else was installed meanwhile, because the verdict was given together with that.
async fn record_refusal(
    app: &App,
    actor: &Actor,
    given: &Accept,
    definition: &Definition,
    judged: Judged,
) -> Result<bool, Refusal> {
    let (actor, now, row, definition) = (actor.clone(), app.clock.now(), given.row.clone(), definition.clone());
    app.change(Held::Plugins, async move |tx| {
        pact_store::evidence::hold_head(tx).await?;
        if !judged.is_of_now(tx, "").await? {
            return Ok(false);
        }
        let mut recording = Recording::by(&actor, now)?;
        let act = PolicyAct::FieldRefused {
            field: name_of(&row),
            sources: recording.text(definition.text.clone()),
            about: row.about.clone(),
            verdict: verdict(&mut recording, judged.report()),
        };
        recording.write(tx, act).await?;
        Ok(true)
    })
    .await
}

fn present(row: &custom_field::Model) -> Result<(), Refusal> {
    match row.removed_at {
        Some(_) => Err(Refusal::NotNow { why: "This field was removed. Restore it first.".into() }),
        None => Ok(()),
    }
}

fn not_of_a_plugin(field: &custom_field::Model) -> Result<(), Refusal> {
    match &field.plugin_id {
        Some(plugin) => Err(Refusal::NotNow {
            why: format!("The plugin {plugin} defines this field. Change its manifest and install the new version."),
        }),
        None => Ok(()),
    }
}
