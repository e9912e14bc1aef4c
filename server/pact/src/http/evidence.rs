//! The audit log, for auditors: entries with their proofs, checkpoints, tiles, the evidence file, and what witnesses sign.
//!
//! Tools for transparency logs find what they know below `/api/v1/evidence`: `checkpoint`, `tile/…` and `tile/entries/…` (C2SP tlog-tiles).

use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use futures_util::stream;
use pact_app::App;
use pact_app::evidence::{checking, export, reading, signing};
use pact_core::time::Instant;
use pact_evidence::Hash;
use pact_evidence::tile::Place;
use pact_store::entity::evidence_entry;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::body::Body;
use super::caller::may;
use super::problem::{Problem, ProblemType};

/// Entries on a page when the caller does not say.
const DEFAULT_ENTRIES: u64 = 100;
/// Parts of the evidence file that may wait for a slow reader.
const PARTS_WAITING: usize = 4;
/// A tile never changes once it is full; who may read it is asked anew each time all the same.
const BYTES: &str = "application/octet-stream";
/// Notes are text.
const TEXT: &str = "text/plain; charset=utf-8";

/// How the audit log is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "origin": "pact/6f7a4b0e-3d1c-4f5a-9b8e-2c1d0e9f8a7b", "size": 214,
    "key": "pact/6f7a4b0e-3d1c-4f5a-9b8e-2c1d0e9f8a7b+1d2c3b4a+AeE…", "witnesses": [],
    "checked_at": "2026-11-24T10:10:00.000Z", "faults": []
}))]
pub struct EvidenceState {
    /// The log's name, which every checkpoint repeats.
    origin: String,
    /// How many entries the newest checkpoint covers.
    size: u64,
    /// The key that signs, for `pact audit verify --key`. Get it once, by another way than this server, and keep it.
    key: Option<String>,
    /// The keys of witnesses that may cosign.
    witnesses: Vec<String>,
    /// When this server checked the stored log last.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Instant>,
    /// What it found; nothing when the stored log is the one that was written.
    faults: Vec<String>,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "index": 12, "entry": {"index": 12, "at": "2026-11-24T10:10:00.000Z", "by": {"kind": "system"}, "act": {"type": "plugin_switched", "plugin": "lead-push", "enabled": true}},
    "body": "{\"index\":12,…}", "leaf": "9f0c…"
}))]
pub struct EvidenceEntry {
    /// Its place in the log, from 0.
    index: i64,
    /// What it says.
    #[schema(value_type = Object)]
    entry: Value,
    /// The same byte for byte, as it is hashed.
    body: String,
    /// Its hash as a leaf (RFC 6962), in hexadecimal.
    leaf: String,
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [], "next": 100}))]
pub struct EvidencePage {
    /// The entries, in their order.
    items: Vec<EvidenceEntry>,
    /// The `from` of the next page; null on the last one.
    next: Option<i64>,
}

/// An entry, and the proof that the newest checkpoint covers it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"entry": {"index": 12, "entry": {}, "body": "{…}", "leaf": "9f0c…"}, "size": 214, "proof": ["5f08…"], "checkpoint": "pact/…\n214\n…"}))]
pub struct EvidenceProof {
    /// The entry.
    entry: EvidenceEntry,
    /// How many entries the checkpoint covers.
    size: u64,
    /// The hashes from the leaf to the root (RFC 9162 §2.1.3), in hexadecimal.
    #[schema(value_type = Vec<String>)]
    proof: Vec<Hash>,
    /// The checkpoint, as a signed note.
    checkpoint: String,
}

/// The proof that a longer log begins with a shorter one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"from": 100, "to": 214, "proof": ["5f08…"]}))]
pub struct EvidenceConsistency {
    /// Entries of the shorter one.
    from: u64,
    /// Entries of the longer one.
    to: u64,
    /// The hashes (RFC 9162 §2.1.4), in hexadecimal.
    #[schema(value_type = Vec<String>)]
    proof: Vec<Hash>,
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvidenceFilter {
    /// Only this kind of act, such as `plugin_refused`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The first entry, from 0.
    #[param(default = 0)]
    from: Option<u64>,
    /// How many entries the page has at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u64>,
}

/// Which two sizes of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvidenceSizes {
    /// Entries of the shorter log.
    from: u64,
    /// Entries of the longer log.
    to: u64,
}

