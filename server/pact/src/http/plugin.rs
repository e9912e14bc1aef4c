//! Installed plugins: what they are, what they may do, their settings and versions. Everybody inside reads the scripts that move their leads.

use std::collections::BTreeMap;

use actix_web::{get, patch, post, web};
use pact_app::ops::plugin_forecast::enable_plugin as enable;
use pact_app::ops::plugin_preview::verdict_of;
use pact_app::ops::plugin_settings::{self as ops, SetPlugin};
use pact_app::{App, Refusal};
use pact_core::role::Role;
use pact_core::time::Instant;
use pact_store::entity::{plugin, script_version};
use pact_store::{plugin as store, record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::page::Page;
use super::plugin_sent::{ConsentParams, PluginSent};
use super::problem::{Problem, ProblemType};

/// The most versions that are listed.
const MAX_VERSIONS: u64 = 200;

/// An installed plugin.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "lead-push", "title": "Push leads", "summary": "Gives each waiting lead to the right person.", "version": "1.0.0", "enabled": true,
    "settings": {"within": "4 work hours"}, "installed_at": "2026-11-24T10:10:00.000Z", "left_out": null
}))]
pub struct Plugin {
    /// Its id, as its manifest says.
    id: String,
    /// Its title.
    title: String,
    /// What it does.
    summary: String,
    /// The version that runs.
    version: String,
    /// Whether it runs.
    enabled: bool,
    /// What an admin set; what is left out has its default.
    #[schema(value_type = Object)]
    settings: Value,
    /// When it was installed first.
    #[schema(value_type = String, format = DateTime)]
    installed_at: Instant,
    /// Why it does not run although it is on; null when it runs.
    left_out: Option<String>,
}

/// A plugin that is to be installed, or a new version of one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "manifest": "id = \"greeter\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Greeter\"\n[[script]]\nfile = \"greet.rhai\"\n",
    "files": {"greet.rhai": "fn on_customer_created(customer) { log(customer.name); }"}
}))]
pub struct NewPlugin {
    /// The manifest, as TOML; left out for one script that carries it in its leading lines.
    #[schema(min_length = 1, max_length = 200000)]
    pub(super) manifest: Option<String>,
    /// The scripts by file name; modules that they import may come along as `std/NAME`, else those that installed plugins import are taken.
    pub(super) files: BTreeMap<String, String>,
    /// The word of a preview, by which you agree to everything that the plugin asks for.
    pub(super) consent: Option<String>,
}

/// The version to which a plugin is brought back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"version_id": "3f0b4d5e-7a8f-4f6e-9a55-0f6b7c8d9e10"}))]
pub struct PluginRestore {
    /// One of the plugin's versions.
    version_id: Uuid,
}

/// Settings that are to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"settings": {"within": "6 work hours"}}))]
pub struct PluginChange {
    /// Settings by name: those left out stay, null goes back to the default.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// What whoever switches a plugin on, installs it or sets it otherwise has confirmed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Confirmed {
    /// How much it would do at once, as the answer without this said.
    pub(super) confirm: Option<u64>,
}

/// One version of a plugin's manifest and scripts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "3f0b4d5e-7a8f-4f6e-9a55-0f6b7c8d9e10", "number": 2, "plugin_id": "lead-push", "version": "1.0.0",
    "hash": "5f1c7d", "created_at": "2026-11-24T10:10:00.000Z", "created_by_id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5",
    "verdict": {"accepted": true, "rules": "5f1c7d", "of_this_release": true}
}))]
pub struct PluginVersion {
    /// Its id.
    id: Uuid,
    /// Which of the plugin's versions it is, from 1, in the order in which they were installed and brought back.
    number: i64,
    /// The plugin.
    plugin_id: String,
    /// The version that its manifest names.
    version: String,
    /// The hash of its files.
    hash: String,
    /// When it was installed.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// The admin who installed it; null where PACT did, and for those who are neither admin nor auditor.
    created_by_id: Option<Uuid>,
    /// The linter's word on it; null where it was never certified.
    verdict: Option<PluginVerdict>,
}

/// The linter's word on a version. What it refuses becomes no version; the audit log holds these.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"accepted": true, "rules": "5f1c7d", "of_this_release": true}))]
pub struct PluginVerdict {
    /// Whether nothing was found.
    accepted: bool,
    /// The hash of the rules by which it was judged.
    rules: String,
    /// Whether these are the rules of this release.
    of_this_release: bool,
}

/// One version of a plugin, with its files.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "version": {"id": "3f0b4d5e-7a8f-4f6e-9a55-0f6b7c8d9e10", "number": 2, "plugin_id": "lead-push", "version": "1.0.0", "hash": "5f1c7d"},
    "manifest": "id = \"lead-push\"", "files": {"push.rhai": "fn on_lead_created(lead) { }"}
}))]
pub struct PluginVersionShown {
    /// The version.
    version: PluginVersion,
    /// Its manifest, as TOML.
    manifest: String,
    /// Its scripts, by file name.
    files: BTreeMap<String, String>,
    /// The linter's certificate: hashes of scripts, interface, rules and field labels on which it was judged.
    #[schema(value_type = Option<Object>)]
    certificate: Option<Value>,
}

