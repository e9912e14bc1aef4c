//! Working off an import: chunks of rows, each matched while the one before is written, each written in one transaction with how far the import is.

use std::fs::File;
use std::io::{self, Seek};
use std::path::PathBuf;

use pact_script::value::Value;
use pact_store::entity::{import, import_row_refused};
use pact_store::{Notice, StoreError, Tx, import as store};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::{KIND, Status, blocking, files, hold, reading_of, write_state};
use crate::import::custom::On;
use crate::import::{Custom, Layout, Plan, Row, Rows};
use crate::ops::lead::{CheckedLead, Entered, EnteredAs, Prepared, check_many, enter_many, prepare};
use crate::{Actor, App, Refusal, fields};

/// Rows that are written in one transaction: few enough that whoever enters a lead meanwhile hardly waits.
pub const CHUNK_ROWS: usize = 64;
/// Chunks that are read before they are asked for.
const CHUNKS_AHEAD: usize = 4;
/// Refused rows of one import that are kept with their text; further ones are counted.
const MAX_REFUSED_KEPT: i64 = 100_000;
/// How much of a refused row is kept, in characters.
const MAX_RAW_CHARS: usize = 32 * 1024;
/// How much of a reason is kept, in characters.
const MAX_REASON_CHARS: usize = 1_000;

/// Works off an import until it is done, stopped, or `stop` says so; then it goes on another time. `None` when another process works on it, or its
/// file is not on this machine.
///
/// # Errors
/// A store or disk that does not answer; the import goes on another time.
pub async fn run_import(app: &App, id: Uuid, stop: watch::Receiver<bool>) -> Result<Option<import::Model>, Refusal> {
    let path = files::folder(app).join(id.to_string());
    let held = {
        let path = path.clone();
        blocking(move || files::hold(&path))
            .await?
            .map_err(|error| Refusal::defect(format!("the file of an import cannot be opened: {error}")))?
    };
    let Some(file) = held else { return Ok(None) };
    let row = store::get(app.store.read(), id).await?;
    if ![Status::Queued, Status::Running].iter().any(|status| status.as_str() == row.status) {
        return Ok(Some(row));
    }
    match work_off(app, row, file, stop).await {
        Ok(Ended::Done(row)) => {
            forget(path).await?;
            Ok(Some(row))
        }
        Ok(Ended::Paused(row)) => Ok(Some(row)),
        Err(Trouble::File(why)) => {
            let row = fail(app, id, why).await?;
            forget(path).await?;
            Ok(Some(row))
        }
        Err(Trouble::Refused(refusal)) => Err(refusal),
    }
}

async fn forget(path: PathBuf) -> Result<(), Refusal> {
    blocking(move || files::forget(&path)).await
}

enum Ended {
    Done(import::Model),
    Paused(import::Model),
}

enum Trouble {
    /// The file cannot be read on.
    File(String),
    /// The store does not answer, or the import changed under our hands.
    Refused(Refusal),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

async fn work_off(app: &App, row: import::Model, file: File, stop: watch::Receiver<bool>) -> Result<Ended, Trouble> {
    let (layout, plan) = reading_of(&row)?;
    let (mut file, total) =
        blocking(move || count(file, &layout)).await?.map_err(|error| Trouble::File(format!("It cannot be read: {error}")))?;
    let row = begin(app, row.id, total).await?;
    let (chunks, mut read) = mpsc::channel(CHUNKS_AHEAD);
    let from = usize::try_from(row.next_row).unwrap_or(usize::MAX);
    // The lock on the file lives as long as the handle, which comes back with the reading thread.
    let reading = tokio::task::spawn_blocking(move || {
        read_chunks(&mut file, &layout, from, &chunks);
        file
    });
    let worked = Work { app, plan: &plan, actor: Actor::Import { id: row.id } }.work(row, &mut read, stop).await;
    drop(read);
    let held = reading.await;
    let ended = match worked {
        Ok((row, true)) => match finish(app, row.id).await {
            Ok(row) => Ok(Ended::Done(row)),
            // Somebody stopped it after its last row.
            Err(Refusal::NotNow { .. }) => Ok(Ended::Paused(row)),
            Err(refusal) => Err(refusal.into()),
        },
        Ok((row, false)) => Ok(Ended::Paused(row)),
        Err(trouble) => Err(trouble),
    };
    drop(held);
    ended
}

/// Counts the rows of a file.
fn count(mut file: File, layout: &Layout) -> io::Result<(File, i64)> {
    file.rewind()?;
    let mut rows = 0;
    for row in Rows::open(&file, layout)? {
        row?;
        rows += 1;
    }
    Ok((file, rows))
}

/// Reads a file from a row on, chunk by chunk, until it ends or nobody listens.
fn read_chunks(file: &mut File, layout: &Layout, from: usize, chunks: &mpsc::Sender<io::Result<Vec<Row>>>) {
    let mut read = || -> io::Result<()> {
        file.rewind()?;
        let mut rows = Rows::open(&*file, layout)?.skip(from);
        loop {
            let chunk = rows.by_ref().take(CHUNK_ROWS).collect::<io::Result<Vec<Row>>>()?;
            if chunk.is_empty() || chunks.blocking_send(Ok(chunk)).is_err() {
                return Ok(());
            }
        }
    };
    if let Err(error) = read() {
        // Nobody listens when the import was stopped meanwhile.
        let _ = chunks.blocking_send(Err(error));
    }
}

/// One import at work.
struct Work<'a> {
    app: &'a App,
    plan: &'a Plan,
    actor: Actor,
}

