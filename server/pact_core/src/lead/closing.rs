//! The end of a lead, and its return.

use crate::actor::Actor;
use crate::event::EventName;
use crate::history::LeadStep;
use crate::lead::decision::{check_open, check_owner_or_manager, reason};
use crate::lead::ownership::{check_owned, something_happened};
use crate::lead::{Decision, LeadFacts, LeadState, Receiver, Refusal};
use crate::time::Instant;

/// Ends an owned lead with a sale; `value` is what it is worth, in words.
pub fn win(lead: &LeadFacts, value: Option<String>, actor: &Actor, now: Instant) -> Result<Decision, Refusal> {
    check_open(lead)?;
    check_owned(lead)?;
    check_owner_or_manager(lead, actor)?;
    let after = LeadFacts { state: LeadState::Won, closed_at: Some(now), ..something_happened(lead) };
    Ok(Decision::restarting(after).step(LeadStep::Won { value }).event(EventName::LeadWon))
}

/// Ends an open lead without a sale, with a reason; an open push is withdrawn. A lead that nobody owns is ended by a manager.
pub fn lose(lead: &LeadFacts, because: &str, actor: &Actor, now: Instant) -> Result<Decision, Refusal> {
    check_open(lead)?;
    check_owner_or_manager(lead, actor)?;
    let because = reason(because)?;
    let after = LeadFacts {
        state: LeadState::Lost,
        closed_at: Some(now),
        lost_reason: Some(because.clone()),
        ..something_happened(lead)
    };
    Ok(Decision::restarting(after).withdrawing(lead, &because, now).step(LeadStep::Lost { because }).event(EventName::LeadLost))
}

/// Opens a won or lost lead again, for `owner` if one is given; without one it waits, and is handled as a lead that entered.
pub fn reopen(lead: &LeadFacts, owner: Option<&Receiver>, because: &str, actor: &Actor) -> Result<Decision, Refusal> {
    if lead.state.is_open() {
        return Err(Refusal::NotClosed { state: lead.state });
    }
    check_owner_or_manager(lead, actor)?;
    if let Some(owner) = owner {
        owner.check()?;
    }
    let because = reason(because)?;
    let owner = owner.map(|owner| owner.id);
    let after = LeadFacts {
        state: if owner.is_some() { LeadState::Owned } else { LeadState::Waiting },
        owner,
        closed_at: None,
        lost_reason: None,
        ..something_happened(lead)
    };
    let event = if owner.is_some() { EventName::LeadOwned } else { EventName::LeadCreated };
    Ok(Decision::restarting(after).step(LeadStep::Reopened { owner, because }).event(event))
}
