//! Custom fields, and the values that records have in them.

mod values;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use pact_app::App;
use pact_app::ops::field::{self as ops, ChangeField, DefineField, OnRecord};
use pact_core::time::Instant;
use pact_store::entity::custom_field;
use pact_store::record;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::change;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::page::Page;
use super::problem::Problem;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A field that a plugin or an admin adds to records.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0d7f5a51-5c0d-4b53-93b1-64f0c6b0a110", "on_record": "customer", "name": "contract_ends_on", "label": "Contract ends on", "type": "day",
    "helps": "sale", "because": "Renewal talks start ninety days before.", "about": "customer", "help": null, "options": [], "required": false,
    "kind": null, "formula": null, "plugin_id": null, "default": null, "read_by": [], "write_by": [], "failure": null, "removed_at": null, "kept_until": null
}))]
pub struct Field {
    /// Its id.
    id: Uuid,
    /// The records that have it: `customer`, `contact`, `lead`, `plan` or `person`.
    on_record: String,
    /// Its name in scripts.
    name: String,
    /// Its label on screens.
    label: String,
    /// Its type: `text`, `long_text`, `number`, `money`, `day`, `choice`, `many_choices`, `yes_no`, `link` or `formula`.
    #[serde(rename = "type")]
    field_type: String,
    /// Whom it helps: `sale`, `customer` or `rep`.
    helps: String,
    /// How it helps.
    because: String,
    /// Whose act it is about, where words are two-sided.
    about: Option<String>,
    /// An explanation.
    help: Option<String>,
    /// What can be chosen.
    options: Vec<String>,
    /// Whether a record must have it.
    required: bool,
    /// What a figure on a person is: `outcome` or `job`.
    kind: Option<String>,
    /// The expression of a formula.
    formula: Option<String>,
    /// The plugin that defines it; null when an admin does.
    plugin_id: Option<String>,
    /// What a new record has in it.
    #[schema(value_type = Object, nullable)]
    default: Value,
    /// The roles that read it; none for everybody who may read the record.
    read_by: Vec<String>,
    /// The roles that write it; none for everybody who may change the record.
    write_by: Vec<String>,
    /// Why a formula gave a record no value, since it was defined.
    failure: Option<String>,
    /// When it was removed, or another type took its place.
    #[schema(value_type = Option<String>, format = DateTime)]
    removed_at: Option<Instant>,
    /// Until when what was removed can be restored.
    #[schema(value_type = Option<String>, format = DateTime)]
    kept_until: Option<Instant>,
}

/// A field that is to be defined.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "on_record": "customer", "name": "contract_ends_on", "label": "Contract ends on", "type": "day", "helps": "sale",
    "because": "Renewal talks start ninety days before.", "about": "customer"
}))]
pub struct NewField {
    /// The records that have it: `customer`, `contact`, `lead`, `plan` or `person`.
    #[schema(max_length = 20)]
    on_record: String,
    /// Its name in scripts: letters, digits and `_`.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// Its label on screens.
    #[schema(min_length = 1, max_length = 200)]
    label: String,
    /// Its type: `text`, `long_text`, `number`, `money`, `day`, `choice`, `many_choices`, `yes_no`, `link` or `formula`.
    #[serde(rename = "type")]
    #[schema(max_length = 20)]
    field_type: String,
    /// Whom it helps: `sale`, `customer` or `rep`.
    #[schema(max_length = 20)]
    helps: String,
    /// How it helps.
    #[schema(min_length = 1, max_length = 500)]
    because: String,
    /// Whose act it is about, where words are two-sided.
    #[schema(max_length = 80)]
    about: Option<String>,
    /// An explanation.
    #[schema(max_length = 20000)]
    help: Option<String>,
    /// What can be chosen.
    #[serde(default)]
    #[schema(max_items = 200)]
    options: Vec<String>,
    /// Whether a record must have it.
    #[serde(default)]
    required: bool,
    /// What a figure on a person is: `outcome` or `job`.
    #[schema(max_length = 20)]
    kind: Option<String>,
    /// The expression of a formula over `record`.
    #[schema(max_length = 20000)]
    formula: Option<String>,
    /// What a new record has in it, as a value of its type.
    #[schema(value_type = Option<Object>)]
    default: Option<Value>,
    /// The roles that read it; none for everybody who may read the record.
    #[serde(default)]
    #[schema(max_items = 4)]
    read_by: Vec<String>,
    /// The roles that write it; none for everybody who may change the record.
    #[serde(default)]
    #[schema(max_items = 4)]
    write_by: Vec<String>,
}

