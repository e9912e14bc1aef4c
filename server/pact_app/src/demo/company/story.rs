//! The history of one lead, told step by step; each step is decided by the rules of `pact_core`, so that no lead is where it could not be.

use pact_core::actor::Actor;
use pact_core::history::{LeadStep, Wording};
use pact_core::lead::{self, Decision, LeadFacts, NewPush, PushAnswer, PushChange, Receiver, Refusal, Stage};
use pact_core::role::Role;
use pact_core::time::{Instant, WorkSpan};
use pact_store::entity::{lead as lead_row, lead_event, person, push};

use super::dice::Dice;
use super::staff::Staff;
use crate::past::LeftAs;

/// The plugin that pushed the leads of the history.
pub(super) const PUSHED_BY: &str = "lead-push";

/// One lead on its way.
pub(super) struct Story<'a> {
    staff: &'a Staff,
    facts: LeadFacts,
    pub(super) row: lead_row::Model,
    pub(super) pushes: Vec<push::Model>,
    pub(super) events: Vec<lead_event::Model>,
}

impl<'a> Story<'a> {
    /// A lead that enters.
    pub(super) fn enters(staff: &'a Staff, row: lead_row::Model, dice: &mut Dice) -> Self {
        let source = row.source.clone();
        let at = Instant::from_millis(row.created_at);
        let mut story = Self { staff, facts: LeadFacts::entered(), row, pushes: Vec::new(), events: Vec::new() };
        story.say(&LeadStep::Entered { source }, &Actor::System, at, dice);
        story
    }

    /// It is attached to what was known.
    pub(super) fn is_matched(&mut self, to: String, because: &str, at: Instant, dice: &mut Dice) {
        self.say(&LeadStep::Matched { to, because: because.to_owned() }, &Actor::System, at, dice);
    }

    /// The automation offers it to a person; returns until when.
    pub(super) fn is_pushed(
        &mut self,
        to: &person::Model,
        because: String,
        (at, within): (Instant, WorkSpan),
        dice: &mut Dice,
    ) -> Option<Instant> {
        let until = self.staff.calendar(to.id)?.add(at, within)?;
        let offer = NewPush { id: dice.id(), person: to.id, because, answer_by: until };
        let plugin = Actor::Plugin { id: PUSHED_BY.to_owned() };
        let decided = lead::push(&self.facts, offer, &receiver(to), &plugin, at);
        self.take(decided, &plugin, at, dice).then_some(until)
    }

    /// The person takes it.
    pub(super) fn is_accepted(&mut self, by: &person::Model, at: Instant, dice: &mut Dice) -> bool {
        let decided = lead::accept(&self.facts, &acting(by), at);
        self.take(decided, &acting(by), at, dice)
    }

    /// The person does not take it.
    pub(super) fn is_declined(&mut self, by: &person::Model, because: &str, at: Instant, dice: &mut Dice) -> bool {
        let decided = lead::decline(&self.facts, because, &acting(by), at);
        self.take(decided, &acting(by), at, dice)
    }

    /// Nobody answered in time.
    pub(super) fn expires(&mut self, at: Instant, dice: &mut Dice) -> bool {
        let decided = lead::expire(&self.facts, at);
        self.take(decided, &Actor::System, at, dice)
    }

    /// A manager is asked to act.
    pub(super) fn is_escalated(&mut self, to: &person::Model, because: &str, at: Instant, dice: &mut Dice) -> bool {
        let plugin = Actor::Plugin { id: PUSHED_BY.to_owned() };
        let decided = lead::escalate(&self.facts, to.id, because, &plugin);
        self.take(decided, &plugin, at, dice)
    }

    /// A manager gives it to another person.
    pub(super) fn is_transferred(
        &mut self,
        by: &person::Model,
        to: &person::Model,
        because: &str,
        at: Instant,
        dice: &mut Dice,
    ) -> bool {
        let decided = lead::transfer(&self.facts, &receiver(to), because, &acting(by), at);
        self.take(decided, &acting(by), at, dice)
    }