/// A chunk whose rows were read: leads to enter, in order, and rows that are refused.
#[derive(Clone)]
struct Chunk {
    import: Uuid,
    /// Rows of the file in it, by their places: a lead to enter, or a refused row.
    rows: Vec<Result<(CheckedLead, Raw), Refused>>,
}

/// Where a row stands, and its text.
#[derive(Clone)]
struct Raw {
    line: i64,
    text: String,
    /// What it says of custom fields.
    values: Vec<(Custom, Value)>,
}

#[derive(Clone)]
struct Refused {
    raw: Raw,
    reason: String,
}

impl Chunk {
    fn leads(&self) -> Vec<CheckedLead> {
        self.rows.iter().flatten().map(|(lead, _)| lead.clone()).collect()
    }

    /// The same with one row only.
    fn single(&self, at: usize) -> Self {
        Self { import: self.import, rows: self.rows[at..=at].to_vec() }
    }

    /// The same with its leads refused.
    fn refused(self, reason: &str) -> Self {
        let refuse =
            |row: Result<(CheckedLead, Raw), Refused>| row.and_then(|(_, raw)| Err(Refused { raw, reason: reason.to_owned() }));
        Self { rows: self.rows.into_iter().map(refuse).collect(), ..self }
    }
}

type Chunks = mpsc::Receiver<io::Result<Vec<Row>>>;

impl<'a> Work<'a> {
    /// Works off chunks; the import as it is then, and whether the file is at its end.
    async fn work(
        &self,
        mut row: import::Model,
        chunks: &mut Chunks,
        stop: watch::Receiver<bool>,
    ) -> Result<(import::Model, bool), Trouble> {
        let mut next = self.next(row.id, chunks).await?;
        while let Some((chunk, prepared)) = next {
            if *stop.borrow() {
                return Ok((row, false));
            }
            let from = row.next_row;
            let (written, following) = tokio::join!(self.write(&chunk, prepared, from), self.next(row.id, chunks));
            match written {
                Ok(state) => {
                    row = state;
                    next = following?;
                }
                Err(refusal) => {
                    // What the next chunk holds must be free before rows are tried one by one.
                    let waiting = following?.map(|(chunk, _)| chunk);
                    let Some(state) = self.one_by_one(&chunk, from, refusal).await? else {
                        return Ok((store::get(self.app.store.read(), row.id).await.map_err(Refusal::from)?, false));
                    };
                    row = state;
                    next = match waiting {
                        Some(chunk) => Some(self.prepared(chunk).await?),
                        None => None,
                    };
                }
            }
        }
        Ok((row, true))
    }

    /// The next chunk, read, checked and matched.
    async fn next(&self, import: Uuid, chunks: &mut Chunks) -> Result<Option<(Chunk, Prepared<'a>)>, Trouble> {
        let Some(rows) = chunks.recv().await else { return Ok(None) };
        let rows = rows.map_err(|error| Trouble::File(format!("It cannot be read on: {error}")))?;
        Ok(Some(self.prepared(self.read(import, rows)).await?))
    }

