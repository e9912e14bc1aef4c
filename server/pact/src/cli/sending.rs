//! How what leaves does so, from arguments, the environment or the file of settings.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use pact_app::relay::Outgoing;
use pact_app::relay::mail::{InDoubt, MailSettings, MailWish, Security};
use secrecy::SecretString;
use serde::Deserialize;

/// The environment's name for the password of the mail account: an argument would stand in the list of processes.
const MAIL_PASSWORD: &str = "PACT_MAIL_PASSWORD";

/// How what leaves does so; mail has further settings in the file, under `[mail]`.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Sending {
    /// The mail server; without one, mail waits in the outbox [default: none]
    #[arg(long, env = "PACT_MAIL_HOST", value_name = "HOST")]
    mail_host: Option<String>,
    /// Its port [default: 587, or 465 with tls]
    #[arg(long, env = "PACT_MAIL_PORT", value_name = "PORT")]
    mail_port: Option<u16>,
    /// How the connection is protected: starttls, tls, or none for a server on this machine [default: starttls]
    #[arg(long, env = "PACT_MAIL_SECURITY", value_name = "HOW", value_parser = security)]
    mail_security: Option<Security>,
    /// The account, whose password is in PACT_MAIL_PASSWORD [default: none]
    #[arg(long, env = "PACT_MAIL_USER", value_name = "NAME")]
    mail_user: Option<String>,
    /// From whom mail comes, such as "PACT <pact@example.com>"
    #[arg(long, env = "PACT_MAIL_SENDER", value_name = "ADDRESS")]
    mail_sender: Option<String>,
    /// What becomes of mail that may have arrived although no answer came: send_again or put_aside [default: send_again]
    #[arg(long, env = "PACT_MAIL_IN_DOUBT", value_name = "WHAT", value_parser = in_doubt)]
    mail_in_doubt: Option<InDoubt>,
    /// Certificates in PEM that are trusted beside the public ones [default: none]
    #[arg(long, env = "PACT_MAIL_TRUSTED", value_name = "FILE")]
    mail_trusted: Option<PathBuf>,
    /// Networks that are not public, to which webhooks may go all the same, separated by commas [default: none]
    #[arg(long, env = "PACT_WEBHOOK_NETWORKS", value_delimiter = ',', value_name = "NETWORK")]
    webhook_networks: Option<Vec<String>>,
    /// Milliseconds before what could not be sent is tried again; each further wait is three times as long [default: 5000]
    #[arg(long, env = "PACT_RETRY_FIRST_MS", value_name = "NUMBER")]
    retry_first_ms: Option<u64>,
    /// Where people reach this server, such as `https://pact.example.com`; without it, mail has no links [default: none]
    #[arg(long, env = "PACT_PUBLIC_URL", value_name = "ADDRESS")]
    public_url: Option<String>,
    /// Milliseconds that mail with a digest waits for what other plugins say at the same tick [default: 60000]
    #[arg(long, env = "PACT_DIGEST_WAIT_MS", value_name = "NUMBER")]
    digest_wait_ms: Option<u64>,
}

/// `[mail]` in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MailFile {
    host: Option<String>,
    port: Option<u16>,
    security: Option<Security>,
    user: Option<String>,
    password: Option<SecretString>,
    sender: Option<String>,
    trusted: Option<PathBuf>,
    in_doubt: Option<InDoubt>,
}

/// What the file says of what leaves, beside `[mail]`.
#[derive(Debug, Default)]
pub(super) struct SendingFile {
    pub(super) mail: MailFile,
    pub(super) webhook_networks: Option<Vec<String>>,
    pub(super) retry_first_ms: Option<u64>,
    pub(super) public_url: Option<String>,
    pub(super) digest_wait_ms: Option<u64>,
}

/// The settings that hold.
///
/// # Errors
/// A setting that cannot be taken.
pub(super) fn read(given: Sending, file: SendingFile) -> anyhow::Result<Outgoing> {
    let networks = given.webhook_networks.or(file.webhook_networks).unwrap_or_default();
    let networks = networks
        .iter()
        .map(|text| text.parse().with_context(|| format!("{text} is no network. Write it with its length, such as 10.0.0.0/8")));
    let usual = Outgoing::default();
    let first = given.retry_first_ms.or(file.retry_first_ms);
    let public_url = given.public_url.or(file.public_url).filter(|url| !url.is_empty());
    let public_url = public_url.map(|url| Outgoing::read_public_url(&url)).transpose().map_err(anyhow::Error::msg)?;
    let digest_wait = given.digest_wait_ms.or(file.digest_wait_ms);
    let mail = MailFile {
        host: given.mail_host.or(file.mail.host),
        port: given.mail_port.or(file.mail.port),
        security: given.mail_security.or(file.mail.security),
        user: given.mail_user.or(file.mail.user),
        password: std::env::var(MAIL_PASSWORD).ok().map(SecretString::from).or(file.mail.password),
        sender: given.mail_sender.or(file.mail.sender),
        trusted: given.mail_trusted.or(file.mail.trusted),
        in_doubt: given.mail_in_doubt.or(file.mail.in_doubt),
    };
    Ok(Outgoing {
        mail: read_mail(mail)?,
        networks: networks.collect::<anyhow::Result<_>>()?,
        first_wait: first.map_or(usual.first_wait, Duration::from_millis),
        public_url,
        digest_wait: digest_wait.map_or(usual.digest_wait, Duration::from_millis),
    })
}

fn read_mail(given: MailFile) -> anyhow::Result<Option<MailSettings>> {
    let Some(host) = given.host else { return Ok(None) };
    let trusted = given.trusted.map(|path| {
        std::fs::read_to_string(&path).with_context(|| format!("the certificates in {} cannot be read", path.display()))
    });
    let wish = MailWish {
        host,
        port: given.port,
        security: given.security.unwrap_or_default(),
        trusted: trusted.transpose()?,
        user: given.user,
        password: given.password,
        sender: given.sender,
        in_doubt: given.in_doubt.unwrap_or_default(),
    };
    Ok(Some(MailSettings::read(wish)?))
}

fn security(text: &str) -> Result<Security, String> {
    match text {
        "tls" => Ok(Security::Tls),
        "starttls" => Ok(Security::StartTls),
        "none" => Ok(Security::None),
        _ => Err("it is starttls, tls, or none".to_owned()),
    }
}

fn in_doubt(text: &str) -> Result<InDoubt, String> {
    match text {
        "send_again" => Ok(InDoubt::SendAgain),
        "put_aside" => Ok(InDoubt::PutAside),
        _ => Err("it is send_again or put_aside".to_owned()),
    }
}
