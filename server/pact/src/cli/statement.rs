//! `pact statement`: what this system does and does not compute, made from what is installed.

use std::sync::Arc;

use clap::Args;
use pact_app::app::SystemClock;
use pact_app::{App, statement};

use super::config::{Common, Configuration, Listening};

#[derive(Debug, Args)]
pub(super) struct Statement {
    #[command(flatten)]
    common: Common,
    /// Its language: de, en, es, fr, it, nl or pt [default: the organisation's]
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// Print a page for a browser instead of text
    #[arg(long)]
    html: bool,
}

impl Statement {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let configuration = Configuration::read(self.common, Listening::default())?;
        configuration.start_log()?;
        actix_web::rt::System::new().block_on(async {
            let store = configuration.open_store().await?;
            let app = App::new(store, Arc::new(SystemClock), Arc::default(), None).await?;
            let language = match self.language {
                Some(language) => language,
                None => pact_store::organisation::get(app.store.read()).await?.language,
            };
            let statement = statement::make(&app, &[language]).await?;
            print!("{}", if self.html { statement.html() } else { statement.text() });
            app.store.close().await;
            Ok(())
        })
    }
}
