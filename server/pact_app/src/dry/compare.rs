//! What would happen beside what really happened: same, only now, only then.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pact_core::time::Instant;
use pact_script::effect::{Effect, Placed};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::past::{Moment, PastLead, Step};

/// What an effect is to what really happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It happened then, too.
    Same,
    /// It would happen only now.
    Now,
    /// It happened only then.
    Then,
    /// The rules would refuse it, and with it everything else that the run wanted.
    Refused,
    /// The run failed.
    Failed,
    /// A line that the run logged.
    Logged,
}

impl Difference {
    /// Every difference.
    pub const ALL: [Self; 6] = [Self::Same, Self::Now, Self::Then, Self::Refused, Self::Failed, Self::Logged];

    /// The difference of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// As one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Now => "now",
            Self::Then => "then",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Logged => "logged",
        }
    }
}

/// One line of what came of a dry run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The event, or the scheduled function.
    pub event: String,
    /// When it happened; the hour, where an act of staff fired it.
    pub at: Instant,
    /// The record that the event is about.
    pub record: Option<(Cow<'static, str>, Uuid)>,
    /// What it is to what really happened.
    pub difference: Difference,
    /// What is done, as one word: `push`, `transfer` …
    pub what: String,
    /// What would happen, whole; nothing for what happened only then.
    pub effect: Option<Json>,
    /// Why: the script's reason, or what went wrong. What happened then has its sentence on the lead, in its place.
    pub because: Option<String>,
    /// Which plugin did it then; `by hand` where a person did.
    pub by: Option<String>,
    /// The line of the script.
    pub line: Option<u32>,
    /// Where it is shown, where no record is named: the tick.
    pub(super) place: Uuid,
}

/// An effect of a script as the word for it and as JSON, digests of others without their lines.
pub(super) fn written(effect: &Effect, reader: Uuid) -> (String, Json) {
    let mut written = json!(effect);
    // A digest holds what its reader may see: lists that are theirs alone.
    if let Effect::Send { person, .. } = effect
        && *person != reader
        && let Some(digest) = written.as_object_mut()
    {
        digest.remove("sections");
    }
    let what = written["do"].as_str().unwrap_or_default().to_owned();
    (what, written)
}

/// The reason that an effect carries.
pub(super) fn reason(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Push { because, .. }
        | Effect::Highlight { because, .. }
        | Effect::Escalate { because, .. }
        | Effect::Transfer { because, .. } => Some(because.clone()),
        Effect::Unhighlight { .. }
        | Effect::HandOver { .. }
        | Effect::Enter { .. }
        | Effect::WriteTo { .. }
        | Effect::Set { .. }
        | Effect::WriteCard { .. }
        | Effect::Ask { .. }
        | Effect::Notify { .. }
        | Effect::Suggest { .. }
        | Effect::Send { .. }
        | Effect::Post { .. }
        | Effect::Note { .. }
        | Effect::Rotated { .. } => None,
    }
}

/// Whether two effects beside leads do the same to the same: the words may differ.
pub(super) fn alike(one: &Json, other: &Json) -> bool {
    const TEXTS: [&str; 8] = ["because", "text", "title", "subject", "sections", "payload", "due", "within"];
    let bare = |effect: &Json| {
        let mut bare = effect.clone();
        if let Some(members) = bare.as_object_mut() {
            members.retain(|name, _| !TEXTS.contains(&name.as_str()));
        }
        bare
    };
    bare(one) == bare(other)
}

/// The word of an effect for a step of a history that it leaves.
pub(super) fn word_of(step: &Step) -> &'static str {
    match step.what.as_str() {
        "pushed" => "push",
        "highlighted" => "highlight",
        "unhighlighted" => "unhighlight",
        "escalated" => "escalate",
        "transferred" => "transfer",
        _ => "hand_over",
    }
}

/// Whether a step of a lead's history is what an effect wants.
pub(super) fn is_this(lead: &PastLead, step: &Step, effect: &Effect) -> bool {
    match (step.what.as_str(), effect) {
        ("pushed", Effect::Push { person, .. }) => {
            lead.pushes.iter().any(|push| push.pushed_at == step.moment.at && push.person_id == *person)
        }
        ("transferred", Effect::Transfer { person, .. }) => step.left.as_ref().is_none_or(|left| left.owner == Some(*person)),
        ("highlighted", Effect::Highlight { .. })
        | ("unhighlighted", Effect::Unhighlight { .. })
        | ("escalated", Effect::Escalate { .. })
        | ("handed_over", Effect::HandOver { .. }) => true,
        _ => false,
    }
}

/// What really happened to leads in the window of an event, which effects are taken from one by one.
pub(super) struct Then<'a> {
    steps: BTreeMap<Uuid, Vec<(&'a PastLead, &'a Step)>>,
}

impl<'a> Then<'a> {
    /// The steps of these leads after a moment and before an instant, of those kinds that the plugin may cause.
    pub(super) fn of(
        leads: impl Iterator<Item = &'a PastLead>,
        after: Moment,
        until: i64,
        at_once: bool,
        words: &[&str],
    ) -> Self {
        let of_lead = |lead: &'a PastLead| -> Vec<(&'a PastLead, &'a Step)> {
            lead.caused(after, until, at_once).filter(|step| words.contains(&word_of(step))).map(|step| (lead, step)).collect()
        };
        let steps = leads.map(|lead| (lead.row.id, of_lead(lead))).filter(|(_, steps)| !steps.is_empty());
        Self { steps: steps.collect() }
    }

    /// Takes the step that an effect repeats, if there is one.
    pub(super) fn take(&mut self, placed: &Placed) -> Option<&'a Step> {
        let steps = self.steps.get_mut(&placed.effect.lead()?)?;
        let at = steps.iter().position(|(lead, step)| is_this(lead, step, &placed.effect))?;
        Some(steps.remove(at).1)
    }

    /// What no effect repeated, with its lead.
    pub(super) fn rest(self) -> impl Iterator<Item = (Uuid, &'a Step)> {
        self.steps.into_iter().flat_map(|(lead, steps)| steps.into_iter().map(move |(_, step)| (lead, step)))
    }
}

/// The words of effects on leads that a plugin may cause.
pub(super) fn words_of(may: &std::collections::BTreeSet<pact_policy::table::Capability>) -> Vec<&'static str> {
    use pact_policy::table::Capability as C;
    let of = |capability: &C| -> &'static [&'static str] {
        match capability {
            C::Push => &["push"],
            C::Highlight => &["highlight", "unhighlight"],
            C::Escalate => &["escalate"],
            C::Transfer => &["transfer"],
            C::Handover => &["hand_over"],
            _ => &[],
        }
    };
    may.iter().flat_map(of).copied().collect()
}
