//! Where a command works: by a server over its public interface, or here on its database.

use std::sync::Arc;

use clap::Args;
use pact_app::App;
use pact_app::app::SystemClock;
use pact_script::pool::Pool;
use pact_store::Store;

use super::config::{Common, Configuration, Listening};
use super::remote::{Remote, key_from};

/// A server, or a database.
#[derive(Debug, Args)]
pub(super) struct Place {
    #[command(flatten)]
    common: Common,
    /// The server to ask, such as `https://pact.example.com`; without it, the database is worked on here
    #[arg(long, value_name = "URL", env = "PACT_SERVER")]
    server: Option<String>,
    /// The environment variable that holds the API key for the server
    #[arg(long, value_name = "NAME", default_value = "PACT_API_KEY")]
    key_env: String,
}

impl Place {
    /// The server, if one is named, with a key that is good for this.
    pub(super) fn remote(&self, scope: &str) -> anyhow::Result<Option<Remote>> {
        let Some(server) = &self.server else { return Ok(None) };
        Ok(Some(Remote::nobody(server)?.with(key_from(&self.key_env, &format!("--email YOU --scope {scope}"))?)))
    }

    /// The settings by which the database is found.
    pub(super) fn configuration(&self) -> anyhow::Result<Configuration> {
        Configuration::read(self.common.clone(), Listening::default())
    }

    /// The database.
    pub(super) async fn store(&self) -> anyhow::Result<Store> {
        let configuration = self.configuration()?;
        configuration.start_log()?;
        configuration.open_store().await
    }

    /// The application on the database, with workers if scripts are to run.
    pub(super) async fn app(&self, pool: Option<Pool>) -> anyhow::Result<App> {
        Ok(App::new(self.store().await?, Arc::new(SystemClock), Arc::default(), pool.map(Arc::new)).await?)
    }

    /// The arguments that lead to the same place again.
    pub(super) fn again(&self) -> String {
        match &self.server {
            Some(server) if self.key_env == "PACT_API_KEY" => format!(" --server {server}"),
            Some(server) => format!(" --server {server} --key-env {}", self.key_env),
            None => self.common.again(),
        }
    }
}
