//! What may happen to a lead.

use pact_core::actor::Actor;
use pact_core::event::EventName;
use pact_core::history::LeadStep;
use pact_core::lead::{
    self, Decision, LeadFacts, LeadState, Merge, Merged, NewPush, OpenPush, PushAnswer, PushChange, Receiver, Refusal, Stage,
};
use pact_core::role::Role;
use pact_core::time::{Instant, Span};
use uuid::Uuid;

use crate::{all_hold, id};

pub(crate) const ANN: Uuid = id(1);
pub(crate) const BO: Uuid = id(2);
pub(crate) const MEG: Uuid = id(3);
const PUSH: Uuid = id(100);

pub(crate) fn now() -> Instant {
    "2026-11-24T10:10:00Z".parse().unwrap()
}

pub(crate) fn later(minutes: i64) -> Instant {
    now().checked_add(Span::of_minutes(minutes).unwrap()).unwrap()
}

pub(crate) const fn rep(person: Uuid) -> Actor {
    Actor::Person { id: person, role: Role::Rep }
}

pub(crate) const fn manager() -> Actor {
    Actor::Person { id: MEG, role: Role::Manager }
}

pub(crate) fn plugin() -> Actor {
    Actor::Plugin { id: "lead-push".to_owned() }
}

pub(crate) const fn receiver(person: Uuid) -> Receiver {
    Receiver { id: person, role: Role::Rep, active: true, open: 3, capacity: Some(20) }
}

pub(crate) fn offer(person: Uuid) -> NewPush {
    NewPush { id: PUSH, person, because: "Globex is in Benelux".to_owned(), answer_by: later(240) }
}

fn waiting() -> LeadFacts {
    LeadFacts::entered()
}

fn offered(person: Uuid) -> LeadFacts {
    let open = OpenPush { id: PUSH, person, answer_by: later(240) };
    LeadFacts { state: LeadState::Offered, open_push: Some(open), attempt: 1, ..waiting() }
}

fn owned(person: Uuid) -> LeadFacts {
    LeadFacts { state: LeadState::Owned, owner: Some(person), attempt: 1, ..waiting() }
}

fn quiet_owned(person: Uuid) -> LeadFacts {
    LeadFacts { escalation: 2, highlight: Some("quiet for 5 work days".to_owned()), ..owned(person) }
}

fn won(person: Uuid) -> LeadFacts {
    LeadFacts { state: LeadState::Won, closed_at: Some(now()), ..owned(person) }
}

fn lost(person: Uuid) -> LeadFacts {
    LeadFacts { state: LeadState::Lost, closed_at: Some(now()), lost_reason: Some("no budget".to_owned()), ..owned(person) }
}

#[test]
fn a_push_offers_the_lead() {
    let decision = lead::push(&waiting(), offer(ANN), &receiver(ANN), &plugin(), now()).unwrap();
    let because = "Globex is in Benelux".to_owned();
    assert_eq!(
        decision,
        Decision {
            lead: offered(ANN),
            push: Some(PushChange::Made(offer(ANN))),
            steps: vec![LeadStep::Pushed { to: ANN, until: later(240), because }],
            events: vec![],
            restarts_quiet_clock: false,
        }
    );
    let by_hand = lead::push(&waiting(), offer(ANN), &receiver(ANN), &manager(), now()).unwrap();
    assert!(by_hand.restarts_quiet_clock, "a person passed it on, not automation");
}

#[test]
fn who_accepts_owns_it() {
    let before = LeadFacts { escalation: 2, highlight: Some("waits".to_owned()), ..offered(ANN) };
    let decision = lead::accept(&before, &rep(ANN), later(10)).unwrap();
    let ended = PushChange::Ended { id: PUSH, answer: PushAnswer::Accepted, reason: None, at: later(10) };
    assert_eq!(
        decision,
        Decision {
            lead: owned(ANN),
            push: Some(ended),
            steps: vec![LeadStep::Accepted { by: ANN }],
            events: vec![EventName::LeadOwned],
            restarts_quiet_clock: true,
        }
    );
}

