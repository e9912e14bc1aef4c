//! Imports: a file of leads comes in, is looked at, and is worked off row by row while everybody else goes on.
//!
//! What an import did is written in the transaction that did it: its rows, the rows that it refused, and the row to go on with. So a server that is
//! killed goes on where it was, and no row enters twice.

mod files;
mod mapping;
mod work;

use std::collections::BTreeMap;
use std::io::Cursor;

use pact_core::text::NAME;
use pact_core::time::{Instant, Span};
use pact_store::entity::{custom_field, import, import_row_refused};
use pact_store::{AsJson, Notice, StoreError, Tx, import as store, record};
use sea_orm::entity::prelude::*;
use sea_orm::{QuerySelect, QueryTrait};
use uuid::Uuid;

pub use files::{Incoming, Received};
pub use mapping::{
    MAX_MAPPINGS, SavedMapping, delete_import_mapping, list_import_mappings, read_import_mapping, save_import_mapping,
};
pub use work::{CHUNK_ROWS, run_import};

use super::guard::text;
use super::lead::{EnterLead, check_many};
use crate::formulas::name_of;
use crate::import::custom::On;
use crate::import::layout::{Said, Sample, look};
use crate::import::{Custom, Format, Layout, Mapping, Plan, Rows, Unreadable};
use crate::{Actor, App, Refusal, fields};

/// The kind of record that listeners are told of.
pub(crate) const KIND: &str = "import";
/// Rows that a preview shows.
pub const PREVIEW_ROWS: usize = 20;
/// Imports that may wait or run at the same time.
pub const MAX_UNFINISHED: usize = 20;
/// How long refused rows are kept after an import's end, in days: they hold what people wrote about themselves.
pub const REFUSED_KEPT_DAYS: i64 = 30;

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits.
    Queued,
    /// Its rows enter.
    Running,
    /// Every row entered or was refused.
    Done,
    /// It cannot go on.
    Failed,
    /// Somebody stopped it; it can go on.
    Stopped,
}

