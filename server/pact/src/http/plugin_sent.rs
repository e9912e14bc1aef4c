//! A plugin as it is sent, and what an installation would do: what it asks for in plain sentences, the linter's word, and what is other than now.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, get, post, web};
use pact_app::App;
use pact_app::ops::plugin_consent::Asked;
use pact_app::ops::plugin_preview::{self as ops, Difference, Preview};
use pact_app::ops::plugin_settings::{SendPlugin, Sent};
use pact_policy::Finding;
use pact_script::plugin::archive::MAX_ARCHIVE_BYTES;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body;
use super::caller::may;
use super::plugin::NewPlugin;
use super::problem::Problem;

/// The media type of an archive.
pub(super) const ARCHIVE: &str = "application/gzip";

/// A plugin that was sent: its files as JSON, or one archive.
pub(super) struct PluginSent {
    pub(super) sent: Sent,
    /// The word by which an admin agrees to what it asks for, where the body has one.
    pub(super) consent: Option<String>,
}

impl FromRequest for PluginSent {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if request.content_type().eq_ignore_ascii_case(ARCHIVE) {
            let payload = payload.take();
            return Box::pin(async move {
                let archive = body::read(payload, MAX_ARCHIVE_BYTES).await?;
                Ok(Self { sent: Sent::Archive(archive.to_vec()), consent: None })
            });
        }
        let files = body::Body::<NewPlugin>::from_request(request, payload);
        Box::pin(async move {
            let body::Body(NewPlugin { manifest, files, consent }) = files.await?;
            Ok(Self { sent: Sent::Files(SendPlugin { manifest, files }), consent })
        })
    }
}

/// What goes with an archive.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsentParams {
    /// The word of a preview, by which you agree to everything that the plugin asks for; with JSON it may stand in the body.
    pub(super) consent: Option<String>,
}

/// Between which versions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesParams {
    /// The version to compare with; the one before when it is left out.
    from: Option<Uuid>,
}

/// Something that a plugin may read or do when it is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"key": "may:transfer", "says": "Transfers leads to other owners.", "is_new": true}))]
pub struct PluginAsk {
    /// What it is, for programs.
    key: String,
    /// What it is, in a sentence.
    says: String,
    /// Whether the installed version does not ask for it.
    is_new: bool,
}

/// A plugin that another one needs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "lead-push", "range": "^1.2", "installed": "1.1.0", "lacking": "version 1.1.0 is installed"}))]
pub struct PluginRequired {
    /// Its id.
    id: String,
    /// The versions that will do.
    range: String,
    /// The version that is installed.
    installed: Option<String>,
    /// Why it will not do at present.
    lacking: Option<String>,
}

/// What an installation would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "quiet-leads", "version": "1.3.0", "title": "Quiet leads", "summary": "Shows, escalates and finally transfers quiet leads.",
    "installed_version": "1.2.0", "asks": [{"key": "may:transfer", "says": "Transfers leads to other owners.", "is_new": true}],
    "consent": "9b1f7e1d", "needs_consent": true, "requires": [], "is_accepted": true, "findings": [], "refused": null,
    "changes": "--- a/plugin.toml\n+++ b/plugin.toml\n@@ -2 +2 @@\n-version = \"1.2.0\"\n+version = \"1.3.0\"\n",
    "at_once": {"transfer": 12}, "confirm": 12
}))]
pub struct PluginPreview {
    /// The plugin's id.
    id: String,
    /// The version that would be installed.
    version: String,
    /// Its title.
    title: String,
    /// What it does.
    summary: String,
    /// The version that is installed now.
    installed_version: Option<String>,
    /// Everything that it may read and do when it is installed.
    asks: Vec<PluginAsk>,
    /// The word that says that you agree to exactly this.
    consent: String,
    /// Whether that word must be sent to install it: it asks for something new.
    needs_consent: bool,
    /// The plugins that it needs.
    requires: Vec<PluginRequired>,
    /// Whether the linter accepts it, together with everything that is installed.
    is_accepted: bool,
    /// What the linter found, as `pact lint --format json` gives it.
    #[schema(value_type = Vec<Object>)]
    findings: Vec<Finding>,
    /// Why it cannot be judged or compiled.
    refused: Option<String>,
    /// What is other than in the installed version, as a unified diff.
    changes: String,
    /// How many of each effect it would have at once, beyond those of the installed version: at its next ticks, and for leads that are quiet already.
    at_once: BTreeMap<String, u64>,
    /// The number that must be sent as `confirm` to install it; null when that is not much.
    confirm: Option<u64>,
}

