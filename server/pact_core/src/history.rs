//! The sentence that each step leaves on a lead.

use chrono_tz::Tz;
use uuid::Uuid;

use crate::lead::Stage;
use crate::time::{Instant, WorkSpan};

/// Something that happened to a lead, with what its sentence needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadStep {
    /// It entered.
    Entered {
        /// Where it came from, such as "web form".
        source: String,
    },
    /// It was attached to what was known.
    Matched {
        /// What it was matched to, such as "the customer Globex".
        to: String,
        /// Why: "same e-mail domain".
        because: String,
    },
    /// Something like it is known, and is offered for merging.
    NearMatch {
        /// What is like it.
        to: String,
        /// Why.
        because: String,
    },
    /// It was offered to a person.
    Pushed {
        /// The person.
        to: Uuid,
        /// Until when an answer is awaited.
        until: Instant,
        /// Why this person.
        because: String,
    },
    /// The person took it and owns it.
    Accepted {
        /// The person.
        by: Uuid,
    },
    /// The person did not take it.
    Declined {
        /// The person.
        by: Uuid,
        /// Their reason.
        because: String,
    },
    /// Nobody answered in time.
    Expired {
        /// The person to whom it was offered.
        to: Uuid,
    },
    /// The offer was taken back.
    Withdrawn {
        /// The person to whom it was offered.
        to: Uuid,
        /// Why.
        because: String,
    },
    /// It was given to another person.
    Transferred {
        /// The person who owned it, if somebody did.
        from: Option<Uuid>,
        /// The person who owns it now.
        to: Uuid,
        /// Why.
        because: String,
    },
    /// A handover text was written for its owner.
    HandedOver {
        /// The owner.
        to: Uuid,
    },
    /// A person above was asked to act.
    Escalated {
        /// The person above.
        to: Uuid,
        /// Which step it is.
        step: i32,
        /// Why.
        because: String,
    },
    /// It is shown to its owner and team.
    Highlighted {
        /// Why.
        because: String,
    },
    /// It is no longer shown.
    Unhighlighted,
    /// It went to another stage.
    StageChanged {
        /// The stage before.
        from: Stage,
        /// The stage now.
        to: Stage,
    },
    /// The sale was made.
    Won {
        /// What it is worth, in words, such as "€12,000".
        value: Option<String>,
    },
    /// The sale will not be made.
    Lost {
        /// Why.
        because: String,
    },
    /// It is open again.
    Reopened {
        /// The person who owns it again, if somebody does.
        owner: Option<Uuid>,
        /// Why.
        because: String,
    },
    /// It was joined with another record of the same lead.
    Merged {
        /// The title of the other.
        with: String,
    },
    /// Nothing happened on it for some working time.
    Quiet {
        /// How long.
        span: WorkSpan,
    },
    /// A script failed on it, and changed nothing.
    RunFailed {
        /// The plugin.
        plugin: String,
        /// What went wrong, and where.
        what: String,
    },
}

/// What a sentence takes from outside: names of people, and the zone whose clock it quotes.
pub struct Wording<'a> {
    /// The name of a person.
    pub name: &'a dyn Fn(Uuid) -> String,
    /// The zone of the clock.
    pub zone: Tz,
}

impl LeadStep {
    /// What happened, as one word for the store and for scripts.
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Entered { .. } => "entered",
            Self::Matched { .. } => "matched",
            Self::NearMatch { .. } => "near_match",
            Self::Pushed { .. } => "pushed",
            Self::Accepted { .. } => "accepted",
            Self::Declined { .. } => "declined",
            Self::Expired { .. } => "expired",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Transferred { .. } => "transferred",
            Self::HandedOver { .. } => "handed_over",
            Self::Escalated { .. } => "escalated",
            Self::Highlighted { .. } => "highlighted",
            Self::Unhighlighted => "unhighlighted",
            Self::StageChanged { .. } => "stage_changed",
            Self::Won { .. } => "won",
            Self::Lost { .. } => "lost",
            Self::Reopened { .. } => "reopened",
            Self::Merged { .. } => "merged",
            Self::Quiet { .. } => "quiet",
            Self::RunFailed { .. } => "run_failed",
        }
    }

    /// What happened, as one sentence.
    pub fn text(&self, wording: &Wording<'_>) -> String {
        let name = wording.name;
        match self {
            Self::Entered { source } => format!("Entered from {}.", bare(source)),
            Self::Matched { to, because } => format!("Matched to {to}: {}.", bare(because)),
            Self::NearMatch { to, because } => {
                format!("Looks like {to} ({}); merge them if they are the same.", bare(because))
            }
            Self::Pushed { to, until, because } => {
                format!("Pushed to {} until {}: {}.", name(*to), until.words_in(wording.zone), bare(because))
            }
            Self::Accepted { by } => format!("Accepted by {}, who owns it now.", name(*by)),
            Self::Declined { by, because } => format!("Declined by {}: {}.", name(*by), bare(because)),
            Self::Expired { to } => format!("Nobody answered in time; the push to {} has expired.", name(*to)),
            Self::Withdrawn { to, because } => format!("The push to {} was withdrawn: {}.", name(*to), bare(because)),
            Self::Transferred { from: Some(from), to, because } => {
                format!("Transferred from {} to {}: {}.", name(*from), name(*to), bare(because))
            }
            Self::Transferred { from: None, to, because } => {
                format!("Given to {}: {}.", name(*to), bare(because))
            }
            Self::HandedOver { to } => format!("A handover text for {} is on this lead.", name(*to)),
            Self::Escalated { to, step, because } => {
                format!("Escalated to {} (step {step}): {}.", name(*to), bare(because))
            }
            Self::Highlighted { because } => format!("Highlighted: {}.", bare(because)),
            Self::Unhighlighted => "No longer highlighted.".to_owned(),
            Self::StageChanged { from, to } => format!("Went from {from} to {to}."),
            Self::Won { value: Some(value) } => format!("Won: {value}."),
            Self::Won { value: None } => "Won.".to_owned(),
            Self::Lost { because } => format!("Lost: {}.", bare(because)),
            Self::Reopened { owner: Some(owner), because } => {
                format!("Opened again for {}: {}.", name(*owner), bare(because))
            }
            Self::Reopened { owner: None, because } => format!("Opened again: {}.", bare(because)),
            Self::Merged { with } => format!("Merged with \"{with}\"; both histories are kept."),
            Self::Quiet { span } => format!("Quiet for {span}."),
            Self::RunFailed { plugin, what } => {
                format!("The plugin {plugin} failed here and changed nothing: {}.", bare(what))
            }
        }
    }
}

/// A reason without the full stop that the sentence around it brings.
fn bare(reason: &str) -> &str {
    reason.trim().trim_end_matches('.')
}
