//! What lies in the folder of plugins and is not installed: it waits for an admin, or cannot be installed.

use actix_web::{get, post, web};
use pact_app::App;
use pact_app::ops::plugin_arrival::{self as ops, Arrival};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::body::Body;
use super::caller::may;
use super::etag::Tagged;
use super::page::Page;
use super::plugin::{Confirmed, Plugin};
use super::plugin_sent::PluginAsk;
use super::problem::Problem;

/// Something that lies in the folder of plugins and is not installed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "quiet-leads", "plugin_id": "quiet-leads", "version": "1.3.0", "state": "waits",
    "why": "The plugin quiet-leads asks for one thing to which nobody agreed.",
    "asks": [{"key": "may:transfer", "says": "Transfers leads to other owners.", "is_new": true}], "consent": "9b1f7e1d"
}))]
pub struct PluginArrival {
    /// The name of its folder or file.
    name: String,
    /// The plugin's id, as its manifest says; null when that cannot be read.
    plugin_id: Option<String>,
    /// The version.
    version: Option<String>,
    /// `waits` for an admin, or `refused`.
    state: String,
    /// Why it is not installed.
    why: String,
    /// What it asks for, when it waits.
    asks: Vec<PluginAsk>,
    /// The word that says that you agree to exactly this.
    consent: Option<String>,
}

/// Consent to what a plugin asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"consent": "9b1f7e1d"}))]
pub struct PluginConsent {
    /// The word by which you agree to everything that it asks for.
    consent: Option<String>,
}

impl From<Arrival> for PluginArrival {
    fn from(it: Arrival) -> Self {
        let Arrival { row, asked, consent } = it;
        Self {
            name: row.name,
            plugin_id: row.plugin_id,
            version: row.version,
            state: row.state,
            why: row.why,
            asks: asked.into_iter().map(PluginAsk::from).collect(),
            consent,
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_plugin_arrivals).service(install_plugin_arrival);
}

/// List plugins that wait
///
/// What lies in the folder of plugins and is not installed as it lies there, with what it asks for, or why it cannot be installed. For admins and auditors.
#[utoipa::path(tag = "plugins", responses((status = 200, description = "What arrived", body = Page<PluginArrival>)))]
#[get("/plugin-arrivals")]
async fn list_plugin_arrivals(app: web::Data<App>, _: may::ReadRuns) -> Result<Page<PluginArrival>, Problem> {
    let items = ops::list_arrivals(&app).await?.into_iter().map(PluginArrival::from).collect();
    Ok(Page { items, next_cursor: None })
}

/// Install a plugin that waits
///
/// As it was when it was listed, whatever lies in the folder by now. For admins.
#[utoipa::path(
    tag = "plugins",
    params(("name" = String, Path, description = "The name of its folder or file"), Confirmed),
    request_body = PluginConsent,
    responses(
        (status = 200, description = "The plugin, installed", body = Plugin),
        (status = 409, description = "Nobody agreed to what it asks for, nobody confirmed what it would do at once, or it needs other plugins"),
    ),
)]
#[post("/plugin-arrivals/{name}/install")]
async fn install_plugin_arrival(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    name: web::Path<String>,
    confirmed: web::Query<Confirmed>,
    Body(PluginConsent { consent }): Body<PluginConsent>,
) -> Result<Tagged<Plugin>, Problem> {
    Ok(ops::install_arrival(&app, &caller.actor(), &name, consent, confirmed.confirm).await?.into())
}
