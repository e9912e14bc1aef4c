//! What came of an attempt, and what that means for the row.

use std::time::Duration;

use pact_core::time::Instant;
use pact_store::entity::{outbox, outbox_attempt};
use pact_store::outbox::{self as store, Kind, State};
use pact_store::{StoreError, Tx, webhook};

use super::backoff::{LONGEST_WAIT, MAX_ATTEMPTS, wait};
use crate::messages::{self, Message};
use crate::{App, Refusal};

/// How long a webhook that failed gets nothing at most, so that it is soon known when it is back.
const LONGEST_HOLD_MS: i64 = 5 * 60 * 1_000;
/// The longest answer that is kept, in characters.
const ANSWER_CHARS: usize = 500;

/// What came of an attempt.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// What it means.
    pub(super) became: Became,
    /// The HTTP status or SMTP code.
    pub(super) status: Option<u16>,
    /// What the other side said, or why there was no answer.
    pub(super) answer: String,
}

/// What an attempt means for the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// The other side took it.
    Sent,
    /// It may work later.
    Failed {
        /// When the other side asks to be tried again.
        after: Option<Duration>,
        /// It may have arrived all the same.
        in_doubt: bool,
    },
    /// It will never work; `off` says that the webhook wants nothing any more.
    Refused {
        /// The webhook is to be switched off.
        off: bool,
    },
    /// It is put aside until somebody decides.
    PutAside,
}

impl Outcome {
    pub(super) fn new(became: Became, status: Option<u16>, answer: impl Into<String>) -> Self {
        Self { became, status, answer: answer.into() }
    }

    /// It may work later.
    pub(super) fn failed(status: Option<u16>, answer: impl Into<String>) -> Self {
        Self::new(Became::Failed { after: None, in_doubt: false }, status, answer)
    }

    /// It will never work.
    pub(super) fn refused(status: Option<u16>, answer: impl Into<String>) -> Self {
        Self::new(Became::Refused { off: false }, status, answer)
    }

    /// Writes down what came of an attempt, if the claim still holds.
    pub(super) async fn record(self, app: &App, row: &outbox::Model, began: Instant, took_ms: i64) -> Result<(), Refusal> {
        let (now, first) = (app.clock.now(), app.outgoing.first_wait);
        let chance = fastrand::f64();
        let (row, snapshot) = (row.clone(), app.organisation());
        app.store
            .write(async move |tx| {
                if !self.settle(tx, &row, now, first, chance).await? {
                    return Ok(());
                }
                tx.append(self.attempt(&row, began, took_ms));
                if let Some(text) = self.told_to_admins(tx, &row).await? {
                    for to in snapshot.admins() {
                        let text = text.clone();
                        messages::send(tx, Message { to, kind: "outbox", record_kind: "outbox", record: row.id, text, at: now });
                    }
                }
                Ok::<_, Refusal>(())
            })
            .await
    }

    async fn settle(&self, tx: &Tx, row: &outbox::Model, now: Instant, first: Duration, chance: f64) -> Result<bool, StoreError> {
        match &self.became {
            Became::Sent => {
                if let Some(id) = row.webhook_id {
                    webhook::hold_until(tx, id, None).await?;
                }
                store::mark_sent(tx, row, now.millis()).await
            }
            Became::Failed { .. } if row.attempts >= MAX_ATTEMPTS => {
                let reason = format!("{MAX_ATTEMPTS} attempts failed; the last: {}", self.kept_answer());
                store::settle(tx, row, State::Parked, &reason).await
            }
            Became::Failed { after, in_doubt } => {
                let waited = after.map_or(Duration::ZERO, |after| after.min(LONGEST_WAIT)).max(wait(row.attempts, first, chance));
                let wait_ms = i64::try_from(waited.as_millis()).unwrap_or(i64::MAX);
                if let Some(id) = row.webhook_id {
                    webhook::hold_until(tx, id, Some(now.millis() + wait_ms.min(LONGEST_HOLD_MS))).await?;
                }
                store::retry(tx, row, now.millis() + wait_ms, *in_doubt).await
            }
            Became::Refused { off } => {
                if let (true, Some(id)) = (off, row.webhook_id) {
                    webhook::switch_off(tx, id, &self.kept_answer()).await?;
                    tx.after_commit(pact_store::Notice::WebhooksChanged);
                }
                store::settle(tx, row, State::Refused, &self.kept_answer()).await
            }
            Became::PutAside => store::settle(tx, row, State::Parked, &self.kept_answer()).await,
        }
    }

    fn attempt(&self, row: &outbox::Model, began: Instant, took_ms: i64) -> outbox_attempt::Model {
        outbox_attempt::Model {
            id: pact_core::id::ordered(),
            outbox_id: row.id,
            at: began.millis(),
            took_ms,
            outcome: match self.became {
                Became::Sent => "sent",
                Became::Failed { .. } => "failed",
                Became::Refused { .. } => "refused",
                Became::PutAside => "put_aside",
            }
            .to_owned(),
            status: self.status.map(i64::from),
            answer: Some(self.kept_answer()).filter(|answer| !answer.is_empty()),
        }
    }

    /// The answer without what a page must not hold, and no longer than is kept.
    fn kept_answer(&self) -> String {
        let plain = self.answer.chars().map(|c| if c.is_control() { ' ' } else { c });
        plain.take(ANSWER_CHARS).collect::<String>().trim().to_owned()
    }

    /// What admins are told, once for each state and kind until they have dealt with it.
    async fn told_to_admins(&self, tx: &Tx, row: &outbox::Model) -> Result<Option<String>, StoreError> {
        let (Some(kind), state) = (Kind::of_word(&row.kind), self.state_after(row)) else { return Ok(None) };
        let Some(state) = state else { return Ok(None) };
        // This one is counted already.
        if store::count(tx, kind, state).await? > 1 && self.became != (Became::Refused { off: true }) {
            return Ok(None);
        }
        let what = match kind {
            Kind::Mail => "Mail".to_owned(),
            Kind::Webhook => format!("A message to the webhook \"{}\"", row.address),
        };
        let how = match state {
            State::Refused => "was refused",
            State::Parked | State::Waiting | State::Sent | State::Dropped => "was put aside",
        };
        Ok(Some(format!(
            "{what} {how}: {}. Look into the outbox, which may hold more.",
            self.kept_answer().trim_end_matches('.')
        )))
    }

    fn state_after(&self, row: &outbox::Model) -> Option<State> {
        match self.became {
            Became::Refused { .. } => Some(State::Refused),
            Became::PutAside => Some(State::Parked),
            Became::Failed { .. } if row.attempts >= MAX_ATTEMPTS => Some(State::Parked),
            Became::Failed { .. } | Became::Sent => None,
        }
    }
}