impl From<plugin::Model> for Plugin {
    fn from(row: plugin::Model) -> Self {
        Self {
            id: row.id,
            title: row.title,
            summary: row.summary,
            version: row.version,
            enabled: row.enabled,
            settings: row.settings.0,
            installed_at: Instant::from_millis(row.installed_at),
            left_out: None,
        }
    }
}

impl Plugin {
    /// The plugin with what is known of it here and now.
    fn on(self, app: &App) -> Self {
        let left_out = app.plugins().left_out(&self.id).filter(|_| self.enabled).map(str::to_owned);
        Self { left_out, ..self }
    }
}

impl From<plugin::Model> for Tagged<Plugin> {
    fn from(row: plugin::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

impl From<script_version::Model> for PluginVersion {
    fn from(row: script_version::Model) -> Self {
        let created_at = Instant::from_millis(row.created_at);
        let verdict = verdict_of(&row);
        let verdict = verdict.map(|(rules, of_this_release)| PluginVerdict { accepted: true, rules, of_this_release });
        let created_by_id = row.created_by_id;
        Self {
            id: row.id,
            number: row.number,
            plugin_id: row.plugin_id,
            version: row.version,
            hash: row.hash,
            created_at,
            created_by_id,
            verdict,
        }
    }
}

impl PluginVersion {
    /// The version as somebody in this role sees it: who installed it is for those who watch over automation.
    fn for_reader(self, role: Role) -> Self {
        match role {
            Role::Admin | Role::Auditor => self,
            Role::Rep | Role::Manager | Role::Partner => Self { created_by_id: None, ..self },
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_plugins)
        .service(install_plugin)
        .service(restore_plugin)
        .service(read_plugin)
        .service(set_plugin)
        .service(enable_plugin)
        .service(disable_plugin);
    config.service(list_plugin_versions).service(read_plugin_version);
}

/// List plugins
///
/// All of them, by id. For everybody inside the company.
#[utoipa::path(tag = "plugins", params(Fields), responses((status = 200, description = "The plugins", body = Page<Plugin>)))]
#[get("/plugins")]
async fn list_plugins(app: web::Data<App>, _: may::ReadPlugins) -> Result<Page<Plugin>, Problem> {
    let rows = store::all(app.store.read()).await?;
    Ok(Page { items: rows.into_iter().map(|row| Plugin::from(row).on(&app)).collect(), next_cursor: None })
}

/// Install a plugin
///
/// Or a new version of one that is installed. The linter judges it together with all others, and it must compile; nothing is installed otherwise.
/// What it may read and do must be agreed to, by the word that `POST /plugin-previews` gives; a version that wants no more than the installed one needs none.
/// A new plugin is on, so what it would do at once is counted first, and so is what a new version of a plugin that is on would do beyond the installed one; above a
/// bound this must be confirmed with `confirm`. For admins.
#[utoipa::path(
    tag = "plugins",
    params(ConsentParams, Confirmed),
    request_body(content((NewPlugin = "application/json"), (Vec<u8> = "application/gzip")), description = "The plugin's files, or an archive that `pact plugin pack` made"),
    responses(
        (status = 201, description = "The plugin, in this version", body = Plugin),
        (status = 409, description = "Nobody agreed to what it asks for, nobody confirmed what it would do at once, or it needs other plugins"),
    ),
)]
#[post("/plugins")]
async fn install_plugin(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    params: web::Query<ConsentParams>,
    confirmed: web::Query<Confirmed>,
    plugin: PluginSent,
) -> Result<Created<Plugin>, Problem> {
    let consent = plugin.consent.or(params.into_inner().consent);
    let row = ops::send_plugin(&app, &caller.actor(), plugin.sent, consent, confirmed.confirm).await?;
    let location = format!("/api/v1/plugins/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Bring a plugin back to an earlier version
///
/// With the modules that it imported then. It is judged again, since the policy may have changed, and becomes the newest version. For admins.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says"), Confirmed),
    request_body = PluginRestore,
    responses(
        (status = 200, description = "The plugin, in that version", body = Plugin),
        (status = 409, description = "It would do much at once, and that is not confirmed"),
    ),
)]
#[post("/plugins/{id}/restore")]
async fn restore_plugin(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<String>,
    confirmed: web::Query<Confirmed>,
    Body(PluginRestore { version_id }): Body<PluginRestore>,
) -> Result<Tagged<Plugin>, Problem> {
    Ok(ops::restore_plugin(&app, &caller.actor(), &id, version_id, confirmed.confirm).await?.into())
}

/// Show a plugin
///
/// For everybody inside the company.
#[utoipa::path(tag = "plugins", params(("id" = String, Path, description = "The plugin's id, as its manifest says"), Fields), responses((status = 200, description = "The plugin", body = Plugin)))]
#[get("/plugins/{id}")]
async fn read_plugin(app: web::Data<App>, _: may::ReadPlugins, id: web::Path<String>) -> Result<Tagged<Plugin>, Problem> {
    let Tagged { revision, record } = record::get::<plugin::Model>(app.store.read(), id.into_inner()).await?.into();
    Ok(Tagged::new(revision, Plugin::on(record, &app)))
}

/// Set a plugin
///
/// What its manifest offers, in the form that it states. Each change is kept, and can be brought back. What a plugin that is on would do at once beyond what it would do
/// anyway is counted first; above a bound this must be confirmed with `confirm`. For admins.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says"), IfMatch, Confirmed),
    request_body = PluginChange,
    responses(
        (status = 200, description = "The plugin as it is now", body = Plugin),
        (status = 409, description = "It would do much at once, and that is not confirmed"),
    ),
)]
#[patch("/plugins/{id}")]
async fn set_plugin(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<String>,
    IfMatch(revision): IfMatch,
    confirmed: web::Query<Confirmed>,
    Body(PluginChange { settings }): Body<PluginChange>,
) -> Result<Tagged<Plugin>, Problem> {
    let command = SetPlugin { id: id.into_inner(), revision, settings, confirm: confirmed.confirm };
    Ok(ops::set_plugin(&app, &caller.actor(), command).await?.into())
}

