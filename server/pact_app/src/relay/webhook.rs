//! Posting to webhooks, as [Standard Webhooks](https://www.standardwebhooks.com) has it.

use std::error::Error as _;
use std::time::Duration;

use pact_store::entity::{outbox, webhook};
use pact_store::record;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::outcome::{Became, Outcome};
use super::reach::{Guard, check_url};
use super::{Outgoing, signature};
use crate::App;

/// How long a webhook may take to answer in all.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// How long a connection may take to stand.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How much of an answer is read: enough to see why something was refused.
const ANSWER_BYTES: usize = 2_048;
/// What PACT calls itself.
const NAME: &str = concat!("PACT/", env!("CARGO_PKG_VERSION"));

/// Whoever posts to webhooks; one for what is encrypted, and one for what is not.
pub(super) struct Poster {
    encrypted: Result<Client, String>,
    plain: Result<Client, String>,
}

impl Poster {
    pub(super) fn new(outgoing: &Outgoing) -> Self {
        // The clients are built without a provider of cryptography; it may be chosen already.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self { encrypted: client(Guard::encrypted(&outgoing.networks)), plain: client(Guard::plain(&outgoing.networks)) }
    }

    /// Posts a claimed row to its webhook.
    pub(super) async fn post(&self, app: &App, row: &outbox::Model) -> Outcome {
        let Some(id) = row.webhook_id else { return Outcome::refused(None, "It is for no webhook.") };
        let webhook = match record::find::<webhook::Model>(app.store.read(), id).await {
            Ok(Some(webhook)) => webhook,
            Ok(None) => return Outcome::refused(None, "The webhook was removed."),
            Err(error) => return Outcome::failed(None, format!("The store failed: {error}")),
        };
        match self.try_post(app, row, &webhook).await {
            Ok(response) => judged(response).await,
            Err(outcome) => outcome,
        }
    }

    async fn try_post(&self, app: &App, row: &outbox::Model, webhook: &webhook::Model) -> Result<Response, Outcome> {
        let unreachable = |why: &dyn std::fmt::Display| Outcome::failed(None, format!("The address is not taken: {why}"));
        let url = check_url(&webhook.url, &app.outgoing.networks).map_err(|error| unreachable(&error))?;
        let client = self.client(&url).map_err(|error| unreachable(&error))?;
        let (id, now, body) = (message_id(row), app.clock.now(), row.payload.to_string());
        let signature =
            signature::header(webhook, &id, now, &body).map_err(|defect| Outcome::failed(None, defect.to_string()))?;
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, NAME)
            .header("webhook-id", id)
            .header("webhook-timestamp", signature::seconds(now))
            .header("webhook-signature", signature)
            .body(body);
        request.send().await.map_err(|error| Outcome::failed(None, in_words(&error)))
    }

    fn client(&self, url: &Url) -> Result<&Client, &String> {
        if url.scheme() == "https" { &self.encrypted } else { &self.plain }.as_ref()
    }
}

/// The id that a message keeps through all attempts.
fn message_id(row: &outbox::Model) -> String {
    format!("msg_{}", row.id.simple())
}

fn client(guard: Guard) -> Result<Client, String> {
    Client::builder()
        .dns_resolver(std::sync::Arc::new(guard))
        // A proxy would connect where the guard does not look, and a redirection goes where nobody wanted.
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(CONNECT_WITHIN)
        .timeout(ANSWER_WITHIN)
        .pool_max_idle_per_host(2)
        .build()
        .map_err(|error| format!("no client can be made: {error}"))
}

/// What an answer means: taken, to be tried again, or that nothing is wanted any more.
async fn judged(response: Response) -> Outcome {
    let status = response.status();
    if status.is_success() {
        return Outcome::new(Became::Sent, Some(status.as_u16()), "");
    }
    let after = retry_after(&response);
    let said = beginning(response).await;
    let (became, answer) = match status {
        StatusCode::GONE => (Became::Refused { off: true }, "It answered 410 Gone, which switches the webhook off.".to_owned()),
        status if status.is_redirection() => (
            Became::Failed { after, in_doubt: false },
            format!("It answered {status}. PACT follows no redirection: give the webhook the address that it leads to."),
        ),
        status => (Became::Failed { after, in_doubt: false }, format!("It answered {status}. {said}")),
    };
    Outcome::new(became, Some(status.as_u16()), answer)
}

/// The seconds that the other side asks to wait.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The beginning of an answer, and no more: it may be endless.
async fn beginning(mut response: Response) -> String {
    let mut read = Vec::new();
    while read.len() < ANSWER_BYTES {
        match response.chunk().await {
            Ok(Some(bytes)) => read.extend_from_slice(&bytes),
            Ok(None) | Err(_) => break,
        }
    }
    read.truncate(ANSWER_BYTES);
    String::from_utf8_lossy(&read).into_owned()
}

/// An error with its causes, without the address: it may hold a token.
fn in_words(error: &reqwest::Error) -> String {
    let plain = if error.is_timeout() {
        format!("It did not answer within {} seconds", ANSWER_WITHIN.as_secs())
    } else if error.is_connect() {
        "It could not be reached".to_owned()
    } else {
        "The connection broke".to_owned()
    };
    let mut root = error.source();
    while let Some(deeper) = root.and_then(|cause| cause.source()) {
        root = Some(deeper);
    }
    root.map_or_else(|| plain.clone(), |cause| format!("{plain}: {cause}"))
}
