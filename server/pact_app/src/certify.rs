//! Certificates of what is stored: a plugin runs only if the linter's certificate holds for the very bytes that are about to run.
//!
//! Where the rules, the interface or a field's label are others than when a certificate was given, everything that is installed is
//! judged again, together, and gets new certificates or is left out with what was found. Bytes that nobody installed are left out
//! as they are: that they might pass does not tell who changed them.

use std::collections::{BTreeMap, BTreeSet};

use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_policy::certificate::{Certificate, Void};
use pact_policy::manifest::Plugin;
use pact_policy::{Report, Source, lint};
use pact_store::entity::{custom_field, script_version};
use pact_store::{AsJson, Store, StoreError};
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

use crate::evidence::Recording;
use crate::evidence::sources::verdict;
use crate::formulas::name_of;
use crate::judging::{Definition, are, defined, file_of, in_words, stored};
use crate::plugins::{files_of, plugin_of};
use crate::{Actor, Refusal};

/// The version of each plugin that may run, or why none may, by the plugin's id.
type Standing = BTreeMap<String, Result<script_version::Model, String>>;

/// What may run.
#[derive(Default)]
pub(crate) struct Stands {
    /// The version of each plugin, or why none may.
    pub(crate) plugins: Standing,
    /// The fields of admins whose formulas may.
    pub(crate) fields: BTreeSet<Uuid>,
}

/// What may run: each plugin's version, or why none may, and the formulas that admins defined.
pub(crate) async fn standing(store: &Store, now: Instant) -> Result<Stands, StoreError> {
    let mut versions = Vec::new();
    for row in pact_store::plugin::all(store.read()).await? {
        versions.extend(pact_store::plugin::newest_version(store.read(), &row.id).await?);
    }
    let checked: Vec<(script_version::Model, Result<Certificate, Void>)> =
        versions.into_iter().map(|version| (version.clone(), check(&version))).collect();
    let altered = |checked: &Result<Certificate, Void>| matches!(checked, Err(Void::Scripts));
    let given: Vec<&Certificate> = checked.iter().filter_map(|(_, checked)| checked.as_ref().ok()).collect();
    let agree = given.iter().all(|one| given.iter().all(|other| one.agrees_with(other)));
    let fields = defined(store.read(), None).await.map_err(unreadable)?;
    let sealed = sealed(&fields)?;
    if agree
        && sealed.values().all(|seal| *seal != Seal::OtherRules)
        && checked.iter().all(|(_, checked)| checked.is_ok() || altered(checked))
    {
        let each = checked.into_iter().map(|(version, checked)| match checked {
            Ok(_) => (version.plugin_id.clone(), Ok(version)),
            Err(void) => (version.plugin_id, Err(void.to_string())),
        });
        let holds = sealed.into_iter().filter(|(_, seal)| *seal == Seal::Holds).map(|(id, _)| id);
        return Ok(Stands { plugins: each.collect(), fields: holds.collect() });
    }
    let (left_out, to_judge): (Vec<_>, Vec<_>) = checked.into_iter().partition(|(_, checked)| altered(checked));
    let fields = fields.into_iter().filter(|(row, _)| sealed.get(&row.id) != Some(&Seal::OtherWords)).collect();
    let mut stands = judged_again(store, to_judge.into_iter().map(|(version, _)| version).collect(), fields, now).await?;
    stands.plugins.extend(left_out.into_iter().map(|(version, _)| (version.plugin_id, Err(Void::Scripts.to_string()))));
    Ok(stands)
}

/// Whether a formula's definition is the one that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seal {
    /// It is, by the rules of this program.
    Holds,
    /// It is, by other rules.
    OtherRules,
    /// Somebody changed it in the store.
    OtherWords,
}

/// The seals of those fields that have formulas.
fn sealed(fields: &[(custom_field::Model, Source)]) -> Result<BTreeMap<Uuid, Seal>, StoreError> {
    let with_formula = fields.iter().map(|(row, _)| row).filter(|row| row.formula.is_some());
    with_formula
        .map(|row| {
            let definition = Definition::of(row).map_err(unreadable)?;
            let seal = match &row.sealed {
                Some(seal) if *seal == definition.seal() => Seal::Holds,
                Some(seal) if !definition.is_of(seal) => Seal::OtherWords,
                Some(_) | None => Seal::OtherRules,
            };
            Ok((row.id, seal))
        })
        .collect()
}

fn unreadable(refusal: Refusal) -> StoreError {
    match refusal {
        Refusal::Store(error) => error,
        other => StoreError::Database(DbErr::Custom(other.to_string())),
    }
}

/// The certificate of a stored version, if it holds; a version that was never certified is one of other rules.
fn check(version: &script_version::Model) -> Result<Certificate, Void> {
    let given = version.certificate.as_ref().ok_or(Void::Rules)?;
    let certificate: Certificate = serde_json::from_value(given.0.clone()).map_err(|_| Void::Rules)?;
    let files = files_of(version).map_err(|_| Void::Scripts)?;
    certificate.covers(&version.manifest, &files)?;
    Ok(certificate)
}

