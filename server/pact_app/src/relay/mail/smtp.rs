//! Handing mail over by SMTP (RFC 5321), step by step, so that it is known how far it came when something breaks.

use std::fmt;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::{MailSettings, Security};

/// How long a connection may take to stand, encryption and sign-in included.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);
/// How long the server may take to answer a command.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to answer the end of a mail; RFC 5321 (4.5.3.2.6) asks for this much, since giving up early makes duplicates.
const TAKE_WITHIN: Duration = Duration::from_secs(600);
/// How long a connection is kept for the next mail.
const KEPT: Duration = Duration::from_secs(15);

/// How far a mail came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The server was not reached, not encrypted, or did not let us in.
    Connection,
    /// The sender was named.
    Sender,
    /// Whom it is for was named, or the server was asked to take the content.
    Receiver,
    /// The content was handed over.
    Content,
}

/// Why a mail was not taken, and how far it came.
#[derive(Debug)]
pub(super) struct Stopped {
    /// How far.
    pub(super) step: Step,
    /// The server's code, if it said so itself.
    pub(super) status: Option<u16>,
    /// What it said, or what broke.
    pub(super) why: String,
}

impl Stopped {
    fn new(step: Step, why: impl fmt::Display) -> Self {
        Self { step, status: None, why: why.to_string() }
    }

    /// Whether the server said that it will never take this.
    pub(super) fn is_for_good(&self) -> bool {
        self.status.is_some_and(|status| (500..600).contains(&status))
    }
}

/// The way to the mail server, with connections that are kept for the next mail.
pub(super) struct Smtp {
    settings: MailSettings,
    hello: ClientId,
    tls: Result<TlsParameters, String>,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// A mail whose content the server is ready to take.
pub(super) struct Opened {
    connection: AsyncSmtpConnection,
}

impl Smtp {
    pub(super) fn new(settings: MailSettings) -> Self {
        let hello = ClientId::Domain(settings.sender.email.domain().to_owned());
        let tls = tls(&settings).map_err(|error| error.to_string());
        Self { settings, hello, tls, idle: Mutex::default() }
    }

    /// Names sender and receiver, and asks the server to take the content: until here nothing has left.
    ///
    /// # Errors
    /// Where it stopped, and why.
    pub(super) async fn open(&self, to: &Address) -> Result<Opened, Stopped> {
        // A connection that was kept may have been closed meanwhile; then a new one is made.
        while let Some(connection) = self.kept().await {
            match self.introduce(connection, to).await {
                Err(Stopped { status: None, .. }) => {}
                known => return known,
            }
        }
        let connection = timeout(CONNECT_WITHIN, self.connect()).await;
        let timed_out =
            |_| Stopped::new(Step::Connection, format!("it did not answer within {} seconds", CONNECT_WITHIN.as_secs()));
        self.introduce(connection.map_err(timed_out)??, to).await
    }

    /// Hands the content over.
    ///
    /// # Errors
    /// The server's refusal; without a status it is not known whether the server took it.
    pub(super) async fn hand_over(&self, opened: Opened, content: &[u8]) -> Result<(), Stopped> {
        let mut connection = opened.connection;
        match said(Step::Content, TAKE_WITHIN, connection.message(content)).await {
            Ok(()) => {
                self.idle.lock().await.push((connection, Instant::now()));
                Ok(())
            }
            Err(stopped) => {
                end(connection, &stopped).await;
                Err(stopped)
            }
        }
    }

    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().await;
        idle.retain(|(connection, since)| since.elapsed() < KEPT && !connection.has_broken());
        idle.pop().map(|(connection, _)| connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Stopped> {
        let stopped = |error: Error| stopped(Step::Connection, &error);
        let tls = || self.tls.clone().map_err(|why| Stopped::new(Step::Connection, why));
        let (settings, wait) = (&self.settings, Some(CONNECT_WITHIN));
        let implicit = match settings.security {
            Security::Tls => Some(tls()?),
            Security::StartTls | Security::None => None,
        };
        let place = (settings.host.clone(), settings.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, wait, &self.hello, implicit, None).await.map_err(stopped)?;
        if settings.security == Security::StartTls {
            connection.starttls(tls()?, &self.hello).await.map_err(stopped)?;
        }
        if let Some((user, password)) = &settings.account {
            let account = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &account).await.map_err(stopped)?;
        }
        Ok(connection)
    }

    async fn introduce(&self, mut connection: AsyncSmtpConnection, to: &Address) -> Result<Opened, Stopped> {
        match self.envelope(&mut connection, to).await {
            Ok(()) => Ok(Opened { connection }),
            Err(stopped) => {
                end(connection, &stopped).await;
                Err(stopped)
            }
        }
    }

    async fn envelope(&self, connection: &mut AsyncSmtpConnection, to: &Address) -> Result<(), Stopped> {
        let mut options = Vec::new();
        if !to.to_string().is_ascii() {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let why = "the mail server takes no addresses with letters beyond ASCII (SMTPUTF8)";
                return Err(Stopped { status: Some(553), ..Stopped::new(Step::Receiver, why) });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        let from = Mail::new(Some(self.settings.sender.email.clone()), options);
        said(Step::Sender, ANSWER_WITHIN, connection.command(from)).await?;
        said(Step::Receiver, ANSWER_WITHIN, connection.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        said(Step::Receiver, ANSWER_WITHIN, connection.command(Data)).await
    }
}

/// Takes leave, where the other side still listens.
async fn end(mut connection: AsyncSmtpConnection, stopped: &Stopped) {
    if stopped.status.is_some() {
        drop(timeout(Duration::from_secs(2), connection.abort()).await);
    }
}

async fn said<T>(step: Step, limit: Duration, answer: impl Future<Output = Result<T, Error>>) -> Result<(), Stopped> {
    match timeout(limit, answer).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(stopped(step, &error)),
        Err(_) => Err(Stopped::new(step, format!("it did not answer within {} seconds", limit.as_secs()))),
    }
}

fn stopped(step: Step, error: &Error) -> Stopped {
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        let text = deeper.to_string();
        if !why.contains(&text) {
            why = format!("{why}: {text}");
        }
        cause = deeper.source();
    }
    Stopped { step, status: error.status().map(u16::from), why }
}

fn tls(settings: &MailSettings) -> Result<TlsParameters, Error> {
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(trusted) = &settings.trusted {
        parameters = parameters.add_root_certificate(Certificate::from_pem(trusted.as_bytes())?);
    }
    parameters.build()
}
