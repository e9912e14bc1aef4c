//! What mail a person wants: they say it themselves. Every such mail has a link that ends it, too; see [`super::mail_page`].

use actix_web::{get, put, web};
use pact_app::App;
use pact_app::ops::mail as ops;
use pact_store::entity::mail_setting;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::body::Body;
use super::caller::{Anyone, SignedIn};
use super::problem::Problem;

/// What mail you want. What PACT has to say stands in your digests and messages in any case.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"digests": true, "pushes": false}))]
pub struct MailSettings {
    /// Your planning digests.
    digests: bool,
    /// Each lead that is pushed to you, with links to accept or decline it. Leads of an import are not mailed one by one.
    pushes: bool,
}

impl From<mail_setting::Model> for MailSettings {
    fn from(row: mail_setting::Model) -> Self {
        Self { digests: row.digests, pushes: row.pushes }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(read_mail_settings).service(set_mail_settings);
}

/// Show what mail you want
///
/// All of it, as long as you never said. For everybody, their own.
#[utoipa::path(tag = "mail", responses((status = 200, description = "What mail you want", body = MailSettings)))]
#[get("/mail-settings")]
async fn read_mail_settings(app: web::Data<App>, caller: Anyone) -> Result<web::Json<MailSettings>, Problem> {
    Ok(web::Json(ops::read_mail_settings(&app, &caller).await?.into()))
}

/// Say what mail you want
///
/// Here it holds at once, on other nodes within a minute. It also switches on again what a link in a mail ended. For everybody who is signed in, their own.
#[utoipa::path(
    tag = "mail",
    request_body = MailSettings,
    responses((status = 200, description = "What mail you want now", body = MailSettings)),
)]
#[put("/mail-settings")]
async fn set_mail_settings(
    app: web::Data<App>,
    caller: SignedIn,
    Body(MailSettings { digests, pushes }): Body<MailSettings>,
) -> Result<web::Json<MailSettings>, Problem> {
    Ok(web::Json(ops::set_mail_settings(&app, &caller, digests, pushes).await?.into()))
}