/// A witness's signature.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"size": 214, "signature": "— works-council jWbPPwAAAABkGFDL…"}))]
pub struct NewCosignature {
    /// How many entries the checkpoint covers.
    size: u64,
    /// The line of the signature (C2SP tlog-cosignature, version 1).
    #[schema(min_length = 1, max_length = 1000)]
    signature: String,
}

/// A witness that may cosign.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "works-council+8d66cf3f+BPc2…"}))]
pub struct Witness {
    /// Its key, as `pact audit witness-key` prints it.
    #[schema(min_length = 1, max_length = 500)]
    key: String,
}

impl From<evidence_entry::Model> for EvidenceEntry {
    fn from(row: evidence_entry::Model) -> Self {
        let entry = serde_json::from_str(&row.body).unwrap_or_default();
        Self { index: row.number, entry, body: row.body, leaf: row.leaf }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(read_evidence_state).service(list_evidence).service(read_evidence).service(read_consistency);
    config.service(read_checkpoint).service(read_entry_bundle).service(read_tile).service(read_evidence_file);
    config.service(register_witness).service(cosign_checkpoint).service(check_evidence);
}

/// Show how the audit log is
///
/// Its name, its key, its witnesses, and what the last self-check found. For auditors.
#[utoipa::path(tag = "evidence", responses((status = 200, description = "The audit log", body = EvidenceState)))]
#[get("/evidence/state")]
async fn read_evidence_state(app: web::Data<App>, _: may::ReadAuditLog) -> Result<web::Json<EvidenceState>, Problem> {
    Ok(web::Json(state(&app).await?))
}

/// Check the stored audit log now
///
/// Every entry is read and hashed, and compared with what was kept and signed. It is done every hour by itself. For auditors.
#[utoipa::path(tag = "evidence", responses((status = 200, description = "The audit log, with what was found", body = EvidenceState)))]
#[post("/evidence/check")]
async fn check_evidence(app: web::Data<App>, _: may::ReadAuditLog) -> Result<web::Json<EvidenceState>, Problem> {
    checking::check(&app).await?;
    Ok(web::Json(state(&app).await?))
}

async fn state(app: &App) -> Result<EvidenceState, Problem> {
    let (_, checkpoint) = reading::newest(app).await?;
    let key = signing::verifier(app).await?.map(|key| key.to_string());
    let witnesses = signing::witnesses(app).await?.iter().map(ToString::to_string).collect();
    let checked = app.evidence.checked.load_full();
    Ok(EvidenceState {
        origin: checkpoint.origin,
        size: checkpoint.size,
        key,
        witnesses,
        checked_at: checked.as_ref().map(|checked| checked.at),
        faults: checked.map(|checked| checked.faults.clone()).unwrap_or_default(),
    })
}

/// List the audit log
///
/// Policy acts in their order: verdicts, installations, fields, roles, keys, exports, openings of security records. No act of daily work is in it, and people stand in it under
/// pseudonyms, another one in each entry. For auditors.
#[utoipa::path(tag = "evidence", params(EvidenceFilter), responses((status = 200, description = "A page of the log", body = EvidencePage)))]
#[get("/evidence/entries")]
async fn list_evidence(
    app: web::Data<App>,
    _: may::ReadAuditLog,
    filter: web::Query<EvidenceFilter>,
) -> Result<web::Json<EvidencePage>, Problem> {
    let EvidenceFilter { kind, from, limit } = filter.into_inner();
    let limit = limit.unwrap_or(DEFAULT_ENTRIES);
    if !(1..=reading::MAX_ENTRIES).contains(&limit) {
        return Err(Problem::parameter("limit", format!("a page has 1 to {} entries.", reading::MAX_ENTRIES)));
    }
    let rows = reading::entries(&app, kind.as_deref(), from.unwrap_or(0), limit).await?;
    let next = rows.last().filter(|_| rows.len() as u64 == limit).map(|last| last.number + 1);
    Ok(web::Json(EvidencePage { items: rows.into_iter().map(EvidenceEntry::from).collect(), next }))
}

/// Show an entry of the audit log, with its proof
///
/// The proof shows that the newest checkpoint covers the entry. For auditors.
#[utoipa::path(
    tag = "evidence",
    params(("index" = u64, Path, description = "Its place in the log, from 0.")),
    responses((status = 200, description = "The entry and its proof", body = EvidenceProof)),
)]
#[get("/evidence/entries/{index}")]
async fn read_evidence(
    app: web::Data<App>,
    _: may::ReadAuditLog,
    index: web::Path<u64>,
) -> Result<web::Json<EvidenceProof>, Problem> {
    let reading::Proven { entry, size, proof, checkpoint } = reading::entry(&app, *index).await?;
    Ok(web::Json(EvidenceProof { entry: entry.into(), size, proof, checkpoint }))
}

