//! Security records: one's own for everybody; those of one person for an admin and an auditor together.
//!
//! No operation here takes an API key, lists records of several people, counts them, or has an order but by time.

mod types;

use actix_web::{HttpResponse, get, post, web};
use pact_app::App;
use pact_app::ops::security::{self as ops, opened, records};
use pact_store::security::By;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::SignedIn;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

pub use types::{BehindPseudonym, NewSecurityAccess, SecurityAccess, SecurityAccesses, SecurityRecord};

/// Records are narrowed by nothing: they are one person's.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NoFilter {}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_security_records);
    config.service(list_security_accesses).service(ask_security_access).service(read_security_access);
    config.service(agree_security_access).service(withdraw_security_access);
    config.service(list_opened_records).service(read_opened_name);
}

/// List your security records
///
/// When and from where somebody signed in as you, wrong passwords, a stolen session, who set your password or role, your keys; of the last 90 days.
/// Oldest first; `sort=-at` for the newest first. For everybody who signed in, their own.
#[utoipa::path(
    tag = "security",
    params(PageParams),
    responses((status = 200, description = "A page of your records", body = Page<SecurityRecord>)),
)]
#[get("/security/records")]
async fn list_security_records(
    app: web::Data<App>,
    caller: SignedIn,
    list: List<NoFilter, By>,
) -> Result<Page<SecurityRecord>, Problem> {
    Ok(records::own_records(&app, &caller, list.sort, &list.ask).await?.into())
}

/// List requests to open security records
///
/// Those in which you have a part: that you made or agreed to, that opened your own records or name, and, for admins and auditors, that wait for
/// one of your role to agree. For everybody who signed in.
#[utoipa::path(tag = "security", responses((status = 200, description = "The requests", body = SecurityAccesses)))]
#[get("/security/accesses")]
async fn list_security_accesses(app: web::Data<App>, caller: SignedIn) -> Result<web::Json<SecurityAccesses>, Problem> {
    let accesses = ops::accesses(&app, &caller).await?;
    Ok(web::Json(SecurityAccesses { items: accesses.into_iter().map(SecurityAccess::from).collect() }))
}

/// Ask to open security records
///
/// Of one person over some days, or whom one pseudonym of the audit log stands for, for a stated security reason. Nothing is opened unless somebody of
/// the other of the two roles agrees. For admins and auditors who have had their role and password for seven days.
#[utoipa::path(
    tag = "security",
    request_body = NewSecurityAccess,
    responses(
        (status = 201, description = "The request", body = SecurityAccess),
        (status = 409, description = "There is one about the same, or your role or password is too new"),
    ),
)]
#[post("/security/accesses")]
async fn ask_security_access(
    app: web::Data<App>,
    caller: SignedIn,
    Body(new): Body<NewSecurityAccess>,
) -> Result<HttpResponse, Problem> {
    let access = ops::ask(&app, &caller, new.read()?).await?;
    Ok(HttpResponse::Created().json(SecurityAccess::from(access)))
}

/// Show a request to open security records
///
/// For whoever has a part in it; for everybody else there is none.
#[utoipa::path(tag = "security", responses((status = 200, description = "The request", body = SecurityAccess)))]
#[get("/security/accesses/{id}")]
async fn read_security_access(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<Uuid>,
) -> Result<web::Json<SecurityAccess>, Problem> {
    Ok(web::Json(ops::access(&app, &caller, *id).await?.into()))
}

/// Agree to open security records
///
/// As an auditor to what an admin asked, or as an admin to what an auditor asked. The person concerned is told in the same moment, and the two may
/// read for a day. Every step is in the audit log.
#[utoipa::path(
    tag = "security",
    responses(
        (status = 200, description = "It is open", body = SecurityAccess),
        (status = 409, description = "It does not wait, or your role or password is too new"),
    ),
)]
#[post("/security/accesses/{id}/agree")]
async fn agree_security_access(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<Uuid>,
) -> Result<web::Json<SecurityAccess>, Problem> {
    Ok(web::Json(ops::agree(&app, &caller, *id).await?.into()))
}

/// Withdraw or decline a request to open security records
///
/// Either of the two closes what they opened; whoever may agree may decline.
#[utoipa::path(
    tag = "security",
    responses((status = 204, description = "It is closed"), (status = 409, description = "It was over already")),
)]
#[post("/security/accesses/{id}/withdraw")]
async fn withdraw_security_access(app: web::Data<App>, caller: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Problem> {
    ops::withdraw(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Read the security records that were opened
///
/// Of that person and those days, from before it was agreed. For the two, while it is open; that each read them is in the audit log.
#[utoipa::path(
    tag = "security",
    params(PageParams),
    responses((status = 200, description = "A page of the records", body = Page<SecurityRecord>), (status = 409, description = "It is not open")),
)]
#[get("/security/accesses/{id}/records")]
async fn list_opened_records(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<Uuid>,
    list: List<NoFilter, By>,
) -> Result<Page<SecurityRecord>, Problem> {
    Ok(opened::records(&app, &caller, *id, list.sort, &list.ask).await?.into())
}

/// Read whom an opened pseudonym stands for
///
/// With what shows that it is so. For the two, while it is open; that each read it is in the audit log.
#[utoipa::path(
    tag = "security",
    responses((status = 200, description = "The person", body = BehindPseudonym), (status = 409, description = "It is not open")),
)]
#[get("/security/accesses/{id}/name")]
async fn read_opened_name(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<Uuid>,
) -> Result<web::Json<BehindPseudonym>, Problem> {
    Ok(web::Json(opened::behind(&app, &caller, *id).await?.into()))
}
