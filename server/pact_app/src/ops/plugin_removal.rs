//! Removing plugins: what goes with one, and what an admin may keep.

use std::collections::BTreeSet;

use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_policy::certificate::Certificate;
use pact_store::entity::{custom_field, plugin};
use pact_store::{Notice, Tx, record};
use sea_orm::ConnectionTrait;

use super::field::put_away;
use super::guard::same_revision;
use super::plugin::installed_version;
use super::plugin_requires;
use crate::evidence::{Recording, record as record_act};
use crate::facts::field_record;
use crate::formulas::name_of;
use crate::judging::Definition;
use crate::plugins::plugin_of;
use crate::{Actor, App, Refusal};

/// The parts of a field's label that show nothing of what members of staff do: none, and the instant at which a script ran.
const SHOWS_NOTHING: [&str; 2] = ["{}", "{\"now\"}"];

/// What becomes of the custom fields that only this plugin has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// They stay with their values, and are the admin's.
    Keep,
    /// They go, and their values with them; what shows nothing of acts can be restored for a while.
    Remove,
}

/// A custom field of a plugin, and what removing it would take away.
#[derive(Clone, Debug)]
pub struct FieldAtStake {
    /// The field.
    pub field: custom_field::Model,
    /// How many records have a value in it.
    pub values: u64,
    /// Another plugin that has the same field, with which it stays.
    pub shared_with: Option<String>,
    /// Why it cannot be kept without the plugin.
    pub cannot_stay: Option<String>,
}

/// What removing a plugin would do.
#[derive(Clone, Debug)]
pub struct Removal {
    /// The plugins that need it, and stand in the way.
    pub needed_by: BTreeSet<String>,
    /// Its custom fields.
    pub fields: Vec<FieldAtStake>,
}

/// What removing a plugin would do; nothing is written.
///
/// # Errors
/// There is no such plugin.
pub async fn preview_removal(app: &App, id: &str) -> Result<Removal, Refusal> {
    let conn = app.store.read();
    record::get::<plugin::Model>(conn, id.to_owned()).await?;
    Ok(Removal { needed_by: plugin_requires::needed_by(conn, id).await?, fields: at_stake(conn, id).await? })
}

/// Removes a plugin: nothing calls it any more, and its views, schedules and settings are gone. Its versions and runs stay, since they say what happened.
///
/// # Errors
/// A revision that is not the present one, plugins that need it, or fields that are to be kept and cannot be.
pub async fn remove_plugin(app: &App, actor: &Actor, id: String, revision: String, fields: Fields) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            pact_store::evidence::hold_head(tx).await?;
            let before = record::hold::<plugin::Model>(tx, id.clone()).await?;
            same_revision(&before, &revision)?;
            plugin_requires::check_off(tx, &id).await?;
            let at_stake = at_stake(tx, &id).await?;
            if fields == Fields::Keep {
                refuse_revealing(&at_stake)?;
            }
            for one in at_stake {
                let kept = (fields == Fields::Keep && one.shared_with.is_none()).then(|| one.field.clone());
                let gone = settle(tx, one, fields, now).await?;
                if let Some(field) = kept {
                    stands_alone(tx, &actor, now, &field).await?;
                }
                if let Some(field) = gone {
                    record_act(tx, &actor, now, PolicyAct::FieldRemoved { field }).await?;
                }
            }
            crate::formulas::renew(tx).await?;
            for view in pact_store::view::all(tx).await?.iter().filter(|view| view.plugin_id.as_ref() == Some(&id)) {
                record::remove(tx, view).await?;
            }
            pact_store::automation::forget_plugin(tx, &id).await?;
            record_act(tx, &actor, now, PolicyAct::PluginRemoved { plugin: id.clone() }).await?;
            record::remove(tx, &before).await?;
            crate::formulas::renew(tx).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok::<_, Refusal>(())
        })
        .await?;
    Ok(app.refresh_plugins().await?)
}

/// Records that a definition stands without its plugin from now on: verdicts are given together with it.
async fn stands_alone(tx: &Tx, actor: &Actor, now: Instant, field: &custom_field::Model) -> Result<(), Refusal> {
    let mut recording = Recording::by(actor, now)?;
    let sources = recording.text(Definition::of(field)?.text);
    recording.write(tx, PolicyAct::FieldFound { field: name_of(field), sources }).await
}

