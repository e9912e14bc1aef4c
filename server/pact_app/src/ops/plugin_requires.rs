//! What plugins need of each other: looked at whenever one is installed, switched or removed, in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use pact_policy::manifest::Manifest;
use pact_policy::manifest::requires::{cycle, is_within};
use pact_store::Tx;
use sea_orm::ConnectionTrait;

use crate::Refusal;
use crate::plugins::plugin_of;

/// A plugin that another one needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// Its id.
    pub id: String,
    /// The versions that will do.
    pub range: String,
    /// The version that is installed.
    pub installed: Option<String>,
    /// Why it will not do at present; nothing when it will.
    pub lacking: Option<String>,
}

/// The plugins that are installed: manifest, and whether it is switched on, by id.
type Installed = BTreeMap<String, (Manifest, bool)>;

async fn installed(conn: &impl ConnectionTrait) -> Result<Installed, Refusal> {
    let mut all = BTreeMap::new();
    for row in pact_store::plugin::all(conn).await? {
        let Some(version) = pact_store::plugin::newest_version(conn, &row.id).await? else { continue };
        // What cannot be read does not run, and needs nothing.
        if let Ok(plugin) = plugin_of(&version) {
            all.insert(row.id, (plugin.manifest, row.enabled));
        }
    }
    Ok(all)
}

/// What a plugin needs, and whether that is there.
pub(crate) async fn required(conn: &impl ConnectionTrait, manifest: &Manifest) -> Result<Vec<Required>, Refusal> {
    let all = installed(conn).await?;
    Ok(lacking_of(&all, manifest))
}

fn lacking_of(all: &Installed, manifest: &Manifest) -> Vec<Required> {
    let each = manifest.requires.iter().map(|(id, range)| {
        let found = all.get(id);
        let lacking = match found {
            None => Some("it is not installed".to_owned()),
            Some((there, _)) if !is_within(&there.version, range) => Some(format!("version {} is installed", there.version)),
            Some((_, false)) => Some("it is switched off".to_owned()),
            Some((_, true)) => None,
        };
        let installed = found.map(|(there, _)| there.version.clone());
        Required { id: id.clone(), range: range.to_string(), installed, lacking }
    });
    each.collect()
}

/// Refuses a version that lacks what it needs, that another plugin does not get along with, or that would need itself over others.
///
/// # Errors
/// What is lacking, or who needs another version.
pub(crate) async fn check_version(tx: &Tx, manifest: &Manifest) -> Result<(), Refusal> {
    let mut all = installed(tx).await?;
    let is_on = all.get(&manifest.id).is_none_or(|(_, on)| *on);
    // First, because in a cycle something is always lacking.
    all.insert(manifest.id.clone(), (manifest.clone(), is_on));
    let needs = all.iter().map(|(id, (other, _))| (id.clone(), other.requires.keys().cloned().collect())).collect();
    if let Some(way) = cycle(&manifest.id, &needs) {
        let way = [&way[..], &[manifest.id.as_str()]].concat().join(" → ");
        return Err(Refusal::invalid(
            "manifest",
            format!("plugins would need each other in a circle: {way}. Take one of these out."),
        ));
    }
    if is_on {
        refuse_lacking(&all, manifest)?;
    }
    let misfits = all
        .values()
        .filter(|(other, on)| *on && other.requires.get(&manifest.id).is_some_and(|range| !is_within(&manifest.version, range)));
    let misfits: Vec<String> =
        misfits.map(|(other, _)| format!("{} (needs {})", other.id, other.requires[&manifest.id])).collect();
    if misfits.is_empty() {
        return Ok(());
    }
    Err(Refusal::NotNow {
        why: format!(
            "Version {} of {} does not fit what others need: {}. Install versions of these that take it, or switch them off.",
            manifest.version,
            manifest.id,
            misfits.join(", ")
        ),
    })
}

/// Refuses switching a plugin on that lacks what it needs.
///
/// # Errors
/// What is lacking.
pub(crate) async fn check_on(tx: &Tx, id: &str) -> Result<(), Refusal> {
    let all = installed(tx).await?;
    match all.get(id) {
        Some((manifest, _)) => refuse_lacking(&all, manifest),
        None => Ok(()),
    }
}

fn refuse_lacking(all: &Installed, manifest: &Manifest) -> Result<(), Refusal> {
    let lacking: Vec<String> = lacking_of(all, manifest)
        .into_iter()
        .filter_map(|one| Some(format!("{} {} ({})", one.id, one.range, one.lacking?)))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Refusal::NotNow {
        why: format!("{} needs other plugins: {}. Install these and switch them on first.", manifest.id, lacking.join(", ")),
    })
}

/// Refuses taking away a plugin that others which are switched on need.
///
/// # Errors
/// Who needs it.
pub(crate) async fn check_off(tx: &Tx, id: &str) -> Result<(), Refusal> {
    let needing = needed_by(tx, id).await?;
    if needing.is_empty() {
        return Ok(());
    }
    let needing: Vec<String> = needing.into_iter().collect();
    Err(Refusal::NotNow { why: format!("Other plugins need {id}: {}. Switch these off first.", needing.join(", ")) })
}

/// The plugins that are switched on and need this one.
pub(crate) async fn needed_by(conn: &impl ConnectionTrait, id: &str) -> Result<BTreeSet<String>, Refusal> {
    let all = installed(conn).await?;
    let needing = all.into_values().filter(|(other, on)| *on && other.requires.contains_key(id));
    Ok(needing.map(|(other, _)| other.id).collect())
}
