//! Many leads enter together: matched and decided in memory, written in one transaction with whatever belongs to them.

use std::collections::HashSet;

use pact_store::{Kind, Tx, record};
use tokio::sync::MutexGuard;

use super::enter::{Checked, check};
use super::entry::{Entry, decide, write_all};
use super::{EnterLead, Entered, Scene};
use crate::events::Lane;
use crate::{Actor, App, Refusal};

/// Leads that were checked, matched and decided. Nobody enters a lead of the same customers until they are written or dropped.
pub(crate) struct Prepared<'a> {
    scene: Scene,
    leads: Vec<CheckedLead>,
    entries: Vec<Entry>,
    _one_at_a_time: Vec<MutexGuard<'a, ()>>,
}

/// Checks leads; those that are refused never reach the store.
pub(crate) fn check_many(app: &App, commands: Vec<EnterLead>) -> Vec<Result<CheckedLead, Refusal>> {
    commands.into_iter().map(|command| check(app, command).map(CheckedLead)).collect()
}

/// A lead that was checked.
#[derive(Clone)]
pub(crate) struct CheckedLead(Checked);

/// Matches leads that were checked, with what is known and with those before them, and decides what becomes of each. Those that are refused, because
/// nobody asks or an id has no record, are told by their places and are not among the prepared ones.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn prepare<'a>(
    app: &'a App,
    actor: &Actor,
    leads: &[CheckedLead],
) -> Result<(Prepared<'a>, Vec<(usize, Refusal)>), Refusal> {
    let keys = keys_of(leads);
    let held = app.entering.hold(keys.iter().map(String::as_str)).await;
    let scene = Scene { lane: Lane::Bulk, ..app.scene(actor) };
    let decided = decide(app.store.read(), leads.iter().map(|lead| (&scene, &lead.0))).await?;
    let (mut entering, mut entries, mut refused) = (Vec::with_capacity(leads.len()), Vec::with_capacity(leads.len()), Vec::new());
    for (place, (lead, decided)) in leads.iter().zip(decided).enumerate() {
        match decided {
            Ok(entry) => {
                entering.push(lead.clone());
                entries.push(entry);
            }
            Err(refusal) => refused.push((place, refusal)),
        }
    }
    Ok((Prepared { scene, leads: entering, entries, _one_at_a_time: held }, refused))
}

/// Writes leads, all or none, in the bulk lane; `also` is told what became of each, in order, and writes what belongs to them.
///
/// # Errors
/// Those of a lead or of `also`; then nothing is written.
pub(crate) async fn enter_many<T, F>(app: &App, prepared: Prepared<'_>, also: F) -> Result<T, Refusal>
where
    F: AsyncFn(&Tx, &[Entered]) -> Result<T, Refusal> + Send + 'static,
    T: Send + 'static,
{
    let Prepared { scene, leads, entries, _one_at_a_time } = prepared;
    let kind = app.store.kind();
    app.store
        .write_in(pact_store::Lane::Bulk, async move |tx| {
            let entries = match kind {
                Kind::Sqlite => entries.clone(),
                Kind::Postgres => decided_again(tx, &scene, &leads).await?,
            };
            let entries = entries.into_iter().map(|entry| (scene.clone(), entry)).collect();
            also(tx, &write_all(tx, entries).await?).await
        })
        .await
}

/// What becomes of leads whose customers another node may have let in since they were prepared: decided anew, by who holds their keys.
async fn decided_again(tx: &Tx, scene: &Scene, leads: &[CheckedLead]) -> Result<Vec<Entry>, Refusal> {
    let keys = keys_of(leads);
    record::hold_keys(tx, &keys.iter().map(String::as_str).collect()).await?;
    decide(tx, leads.iter().map(|lead| (scene, &lead.0))).await?.into_iter().collect()
}

fn keys_of(leads: &[CheckedLead]) -> HashSet<String> {
    leads.iter().flat_map(|CheckedLead(checked)| checked.keys()).collect()
}
