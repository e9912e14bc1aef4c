//! What operations check before they write.

use pact_core::calendar::WorkingHours;
use pact_core::text::TextRule;
use pact_store::record::Record;
use pact_store::{AsJson, StoreError};

use crate::Refusal;
use crate::access::hash_secret;

/// Refuses a change that is based on another revision than the present one.
///
/// # Errors
/// [`Refusal::Stale`].
pub(crate) fn same_revision<M: Record>(present: &M, based_on: &str) -> Result<(), Refusal> {
    if present.revision() == based_on { Ok(()) } else { Err(Refusal::Stale { what: M::WHAT }) }
}

/// Says which field must be unique when the store says that something is taken.
pub(crate) fn taken(error: StoreError, what: &'static str, field: &'static str) -> Refusal {
    match error {
        StoreError::Taken { .. } => Refusal::Duplicate { what, field },
        other => other.into(),
    }
}

/// A text by its rule, with the field's name in the refusal.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn text(rule: TextRule, field: &str, given: &str) -> Result<String, Refusal> {
    rule.check(field, given).map_err(|error| Refusal::invalid(field, error.to_string()))
}

/// A text that may be left out, by its rule, with the field's name in the refusal.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn maybe_text(rule: TextRule, field: &str, given: Option<&str>) -> Result<Option<String>, Refusal> {
    rule.check_optional(field, given).map_err(|error| Refusal::invalid(field, error.to_string()))
}

/// The revision of a row whose table keeps none: a hash of its content.
pub(crate) fn content_revision(row: &impl std::fmt::Debug) -> String {
    hash_secret(&format!("{row:?}").into()).chars().take(32).collect()
}

/// Refuses a change that is based on another content than the present one.
///
/// # Errors
/// [`Refusal::Stale`].
pub(crate) fn same_content(present: &impl std::fmt::Debug, based_on: &str, what: &'static str) -> Result<(), Refusal> {
    if content_revision(present) == based_on { Ok(()) } else { Err(Refusal::Stale { what }) }
}

/// Working hours as they are stored.
pub(super) fn hours(given: &WorkingHours) -> Result<pact_store::Json, Refusal> {
    serde_json::to_value(given).map(AsJson).map_err(Refusal::defect)
}
