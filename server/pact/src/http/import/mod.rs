//! Imports: files of leads come in, are worked off, and say what became of each row. For managers and admins.

mod types;
mod upload;

use std::fmt::Display;
use std::io;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, delete, get, post, web};
use futures_util::stream;
use pact_app::import::refused::Refused;
use pact_app::ops::import::{self as ops, StartImport, reading_of};
use pact_app::{App, Refusal};
use pact_store::entity::import;
use pact_store::import::{self as store, By};
use pact_store::{Scope, list};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub use types::{
    FieldWord, Import, ImportColumn, ImportFilter, ImportMapping, ImportMappings, ImportPreview, ImportUpload, MappingWish,
    PreviewColumn, PreviewRow, RefusedParams, RefusedRow, SavedImportMapping,
};
pub use upload::Options;
use upload::Upload;

use super::body::Body;
use super::caller::may;
use super::page::{DEFAULT_PAGE_RECORDS, List, MAX_PAGE_RECORDS, Page, PageParams};
use super::problem::Problem;

/// Refused rows that are read from the store at a time while a file of them is sent.
const ROWS_AT_A_TIME: u64 = 200;

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_imports).service(start_import).service(preview_import);
    // Before `/imports/{id}`, which would take the word for an id.
    config.service(list_import_mappings).service(save_import_mapping).service(delete_import_mapping);
    config
        .service(read_import)
        .service(list_refused_rows)
        .service(download_refused_rows)
        .service(stop_import)
        .service(resume_import);
}

/// List imports
///
/// For managers and admins.
#[utoipa::path(tag = "imports", params(PageParams, ImportFilter), responses((status = 200, description = "A page of imports", body = Page<Import>)))]
#[get("/imports")]
async fn list_imports(
    app: web::Data<App>,
    caller: may::ImportLeads,
    list: List<ImportFilter, By>,
) -> Result<Page<Import>, Problem> {
    let filter = store::Filter { status: list.filter.status };
    let page =
        list::list::<import::Model>(app.store.read(), &Scope::Staff(caller.person_id), &filter, list.sort, &list.ask).await?;
    let items = page.items.into_iter().map(Import::of).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next })
}

/// Import leads
///
/// The body is the file, CSV or NDJSON, or a browser's form with the file in the part `file`. Encoding, delimiter and the meaning of the columns are
/// found by themselves, in English, German, French, Spanish, Italian, Dutch and Portuguese; a mapping says otherwise. The answer comes when the file is
/// on disk and its first rows make sense; the rows then enter one after the other, and `GET /imports/{id}` says how far they are. For managers and admins.
#[utoipa::path(
    tag = "imports",
    params(Options),
    request_body(content((ImportUpload = "multipart/form-data"), (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/octet-stream"))),
    responses(
        (status = 201, description = "The import, which waits for its turn", body = Import),
        (status = 409, description = "Too many imports wait"),
    ),
)]
#[post("/imports")]
async fn start_import(
    app: web::Data<App>,
    caller: may::ImportLeads,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let options = upload::options_of(&request)?;
    let Upload { file, name, said, mapping } = upload::receive(&app, &request, payload.into_inner(), options).await?;
    let row = ops::start_import(&app, &caller.actor(), StartImport { name, said, mapping, file }).await?;
    let location = format!("/api/v1/imports/{}", row.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(Import::of(row)?))
}

/// Preview an import
///
/// Takes the same body as `POST /imports`, looks at its first MiB, and says how it would be read; nothing is written. For managers and admins.
#[utoipa::path(
    tag = "imports",
    params(Options),
    request_body(content((ImportUpload = "multipart/form-data"), (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/octet-stream"))),
    responses((status = 200, description = "How the file would be read", body = ImportPreview)),
)]
#[post("/imports/preview")]
async fn preview_import(
    app: web::Data<App>,
    caller: may::ImportLeads,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<web::Json<ImportPreview>, Problem> {
    let options = upload::options_of(&request)?;
    let Upload { file, said, mapping, .. } = upload::look(&app, &request, payload.into_inner(), options).await?;
    Ok(web::Json(ops::preview_import(&app, &caller.actor(), file, said, mapping).await?.into()))
}

/// Show an import
///
/// For managers and admins.
#[utoipa::path(tag = "imports", responses((status = 200, description = "The import, and how far it is", body = Import)))]
#[get("/imports/{id}")]
async fn read_import(app: web::Data<App>, _: may::ImportLeads, id: web::Path<Uuid>) -> Result<web::Json<Import>, Problem> {
    Ok(web::Json(Import::of(store::get(app.store.read(), *id).await?)?))
}

/// List refused rows
///
/// In the order of the file, each with its reason. They are kept for 30 days after the import's end. For managers and admins.
#[utoipa::path(
    tag = "imports",
    params(RefusedParams),
    responses((status = 200, description = "A page of refused rows", body = Page<RefusedRow>)),
)]
#[get("/imports/{id}/refused")]
async fn list_refused_rows(
    app: web::Data<App>,
    _: may::ImportLeads,
    id: web::Path<Uuid>,
    request: HttpRequest,
) -> Result<web::Json<Page<RefusedRow>>, Problem> {
    let params = web::Query::<RefusedParams>::extract(&request)
        .await
        .map_err(|_| Problem::parameter("limit", "it is a number from 1 to 200."))?;
    let limit = params.limit.unwrap_or(DEFAULT_PAGE_RECORDS);
    if !(1..=MAX_PAGE_RECORDS).contains(&limit) {
        return Err(Problem::parameter("limit", format!("a page has 1 to {MAX_PAGE_RECORDS} rows.")));
    }
    let after = params.cursor.as_deref().map(str::parse).transpose();
    let after = after
        .map_err(|_| Problem::parameter("cursor", "it is no next_cursor of a page. Start again without a cursor."))?
        .unwrap_or(0);
    let mut rows = ops::list_refused_rows(&app, *id, after, limit + 1).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = rows.last().filter(|_| more).map(|row| row.line.to_string());
    Ok(web::Json(Page { items: rows.into_iter().map(RefusedRow::from).collect(), next_cursor }))
}

/// Download refused rows
///
/// As CSV with the columns as they were sent, and line and reason behind them: mend the rows and send the file again. Cells that a spreadsheet would
/// compute begin with a quotation mark, which an import takes off. For managers and admins.
#[utoipa::path(
    tag = "imports",
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")),
)]
#[get("/imports/{id}/refused.csv")]
async fn download_refused_rows(app: web::Data<App>, _: may::ImportLeads, id: web::Path<Uuid>) -> Result<HttpResponse, Problem> {
    let row = store::get(app.store.read(), *id).await?;
    let (layout, plan) = reading_of(&row)?;
    let file = Refused::of(layout, plan);
    let head = file.head().map_err(Problem::internal)?;
    let (app, id) = (app.get_ref().clone(), *id);
    let rows = stream::try_unfold((file, 0), move |(file, after)| {
        let app = app.clone();
        async move {
            let rows = ops::list_refused_rows(&app, id, after, ROWS_AT_A_TIME).await.map_err(logged)?;
            let Some(last) = rows.last().map(|row| row.line) else { return Ok(None) };
            let bytes = file.rows(rows.iter().map(|row| (row.line, row.reason.as_str(), row.raw.as_str()))).map_err(logged)?;
            Ok::<_, io::Error>(Some((web::Bytes::from(bytes), (file, last))))
        }
    });
    let whole = futures_util::StreamExt::chain(stream::iter([Ok(web::Bytes::from(head))]), rows);
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"));
    answer.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"refused-{id}.csv\"")));
    Ok(answer.streaming(whole))
}

