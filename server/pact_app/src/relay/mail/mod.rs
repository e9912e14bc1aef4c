//! Mail: composed from a template when it leaves, and handed to the organisation's mail server by SMTP.

mod bounce;
mod compose;
mod letter;
mod links;
mod settings;
mod smtp;
mod view;

use std::sync::atomic::{AtomicI64, Ordering};

use pact_store::entity::outbox;
use pact_store::outbox as store;

pub(crate) use bounce::{Action, read as read_bounce};
pub(crate) use letter::{Template, to_person};
pub use links::record_path;
pub use settings::{InDoubt, MailSettings, MailSettingsError, MailWish, Security};
pub(crate) use view::on_clock;

use self::compose::{ComposeError, Composer};
use self::links::Links;
use self::smtp::{Smtp, Step, Stopped};
use super::backoff::wait;
use super::outcome::{Became, Outcome};
use crate::App;

/// News that is older when it could leave for the first time is put aside: nobody wants last month's digests on the day on which mail is configured.
pub const OLDEST_NEWS_MS: i64 = 3 * 24 * 3_600 * 1_000;
/// How long the mail server is left alone at most when it does not let us in.
const LONGEST_PAUSE_MS: i64 = 5 * 60 * 1_000;

/// Whoever hands mail over.
pub(super) struct Mailer {
    settings: MailSettings,
    composer: Composer,
    smtp: Smtp,
    /// The server is left alone until then: it did not let us in, which is nobody's mail's fault.
    paused_until: AtomicI64,
    failures: AtomicI64,
}

impl Mailer {
    /// Mail for a server.
    ///
    /// # Errors
    /// Templates that cannot be read, which is a defect.
    pub(super) fn new(settings: MailSettings) -> Result<Self, String> {
        Ok(Self {
            composer: Composer::new().map_err(|error| error.to_string())?,
            smtp: Smtp::new(settings.clone()),
            settings,
            paused_until: AtomicI64::new(i64::MIN),
            failures: AtomicI64::new(0),
        })
    }

    /// Whether the server is left alone at present.
    pub(super) fn is_paused(&self, now: i64) -> bool {
        now < self.paused_until.load(Ordering::Relaxed)
    }

    /// Hands a claimed row over.
    pub(super) async fn send(&self, app: &App, row: &outbox::Model) -> Outcome {
        if row.handing_at.is_some() && self.settings.in_doubt == InDoubt::PutAside {
            let why =
                "Its content was handed over, and no answer came: it may have arrived. Release it to send it again, or drop it.";
            return Outcome::new(Became::PutAside, None, why);
        }
        let was_released = row.fence > row.attempts;
        if !was_released && row.attempts == 1 && app.clock.now().millis() - row.created_at > OLDEST_NEWS_MS {
            return Outcome::new(
                Became::PutAside,
                None,
                "It is older than three days, and was never tried. Release it if it is still news.",
            );
        }
        let links = match Links::of(app).await {
            Ok(links) => links,
            Err(refusal) => return Outcome::failed(None, format!("Its links could not be signed: {refusal}")),
        };
        let mail = match self.composer.compose(row, &self.settings.sender, &links) {
            Ok(mail) => mail,
            Err(error @ ComposeError::Address(_)) => return Outcome::refused(None, error.to_string()),
            Err(error @ ComposeError::Defect(_)) => return Outcome::new(Became::PutAside, None, error.to_string()),
        };
        let opened = match self.smtp.open(&mail.to).await {
            Ok(opened) => opened,
            Err(stopped) => return self.judged(app, stopped),
        };
        self.failures.store(0, Ordering::Relaxed);
        let (claimed, now) = (row.clone(), app.clock.now().millis());
        match app.store.write(async move |tx| store::handing(tx, &claimed, now).await).await {
            Ok(true) => {}
            // Written nowhere, because the claim is not ours any more.
            Ok(false) => return Outcome::failed(None, "The claim was lost."),
            Err(error) => return Outcome::failed(None, format!("The store failed: {error}")),
        }
        match self.smtp.hand_over(opened, &mail.bytes).await {
            Ok(()) => Outcome::new(Became::Sent, Some(250), ""),
            Err(stopped) => self.judged(app, stopped),
        }
    }

    /// What it means that a mail was stopped, by how far it came.
    fn judged(&self, app: &App, stopped: Stopped) -> Outcome {
        let (status, for_good) = (stopped.status, stopped.is_for_good());
        let why = stopped.why;
        match stopped.step {
            Step::Connection => {
                let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
                let waited = wait(failures, app.outgoing.first_wait, fastrand::f64()).as_millis();
                let pause = i64::try_from(waited).unwrap_or(i64::MAX).min(LONGEST_PAUSE_MS);
                self.paused_until.store(app.clock.now().millis() + pause, Ordering::Relaxed);
                Outcome::failed(status, format!("The mail server does not let us in: {why}"))
            }
            Step::Sender if for_good => {
                let why = format!("The mail server refuses our sender: {why}. Set another sender, then release this.");
                Outcome::new(Became::PutAside, status, why)
            }
            Step::Receiver | Step::Content if for_good => Outcome::refused(status, format!("The mail server refuses it: {why}")),
            Step::Content if status.is_none() => {
                let why = format!("The content was handed over, and no answer came: {why}. It may have arrived.");
                Outcome::new(Became::Failed { after: None, in_doubt: true }, None, why)
            }
            Step::Sender | Step::Receiver | Step::Content => {
                Outcome::failed(status, format!("The mail server does not take it now: {why}"))
            }
        }
    }
}
