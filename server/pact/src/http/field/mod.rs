//! Custom fields, and the values that records have in them.

mod values;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use pact_app::App;
use pact_app::ops::field::{self as ops, ChangeField, DefineField, OnRecord};
use pact_store::entity::custom_field;
use pact_store::record;
use serde::{Deserialize, Serialize};
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

/// A field that a plugin or an admin adds to records.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0d7f5a51-5c0d-4b53-93b1-64f0c6b0a110", "on_record": "customer", "name": "contract_ends_on", "label": "Contract ends on", "type": "day",
    "helps": "sale", "because": "Renewal talks start ninety days before.", "about": "customer", "help": null, "options": [], "required": false,
    "kind": null, "formula": null, "plugin_id": null
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
}

/// What a list of fields is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FieldFilter {
    /// Only fields on these records: `customer`, `contact`, `lead`, `plan` or `person`.
    on_record: Option<String>,
    /// The fields that each record shall have, separated by commas; all of them when it is left out.
    #[param(example = "id,name")]
    #[serde(rename = "fields")]
    _fields: Option<String>,
}

impl From<custom_field::Model> for Field {
    fn from(row: custom_field::Model) -> Self {
        Self {
            id: row.id,
            on_record: row.on_record,
            name: row.name,
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
    config.service(list_fields).service(define_field).service(read_field).service(change_field).service(delete_field);
    config.configure(values::routes);
}

/// List custom fields
///
/// All of them: there are as many as people need, not more. For everybody inside the company.
#[utoipa::path(tag = "fields", params(FieldFilter), responses((status = 200, description = "The fields", body = Page<Field>)))]
#[get("/fields")]
async fn list_fields(app: web::Data<App>, _: may::ReadPlugins, filter: web::Query<FieldFilter>) -> Result<Page<Field>, Problem> {
    let conn = app.store.read();
    let rows = match filter.on_record.as_deref() {
        None => pact_store::field::all(conn).await?,
        Some(word) => {
            let on = on_record(word).ok_or_else(|| Problem::parameter("on_record", choose()))?;
            pact_store::field::on_record(conn, on.as_str()).await?
        }
    };
    Ok(Page { items: rows.into_iter().map(Field::from).collect(), next_cursor: None })
}

/// Define a custom field
///
/// It says whom it helps, and how. For admins.
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
/// Name, type and records stay, since scripts rely on them. For admins.
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
    let FieldChange { label, because, help, options, required } = change;
    let command = ChangeField { id: *id, revision, label, because, help, options, required };
    Ok(ops::change_field(&app, &caller.actor(), command).await?.into())
}

/// Remove a custom field
///
/// With the values that records have in it. For admins.
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
        })
    }
}
