//! A dry run that was begun: by a server, or here over its database, of which nothing is stored.

use std::sync::Arc;

use anyhow::Context;
use pact_app::{App, dry};
use pact_core::role::Role;
use pact_script::pool::{Pool, PoolOptions};
use reqwest::Url;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::place::Place;
use crate::cli::remote::Remote;
use crate::http::dry_run::{DryRun, DryRunEffect, NewDryRun};

/// Effects that are read at once.
const PAGE: usize = 200;

pub(super) enum Tried {
    Here(Box<App>, Arc<dry::DryRun>),
    There(Remote, String),
}

impl Tried {
    /// Begins it; says what it shows at first.
    pub(super) async fn begin(place: &Place, body: Value) -> anyhow::Result<(Self, Value)> {
        if let Some(server) = place.remote("plugins_write")? {
            let shown = server.post("/dry-runs", &body).await?.good()?.body;
            let path = format!("/dry-runs/{}", shown["id"].as_str().unwrap_or_default());
            return Ok((Self::There(server, path), shown));
        }
        let options = PoolOptions { workers: 1, ..PoolOptions::of_this_binary()? };
        let pool = tokio::task::spawn_blocking(|| Pool::start(options)).await??;
        let app = place.app(Some(pool)).await?;
        let asked: NewDryRun = serde_json::from_value(body)?;
        let run = dry::try_here(&app, Uuid::nil(), asked.read()?).await?;
        let shown = serde_json::to_value(DryRun::from(run.shown()))?;
        Ok((Self::Here(Box::new(app), run), shown))
    }

    /// How far it is.
    pub(super) async fn read(&self) -> anyhow::Result<Value> {
        match self {
            Self::Here(_, run) => Ok(serde_json::to_value(DryRun::from(run.shown()))?),
            Self::There(server, path) => Ok(server.get(path).await?.good()?.body),
        }
    }

    pub(super) async fn cancel(&self) -> anyhow::Result<()> {
        match self {
            Self::Here(_, run) => run.cancel(),
            Self::There(server, path) => drop(server.post_nothing(&format!("{path}/cancel")).await?.good()?),
        }
        Ok(())
    }

    /// A page of what it would do.
    pub(super) async fn effects(&self, cursor: Option<&str>, only: Option<&str>) -> anyhow::Result<Value> {
        match self {
            Self::Here(_, run) => {
                let only = only.map(|word| dry::Difference::of(word).with_context(|| format!("{word} is no difference")));
                let (lines, next) = run.lines(only.transpose()?, cursor.map_or(Ok(0), str::parse)?, PAGE);
                let items: Vec<DryRunEffect> = lines.into_iter().map(DryRunEffect::from).collect();
                Ok(json!({ "items": items, "next_cursor": next.map(|next| next.to_string()) }))
            }
            Self::There(server, path) => {
                let mut path = format!("{path}/effects?limit={PAGE}");
                for (name, value) in [("cursor", cursor), ("difference", only)] {
                    if let Some(value) = value {
                        path.push_str(&format!("&{name}={value}"));
                    }
                }
                Ok(server.get(&path).await?.good()?.body)
            }
        }
    }

    /// What it did, as a case.
    pub(super) async fn case(&self, title: &str) -> anyhow::Result<String> {
        match self {
            Self::Here(app, run) => Ok(dry::case_of_this(app, Uuid::nil(), Role::Admin, run, title.to_owned()).await?),
            Self::There(server, path) => {
                // The address is made for its query alone.
                let asked = Url::parse_with_params("http://localhost/", [("title", title)])?;
                let answer = server.get(&format!("{path}/case?{}", asked.query().unwrap_or_default())).await?.good()?;
                Ok(answer.text("case").to_owned())
            }
        }
    }
}