/// What is to be changed on a field: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"label": "Contract ends", "help": "The day on which the present contract runs out."}))]
pub struct FieldChange {
    /// Its label on screens.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    label: Option<String>,
    /// How it helps.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 500)]
    because: Option<String>,
    /// An explanation.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    help: Option<Option<String>>,
    /// What can be chosen, all of it.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 200)]
    options: Option<Vec<String>>,
    /// Whether a record must have it.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    required: Option<bool>,
    /// Its type. Values that the new type takes are taken over; all are kept, and can be restored with the old type.
    #[serde(rename = "type", default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_length = 20)]
    field_type: Option<String>,
    /// The expression of a formula over `record`; it is computed anew for all records.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    formula: Option<Option<String>>,
    /// What a new record has in it.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Object>)]
    default: Option<Option<Value>>,
    /// The roles that read it, all of them; none for everybody who may read the record.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 4)]
    read_by: Option<Vec<String>>,
    /// The roles that write it, all of them; none for everybody who may change the record.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 4)]
    write_by: Option<Vec<String>>,
}

/// What a list of fields is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FieldFilter {
    /// Only fields on these records: `customer`, `contact`, `lead`, `plan` or `person`.
    on_record: Option<String>,
    /// Only those that were removed, or whose type was changed, and that can be restored.
    removed: Option<bool>,
    /// The fields that each record shall have, separated by commas; all of them when it is left out.
    #[param(example = "id,name")]
    #[serde(rename = "fields")]
    _fields: Option<String>,
}

impl From<custom_field::Model> for Field {
    fn from(row: custom_field::Model) -> Self {
        Self {
            id: row.id,
            default: ops::default_of(&row),
            read_by: row.read_by.0,
            write_by: row.write_by.0,
            failure: row.failure,
            removed_at: row.removed_at.map(Instant::from_millis),
            kept_until: row.removed_at.map(|at| Instant::from_millis(at + ops::KEPT_DAYS * DAY_MS)),
            on_record: row.on_record,
            name: row.removed_name.unwrap_or(row.name),
            label: row.label,
            field_type: row.field_type,
            helps: row.helps,
            because: row.because,
            about: row.about,
            help: row.help,
            options: row.options.0,
            required: row.required,
            kind: row.kind,
            formula: row.formula,
            plugin_id: row.plugin_id,
        }
    }
}

