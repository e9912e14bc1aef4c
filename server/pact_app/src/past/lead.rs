//! One lead with its history, and what it was at a moment.

use std::borrow::Cow;
use std::sync::Arc;

use pact_store::entity::{lead, push};
use pact_store::past as store;
use uuid::Uuid;

use super::{LeftAs, Moment, last_until};

/// Words of steps with which a lead enters; they are there when scripts hear of it.
const ENTERING: [&str; 3] = ["entered", "matched", "near_match"];
/// Words of steps that end a push.
const ENDING: [&str; 5] = ["accepted", "declined", "expired", "withdrawn", "transferred"];
/// Words of steps that scripts can cause.
const CAUSED: [&str; 6] = ["pushed", "highlighted", "unhighlighted", "escalated", "transferred", "handed_over"];

/// A lead as it is today, and what happened on it.
#[derive(Clone, Debug)]
pub(crate) struct PastLead {
    /// The row as it is today.
    pub(crate) row: lead::Model,
    /// Its history, in order.
    pub(crate) steps: Vec<Step>,
    /// When cards, plans and requests restarted its clock, in order.
    pub(crate) stirs: Vec<i64>,
    /// Its pushes, in order.
    pub(crate) pushes: Vec<push::Model>,
}

/// A step of a lead's history.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// When, and which of that instant.
    pub(crate) moment: Moment,
    /// What happened, as one word.
    pub(crate) what: String,
    /// The plugin that did it; nothing where a person or PACT itself did.
    pub(crate) by_plugin: Option<String>,
    /// What the lead was after it, where the history says so.
    pub(crate) left: Option<LeftAs>,
}

/// What a dry run decided about a lead, and when.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    /// When.
    pub(crate) at: i64,
    /// What it left the lead as.
    pub(crate) left: Arc<LeftAs>,
}

/// A lead at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Seen<'a> {
    lead: &'a PastLead,
    /// Where it stood.
    pub(crate) state: Cow<'a, str>,
    /// How far the sale was.
    pub(crate) stage: Cow<'a, str>,
    /// Who owned it.
    pub(crate) owner: Option<Uuid>,
    /// How many times it had been pushed.
    pub(crate) attempt: i64,
    /// How far it was escalated.
    pub(crate) escalation: i64,
    /// Why it was shown, if it was.
    pub(crate) highlight: Option<String>,
    /// Since when it was quiet.
    pub(crate) quiet_since: i64,
    /// When it had been won or lost.
    pub(crate) closed_at: Option<i64>,
    /// Whether its history tells this; otherwise it is taken as it is today.
    pub(crate) told: bool,
}

impl Seen<'_> {
    /// As a row.
    pub(crate) fn row(&self) -> lead::Model {
        lead::Model {
            state: self.state.as_ref().to_owned(),
            stage: self.stage.as_ref().to_owned(),
            owner_id: self.owner,
            attempt: self.attempt,
            escalation: self.escalation,
            highlighted: self.highlight.is_some(),
            highlight_reason: self.highlight.clone(),
            last_event_at: self.quiet_since,
            closed_at: self.closed_at,
            ..self.lead.row.clone()
        }
    }
}

impl PastLead {
    pub(super) fn of(row: lead::Model) -> Self {
        // Texts that no script reads would only take room.
        Self { row: lead::Model { message: None, ..row }, steps: Vec::new(), stirs: Vec::new(), pushes: Vec::new() }
    }

    pub(super) fn add_step(&mut self, step: store::Step) {
        self.steps.push(Step {
            moment: Moment { at: step.at, step: step.id },
            what: step.what,
            by_plugin: step.by_plugin,
            left: step.left_as.as_deref().and_then(|left| serde_json::from_str(left).ok()),
        });
    }

    pub(super) fn sort(&mut self) {
        self.steps.sort_by_key(|step| step.moment);
        self.stirs.sort_unstable();
        self.pushes.sort_by_key(|push| (push.pushed_at, push.id));
    }

    /// When its clock was restarted by its history, but for what scripts did.
    pub(super) fn clocks_by_people(&self) -> impl Iterator<Item = i64> {
        self.steps
            .iter()
            .filter(|step| step.by_plugin.is_none() && step.left.as_ref().is_some_and(|left| left.quiet_since == step.moment.at))
            .map(|step| step.moment.at)
    }

