//! Imports on the wire.

use std::collections::BTreeMap;

use pact_app::import::{Field, Format, Mapping, Plan};
use pact_app::ops::import::{Preview, SavedMapping, reading_of};
use pact_app::ops::lead::EnterLead;
use pact_app::{Refusal, import::plan::Column};
use pact_core::time::Instant;
use pact_store::entity::{import, import_row_refused};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Object, Ref};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How many cells of a column a preview shows.
const EXAMPLES: usize = 3;
/// The longest example, in characters.
const EXAMPLE_CHARS: usize = 120;

/// A file of leads that is imported, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "9b7c6d5e-4f3a-4b2c-8d1e-0f9a8b7c6d5e", "name": "fair.csv", "status": "running", "format": "csv", "encoding": "windows-1252", "delimiter": ";",
    "header": true, "columns": [{"name": "Firma", "field": "customer.name"}, {"name": "Farbe", "field": null}], "source": "import", "product": null,
    "currency": "EUR", "day_first": true, "total_rows": 1200, "rows_done": 640, "accepted": 600, "merged": 35, "refused": 5, "failure": null,
    "created_at": "2026-11-24T10:10:00.000Z", "finished_at": null,
}))]
pub struct Import {
    /// Its id.
    id: Uuid,
    /// Its name, mostly that of the file.
    name: String,
    /// `queued`, `running`, `done`, `failed` or `stopped`.
    status: String,
    /// `csv` or `ndjson`.
    format: String,
    /// The file's encoding.
    encoding: Option<String>,
    /// What stands between its cells.
    delimiter: Option<String>,
    /// Whether its first row names the columns.
    header: bool,
    /// Its columns, and what each says; those that say nothing to PACT are left out.
    columns: Vec<ImportColumn>,
    /// The source of leads whose row names none.
    source: String,
    /// The product of leads whose row names none.
    product: Option<String>,
    /// The currency of values that name none.
    currency: Option<String>,
    /// Whether `03/04/2026` is the third of April.
    day_first: bool,
    /// Rows in the file; null until they are counted.
    total_rows: Option<i64>,
    /// Rows that were worked off.
    rows_done: i64,
    /// Rows that became a new lead.
    accepted: i64,
    /// Rows that were the same as an open lead and were attached to it.
    merged: i64,
    /// Rows that were refused; `GET /imports/{id}/refused` says why.
    refused: i64,
    /// Why the import as a whole failed.
    failure: Option<String>,
    /// When the file came in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it was at its end.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Instant>,
}

/// A column of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportColumn {
    /// Its name.
    name: String,
    /// What it says, such as `customer.name`; null when it is left out.
    #[schema(value_type = Option<FieldWord>)]
    field: Option<Field>,
    /// The custom field that it says, such as `customer.seats`.
    custom: Option<String>,
}

/// What a list of imports is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportFilter {
    /// Only imports that are this far: `queued`, `running`, `done`, `failed` or `stopped`.
    pub(super) status: Option<String>,
}

/// Which page of refused rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RefusedParams {
    /// How many rows the page has at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u64>,
    /// Where the page starts: the `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// A row that was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"line": 17, "reason": "Column \"E-Mail\": \"ann@\" is no e-mail address. Write it like ann@example.com, or leave it out.", "raw": "Globex;ann@"}))]
pub struct RefusedRow {
    /// The line of the file on which it starts, from 1.
    line: i64,
    /// Why, and what would be right.
    reason: String,
    /// The row as it was sent; the start of it when it is long.
    raw: String,
}

/// What the columns of a file say, and what holds for all its rows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"columns": {"Firma": "customer.name", "E-Mail": "contact.email", "Bemerkung": "message", "Nr.": null}, "source": "fair", "currency": "EUR"}))]
pub struct ImportMapping {
    /// What each column says, by its name; a column that is not named, or null, is left out. Without any, the names of the columns are guessed.
    #[serde(default)]
    #[schema(schema_with = columns_schema)]
    columns: BTreeMap<String, Option<Field>>,
    /// Columns that say custom fields of the lead, its customer or its contact, by their names: `{"Seats": "customer.seats"}`. Each cell is read by the field's type; one
    /// that does not fit refuses its row. A value that a record has stays.
    #[serde(default)]
    custom: BTreeMap<String, String>,
    /// The source of leads whose row names none.
    #[schema(max_length = 80)]
    source: Option<String>,
    /// The product of leads whose row names none.
    #[schema(max_length = 80)]
    product: Option<String>,
    /// The currency of values that name none: its ISO 4217 code.
    #[schema(value_type = Option<String>, min_length = 3, max_length = 3)]
    currency: Option<pact_core::money::Currency>,
    /// Whether `03/04/2026` is the third of April; found from the file when it is left out.
    day_first: Option<bool>,
    /// Whether the first row names the columns; found from the file when it is left out.
    header: Option<bool>,
    /// The file's encoding, such as `windows-1252`; found from the file when it is left out.
    #[schema(max_length = 40)]
    encoding: Option<String>,
}