impl From<custom_field::Model> for Tagged<Field> {
    fn from(row: custom_field::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

/// The kind of record with this word.
fn on_record(word: &str) -> Option<OnRecord> {
    OnRecord::of_word(word)
}

/// What a word that is no kind of record is answered with.
fn choose() -> String {
    format!("choose from: {}.", OnRecord::ALL.map(OnRecord::as_str).join(", "))
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_fields)
        .service(define_field)
        .service(read_field)
        .service(change_field)
        .service(delete_field)
        .service(restore_field);
    config.configure(values::routes);
}

/// List custom fields
///
/// All of them: there are as many as people need, not more. For everybody inside the company.
#[utoipa::path(tag = "fields", params(FieldFilter), responses((status = 200, description = "The fields", body = Page<Field>)))]
#[get("/fields")]
async fn list_fields(app: web::Data<App>, _: may::ReadPlugins, filter: web::Query<FieldFilter>) -> Result<Page<Field>, Problem> {
    let conn = app.store.read();
    let on = match filter.on_record.as_deref() {
        None => None,
        Some(word) => Some(on_record(word).ok_or_else(|| Problem::parameter("on_record", choose()))?),
    };
    let mut rows = match filter.removed {
        Some(true) => pact_store::field::removed(conn).await?,
        Some(false) | None => pact_store::field::all(conn).await?,
    };
    rows.retain(|row| on.is_none_or(|on| row.on_record == on.as_str()));
    Ok(Page { items: rows.into_iter().map(Field::from).collect(), next_cursor: None })
}

/// Define a custom field
///
/// It says whom it helps, and how. It is judged together with everything that is installed: plugins, formulas and views; what is refused is recorded. A
/// formula is computed for all records, and kept up to date. For admins.
#[utoipa::path(
    tag = "fields",
    request_body = NewField,
    responses(
        (status = 201, description = "The field", body = Field),
        (status = 409, description = "Records of this kind have a field of this name"),
    ),
)]
#[post("/fields")]
async fn define_field(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    Body(new): Body<NewField>,
) -> Result<Created<Field>, Problem> {
    let row = ops::define_field(&app, &caller.actor(), new.command()?).await?;
    let location = format!("/api/v1/fields/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Show a custom field
///
/// For everybody inside the company.
#[utoipa::path(tag = "fields", params(Fields), responses((status = 200, description = "The field", body = Field)))]
#[get("/fields/{id}")]
async fn read_field(app: web::Data<App>, _: may::ReadPlugins, id: web::Path<Uuid>) -> Result<Tagged<Field>, Problem> {
    Ok(record::get::<custom_field::Model>(app.store.read(), *id).await?.into())
}

/// Change a custom field
///
/// Name and records stay, since scripts rely on them. Who reads it is judged again first. With another type, values that this one takes are taken over;
/// the old ones are kept for 30 days, and come back with `POST /fields/{id}/restore` of what `GET /fields?removed=true` lists. For admins.
#[utoipa::path(
    tag = "fields",
    params(IfMatch),
    request_body = FieldChange,
    responses(
        (status = 200, description = "The field as it is now", body = Field),
        (status = 409, description = "A plugin defines it"),
    ),
)]
#[patch("/fields/{id}")]
async fn change_field(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<FieldChange>,
) -> Result<Tagged<Field>, Problem> {
    Ok(ops::change_field(&app, &caller.actor(), change.command(*id, revision)).await?.into())
}

/// Remove a custom field
///
/// Nobody sees its values any more; both can be restored for 30 days, and are deleted then. Not while a formula or a plugin reads it. For admins.
#[utoipa::path(
    tag = "fields",
    params(IfMatch),
    responses((status = 204, description = "It is gone"), (status = 409, description = "A plugin defines it")),
)]
#[delete("/fields/{id}")]
async fn delete_field(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    ops::delete_field(&app, &caller.actor(), *id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Restore a custom field
///
/// With the values that records had in it. A field that has its name by now is removed in its place, and can be restored in turn. It is judged again
/// together with everything that is installed. For admins.
#[utoipa::path(
    tag = "fields",
    params(IfMatch),
    responses(
        (status = 200, description = "The field as it is now", body = Field),
        (status = 409, description = "It was not removed, or a plugin defines a field of its name"),
    ),
)]
#[post("/fields/{id}/restore")]
async fn restore_field(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<Tagged<Field>, Problem> {
    Ok(ops::restore_field(&app, &caller.actor(), *id, revision).await?.into())
}

impl FieldChange {
    fn command(self, id: Uuid, revision: String) -> ChangeField {
        let Self { label, because, help, options, required, field_type, formula, default, read_by, write_by } = self;
        ChangeField { id, revision, label, because, help, options, required, field_type, formula, default, read_by, write_by }
    }
}

impl NewField {
    fn command(self) -> Result<DefineField, Problem> {
        let on_record = on_record(&self.on_record).ok_or_else(|| pact_app::Refusal::invalid("on_record", choose()))?;
        Ok(DefineField {
            on_record,
            name: self.name,
            label: self.label,
            field_type: self.field_type,
            helps: self.helps,
            because: self.because,
            about: self.about,
            help: self.help,
            options: self.options,
            required: self.required,
            kind: self.kind,
            formula: self.formula,
            default: self.default,
            read_by: self.read_by,
            write_by: self.write_by,
        })
    }
}
