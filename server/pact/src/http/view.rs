//! Views: saved questions over leads, customers, cards and goals, as tables, files and mail.

use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, post, put, web};
use pact_app::jobs::Every;
use pact_app::ops::view as ops;
use pact_app::views::{self, Format, Reader, Window};
use pact_app::{App, Refusal};
use pact_core::time::Instant;
use pact_policy::view::{Chart, Of, Op, View as Written};
use pact_store::entity::{view, view_subscription};
use pact_store::view::{By, Filter};
use pact_store::{list, record};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// Rows of a page when the caller does not say.
const DEFAULT_ROWS: u64 = 50;

/// What a view asks. Either a list with `columns`, or a report with `group` and `measure`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "won-by-owner", "title": "Value won by person", "of": "leads", "group": ["owner"], "measure": ["sum(value)", "count"],
    "filter": [{"by": "state", "op": "is", "value": "won"}], "sort": ["-sum(value)"], "chart": "bar"
}))]
pub struct ViewDefinition {
    /// Its name, of a-z, 0-9 and `-`.
    #[schema(pattern = "^[a-z0-9-]{1,64}$")]
    name: String,
    /// Its title, for people.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// What its rows are: `leads`, `customers`, `cards` or `goals`.
    #[schema(example = "leads")]
    of: String,
    /// What a list shows: paths through members of the script interface, such as `title`, `customer.segment`, `owner.team` or `field.contract_ends_on`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    columns: Vec<String>,
    /// Which rows: all conditions hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    filter: Vec<ViewCondition>,
    /// What a report groups by: a path, or `day(…)`, `week(…)`, `month(…)`, `quarter(…)` or `year(…)` of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 3)]
    group: Vec<String>,
    /// What a report shows of each group: `count`, `customers`, `sum(…)`, `average(…)`, `least(…)` or `most(…)` of a path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    measure: Vec<String>,
    /// The order: a path of a list, a group or measure of a report; `-` before it for the largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    sort: Vec<String>,
    /// How a report is drawn: `bar`, `line` or `pie`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chart: Option<String>,
}

/// A condition.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewCondition {
    /// A path.
    by: String,
    /// `is`, `is_not`, `one_of`, `at_least`, `below`, `contains`, `is_set` or `is_empty`.
    op: String,
    /// A text, a number, true or false, or a list of texts. Days can be `2026-11-24`, `today`, `90 days ago`, `in 30 days` or `start of quarter`; spans
    /// are `5 work days`; amounts `10000 EUR`; `me` is whoever looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    value: Option<Value>,
}

/// A saved view.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "5b0c6a4e-3a0f-4a52-9d0e-7c1d2e3f4a5b", "name": "won-by-owner", "title": "Value won by person", "of": "leads", "group": ["owner"],
    "measure": ["sum(value)", "count"], "filter": [{"by": "state", "op": "is", "value": "won"}], "sort": ["-sum(value)"], "chart": "bar",
    "plugin_id": null, "made_by_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b", "created_at": "2026-11-24T10:10:00.000Z"
}))]
pub struct View {
    /// Its id.
    id: Uuid,
    /// What it asks.
    #[serde(flatten)]
    definition: ViewDefinition,
    /// The plugin that brought it along.
    plugin_id: Option<String>,
    /// Who saved it.
    made_by_id: Option<Uuid>,
    /// Since when it is saved.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// What a list of views is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ViewFilter {
    /// Only views over these rows.
    of: Option<String>,
}

/// Which page of a view.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RowsParams {
    /// Rows of a list on a page; a report comes whole.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u64>,
    /// Where the page starts: the `next_cursor` of the page before.
    cursor: Option<String>,
}

/// In which form a view leaves.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `csv` or `xlsx`.
    #[param(example = "csv")]
    format: Option<String>,
}

/// What a view shows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "columns": [{"name": "owner", "holds": "name"}, {"name": "sum(value)", "holds": "money"}],
    "rows": [["Ann", [{"amount": "1200.00", "currency": "EUR"}]]], "next_cursor": null, "cut": false, "withheld": false
}))]
pub struct ViewRows {
    /// Its columns; of a report the groups, then the measures.
    columns: Vec<ViewColumn>,
    /// Its rows, each with a value for each column; an amount is a list with one entry a currency.
    #[schema(value_type = Vec<Vec<Object>>)]
    rows: Vec<Vec<Value>>,
    /// The `cursor` of the next page of a list; null on the last one.
    next_cursor: Option<String>,
    /// Whether a report has more groups than it shows.
    cut: bool,
    /// Whether groups are left out because too few people stand behind them, or because these could be computed otherwise. There are no totals.
    withheld: bool,
}

/// A column of a view.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewColumn {
    /// Its word in the view.
    name: String,
    /// What it holds: `text`, `name`, `number`, `money`, `day`, `instant`, `period`, `yes_no` or `work_span`.
    holds: &'static str,
}

/// How often a view comes by mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"every": "week"}))]
pub struct Subscribe {
    /// `day`: on each working day; `week`: on the first of each week.
    every: String,
}

