//! Sparse fields: `fields=id,name` leaves the rest of each record out of an answer.

use actix_web::{HttpRequest, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::problem::Problem;

/// The query parameter of operations that show one record.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Fields {
    /// The fields that the answer shall have, separated by commas; all of them when it is left out.
    #[param(example = "id,name")]
    pub fields: Option<String>,
}

/// The record as JSON, with only the fields that the request names.
///
/// # Errors
/// A field that records of this kind do not have.
pub fn select<T: Serialize + ToSchema>(request: &HttpRequest, record: &T) -> Result<Value, Problem> {
    let mut value = serde_json::to_value(record).map_err(Problem::internal)?;
    if let Some(wanted) = wanted::<T>(request)? {
        keep(&mut value, &wanted);
    }
    Ok(value)
}

/// The fields that the request names, each of which records of this kind have; `None` for all.
///
/// # Errors
/// A field that records of this kind do not have.
pub fn wanted<T: ToSchema>(request: &HttpRequest) -> Result<Option<Vec<String>>, Problem> {
    let Some(list) = parameter(request, "fields") else { return Ok(None) };
    let known = known::<T>();
    let wanted: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
    match wanted.iter().find(|name| !known.is_empty() && !known.contains(name)) {
        Some(name) => {
            Err(Problem::parameter("fields", format!("there is no field {name:?}. Choose from: {}.", known.join(", "))))
        }
        None => Ok(Some(wanted)),
    }
}

/// Leaves everything but the wanted fields out of a record.
pub fn keep(value: &mut Value, wanted: &[String]) {
    if let Value::Object(record) = value {
        record.retain(|name, _| wanted.contains(name));
    }
}

/// One query parameter, decoded.
fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    if !request.query_string().contains(name) {
        return None;
    }
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?.into_inner();
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The names of a record's fields, as its schema states them; none when it is put together from others.
fn known<T: ToSchema>() -> Vec<String> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        RefOr::T(_) | RefOr::Ref(_) => Vec::new(),
    }
}
