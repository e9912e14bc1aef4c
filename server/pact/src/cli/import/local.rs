//! An import on the database, in this process. A server on the same database may run meanwhile; it pushes the leads.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use pact_app::app::SystemClock;
use pact_app::import::layout::Said;
use pact_app::import::refused::Refused;
use pact_app::import::{Format, Mapping};
use pact_app::ops::import::{
    Incoming, StartImport, list_refused_rows, preview_import, read_import_mapping, reading_of, resume_import, run_import,
    start_import, stop_import,
};
use pact_app::ops::organisation::found_organisation;
use pact_app::{Actor, App, Refusal};
use pact_store::entity::import;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{MappingGiven, Options, State};
use crate::cli::config::Configuration;
use crate::http::import::ImportPreview;

const PIECE_BYTES: usize = 256 * 1024;
/// How much of a file a preview looks at.
const PREVIEW_BYTES: u64 = 1024 * 1024;
const ROWS_AT_A_TIME: u64 = 500;

/// The database.
pub(super) struct Local {
    app: App,
    stop: watch::Sender<bool>,
    running: Option<JoinHandle<Result<Option<import::Model>, Refusal>>>,
}

impl Local {
    pub(super) async fn open(configuration: &Configuration) -> anyhow::Result<Self> {
        configuration.start_log()?;
        let store = configuration.open_store().await?;
        found_organisation(&store, "Our company").await?;
        let app = App::new(store, Arc::new(SystemClock), Arc::default(), None).await?;
        let app = match configuration.settings.files.clone() {
            Some(folder) => app.with_files(folder),
            None => app,
        };
        Ok(Self { app, stop: watch::Sender::new(false), running: None })
    }

    pub(super) async fn preview(&self, file: &Path, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<Value> {
        let opened = tokio::fs::File::open(file).await.with_context(|| format!("{} cannot be read", file.display()))?;
        let mut start = Vec::new();
        opened.take(PREVIEW_BYTES).read_to_end(&mut start).await?;
        let mapping = self.mapping(options, mapping).await?;
        let preview = preview_import(&self.app, &Actor::System, start, said(file), Some(mapping)).await?;
        Ok(serde_json::to_value(ImportPreview::from(preview))?)
    }

    pub(super) async fn start(&mut self, file: &Path, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<State> {
        let mapping = self.mapping(options, mapping).await?;
        let mut opened = tokio::fs::File::open(file).await.with_context(|| format!("{} cannot be read", file.display()))?;
        let mut incoming = Incoming::begin(&self.app).await?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = opened.read(&mut piece).await.with_context(|| format!("{} cannot be read", file.display()))?;
            if read == 0 {
                break;
            }
            incoming.add(&piece[..read]).await?;
        }
        let name = file.file_name().map_or_else(|| "import".into(), |name| name.to_string_lossy().into_owned());
        let command = StartImport { name, said: said(file), mapping: Some(mapping), file: incoming.finish().await? };
        let row = start_import(&self.app, &Actor::System, command).await?;
        self.run(row.id);
        Ok(State::of(row))
    }

    pub(super) async fn resume(&mut self, id: Uuid) -> anyhow::Result<State> {
        let row = pact_store::import::get(self.app.store.read(), id)
            .await
            .context("there is no import with this id in this database")?;
        let is_open = ["queued", "running", "stopped"].contains(&row.status.as_str());
        if is_open && !self.app.files.join("imports").join(id.to_string()).is_file() {
            anyhow::bail!("the file of this import is not in {}; say with --files where it is", self.app.files.display());
        }
        let row = if row.status == "stopped" { resume_import(&self.app, &Actor::System, id).await? } else { row };
        self.run(id);
        Ok(State::of(row))
    }

    fn run(&mut self, id: Uuid) {
        let (app, stop) = (self.app.clone(), self.stop.subscribe());
        self.running = Some(tokio::spawn(async move { run_import(&app, id, stop).await }));
    }

    /// How far it is; or why it does not go on, when our run of it ended in trouble.
    pub(super) async fn state(&mut self, id: Uuid) -> anyhow::Result<State> {
        if self.running.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(running) = self.running.take()
        {
            // `None`: a server on this database works on it, and we watch.
            running.await??;
        }
        Ok(State::of(pact_store::import::get(self.app.store.read(), id).await?))
    }

    pub(super) async fn stop(&self, id: Uuid) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        match stop_import(&self.app, &Actor::System, id).await {
            // It came to its end at the same moment.
            Ok(_) | Err(Refusal::NotNow { .. }) => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    pub(super) fn let_go(&self) -> bool {
        self.running.as_ref().is_none_or(JoinHandle::is_finished)
    }

    pub(super) async fn write_refused(&self, id: Uuid, path: &Path) -> anyhow::Result<()> {
        let (layout, plan) = reading_of(&pact_store::import::get(self.app.store.read(), id).await?)?;
        let refused = Refused::of(layout, plan);
        let mut file = tokio::fs::File::create(path).await.with_context(|| format!("{} cannot be written", path.display()))?;
        file.write_all(&refused.head()?).await?;
        let mut after = 0;
        loop {
            let rows = list_refused_rows(&self.app, id, after, ROWS_AT_A_TIME).await?;
            let Some(last) = rows.last() else { break };
            after = last.line;
            file.write_all(&refused.rows(rows.iter().map(|row| (row.line, row.reason.as_str(), row.raw.as_str())))?).await?;
        }
        Ok(file.flush().await?)
    }

    async fn mapping(&self, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<Mapping> {
        let mapping = match mapping {
            None => Mapping::default(),
            Some(MappingGiven::Here(mapping)) => *mapping,
            Some(MappingGiven::Saved(name)) => read_import_mapping(&self.app, &name).await?.mapping,
        };
        Ok(Mapping {
            source: options.source.clone().or(mapping.source),
            product: options.product.clone().or(mapping.product),
            currency: options.currency.as_deref().map(str::parse).transpose()?.or(mapping.currency),
            encoding: options.encoding.clone().or(mapping.encoding),
            ..mapping
        })
    }

    /// Lets the chunk at hand end, and closes the database.
    pub(super) async fn close(self) {
        self.stop.send_replace(true);
        if let Some(running) = self.running {
            drop(running.await);
        }
        self.app.store.close().await;
    }
}

impl State {
    fn of(row: import::Model) -> Self {
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        Self {
            id: row.id,
            status: row.status,
            total: row.total.map(count),
            done: count(row.next_row),
            accepted: count(row.accepted),
            merged: count(row.merged),
            refused: count(row.refused),
            failure: row.failure,
        }
    }
}

/// What the file's name says.
fn said(file: &Path) -> Said {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let is_ndjson = ending.is_some_and(|ending| ["ndjson", "jsonl"].contains(&ending.as_str()));
    Said { format: is_ndjson.then_some(Format::Ndjson), ..Said::default() }
}
