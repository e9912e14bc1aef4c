//! The HTTP door: it translates a request, calls one operation, and renders what came of it. It holds no rules.
//!
//! # How to add a noun
//!
//! Copy `team.rs`: it is the model. A noun is one file here, with one line in [`operations_of_api`]:
//!
//! 1. **Types**: what is shown (`Team`, `From<entity::team::Model>`), what is sent (`NewTeam`, `TeamChange`, with
//!    `deny_unknown_fields`), what a list filters by (`TeamFilter`). Each has a sentence,
//!    and the body types an `example`. In a change, a field that may be emptied is `Option<Option<T>>` with
//!    `#[serde(default, deserialize_with = "change::given")]`: left out, null, or a value.
//! 2. **Handlers**: bare `#[get("/teams")]` under `#[utoipa::path(…)]`; the first line of the doc comment is the summary, the
//!    rest the description. The function's name is the operation's, and the operationId.
//!    - who may: a parameter [`caller::may`]`::ManageOrganisation` (a right), [`caller::Anyone`], or [`caller::SignedIn`];
//!    - what: [`body::Body`]`<NewTeam>`, `web::Path<Uuid>`, [`page::List`]`<TeamFilter, By>` (`By`: the orders that the store
//!      offers for the noun, a `pact_store::SortBy`), [`etag::IfMatch`];
//!    - answer: `Result<`[`etag::Tagged`]`<Team>, Problem>` (200 with ETag), [`etag::Created`] (201), [`page::Page`]`<Team>`
//!      (a list: `.into()` from the store's page), or an `HttpResponse`. `?` turns a `Refusal` into its problem. `fields=` works by itself.
//! 3. **Document**: state `tag`, `params(IfMatch)`, `params(Fields)`, `params(PageParams, TeamFilter)`, `request_body`, the good
//!    answer, and a `(status = 409, description = "…")` for what only this operation refuses. Authentication, all other
//!    problems and `Idempotency-Key` are added by [`openapi::finish`]; `security(())` makes an operation public. Query
//!    parameters that are not in the document are refused, so declare each. Say in the description who may call it.
//! 4. **POST** is safe to repeat without doing anything ([`idempotency`]); an answer that holds a secret gets
//!    [`idempotency::HoldsSecret`].
//! 5. Run `cargo run -p pact -- openapi > openapi/pact.json`, and add the noun's refusals to `tests/it/`.

pub mod amount;
pub mod body;
pub mod caller;
pub mod change;
pub mod docs;
pub mod etag;
pub mod fields;
pub mod health;
pub mod idempotency;
mod objects;
pub mod openapi;
pub mod operations;
pub mod page;
pub mod problem;
pub mod server;
pub mod trace;

pub mod absence;
pub mod api_key;
pub mod automation;
mod by_field;
pub mod calendar_feed;
pub mod card;
pub mod coaching;
pub mod contact;
pub mod customer;
pub mod digest;
pub mod dry_run;
pub mod evidence;
pub mod field;
pub mod form;
pub mod goal;
pub mod handover;
pub mod holiday;
mod hours;
pub mod import;
pub mod job;
pub mod lead;
pub mod mail_page;
pub mod mail_setting;
pub mod message;
pub mod organisation;
pub mod outbox;
pub mod pack;
pub mod pact;
pub mod person;
pub mod plan;
pub mod plugin;
pub mod plugin_arrival;
pub mod plugin_removal;
pub mod plugin_sent;
pub mod request;
pub mod run;
pub mod run_stream;
pub mod script_page;
pub mod search;
pub mod security;
pub mod session;
pub mod settings_version;
pub mod stream;
pub mod suggestion;
pub mod team;
pub mod territory;
pub mod view;
pub mod webhook;

use std::path::PathBuf;

use pact_app::App;
use pact_app::ops::plugin_forecast::CONFIRM_ABOVE;
use pact_app::relay::Outgoing;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

pub use problem::{Problem, ProblemType};

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Origins whose pages may call from a browser, such as `https://crm.example`.
    pub cors_origins: Vec<String>,
    /// Whether a proxy in front says who calls (`Forwarded`, `X-Forwarded-For`).
    pub behind_proxy: bool,
    /// Whether the refresh cookie travels over TLS only.
    pub secure_cookies: bool,
    /// How many threads answer requests.
    pub workers: usize,
    /// The folder for files that wait to be worked on, such as imports; beside the database when it is left out.
    pub files: Option<PathBuf>,
    /// The file of the audit log's key; beside the folder for files when it is left out.
    pub evidence_key: Option<PathBuf>,
    /// How what leaves does so.
    pub outgoing: Outgoing,
    /// How many effects at once must be confirmed before a plugin is switched on.
    pub confirm_above: u64,
    /// Whether what lies in the folder of plugins is installed without asking an admin: whoever may write there decides.
    pub trust_plugins: bool,
}

impl Settings {
    /// The application with the places that the settings name.
    pub fn with_places(&self, app: App) -> App {
        let app = match self.files.clone() {
            Some(folder) => app.with_files(folder),
            None => app,
        };
        match self.evidence_key.clone() {
            Some(file) => app.with_evidence_key(file),
            None => app,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cors_origins: Vec::new(),
            behind_proxy: false,
            secure_cookies: true,
            workers: 2,
            files: None,
            evidence_key: None,
            outgoing: Outgoing::default(),
            confirm_above: CONFIRM_ABOVE,
            trust_plugins: false,
        }
    }
}

/// Every operation of the server, noun by noun.
pub(crate) fn operations_of_api(config: &mut ServiceConfig) {
    config.configure(health::routes);
    config.configure(session::public_keys);
    config.configure(calendar_feed::calendars);
    config.configure(mail_page::routes);
    config.service(scope("/api/v1").configure(|api| {
        api.configure(session::routes);
        api.configure(absence::routes);
        api.configure(api_key::routes);
        api.configure(holiday::routes);
        api.configure(organisation::routes);
        api.configure(person::routes);
        api.configure(territory::routes);
        api.configure(team::routes);
        api.configure(import::routes);
        api.configure(job::routes);
        api.configure(lead::routes);
        api.configure(handover::routes);
        // Before the cards: its fixed path must win over a card's id.
        api.configure(suggestion::routes);
        api.configure(calendar_feed::routes);
        api.configure(card::routes);
        api.configure(coaching::routes);
        api.configure(contact::routes);
        api.configure(customer::routes);
        api.configure(evidence::routes);
        api.configure(digest::routes);
        api.configure(dry_run::routes);
        api.configure(field::routes);
        api.configure(form::routes);
        api.configure(goal::routes);
        api.configure(mail_setting::routes);
        api.configure(message::routes);
        api.configure(outbox::routes);
        api.configure(pack::routes);
        api.configure(pact::routes);
        api.configure(plan::routes);
        api.configure(plugin::routes);
        api.configure(plugin_sent::routes);
        api.configure(plugin_arrival::routes);
        api.configure(settings_version::routes);
        api.configure(plugin_removal::routes);
        api.configure(automation::routes);
        api.configure(request::routes);
        api.configure(run::routes);
        api.configure(search::routes);
        api.configure(security::routes);
        api.configure(stream::routes);
        api.configure(view::routes);
        api.configure(webhook::routes);
    }));
}

/// The OpenAPI document of the server.
pub fn document() -> OpenApi {
    let app = actix_web::App::new().into_utoipa_app().openapi(openapi::base()).configure(operations_of_api);
    let (_, mut document) = app.split_for_parts();
    openapi::finish(&mut document);
    document
}
