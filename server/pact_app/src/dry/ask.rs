//! What a dry run is asked for: which script, over which events, at which clock; and how it begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use pact_core::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::kept::DryRun;
use super::prepare::prepare;
use super::results;
use super::told::Sum;
use super::work;
use crate::ops::plugin_settings::SendPlugin;
use crate::{App, Refusal};

/// Which script.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum What {
    /// A plugin that is installed, in the version that runs or in another.
    Installed {
        /// The plugin.
        plugin: String,
        /// One of its versions.
        version: Option<Uuid>,
    },
    /// One that is given, and judged first.
    Sent(SendPlugin),
}

/// Leads that are chosen by what they are today; never by a person.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LeadsAsked {
    /// In one of these states.
    pub states: Vec<String>,
    /// In this stage.
    pub stage: Option<String>,
    /// From this source.
    pub source: Option<String>,
    /// About this product.
    pub product: Option<String>,
    /// Of this customer.
    pub customer: Option<Uuid>,
}

/// Over which events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Over {
    /// Over one that happened, at its own instant.
    Event(Uuid),
    /// As if it happened to each of these records.
    Records(Vec<Uuid>),
    /// As if it happened to each of these leads.
    Leads(LeadsAsked),
    /// Over everything that happened from a day to another, both included, each at its own instant.
    Past(NaiveDate, NaiveDate),
    /// One tick of a scheduled function.
    Tick,
}

/// Begin a dry run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StartDryRun {
    /// Which script.
    pub what: What,
    /// Settings in place of those that an admin chose.
    pub settings: Map<String, Json>,
    /// The event, the entry point, or a scheduled function.
    pub on: String,
    /// Over which events.
    pub over: Over,
    /// The clock, where events have none of their own; now when nothing is said.
    pub now: Option<Instant>,
}

/// Begins a dry run; what comes of it is read while it goes on and afterwards, on every node.
///
/// # Errors
/// A script that the policy refuses or that does not compile, an event that it does not ask for, records that are not there, or too many dry runs.
pub async fn start_dry_run(app: &App, reader: Uuid, command: StartDryRun) -> Result<Arc<DryRun>, Refusal> {
    let task = prepare(app, reader, command).await?;
    let run = Arc::clone(&task.run);
    results::begin(app, &run).await?;
    app.dry_runs.add(&run);
    tokio::spawn(results::keep_up(app.clone(), task));
    Ok(run)
}

/// The same without a result for others: who asks holds it, and nothing of it is stored.
///
/// # Errors
/// As [`start_dry_run`].
pub async fn try_here(app: &App, reader: Uuid, command: StartDryRun) -> Result<Arc<DryRun>, Refusal> {
    let task = prepare(app, reader, command).await?;
    let run = Arc::clone(&task.run);
    let app = app.clone();
    tokio::spawn(async move {
        let outcome = work::work_through(&app, &task).await;
        task.run.ends(task.run.over(outcome).progress);
    });
    Ok(run)
}

/// Does a dry run to its end, and says its sums alone; it is not kept.
pub(crate) async fn sums_of(app: &App, reader: Uuid, command: StartDryRun) -> Result<BTreeMap<String, Sum>, Refusal> {
    let task = prepare(app, reader, command).await?;
    work::work(app, &task).await?;
    Ok(task.run.shown().progress.sums)
}
