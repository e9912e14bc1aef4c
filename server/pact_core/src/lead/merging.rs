//! Two records that are one lead.

use crate::actor::Actor;
use crate::event::EventName;
use crate::history::LeadStep;
use crate::lead::decision::check_open;
use crate::lead::ownership::something_happened;
use crate::lead::{Decision, LeadFacts, LeadState, Refusal};
use crate::role::Right;
use crate::time::Instant;

/// Two leads that are to become one.
#[derive(Clone, Copy, Debug)]
pub struct Merge<'a> {
    /// The lead that stays.
    pub kept: &'a LeadFacts,
    /// Its title.
    pub kept_title: &'a str,
    /// The lead that goes into the other.
    pub gone: &'a LeadFacts,
    /// Its title.
    pub gone_title: &'a str,
}

/// What becomes of two leads that are merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The lead that stays, with the owner and the further stage of both.
    pub kept: Decision,
    /// The lead that goes: it waits for nobody, and its record names the one that it went into.
    pub gone: Decision,
}

/// Makes two open leads one; both histories are kept, and the open push of a lead that gets an owner or goes is withdrawn.
///
/// Where that leaves the kept lead waiting although the other was on its way to somebody, it is handled as a lead that entered.
pub fn merge(leads: Merge<'_>, actor: &Actor, now: Instant) -> Result<Merged, Refusal> {
    let Merge { kept, kept_title, gone, gone_title } = leads;
    check_open(kept)?;
    check_open(gone)?;
    if !actor.may(Right::MergeRecords) {
        return Err(Refusal::NotAllowed { right: Right::MergeRecords });
    }
    if kept.owner.is_some() && gone.owner.is_some() && kept.owner != gone.owner {
        return Err(Refusal::TwoOwners);
    }
    let because = format!("merged with \"{kept_title}\"");
    let waits_for_nobody = LeadFacts { state: LeadState::Waiting, owner: None, ..something_happened(gone) };
    let gone_decision = Decision::quietly(waits_for_nobody)
        .withdrawing(gone, &because, now)
        .step(LeadStep::Merged { with: kept_title.to_owned() });

    let owner = kept.owner.or(gone.owner);
    let gets_owner = kept.owner.is_none() && owner.is_some();
    let after = LeadFacts {
        state: if owner.is_some() { LeadState::Owned } else { kept.state },
        owner,
        stage: kept.stage.max(gone.stage),
        attempt: kept.attempt.saturating_add(gone.attempt),
        ..something_happened(kept)
    };
    let mut kept_decision = Decision::restarting(after).step(LeadStep::Merged { with: gone_title.to_owned() });
    if gets_owner {
        let because = format!("merged with \"{gone_title}\"");
        kept_decision = kept_decision.withdrawing(kept, &because, now).event(EventName::LeadOwned);
    } else if kept_decision.lead.state == LeadState::Waiting && gone.open_push.is_some() {
        kept_decision = kept_decision.event(EventName::LeadCreated);
    }
    Ok(Merged { kept: kept_decision, gone: gone_decision })
}
