//! Lists: `limit`, `cursor`, `sort` and `fields` for every noun, with the noun's own filters beside them.
//!
//! A page says where the next one starts and never how many records there are in all: such a total, sliced by a filter, would
//! count what people did.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, web};
use pact_store::{Ask, Sort, SortBy};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::fields;
use super::problem::Problem;

/// The most records on a page.
pub const MAX_PAGE_RECORDS: u64 = pact_store::list::PAGE_ROWS;
/// How many records a page has when the caller does not say.
pub const DEFAULT_PAGE_RECORDS: u64 = 50;

/// The query parameters that every list has.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many records the page has at most.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    pub limit: Option<u64>,
    /// Where the page starts: the `next_cursor` of the page before, with the same filters and sort.
    pub cursor: Option<String>,
    /// The field to sort by, with `-` in front for descending.
    pub sort: Option<String>,
    /// The fields that each record shall have, separated by commas; all of them when it is left out.
    #[param(example = "id,name")]
    pub fields: Option<String>,
}

/// What a list is asked for: the noun's own filters, and one of the orders that the store offers for it.
#[derive(Debug)]
pub struct List<F, B> {
    /// The noun's own filters.
    pub filter: F,
    /// The order.
    pub sort: Sort<B>,
    /// Which page.
    pub ask: Ask,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The records, in the order asked for.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<M, T: From<M>> From<pact_store::Page<M>> for Page<T> {
    fn from(page: pact_store::Page<M>) -> Self {
        Self { items: page.items.into_iter().map(T::from).collect(), next_cursor: page.next }
    }
}

impl<F: DeserializeOwned, B: SortBy> List<F, B> {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self::read_but(request, "\0")?.0)
    }

    /// Reads a list; an order whose name begins with `apart` is given back by itself, without that, and whether it is descending.
    pub(super) fn read_but(request: &HttpRequest, apart: &str) -> Result<(Self, Option<(String, bool)>), Problem> {
        let query = request.query_string();
        let params = web::Query::<PageParams>::from_query(query).map_err(|error| refuse(&error))?.into_inner();
        let filter = web::Query::<F>::from_query(query).map_err(|error| refuse(&error))?.into_inner();
        let limit = params.limit.unwrap_or(DEFAULT_PAGE_RECORDS);
        if !(1..=MAX_PAGE_RECORDS).contains(&limit) {
            return Err(Problem::parameter("limit", format!("a page has 1 to {MAX_PAGE_RECORDS} records.")));
        }
        let given = params.sort.as_deref();
        let descending = given.is_some_and(|name| name.starts_with('-'));
        let by =
            given.and_then(|name| name.trim_start_matches('-').strip_prefix(apart)).map(|name| (name.to_owned(), descending));
        let sort = if by.is_some() { Sort::default() } else { sort(given)? };
        Ok((Self { filter, sort, ask: Ask { cursor: params.cursor, limit } }, by))
    }
}

/// An order by its name, with `-` in front for descending.
fn sort<B: SortBy>(given: Option<&str>) -> Result<Sort<B>, Problem> {
    let Some(given) = given else { return Ok(Sort::default()) };
    let (name, descending) = given.strip_prefix('-').map_or((given, false), |name| (name, true));
    B::of_name(name).map(|by| Sort { by, descending }).ok_or_else(|| {
        let names: Vec<&str> = B::ALL.iter().map(|by| by.name()).collect();
        Problem::parameter("sort", format!("this list sorts by {}, with - in front for descending.", names.join(", ")))
    })
}

fn refuse(error: &actix_web::error::QueryPayloadError) -> Problem {
    let said = error.to_string();
    let why = said.trim_start_matches("Query deserialize error: ").to_owned();
    Problem::parameter("query", why)
}

impl<F: DeserializeOwned + 'static, B: SortBy> FromRequest for List<F, B> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

impl<T: Serialize + ToSchema> Responder for Page<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match fields::wanted::<T>(request) {
            Ok(None) => HttpResponse::Ok().json(self),
            Ok(Some(wanted)) => match serde_json::to_value(&self) {
                Ok(mut page) => {
                    let items = page.get_mut("items").and_then(serde_json::Value::as_array_mut);
                    items.into_iter().flatten().for_each(|item| fields::keep(item, &wanted));
                    HttpResponse::Ok().json(page)
                }
                Err(error) => HttpResponse::from_error(Problem::internal(error)),
            },
            Err(problem) => HttpResponse::from_error(problem),
        }
    }
}