/// A mapping that is to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Fair export", "mapping": {"columns": {"Firma": "customer.name", "E-Mail": "contact.email"}, "source": "fair"}}))]
pub struct MappingWish {
    /// Its name; a mapping of the same name is replaced.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) name: String,
    /// What it says.
    pub(super) mapping: ImportMapping,
}

/// A saved mapping.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "Fair export", "mapping": {"columns": {"Firma": "customer.name"}, "source": "fair", "product": null, "currency": null, "day_first": null, "header": null, "encoding": null}}))]
pub struct SavedImportMapping {
    /// Its name.
    name: String,
    /// What it says.
    mapping: ImportMapping,
}

/// The saved mappings.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportMappings {
    /// They, by name.
    pub(super) items: Vec<SavedImportMapping>,
}

/// How a file would be read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "format": "csv", "encoding": "UTF-8", "delimiter": ",", "header": true, "source": "import", "product": null, "currency": "EUR", "day_first": true,
    "columns": [{"name": "Company", "field": "customer.name", "examples": ["Globex"]}],
    "rows": [{"line": 2, "says": {"customer.name": "Globex", "source": "import"}, "refused": null}],
}))]
pub struct ImportPreview {
    /// `csv` or `ndjson`.
    format: &'static str,
    /// The file's encoding.
    encoding: &'static str,
    /// What stands between its cells.
    delimiter: Option<String>,
    /// Whether its first row names the columns.
    header: bool,
    /// The source of leads whose row names none.
    source: String,
    /// The product of leads whose row names none.
    product: Option<String>,
    /// The currency of values that name none.
    currency: Option<String>,
    /// Whether `03/04/2026` is the third of April.
    day_first: bool,
    /// Its columns.
    columns: Vec<PreviewColumn>,
    /// Its first rows.
    rows: Vec<PreviewRow>,
}

/// A column of a file, with what is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewColumn {
    /// Its name.
    name: String,
    /// What it says; null when it would be left out.
    #[schema(value_type = Option<FieldWord>)]
    field: Option<Field>,
    /// The custom field that it says, such as `customer.seats`.
    custom: Option<String>,
    /// Some of its cells.
    examples: Vec<String>,
}

/// A row as it would be read.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewRow {
    /// The line of the file on which it starts, from 1.
    line: i64,
    /// What it says, by field.
    says: BTreeMap<&'static str, String>,
    /// Why it would be refused; null when it would enter.
    refused: Option<String>,
}

/// A file with what is known about it, as a browser's form sends it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents the parts of a body that is read piece by piece")]
pub struct ImportUpload {
    /// The file: CSV or NDJSON, at most 200 MiB.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    /// A name by which people know the import again; the file's name when it is left out.
    name: Option<String>,
    /// The name of a saved mapping, or a mapping as JSON; guessed from the columns' names when it is left out.
    mapping: Option<String>,
    /// The source of leads whose row names none.
    source: Option<String>,
    /// The product of leads whose row names none.
    product: Option<String>,
    /// The currency of values that name none.
    currency: Option<String>,
    /// Whether `03/04/2026` is the third of April.
    day_first: Option<bool>,
    /// Whether the first row names the columns.
    header: Option<bool>,
    /// The file's encoding.
    encoding: Option<String>,
    /// `csv` or `ndjson`.
    format: Option<String>,
}

/// What a column says about a lead.
#[derive(ToSchema)]
#[schema(as = ImportField)]
#[expect(missing_docs, reason = "documents the words of pact_app::import::Field; a test holds the two together")]
pub enum FieldWord {
    #[schema(rename = "title")]
    Title,
    #[schema(rename = "source")]
    Source,
    #[schema(rename = "product")]
    Product,
    #[schema(rename = "message")]
    Message,
    #[schema(rename = "value")]
    Value,
    #[schema(rename = "currency")]
    Currency,
    #[schema(rename = "expected_on")]
    ExpectedOn,
    #[schema(rename = "external_key")]
    ExternalKey,
    #[schema(rename = "customer.name")]
    CustomerName,
    #[schema(rename = "customer.website")]
    CustomerWebsite,
    #[schema(rename = "customer.phone")]
    CustomerPhone,
    #[schema(rename = "customer.street")]
    CustomerStreet,
    #[schema(rename = "customer.postcode")]
    CustomerPostcode,
    #[schema(rename = "customer.city")]
    CustomerCity,
    #[schema(rename = "customer.country")]
    CustomerCountry,
    #[schema(rename = "customer.segment")]
    CustomerSegment,
    #[schema(rename = "customer.industry")]
    CustomerIndustry,
    #[schema(rename = "customer.employees")]
    CustomerEmployees,
    #[schema(rename = "contact.name")]
    ContactName,
    #[schema(rename = "contact.first_name")]
    ContactFirstName,
    #[schema(rename = "contact.last_name")]
    ContactLastName,
    #[schema(rename = "contact.title")]
    ContactTitle,
    #[schema(rename = "contact.email")]
    ContactEmail,
    #[schema(rename = "contact.phone")]
    ContactPhone,
    #[schema(rename = "contact.language")]
    ContactLanguage,
}