impl Status {
    /// Its word in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A file that is to be imported.
#[derive(Debug)]
pub struct StartImport {
    /// A name by which people know it again: that of the file.
    pub name: String,
    /// What is known about the file.
    pub said: Said,
    /// What its columns say; guessed when it names none.
    pub mapping: Option<Mapping>,
    /// The file.
    pub file: Received,
}

/// A file as it would be read.
#[derive(Debug)]
pub struct Preview {
    /// How it is written.
    pub layout: Layout,
    /// What its columns say.
    pub plan: Plan,
    /// The first cells of each column.
    pub sample: Sample,
    /// Its first rows: line, and the lead or why there is none.
    pub rows: Vec<(i64, Result<EnterLead, String>)>,
}

/// How an import is read, as its row says.
///
/// # Errors
/// A row that another version wrote.
pub fn reading_of(row: &import::Model) -> Result<(Layout, Plan), Refusal> {
    let plan: Plan = serde_json::from_value(row.mapping.0.clone())
        .map_err(|error| Refusal::defect(format!("an import cannot be read: {error}")))?;
    let format = if row.format == Format::Ndjson.as_str() { Format::Ndjson } else { Format::Csv };
    let label = row.encoding.as_deref().unwrap_or("utf-8");
    let encoding =
        encoding_rs::Encoding::for_label(label.as_bytes()).ok_or_else(|| Refusal::defect("an import has an unknown encoding"))?;
    let delimiter = row.delimiter.as_deref().and_then(|text| text.bytes().next()).unwrap_or(b',');
    Ok((Layout { format, encoding, delimiter, header: plan.header }, plan))
}

/// Takes in a file: looks at it, and lets it wait for its turn.
///
/// # Errors
/// A file that cannot be read, a mapping that does not fit it, or too many imports that wait.
pub async fn start_import(app: &App, actor: &Actor, command: StartImport) -> Result<import::Model, Refusal> {
    let StartImport { name, said, mapping, file } = command;
    let name = text(NAME, "name", &name)?;
    let mapping = mapping.map(mapping::check).transpose()?;
    let given = mapping.clone();
    if store::unfinished(app.store.read()).await?.len() >= MAX_UNFINISHED {
        return Err(Refusal::NotNow {
            why: format!("{MAX_UNFINISHED} imports wait or run already. Wait until one is done, or stop one."),
        });
    }
    let (path, home) = (file.path(), app.organisation().country.clone());
    let looked = blocking(move || {
        let opened = std::fs::File::open(path).map_err(Unreadable::Io)?;
        plan_of(opened, &said, mapping.as_ref(), &home)
    });
    let (sample, plan) = looked.await?.map_err(|why| unreadable(&why))?;
    let plan = with_custom(app, actor, plan, given.as_ref()).await?;
    let row = import::Model {
        id: file.id,
        name,
        status: Status::Queued.as_str().to_owned(),
        format: sample.layout.format.as_str().to_owned(),
        encoding: Some(sample.layout.encoding.name().to_owned()),
        delimiter: (sample.layout.format == Format::Csv).then(|| char::from(sample.layout.delimiter).to_string()),
        mapping: AsJson(serde_json::to_value(&plan).map_err(Refusal::defect)?),
        total: None,
        next_row: 0,
        accepted: 0,
        merged: 0,
        refused: 0,
        created_at: app.clock.now().millis(),
        finished_at: None,
        created_by_id: actor.person_id(),
        file_path: file.id.to_string(),
        failure: None,
    };
    let written = app
        .store
        .write(async move |tx| {
            record::insert(tx, row.clone()).await?;
            tx.after_commit(Notice::RecordChanged { kind: KIND, id: row.id });
            Ok::<_, Refusal>(row.clone())
        })
        .await?;
    file.keep();
    Ok(written)
}

/// Shows how a file would be read, by its start; nothing is written.
///
/// # Errors
/// A file that cannot be read, or a mapping that does not fit it.
pub async fn preview_import(
    app: &App,
    actor: &Actor,
    start: Vec<u8>,
    said: Said,
    mapping: Option<Mapping>,
) -> Result<Preview, Refusal> {
    let mapping = mapping.map(mapping::check).transpose()?;
    let given = mapping.clone();
    let home = app.organisation().country.clone();
    let looked = blocking(move || {
        let (sample, plan) = plan_of(Cursor::new(&start), &said, mapping.as_ref(), &home)?;
        let rows = Rows::open(Cursor::new(&start), &sample.layout)?.take(PREVIEW_ROWS).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Unreadable>((sample, plan, rows))
    });
    let (sample, plan, rows) = looked.await?.map_err(|why| unreadable(&why))?;
    let plan = with_custom(app, actor, plan, given.as_ref()).await?;
    let reader = plan.reader();
    let rows = rows
        .into_iter()
        .map(|row| {
            let lead = row.cells.map_err(|fault| fault.to_string()).and_then(|cells| {
                reader.custom(&cells)?;
                reader.lead(&cells)
            });
            (row.line, lead.and_then(|lead| checked(app, &plan, lead)))
        })
        .collect();
    Ok(Preview { layout: sample.layout, sample, rows, plan })
}

/// The lead, if it could be entered.
fn checked(app: &App, plan: &Plan, lead: EnterLead) -> Result<EnterLead, String> {
    match check_many(app, vec![lead.clone()]).pop() {
        Some(Err(refusal)) => Err(plan.explain(&refusal)),
        Some(Ok(_)) | None => Ok(lead),
    }
}

/// Stops an import between two rows; what entered stays, and it can go on later.
///
/// # Errors
/// It is at its end.
pub async fn stop_import(app: &App, _actor: &Actor, id: Uuid) -> Result<import::Model, Refusal> {
    turn(
        app,
        id,
        &[Status::Queued, Status::Running],
        Status::Stopped,
        "It is not waiting or running, so there is nothing to stop.",
    )
    .await
}

/// Lets a stopped import go on with the row after the last one that entered.
///
/// # Errors
/// It was not stopped.
pub async fn resume_import(app: &App, _actor: &Actor, id: Uuid) -> Result<import::Model, Refusal> {
    turn(
        app,
        id,
        &[Status::Stopped],
        Status::Queued,
        "It was not stopped, so it cannot go on. Send the file again to import it once more.",
    )
    .await
}

async fn turn(app: &App, id: Uuid, from: &'static [Status], to: Status, why: &'static str) -> Result<import::Model, Refusal> {
    app.store
        .write(async move |tx| {
            let before = hold(tx, id).await?;
            if from.iter().all(|status| status.as_str() != before.status) {
                return Err(Refusal::NotNow { why: why.to_owned() });
            }
            let after = import::Model { status: to.as_str().to_owned(), ..before.clone() };
            write_state(tx, before.next_row, after).await
        })
        .await
}

/// Rows that an import refused, after a line.
///
/// # Errors
/// There is no such import.
pub async fn list_refused_rows(
    app: &App,
    id: Uuid,
    after_line: i64,
    limit: u64,
) -> Result<Vec<import_row_refused::Model>, Refusal> {
    store::get(app.store.read(), id).await?;
    Ok(store::refused(app.store.read(), id, after_line, limit).await?)
}

/// Forgets what is not needed any more: files of no import, and refused rows of imports that ended long ago.
///
/// # Errors
/// A store that does not answer.
pub async fn sweep_imports(app: &App) -> Result<(), Refusal> {
    let open = [Status::Queued, Status::Running, Status::Stopped].map(Status::as_str);
    let wanted = import::Entity::find()
        .filter(import::Column::Status.is_in(open))
        .all(app.store.read())
        .await
        .map_err(StoreError::from)?;
    let wanted: Vec<Uuid> = wanted.into_iter().map(|row| row.id).collect();
    let folder = files::folder(app);
    blocking(move || files::forget_orphans(&folder, &wanted)).await?;
    let before = app.clock.now().checked_sub(Span::of_seconds(REFUSED_KEPT_DAYS * 24 * 3_600)).map_or(0, Instant::millis);
    app.store
        .write(async move |tx| {
            let ended =
                import::Entity::find().select_only().column(import::Column::Id).filter(import::Column::FinishedAt.lt(before));
            let old = import_row_refused::Column::ImportId.in_subquery(ended.into_query());
            import_row_refused::Entity::delete_many().filter(old).exec(tx).await.map_err(StoreError::from)?;
            Ok::<_, Refusal>(())
        })
        .await
}

/// The import, held for this transaction.
async fn hold(tx: &Tx, id: Uuid) -> Result<import::Model, Refusal> {
    let held = import::Entity::find_by_id(id).lock_exclusive().one(tx).await.map_err(StoreError::from)?;
    held.ok_or(Refusal::NotFound { what: KIND })
}

/// Writes an import's state, if it is still at row `from`.
async fn write_state(tx: &Tx, from: i64, state: import::Model) -> Result<import::Model, Refusal> {
    if !store::advance(tx, from, state.clone()).await? {
        return Err(Refusal::Stale { what: KIND });
    }
    tx.after_commit(Notice::RecordChanged { kind: KIND, id: state.id });
    Ok(state)
}

fn plan_of(
    file: impl std::io::Read + std::io::Seek,
    said: &Said,
    mapping: Option<&Mapping>,
    home: &str,
) -> Result<(Sample, Plan), Unreadable> {
    let said = Said {
        header: mapping.and_then(|mapping| mapping.header).or(said.header),
        encoding: mapping.and_then(|mapping| mapping.encoding.clone()).or_else(|| said.encoding.clone()),
        format: said.format,
    };
    let sample = look(file, &said, home)?;
    let plan = Plan::make(&sample, mapping, home)?;
    Ok((sample, plan))
}

/// The plan with the custom fields that a mapping names, of those that the caller may write.
async fn with_custom(app: &App, actor: &Actor, plan: Plan, mapping: Option<&Mapping>) -> Result<Plan, Refusal> {
    let Some(mapping) = mapping.filter(|mapping| !mapping.custom.is_empty()) else { return Ok(plan) };
    let role = match actor {
        Actor::Person(caller) => Some(caller.role),
        Actor::Plugin { .. } | Actor::Form { .. } | Actor::Import { .. } | Actor::System => None,
    };
    let all = pact_store::field::all(app.store.read()).await?;
    let mut custom = BTreeMap::new();
    for says in mapping.custom.values() {
        let writable = |field: &custom_field::Model| role.is_none_or(|role| fields::writes(field, role));
        let field = all.iter().find(|field| name_of(field) == *says && field.formula.is_none() && writable(field));
        let on = match says.split('.').next() {
            Some("lead") => Some(On::Lead),
            Some("customer") => Some(On::Customer),
            Some("contact") => Some(On::Contact),
            _ => None,
        };
        let (Some(field), Some(on)) = (field, on) else {
            return Err(Refusal::invalid(
                "mapping.custom",
                format!(
                    "\"{says}\" is no custom field of leads, customers or contacts that you may write. See GET /api/v1/fields."
                ),
            ));
        };
        let one = Custom {
            on,
            field: field.id,
            name: says.clone(),
            field_type: field.field_type.clone(),
            options: field.options.0.clone(),
            required: field.required,
            default_text: field.default_text.clone(),
        };
        custom.insert(says.clone(), one);
    }
    plan.with_custom(mapping, &custom).map_err(|why| unreadable(&why))
}

fn unreadable(why: &Unreadable) -> Refusal {
    match why {
        Unreadable::Io(error) => Refusal::defect(format!("the file of an import cannot be read: {error}")),
        Unreadable::Nobody(_) | Unreadable::OtherMapping(_) | Unreadable::Encoding(_) => {
            Refusal::invalid("mapping", why.to_string())
        }
        Unreadable::Packed(_) | Unreadable::JsonArray | Unreadable::Empty | Unreadable::Columns => {
            Refusal::invalid("file", why.to_string())
        }
    }
}

/// Reads files without holding up those who wait for other things.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::defect(format!("reading a file ended in a defect: {error}")))
}