/// Judges stored versions together, and gives new certificates to those in which nothing is found.
async fn judged_again(
    store: &Store,
    versions: Vec<script_version::Model>,
    fields: Vec<(custom_field::Model, Source)>,
    now: Instant,
) -> Result<Stands, StoreError> {
    let mut standing = BTreeMap::new();
    let mut readable: Vec<(script_version::Model, Plugin)> = Vec::new();
    let mut sources: Vec<Source> = Vec::new();
    for version in versions {
        match (plugin_of(&version), stored(&version)) {
            (Ok(plugin), Ok(of_it)) => {
                sources.extend(of_it);
                readable.push((version, plugin));
            }
            (Err(why), _) => drop(standing.insert(version.plugin_id, Err(why))),
            (Ok(_), Err(why)) => drop(standing.insert(version.plugin_id, Err(why.to_string()))),
        }
    }
    let (fields, of_fields): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    sources.extend(of_fields);
    tracing::info!(plugins = readable.len(), fields = fields.len(), "installed plugins are judged by the rules of this release");
    let report = tokio::task::spawn_blocking(move || lint(&sources)).await.map_err(|_| StoreError::Panicked)?;
    let judged = readable.iter().map(|(version, _)| version.clone()).collect();
    let verdicts: Standing = readable
        .into_iter()
        .map(|(version, plugin)| {
            let result = match refused(&report, &plugin) {
                Some(why) => Err(why),
                None => recertified(version.clone(), &plugin, &report),
            };
            (version.plugin_id, result)
        })
        .collect();
    let told = |row: &custom_field::Model| {
        let file = file_of(row);
        report.findings.iter().any(|finding| finding.file == file) || report.unreadable.iter().any(|unread| unread.file == file)
    };
    let (refused_fields, stand): (Vec<_>, Vec<_>) = fields.iter().partition(|row| told(row));
    for row in &refused_fields {
        tracing::error!(field = name_of(row), "a field is refused by the rules of this release; its formula is not computed");
    }
    let left_out = refused_fields.iter().map(|row| format!("field {}", name_of(row))).collect();
    let stand: BTreeSet<Uuid> = stand.iter().map(|row| row.id).collect();
    let again = Again { versions: judged, verdicts: verdicts.clone(), fields: fields.clone(), stand: stand.clone(), left_out };
    if let Err(error) = keep(store, again, report, now).await {
        tracing::warn!(%error, "new certificates could not be stored; the next look at what is installed judges again");
    }
    standing.extend(verdicts);
    Ok(Stands { plugins: standing, fields: stand })
}

/// What was judged again.
#[derive(Clone)]
struct Again {
    versions: Vec<script_version::Model>,
    verdicts: Standing,
    fields: Vec<custom_field::Model>,
    /// The fields in which nothing was found.
    stand: BTreeSet<Uuid>,
    /// Those in which something was.
    left_out: Vec<String>,
}

/// Stores new certificates and records the verdict, unless others are installed by now than were judged: then the next look judges again.
async fn keep(store: &Store, again: Again, report: Report, now: Instant) -> Result<(), Refusal> {
    store
        .write(async move |tx| {
            pact_store::evidence::hold_head(tx).await?;
            let Again { versions, verdicts, fields, stand, left_out } = &again;
            for version in versions {
                let newest = pact_store::plugin::newest_version(tx, &version.plugin_id).await?;
                if newest.is_none_or(|newest| newest.id != version.id) {
                    return Ok(());
                }
            }
            if !are(tx, None, fields).await? {
                return Ok(());
            }
            let mut recording = Recording::by(&Actor::System, now)?;
            let plugins = verdicts.iter().filter(|(_, result)| result.is_err()).map(|(id, _)| id.clone());
            let act = PolicyAct::PluginsJudgedAgain {
                judged: versions.iter().map(|version| version.plugin_id.clone()).collect(),
                left_out: plugins.chain(left_out.iter().cloned()).collect(),
                verdict: verdict(&mut recording, &report),
            };
            recording.write(tx, act).await?;
            for version in verdicts.values().flatten() {
                let certificate = version.certificate.clone().unwrap_or_default();
                pact_store::plugin::certify(tx, version.id, certificate.0).await?;
            }
            for row in fields.iter().filter(|row| stand.contains(&row.id)) {
                pact_store::field::seal(tx, row.id, &Definition::of(row)?.seal()).await?;
            }
            Ok(())
        })
        .await
}

/// What a report finds in a plugin, as one sentence.
fn refused(report: &Report, plugin: &Plugin) -> Option<String> {
    // As `judging` names files: each begins with the plugin's id.
    let folder = format!("{}/", plugin.id());
    let own = |file: &str| file.starts_with(&folder);
    if let Some(unread) = report.unreadable.iter().find(|unread| own(&unread.file) || unread.file.is_empty()) {
        return Some(format!("{} line {}: {}", unread.file, unread.line, unread.message));
    }
    let found: Vec<_> = report.findings.iter().filter(|finding| own(&finding.file)).cloned().collect();
    (!found.is_empty()).then(|| in_words(&found))
}

fn recertified(version: script_version::Model, plugin: &Plugin, report: &Report) -> Result<script_version::Model, String> {
    let files = files_of(&version)?;
    let certificate = json!(Certificate::by_labels(&report.labels, &plugin.manifest, &version.manifest, &files));
    Ok(script_version::Model { certificate: Some(AsJson(certificate)), ..version })
}
