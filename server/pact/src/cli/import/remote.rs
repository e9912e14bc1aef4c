//! An import by a server, over its public interface.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::stream;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client, Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::show::Bar;
use super::{MappingGiven, Options, State};

const IMPORTS: &str = "/api/v1/imports";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const PIECE_BYTES: usize = 256 * 1024;

/// A server, with a key for it.
pub(super) struct Remote {
    http: Client,
    base: String,
    key: SecretString,
}

/// An import as the server shows it.
#[derive(Deserialize)]
struct Shown {
    id: Uuid,
    status: String,
    total_rows: Option<u64>,
    rows_done: u64,
    accepted: u64,
    merged: u64,
    refused: u64,
    failure: Option<String>,
}

impl Remote {
    pub(super) fn open(server: &str, key_env: &str) -> anyhow::Result<Self> {
        let key = std::env::var(key_env)
            .with_context(|| format!("the environment variable {key_env} holds no API key; make one with the scope imports_write at POST /api/v1/api-keys"))?;
        // It fails when another part of the process chose before, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = Client::builder().connect_timeout(CONNECT_TIMEOUT).build()?;
        Ok(Self { http, base: server.trim_end_matches('/').to_owned(), key: key.trim().into() })
    }

    pub(super) async fn preview(&self, file: &Path, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<Value> {
        let form = form(file, options, mapping, None).await?;
        Ok(answered(self.request(Method::POST, "/preview").multipart(form)).await?.json().await?)
    }

    pub(super) async fn start(&self, file: &Path, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<State> {
        let bar = Bar::bytes();
        let form = form(file, options, mapping, Some(bar.clone())).await?;
        let sent = answered(self.request(Method::POST, "").multipart(form)).await;
        bar.clear();
        state(sent?).await
    }

    pub(super) async fn resume(&self, id: Uuid) -> anyhow::Result<State> {
        let now = self.state(id).await?;
        if now.status != "stopped" {
            return Ok(now);
        }
        state(answered(self.request(Method::POST, &format!("/{id}/resume"))).await?).await
    }

    pub(super) async fn state(&self, id: Uuid) -> anyhow::Result<State> {
        state(answered(self.request(Method::GET, &format!("/{id}"))).await?).await
    }

    pub(super) async fn stop(&self, id: Uuid) -> anyhow::Result<()> {
        let answer = self.request(Method::POST, &format!("/{id}/stop")).send().await?;
        // 409: it came to its end at the same moment.
        if answer.status() == 409 { Ok(()) } else { checked(answer).await.map(drop) }
    }

    pub(super) async fn write_refused(&self, id: Uuid, path: &Path) -> anyhow::Result<()> {
        let mut answer = answered(self.request(Method::GET, &format!("/{id}/refused.csv"))).await?;
        let mut file = tokio::fs::File::create(path).await.with_context(|| format!("{} cannot be written", path.display()))?;
        while let Some(piece) = answer.chunk().await? {
            file.write_all(&piece).await?;
        }
        Ok(file.flush().await?)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{IMPORTS}{path}", self.base)).bearer_auth(self.key.expose_secret())
    }
}

async fn state(answer: Response) -> anyhow::Result<State> {
    let Shown { id, status, total_rows, rows_done, accepted, merged, refused, failure } =
        answer.json().await.context("the server answered something that is no import; is it another version?")?;
    Ok(State { id, status, total: total_rows, done: rows_done, accepted, merged, refused, failure })
}

async fn answered(request: RequestBuilder) -> anyhow::Result<Response> {
    checked(request.send().await.context("the server does not answer")?).await
}

/// The answer, or what the server says is wrong.
async fn checked(answer: Response) -> anyhow::Result<Response> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status();
    let problem: Value = answer.json().await.unwrap_or_default();
    match problem["detail"].as_str() {
        Some(detail) => bail!("{detail}"),
        None => bail!("the server answered {status}"),
    }
}

/// The file and what is said about it; `bar` moves as it is sent.
async fn form(file: &Path, options: &Options, mapping: Option<MappingGiven>, bar: Option<Bar>) -> anyhow::Result<Form> {
    let opened = tokio::fs::File::open(file).await.with_context(|| format!("{} cannot be read", file.display()))?;
    let length = opened.metadata().await?.len();
    if let Some(bar) = &bar {
        bar.length(length);
    }
    let pieces = stream::try_unfold((opened, bar), |(mut opened, bar)| async move {
        let mut piece = vec![0; PIECE_BYTES];
        let read = opened.read(&mut piece).await?;
        if let Some(bar) = &bar {
            bar.add(read as u64);
        }
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((piece, (opened, bar))))
    });
    let name = file.file_name().map_or_else(|| "import".into(), |name| name.to_string_lossy().into_owned());
    let part =
        Part::stream_with_length(Body::wrap_stream(pieces), length).file_name(name).mime_str("application/octet-stream")?;
    let mapping = match mapping {
        None => None,
        Some(MappingGiven::Here(mapping)) => Some(serde_json::to_string(&mapping)?),
        Some(MappingGiven::Saved(name)) => Some(name),
    };
    let Options { source, product, currency, encoding, mapping: _ } = options.clone();
    let texts = [("mapping", mapping), ("source", source), ("product", product), ("currency", currency), ("encoding", encoding)];
    let form = texts
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .fold(Form::new(), |form, (name, text)| form.text(name, text));
    Ok(form.part("file", part))
}
