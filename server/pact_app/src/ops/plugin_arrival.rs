//! Plugins that are dropped into a folder: installed where nobody must be asked, else they wait for an admin. One that cannot be installed stops nothing;
//! it is listed with its reason.
//!
//! What was installed from the folder once is not installed again as long as it lies there unchanged: whoever brings an earlier version back, or removes the
//! plugin, is not overruled by the next start.

use pact_policy::manifest::Plugin;
use pact_script::plugin::Std;
use pact_store::entity::{plugin, plugin_arrival};
use pact_store::{AsJson, plugin_arrival as store};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::plugin::{NewVersion, install, installed_version};
use super::plugin_consent::{self, Asked, Consent};
use super::plugin_diff::{texts, with_manifest};
use super::plugin_settings::{SendPlugin, Sent, read_sent};
use crate::{Actor, App, Refusal};

/// It was installed as it lies there.
const INSTALLED: &str = "installed";
/// It waits for an admin.
const WAITS: &str = "waits";
/// It cannot be installed.
const REFUSED: &str = "refused";

/// Something that lies in the folder.
#[derive(Debug)]
pub struct Found {
    /// The name of its folder or file.
    pub name: String,
    /// The plugin and the modules that it may import, or why it cannot be read.
    pub plugin: Result<(Plugin, Std), String>,
    /// Whether whoever runs the machine has agreed to what it asks for.
    pub trusted: bool,
}

/// Something that lies in the folder and is not installed.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The row.
    pub row: plugin_arrival::Model,
    /// What it asks for, when it waits for consent.
    pub asked: Vec<Asked>,
    /// The word by which an admin agrees to that.
    pub consent: Option<String>,
}

/// What is kept of one that waits, so that what an admin agrees to is what they saw.
#[derive(Serialize, Deserialize)]
struct Content {
    manifest: String,
    files: std::collections::BTreeMap<String, String>,
}

/// Looks at everything that lies in the folder, and forgets what lies there no more.
///
/// Plugins that need others are tried again once these are installed, whatever their names are.
///
/// # Errors
/// A store that does not answer.
pub async fn look_at(app: &App, found: Vec<Found>) -> Result<(), Refusal> {
    let names: Vec<String> = found.iter().map(|one| one.name.clone()).collect();
    app.store.write(async move |tx| store::keep_only(tx, &names).await.map_err(Refusal::from)).await?;
    let mut left: Vec<Found> = found;
    loop {
        let before = left.len();
        let mut refused = Vec::new();
        for one in left {
            if !arrive(app, &one).await? {
                refused.push(one);
            }
        }
        // None of the rest went through, or nothing was installed that the rest could need.
        if refused.is_empty() || refused.len() == before {
            return Ok(app.refresh_plugins().await?);
        }
        left = refused;
    }
}

/// Installs one, or notes why not; false when another attempt may go well once others are installed.
async fn arrive(app: &App, found: &Found) -> Result<bool, Refusal> {
    let (plugin, std) = match &found.plugin {
        Ok(found) => found,
        Err(why) => return note(app, row(app, found, None, REFUSED, why.clone())).await.map(|()| true),
    };
    let version = NewVersion::of(plugin.clone(), std);
    let known = store::find(app.store.read(), &found.name).await?;
    let is_known = known.as_ref().is_some_and(|known| known.hash == hash(&version));
    let state = known.filter(|_| is_known).map(|known| known.state);
    if state.as_deref() == Some(INSTALLED) || (state.as_deref() == Some(WAITS) && !found.trusted) {
        return Ok(true);
    }
    let installed = installed_version(app.store.read(), plugin.id()).await?;
    let is_there = match &installed {
        Some(installed) => texts(installed)? == with_manifest(version.manifest(), version.files.clone()),
        None => false,
    };
    if is_there {
        return note(app, row(app, found, Some(&version), INSTALLED, String::new())).await.map(|()| true);
    }
    if installed.is_some_and(|installed| installed.created_by_id.is_some()) && !found.trusted {
        let why = "An admin installed another version of this plugin. It waits until an admin installs this one.".to_owned();
        return note(app, row(app, found, Some(&version), WAITS, why)).await.map(|()| true);
    }
    let consent = if found.trusted { Consent::OfTheMachine } else { Consent::By(None) };
    match install(app, &Actor::System, plugin.clone(), std, consent, None).await {
        Ok(_) => note(app, row(app, found, Some(&version), INSTALLED, String::new())).await.map(|()| true),
        Err(refusal @ (Refusal::Consent { .. } | Refusal::Unconfirmed { .. })) => {
            note(app, row(app, found, Some(&version), WAITS, refusal.to_string())).await.map(|()| true)
        }
        Err(error @ (Refusal::Store(_) | Refusal::Busy)) => Err(error),
        Err(refusal) => {
            let again = matches!(refusal, Refusal::NotNow { .. });
            note(app, row(app, found, Some(&version), REFUSED, refusal.to_string())).await.map(|()| !again)
        }
    }
}

