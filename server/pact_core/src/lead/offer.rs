//! Pushing a lead, and the answers.

use uuid::Uuid;

use crate::actor::Actor;
use crate::event::EventName;
use crate::history::LeadStep;
use crate::lead::decision::{check_manager, check_open, reason};
use crate::lead::{Decision, LeadFacts, LeadState, OpenPush, PushAnswer, PushChange, Receiver, Refusal};
use crate::time::Instant;

/// A push that is made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPush {
    /// Its id.
    pub id: Uuid,
    /// The person to whom the lead is offered.
    pub person: Uuid,
    /// Why this person.
    pub because: String,
    /// When the time to answer has passed; a calendar makes it from working time.
    pub answer_by: Instant,
}

/// Pushes a waiting lead to one person, with a reason and a time to answer.
pub fn push(lead: &LeadFacts, offer: NewPush, to: &Receiver, actor: &Actor, now: Instant) -> Result<Decision, Refusal> {
    check_open(lead)?;
    check_manager(actor)?;
    if let Some(open) = lead.open_push {
        return Err(Refusal::AlreadyOffered { until: open.answer_by });
    }
    if lead.owner.is_some() {
        return Err(Refusal::AlreadyOwned);
    }
    to.check()?;
    if offer.answer_by <= now {
        return Err(Refusal::NoTimeToAnswer { until: offer.answer_by });
    }
    let because = reason(&offer.because)?;
    let offer = NewPush { because: because.clone(), person: to.id, ..offer };
    let after = LeadFacts {
        state: LeadState::Offered,
        open_push: Some(OpenPush { id: offer.id, person: to.id, answer_by: offer.answer_by }),
        attempt: lead.attempt.saturating_add(1),
        ..lead.clone()
    };
    let step = LeadStep::Pushed { to: to.id, until: offer.answer_by, because };
    // A lead that automation passes on from one to the next must not look as if something happened on it.
    let decision = if actor.person().is_some() { Decision::restarting(after) } else { Decision::quietly(after) };
    Ok(decision.push(PushChange::Made(offer)).step(step))
}

/// Takes the lead: the person to whom it is offered owns it, and is accountable for its outcome.
pub fn accept(lead: &LeadFacts, actor: &Actor, now: Instant) -> Result<Decision, Refusal> {
    let open = own_open_push(lead, actor, now)?;
    let after = LeadFacts {
        state: LeadState::Owned,
        owner: Some(open.person),
        open_push: None,
        escalation: 0,
        highlight: None,
        ..lead.clone()
    };
    Ok(Decision::restarting(after)
        .push(ended(open, PushAnswer::Accepted, None, now))
        .step(LeadStep::Accepted { by: open.person })
        .event(EventName::LeadOwned))
}

/// Does not take the lead, with a reason: it waits again.
pub fn decline(lead: &LeadFacts, because: &str, actor: &Actor, now: Instant) -> Result<Decision, Refusal> {
    let open = own_open_push(lead, actor, now)?;
    let because = reason(because)?;
    Ok(Decision::restarting(waiting_again(lead))
        .push(ended(open, PushAnswer::Declined, Some(because.clone()), now))
        .step(LeadStep::Declined { by: open.person, because })
        .event(EventName::PushDeclined))
}

/// Ends a push whose time to answer has passed: the lead waits again, and its quiet clock runs on.
pub fn expire(lead: &LeadFacts, now: Instant) -> Result<Decision, Refusal> {
    let open = lead.open_push.ok_or(Refusal::NotOffered { state: lead.state })?;
    if now < open.answer_by {
        return Err(Refusal::PushNotOver { until: open.answer_by });
    }
    Ok(Decision::quietly(waiting_again(lead))
        .push(ended(open, PushAnswer::Expired, None, now))
        .step(LeadStep::Expired { to: open.person })
        .event(EventName::PushExpired))
}

/// Takes a push back before it is answered: the lead waits again.
pub fn withdraw(lead: &LeadFacts, because: &str, actor: &Actor, now: Instant) -> Result<Decision, Refusal> {
    check_manager(actor)?;
    if lead.open_push.is_none() {
        return Err(Refusal::NotOffered { state: lead.state });
    }
    let because = reason(because)?;
    Ok(Decision::quietly(waiting_again(lead)).withdrawing(lead, &because, now))
}

/// The open push, if it is the actor's and can still be answered.
fn own_open_push(lead: &LeadFacts, actor: &Actor, now: Instant) -> Result<OpenPush, Refusal> {
    check_open(lead)?;
    let open = lead.open_push.ok_or(Refusal::NotOffered { state: lead.state })?;
    if actor.person() != Some(open.person) {
        return Err(Refusal::NotYourPush);
    }
    if now >= open.answer_by {
        return Err(Refusal::PushOver { until: open.answer_by });
    }
    Ok(open)
}

fn waiting_again(lead: &LeadFacts) -> LeadFacts {
    LeadFacts { state: LeadState::Waiting, open_push: None, ..lead.clone() }
}

const fn ended(open: OpenPush, answer: PushAnswer, reason: Option<String>, at: Instant) -> PushChange {
    PushChange::Ended { id: open.id, answer, reason, at }
}
