//! A server that a command speaks to over its public interface, with an API key from the environment.

use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Which server, and the key for it.
#[derive(Debug, Args)]
pub(super) struct Server {
    /// The server, such as `https://pact.example.com`
    #[arg(long, alias = "url", value_name = "URL", env = "PACT_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The environment variable that holds an API key of the scopes plugins_read and plugins_write
    #[arg(long, value_name = "NAME", default_value = "PACT_API_KEY")]
    key_env: String,
}

/// A server, with a key for it.
pub(super) struct Remote {
    http: Client,
    base: String,
    key: SecretString,
}

/// What a server answered that is no error of the way there.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// The revision of what was shown.
    pub(super) etag: Option<String>,
}

impl Server {
    /// Makes ready to speak to it.
    pub(super) fn open(&self) -> anyhow::Result<Remote> {
        Ok(Remote::nobody(&self.server)?.with(key_from(&self.key_env, "--email YOU")?))
    }
}

/// The API key of an environment variable; `options` say how `pact key` makes one.
pub(super) fn key_from(name: &str, options: &str) -> anyhow::Result<SecretString> {
    let key = std::env::var(name).ok().filter(|key| !key.trim().is_empty());
    let key =
        key.with_context(|| format!("the environment variable {name} holds no API key; make one with `pact key {options}`"))?;
    Ok(key.trim().into())
}

impl Remote {
    /// Speaks to a server as nobody.
    pub(super) fn nobody(server: &str) -> anyhow::Result<Self> {
        // It fails when another part of the process chose before, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = Client::builder().connect_timeout(CONNECT_TIMEOUT).build()?;
        Ok(Self { http, base: server.trim_end_matches('/').to_owned(), key: SecretString::default() })
    }

    /// The same with a key, or an access token.
    pub(super) fn with(self, key: SecretString) -> Self {
        Self { key, ..self }
    }

    /// Ends something.
    pub(super) async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        answer(self.request(Method::DELETE, path)).await
    }

    /// Asks for something.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        answer(self.request(Method::GET, path)).await
    }

    /// Sends JSON.
    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Asks for something to be done of which there is nothing to say.
    pub(super) async fn post_nothing(&self, path: &str) -> anyhow::Result<Answer> {
        answer(self.request(Method::POST, path)).await
    }

    /// Sends an archive.
    pub(super) async fn post_archive(&self, path: &str, archive: Vec<u8>) -> anyhow::Result<Answer> {
        answer(self.request(Method::POST, path).header(CONTENT_TYPE, "application/gzip").body(archive)).await
    }

    /// Removes what was read with this revision.
    pub(super) async fn remove(&self, path: &str, etag: &str) -> anyhow::Result<Answer> {
        answer(self.request(Method::DELETE, path).header(IF_MATCH, etag)).await
    }

    /// Changes what was read with this revision.
    pub(super) async fn change(&self, path: &str, etag: &str, body: &Value) -> anyhow::Result<Answer> {
        answer(self.request(Method::PATCH, path).header(IF_MATCH, etag).json(body)).await
    }

    /// A request, to be made complete and sent.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        match self.key.expose_secret() {
            "" => request,
            key => request.bearer_auth(key),
        }
    }
}

async fn answer(request: RequestBuilder) -> anyhow::Result<Answer> {
    let response: Response = request.send().await.context("the server does not answer")?;
    let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    Ok(Answer { status: response.status().as_u16(), etag, body: response.json().await.unwrap_or_default() })
}

/// Sends a request whose answer is read piece by piece, or is no JSON.
pub(super) async fn sent(request: RequestBuilder) -> anyhow::Result<Response> {
    let response = request.send().await.context("the server does not answer")?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(refused(status.as_u16(), &response.json().await.unwrap_or_default()))
}

/// What the server says is wrong.
fn refused(status: u16, body: &Value) -> anyhow::Error {
    match body["detail"].as_str() {
        Some(detail) => anyhow!("{detail}"),
        None => anyhow!("the server answered {status}"),
    }
}

impl Answer {
    /// The body of a good answer.
    pub(super) fn good(self) -> anyhow::Result<Self> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(refused(self.status, &self.body)) }
    }

    /// How much of what would be done at once, where the server asks for somebody's word on that.
    pub(super) fn to_confirm(&self) -> Option<Vec<(String, u64)>> {
        if self.body["type"] != "/problems/confirmation-needed" {
            return None;
        }
        let effects = self.body["errors"].as_array()?.iter();
        effects.map(|one| Some((one["field"].as_str()?.to_owned(), one["why"].as_str()?.parse().ok()?))).collect()
    }

    /// A text of the body.
    pub(super) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}
