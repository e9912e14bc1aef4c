//! Which version is in force, and whether it covers what is set.

use pact_core::pact::Lacks;
use pact_core::time::Instant;
use pact_evidence::{Entry, PolicyAct};
use pact_store::entity::{organisation, pact_version};
use pact_store::{StoreError, Tx, evidence, pact as store};
use sea_orm::entity::prelude::*;

use super::{Document, missing, number};
use crate::app::Held;
use crate::evidence::record as record_act;
use crate::ops::organisation::touch;
use crate::{Actor, App, Refusal};

/// What the configuration says about settings of the pact. They are no second place to set them: they must be what the version in force says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// How many people must contribute to a measure over acts.
    pub k: Option<u32>,
    /// How long notes of a coaching period are kept, in days.
    pub retention_days: Option<u32>,
}

/// Brings a version into force when it lacks nothing and nothing newer was proposed.
pub(super) async fn settle(tx: &Tx, row: pact_version::Model, now: Instant) -> Result<pact_version::Model, Refusal> {
    let is_newest = store::newest(tx).await?.is_some_and(|newest| newest.id == row.id);
    if row.in_force_at.is_some() || !is_newest || missing(tx, &row, now).await? != Lacks::Nothing {
        return Ok(row);
    }
    let document = Document::stored(&row)?;
    store::bring_into_force(tx, row.id, now.millis()).await?;
    let k = i64::from(document.settings.k);
    let all = organisation::Entity::update_many().col_expr(organisation::Column::K, Expr::value(k));
    all.exec(tx).await.map_err(StoreError::from)?;
    touch(tx).await?;
    let act = PolicyAct::PactInForce { version: number(&row), document: document.hash() };
    record_act(tx, &Actor::System, now, act).await?;
    Ok(pact_version::Model { in_force_at: Some(now.millis()), ..row })
}

/// Brings the newest version into force when its waiting time is over.
///
/// # Errors
/// A store that does not answer.
pub async fn come_into_force(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    let newest = store::newest(app.store.read()).await?.filter(|newest| newest.in_force_at.is_none());
    let Some(newest) = newest else { return Ok(()) };
    if missing(app.store.read(), &newest, now).await? != Lacks::Nothing {
        return Ok(());
    }
    app.change(Held::Organisation, async move |tx| {
        store::hold(tx).await?;
        let row = store::version(tx, newest.number).await?.ok_or(Refusal::NotFound { what: "version of the pact" })?;
        settle(tx, row, now).await.map(drop)
    })
    .await
}

/// Refuses to run with settings that no signed version covers.
///
/// The version in force must be the one that the audit log says came into force, word for word; the group size that the organisation's row holds, and what
/// the configuration says, must be that version's.
///
/// # Errors
/// [`Refusal::NotNow`] with what is set, what was signed, and what to do.
pub async fn check_covered(app: &App, demands: Demands) -> Result<(), Refusal> {
    let conn = app.store.read();
    let row = store::in_force(conn).await?;
    let document = row.as_ref().map_or_else(|| Ok(Document::built_in()), Document::stored)?;
    let logged = logged(app).await?;
    if logged != row.as_ref().map(|row| (number(row), document.hash())) {
        let signed = logged.map_or("no version of the pact".to_owned(), |(version, _)| format!("version {version} of the pact"));
        let stored = row
            .map_or("none".to_owned(), |row| format!("version {} with other words or settings, or another number", row.number));
        return Err(uncovered(format!(
            "The audit log says that {signed} is in force, and the database holds {stored}: somebody changed it there. Put the database back; the \
             signed text stands beside the log, in the evidence file"
        )));
    }
    let of =
        if row.is_some() { format!("version {} of the pact", document.number) } else { "the pact that PACT brings along".into() };
    let covered = &document.settings;
    let set = pact_store::organisation::get(conn).await?.k;
    if set != i64::from(covered.k) {
        return Err(uncovered(format!(
            "The group size k is {set} in the database, and {of} says {}. Set it back there",
            covered.k
        )));
    }
    for (name, demanded, covered) in
        [("k", demands.k, covered.k), ("note_retention_days", demands.retention_days, covered.retention_days)]
    {
        if let Some(demanded) = demanded.filter(|demanded| *demanded != covered) {
            return Err(uncovered(format!(
                "{name} is {demanded} in the configuration, and {of} says {covered}. Take it out there"
            )));
        }
    }
    Ok(())
}

fn uncovered(what: String) -> Refusal {
    Refusal::NotNow {
        why: format!(
            "PACT does not run with settings that nobody signed. {what}, or start PACT with what was signed and propose a version of the pact that \
             says otherwise (POST /api/v1/pact/versions): what is stricter holds at once, what is weaker needs signatures and time."
        ),
    }
}

/// What the audit log says came into force last: the version, and its hash.
async fn logged(app: &App) -> Result<Option<(u64, pact_evidence::Hash)>, Refusal> {
    let Some(entry) = evidence::newest_of(app.store.read(), "pact_in_force").await? else { return Ok(None) };
    let entry: Entry = serde_json::from_str(&entry.body).map_err(Refusal::defect)?;
    match entry.act {
        PolicyAct::PactInForce { version, document } => Ok(Some((version, document))),
        _ => Err(Refusal::defect(
            "an entry of the audit log is of another kind than its column says: `pact audit check` says more",
        )),
    }
}