    /// The moment at which scripts heard that it had entered.
    pub(crate) fn entered(&self) -> Moment {
        let at = self.row.created_at;
        let entering = |step: &&Step| step.moment.at == at && ENTERING.contains(&step.what.as_str());
        let step = self.steps.iter().filter(entering).map(|step| step.moment.step).next_back();
        // A lead without a history had entered and nothing else.
        Moment { at, step: step.unwrap_or(Uuid::nil()) }
    }

    /// The steps that had happened at a moment.
    fn until(&self, moment: Moment) -> &[Step] {
        &self.steps[..self.steps.partition_point(|step| step.moment <= moment)]
    }

    /// The lead as it was at a moment; nothing before it entered. What a dry run decided about it holds until its history goes on.
    pub(crate) fn at<'a>(&'a self, moment: Moment, own: Option<&'a Decided>) -> Option<Seen<'a>> {
        if self.row.created_at > moment.at {
            return None;
        }
        let steps = self.until(moment);
        let last = steps.last().map_or(self.row.created_at, |step| step.moment.at);
        let own = own.filter(|own| own.at <= moment.at && own.at >= last);
        let unchanged = steps.len() == self.steps.len() && self.row.last_event_at <= moment.at;
        if unchanged && own.is_none() {
            return Some(self.today(true));
        }
        let told = steps.iter().rev().find_map(|step| Some((step.left.as_ref()?, step.moment.at)));
        let told = own.map(|own| (&*own.left, own.at)).or(told);
        let Some((left, since)) = told else { return Some(self.today(false)) };
        let stirred = last_until(&self.stirs, moment.at).unwrap_or(i64::MIN);
        // Whatever is written about a lead ends its being shown and escalated, without a step.
        let quiet_still = stirred <= since;
        Some(Seen {
            lead: self,
            state: left.state.as_str().into(),
            stage: left.stage.as_str().into(),
            owner: left.owner,
            attempt: left.attempt.into(),
            escalation: if quiet_still { left.escalation.into() } else { 0 },
            highlight: left.highlight.clone().filter(|_| quiet_still),
            quiet_since: stirred.max(left.quiet_since),
            closed_at: left.closed_at,
            told: true,
        })
    }

    fn today(&self, told: bool) -> Seen<'_> {
        let row = &self.row;
        Seen {
            lead: self,
            state: row.state.as_str().into(),
            stage: row.stage.as_str().into(),
            owner: row.owner_id,
            attempt: row.attempt,
            escalation: row.escalation,
            highlight: row.highlighted.then(|| row.highlight_reason.clone().unwrap_or_default()),
            quiet_since: row.last_event_at,
            closed_at: row.closed_at,
            told,
        }
    }

    /// Its pushes as they were at a moment.
    pub(crate) fn pushes_at(&self, moment: Moment) -> Vec<push::Model> {
        let steps = self.until(moment);
        let seen = |at: i64, words: &[&str]| {
            at < moment.at
                || (at == moment.at && steps.iter().rev().any(|step| step.moment.at == at && words.contains(&step.what.as_str())))
        };
        let made = self.pushes.iter().filter(|push| seen(push.pushed_at, &["pushed"]));
        made.map(|push| match push.answered_at {
            Some(at) if !seen(at, &ENDING) => push::Model {
                answer: pact_store::push::WAITING.to_owned(),
                answer_reason: None,
                answered_at: None,
                ..push.clone()
            },
            Some(_) | None => push.clone(),
        })
        .collect()
    }

    /// Steps that scripts can cause, after a moment and before an instant; where `at_once` is asked for, only until anything else happens on the lead, since what
    /// follows came of that.
    pub(crate) fn caused(&self, after: Moment, until: i64, at_once: bool) -> impl Iterator<Item = &Step> {
        let is_caused = |step: &Step| CAUSED.contains(&step.what.as_str());
        self.steps[self.until(after).len()..]
            .iter()
            .take_while(move |step| step.moment.at < until && (!at_once || is_caused(step)))
            .filter(move |step| is_caused(step))
    }
}