/// Hands a field over, keeps it or removes it; its name when it was removed.
async fn settle(tx: &Tx, one: FieldAtStake, fields: Fields, now: Instant) -> Result<Option<String>, Refusal> {
    let FieldAtStake { field, shared_with, cannot_stay, .. } = one;
    match (&shared_with, fields) {
        (Some(_), _) | (None, Fields::Keep) => {
            let after = custom_field::Model { plugin_id: shared_with, ..field.clone() };
            record::save(tx, &field, after).await?;
            Ok(None)
        }
        (None, Fields::Remove) => {
            // What shows acts could come back without the scripts that say so.
            match &cannot_stay {
                Some(_) => record::remove(tx, &field).await?,
                None => put_away(tx, &field, now).await?,
            }
            Ok(Some(name_of(&field)))
        }
    }
}

/// What scripts stored in a field is known only as long as these scripts are: without them, what shows acts would look as if it showed none.
fn refuse_revealing(fields: &[FieldAtStake]) -> Result<(), Refusal> {
    let cannot: Vec<String> = fields.iter().filter_map(|one| one.cannot_stay.clone()).collect();
    if cannot.is_empty() {
        return Ok(());
    }
    Err(Refusal::NotNow {
        why: format!("{} Remove them with the plugin, or leave the plugin installed and switch it off.", cannot.join(" ")),
    })
}

async fn at_stake(conn: &impl ConnectionTrait, id: &str) -> Result<Vec<FieldAtStake>, Refusal> {
    let version = installed_version(conn, id).await?;
    let certificate: Option<Certificate> =
        version.as_ref().and_then(|version| serde_json::from_value(version.certificate.clone()?.0).ok());
    let mut others = Vec::new();
    for row in pact_store::plugin::all(conn).await?.into_iter().filter(|row| row.id != id) {
        let newest = pact_store::plugin::newest_version(conn, &row.id).await?;
        others.extend(newest.and_then(|version| plugin_of(&version).ok()));
    }
    let mut all = Vec::new();
    for field in pact_store::field::all(conn).await?.into_iter().filter(|field| field.plugin_id.as_deref() == Some(id)) {
        let declares = |other: &pact_policy::manifest::Plugin| {
            other
                .manifest
                .fields
                .iter()
                .any(|one| field_record(one.on.kind()) == Some(field.on_record.as_str()) && one.name == field.name)
        };
        let shared_with = others.iter().find(|other| declares(other)).map(|other| other.id().to_owned());
        let label = certificate.as_ref().and_then(|given| given.labels.get(&name_of(&field)));
        let reveals = label.is_some_and(|label| reveals(label));
        let cannot_stay = (reveals && shared_with.is_none())
            .then(|| format!("What scripts stored in {} shows acts of members of staff.", name_of(&field)));
        let values = pact_store::field::count_values(conn, field.id).await?;
        all.push(FieldAtStake { field, values, shared_with, cannot_stay });
    }
    Ok(all)
}

/// Whether a certificate's label says that scripts stored something that shows acts, or did so when an act called them.
fn reveals(label: &str) -> bool {
    let parts = label.split_once(" by ").and_then(|(parts, rest)| Some((parts, rest.split_once(", there ")?)));
    match parts {
        Some((parts, (fired, there))) => fired != "0" || [parts, there].iter().any(|told| !SHOWS_NOTHING.contains(told)),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::reveals;

    #[test]
    fn only_what_shows_nothing_of_acts_stays() {
        let cases = [
            ("{} by 0, there {}", false),
            ("{\"now\"} by 0, there {}", false),
            ("{} by 4, there {}", true),
            ("{\"trace\"} by 0, there {}", true),
            ("{} by 0, there {\"trace\"}", true),
            ("{\"trace\", \"now\"} by 0, there {\"now\"}", true),
            ("{} by 0", true),
            ("something else", true),
        ];
        for (label, wanted) in cases {
            assert_eq!(reveals(label), wanted, "{label}");
        }
    }
}
