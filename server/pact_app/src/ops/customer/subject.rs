//! What a card, plan or request is about: a customer, and perhaps one of its leads.

use pact_core::lead as rules;
use pact_core::time::Instant;
use pact_store::entity::customer;
use pact_store::{Tx, record};
use uuid::Uuid;

use crate::Refusal;
use crate::ops::lead::{LeadDraft, Scene};

/// How much of a text a message quotes, in characters.
const EXCERPT_CHARS: usize = 160;

/// A customer, and perhaps one of its leads, held while something is written about them.
pub(crate) struct Subject {
    /// The customer.
    pub(crate) customer: customer::Model,
    lead: Option<LeadDraft>,
}

impl Subject {
    /// Holds a customer, and a lead of it.
    ///
    /// # Errors
    /// A customer that does not exist or was merged into another, or a lead that is not this customer's.
    pub(crate) async fn hold(tx: &Tx, customer: Uuid, lead: Option<Uuid>) -> Result<Self, Refusal> {
        let customer = standing_named(tx, customer, "customer_id").await?;
        let lead = match lead {
            Some(lead) => Some(LeadDraft::load(tx, lead).await.map_err(|error| named(error, "lead_id", "lead"))?),
            None => None,
        };
        if lead.as_ref().is_some_and(|draft| draft.row.customer_id != customer.id) {
            return Err(Refusal::invalid(
                "lead_id",
                "this lead belongs to another customer. Choose one of this customer's, or none.",
            ));
        }
        Ok(Self { customer, lead })
    }

    /// Restarts the quiet clocks of the customer and of the lead: something happened.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(crate) async fn happened(self, tx: &Tx, scene: &Scene) -> Result<(), Refusal> {
        self.happened_at(tx, scene.now).await
    }

    /// The same for what happened at an instant that may have passed: a clock that was restarted since then stays.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(crate) async fn happened_at(self, tx: &Tx, at: Instant) -> Result<(), Refusal> {
        match self.lead {
            Some(draft) if draft.row.last_event_at >= at.millis() => {}
            Some(mut draft) => {
                draft.facts = rules::something_happened(&draft.facts);
                draft.row.last_event_at = at.millis();
                // The customer's clock goes with the lead's.
                draft.write(tx).await?;
                return Ok(());
            }
            None => {}
        }
        Ok(pact_store::customer::happened(tx, self.customer.id, at.millis()).await?)
    }
}

/// Holds a customer that was not merged into another.
///
/// # Errors
/// A customer that does not exist or was merged into another.
pub(crate) async fn standing(tx: &Tx, id: Uuid) -> Result<customer::Model, Refusal> {
    let row: customer::Model = record::hold(tx, id).await?;
    match row.merged_into_id {
        Some(into) => {
            Err(Refusal::NotNow { why: format!("{} was merged into the customer {into}. Write on that one.", row.name) })
        }
        None => Ok(row),
    }
}

/// As [`standing`], for a customer that a field of the request names.
///
/// # Errors
/// A value of the field that cannot be taken, or a customer that was merged into another.
pub(crate) async fn standing_named(tx: &Tx, id: Uuid, field: &str) -> Result<customer::Model, Refusal> {
    standing(tx, id).await.map_err(|error| named(error, field, "customer"))
}

/// What a request's body names and what does not exist is a value that cannot be taken; the record of its path is something else.
fn named(error: Refusal, field: &str, noun: &str) -> Refusal {
    match error {
        Refusal::NotFound { .. } => {
            Refusal::invalid(field, format!("there is no {noun} with this id. Look it up in GET /api/v1/{noun}s."))
        }
        other => other,
    }
}

/// The beginning of a text on one line, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}
