//! Lists that may be chosen and ordered by a custom field: `field`, `is`, `at_least`, `at_most`, and `sort=field.NAME`.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use pact_app::ops::field::{FieldAsked, OnRecord, list_by};
use pact_app::{App, Refusal};
use pact_core::role::Role;
use pact_store::by_field::list_by_field;
use pact_store::list::{self, Listed};
use pact_store::{Scope, SortBy};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::page::List;
use super::problem::Problem;

/// What a custom field by which a list is ordered begins with in `sort`.
const FIELD: &str = "field.";

/// The query parameters of lists that custom fields choose and order.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FieldParams {
    /// A custom field whose value is asked for. The list is ordered by it with `sort=field.NAME`. Not one in which scripts store what tells of acts of staff.
    #[param(example = "contract_ends_on")]
    pub field: Option<String>,
    /// Only records with this value in `field`; an empty one asks for records without a value. Money is written as `1200.00 EUR`.
    pub is: Option<String>,
    /// Only records with this value or a greater one: for numbers and days.
    pub at_least: Option<String>,
    /// Only records with this value or a lesser one: for numbers and days.
    pub at_most: Option<String>,
}

/// A list that may be chosen and ordered by a custom field.
#[derive(Debug)]
pub(super) struct FieldList<F, B> {
    /// The list without it.
    pub list: List<F, B>,
    asked: FieldAsked,
}

impl<F: DeserializeOwned, B: SortBy> FieldList<F, B> {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let (list, sort) = List::read_but(request, FIELD)?;
        let params = web::Query::<FieldParams>::from_query(request.query_string());
        let params = params.map_err(|error| Problem::parameter("query", error.to_string()))?.into_inner();
        let FieldParams { field, is, at_least, at_most } = params;
        Ok(Self { list, asked: FieldAsked { field, is, at_least, at_most, sort } })
    }
}

impl<F: DeserializeOwned + 'static, B: SortBy> FromRequest for FieldList<F, B> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

impl<F, B: SortBy> FieldList<F, B> {
    /// One page of the records that the store's filter asks for, by the custom field that the caller named.
    ///
    /// # Errors
    /// A field that may not be asked for, a cursor of another list, or a store that does not answer.
    pub(super) async fn page<M>(
        &self,
        app: &App,
        role: Role,
        on: OnRecord,
        scope: &Scope,
        filter: &M::Filter,
    ) -> Result<pact_store::Page<M>, Problem>
    where
        M: Listed<By = B>,
    {
        let (sort, ask, conn) = (self.list.sort, &self.list.ask, app.store.read());
        let by = list_by(app, role, on, &self.asked).await.map_err(|refusal| match refusal {
            Refusal::Invalid { field, why } => Problem::parameter(&field, why),
            other => other.into(),
        })?;
        Ok(match by {
            Some(by) => list_by_field::<M>(conn, scope, filter, &by, sort, ask).await?,
            None => list::list::<M>(conn, scope, filter, sort, ask).await?,
        })
    }
}
