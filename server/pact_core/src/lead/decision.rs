//! What is to be written once something is decided.

use uuid::Uuid;

use crate::actor::Actor;
use crate::event::EventName;
use crate::history::LeadStep;
use crate::lead::{LeadFacts, LeadState, NewPush, PushAnswer, Refusal};
use crate::role::Right;
use crate::text::REASON;
use crate::time::Instant;

/// What is to be written once something is decided; nothing else changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The lead as it is now.
    pub lead: LeadFacts,
    /// What happens to a push of it.
    pub push: Option<PushChange>,
    /// What its history says, in order.
    pub steps: Vec<LeadStep>,
    /// The events that it raises.
    pub events: Vec<EventName>,
    /// Whether the quiet clock starts anew: automation's own steps leave it running.
    pub restarts_quiet_clock: bool,
}

/// What happens to a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushChange {
    /// A push is made, and awaits an answer.
    Made(NewPush),
    /// The open push is answered or ended.
    Ended {
        /// The push.
        id: Uuid,
        /// What became of it; never [`PushAnswer::Waiting`].
        answer: PushAnswer,
        /// The reason, where there is one.
        reason: Option<String>,
        /// When.
        at: Instant,
    },
}

impl Decision {
    pub(super) const fn quietly(lead: LeadFacts) -> Self {
        Self { lead, push: None, steps: Vec::new(), events: Vec::new(), restarts_quiet_clock: false }
    }

    pub(super) fn restarting(lead: LeadFacts) -> Self {
        Self { restarts_quiet_clock: true, ..Self::quietly(lead) }
    }

    pub(super) fn step(mut self, step: LeadStep) -> Self {
        self.steps.push(step);
        self
    }

    pub(super) fn event(mut self, event: EventName) -> Self {
        self.events.push(event);
        self
    }

    pub(super) fn push(mut self, change: PushChange) -> Self {
        self.push = Some(change);
        self
    }

    /// Takes back the open push, if there is one.
    pub(super) fn withdrawing(mut self, before: &LeadFacts, because: &str, at: Instant) -> Self {
        self.lead.open_push = None;
        match before.open_push {
            Some(open) => self
                .push(PushChange::Ended { id: open.id, answer: PushAnswer::Withdrawn, reason: Some(because.to_owned()), at })
                .step(LeadStep::Withdrawn { to: open.person, because: because.to_owned() }),
            None => self,
        }
    }
}

/// Refuses what needs an open lead.
pub(super) const fn check_open(lead: &LeadFacts) -> Result<(), Refusal> {
    if lead.state.is_open() { Ok(()) } else { Err(Refusal::Closed { state: lead.state }) }
}

/// Refuses what only the owner of a lead, or somebody who manages leads, may do.
pub(super) fn check_owner_or_manager(lead: &LeadFacts, actor: &Actor) -> Result<(), Refusal> {
    let is_owner = actor.person().is_some() && actor.person() == lead.owner;
    if is_owner || actor.may(Right::ManageLeads) {
        return Ok(());
    }
    Err(match lead.state {
        LeadState::Owned | LeadState::Won | LeadState::Lost => Refusal::NotYourLead,
        LeadState::Waiting | LeadState::Offered => Refusal::NotAllowed { right: Right::ManageLeads },
    })
}

/// Refuses what only somebody who manages leads may do.
pub(super) const fn check_manager(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Right::ManageLeads) { Ok(()) } else { Err(Refusal::NotAllowed { right: Right::ManageLeads }) }
}

pub(super) fn reason(given: &str) -> Result<String, Refusal> {
    Ok(REASON.check("reason", given)?)
}