#[test]
fn a_declined_or_expired_or_withdrawn_lead_waits_again() {
    let waits = LeadFacts { attempt: 1, ..waiting() };
    let reason = || "conflict of interest".to_owned();

    let declined = lead::decline(&offered(ANN), " conflict of interest ", &rep(ANN), later(10)).unwrap();
    assert_eq!(declined.lead, waits);
    assert_eq!(declined.steps, [LeadStep::Declined { by: ANN, because: reason() }]);
    assert_eq!(declined.events, [EventName::PushDeclined]);
    let ended = PushChange::Ended { id: PUSH, answer: PushAnswer::Declined, reason: Some(reason()), at: later(10) };
    assert_eq!(declined.push, Some(ended));

    let expired = lead::expire(&offered(ANN), later(240)).unwrap();
    assert_eq!(expired.lead, waits);
    assert_eq!(expired.steps, [LeadStep::Expired { to: ANN }]);
    assert_eq!(expired.events, [EventName::PushExpired]);
    assert!(!expired.restarts_quiet_clock, "nobody did anything");

    let withdrawn = lead::withdraw(&offered(ANN), "wrong territory", &manager(), later(10)).unwrap();
    assert_eq!(withdrawn.lead, waits);
    let because = "wrong territory".to_owned();
    assert_eq!(withdrawn.steps, [LeadStep::Withdrawn { to: ANN, because }]);
    assert_eq!(withdrawn.events, []);
}

#[test]
fn the_next_push_counts_on() {
    let after = lead::expire(&offered(ANN), later(240)).unwrap().lead;
    let again = lead::push(&after, NewPush { answer_by: later(600), ..offer(BO) }, &receiver(BO), &plugin(), later(241)).unwrap();
    assert_eq!(again.lead.attempt, 2);
}

#[test]
fn a_transfer_takes_the_lead_as_it_is() {
    let before = LeadFacts { stage: Stage::Offer, ..quiet_owned(ANN) };
    let decision = lead::transfer(&before, &receiver(BO), "quiet", &plugin(), now()).unwrap();
    assert_eq!(decision.lead, LeadFacts { stage: Stage::Offer, ..owned(BO) });
    let because = "quiet".to_owned();
    assert_eq!(decision.steps, [LeadStep::Transferred { from: Some(ANN), to: BO, because: because.clone() }]);
    assert_eq!((decision.events, decision.push), (vec![EventName::LeadOwned], None));

    // An offered lead: the push ends first.
    let decision = lead::transfer(&offered(ANN), &receiver(BO), "quiet", &manager(), now()).unwrap();
    assert_eq!(decision.lead, owned(BO));
    let withdrawn = LeadStep::Withdrawn { to: ANN, because: because.clone() };
    assert_eq!(decision.steps, [withdrawn, LeadStep::Transferred { from: None, to: BO, because: because.clone() }]);
    let ended = PushChange::Ended { id: PUSH, answer: PushAnswer::Withdrawn, reason: Some(because), at: now() };
    assert_eq!(decision.push, Some(ended));

    // The owner may hand over too.
    assert!(lead::transfer(&owned(ANN), &receiver(BO), "Bo knows them", &rep(ANN), now()).is_ok());
}

#[test]
fn automation_leaves_the_quiet_clock_running() {
    let highlighted = lead::highlight(&owned(ANN), "quiet for 5 work days", &plugin()).unwrap();
    assert_eq!(highlighted.lead.highlight.as_deref(), Some("quiet for 5 work days"));
    let again = lead::highlight(&highlighted.lead, "quiet for 5 work days", &plugin()).unwrap();
    assert_eq!((again.lead.clone(), again.steps), (highlighted.lead.clone(), vec![]));
    let escalated = lead::escalate(&again.lead, MEG, "still quiet", &plugin()).unwrap();
    assert_eq!(escalated.lead.escalation, 1);
    assert_eq!(escalated.steps, [LeadStep::Escalated { to: MEG, step: 1, because: "still quiet".to_owned() }]);
    let off = lead::unhighlight(&escalated.lead, &rep(ANN)).unwrap();
    assert_eq!(off.lead.highlight, None);
    assert_eq!(off.lead.escalation, 1);
    assert_eq!(lead::unhighlight(&off.lead, &rep(ANN)).unwrap().steps, []);
    for decision in [highlighted, escalated, off] {
        assert!(!decision.restarts_quiet_clock);
        assert_eq!(decision.events, []);
    }
    // What people do ends it.
    assert_eq!(lead::something_happened(&quiet_owned(ANN)), owned(ANN));
    let moved = lead::change_stage(&quiet_owned(ANN), Stage::Contract, &rep(ANN)).unwrap();
    assert_eq!(moved.lead, LeadFacts { stage: Stage::Contract, ..owned(ANN) });
    assert_eq!(moved.events, [EventName::StageChanged]);
    assert!(moved.restarts_quiet_clock);
}