/// What is other between two versions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "plugin_id": "quiet-leads", "from": "3f0b4d5e-7a8f-4f6e-9a55-0f6b7c8d9e10", "from_version": "1.2.0",
    "to": "8c1f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5", "to_version": "1.3.0", "changes": "--- a/quiet.rhai\n+++ b/quiet.rhai\n@@ -1 +1 @@\n-old\n+new\n"
}))]
pub struct PluginChanges {
    /// The plugin.
    plugin_id: String,
    /// The earlier version; null when the later one is the first.
    from: Option<Uuid>,
    /// As its manifest names it.
    from_version: Option<String>,
    /// The later version.
    to: Uuid,
    /// As its manifest names it.
    to_version: String,
    /// What is other, as a unified diff; empty when nothing is.
    changes: String,
}

impl From<Asked> for PluginAsk {
    fn from(asked: Asked) -> Self {
        Self { key: asked.ask.key, says: asked.ask.says, is_new: asked.is_new }
    }
}

impl From<Preview> for PluginPreview {
    fn from(it: Preview) -> Self {
        Self {
            id: it.id,
            version: it.version,
            title: it.title,
            summary: it.summary,
            installed_version: it.installed,
            asks: it.asked.into_iter().map(PluginAsk::from).collect(),
            consent: it.consent,
            needs_consent: it.needs_consent,
            requires: it
                .requires
                .into_iter()
                .map(|one| PluginRequired { id: one.id, range: one.range, installed: one.installed, lacking: one.lacking })
                .collect(),
            is_accepted: it.findings.is_empty() && it.refused.is_none(),
            findings: it.findings,
            refused: it.refused,
            changes: it.changes,
            at_once: it.at_once.effects,
            confirm: it.confirm,
        }
    }
}

impl From<Difference> for PluginChanges {
    fn from(it: Difference) -> Self {
        let (from, from_version) = it.from.map(|from| (from.id, from.version)).unzip();
        Self { plugin_id: it.to.plugin_id, from, from_version, to: it.to.id, to_version: it.to.version, changes: it.changes }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(preview_plugin).service(read_plugin_changes);
}

/// Preview an installation
///
/// Takes the same body as `POST /plugins`, and says what the plugin asks for, what the linter says of it together with everything that is installed, what it
/// needs, and what is other than in the installed version. Nothing is written. For admins.
#[utoipa::path(
    tag = "plugins",
    request_body(content((NewPlugin = "application/json"), (Vec<u8> = "application/gzip")), description = "The plugin's files, or an archive that `pact plugin pack` made"),
    responses((status = 200, description = "What an installation would do", body = PluginPreview)),
)]
#[post("/plugin-previews")]
async fn preview_plugin(
    app: web::Data<App>,
    _: may::ManagePlugins,
    plugin: PluginSent,
) -> Result<web::Json<PluginPreview>, Problem> {
    Ok(web::Json(ops::preview_plugin(&app, plugin.sent).await?.into()))
}

/// Show what a version changed
///
/// Against the version before it, or against any other. For everybody inside the company.
#[utoipa::path(
    tag = "plugins",
    params(
        ("id" = String, Path, description = "The plugin's id, as its manifest says"),
        ("version" = Uuid, Path, description = "The version's id"),
        ChangesParams,
    ),
    responses((status = 200, description = "What is other", body = PluginChanges)),
)]
#[get("/plugins/{id}/versions/{version}/changes")]
async fn read_plugin_changes(
    app: web::Data<App>,
    _: may::ReadPlugins,
    path: web::Path<(String, Uuid)>,
    params: web::Query<ChangesParams>,
) -> Result<web::Json<PluginChanges>, Problem> {
    let (plugin, version) = path.into_inner();
    Ok(web::Json(ops::diff_versions(&app, &plugin, version, params.from).await?.into()))
}
