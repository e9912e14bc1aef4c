//! What may happen to a lead, decided purely.
//!
//! Each function takes the facts of a lead, who acts and the instant, and returns a [`Decision`] or a [`Refusal`]. The states:
//!
//! ```text
//!             push            accept            win
//!  waiting ─────────▶ offered ─────────▶ owned ─────▶ won
//!     ▲  decline, expire, │                │  ▲
//!     └─────withdraw──────┘           lose │  │ reopen
//!                                          ▼  │
//!   transfer: any open lead ▶ owned       lost
//! ```

mod closing;
mod decision;
mod merging;
mod offer;
mod ownership;
mod refusal;

use uuid::Uuid;

use crate::role::{Right, Role};
use crate::time::Instant;
use crate::words::words;

pub use closing::{lose, reopen, win};
pub use decision::{Decision, PushChange};
pub use merging::{Merge, Merged, merge};
pub use offer::{NewPush, accept, decline, expire, push, withdraw};
pub use ownership::{change_stage, escalate, highlight, something_happened, transfer, unhighlight};
pub use refusal::Refusal;

words! {
    /// Where a lead stands between entering and being won or lost.
    pub enum LeadState, "state of a lead" {
        /// Nobody owns it, and it is offered to nobody.
        Waiting = "waiting",
        /// It is pushed to one person, who has not answered yet.
        Offered = "offered",
        /// A person accepted it and is accountable for its outcome.
        Owned = "owned",
        /// The customer bought.
        Won = "won",
        /// The customer did not buy.
        Lost = "lost",
    }
}

words! {
    /// How far the sale is.
    pub enum Stage, "stage" {
        /// The customer has asked.
        Enquiry = "enquiry",
        /// We are talking.
        Talks = "talks",
        /// The customer has our offer.
        Offer = "offer",
        /// The contract is being made.
        Contract = "contract",
    }
}

words! {
    /// What became of a push.
    pub enum PushAnswer, "answer to a push" {
        /// The person has not answered, and has time left.
        Waiting = "waiting",
        /// The person took the lead.
        Accepted = "accepted",
        /// The person did not take it, with a reason.
        Declined = "declined",
        /// The time to answer has passed.
        Expired = "expired",
        /// The push was taken back before an answer.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// By what way a lead entered.
    pub enum EnteredBy, "way of entering" {
        /// A person wrote it.
        Person = "person",
        /// A public web form.
        Form = "form",
        /// A bulk import.
        Import = "import",
        /// A client with an API key.
        Api = "api",
    }
}

impl LeadState {
    /// Whether the lead can still be won.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Waiting | Self::Offered | Self::Owned => true,
            Self::Won | Self::Lost => false,
        }
    }
}

/// What the rules need to know of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadFacts {
    /// Where it stands.
    pub state: LeadState,
    /// How far the sale is.
    pub stage: Stage,
    /// The person who owns it.
    pub owner: Option<Uuid>,
    /// The push that awaits an answer.
    pub open_push: Option<OpenPush>,
    /// How many times it has been pushed.
    pub attempt: i32,
    /// How many steps it has been escalated since something happened on it.
    pub escalation: i32,
    /// Why it is shown to its owner and team, while it is.
    pub highlight: Option<String>,
    /// When it was won or lost.
    pub closed_at: Option<Instant>,
    /// Why it was lost.
    pub lost_reason: Option<String>,
}

/// A push that awaits an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPush {
    /// The push.
    pub id: Uuid,
    /// The person to whom the lead is offered.
    pub person: Uuid,
    /// When the time to answer has passed.
    pub answer_by: Instant,
}

/// What the rules need to know of a person who is to get a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The person.
    pub id: Uuid,
    /// What they are.
    pub role: Role,
    /// Whether they have a working account.
    pub active: bool,
    /// How many open leads they own or are offered.
    pub open: i64,
    /// How many open leads they can carry; `None` is as many as come.
    pub capacity: Option<i64>,
}

impl LeadFacts {
    /// A lead that has just entered.
    pub const fn entered() -> Self {
        Self {
            state: LeadState::Waiting,
            stage: Stage::Enquiry,
            owner: None,
            open_push: None,
            attempt: 0,
            escalation: 0,
            highlight: None,
            closed_at: None,
            lost_reason: None,
        }
    }
}

impl Receiver {
    /// Whether the person can carry one more lead.
    pub const fn has_room(&self) -> bool {
        match self.capacity {
            Some(capacity) => self.open < capacity,
            None => true,
        }
    }

    /// Refuses to give a lead to somebody who cannot take it.
    fn check(&self) -> Result<(), Refusal> {
        if !self.active {
            return Err(Refusal::PersonInactive);
        }
        if !self.role.may(Right::OwnLeads) {
            return Err(Refusal::PersonCannotOwn { role: self.role });
        }
        match self.capacity {
            Some(capacity) if self.open >= capacity => Err(Refusal::AtCapacity { open: self.open, capacity }),
            Some(_) | None => Ok(()),
        }
    }
}
