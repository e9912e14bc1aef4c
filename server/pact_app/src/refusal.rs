//! Why something is not done: what, why and what next, in words that a salesperson can act on.

use pact_store::StoreError;

/// Why an operation refused; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such record, or the caller may not see it.
    #[error("There is no {what} with this id, or you may not see it. Look it up in the list first.")]
    NotFound {
        /// The noun.
        what: &'static str,
    },
    /// Somebody changed the record since it was read.
    #[error("This {what} was changed since you read it. Read it again and repeat your change on what it says now.")]
    Stale {
        /// The noun.
        what: &'static str,
    },
    /// A field's value cannot be taken.
    #[error("{field}: {why}")]
    Invalid {
        /// The field, as a path in the request's body.
        field: String,
        /// What is wrong and what would be right.
        why: String,
    },
    /// The lead is not in a state in which this can be done.
    #[error(transparent)]
    Lead(#[from] pact_core::lead::Refusal),
    /// The caller's role or key does not allow it.
    #[error("{why}")]
    Forbidden {
        /// Who may do it instead.
        why: String,
    },
    /// Nobody is signed in, or what was presented is not valid (any more).
    #[error("{why}")]
    Unauthenticated {
        /// What to do.
        why: String,
    },
    /// Too many attempts; later it may work.
    #[error("Too many attempts. Try again in {retry_after_s} seconds.")]
    Throttled {
        /// Seconds until the next attempt may work.
        retry_after_s: u64,
    },
    /// A record with the same key exists.
    #[error("There is already a {what} with this {field}. Use that one, or choose another {field}.")]
    Duplicate {
        /// The noun.
        what: &'static str,
        /// The field that must be unique.
        field: &'static str,
    },
    /// The record is in use, or in a state in which this cannot be done.
    #[error("{why}")]
    NotNow {
        /// Why, and what to do first.
        why: String,
    },
    /// It would do much at once, and nobody has said that this is meant.
    #[error(
        "This would do {count} things at once: {}. If that is what you want, send it again with confirm={count}.",
        crate::ops::plugin_forecast::in_words(effects)
    )]
    Unconfirmed {
        /// How much it would do.
        count: u64,
        /// How much of what.
        effects: std::collections::BTreeMap<String, u64>,
    },
    /// The policy refuses a script, field or view.
    #[error("The policy refuses this. {}", crate::judging::in_words(findings))]
    Policy {
        /// What is refused, with the path from source to sink.
        findings: Vec<pact_policy::Finding>,
    },
    /// Several values cannot be taken.
    #[error("{}", errors.iter().map(|(field, why)| format!("{field}: {why}")).collect::<Vec<_>>().join(" "))]
    Values {
        /// Each field, as a path in the request's body, with what is wrong and what would be right.
        errors: Vec<(String, String)>,
    },
    /// Nobody agreed to what a plugin asks for.
    #[error(
        "The plugin {plugin} asks for {}. Read what it asks for, and send the word of `consent` with it if you agree.",
        match asked.iter().filter(|one| one.is_new).count() { 0 => "other things than those that were agreed to".to_owned(), 1 => "one thing to which nobody agreed".to_owned(), many => format!("{many} things to which nobody agreed") }
    )]
    Consent {
        /// The plugin.
        plugin: String,
        /// What it asks for.
        asked: Vec<crate::ops::plugin_consent::Asked>,
        /// The word by which an admin agrees to all of this.
        consent: String,
    },
    /// The same idempotency key came with another request.
    #[error("This Idempotency-Key was used for another request. Use a new key for a new request.")]
    KeyReused,
    /// The server has more to write than it can take.
    #[error("The server is busy writing. Nothing was changed; send the same request again in a second.")]
    Busy,
    /// A defect of PACT, such as a key that cannot be read; the reason is for the server's log.
    #[error("PACT has a defect: {0}. Nothing was changed; tell your admin.")]
    Defect(String),
    /// The store failed; the reason is in the server's log.
    #[error("The store failed: {0}. Nothing was changed; try again, and tell your admin if it stays.")]
    Store(StoreError),
}

impl Refusal {
    /// A refusal of one field's value.
    pub fn invalid(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), why: why.into() }
    }

    /// Something that cannot be done now; `why` says what to do first.
    pub fn not_now(why: impl Into<String>) -> Self {
        Self::NotNow { why: why.into() }
    }

    /// A defect of PACT.
    pub fn defect(reason: impl std::fmt::Display) -> Self {
        Self::Defect(reason.to_string())
    }

    /// A refusal because of the caller's role or key.
    pub fn forbidden(why: impl Into<String>) -> Self {
        Self::Forbidden { why: why.into() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            StoreError::Conflict { what } => Self::Stale { what },
            StoreError::NotFound { what } => Self::NotFound { what },
            StoreError::BadCursor => Self::invalid("cursor", error.to_string()),
            StoreError::TooMuch => Self::NotNow { why: format!("{error}.") },
            StoreError::Taken { .. }
            | StoreError::Reference
            | StoreError::Panicked
            | StoreError::InDoubt
            | StoreError::Closed
            | StoreError::Address(_)
            | StoreError::NewerDatabase { .. }
            | StoreError::Database(_) => Self::Store(error),
        }
    }
}

impl From<pact_core::words::UnknownWord> for Refusal {
    fn from(error: pact_core::words::UnknownWord) -> Self {
        Self::invalid(error.what, error.to_string())
    }
}

impl From<pact_core::text::TextError> for Refusal {
    fn from(error: pact_core::text::TextError) -> Self {
        Self::invalid("text", error.to_string())
    }
}