/// A field or null for each column.
fn columns_schema() -> Object {
    let field = Ref::from_schema_name(FieldWord::name());
    let nothing = ObjectBuilder::new().schema_type(Type::Null);
    let says = OneOfBuilder::new().item(field).item(nothing).build();
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(Schema::OneOf(says))).build()
}

impl Import {
    /// An import as it is shown.
    pub(super) fn of(row: import::Model) -> Result<Self, Refusal> {
        let (layout, plan) = reading_of(&row)?;
        let Plan { columns, header: _, source, product, currency, day_first } = plan;
        Ok(Self {
            id: row.id,
            name: row.name,
            status: row.status,
            format: row.format,
            encoding: row.encoding,
            delimiter: row.delimiter,
            header: layout.header,
            columns: columns
                .into_iter()
                .map(|Column { name, field, custom }| ImportColumn { name, field, custom: custom.map(|custom| custom.name) })
                .collect(),
            source,
            product,
            currency: currency.map(|currency| currency.to_string()),
            day_first,
            total_rows: row.total,
            rows_done: row.next_row,
            accepted: row.accepted,
            merged: row.merged,
            refused: row.refused,
            failure: row.failure,
            created_at: Instant::from_millis(row.created_at),
            finished_at: row.finished_at.map(Instant::from_millis),
        })
    }
}

impl From<import_row_refused::Model> for RefusedRow {
    fn from(row: import_row_refused::Model) -> Self {
        Self { line: row.line, reason: row.reason, raw: row.raw }
    }
}

impl From<ImportMapping> for Mapping {
    fn from(given: ImportMapping) -> Self {
        let ImportMapping { columns, custom, source, product, currency, day_first, header, encoding } = given;
        Self { columns, custom, source, product, currency, day_first, header, encoding }
    }
}

impl From<Mapping> for ImportMapping {
    fn from(mapping: Mapping) -> Self {
        let Mapping { columns, custom, source, product, currency, day_first, header, encoding } = mapping;
        Self { columns, custom, source, product, currency, day_first, header, encoding }
    }
}

impl From<SavedMapping> for SavedImportMapping {
    fn from(saved: SavedMapping) -> Self {
        Self { name: saved.name, mapping: saved.mapping.into() }
    }
}

impl From<Preview> for ImportPreview {
    fn from(preview: Preview) -> Self {
        let Preview { layout, plan, sample, rows } = preview;
        let examples = |at: usize| {
            let cells = sample.rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty());
            cells.take(EXAMPLES).map(|cell| cell.chars().take(EXAMPLE_CHARS).collect()).collect()
        };
        let columns = plan.columns.into_iter().enumerate();
        Self {
            format: layout.format.as_str(),
            encoding: layout.encoding.name(),
            delimiter: (layout.format == Format::Csv).then(|| char::from(layout.delimiter).to_string()),
            header: layout.header,
            source: plan.source,
            product: plan.product,
            currency: plan.currency.map(|currency| currency.to_string()),
            day_first: plan.day_first,
            columns: columns
                .map(|(at, Column { name, field, custom })| PreviewColumn {
                    name,
                    field,
                    custom: custom.map(|custom| custom.name),
                    examples: examples(at),
                })
                .collect(),
            rows: rows
                .into_iter()
                .map(|(line, lead)| match lead {
                    Ok(lead) => PreviewRow { line, says: says(lead), refused: None },
                    Err(why) => PreviewRow { line, says: BTreeMap::new(), refused: Some(why) },
                })
                .collect(),
        }
    }
}

/// What a lead says, by field.
fn says(lead: EnterLead) -> BTreeMap<&'static str, String> {
    let EnterLead { title, source, product, message, value, expected_on, customer, contact, external_key, bulk: _ } = lead;
    let contact = contact.unwrap_or_default();
    let said = [
        (Field::Title, title),
        (Field::Source, Some(source)),
        (Field::Product, product),
        (Field::Message, message),
        (Field::Value, value.map(|value| value.to_string())),
        (Field::ExpectedOn, expected_on.map(|day| day.to_string())),
        (Field::ExternalKey, external_key),
        (Field::CustomerName, customer.name),
        (Field::CustomerWebsite, customer.website),
        (Field::CustomerPhone, customer.phone),
        (Field::CustomerStreet, customer.street),
        (Field::CustomerPostcode, customer.postcode),
        (Field::CustomerCity, customer.city),
        (Field::CustomerCountry, customer.country),
        (Field::CustomerSegment, customer.segment),
        (Field::CustomerIndustry, customer.industry),
        (Field::CustomerEmployees, customer.employees.map(|count| count.to_string())),
        (Field::ContactName, contact.name),
        (Field::ContactTitle, contact.title),
        (Field::ContactEmail, contact.email),
        (Field::ContactPhone, contact.phone),
        (Field::ContactLanguage, contact.language),
    ];
    said.into_iter().filter_map(|(field, text)| Some((field.as_str(), text?))).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

    use super::*;
    use utoipa::PartialSchema;

    #[test]
    fn the_document_names_every_field() {
        let schema = serde_json::to_value(FieldWord::schema()).unwrap();
        let documented: Vec<&str> = schema["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(documented, Field::ALL.iter().map(|field| field.as_str()).collect::<Vec<_>>());
    }
}
