//! A client of the public interface, as anybody could write one.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who calls the server: nobody in particular, or a person who signed in.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<SecretString>,
}

impl Client {
    /// Nobody in particular.
    pub(super) fn new(base: &str) -> anyhow::Result<Self> {
        // The client wants a provider of TLS even where it never meets any; one that is there already is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Self { http, base: base.to_owned(), token: None })
    }

    /// The same client for a person who signs in.
    pub(super) async fn sign_in(&self, email: &str, password: &SecretString) -> anyhow::Result<Self> {
        let body = json!({"method": "password", "email": email, "password": password.expose_secret()});
        let answer = self.post("/api/v1/session", &body).await?;
        let token = answer["access_token"].as_str().context("the session has no access token")?;
        Ok(Self { token: Some(token.into()), ..self.clone() })
    }

    /// The same client for nobody in particular.
    pub(super) fn signed_out(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// Reads.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(self.request(Method::GET, path)).await
    }

    /// Sends JSON.
    pub(super) async fn post(&self, path: &str, body: &impl Serialize) -> anyhow::Result<Value> {
        self.ask(self.request(Method::POST, path).json(body)).await
    }

    /// Sends a file.
    pub(super) async fn post_file(&self, path: &str, kind: &str, content: Vec<u8>) -> anyhow::Result<Value> {
        self.ask(self.request(Method::POST, path).header("content-type", kind).body(content)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    async fn ask(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await.context("the server does not answer")?;
        let (path, status) = (answer.url().path().to_owned(), answer.status());
        let body = read(answer).await?;
        if status.is_success() {
            return Ok(body);
        }
        let detail = body["detail"].as_str().or(body["title"].as_str()).unwrap_or("no reason is given");
        bail!("{path} answers {status}: {detail}")
    }
}

async fn read(answer: Response) -> anyhow::Result<Value> {
    let bytes = answer.bytes().await?;
    if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&bytes)?) }
}
