//! `pact migrate`: brings the tables up to date.

use clap::Args;

use super::config::{Common, Configuration, Listening};

#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    common: Common,
}

impl Migrate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let configuration = Configuration::read(self.common, Listening::default())?;
        configuration.start_log()?;
        actix_web::rt::System::new().block_on(async {
            configuration.open_store().await?.close().await;
            println!("The database is up to date.");
            Ok(())
        })
    }
}