    /// Matches the leads of a chunk; those for which nobody asks become refused rows.
    async fn prepared(&self, mut chunk: Chunk) -> Result<(Chunk, Prepared<'a>), Refusal> {
        let (prepared, refused) = prepare(self.app, &self.actor, &chunk.leads()).await?;
        let places: Vec<usize> = (0..chunk.rows.len()).filter(|place| chunk.rows[*place].is_ok()).collect();
        for (lead, refusal) in refused {
            let row = &mut chunk.rows[places[lead]];
            if let Ok((_, raw)) = row {
                *row = Err(Refused { raw: raw.clone(), reason: self.plan.explain(&refusal) });
            }
        }
        Ok((chunk, prepared))
    }

    fn read(&self, import: Uuid, rows: Vec<Row>) -> Chunk {
        let reader = self.plan.reader();
        let read = |row: Row| {
            let mut raw = Raw { line: row.line, text: row.raw, values: Vec::new() };
            let said = row.cells.map_err(|fault| fault.to_string()).and_then(|cells| {
                raw.values = reader.custom(&cells)?;
                reader.lead(&cells)
            });
            let checked = said.and_then(|lead| match check_many(self.app, vec![lead]).pop() {
                Some(Ok(checked)) => Ok(checked),
                Some(Err(refusal)) => Err(self.plan.explain(&refusal)),
                None => Err("The row is empty.".to_owned()),
            });
            match checked {
                Ok(checked) => Ok((checked, raw)),
                Err(reason) => Err(Refused { raw, reason }),
            }
        };
        Chunk { import, rows: rows.into_iter().map(read).collect() }
    }

    /// Writes a chunk and how far the import is, in one transaction.
    async fn write(&self, chunk: &Chunk, prepared: Prepared<'_>, from: i64) -> Result<import::Model, Refusal> {
        let rows = i64::try_from(chunk.rows.len()).unwrap_or(i64::MAX);
        let id = chunk.import;
        let refused: Vec<import_row_refused::Model> =
            chunk.rows.iter().filter_map(|row| row.as_ref().err()).map(|row| row.row(id)).collect();
        let values: Vec<Vec<(Custom, Value)>> = chunk.rows.iter().flatten().map(|(_, raw)| raw.values.clone()).collect();
        let now = self.app.clock.now().millis();
        enter_many(self.app, prepared, async move |tx, entered| {
            for (entered, values) in entered.iter().zip(&values) {
                write_values(tx, entered, values, now).await?;
            }
            advance(tx, id, from, rows, entered, &refused).await
        })
        .await
    }

    /// Writes a chunk that was refused as a whole row by row, and notes the row that is to blame. `None` when the import is not ours to go on with.
    async fn one_by_one(&self, chunk: &Chunk, from: i64, refusal: Refusal) -> Result<Option<import::Model>, Trouble> {
        let mut state = store::get(self.app.store.read(), chunk.import).await.map_err(Refusal::from)?;
        if state.status != Status::Running.as_str() {
            return Ok(None);
        }
        // After a commit in doubt, the store knows.
        let begun = usize::try_from(state.next_row - from).map_err(|_| Trouble::Refused(refusal))?;
        for at in begun..chunk.rows.len() {
            let single = chunk.single(at);
            let from = state.next_row;
            let (single, prepared) = self.prepared(single).await?;
            state = match self.write(&single, prepared, from).await {
                Ok(state) => state,
                Err(refusal) if is_ours(&refusal) => return Err(refusal.into()),
                Err(refusal) => {
                    let (single, nothing) = self.prepared(single.refused(&self.plan.explain(&refusal))).await?;
                    self.write(&single, nothing, from).await?
                }
            };
        }
        Ok(Some(state))
    }
}

