//! Why something may not happen to a lead.

use crate::lead::{LeadState, Stage};
use crate::role::Role;
use crate::text::TextError;
use crate::time::Instant;

/// Why something may not happen to a lead: what, why, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The lead is won or lost.
    #[error("This lead is {state}, so nothing can be changed on it. Reopen it first if the customer is back.")]
    Closed {
        /// Whether it is won or lost.
        state: LeadState,
    },
    /// The lead is open, so that it cannot be reopened.
    #[error("This lead is {state}, so it is open already. Work on it as it is.")]
    NotClosed {
        /// Where it stands.
        state: LeadState,
    },
    /// A person owns the lead, so that it cannot be pushed.
    #[error(
        "Somebody owns this lead already, so it cannot be pushed. Transfer it instead: its history and a handover text go along."
    )]
    AlreadyOwned,
    /// Another push awaits its answer.
    #[error("This lead is offered to somebody until {until}. Wait for the answer, or withdraw that push first.")]
    AlreadyOffered {
        /// When the other push expires.
        until: Instant,
    },
    /// Nobody is offered the lead.
    #[error("No push of this lead awaits an answer: it is {state}. Load the lead again to see what happened.")]
    NotOffered {
        /// Where it stands.
        state: LeadState,
    },
    /// The push is somebody else's.
    #[error(
        "This lead is offered to somebody else, so you cannot answer for them. Ask a manager to withdraw the push and push it to you."
    )]
    NotYourPush,
    /// The time to answer has passed.
    #[error("The time to answer this push ended at {until}. Ask a manager to push the lead to you again.")]
    PushOver {
        /// When it ended.
        until: Instant,
    },
    /// The time to answer has not passed yet.
    #[error("This push can be answered until {until}, so it has not expired. Withdraw it if it must end sooner.")]
    PushNotOver {
        /// When it ends.
        until: Instant,
    },
    /// The time to answer would end before it starts.
    #[error("The time to answer would end at {until}, which is not after now. Give the person some time.")]
    NoTimeToAnswer {
        /// When it would end.
        until: Instant,
    },
    /// Nobody owns the lead.
    #[error("Nobody owns this lead yet: it is {state}. Push it to somebody, or transfer it to the person who works on it.")]
    NotOwned {
        /// Where it stands.
        state: LeadState,
    },
    /// The lead is owned by somebody else.
    #[error("This lead is owned by somebody else. Ask its owner or a manager to do this, or to transfer it to you.")]
    NotYourLead,
    /// The actor has no right to this.
    #[error("Your role does not let you {right}. Ask a manager or an admin.")]
    NotAllowed {
        /// The right that is missing.
        right: crate::role::Right,
    },
    /// The person owns it already.
    #[error("This person owns the lead already, so there is nothing to transfer. Choose another person.")]
    AlreadyTheirs,
    /// Two persons own the leads that are to become one.
    #[error("These leads are owned by two persons, so it is open who would own them as one. Transfer one of them first.")]
    TwoOwners,
    /// The person's account is switched off.
    #[error("This person no longer has a working account, so they cannot get a lead. Choose somebody else.")]
    PersonInactive,
    /// The person's role owns no leads.
    #[error("A lead needs a rep or a manager as its owner, and this person's role is {role}. Choose somebody else.")]
    PersonCannotOwn {
        /// The person's role.
        role: Role,
    },
    /// The person has as many open leads as they can carry.
    #[error("This person has {open} open leads and can carry {capacity}. Choose somebody with room, or raise their capacity.")]
    AtCapacity {
        /// How many they have.
        open: i64,
        /// How many they can carry.
        capacity: i64,
    },
    /// The reason is missing or cannot be kept.
    #[error("A reason is needed, so that whoever reads the lead understands it. {0}")]
    Reason(#[from] TextError),
    /// The lead is in that stage already.
    #[error("This lead is in the stage {stage} already. Choose another stage.")]
    SameStage {
        /// The stage.
        stage: Stage,
    },
}

impl Refusal {
    /// The word for it in problem types and in runs; it never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "lead-closed",
            Self::NotClosed { .. } => "lead-not-closed",
            Self::AlreadyOwned => "lead-already-owned",
            Self::AlreadyOffered { .. } => "lead-already-offered",
            Self::NotOffered { .. } => "lead-not-offered",
            Self::NotYourPush => "push-not-yours",
            Self::PushOver { .. } => "push-over",
            Self::PushNotOver { .. } => "push-not-over",
            Self::NoTimeToAnswer { .. } => "no-time-to-answer",
            Self::NotOwned { .. } => "lead-not-owned",
            Self::NotYourLead => "lead-not-yours",
            Self::NotAllowed { .. } => "not-allowed",
            Self::AlreadyTheirs => "lead-already-theirs",
            Self::TwoOwners => "leads-of-two-owners",
            Self::PersonInactive => "person-inactive",
            Self::PersonCannotOwn { .. } => "person-cannot-own",
            Self::AtCapacity { .. } => "person-at-capacity",
            Self::Reason(_) => "reason-needed",
            Self::SameStage { .. } => "stage-unchanged",
        }
    }

    /// Every code, for the pages of problem types.
    pub const CODES: &'static [&'static str] = &[
        "lead-closed",
        "lead-not-closed",
        "lead-already-owned",
        "lead-already-offered",
        "lead-not-offered",
        "push-not-yours",
        "push-over",
        "push-not-over",
        "no-time-to-answer",
        "lead-not-owned",
        "lead-not-yours",
        "not-allowed",
        "lead-already-theirs",
        "leads-of-two-owners",
        "person-inactive",
        "person-cannot-own",
        "person-at-capacity",
        "reason-needed",
        "stage-unchanged",
    ];
}
