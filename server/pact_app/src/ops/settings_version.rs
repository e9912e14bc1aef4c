//! What plugins were set to: every change of settings is a version with author, time and difference, and can be brought back.
//!
//! Versions are written in the transaction of the change. What a plugin was set to before the first change that is known here, or when it was installed anew, is
//! written down with that change, without an author.

use pact_core::time::Instant;
use pact_store::entity::{plugin, settings_version};
use pact_store::{AsJson, Tx, record, settings_version as store};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::plugin_settings::{apply, fitting};
use crate::{Actor, App, Refusal};

/// How settings came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The plugin was installed, or another version of it that takes other settings.
    Installed,
    /// Somebody set them.
    Set,
    /// Somebody brought earlier ones back.
    Restored,
}

impl How {
    /// As one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Set => "set",
            Self::Restored => "restored",
        }
    }
}

/// One setting that changed; nothing stands for the default.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// What it was.
    pub from: Option<Value>,
    /// What it became.
    pub to: Option<Value>,
}

/// What a plugin was set to, and what was other before.
#[derive(Clone, Debug)]
pub struct SettingsVersion {
    /// The row.
    pub row: settings_version::Model,
    /// Each setting that changed, by name; none in the first version.
    pub changes: Vec<Changed>,
}

/// What a plugin was set to, newest first, so many at most.
///
/// # Errors
/// A store that does not answer.
pub async fn settings_versions(app: &App, plugin: &str, limit: u64) -> Result<Vec<SettingsVersion>, Refusal> {
    let rows = store::of_plugin(app.store.read(), plugin, limit + 1).await?;
    let before = rows.iter().skip(1).map(Some).chain([None]);
    let versions = rows.iter().zip(before).map(|(row, before)| SettingsVersion {
        row: row.clone(),
        changes: before.map(|before| changes(&before.settings.0, &row.settings.0)).unwrap_or_default(),
    });
    Ok(versions.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
}

/// Brings back what a plugin was set to; settings that the version which runs does not have any more are left out.
///
/// # Errors
/// A version that is not this plugin's, values that the manifest does not take any more, or much that would be done at once.
pub async fn restore_settings(
    app: &App,
    actor: &Actor,
    plugin: &str,
    version: Uuid,
    confirm: Option<u64>,
) -> Result<plugin::Model, Refusal> {
    let before: plugin::Model = record::get(app.store.read(), plugin.to_owned()).await?;
    let found = store::find(app.store.read(), version).await?.filter(|row| row.plugin_id == plugin);
    let found = found
        .ok_or_else(|| Refusal::invalid("version_id", "this plugin was never set so. Choose one from its settings versions."))?;
    let wanted = fitting(app.store.read(), plugin, found.settings.as_object().cloned().unwrap_or_default()).await?;
    let mut settings: Map<String, Value> =
        before.settings.as_object().into_iter().flat_map(|now| now.keys()).map(|name| (name.clone(), Value::Null)).collect();
    settings.extend(wanted);
    apply(app, actor, before, settings, confirm, How::Restored).await
}

/// Keeps that a plugin was set to something else.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn keep(
    tx: &Tx,
    before: &plugin::Model,
    after: &Value,
    how: How,
    (now, by): (Instant, Option<Uuid>),
) -> Result<(), Refusal> {
    if before.settings.0 == *after {
        return Ok(());
    }
    let insert = async |settings: &Value, how: How, at: i64, by: Option<Uuid>| {
        let row = settings_version::Model {
            id: pact_core::id::random(),
            plugin_id: before.id.clone(),
            settings: AsJson(settings.clone()),
            how: how.as_str().to_owned(),
            created_at: at,
            created_by_id: by,
            // The database counts.
            number: 0,
        };
        record::insert(tx, row).await
    };
    let newest = store::of_plugin(tx, &before.id, 1).await?.pop();
    if newest.is_none_or(|row| row.settings != before.settings) {
        insert(&before.settings.0, How::Installed, before.installed_at, None).await?;
    }
    Ok(insert(after, how, now.millis(), by).await?)
}

/// What is other, setting by setting.
fn changes(before: &Value, after: &Value) -> Vec<Changed> {
    let none = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    changed.map(|name| Changed { name: name.clone(), from: before.get(name).cloned(), to: after.get(name).cloned() }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_comes_goes_and_changes_is_a_difference() {
        let told = |before: Value, after: Value| -> Vec<(String, Value, Value)> {
            let each = changes(&before, &after).into_iter();
            each.map(|it| (it.name, it.from.unwrap_or_default(), it.to.unwrap_or_default())).collect()
        };
        let wanted = vec![
            ("gone".to_owned(), json!(1), Value::Null),
            ("new".to_owned(), Value::Null, json!("x")),
            ("other".to_owned(), json!(true), json!(false)),
        ];
        let before = json!({"gone": 1, "same": [1], "other": true});
        assert_eq!(told(before, json!({"new": "x", "same": [1], "other": false})), wanted);
        assert_eq!(told(json!({"a": 1}), json!({"a": 1})), []);
    }
}
