//! Removing plugins, and what goes with them.

use actix_web::{HttpResponse, delete, get, web};
use pact_app::App;
use pact_app::ops::plugin_removal::{self as ops, Fields as Wish, Removal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::caller::may;
use super::etag::IfMatch;
use super::problem::Problem;

/// What becomes of a plugin's custom fields.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RemovalParams {
    /// `keep`: the fields that no other plugin has stay with their values, and are yours; `remove`: they go, and their values with them.
    #[serde(rename = "fields")]
    #[param(rename = "fields")]
    what: String,
}

/// A custom field of a plugin that is to be removed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "on_record": "customer", "name": "contract_ends_on", "label": "Contract ends on", "values": 120, "stays_with": null, "cannot_stay": null
}))]
pub struct FieldAtStake {
    /// The records that have it.
    on_record: String,
    /// Its name.
    name: String,
    /// Its label.
    label: String,
    /// How many records have a value in it, which are lost if it is removed.
    values: u64,
    /// Another plugin that has the same field; it stays with that one.
    stays_with: Option<String>,
    /// Why it cannot be kept without the plugin.
    cannot_stay: Option<String>,
}

/// What removing a plugin would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"needed_by": [], "fields": [{
    "on_record": "customer", "name": "contract_ends_on", "label": "Contract ends on", "values": 120, "stays_with": null, "cannot_stay": null
}]}))]
pub struct PluginRemoval {
    /// Plugins that need it and stand in the way.
    needed_by: Vec<String>,
    /// Its custom fields.
    fields: Vec<FieldAtStake>,
}

impl From<Removal> for PluginRemoval {
    fn from(it: Removal) -> Self {
        let field = |one: ops::FieldAtStake| FieldAtStake {
            on_record: one.field.on_record,
            name: one.field.name,
            label: one.field.label,
            values: one.values,
            stays_with: one.shared_with,
            cannot_stay: one.cannot_stay,
        };
        Self { needed_by: it.needed_by.into_iter().collect(), fields: it.fields.into_iter().map(field).collect() }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(preview_plugin_removal).service(remove_plugin);
}

/// Preview the removal of a plugin
///
/// Who needs it, and how many values its custom fields have. Nothing is written. For admins.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says")),
    responses((status = 200, description = "What removing it would do", body = PluginRemoval)),
)]
#[get("/plugins/{id}/removal")]
async fn preview_plugin_removal(
    app: web::Data<App>,
    _: may::ManagePlugins,
    id: web::Path<String>,
) -> Result<web::Json<PluginRemoval>, Problem> {
    Ok(web::Json(ops::preview_removal(&app, &id).await?.into()))
}

/// Remove a plugin
///
/// Nothing calls it any more; its settings, views and schedules go with it. Its versions and runs stay, since they say what happened. What scripts stored
/// in a field cannot be kept where it shows acts of members of staff, because without the scripts nobody could tell any more. For admins.
#[utoipa::path(
    tag = "plugins",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says"), RemovalParams, IfMatch),
    responses(
        (status = 204, description = "It is removed"),
        (status = 409, description = "Other plugins need it, or a field cannot be kept"),
    ),
)]
#[delete("/plugins/{id}")]
async fn remove_plugin(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<String>,
    params: web::Query<RemovalParams>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    let wish = match params.what.as_str() {
        "keep" => Wish::Keep,
        "remove" => Wish::Remove,
        _ => return Err(Problem::parameter("fields", "it is one of keep, remove.")),
    };
    ops::remove_plugin(&app, &caller.actor(), id.into_inner(), revision, wish).await?;
    Ok(HttpResponse::NoContent().finish())
}
