//! An import by a server, over its public interface.

use std::path::Path;

use anyhow::Context;
use futures_util::stream;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::show::Bar;
use super::{MappingGiven, Options, State};
use crate::cli::remote::{Remote, sent};

const IMPORTS: &str = "/imports";
const PIECE_BYTES: usize = 256 * 1024;

/// A server that brings in leads.
pub(super) struct There(pub(super) Remote);

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

impl There {
    pub(super) async fn preview(&self, file: &Path, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<Value> {
        let form = form(file, options, mapping, None).await?;
        Ok(sent(self.request(Method::POST, "/preview").multipart(form)).await?.json().await?)
    }

    pub(super) async fn start(&self, file: &Path, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<State> {
        let bar = Bar::bytes();
        let form = form(file, options, mapping, Some(bar.clone())).await?;
        let answer = sent(self.request(Method::POST, "").multipart(form)).await;
        bar.clear();
        state(answer?).await
    }

    pub(super) async fn resume(&self, id: Uuid) -> anyhow::Result<State> {
        let now = self.state(id).await?;
        if now.status != "stopped" {
            return Ok(now);
        }
        state(sent(self.request(Method::POST, &format!("/{id}/resume"))).await?).await
    }

    pub(super) async fn state(&self, id: Uuid) -> anyhow::Result<State> {
        state(sent(self.request(Method::GET, &format!("/{id}"))).await?).await
    }

    pub(super) async fn stop(&self, id: Uuid) -> anyhow::Result<()> {
        let answer = self.0.post_nothing(&format!("{IMPORTS}/{id}/stop")).await?;
        // 409: it came to its end at the same moment.
        if answer.status == 409 { Ok(()) } else { answer.good().map(drop) }
    }

    pub(super) async fn write_refused(&self, id: Uuid, path: &Path) -> anyhow::Result<()> {
        let mut answer = sent(self.request(Method::GET, &format!("/{id}/refused.csv"))).await?;
        let mut file = tokio::fs::File::create(path).await.with_context(|| format!("{} cannot be written", path.display()))?;
        while let Some(piece) = answer.chunk().await? {
            file.write_all(&piece).await?;
        }
        Ok(file.flush().await?)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.0.request(method, &format!("{IMPORTS}{path}"))
    }
}

async fn state(answer: Response) -> anyhow::Result<State> {
    let Shown { id, status, total_rows, rows_done, accepted, merged, refused, failure } =
        answer.json().await.context("the server answered something that is no import; is it another version?")?;
    Ok(State { id, status, total: total_rows, done: rows_done, accepted, merged, refused, failure })
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
