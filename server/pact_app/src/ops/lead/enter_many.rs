//! Many leads enter together: matched and decided in memory, written in one transaction with whatever belongs to them.

use std::collections::HashSet;

use pact_store::Tx;
use tokio::sync::MutexGuard;

use super::enter::{Checked, check};
use super::entry::Entry;
use super::{EnterLead, Entered, Scene};
use crate::events::Lane;
use crate::matching::Known;
use crate::{Actor, App, Refusal};

/// Leads that were checked, matched and decided. Nobody enters a lead of the same customers until they are written or dropped.
pub(crate) struct Prepared<'a> {
    scene: Scene,
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
    let keys: HashSet<String> = leads.iter().flat_map(|lead| keys_of(&lead.0)).collect();
    let held = app.entering.hold(keys.iter().map(String::as_str)).await;
    let asked: Vec<_> = leads.iter().map(|lead| lead.0.asked()).collect();
    let mut known = Known::gather(app.store.read(), &asked).await?;
    let scene = Scene { lane: Lane::Bulk, ..app.scene(actor) };
    let (mut entries, mut refused) = (Vec::with_capacity(leads.len()), Vec::new());
    for (place, CheckedLead(checked)) in leads.iter().enumerate() {
        let decided = known.find(checked.asked()).and_then(|matched| Entry::decide(&scene, checked, matched));
        match decided {
            Ok(entry) => {
                entry.add_to(&mut known);
                entries.push(entry);
            }
            Err(refusal) => refused.push((place, refusal)),
        }
    }
    Ok((Prepared { scene, entries, _one_at_a_time: held }, refused))
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
    let Prepared { scene, entries, _one_at_a_time } = prepared;
    app.store
        .write_in(pact_store::Lane::Bulk, async move |tx| {
            let mut entered = Vec::with_capacity(entries.len());
            for entry in &entries {
                entered.push(entry.clone().write(tx, &scene).await?);
            }
            also(tx, &entered).await
        })
        .await
}

/// What two leads share that may be the same or like each other: the party's keys, the key from outside, the first word of the name.
fn keys_of(checked: &Checked) -> Vec<String> {
    let first_word = checked.party.name_key.split(' ').next().filter(|word| !word.is_empty());
    let more = [checked.external_key.as_ref().map(|key| format!("key:{key}")), first_word.map(|word| format!("like:{word}"))];
    checked.party.keys().map(str::to_owned).chain(more.into_iter().flatten()).collect()
}