/// What arrived and is not installed.
///
/// # Errors
/// A store that does not answer.
pub async fn list_arrivals(app: &App) -> Result<Vec<Arrival>, Refusal> {
    let mut all = Vec::new();
    for row in store::all(app.store.read()).await?.into_iter().filter(|row| row.state != INSTALLED) {
        all.extend(shown(app, row).await?);
    }
    Ok(all)
}

/// One that arrived; nothing when it was installed another way since.
async fn shown(app: &App, row: plugin_arrival::Model) -> Result<Option<Arrival>, Refusal> {
    let Some(content) = content(&row).filter(|_| row.state == WAITS) else {
        return Ok(Some(Arrival { row, asked: Vec::new(), consent: None }));
    };
    let (plugin, std) = read_sent(app, Sent::Files(content)).await?;
    let installed = installed_version(app.store.read(), plugin.id()).await?;
    let version = NewVersion::of(plugin.clone(), &std);
    if let Some(installed) = &installed
        && texts(installed)? == with_manifest(version.manifest(), version.files)
    {
        return Ok(None);
    }
    let asked = plugin_consent::asked(&plugin.manifest, installed.as_ref())?;
    Ok(Some(Arrival { consent: Some(plugin_consent::word(plugin.id(), &asked)), row, asked }))
}

/// Installs what waits, as it was when it was listed.
///
/// # Errors
/// Nothing of this name waits; nobody agreed to what it asks for, or confirmed what it would do at once; or what an installation is refused for.
pub async fn install_arrival(
    app: &App,
    actor: &Actor,
    name: &str,
    consent: Option<String>,
    confirm: Option<u64>,
) -> Result<plugin::Model, Refusal> {
    let found = store::find(app.store.read(), name).await?.filter(|row| row.state == WAITS);
    let row = found.ok_or(Refusal::NotFound { what: "plugin that waits" })?;
    let content = content(&row).ok_or_else(|| Refusal::defect("a plugin that waits has no files"))?;
    let (plugin, std) = read_sent(app, Sent::Files(content)).await?;
    let installed = install(app, actor, plugin, &std, Consent::By(consent), confirm).await?;
    let after = plugin_arrival::Model { state: INSTALLED.to_owned(), why: String::new(), content: None, ..row };
    note(app, after).await?;
    Ok(installed)
}

fn content(row: &plugin_arrival::Model) -> Option<SendPlugin> {
    let Content { manifest, files } = serde_json::from_value(row.content.clone()?.0).ok()?;
    Some(SendPlugin { manifest: Some(manifest), files })
}

/// Everything that would be installed, so that a change of any of it is seen.
fn hash(version: &NewVersion) -> String {
    let all = json!([version.manifest(), version.files]).to_string();
    Sha256::digest(all).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn row(app: &App, found: &Found, version: Option<&NewVersion>, state: &str, why: String) -> plugin_arrival::Model {
    let content = version.filter(|_| state == WAITS);
    plugin_arrival::Model {
        name: found.name.clone(),
        plugin_id: version.map(|version| version.plugin.id().to_owned()),
        version: version.map(|version| version.plugin.manifest.version.clone()),
        state: state.to_owned(),
        why,
        content: content.map(|it| AsJson(json!(Content { manifest: it.manifest(), files: it.files.clone() }))),
        hash: version.map(hash).unwrap_or_default(),
        seen_at: app.clock.now().millis(),
    }
}

async fn note(app: &App, row: plugin_arrival::Model) -> Result<(), Refusal> {
    let known = store::find(app.store.read(), &row.name).await?;
    let is_news =
        known.is_none_or(|known| (known.state, known.why, known.hash) != (row.state.clone(), row.why.clone(), row.hash.clone()));
    if !is_news {
        return Ok(());
    }
    match row.state.as_str() {
        REFUSED => tracing::error!(plugin = row.name, why = row.why, "a plugin is not installed; the others are"),
        WAITS => tracing::warn!(plugin = row.name, why = row.why, "a plugin waits for an admin"),
        _ => {}
    }
    app.store.write(async move |tx| store::put(tx, row.clone()).await.map_err(Refusal::from)).await
}