    /// A manager has it shown.
    pub(super) fn is_highlighted(&mut self, by: &person::Model, because: &str, at: Instant, dice: &mut Dice) -> bool {
        let decided = lead::highlight(&self.facts, because, &acting(by));
        self.take(decided, &acting(by), at, dice)
    }

    /// The owner moves it to another stage.
    pub(super) fn goes_to(&mut self, stage: Stage, by: &person::Model, at: Instant, dice: &mut Dice) -> bool {
        let decided = lead::change_stage(&self.facts, stage, &acting(by));
        self.take(decided, &acting(by), at, dice)
    }

    /// The customer bought.
    pub(super) fn is_won(&mut self, value: String, by: &person::Model, at: Instant, dice: &mut Dice) -> bool {
        let decided = lead::win(&self.facts, Some(value), &acting(by), at);
        self.take(decided, &acting(by), at, dice)
    }

    /// The customer did not buy.
    pub(super) fn is_lost(&mut self, because: &str, by: &person::Model, at: Instant, dice: &mut Dice) -> bool {
        let decided = lead::lose(&self.facts, because, &acting(by), at);
        self.take(decided, &acting(by), at, dice)
    }

    /// Writes down what was decided; a refusal changes nothing.
    fn take(&mut self, decided: Result<Decision, Refusal>, actor: &Actor, at: Instant, dice: &mut Dice) -> bool {
        let Ok(decision) = decided else { return false };
        match decision.push {
            Some(PushChange::Made(offer)) => self.pushes.push(push::Model {
                id: offer.id,
                lead_id: self.row.id,
                person_id: offer.person,
                reason: offer.because,
                pushed_at: at.millis(),
                answer: PushAnswer::Waiting.to_string(),
                answer_reason: None,
                answered_at: None,
                answer_by_at: offer.answer_by.millis(),
                run_id: None,
            }),
            Some(PushChange::Ended { id, answer, reason, at }) => {
                for push in self.pushes.iter_mut().filter(|push| push.id == id) {
                    push.answer = answer.to_string();
                    push.answer_reason.clone_from(&reason);
                    push.answered_at = Some(at.millis());
                }
            }
            None => {}
        }
        if decision.restarts_quiet_clock {
            self.row.last_event_at = at.millis();
        }
        for step in &decision.steps {
            self.say(step, actor, at, dice);
        }
        self.facts = decision.lead;
        self.copy_facts();
        true
    }

    fn copy_facts(&mut self) {
        let LeadFacts { state, stage, owner, open_push: _, attempt, escalation, highlight, closed_at, lost_reason } = &self.facts;
        self.row.state = state.to_string();
        self.row.stage = stage.to_string();
        self.row.owner_id = *owner;
        self.row.attempt = i64::from(*attempt);
        self.row.escalation = i64::from(*escalation);
        self.row.highlighted = highlight.is_some();
        self.row.highlight_reason.clone_from(highlight);
        self.row.closed_at = closed_at.map(Instant::millis);
        self.row.lost_reason.clone_from(lost_reason);
    }

    fn say(&mut self, step: &LeadStep, actor: &Actor, at: Instant, dice: &mut Dice) {
        let name = |id| self.staff.name(id);
        let wording = Wording { name: &name, zone: self.staff.zone() };
        self.events.push(lead_event::Model {
            id: dice.id_at(at),
            lead_id: self.row.id,
            what: step.what().to_owned(),
            text: step.text(&wording),
            by_person_id: actor.person(),
            by_plugin: actor.plugin().map(str::to_owned),
            at: at.millis(),
            left_as: LeftAs::of(&self.facts, self.row.last_event_at).written(),
        });
    }
}

/// A person as the one who acts.
fn acting(person: &person::Model) -> Actor {
    Actor::Person { id: person.id, role: role(person) }
}

/// A person as the one who is to get a lead. Load at a past moment is nobody's matter; the present load is kept in bounds by who is chosen.
fn receiver(person: &person::Model) -> Receiver {
    Receiver { id: person.id, role: role(person), active: true, open: 0, capacity: None }
}

fn role(person: &person::Model) -> Role {
    person.role.parse().unwrap_or(Role::Rep)
}