/// Whether a refusal says nothing about the row.
fn is_ours(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Busy | Refusal::Store(StoreError::Closed | StoreError::InDoubt | StoreError::Busy) => true,
        Refusal::Stale { what } => *what == KIND,
        Refusal::NotNow { .. }
        | Refusal::Unconfirmed { .. }
        | Refusal::NotFound { .. }
        | Refusal::Invalid { .. }
        | Refusal::Lead(_)
        | Refusal::Forbidden { .. }
        | Refusal::Unauthenticated { .. }
        | Refusal::Throttled { .. }
        | Refusal::Duplicate { .. }
        | Refusal::Policy { .. }
        | Refusal::KeyReused
        | Refusal::Values { .. }
        | Refusal::Consent { .. }
        | Refusal::Defect(_)
        | Refusal::Store(_) => false,
    }
}

impl Refused {
    fn row(&self, import: Uuid) -> import_row_refused::Model {
        import_row_refused::Model {
            import_id: import,
            line: self.raw.line,
            reason: kept(&self.reason, MAX_REASON_CHARS),
            raw: kept(&self.raw.text, MAX_RAW_CHARS),
        }
    }
}

/// The start of a text, without the one character that no database keeps.
fn kept(text: &str, chars: usize) -> String {
    text.chars().take(chars).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Writes what a row says of custom fields: where a record has no value yet, or only the one that it began with.
async fn write_values(tx: &Tx, entered: &Entered, values: &[(Custom, Value)], now: i64) -> Result<(), Refusal> {
    for (custom, value) in values {
        let record = match custom.on {
            On::Lead => Some(entered.lead.id),
            On::Customer => Some(entered.lead.customer_id),
            On::Contact => entered.lead.contact_id,
        };
        let Some(record) = record else { continue };
        let value = fields::encoded(value);
        pact_store::field::begin_value(tx, record, custom.field, &value, custom.default_text.as_deref(), now).await?;
    }
    Ok(())
}

/// Writes how far the import is, in the transaction of the rows that it is about.
async fn advance(
    tx: &Tx,
    id: Uuid,
    from: i64,
    rows: i64,
    entered: &[Entered],
    refused: &[import_row_refused::Model],
) -> Result<import::Model, Refusal> {
    let before = hold(tx, id).await?;
    if before.status != Status::Running.as_str() || before.next_row != from {
        return Err(Refusal::Stale { what: KIND });
    }
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let merged = count(entered.iter().filter(|entered| entered.entered_as == EnteredAs::Attached).count());
    let room = usize::try_from(MAX_REFUSED_KEPT - before.refused).unwrap_or(0);
    store::refuse(tx, refused.iter().take(room).cloned().collect()).await?;
    let after = import::Model {
        next_row: from + rows,
        accepted: before.accepted + count(entered.len()) - merged,
        merged: before.merged + merged,
        refused: before.refused + count(refused.len()),
        ..before
    };
    write_state(tx, from, after).await
}

/// The import starts, or goes on.
async fn begin(app: &App, id: Uuid, total: i64) -> Result<import::Model, Refusal> {
    change(app, id, move |row| import::Model { status: Status::Running.as_str().to_owned(), total: Some(total), ..row }).await
}

/// Every row was worked off.
async fn finish(app: &App, id: Uuid) -> Result<import::Model, Refusal> {
    let now = app.clock.now().millis();
    change(app, id, move |row| import::Model { status: Status::Done.as_str().to_owned(), finished_at: Some(now), ..row }).await
}

/// The import cannot go on.
async fn fail(app: &App, id: Uuid, why: String) -> Result<import::Model, Refusal> {
    let now = app.clock.now().millis();
    let failed = move |row| import::Model {
        status: Status::Failed.as_str().to_owned(),
        finished_at: Some(now),
        failure: Some(why.clone()),
        ..row
    };
    change(app, id, failed).await
}

/// Changes an import that waits or runs.
async fn change(
    app: &App,
    id: Uuid,
    change: impl Fn(import::Model) -> import::Model + Send + 'static,
) -> Result<import::Model, Refusal> {
    app.store
        .write(async move |tx| {
            let before = hold(tx, id).await?;
            if ![Status::Queued, Status::Running].iter().any(|status| status.as_str() == before.status) {
                return Err(Refusal::NotNow { why: "Somebody stopped this import.".to_owned() });
            }
            let from = before.next_row;
            let after = change(before);
            tx.after_commit(Notice::RecordChanged { kind: KIND, id });
            write_state(tx, from, after).await
        })
        .await
}
