//! The rules of `policy.md` §4: one file each, with the page that `pact lint --explain` shows.

mod every_effect_declared;
mod every_field_helps;
mod no_activity_counter;
mod no_activity_export;
mod no_activity_metric;
mod no_activity_ranking;
mod no_activity_tally;
mod no_activity_view;
mod no_coaching_leak;
mod no_hidden_flow;
mod no_reaction_time;
mod no_tick_box;
mod no_unflagged_coaching;

use serde::{Deserialize, Serialize};

/// A rule; its id is its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is explained by its page")]
pub enum Rule {
    NoActivityMetric,
    NoActivityTally,
    NoActivityRanking,
    NoReactionTime,
    NoActivityExport,
    NoHiddenFlow,
    NoCoachingLeak,
    NoUnflaggedCoaching,
    NoTickBox,
    NoActivityCounter,
    NoActivityView,
    EveryFieldHelps,
    EveryEffectDeclared,
}

/// What a rule refuses, why, and what to do instead, with an example and its lawful twin.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Page {
    /// The rule's id.
    pub id: &'static str,
    /// What it refuses.
    pub what: &'static str,
    /// Why.
    pub why: &'static str,
    /// What to do instead.
    pub instead: &'static str,
    /// An example that is refused.
    pub refused: &'static str,
    /// The lawful twin of the example.
    pub lawful: &'static str,
    /// Where auditors may read on; no legal advice. Empty where there is nothing.
    pub see: &'static str,
}

impl Rule {
    /// Every rule, in the order of the policy.
    pub const ALL: [Self; 13] = [
        Self::NoActivityMetric,
        Self::NoActivityTally,
        Self::NoActivityRanking,
        Self::NoReactionTime,
        Self::NoActivityExport,
        Self::NoHiddenFlow,
        Self::NoCoachingLeak,
        Self::NoUnflaggedCoaching,
        Self::NoTickBox,
        Self::NoActivityCounter,
        Self::NoActivityView,
        Self::EveryFieldHelps,
        Self::EveryEffectDeclared,
    ];

    /// The rule's page.
    pub fn page(self) -> &'static Page {
        match self {
            Self::NoActivityMetric => &no_activity_metric::PAGE,
            Self::NoActivityTally => &no_activity_tally::PAGE,
            Self::NoActivityRanking => &no_activity_ranking::PAGE,
            Self::NoReactionTime => &no_reaction_time::PAGE,
            Self::NoActivityExport => &no_activity_export::PAGE,
            Self::NoHiddenFlow => &no_hidden_flow::PAGE,
            Self::NoCoachingLeak => &no_coaching_leak::PAGE,
            Self::NoUnflaggedCoaching => &no_unflagged_coaching::PAGE,
            Self::NoTickBox => &no_tick_box::PAGE,
            Self::NoActivityCounter => &no_activity_counter::PAGE,
            Self::NoActivityView => &no_activity_view::PAGE,
            Self::EveryFieldHelps => &every_field_helps::PAGE,
            Self::EveryEffectDeclared => &every_effect_declared::PAGE,
        }
    }

    /// The rule's id.
    pub fn id(self) -> &'static str {
        self.page().id
    }

    /// The rule of this id.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    /// Whether it judges where values flow; of these one place breaks one, the most telling.
    pub(crate) fn is_flow(self) -> bool {
        self.rank() > 0
    }

    /// Whether what it refuses needs *who*.
    pub(crate) fn is_personal(self) -> bool {
        matches!(self, Self::NoActivityMetric | Self::NoActivityRanking | Self::NoActivityExport)
    }

    /// How telling it is beside the others that judge flow; 0 for all other rules.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::NoCoachingLeak => 6,
            Self::NoActivityTally => 4,
            Self::NoReactionTime => 5,
            Self::NoActivityRanking => 3,
            Self::NoActivityMetric => 2,
            Self::NoActivityExport => 1,
            Self::NoHiddenFlow
            | Self::NoUnflaggedCoaching
            | Self::NoTickBox
            | Self::NoActivityCounter
            | Self::NoActivityView
            | Self::EveryFieldHelps
            | Self::EveryEffectDeclared => 0,
        }
    }

    /// What a finding of a rule that judges flow says, at this sink.
    pub(crate) fn sentence(self, sink: &str) -> String {
        match self {
            Self::NoActivityMetric => format!("a per-person activity metric reaches {sink}"),
            Self::NoActivityTally => format!("traces of acts are accumulated in {sink}"),
            Self::NoActivityRanking => format!("people are ordered or chosen by traces of their acts, and {sink} shows it"),
            Self::NoReactionTime => format!("how long somebody took reaches {sink}"),
            Self::NoActivityExport => format!("who did something leaves PACT through {sink}"),
            Self::NoCoachingLeak => format!("something read in a coaching period reaches {sink}"),
            Self::NoHiddenFlow
            | Self::NoUnflaggedCoaching
            | Self::NoTickBox
            | Self::NoActivityCounter
            | Self::NoActivityView
            | Self::EveryFieldHelps
            | Self::EveryEffectDeclared => self.page().what.to_owned(),
        }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

/// The page of the rule of this id, as text.
pub fn explain(id: &str) -> Option<String> {
    let page = Rule::of_id(id)?.page();
    let indent = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let mut text = format!(
        "{}\n\n{}\n\nWhy\n\n{}\n\nInstead\n\n{}\n\nRefused\n\n{}\nLawful\n\n{}",
        page.id,
        page.what,
        page.why,
        page.instead,
        indent(page.refused),
        indent(page.lawful),
    );
    if !page.see.is_empty() {
        text.push_str(&format!("\nSee also\n\n{}\n", page.see));
    }
    Some(text)
}