/// Prove that the audit log continues what it was
///
/// The proof shows that the log with `to` entries begins with the log with `from` entries: nothing was changed or taken away. For auditors.
#[utoipa::path(
    tag = "evidence",
    params(EvidenceSizes),
    responses((status = 200, description = "The proof", body = EvidenceConsistency)),
)]
#[get("/evidence/consistency")]
async fn read_consistency(
    app: web::Data<App>,
    _: may::ReadAuditLog,
    sizes: web::Query<EvidenceSizes>,
) -> Result<web::Json<EvidenceConsistency>, Problem> {
    let EvidenceSizes { from, to } = sizes.into_inner();
    let proof = reading::consistency(&app, from, to).await?;
    Ok(web::Json(EvidenceConsistency { from, to, proof }))
}

/// Show the newest checkpoint of the audit log
///
/// A signed note (C2SP tlog-checkpoint): the log's name, how many entries it has, the root over them, and signatures. Keep it: `pact audit verify
/// --since` finds with it whether a later log continues this one. For auditors.
#[utoipa::path(
    tag = "evidence",
    responses((status = 200, description = "The checkpoint", body = String, content_type = "text/plain")),
)]
#[get("/evidence/checkpoint")]
async fn read_checkpoint(app: web::Data<App>, _: may::ReadAuditLog) -> Result<HttpResponse, Problem> {
    let (note, _) = reading::newest(&app).await?;
    Ok(HttpResponse::Ok().content_type(TEXT).body(note))
}

/// Get a tile of the audit log's tree
///
/// Up to 256 hashes (C2SP tlog-tiles): `tile/LEVEL/NUMBER`, and `.p/WIDTH` for one that is not full. For auditors.
#[utoipa::path(
    tag = "evidence",
    params(
        ("level" = u8, Path, description = "The level: 0 for the hashes of entries."),
        ("tile" = String, Path, description = "The tile's number as C2SP writes it, such as `x001/234` or `067.p/17`."),
    ),
    responses((status = 200, description = "The hashes, one after the other", body = String, content_type = "application/octet-stream")),
)]
#[get("/evidence/tile/{level}/{tile:.*}")]
async fn read_tile(app: web::Data<App>, _: may::ReadAuditLog, path: web::Path<(u8, String)>) -> Result<HttpResponse, Problem> {
    let (level, tile) = path.into_inner();
    let bytes = reading::tile(&app, level, place(&tile)?).await?;
    Ok(HttpResponse::Ok().content_type(BYTES).body(bytes))
}

