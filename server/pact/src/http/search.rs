//! Search over customers, contacts, leads, cards and packs.

use actix_web::{HttpRequest, get, web};
use pact_app::access::rights;
use pact_app::ops::search::{self as ops, Found, MAX_FOUND, Searched};
use pact_app::{App, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::caller::Anyone;
use super::page::Page;
use super::problem::Problem;

/// How many records are found when the caller does not say.
const DEFAULT_FOUND: u64 = 20;
/// The longest question, in characters.
const MAX_WORDS_CHARS: usize = 500;

/// A record that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "customer", "id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "title": "Globex B.V.", "text": "Utrecht", "customer_id": null
}))]
pub struct SearchHit {
    /// `customer`, `contact`, `lead`, `card` or `pack`.
    kind: &'static str,
    /// Its id.
    id: Uuid,
    /// Its name or title; of a card its kind.
    title: String,
    /// What helps to recognise it.
    text: Option<String>,
    /// The customer that it belongs to.
    customer_id: Option<Uuid>,
}

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words, or their beginnings; accents and capitals do not matter, and names may be misspelt.
    #[param(example = "muler utrecht", min_length = 1, max_length = 500)]
    q: String,
    /// Only these kinds, separated by commas; all that you may read when it is left out.
    #[param(example = "customer,contact")]
    kind: Option<String>,
    /// How many records at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u64>,
}

impl From<Found> for SearchHit {
    fn from(found: Found) -> Self {
        Self { kind: found.kind.as_str(), id: found.id, title: found.title, text: found.text, customer_id: found.customer_id }
    }
}

impl SearchParams {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let given = web::Query::<Self>::from_query(request.query_string());
        let given =
            given.map_err(|error| Problem::parameter("q", error.to_string().trim_start_matches("Query deserialize error: ")))?;
        let chars = given.q.trim().chars().count();
        if !(1..=MAX_WORDS_CHARS).contains(&chars) {
            return Err(Problem::parameter("q", format!("write 1 to {MAX_WORDS_CHARS} characters.")));
        }
        if !(1..=MAX_FOUND).contains(&given.limit.unwrap_or(DEFAULT_FOUND)) {
            return Err(Problem::parameter("limit", format!("a search finds 1 to {MAX_FOUND} records.")));
        }
        Ok(given.into_inner())
    }

    /// The kinds that are asked for and that the caller may read.
    fn kinds(&self, caller: &Anyone) -> Result<Vec<Searched>, Problem> {
        let all = Searched::ALL;
        let asked: Vec<Searched> = match &self.kind {
            None => all.to_vec(),
            Some(words) => words.split(',').map(|word| of_word(word.trim())).collect::<Result<_, _>>()?,
        };
        let may = |kind: Searched| rights::may(caller, kind.right());
        let kinds: Vec<Searched> = all.into_iter().filter(|kind| asked.contains(kind) && may(*kind)).collect();
        if kinds.is_empty() {
            let why =
                "You may read nothing of what you search for. Ask somebody who sells, or an admin for a key with more scopes.";
            return Err(Refusal::forbidden(why).into());
        }
        Ok(kinds)
    }
}

fn of_word(word: &str) -> Result<Searched, Problem> {
    let known = Searched::ALL.map(Searched::as_str).join(", ");
    Searched::ALL
        .into_iter()
        .find(|kind| kind.as_str() == word)
        .ok_or_else(|| Problem::parameter("kind", format!("{word:?} cannot be searched for. Choose from: {known}.")))
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(search_records);
}

/// Search
///
/// Best first: words at their beginnings in names and texts, then those with a word in a custom field that you read, then names that are nearly so. `next_cursor` is always null: a search that finds too much
/// needs another word. For everybody inside the company, over what they may read.
#[utoipa::path(tag = "search", params(SearchParams), responses((status = 200, description = "What was found", body = Page<SearchHit>)))]
#[get("/search")]
async fn search_records(app: web::Data<App>, caller: Anyone, request: HttpRequest) -> Result<Page<SearchHit>, Problem> {
    let params = SearchParams::read(&request)?;
    let kinds = params.kinds(&caller)?;
    let found = ops::find_records(&app, caller.role, &kinds, &params.q, params.limit.unwrap_or(DEFAULT_FOUND)).await?;
    Ok(Page { items: found.into_iter().map(SearchHit::from).collect(), next_cursor: None })
}