#[test]
fn leads_end_and_return() {
    let decision = lead::win(&quiet_owned(ANN), Some("EUR 12,000.00".to_owned()), &rep(ANN), now()).unwrap();
    assert_eq!((decision.lead, decision.events), (won(ANN), vec![EventName::LeadWon]));

    let decision = lead::lose(&owned(ANN), "no budget", &rep(ANN), now()).unwrap();
    assert_eq!((decision.lead, decision.events), (lost(ANN), vec![EventName::LeadLost]));

    // Junk is ended before anybody owns it.
    let decision = lead::lose(&offered(ANN), "junk", &manager(), now()).unwrap();
    assert_eq!(decision.lead.state, LeadState::Lost);
    assert_eq!((decision.lead.owner, decision.lead.open_push), (None, None));
    assert_eq!(decision.steps.len(), 2);

    let decision = lead::reopen(&lost(ANN), Some(&receiver(BO)), "they called again", &manager()).unwrap();
    assert_eq!((decision.lead, decision.events), (owned(BO), vec![EventName::LeadOwned]));
    let decision = lead::reopen(&won(ANN), None, "a second order", &rep(ANN)).unwrap();
    assert_eq!((decision.lead, decision.events), (LeadFacts { attempt: 1, ..waiting() }, vec![EventName::LeadCreated]));
}

fn merge(kept: &LeadFacts, gone: &LeadFacts, actor: &Actor) -> Result<Merged, Refusal> {
    lead::merge(Merge { kept, kept_title: "Pumps", gone, gone_title: "Ten pumps" }, actor, later(10))
}

#[test]
fn two_leads_become_one() {
    let merged_with = |title: &str| LeadStep::Merged { with: title.to_owned() };
    let withdrawn = |person, title: &str| LeadStep::Withdrawn { to: person, because: format!("merged with \"{title}\"") };

    // The owner of either owns both, and the further stage is kept.
    let further = LeadFacts { stage: Stage::Offer, ..quiet_owned(BO) };
    let merged = merge(&offered(ANN), &further, &manager()).unwrap();
    assert_eq!(merged.kept.lead, LeadFacts { stage: Stage::Offer, attempt: 2, ..owned(BO) });
    assert_eq!(merged.kept.steps, [merged_with("Ten pumps"), withdrawn(ANN, "Ten pumps")]);
    assert_eq!(merged.kept.events, [EventName::LeadOwned]);
    assert_eq!(merged.gone.lead, LeadFacts { stage: Stage::Offer, attempt: 1, ..waiting() });
    assert_eq!((merged.gone.steps, merged.gone.events), (vec![merged_with("Pumps")], vec![]));

    // What was on its way to somebody must not get lost.
    let merged = merge(&waiting(), &offered(ANN), &manager()).unwrap();
    assert_eq!(merged.kept.lead, LeadFacts { attempt: 1, ..waiting() });
    assert_eq!(merged.kept.events, [EventName::LeadCreated]);
    assert_eq!(merged.gone.steps, [withdrawn(ANN, "Pumps"), merged_with("Pumps")]);
    assert_eq!(merged.gone.lead.open_push, None);

    // An open push of the kept lead goes on, and so does its owner.
    let merged = merge(&offered(ANN), &waiting(), &manager()).unwrap();
    assert_eq!((merged.kept.lead, merged.kept.push, merged.kept.events), (offered(ANN), None, vec![]));
    let merged = merge(&owned(ANN), &owned(ANN), &manager()).unwrap();
    assert_eq!((merged.kept.lead, merged.kept.events), (LeadFacts { attempt: 2, ..owned(ANN) }, vec![]));
}

