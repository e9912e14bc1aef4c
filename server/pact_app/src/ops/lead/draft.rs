//! A lead while something is decided about it: loaded once, changed by decisions, written once.
//!
//! An operation makes one decision; the runs of scripts may make several on the same lead, each in its own name. All write what came of it the same
//! way, and nothing is written before everything is decided, so a refusal leaves no trace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pact_core::event::EventName;
use pact_core::history::{LeadStep, Wording};
use pact_core::lead::{Decision, LeadFacts, LeadState, OpenPush, PushAnswer, PushChange};
use pact_core::time::Instant;
use pact_store::entity::{lead, lead_event, push};
use pact_store::{Notice, StoreError, Tx, record};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use crate::events::{self, Lane};
use crate::mails;
use crate::messages;
use crate::organisation::Snapshot;
use crate::past::LeftAs;
use crate::plugins::Plugins;
use crate::relay::Outgoing;
use crate::subscriptions::Subscriptions;
use crate::{Actor, Refusal};

/// A lead while something is decided about it.
#[derive(Clone, Debug)]
pub(crate) struct LeadDraft {
    /// The row as it was.
    before: lead::Model,
    /// The row as it will be written, but for what the rules see.
    pub(crate) row: lead::Model,
    /// What the rules see.
    pub(crate) facts: LeadFacts,
    made: Vec<push::Model>,
    ended: Vec<push::Model>,
    open: Option<push::Model>,
    steps: Vec<(Scene, LeadStep, LeftAs)>,
    events: Vec<(Scene, EventName, serde_json::Value)>,
    carried_by_before: Option<Uuid>,
}

/// What deciding and writing need beside the lead: who, when, and the organisation.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Who did it.
    pub(crate) actor: Actor,
    /// When.
    pub(crate) now: Instant,
    /// The run that did it, if a script did.
    pub(crate) run: Option<Uuid>,
    /// In which lane the events that it raises are worked off.
    pub(crate) lane: Lane,
    /// Names and calendars.
    pub(crate) snapshot: Arc<Snapshot>,
    /// The plugins that ask for events; none is known where no scripts run, and then every event waits.
    pub(crate) plugins: Option<Arc<Plugins>>,
    /// Webhooks that ask for events.
    pub(crate) subscriptions: Arc<Subscriptions>,
    /// How what leaves does so.
    pub(crate) outgoing: Arc<Outgoing>,
}

impl Scene {
    /// Who did it, as the rules ask.
    pub(crate) fn rules_actor(&self) -> pact_core::actor::Actor {
        use pact_core::actor::Actor as Rules;
        match &self.actor {
            Actor::Person(caller) => Rules::Person { id: caller.person_id, role: caller.role },
            Actor::Plugin { id, .. } => Rules::Plugin { id: id.clone() },
            Actor::Form { .. } => Rules::Form,
            Actor::Import { .. } => Rules::Import,
            Actor::System => Rules::System,
        }
    }

    /// Whom an escalation of a lead reaches: the one who was named, or the person above.
    pub(crate) fn above(&self, draft: &LeadDraft, named: Option<Uuid>) -> Result<Uuid, Refusal> {
        match named {
            Some(person) if self.snapshot.people.contains_key(&person) => Ok(person),
            Some(_) => Err(Refusal::NotFound { what: "person" }),
            None => self.snapshot.above(draft.facts.owner, draft.row.territory_id).ok_or_else(|| Refusal::NotNow {
                why: "There is no manager or admin to whom this could be escalated. Make one first.".to_owned(),
            }),
        }
    }
}

impl LeadDraft {
    /// Loads a lead and its open push for a decision.
    pub(crate) async fn load(tx: &Tx, id: Uuid) -> Result<Self, Refusal> {
        let row: lead::Model = record::hold(tx, id).await?;
        let open = if row.state == LeadState::Offered.as_str() { open_pushes(tx, &[id]).await?.pop() } else { None };
        Self::of(row, open)
    }

