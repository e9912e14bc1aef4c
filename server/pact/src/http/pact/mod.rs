//! The pact: what it says, its settings, who signs it, and the statement of what this system computes.

mod types;

use actix_web::{HttpResponse, get, post, web};
use pact_app::ops::pact::{self as ops, Propose, Status, Version};
use pact_app::{App, Caller, Refusal, statement};
use pact_core::role::Role;
use pact_store::entity::person;
use pact_store::record;
use utoipa_actix_web::service_config::ServiceConfig;

use super::body::Body;
use super::caller::{Anyone, SignedIn, may};
use super::problem::Problem;

pub use types::{NewPactSignature, NewPactVersion, Pact, PactSettings, PactVersion, PactVersions, StatementChoice};

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(read_statement).service(list_pact_versions).service(read_pact_version).service(propose_pact_version);
    config.service(sign_pact_version).service(withdraw_pact_signature).service(read_pact);
}

/// The pact is between the company and its people.
fn inside(caller: &Caller) -> Result<(), Problem> {
    match caller.role {
        Role::Rep | Role::Manager | Role::Admin | Role::Auditor => Ok(()),
        Role::Partner => Err(Refusal::forbidden("The pact is between the company and the people who work in it.").into()),
    }
}

/// Read the pact
///
/// The version in force, and the one that is proposed, with what it lacks. For everybody inside the company.
#[utoipa::path(tag = "pact", responses((status = 200, description = "The pact", body = Pact)))]
#[get("/pact")]
async fn read_pact(app: web::Data<App>, caller: Anyone) -> Result<web::Json<Pact>, Problem> {
    inside(&caller)?;
    let (mut in_force, mut proposed) = (None, None);
    for version in ops::versions(&app, &caller).await? {
        match version.status {
            Status::InForce => in_force = Some(version),
            Status::Proposed(_) => proposed = Some(version),
            Status::Replaced => {}
        }
    }
    let in_force = in_force.ok_or_else(|| Problem::internal("no version of the pact is in force"))?;
    Ok(web::Json(Pact { in_force: in_force.into(), proposed: proposed.map(Version::into) }))
}

/// List the versions of the pact
///
/// The newest first. For everybody inside the company.
#[utoipa::path(tag = "pact", responses((status = 200, description = "The versions", body = PactVersions)))]
#[get("/pact/versions")]
async fn list_pact_versions(app: web::Data<App>, caller: Anyone) -> Result<web::Json<PactVersions>, Problem> {
    inside(&caller)?;
    let versions = ops::versions(&app, &caller).await?;
    Ok(web::Json(PactVersions { items: versions.into_iter().map(PactVersion::from).collect() }))
}

/// Read a version of the pact
///
/// For everybody inside the company.
#[utoipa::path(
    tag = "pact",
    params(("number" = i64, Path, description = "The version's number.")),
    responses((status = 200, description = "The version", body = PactVersion)),
)]
#[get("/pact/versions/{number}")]
async fn read_pact_version(
    app: web::Data<App>,
    caller: Anyone,
    number: web::Path<i64>,
) -> Result<web::Json<PactVersion>, Problem> {
    inside(&caller)?;
    Ok(web::Json(ops::version(&app, &caller, *number).await?.into()))
}

/// Propose a version of the pact
///
/// One that is weaker in nothing is in force at once. Another waits until all who sign for staff and one who signs for management have signed, as
/// the version in force names them, and then for the time that it says. The first version names who signs, and is signed by those whom it names. What was
/// proposed before and is not in force falls away. For admins.
#[utoipa::path(tag = "pact", request_body = NewPactVersion, responses((status = 201, description = "The version", body = PactVersion)))]
#[post("/pact/versions")]
async fn propose_pact_version(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    Body(new): Body<NewPactVersion>,
) -> Result<HttpResponse, Problem> {
    let command = Propose { words: new.text, settings: new.settings.into() };
    let version = ops::propose(&app, &caller.actor(), command).await?;
    Ok(HttpResponse::Created().json(PactVersion::from(version)))
}

/// Sign a version of the pact
///
/// As yourself, signed in with your password; an API key cannot sign. Nobody else sees whether you signed, unless you sign for staff or for
/// management. For everybody inside the company.
#[utoipa::path(
    tag = "pact",
    params(("number" = i64, Path, description = "The version's number.")),
    request_body = NewPactSignature,
    responses((status = 200, description = "The version as it is now", body = PactVersion), (status = 409, description = "A later version took its place")),
)]
#[post("/pact/versions/{number}/sign")]
async fn sign_pact_version(
    app: web::Data<App>,
    caller: SignedIn,
    number: web::Path<i64>,
    Body(new): Body<NewPactSignature>,
) -> Result<web::Json<PactVersion>, Problem> {
    inside(&caller)?;
    let read = new.document.parse().map_err(|_| Refusal::invalid("document", "this is no SHA-256 in hexadecimal."))?;
    Ok(web::Json(ops::sign(&app, &caller, *number, read).await?.into()))
}

/// Withdraw your signature
///
/// A version that is in force stays so; another version can replace it. For everybody inside the company.
#[utoipa::path(
    tag = "pact",
    params(("number" = i64, Path, description = "The version's number.")),
    responses((status = 200, description = "The version as it is now", body = PactVersion)),
)]
#[post("/pact/versions/{number}/withdraw")]
async fn withdraw_pact_signature(
    app: web::Data<App>,
    caller: SignedIn,
    number: web::Path<i64>,
) -> Result<web::Json<PactVersion>, Problem> {
    inside(&caller)?;
    Ok(web::Json(ops::withdraw(&app, &caller, *number).await?.into()))
}

/// Read what this system does and does not compute
///
/// One page, made from what is installed and from the pact in force. For everybody who is signed in, also partners.
#[utoipa::path(
    tag = "pact",
    params(StatementChoice),
    responses((status = 200, description = "The statement", content(
        (String = "text/html"),
        (String = "text/plain"),
    ))),
)]
#[get("/pact/statement")]
async fn read_statement(
    app: web::Data<App>,
    caller: Anyone,
    choice: web::Query<StatementChoice>,
) -> Result<HttpResponse, Problem> {
    let StatementChoice { language, format } = choice.into_inner();
    let languages = match language {
        Some(language) => {
            let known = statement::languages()?;
            if !known.contains(&language.as_str()) {
                return Err(Problem::parameter("language", format!("there is a statement in {}.", known.join(", "))));
            }
            vec![language]
        }
        None => record::get::<person::Model>(app.store.read(), caller.person_id).await?.languages.0,
    };
    let statement = statement::make(&app, &languages).await?;
    let answer = |kind: &str, body: String| HttpResponse::Ok().content_type(kind).body(body);
    match format.as_deref() {
        None | Some("html") => Ok(answer("text/html; charset=utf-8", statement.html())),
        Some("text") => Ok(answer("text/plain; charset=utf-8", statement.text())),
        Some(_) => Err(Problem::parameter("format", "it is html or text.")),
    }
}