/// A reason in the middle of an answer can only be logged; the answer breaks off.
fn logged(reason: impl Display) -> io::Error {
    tracing::error!(%reason, "a file of refused rows broke off");
    io::Error::other("broken off")
}

/// Stop an import
///
/// Between two rows; what entered stays. For managers and admins.
#[utoipa::path(
    tag = "imports",
    responses((status = 200, description = "The import", body = Import), (status = 409, description = "It is at its end")),
)]
#[post("/imports/{id}/stop")]
async fn stop_import(app: web::Data<App>, caller: may::ImportLeads, id: web::Path<Uuid>) -> Result<web::Json<Import>, Problem> {
    Ok(web::Json(Import::of(ops::stop_import(&app, &caller.actor(), *id).await?)?))
}

/// Let a stopped import go on
///
/// With the row after the last one that was worked off. For managers and admins.
#[utoipa::path(
    tag = "imports",
    responses((status = 200, description = "The import", body = Import), (status = 409, description = "It was not stopped")),
)]
#[post("/imports/{id}/resume")]
async fn resume_import(app: web::Data<App>, caller: may::ImportLeads, id: web::Path<Uuid>) -> Result<web::Json<Import>, Problem> {
    Ok(web::Json(Import::of(ops::resume_import(&app, &caller.actor(), *id).await?)?))
}

/// List saved mappings
///
/// By name. For managers and admins.
#[utoipa::path(tag = "imports", responses((status = 200, description = "The saved mappings", body = ImportMappings)))]
#[get("/imports/mappings")]
async fn list_import_mappings(app: web::Data<App>, _: may::ImportLeads) -> Result<web::Json<ImportMappings>, Problem> {
    let saved = ops::list_import_mappings(&app).await?;
    Ok(web::Json(ImportMappings { items: saved.into_iter().map(SavedImportMapping::from).collect() }))
}

/// Save a mapping
///
/// Under its name, in place of another of that name. For managers and admins.
#[utoipa::path(
    tag = "imports",
    request_body = MappingWish,
    responses((status = 200, description = "The saved mapping", body = SavedImportMapping), (status = 409, description = "There are too many")),
)]
#[post("/imports/mappings")]
async fn save_import_mapping(
    app: web::Data<App>,
    caller: may::ImportLeads,
    Body(wish): Body<MappingWish>,
) -> Result<web::Json<SavedImportMapping>, Problem> {
    let saved = ops::save_import_mapping(&app, &caller.actor(), &wish.name, wish.mapping.into()).await?;
    Ok(web::Json(saved.into()))
}

/// Remove a saved mapping
///
/// Imports that used it stay as they are. For managers and admins.
#[utoipa::path(
    tag = "imports",
    params(("name" = String, Path, description = "The mapping's name", example = "Fair export")),
    responses((status = 204, description = "It is gone")),
)]
#[delete("/imports/mappings/{name}")]
async fn delete_import_mapping(
    app: web::Data<App>,
    caller: may::ImportLeads,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    ops::delete_import_mapping(&app, &caller.actor(), &name).await.map_err(|refusal: Refusal| Problem::from(refusal))?;
    Ok(HttpResponse::NoContent().finish())
}