    /// Loads leads and their open pushes for decisions; those that do not exist are left out.
    pub(crate) async fn load_all(tx: &Tx, ids: BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, Self>, Refusal> {
        let rows: Vec<lead::Model> = record::hold_many(tx, ids).await?;
        let offered: Vec<Uuid> = rows.iter().filter(|row| row.state == LeadState::Offered.as_str()).map(|row| row.id).collect();
        let mut open: BTreeMap<Uuid, push::Model> =
            open_pushes(tx, &offered).await?.into_iter().map(|push| (push.lead_id, push)).collect();
        rows.into_iter().map(|row| Ok((row.id, Self::of(row.clone(), open.remove(&row.id))?))).collect()
    }

    /// A lead that is about to enter.
    pub(crate) fn entering(row: lead::Model) -> Result<Self, Refusal> {
        Self::of(row, None)
    }

    fn of(row: lead::Model, open: Option<push::Model>) -> Result<Self, Refusal> {
        let facts = facts_of(&row, open.as_ref())?;
        let carried_by_before = carrier(&facts);
        Ok(Self {
            before: row.clone(),
            row,
            facts,
            open,
            carried_by_before,
            made: Vec::new(),
            ended: Vec::new(),
            steps: Vec::new(),
            events: Vec::new(),
        })
    }

    /// Takes over what was decided.
    pub(crate) fn decide(&mut self, decision: Decision, scene: &Scene) {
        let before = std::mem::replace(&mut self.facts, decision.lead);
        match decision.push {
            Some(PushChange::Made(offer)) => {
                let row = push::Model {
                    id: offer.id,
                    lead_id: self.row.id,
                    person_id: offer.person,
                    reason: offer.because,
                    pushed_at: scene.now.millis(),
                    answer: PushAnswer::Waiting.to_string(),
                    answer_reason: None,
                    answered_at: None,
                    answer_by_at: offer.answer_by.millis(),
                    run_id: scene.run,
                };
                self.open = Some(row.clone());
                self.made.push(row);
            }
            Some(PushChange::Ended { answer, reason, at, .. }) => self.end_push(answer, reason, at),
            None => {}
        }
        for event in decision.events {
            self.raise(scene, event, &before);
        }
        if decision.restarts_quiet_clock {
            self.row.last_event_at = scene.now.millis();
        }
        let left = LeftAs::of(&self.facts, self.row.last_event_at);
        self.steps.extend(decision.steps.into_iter().map(|step| (scene.clone(), step, left.clone())));
    }

    /// The customer asked again: the lead is no longer quiet.
    pub(crate) fn asked_again(&mut self, scene: &Scene) {
        self.facts = pact_core::lead::something_happened(&self.facts);
        self.row.last_event_at = scene.now.millis();
    }

    /// Adds a step that needs no decision.
    pub(crate) fn note(&mut self, scene: &Scene, step: LeadStep) {
        let left = LeftAs::of(&self.facts, self.row.last_event_at);
        self.steps.push((scene.clone(), step, left));
    }

    /// Raises an event about this lead.
    pub(crate) fn raise(&mut self, scene: &Scene, event: EventName, before: &LeadFacts) {
        let payload = match event {
            EventName::StageChanged => serde_json::json!({ "from": before.stage, "to": self.facts.stage }),
            EventName::PushDeclined | EventName::PushExpired => {
                serde_json::json!({ "push": self.ended.last().map(|push| push.id) })
            }
            _ => serde_json::Value::Null,
        };
        self.events.push((scene.clone(), event, payload));
    }

    fn end_push(&mut self, answer: PushAnswer, reason: Option<String>, at: Instant) {
        let Some(mut push) = self.open.take() else { return };
        push.answer = answer.to_string();
        push.answer_reason = reason;
        push.answered_at = Some(at.millis());
        match self.made.iter_mut().find(|made| made.id == push.id) {
            Some(made) => *made = push.clone(),
            None => self.ended.push(push.clone()),
        }
    }

    /// Writes the lead that entered.
    pub(crate) async fn insert(self, tx: &Tx) -> Result<lead::Model, Refusal> {
        let (_, row, rest) = self.into_rows();
        tx.append(row.clone());
        rest.append(tx, &row).await?;
        Ok(row)
    }

    /// Writes what changed. What restarts the lead's quiet clock restarts its customer's.
    pub(crate) async fn write(self, tx: &Tx) -> Result<lead::Model, Refusal> {
        let (before, row, rest) = self.into_rows();
        let row = record::save(tx, &before, row).await?;
        rest.append(tx, &row).await?;
        if row.last_event_at > before.last_event_at {
            pact_store::customer::happened(tx, row.customer_id, row.last_event_at).await?;
        }
        Ok(row)
    }

    /// Writes what scripts changed on leads that this transaction holds. Their customers' quiet clocks run on: a script is not the customer, and not us.
    pub(crate) async fn write_all(tx: &Tx, drafts: impl Iterator<Item = Self>) -> Result<(), Refusal> {
        let (changes, rests): (Vec<_>, Vec<_>) =
            drafts.map(Self::into_rows).map(|(before, row, rest)| ((before, row), rest)).unzip();
        for (row, rest) in record::save_held(tx, changes).await?.iter().zip(rests) {
            rest.append(tx, row).await?;
        }
        Ok(())
    }

    fn into_rows(self) -> (lead::Model, lead::Model, Rest) {
        let Self { before, mut row, facts, made, ended, steps, events, carried_by_before, .. } = self;
        let carried_by = carrier(&facts);
        row.state = facts.state.to_string();
        row.stage = facts.stage.to_string();
        row.owner_id = facts.owner;
        row.attempt = facts.attempt.into();
        row.escalation = facts.escalation.into();
        row.highlighted = facts.highlight.is_some();
        row.highlight_reason = facts.highlight;
        row.closed_at = facts.closed_at.map(Instant::millis);
        row.lost_reason = facts.lost_reason;
        (before, row, Rest { made, ended, steps, events, carried: (carried_by_before, carried_by) })
    }
}

/// What is written beside the lead's row.
struct Rest {
    made: Vec<push::Model>,
    ended: Vec<push::Model>,
    steps: Vec<(Scene, LeadStep, LeftAs)>,
    events: Vec<(Scene, EventName, serde_json::Value)>,
    carried: (Option<Uuid>, Option<Uuid>),
}

impl Rest {
    async fn append(self, tx: &Tx, row: &lead::Model) -> Result<(), Refusal> {
        for push in self.ended {
            push::Entity::update(push.into_active_model().reset_all()).exec(tx).await.map_err(StoreError::from)?;
        }
        for push in self.made {
            let made_by = |(scene, step, _): &'_ (Scene, LeadStep, LeftAs)| {
                matches!(step, LeadStep::Pushed { to, .. } if *to == push.person_id).then(|| scene.clone())
            };
            // A push that was made and is over already is told to nobody.
            if push.answer == PushAnswer::Waiting.as_str()
                && let Some(scene) = self.steps.iter().rev().find_map(made_by)
            {
                mails::of_push(tx, &scene, row, &push);
            }
            tx.append(push);
        }
        for (scene, step, left) in &self.steps {
            let name = |person| scene.snapshot.name_of(person);
            let text = step.text(&Wording { name: &name, zone: scene.snapshot.zone });
            messages::of_step(tx, scene, row, step, &text);
            tx.append(lead_event::Model {
                id: pact_core::id::ordered(),
                lead_id: row.id,
                what: step.what().to_owned(),
                text,
                by_person_id: scene.actor.person_id(),
                by_plugin: scene.actor.plugin_id().map(str::to_owned),
                at: scene.now.millis(),
                left_as: left.written(),
            });
        }
        for (scene, name, payload) in self.events {
            events::raise(tx, &scene, name, "lead", row.id, payload);
        }
        let (from, to) = self.carried;
        if from != to {
            tx.after_commit(Notice::LoadMoved { from, to });
        }
        Ok(())
    }
}

