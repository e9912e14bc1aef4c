//! The values that a record has in its custom fields.

use std::collections::BTreeMap;

use actix_web::{get, patch, web};
use pact_app::App;
use pact_app::access::rights;
use pact_app::ops::field::{self as ops, OnRecord, SetValues, Values};
use pact_core::role::Right;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{choose, on_record};
use crate::http::body::Body;
use crate::http::caller::Anyone;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::problem::Problem;

/// The values of one record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"values": {"contract_ends_on": "2027-06-30", "segments": ["housing"], "budget": {"amount": "50000.00", "currency": "EUR"}}}))]
pub(super) struct RecordValues {
    /// Each custom field of this kind of record that the caller's role reads, by its name; null where it is empty.
    #[schema(value_type = Object)]
    values: BTreeMap<String, Value>,
}

/// Values that are to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"values": {"contract_ends_on": "2027-06-30", "budget": null}}))]
pub(super) struct ValuesChange {
    /// Values by the field's name: those left out stay, null empties.
    #[schema(value_type = Object)]
    values: BTreeMap<String, Value>,
}

/// A record, by its kind and id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OneRecord {
    /// The kind of record: `customer`, `contact`, `lead`, `plan` or `person`.
    #[param(example = "customer")]
    on_record: String,
    /// The record's id.
    id: Uuid,
}

impl From<Values> for Tagged<RecordValues> {
    fn from(found: Values) -> Self {
        let shown = |value: Option<pact_script::value::Value>| value.map_or(Value::Null, |value| ops::value_as_json(&value));
        let values = found.values.into_iter().map(|(field, value)| (field.name, shown(value))).collect();
        Self::new(found.revision, RecordValues { values })
    }
}

impl OneRecord {
    /// The kind, if the caller has the right to it that they need.
    fn kind(&self, caller: &Anyone, right: impl Fn(OnRecord) -> Right) -> Result<OnRecord, Problem> {
        let kind = on_record(&self.on_record).ok_or_else(|| Problem::parameter("on_record", choose()))?;
        rights::allow(caller, right(kind))?;
        Ok(kind)
    }
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(read_values).service(set_values);
}

/// Show the custom values of a record
///
/// Those of fields that the caller's role reads. For everybody who may read the record.
#[utoipa::path(tag = "fields", params(OneRecord), responses((status = 200, description = "The values", body = RecordValues)))]
#[get("/values/{on_record}/{id}")]
async fn read_values(app: web::Data<App>, caller: Anyone, of: web::Path<OneRecord>) -> Result<Tagged<RecordValues>, Problem> {
    let kind = of.kind(&caller, OnRecord::right_to_read)?;
    Ok(ops::read_values(&app, caller.role, kind, of.id).await?.into())
}

/// Set custom values of a record
///
/// All or none, of fields that the caller's role writes; a required field is not left empty. Formulas that read them are computed before the answer. For
/// everybody who may change the record.
#[utoipa::path(
    tag = "fields",
    params(OneRecord, IfMatch),
    request_body = ValuesChange,
    responses(
        (status = 200, description = "The values as they are now", body = RecordValues),
        (status = 409, description = "The record's personal data was erased"),
    ),
)]
#[patch("/values/{on_record}/{id}")]
async fn set_values(
    app: web::Data<App>,
    caller: Anyone,
    of: web::Path<OneRecord>,
    IfMatch(revision): IfMatch,
    Body(ValuesChange { values }): Body<ValuesChange>,
) -> Result<Tagged<RecordValues>, Problem> {
    let on_record = of.kind(&caller, OnRecord::right_to_write)?;
    let command = SetValues { on_record, record: of.id, revision, values };
    Ok(ops::set_values(&app, &caller.actor(), command).await?.into())
}