/// A subscription of the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "view_id": "5b0c6a4e-3a0f-4a52-9d0e-7c1d2e3f4a5b", "every": "week", "next_at": "2026-11-30T07:00:00.000Z"
}))]
pub struct Subscription {
    /// The view.
    view_id: Uuid,
    /// How often it comes.
    every: String,
    /// When it comes next: as the caller's working day begins.
    #[schema(value_type = String, format = DateTime)]
    next_at: Instant,
}

impl ViewDefinition {
    fn written(&self) -> Result<Written, Problem> {
        let refuse = |field: &str, why: String| Problem::from(Refusal::invalid(field, why));
        let words = |all: Vec<&str>| all.join(", ");
        if Of::of_word(&self.of).is_none() {
            return Err(refuse("of", "a view is over leads, customers, cards or goals.".to_owned()));
        }
        for (at, condition) in self.filter.iter().enumerate() {
            if Op::of_word(&condition.op).is_none() {
                let known = words(Op::ALL.iter().map(|op| op.word()).collect());
                return Err(refuse(&format!("filter[{at}].op"), format!("choose one of {known}.")));
            }
        }
        if self.chart.as_deref().is_some_and(|chart| Chart::of_word(chart).is_none()) {
            return Err(refuse(
                "chart",
                format!("choose one of {}.", words(Chart::ALL.iter().map(|chart| chart.word()).collect())),
            ));
        }
        serde_json::from_value(json!(self)).map_err(|error| {
            refuse("filter", format!("a value is neither text, number, true or false, nor a list of texts ({error})."))
        })
    }
}

impl TryFrom<view::Model> for View {
    type Error = Problem;

    fn try_from(row: view::Model) -> Result<Self, Problem> {
        Ok(Self {
            id: row.id,
            definition: serde_json::from_value(row.definition.0).map_err(Problem::internal)?,
            plugin_id: row.plugin_id,
            made_by_id: row.made_by_id,
            created_at: Instant::from_millis(row.created_at),
        })
    }
}

impl From<view_subscription::Model> for Subscription {
    fn from(row: view_subscription::Model) -> Self {
        Self { view_id: row.view_id, every: row.every, next_at: Instant::from_millis(row.next_at) }
    }
}

fn tagged(row: view::Model) -> Result<Tagged<View>, Problem> {
    Ok(Tagged::new(row.revision.clone(), row.try_into()?))
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_views).service(save_view).service(read_view).service(change_view).service(delete_view);
    config.service(read_view_rows).service(export_view);
    config.service(read_view_subscription).service(subscribe_view).service(unsubscribe_view);
}

/// List views
///
/// For everybody inside the company: what is asked is open, whoever may see the answer.
#[utoipa::path(tag = "views", params(PageParams, ViewFilter), responses((status = 200, description = "A page of views", body = Page<View>)))]
#[get("/views")]
async fn list_views(app: web::Data<App>, caller: may::ReadViews, list: List<ViewFilter, By>) -> Result<Page<View>, Problem> {
    let filter = Filter { source: list.filter.of };
    let page = list::list::<view::Model>(app.store.read(), &caller.scope(), &filter, list.sort, &list.ask).await?;
    let items = page.items.into_iter().map(View::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next })
}

/// Save a view
///
/// It is judged together with all installed plugins, by the labels that scripts are judged by: one that groups, filters or sorts traces by person is
/// refused, with the path from source to sink. For whoever may read what it shows.
#[utoipa::path(tag = "views", request_body = ViewDefinition, responses((status = 201, description = "The view", body = View)))]
#[post("/views")]
async fn save_view(
    app: web::Data<App>,
    caller: may::WriteViews,
    Body(new): Body<ViewDefinition>,
) -> Result<Created<View>, Problem> {
    let row = ops::save_view(&app, &caller, new.written()?).await?;
    let location = format!("/api/v1/views/{}", row.id);
    Ok(tagged(row)?.created_at(location))
}

/// Show what a view asks
///
/// For everybody inside the company.
#[utoipa::path(tag = "views", params(Fields), responses((status = 200, description = "The view", body = View)))]
#[get("/views/{id}")]
async fn read_view(app: web::Data<App>, _: may::ReadViews, id: web::Path<Uuid>) -> Result<Tagged<View>, Problem> {
    tagged(record::get::<view::Model>(app.store.read(), *id).await?)
}

/// Change a view
///
/// The whole definition is replaced, and judged as a new one is. For who saved it, and admins.
#[utoipa::path(
    tag = "views",
    params(IfMatch),
    request_body = ViewDefinition,
    responses(
        (status = 200, description = "The view as it is now", body = View),
        (status = 409, description = "It belongs to a plugin, or its name is taken"),
    ),
)]
#[put("/views/{id}")]
async fn change_view(
    app: web::Data<App>,
    caller: may::WriteViews,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(new): Body<ViewDefinition>,
) -> Result<Tagged<View>, Problem> {
    tagged(ops::change_view(&app, &caller, *id, revision, new.written()?).await?)
}