/// The person on whose load the lead counts: who owns it while it is open, or to whom it is offered.
fn carrier(facts: &LeadFacts) -> Option<Uuid> {
    match facts.state {
        LeadState::Offered => facts.open_push.map(|open| open.person),
        LeadState::Owned => facts.owner,
        LeadState::Waiting | LeadState::Won | LeadState::Lost => None,
    }
}

async fn open_pushes(tx: &Tx, leads: &[Uuid]) -> Result<Vec<push::Model>, Refusal> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let open = push::Entity::find()
        .filter(push::Column::LeadId.is_in(leads.iter().copied()))
        .filter(push::Column::Answer.eq(PushAnswer::Waiting.as_str()))
        .all(tx)
        .await;
    Ok(open.map_err(StoreError::from)?)
}

fn facts_of(row: &lead::Model, open: Option<&push::Model>) -> Result<LeadFacts, Refusal> {
    let small = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
    Ok(LeadFacts {
        state: row.state.parse()?,
        stage: row.stage.parse()?,
        owner: row.owner_id,
        open_push: open.map(|push| OpenPush {
            id: push.id,
            person: push.person_id,
            answer_by: Instant::from_millis(push.answer_by_at),
        }),
        attempt: small(row.attempt),
        escalation: small(row.escalation),
        highlight: row.highlighted.then(|| row.highlight_reason.clone().unwrap_or_default()),
        closed_at: row.closed_at.map(Instant::from_millis),
        lost_reason: row.lost_reason.clone(),
    })
}