/// Switch a plugin on
///
/// Its scripts are called from now on. What it would do at once is counted first; above a bound this must be confirmed with `confirm`. For admins.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says"), IfMatch, Confirmed),
    responses(
        (status = 200, description = "The plugin, on", body = Plugin),
        (status = 409, description = "It would do much at once, and that is not confirmed"),
    ),
)]
#[post("/plugins/{id}/enable")]
async fn enable_plugin(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<String>,
    IfMatch(revision): IfMatch,
    confirmed: web::Query<Confirmed>,
) -> Result<Tagged<Plugin>, Problem> {
    Ok(enable(&app, &caller.actor(), id.into_inner(), revision, confirmed.confirm).await?.into())
}

/// Switch a plugin off
///
/// Nothing calls its scripts; its fields and their values stay. For admins.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says"), IfMatch),
    responses((status = 200, description = "The plugin, off", body = Plugin)),
)]
#[post("/plugins/{id}/disable")]
async fn disable_plugin(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<String>,
    IfMatch(revision): IfMatch,
) -> Result<Tagged<Plugin>, Problem> {
    Ok(ops::switch_plugin(&app, &caller.actor(), id.into_inner(), revision, false).await?.into())
}

/// List the versions of a plugin
///
/// Newest first, 200 at most. For everybody inside the company.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says"), Fields),
    responses((status = 200, description = "The versions", body = Page<PluginVersion>)),
)]
#[get("/plugins/{id}/versions")]
async fn list_plugin_versions(
    app: web::Data<App>,
    caller: may::ReadPlugins,
    id: web::Path<String>,
) -> Result<Page<PluginVersion>, Problem> {
    let rows = store::versions(app.store.read(), &id, MAX_VERSIONS).await?;
    if rows.is_empty() {
        // A plugin that was removed is known by its versions.
        return Err(Refusal::NotFound { what: "plugin" }.into());
    }
    let items = rows.into_iter().map(|row| PluginVersion::from(row).for_reader(caller.role)).collect();
    Ok(Page { items, next_cursor: None })
}

/// Show a version of a plugin
///
/// With its manifest and scripts, as they ran. For everybody inside the company.
#[utoipa::path(
    tag = "plugins",
    params(
        ("id" = String, Path, description = "The plugin's id, as its manifest says"),
        ("version" = Uuid, Path, description = "The version's id"),
    ),
    responses((status = 200, description = "The version", body = PluginVersionShown)),
)]
#[get("/plugins/{id}/versions/{version}")]
async fn read_plugin_version(
    app: web::Data<App>,
    caller: may::ReadPlugins,
    path: web::Path<(String, Uuid)>,
) -> Result<web::Json<PluginVersionShown>, Problem> {
    let (plugin, version) = path.into_inner();
    let found = store::version(app.store.read(), version).await?.filter(|row| row.plugin_id == plugin);
    let row = found.ok_or_else(|| {
        Problem::new(ProblemType::NotFound, "This plugin has no version with this id. Look it up in its versions.")
    })?;
    let (manifest, files) = (row.manifest.clone(), serde_json::from_value(row.files.0.clone()).map_err(Problem::internal)?);
    let certificate = row.certificate.clone().map(|certificate| certificate.0);
    Ok(web::Json(PluginVersionShown { version: PluginVersion::from(row).for_reader(caller.role), manifest, files, certificate }))
}
