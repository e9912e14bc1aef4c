//! Many leads enter together: matched side by side, written in one transaction with whatever belongs to them.

use std::collections::HashSet;

use futures_util::{StreamExt, stream};
use pact_core::matching::Match;
use pact_store::Tx;
use sea_orm::ConnectionTrait;
use tokio::sync::MutexGuard;

use super::enter::{Checked, check, nobody_asks, write};
use super::{EnterLead, EnteredAs, Scene};
use crate::events::Lane;
use crate::matching::{self, Matched};
use crate::{Actor, App, Refusal};

/// Leads of one chunk that are matched at the same time.
const MATCHED_AT_ONCE: usize = 4;

/// Leads that were checked and matched. Nobody enters a lead of the same customers until they are written or dropped.
pub(crate) struct Prepared<'a> {
    rows: Vec<Row>,
    _one_at_a_time: Vec<MutexGuard<'a, ()>>,
}

struct Row {
    checked: Checked,
    matched: Matched,
    /// An earlier one of the chunk may be the same or like it, so that it is matched again when that is written.
    again: bool,
}

/// Checks leads; those that are refused never reach the store.
pub(crate) fn check_many(app: &App, commands: Vec<EnterLead>) -> Vec<Result<CheckedLead, Refusal>> {
    commands.into_iter().map(|command| check(app, command).map(CheckedLead)).collect()
}

/// A lead that was checked.
#[derive(Clone)]
pub(crate) struct CheckedLead(Checked);

/// Matches leads that were checked.
pub(crate) async fn prepare(app: &App, leads: Vec<CheckedLead>) -> Result<Prepared<'_>, Refusal> {
    let keys: HashSet<String> = leads.iter().flat_map(|lead| keys_of(&lead.0)).collect();
    let held = app.entering.hold(keys.iter().map(String::as_str)).await;
    let mut seen = HashSet::new();
    let leads: Vec<(Checked, bool)> = leads
        .into_iter()
        .map(|CheckedLead(checked)| {
            let keys = keys_of(&checked);
            let again = keys.iter().any(|key| seen.contains(key));
            seen.extend(keys);
            (checked, again)
        })
        .collect();
    let rows: Vec<Result<Row, Refusal>> = stream::iter(leads)
        .map(|(checked, again)| async move {
            let matched = find(app.store.read(), &checked).await?;
            Ok(Row { checked, matched, again })
        })
        .buffered(MATCHED_AT_ONCE)
        .collect()
        .await;
    Ok(Prepared { rows: rows.into_iter().collect::<Result<_, _>>()?, _one_at_a_time: held })
}

/// Writes leads, all or none, in the bulk lane; `also` is told what became of each, in order, and writes what belongs to them.
///
/// # Errors
/// Those of a lead or of `also`; then nothing is written.
pub(crate) async fn enter_many<T, F>(app: &App, actor: &Actor, prepared: Prepared<'_>, also: F) -> Result<T, Refusal>
where
    F: AsyncFn(&Tx, &[EnteredAs]) -> Result<T, Refusal> + Send + 'static,
    T: Send + 'static,
{
    let scene = Scene { lane: Lane::Bulk, ..app.scene(actor) };
    let Prepared { rows, _one_at_a_time } = prepared;
    app.store
        .write_in(pact_store::Lane::Bulk, async move |tx| {
            let mut entered = Vec::with_capacity(rows.len());
            for Row { checked, matched, again } in &rows {
                let anew = if *again { Some(find(tx, checked).await?) } else { None };
                let matched = anew.as_ref().unwrap_or(matched);
                if matched.customer.same().is_none()
                    && checked.party.customer_name().is_none()
                    && !matches!(matched.open_lead, Match::Same { .. })
                {
                    return Err(nobody_asks());
                }
                entered.push(write(tx, &scene, checked, matched).await?.entered_as);
            }
            also(tx, &entered).await
        })
        .await
}

async fn find(conn: &impl ConnectionTrait, checked: &Checked) -> Result<Matched, Refusal> {
    matching::find(conn, &checked.party, checked.product.as_deref(), checked.external_key.as_deref()).await
}

/// What two leads share that may be the same or like each other: the party's keys, the key from outside, the first word of the name.
fn keys_of(checked: &Checked) -> Vec<String> {
    let first_word = checked.party.name_key.split(' ').next().filter(|word| !word.is_empty());
    let more = [checked.external_key.as_ref().map(|key| format!("key:{key}")), first_word.map(|word| format!("like:{word}"))];
    checked.party.keys().map(str::to_owned).chain(more.into_iter().flatten()).collect()
}
