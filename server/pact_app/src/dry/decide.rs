//! Whether effects would be taken, by the rules by which a commit takes them, and what they would leave leads as.

use std::collections::BTreeMap;
use std::sync::Arc;

use pact_core::actor::Actor;
use pact_core::lead::{self as rules, Decision, LeadFacts, NewPush, OpenPush, Receiver};
use pact_core::time::{AnySpan, Instant, WorkSpan};
use pact_script::effect::{Effect, Placed, Within};
use pact_store::entity::{lead, push};
use uuid::Uuid;

use crate::Refusal;
use crate::facts::field_record;
use crate::ops::lead::DEFAULT_WITHIN_HOURS;
use crate::organisation::Snapshot;
use crate::past::LeftAs;
use crate::plugins::Installed;

/// A lead while a run decides about it.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    facts: LeadFacts,
    quiet_since: i64,
    territory: Option<Uuid>,
}

impl Subject {
    /// A lead as it was, with its pushes.
    pub(super) fn of(row: &lead::Model, pushes: &[push::Model]) -> Result<Self, Refusal> {
        let small = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
        let open = pushes.iter().find(|push| push.answer == pact_store::push::WAITING);
        Ok(Self {
            facts: LeadFacts {
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
            },
            quiet_since: row.last_event_at,
            territory: row.territory_id,
        })
    }

    /// What it is by now.
    pub(super) fn left(&self) -> LeftAs {
        LeftAs::of(&self.facts, self.quiet_since)
    }

    fn take(&mut self, decision: Decision, now: Instant) {
        if decision.restarts_quiet_clock {
            self.quiet_since = now.millis();
        }
        self.facts = decision.lead;
    }
}

/// Whose effects, when, among whom.
pub(super) struct Scene<'a> {
    pub(super) plugin: &'a Installed,
    pub(super) snapshot: &'a Arc<Snapshot>,
    pub(super) now: Instant,
}

/// Takes over the effects of one run into its leads, or says at which of them, and why, a commit would refuse them all.
pub(super) fn decide(scene: &Scene<'_>, effects: &[Placed], leads: &mut BTreeMap<Uuid, Subject>) -> Result<(), (usize, Refusal)> {
    let before = leads.clone();
    for (at, placed) in effects.iter().enumerate() {
        if let Err(refusal) = scene.take(&placed.effect, leads) {
            *leads = before;
            return Err((at, refusal));
        }
    }
    Ok(())
}

fn wanted(leads: &mut BTreeMap<Uuid, Subject>, id: Uuid) -> Result<&mut Subject, Refusal> {
    leads.get_mut(&id).ok_or(Refusal::NotFound { what: "lead" })
}

impl Scene<'_> {
    fn take(&self, effect: &Effect, leads: &mut BTreeMap<Uuid, Subject>) -> Result<(), Refusal> {
        crate::ops::effect::check_may(&self.plugin.may, effect)?;
        let actor = Actor::Plugin { id: self.plugin.id.clone() };
        match effect {
            Effect::Push { lead, person, within, because } => {
                let subject = wanted(leads, *lead)?;
                let offer = self.offer(*person, *within, because)?;
                let decision = rules::push(&subject.facts, offer, &self.receiver(*person)?, &actor, self.now)?;
                subject.take(decision, self.now);
            }
            Effect::Highlight { lead, because } => {
                let subject = wanted(leads, *lead)?;
                subject.take(rules::highlight(&subject.facts, because, &actor)?, self.now);
            }
            Effect::Unhighlight { lead } => {
                let subject = wanted(leads, *lead)?;
                subject.take(rules::unhighlight(&subject.facts, &actor)?, self.now);
            }
            Effect::Escalate { lead, to, because } => {
                let subject = wanted(leads, *lead)?;
                let above = || self.snapshot.above(subject.facts.owner, subject.territory);
                let to = match to {
                    Some(person) => self.person(*person)?,
                    None => above().ok_or_else(|| Refusal::NotNow {
                        why: "There is no manager or admin to whom this could be escalated. Make one first.".to_owned(),
                    })?,
                };
                subject.take(rules::escalate(&subject.facts, to, because, &actor)?, self.now);
            }
            Effect::Transfer { lead, person, because } => {
                let subject = wanted(leads, *lead)?;
                let decision = rules::transfer(&subject.facts, &self.receiver(*person)?, because, &actor, self.now)?;
                subject.take(decision, self.now);
            }
            Effect::HandOver { lead, .. } => drop(wanted(leads, *lead)?),
            Effect::Set { kind, field: name, value, .. } => {
                let on = field_record(*kind);
                let field = self.plugin.fields.iter().find(|field| Some(field.on_record.as_str()) == on && field.name == *name);
                // A field of a plugin that is not installed is made with it.
                if let Some(field) = field {
                    crate::fields::check(field, value)?;
                }
            }
            Effect::Ask { person, .. } | Effect::Notify { person, .. } | Effect::Send { person, .. } => {
                self.person(*person)?;
            }
            Effect::Post { webhook, .. } if !self.plugin.manifest.webhooks.contains(webhook) => {
                let why = format!("The manifest names no webhook \"{webhook}\". Add it to `webhooks`.");
                return Err(Refusal::forbidden(why));
            }
            Effect::Note { .. } => {
                return Err(Refusal::forbidden("There is no open coaching period here, so no note can be written."));
            }
            Effect::Enter { .. }
            | Effect::WriteTo { .. }
            | Effect::WriteCard { .. }
            | Effect::Suggest { .. }
            | Effect::Post { .. }
            | Effect::Rotated { .. } => {}
        }
        Ok(())
    }

    fn offer(&self, person: Uuid, within: Option<Within>, because: &str) -> Result<NewPush, Refusal> {
        let span = match within {
            Some(Within::Span(seconds)) => AnySpan::Clock(pact_core::time::Span::of_seconds(seconds)),
            Some(Within::WorkSpan(minutes)) => AnySpan::Work(WorkSpan::of_minutes(minutes)),
            None => AnySpan::Work(WorkSpan::of_minutes(DEFAULT_WITHIN_HOURS * 60)),
        };
        let until = match span {
            AnySpan::Clock(span) => self.now.checked_add(span),
            AnySpan::Work(span) => self.snapshot.deadline(person, self.now, span),
        };
        let answer_by =
            until.ok_or_else(|| Refusal::invalid("within", "this person has no working time ahead in which to answer."))?;
        Ok(NewPush { id: Uuid::new_v4(), person, because: because.to_owned(), answer_by })
    }

    fn person(&self, id: Uuid) -> Result<Uuid, Refusal> {
        let known = self.snapshot.people.contains_key(&id);
        known.then_some(id).ok_or(Refusal::NotFound { what: "person" })
    }

    fn receiver(&self, id: Uuid) -> Result<Receiver, Refusal> {
        let member = self.snapshot.people.get(&id).ok_or(Refusal::NotFound { what: "person" })?;
        Ok(Receiver { id, role: member.role, active: member.row.active, open: 0, capacity: None })
    }
}
