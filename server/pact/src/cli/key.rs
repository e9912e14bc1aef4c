//! `pact key`: signs in with a password, makes an API key, and signs out again.

use std::path::PathBuf;

use anyhow::Context;
use chrono::{TimeDelta, Utc};
use clap::Args;
use pact_core::role::Scope;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::admin::first_line;
use super::remote::Remote;

/// The password with which `pact key` signs in, for machines without a terminal.
const PASSWORD: &str = "PACT_PASSWORD";

#[derive(Debug, Args)]
pub(super) struct KeyCommand {
    /// The server, such as `https://pact.example.com`
    #[arg(long, alias = "url", value_name = "URL", env = "PACT_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// The e-mail address with which you sign in
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// What the key is for, so that you know it again when you revoke it
    #[arg(long, value_name = "TEXT", default_value = "command line")]
    name: String,
    /// What the key is good for; say it several times. It never gives more than your role does
    #[arg(long = "scope", value_name = "SCOPE", default_values = ["plugins_read", "plugins_write"])]
    scopes: Vec<Scope>,
    /// In how many days it ends
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
    days: u16,
    /// A file whose first line is the password; otherwise it is asked for, or read from PACT_PASSWORD
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl KeyCommand {
    /// Prints the key and nothing else, so that a shell can take it: `export PACT_API_KEY="$(pact key --email …)"`.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let password = password(self.password_file)?;
        let ends = Utc::now().checked_add_signed(TimeDelta::days(self.days.into())).context("these are too many days")?;
        let scopes: Vec<String> = self.scopes.iter().map(ToString::to_string).collect();
        let wish = json!({ "name": self.name, "scopes": scopes, "expires_at": ends.to_rfc3339() });
        let signing_in = json!({ "method": "password", "email": self.email, "password": password.expose_secret() });
        actix_web::rt::System::new().block_on(async {
            let session = Remote::nobody(&self.server)?.post("/session", &signing_in).await?.good()?;
            let remote = Remote::nobody(&self.server)?.with(session.text("access_token").into());
            let made = remote.post("/api-keys", &wish).await?.good();
            // The key is all that is kept; a session that could not be ended ends by itself.
            drop(remote.delete("/session").await);
            println!("{}", made?.text("key"));
            Ok(())
        })
    }
}

fn password(file: Option<PathBuf>) -> anyhow::Result<SecretString> {
    match (file, std::env::var(PASSWORD)) {
        (Some(path), _) => first_line(&path),
        (None, Ok(password)) => Ok(password.into()),
        (None, Err(_)) => {
            Ok(rpassword::prompt_password("Password: ").context("no terminal to ask on; set PACT_PASSWORD")?.into())
        }
    }
}
