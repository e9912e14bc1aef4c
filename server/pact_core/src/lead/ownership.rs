//! What happens to an open lead between its first owner and its end.

use uuid::Uuid;

use crate::actor::Actor;
use crate::event::EventName;
use crate::history::LeadStep;
use crate::lead::decision::{check_open, check_owner_or_manager, reason};
use crate::lead::{Decision, LeadFacts, LeadState, Receiver, Refusal, Stage};
use crate::time::Instant;

/// Gives an open lead to another person, who owns it at once; an open push is withdrawn.
pub fn transfer(lead: &LeadFacts, to: &Receiver, because: &str, actor: &Actor, now: Instant) -> Result<Decision, Refusal> {
    check_open(lead)?;
    check_owner_or_manager(lead, actor)?;
    if lead.owner == Some(to.id) {
        return Err(Refusal::AlreadyTheirs);
    }
    to.check()?;
    let because = reason(because)?;
    let after = LeadFacts { state: LeadState::Owned, owner: Some(to.id), ..something_happened(lead) };
    Ok(Decision::restarting(after)
        .withdrawing(lead, &because, now)
        .step(LeadStep::Transferred { from: lead.owner, to: to.id, because })
        .event(EventName::LeadOwned))
}

/// Asks a person above to act; the quiet clock runs on.
pub fn escalate(lead: &LeadFacts, to: Uuid, because: &str, actor: &Actor) -> Result<Decision, Refusal> {
    check_open(lead)?;
    check_owner_or_manager(lead, actor)?;
    let because = reason(because)?;
    let step = lead.escalation.saturating_add(1);
    let after = LeadFacts { escalation: step, ..lead.clone() };
    Ok(Decision::quietly(after).step(LeadStep::Escalated { to, step, because }))
}

/// Shows an open lead to its owner and team; the quiet clock runs on. Showing it again for the same reason changes nothing.
pub fn highlight(lead: &LeadFacts, because: &str, actor: &Actor) -> Result<Decision, Refusal> {
    check_open(lead)?;
    check_owner_or_manager(lead, actor)?;
    let because = reason(because)?;
    if lead.highlight.as_ref() == Some(&because) {
        return Ok(Decision::quietly(lead.clone()));
    }
    let after = LeadFacts { highlight: Some(because.clone()), ..lead.clone() };
    Ok(Decision::quietly(after).step(LeadStep::Highlighted { because }))
}

/// Stops showing a lead; one that is not shown stays as it is.
pub fn unhighlight(lead: &LeadFacts, actor: &Actor) -> Result<Decision, Refusal> {
    check_open(lead)?;
    check_owner_or_manager(lead, actor)?;
    if lead.highlight.is_none() {
        return Ok(Decision::quietly(lead.clone()));
    }
    let after = LeadFacts { highlight: None, ..lead.clone() };
    Ok(Decision::quietly(after).step(LeadStep::Unhighlighted))
}

/// Moves an owned lead to another stage, forwards or back.
pub fn change_stage(lead: &LeadFacts, to: Stage, actor: &Actor) -> Result<Decision, Refusal> {
    check_open(lead)?;
    check_owned(lead)?;
    check_owner_or_manager(lead, actor)?;
    if lead.stage == to {
        return Err(Refusal::SameStage { stage: to });
    }
    let after = LeadFacts { stage: to, ..something_happened(lead) };
    Ok(Decision::restarting(after).step(LeadStep::StageChanged { from: lead.stage, to }).event(EventName::StageChanged))
}

/// The lead after something happened on it, such as a card: it is no longer quiet, so highlight and escalation end.
pub fn something_happened(lead: &LeadFacts) -> LeadFacts {
    LeadFacts { escalation: 0, highlight: None, ..lead.clone() }
}

pub(super) const fn check_owned(lead: &LeadFacts) -> Result<(), Refusal> {
    match lead.state {
        LeadState::Owned => Ok(()),
        LeadState::Waiting | LeadState::Offered => Err(Refusal::NotOwned { state: lead.state }),
        LeadState::Won | LeadState::Lost => Err(Refusal::Closed { state: lead.state }),
    }
}