/// Remove a view
///
/// With the subscriptions to it. For who saved it, and admins.
#[utoipa::path(
    tag = "views",
    params(IfMatch),
    responses((status = 204, description = "It is gone"), (status = 409, description = "It belongs to a plugin")),
)]
#[delete("/views/{id}")]
async fn delete_view(
    app: web::Data<App>,
    caller: may::WriteViews,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    ops::delete_view(&app, &caller, *id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Show a view
///
/// A list comes in pages, a report whole. Where a report counts cards or quiet leads by team or territory, groups behind which fewer than `k` people stand
/// are left out, with so many others that nobody can compute them from a total. For whoever may read what it shows.
#[utoipa::path(
    tag = "views",
    params(RowsParams),
    responses((status = 200, description = "What it shows", body = ViewRows), (status = 409, description = "It cannot be shown at present")),
)]
#[get("/views/{id}/rows")]
async fn read_view_rows(
    app: web::Data<App>,
    caller: may::ReadViews,
    id: web::Path<Uuid>,
    params: web::Query<RowsParams>,
) -> Result<web::Json<ViewRows>, Problem> {
    let limit = params.limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=views::PAGE_ROWS).contains(&limit) {
        return Err(Problem::parameter("limit", format!("a page has 1 to {} rows.", views::PAGE_ROWS)));
    }
    let offset = params.cursor.as_deref().map_or(Ok(0), |cursor| {
        cursor
            .strip_prefix("row-")
            .and_then(|at| at.parse().ok())
            .ok_or_else(|| Problem::parameter("cursor", "take the `next_cursor` of the page before."))
    })?;
    let row = record::get::<view::Model>(app.store.read(), *id).await?;
    let table = views::run(&app, &reader(&caller), &row, Window { offset, limit }).await?;
    let columns = table.columns.into_iter().map(|column| ViewColumn { name: column.name, holds: column.holds }).collect();
    Ok(web::Json(ViewRows {
        columns,
        rows: table.rows.iter().map(|row| row.iter().map(views::Shown::to_json).collect()).collect(),
        next_cursor: table.next.map(|at| format!("row-{at}")),
        cut: table.cut,
        withheld: table.withheld,
    }))
}

/// Export a view
///
/// All its rows as a file. Texts that a spreadsheet would compute begin with an apostrophe. Where people stand beside what shows acts, each has a name
/// that is good for this file alone. For whoever may read what it shows.
#[utoipa::path(
    tag = "views",
    params(ExportParams),
    responses(
        (status = 200, description = "The file", content((String = "text/csv"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 409, description = "It cannot be shown at present, or has more rows than a file holds"),
    ),
)]
#[get("/views/{id}/export")]
async fn export_view(
    app: web::Data<App>,
    caller: may::ReadViews,
    id: web::Path<Uuid>,
    params: web::Query<ExportParams>,
) -> Result<HttpResponse, Problem> {
    let format = match params.format.as_deref() {
        None | Some("csv") => Format::Csv,
        Some("xlsx") => Format::Xlsx,
        Some(_) => return Err(Problem::parameter("format", "choose csv or xlsx.")),
    };
    let row = record::get::<view::Model>(app.store.read(), *id).await?;
    let file = views::export(&app, &reader(&caller), &row, format).await?;
    let name = format!("attachment; filename=\"{}.{}\"", row.name, format.ending());
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, format.media_type()))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(file))
}

/// Show the own subscription to a view
///
/// For everybody inside the company, their own.
#[utoipa::path(tag = "views", responses((status = 200, description = "The subscription", body = Subscription)))]
#[get("/views/{id}/subscription")]
async fn read_view_subscription(
    app: web::Data<App>,
    caller: may::ReadViews,
    id: web::Path<Uuid>,
) -> Result<web::Json<Subscription>, Problem> {
    let found = pact_store::view::subscription(app.store.read(), *id, caller.person_id).await?;
    Ok(web::Json(found.ok_or(Refusal::NotFound { what: "subscription" })?.into()))
}

/// Get a view by mail
///
/// To oneself alone, as the own working day begins. For whoever may read what it shows.
#[utoipa::path(
    tag = "views",
    request_body = Subscribe,
    responses((status = 200, description = "The subscription", body = Subscription)),
)]
#[put("/views/{id}/subscription")]
async fn subscribe_view(
    app: web::Data<App>,
    caller: may::ReadViews,
    id: web::Path<Uuid>,
    Body(wish): Body<Subscribe>,
) -> Result<web::Json<Subscription>, Problem> {
    let every = Every::of_word(&wish.every).ok_or_else(|| Refusal::invalid("every", "choose day or week."))?;
    Ok(web::Json(ops::subscribe_view(&app, &caller, *id, every).await?.into()))
}

/// Get a view by mail no longer
///
/// For whoever gets it.
#[utoipa::path(tag = "views", responses((status = 204, description = "It comes no longer")))]
#[delete("/views/{id}/subscription")]
async fn unsubscribe_view(app: web::Data<App>, caller: may::ReadViews, id: web::Path<Uuid>) -> Result<HttpResponse, Problem> {
    ops::unsubscribe_view(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn reader(caller: &may::ReadViews) -> Reader {
    Reader { caller: caller.0.clone(), scope: caller.scope() }
}
