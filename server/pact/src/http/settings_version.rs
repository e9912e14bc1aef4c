//! What plugins were set to: every change with its author, its time and its difference, and the way back to any of them.

use actix_web::{get, post, web};
use pact_app::ops::settings_version::{self as ops, Changed, SettingsVersion};
use pact_app::{App, Refusal};
use pact_core::role::Role;
use pact_core::time::Instant;
use pact_store::entity::plugin as plugins;
use pact_store::record;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::etag::Tagged;
use super::page::Page;
use super::plugin::{Confirmed, Plugin};
use super::problem::Problem;

/// The most versions that are listed.
const MAX_VERSIONS: u64 = 200;

/// What a plugin was set to, from one change to the next.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "3f0b4d5e-7a8f-4f6e-9a55-0f6b7c8d9e10", "number": 3, "plugin_id": "lead-push", "how": "set", "settings": {"within": "6 work hours"},
    "changes": [{"name": "within", "from": "4 work hours", "to": "6 work hours"}],
    "created_at": "2026-11-24T10:10:00.000Z", "created_by_id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"
}))]
pub struct PluginSettingsVersion {
    /// Its id.
    id: Uuid,
    /// Which of the plugin's settings versions it is, from 1.
    number: i64,
    /// The plugin.
    plugin_id: String,
    /// How it came to be: `set`, `restored`, or `installed` with a version that takes other settings, or before the first change that is known.
    how: String,
    /// Everything that was set; what is left out had its default.
    #[schema(value_type = Object)]
    settings: Value,
    /// What is other than in the one before.
    changes: Vec<SettingChanged>,
    /// When it was set.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// The admin who set it; null where PACT did, and for those who are neither admin nor auditor.
    created_by_id: Option<Uuid>,
}

/// A setting that changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "within", "from": "4 work hours", "to": "6 work hours"}))]
pub struct SettingChanged {
    /// Its name.
    name: String,
    /// What it was; null for the default.
    #[schema(value_type = Option<Object>)]
    from: Option<Value>,
    /// What it became; null for the default.
    #[schema(value_type = Option<Object>)]
    to: Option<Value>,
}

/// The settings to which a plugin is brought back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"version_id": "3f0b4d5e-7a8f-4f6e-9a55-0f6b7c8d9e10"}))]
pub struct PluginSettingsRestore {
    /// One of the plugin's settings versions.
    version_id: Uuid,
}

impl From<Changed> for SettingChanged {
    fn from(changed: Changed) -> Self {
        let Changed { name, from, to } = changed;
        Self { name, from, to }
    }
}

impl PluginSettingsVersion {
    /// The version as somebody in this role sees it: who set it is for those who watch over automation.
    fn for_reader(version: SettingsVersion, role: Role) -> Self {
        let SettingsVersion { row, changes } = version;
        let created_by_id = match role {
            Role::Admin | Role::Auditor => row.created_by_id,
            Role::Rep | Role::Manager | Role::Partner => None,
        };
        Self {
            id: row.id,
            number: row.number,
            plugin_id: row.plugin_id,
            how: row.how,
            settings: row.settings.0,
            changes: changes.into_iter().map(SettingChanged::from).collect(),
            created_at: Instant::from_millis(row.created_at),
            created_by_id,
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_plugin_settings_versions).service(restore_plugin_settings);
}

/// List what a plugin was set to
///
/// Newest first, 200 at most, each with what it changed. None where nothing was ever set. For everybody inside the company.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says")),
    responses((status = 200, description = "The versions", body = Page<PluginSettingsVersion>)),
)]
#[get("/plugins/{id}/settings-versions")]
async fn list_plugin_settings_versions(
    app: web::Data<App>,
    caller: may::ReadPlugins,
    id: web::Path<String>,
) -> Result<Page<PluginSettingsVersion>, Problem> {
    let versions = ops::settings_versions(&app, &id, MAX_VERSIONS).await?;
    // What a plugin that was removed was set to is still known.
    if versions.is_empty() && record::find::<plugins::Model>(app.store.read(), id.into_inner()).await?.is_none() {
        return Err(Refusal::NotFound { what: "plugin" }.into());
    }
    let items = versions.into_iter().map(|version| PluginSettingsVersion::for_reader(version, caller.role)).collect();
    Ok(Page { items, next_cursor: None })
}

/// Bring back what a plugin was set to
///
/// It becomes the newest of its settings versions. Settings that the version which runs does not have any more are left out. What the plugin would do at once beyond what
/// it would do anyway is counted first; above a bound this must be confirmed with `confirm`. For admins.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says"), Confirmed),
    request_body = PluginSettingsRestore,
    responses(
        (status = 200, description = "The plugin as it is now", body = Plugin),
        (status = 409, description = "It would do much at once, and that is not confirmed"),
    ),
)]
#[post("/plugins/{id}/settings/restore")]
async fn restore_plugin_settings(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<String>,
    confirmed: web::Query<Confirmed>,
    Body(PluginSettingsRestore { version_id }): Body<PluginSettingsRestore>,
) -> Result<Tagged<Plugin>, Problem> {
    Ok(ops::restore_settings(&app, &caller.actor(), &id, version_id, confirmed.confirm).await?.into())
}
