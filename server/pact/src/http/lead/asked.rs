//! What is asked of a lead, by the operations that have a name.

use pact_core::lead::Stage;
use pact_core::time::AnySpan;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::amount::Amount;
use crate::http::problem::Problem;

/// A push that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b", "because": "Globex is in Benelux.", "within": "4 work hours"}))]
pub(super) struct NewPush {
    /// To whom.
    pub(super) person_id: Uuid,
    /// Why this person.
    #[schema(min_length = 1, max_length = 500)]
    pub(super) because: String,
    /// Time to answer, such as `4 work hours` or `90 minutes`; four working hours when it is left out.
    #[schema(max_length = 40)]
    within: Option<String>,
}

/// A reason.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"because": "Conflict of interest."}))]
pub(super) struct Reason {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub(super) because: String,
}

/// An escalation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"because": "The customer wants to speak to somebody who can decide on the price."}))]
pub(super) struct Escalation {
    /// To whom; the manager of its owner or territory when it is left out.
    pub(super) person_id: Option<Uuid>,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub(super) because: String,
}

/// A new owner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b", "because": "Ann is away until April."}))]
pub(super) struct NewOwner {
    /// Who owns it from now on.
    pub(super) person_id: Uuid,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub(super) because: String,
}

/// A stage.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"stage": "offer"}))]
pub(super) struct NewStage {
    /// `enquiry`, `talks`, `offer` or `contract`.
    #[schema(max_length = 40)]
    stage: String,
}

/// A sale.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"value": {"amount": "11500.00", "currency": "EUR"}}))]
pub(super) struct Sale {
    /// What was sold, if it is known better than before.
    pub(super) value: Option<Amount>,
}

/// A return.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"because": "The competitor could not deliver."}))]
pub(super) struct Reopening {
    /// Who owns it from now on; without a person it waits and is pushed.
    pub(super) person_id: Option<Uuid>,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub(super) because: String,
}

impl NewPush {
    pub(super) fn within(&self) -> Result<Option<AnySpan>, Problem> {
        let read = self.within.as_deref().map(str::parse).transpose();
        read.map_err(|error: pact_core::time::SpanError| pact_app::Refusal::invalid("within", error.to_string()).into())
    }
}

impl NewStage {
    pub(super) fn stage(&self) -> Result<Stage, Problem> {
        self.stage.parse().map_err(|error: pact_core::words::UnknownWord| pact_app::Refusal::from(error).into())
    }
}
