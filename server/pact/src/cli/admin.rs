//! `pact admin create`: makes an admin; and the first one from the environment, when there is nobody yet.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use pact_app::app::SystemClock;
use pact_app::ops::organisation::found_organisation;
use pact_app::ops::person::{CreatePerson, create_person, nobody_exists};
use pact_app::{Actor, App};
use pact_core::role::Role;
use secrecy::{ExposeSecret, SecretString};

use super::config::{Common, Configuration, Listening};

/// The e-mail address of the first admin, for machines that start without a terminal.
const EMAIL: &str = "PACT_ADMIN_EMAIL";
/// The password of the first admin, or of `pact admin create`.
const PASSWORD: &str = "PACT_ADMIN_PASSWORD";

#[derive(Debug, Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    command: AdminCommand,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Make an admin; the password is asked for, or read from PACT_ADMIN_PASSWORD or a file.
    Create(Create),
}

#[derive(Debug, Args)]
struct Create {
    #[command(flatten)]
    common: Common,
    /// The admin's e-mail address, with which they sign in
    #[arg(long)]
    email: String,
    /// The admin's name
    #[arg(long)]
    name: String,
    /// A file whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Admin {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let AdminCommand::Create(create) = self.command;
        let configuration = Configuration::read(create.common, Listening::default())?;
        configuration.start_log()?;
        let password = password(create.password_file)?;
        actix_web::rt::System::new().block_on(async {
            let store = configuration.open_store().await?;
            found_organisation(&store, "Our company").await?;
            let app = App::new(store, Arc::new(SystemClock), Arc::default(), None).await?;
            let person = make(&app, create.email, create.name, password).await?;
            println!("{} <{}> is an admin and can sign in.", person.name, person.email);
            app.store.close().await;
            Ok(())
        })
    }
}

/// Makes the first admin from the environment, when it names one and there is nobody yet.
///
/// # Errors
/// An address without a password, or a password that is refused.
pub(super) async fn first_admin_from_environment(app: &App) -> anyhow::Result<()> {
    let Ok(email) = std::env::var(EMAIL) else { return Ok(()) };
    if !nobody_exists(app).await? {
        return Ok(());
    }
    let password = std::env::var(PASSWORD).with_context(|| format!("{EMAIL} is set and {PASSWORD} is not"))?;
    let name = email.split('@').next().unwrap_or(&email).to_owned();
    make(app, email, name, password.into()).await?;
    tracing::info!("the first admin was made from the environment");
    Ok(())
}

async fn make(
    app: &App,
    email: String,
    name: String,
    password: SecretString,
) -> anyhow::Result<pact_store::entity::person::Model> {
    let command = CreatePerson { password: Some(password), ..CreatePerson::new(name, email, Role::Admin) };
    Ok(create_person(app, &Actor::System, command).await?)
}

/// A secret that stands in the first line of a file.
pub(super) fn first_line(path: &Path) -> anyhow::Result<SecretString> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().into())
}

fn password(file: Option<PathBuf>) -> anyhow::Result<SecretString> {
    if let Some(path) = file {
        return first_line(&path);
    }
    if let Ok(password) = std::env::var(PASSWORD) {
        return Ok(password.into());
    }
    let first: SecretString =
        rpassword::prompt_password("Password (at least 12 characters): ").context("no terminal to ask on")?.into();
    let second: SecretString = rpassword::prompt_password("The same again: ")?.into();
    if first.expose_secret() != second.expose_secret() {
        bail!("the two passwords differ; nothing was made");
    }
    Ok(first)
}