/// Get a bundle of the audit log's entries
///
/// Up to 256 entries, each with its length before it (C2SP tlog-tiles): `tile/entries/NUMBER`, and `.p/WIDTH` for one that is not full. For auditors.
#[utoipa::path(
    tag = "evidence",
    params(("tile" = String, Path, description = "The bundle's number as C2SP writes it, such as `x001/234` or `067.p/17`.")),
    responses((status = 200, description = "The entries", body = String, content_type = "application/octet-stream")),
)]
#[get("/evidence/tile/entries/{tile:.*}")]
async fn read_entry_bundle(app: web::Data<App>, _: may::ReadAuditLog, tile: web::Path<String>) -> Result<HttpResponse, Problem> {
    let bytes = reading::bundle(&app, place(&tile)?).await?;
    Ok(HttpResponse::Ok().content_type(BYTES).body(bytes))
}

fn place(path: &str) -> Result<Place, Problem> {
    Place::of_path(path).ok_or_else(|| {
        Problem::parameter("tile", "this is no tile. Write its number in groups of three digits: 067, x001/234, 067.p/17.")
    })
}

/// Take the evidence home
///
/// One file with all entries, checkpoints, and the sources that were judged, which `pact audit verify` checks without this server. That it was taken
/// is an entry of the log. For auditors.
#[utoipa::path(
    tag = "evidence",
    responses((status = 200, description = "The evidence file", body = String, content_type = "text/plain")),
)]
#[get("/evidence/file")]
async fn read_evidence_file(app: web::Data<App>, caller: may::ReadAuditLog) -> Result<HttpResponse, Problem> {
    let (parts, mut written) = mpsc::channel(PARTS_WAITING);
    let (app, actor) = (app.get_ref().clone(), caller.actor());
    tokio::spawn(async move {
        // The reader notices: the last line is missing.
        if let Err(error) = export::export(&app, &actor, &parts).await {
            tracing::error!(%error, "an evidence file was cut off");
        }
    });
    let first = written.recv().await.ok_or_else(|| Problem::new(ProblemType::Internal, "The evidence cannot be read."))?;
    let rest = stream::unfold(written, async |mut written| written.recv().await.map(|part| (part, written)));
    let parts = futures_util::StreamExt::chain(stream::iter([first]), rest);
    let bytes = futures_util::StreamExt::map(parts, |part: String| Ok::<_, std::io::Error>(web::Bytes::from(part)));
    let name = "attachment; filename=\"pact.evidence\"";
    Ok(HttpResponse::Ok().content_type(TEXT).insert_header((header::CONTENT_DISPOSITION, name)).streaming(Box::pin(bytes)))
}

/// Register a witness
///
/// Somebody outside whose key may cosign checkpoints, such as the works council: who sees the same checkpoints as they do sees the same log. For auditors.
#[utoipa::path(
    tag = "evidence",
    request_body = Witness,
    responses((status = 201, description = "The witness", body = Witness), (status = 409, description = "It is registered already")),
)]
#[post("/evidence/witnesses")]
async fn register_witness(
    app: web::Data<App>,
    caller: may::ReadAuditLog,
    Body(new): Body<Witness>,
) -> Result<HttpResponse, Problem> {
    let key = signing::register_witness(&app, &caller.actor(), &new.key).await?;
    Ok(HttpResponse::Created().json(Witness { key: key.to_string() }))
}

/// Add a witness's signature to a checkpoint
///
/// The witness fetches the checkpoint, compares it with the one that it saw before (`/evidence/consistency`), and posts its signature
/// (`pact audit cosign` does all three). Whoever has the checkpoint then sees that the witness saw it. For auditors, and with an API key of
/// theirs of the scope `audit_read`.
#[utoipa::path(
    tag = "evidence",
    request_body = NewCosignature,
    responses((status = 200, description = "The checkpoint with all signatures", body = String, content_type = "text/plain")),
)]
#[post("/evidence/cosignatures")]
async fn cosign_checkpoint(
    app: web::Data<App>,
    _: may::ReadAuditLog,
    Body(new): Body<NewCosignature>,
) -> Result<HttpResponse, Problem> {
    let row = signing::cosign(&app, new.size, &new.signature).await?;
    Ok(HttpResponse::Ok().content_type(TEXT).body(row.note))
}