type Try = Result<Decision, Refusal>;

/// What is tried, what comes of it, and the code of the refusal that is wanted.
fn refusals() -> Vec<(&'static str, Try, &'static str)> {
    let p = plugin();
    let push = |facts: &LeadFacts, actor: &Actor| lead::push(facts, offer(ANN), &receiver(ANN), actor, now());
    let push_to = |to: Receiver| lead::push(&waiting(), offer(ANN), &to, &plugin(), now());
    let full = Receiver { open: 20, ..receiver(ANN) };
    let auditor = Receiver { role: Role::Auditor, ..receiver(ANN) };
    let gone = Receiver { active: false, ..receiver(ANN) };
    let at = |answer_by| lead::push(&waiting(), NewPush { answer_by, ..offer(ANN) }, &receiver(ANN), &plugin(), now());
    let unreasoned = NewPush { because: " ".to_owned(), ..offer(ANN) };
    vec![
        ("push an owned lead", push(&owned(BO), &p), "lead-already-owned"),
        ("push an offered lead", push(&offered(BO), &p), "lead-already-offered"),
        ("push a won lead", push(&won(BO), &p), "lead-closed"),
        ("push as a rep", push(&waiting(), &rep(BO)), "not-allowed"),
        ("push as a form", push(&waiting(), &Actor::Form), "not-allowed"),
        ("push to somebody who is full", push_to(full), "person-at-capacity"),
        ("push to an auditor", push_to(auditor), "person-cannot-own"),
        ("push to somebody who left", push_to(gone), "person-inactive"),
        ("push without time", at(now()), "no-time-to-answer"),
        ("push into the past", at(later(-1)), "no-time-to-answer"),
        ("push without a reason", lead::push(&waiting(), unreasoned, &receiver(ANN), &p, now()), "reason-needed"),
        ("accept for somebody else", lead::accept(&offered(ANN), &rep(BO), now()), "push-not-yours"),
        ("accept for somebody else as a manager", lead::accept(&offered(ANN), &manager(), now()), "push-not-yours"),
        ("accept as a plugin", lead::accept(&offered(ANN), &p, now()), "push-not-yours"),
        ("accept what is not offered", lead::accept(&waiting(), &rep(ANN), now()), "lead-not-offered"),
        ("accept what is owned", lead::accept(&owned(ANN), &rep(ANN), now()), "lead-not-offered"),
        ("accept what is lost", lead::accept(&lost(ANN), &rep(ANN), now()), "lead-closed"),
        ("accept too late", lead::accept(&offered(ANN), &rep(ANN), later(240)), "push-over"),
        ("decline too late", lead::decline(&offered(ANN), "busy", &rep(ANN), later(241)), "push-over"),
        ("decline for somebody else", lead::decline(&offered(ANN), "busy", &rep(BO), now()), "push-not-yours"),
        ("decline without a reason", lead::decline(&offered(ANN), "", &rep(ANN), now()), "reason-needed"),
        ("expire too soon", lead::expire(&offered(ANN), later(239)), "push-not-over"),
        ("expire twice", lead::expire(&waiting(), later(300)), "lead-not-offered"),
        ("expire after the acceptance", lead::expire(&owned(ANN), later(300)), "lead-not-offered"),
        ("withdraw as a rep", lead::withdraw(&offered(ANN), "x", &rep(ANN), now()), "not-allowed"),
        ("withdraw nothing", lead::withdraw(&waiting(), "x", &manager(), now()), "lead-not-offered"),
        ("withdraw without a reason", lead::withdraw(&offered(ANN), "", &manager(), now()), "reason-needed"),
        ("transfer another's lead", lead::transfer(&owned(ANN), &receiver(BO), "x", &rep(BO), now()), "lead-not-yours"),
        ("take a waiting lead", lead::transfer(&waiting(), &receiver(BO), "x", &rep(BO), now()), "not-allowed"),
        ("transfer to the owner", lead::transfer(&owned(ANN), &receiver(ANN), "x", &p, now()), "lead-already-theirs"),
        ("transfer to somebody full", lead::transfer(&owned(BO), &full, "x", &p, now()), "person-at-capacity"),
        ("transfer a won lead", lead::transfer(&won(ANN), &receiver(BO), "x", &p, now()), "lead-closed"),
        ("transfer without a reason", lead::transfer(&owned(ANN), &receiver(BO), "", &p, now()), "reason-needed"),
        ("escalate another's lead", lead::escalate(&owned(ANN), MEG, "x", &rep(BO)), "lead-not-yours"),
        ("escalate a lost lead", lead::escalate(&lost(ANN), MEG, "x", &p), "lead-closed"),
        ("highlight another's lead", lead::highlight(&owned(ANN), "x", &rep(BO)), "lead-not-yours"),
        ("highlight with a long reason", lead::highlight(&owned(ANN), &"x".repeat(501), &p), "reason-needed"),
        ("unhighlight a lost lead", lead::unhighlight(&lost(ANN), &p), "lead-closed"),
        ("stage of a waiting lead", lead::change_stage(&waiting(), Stage::Offer, &manager()), "lead-not-owned"),
        ("stage of another's lead", lead::change_stage(&owned(ANN), Stage::Offer, &rep(BO)), "lead-not-yours"),
        ("the same stage", lead::change_stage(&owned(ANN), Stage::Enquiry, &rep(ANN)), "stage-unchanged"),
        ("win a waiting lead", lead::win(&waiting(), None, &manager(), now()), "lead-not-owned"),
        ("win an offered lead", lead::win(&offered(ANN), None, &rep(ANN), now()), "lead-not-owned"),
        ("win another's lead", lead::win(&owned(ANN), None, &rep(BO), now()), "lead-not-yours"),
        ("win twice", lead::win(&won(ANN), None, &rep(ANN), now()), "lead-closed"),
        ("lose without a reason", lead::lose(&owned(ANN), " ", &rep(ANN), now()), "reason-needed"),
        ("lose a waiting lead as a rep", lead::lose(&waiting(), "junk", &rep(ANN), now()), "not-allowed"),
        ("merge as a rep", merge(&owned(ANN), &waiting(), &rep(ANN)).map(|merged| merged.kept), "not-allowed"),
        ("merge leads of two", merge(&owned(ANN), &owned(BO), &manager()).map(|merged| merged.kept), "leads-of-two-owners"),
        ("merge into a won lead", merge(&won(ANN), &waiting(), &manager()).map(|merged| merged.kept), "lead-closed"),
        ("merge a lost lead", merge(&waiting(), &lost(ANN), &manager()).map(|merged| merged.kept), "lead-closed"),
        ("reopen an open lead", lead::reopen(&owned(ANN), None, "x", &rep(ANN)), "lead-not-closed"),
        ("reopen another's lead", lead::reopen(&lost(ANN), None, "x", &rep(BO)), "lead-not-yours"),
        ("reopen for somebody full", lead::reopen(&lost(ANN), Some(&full), "x", &manager()), "person-at-capacity"),
    ]
}

#[test]
fn what_may_not_happen_is_refused() {
    all_hold(refusals().into_iter().filter_map(|(what, got, want)| {
        let code = got.as_ref().err().map(Refusal::code);
        (code != Some(want)).then(|| format!("{what}: {got:?}, not {want}"))
    }));
}

#[test]
fn every_refusal_is_tried_and_says_what_to_do_next() {
    let refusals = refusals();
    for code in Refusal::CODES {
        let tried = refusals.iter().find(|(_, _, want)| want == code);
        let refusal = tried.unwrap_or_else(|| panic!("no case for {code}")).1.as_ref().unwrap_err();
        let text = refusal.to_string();
        // At least what and what next; no debug output of ids or enums.
        assert!(text.matches(". ").count() >= 1 && text.ends_with('.'), "{code}: {text}");
        assert!(!text.contains("Some(") && !text.contains("::"), "{code}: {text}");
    }
    assert_eq!(
        lead::push(&owned(ANN), offer(BO), &receiver(BO), &plugin(), now()).unwrap_err().to_string(),
        "Somebody owns this lead already, so it cannot be pushed. Transfer it instead: its history and a handover text go along."
    );
}
