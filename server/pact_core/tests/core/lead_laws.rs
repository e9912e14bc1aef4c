//! Laws that hold for a lead whatever happens to it, over random lives.

use pact_core::actor::Actor;
use pact_core::lead::{self, Decision, LeadFacts, LeadState, NewPush, PushAnswer, PushChange, Receiver, Refusal, Stage};
use pact_core::role::Role;
use proptest::prelude::*;
use uuid::Uuid;

use crate::id;
use crate::lead::{ANN, BO, MEG, later, manager, plugin, receiver, rep};

#[derive(Clone, Debug)]
enum Act {
    Push(Uuid, i64),
    Accept,
    Decline,
    Expire,
    Withdraw,
    Transfer(Uuid),
    Escalate,
    Highlight,
    Unhighlight,
    Stage(Stage),
    Win,
    Lose,
    Reopen(Option<Uuid>),
}

fn person() -> impl Strategy<Value = Uuid> {
    prop::sample::select(vec![ANN, BO, MEG])
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (person(), 1_i64..300).prop_map(|(to, time)| Act::Push(to, time)),
        3 => Just(Act::Accept),
        2 => Just(Act::Decline),
        2 => Just(Act::Expire),
        1 => Just(Act::Withdraw),
        1 => person().prop_map(Act::Transfer),
        1 => Just(Act::Escalate),
        1 => Just(Act::Highlight),
        1 => Just(Act::Unhighlight),
        1 => prop::sample::select(Stage::ALL.to_vec()).prop_map(Act::Stage),
        1 => Just(Act::Win),
        1 => Just(Act::Lose),
        1 => prop::option::of(person()).prop_map(Act::Reopen),
    ]
}

fn actor() -> impl Strategy<Value = Actor> {
    let auditor = Actor::Person { id: id(9), role: Role::Auditor };
    prop::sample::select(vec![rep(ANN), rep(BO), manager(), plugin(), auditor, Actor::Form, Actor::System])
}

fn tried(lead: &LeadFacts, act: &Act, by: &Actor, minute: i64, number: u128) -> Result<Decision, Refusal> {
    let now = later(minute);
    let to = |person: Uuid| -> Receiver { receiver(person) };
    match act {
        Act::Push(person, time) => {
            let because = "their turn".to_owned();
            let offer = NewPush { id: id(number), person: *person, because, answer_by: later(minute + time) };
            lead::push(lead, offer, &to(*person), by, now)
        }
        Act::Accept => lead::accept(lead, by, now),
        Act::Decline => lead::decline(lead, "no time", by, now),
        Act::Expire => lead::expire(lead, now),
        Act::Withdraw => lead::withdraw(lead, "a mistake", by, now),
        Act::Transfer(person) => lead::transfer(lead, &to(*person), "quiet", by, now),
        Act::Escalate => lead::escalate(lead, MEG, "quiet", by),
        Act::Highlight => lead::highlight(lead, "quiet", by),
        Act::Unhighlight => lead::unhighlight(lead, by),
        Act::Stage(stage) => lead::change_stage(lead, *stage, by),
        Act::Win => lead::win(lead, None, by, now),
        Act::Lose => lead::lose(lead, "no budget", by, now),
        Act::Reopen(owner) => lead::reopen(lead, owner.map(to).as_ref(), "back again", by),
    }
}

/// What is true of every lead at every moment.
fn check_facts(lead: &LeadFacts) -> Result<(), TestCaseError> {
    prop_assert_eq!(lead.state == LeadState::Offered, lead.open_push.is_some());
    match lead.state {
        LeadState::Waiting | LeadState::Offered => prop_assert_eq!(lead.owner, None),
        LeadState::Owned | LeadState::Won => prop_assert!(lead.owner.is_some()),
        LeadState::Lost => {}
    }
    prop_assert_eq!(lead.closed_at.is_some(), !lead.state.is_open());
    prop_assert_eq!(lead.lost_reason.is_some(), lead.state == LeadState::Lost);
    Ok(())
}

/// What is true of every decision.
fn check_decision(before: &LeadFacts, decision: &Decision, by: &Actor, act: &Act) -> Result<(), TestCaseError> {
    let after = &decision.lead;
    check_facts(after)?;
    // A push is ended exactly when it was open and is no more, and made exactly when it is open anew.
    match &decision.push {
        Some(PushChange::Made(made)) => {
            prop_assert_eq!(before.open_push, None);
            prop_assert_eq!(after.open_push.map(|open| (open.id, open.person)), Some((made.id, made.person)));
            prop_assert_eq!(after.attempt, before.attempt + 1);
        }
        Some(PushChange::Ended { id, answer, reason, .. }) => {
            prop_assert_eq!(before.open_push.map(|open| open.id), Some(*id));
            prop_assert_eq!(after.open_push, None);
            prop_assert!(*answer != PushAnswer::Waiting);
            prop_assert!(*answer != PushAnswer::Declined || reason.is_some());
        }
        None => prop_assert_eq!(before.open_push, after.open_push),
    }
    // Nobody comes to own a lead but by accepting it, or by somebody who may give it.
    if after.owner != before.owner && after.owner.is_some() {
        prop_assert!(matches!(act, Act::Accept | Act::Transfer(_) | Act::Reopen(_)));
        prop_assert!(!matches!(act, Act::Accept) || by.person() == after.owner);
    }
    // Whatever changes leaves a sentence; nothing is said where nothing changes.
    prop_assert_eq!(decision.steps.is_empty(), before == after, "{:?}", decision);
    // A closed lead changes only by opening it again.
    prop_assert!(before.state.is_open() || matches!(act, Act::Reopen(_)));
    prop_assert!(!matches!(by, Actor::Form) || matches!(act, Act::Expire));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_life_of_a_lead_keeps_the_laws(life in prop::collection::vec((act(), actor(), 0_i64..200), 1..60)) {
        let mut lead = LeadFacts::entered();
        let mut minute = 0;
        for (number, (act, by, wait)) in life.into_iter().enumerate() {
            minute += wait;
            match tried(&lead, &act, &by, minute, 1_000 + number as u128) {
                Ok(decision) => {
                    check_decision(&lead, &decision, &by, &act)?;
                    lead = decision.lead;
                }
                Err(refusal) => prop_assert!(Refusal::CODES.contains(&refusal.code())),
            }
        }
    }
}
