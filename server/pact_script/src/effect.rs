//! What a script wants to happen: effects, as data.

use chrono::NaiveDate;
use pact_policy::table::{Capability, Kind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::value::Value;

/// One effect of a run, with the place in the script that asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// What is to happen.
    #[serde(with = "compact")]
    pub effect: Effect,
    /// The line of the call in the script's file, from 1.
    pub line: u32,
}

/// What is to happen; committed by the host or refused, all or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Offer a lead to a person.
    Push {
        /// The lead.
        lead: Uuid,
        /// To whom.
        person: Uuid,
        /// Time to answer; the host's default when nothing is said.
        within: Option<Within>,
        /// Why this person.
        because: String,
    },
    /// Show a lead to its owner and team.
    Highlight {
        /// The lead.
        lead: Uuid,
        /// Why.
        because: String,
    },
    /// Show a lead no longer.
    Unhighlight {
        /// The lead.
        lead: Uuid,
    },
    /// Ask somebody above to act.
    Escalate {
        /// The lead.
        lead: Uuid,
        /// To whom; nobody means the manager of the owner, of the territory or of the organisation, in this order.
        to: Option<Uuid>,
        /// Why.
        because: String,
    },
    /// Give a lead a new owner.
    Transfer {
        /// The lead.
        lead: Uuid,
        /// The new owner.
        person: Uuid,
        /// Why.
        because: String,
    },
    /// Keep a handover text on a lead, for its owner.
    HandOver {
        /// The lead.
        lead: Uuid,
        /// What the owner has to know.
        text: String,
    },
    /// Enter a lead of a customer, unless it has an open one of this title.
    Enter {
        /// The customer.
        customer: Uuid,
        /// What it is about.
        title: String,
        /// The product that the customer asks about.
        product: Option<String>,
        /// The contact at the customer.
        contact: Option<Uuid>,
        /// What the sale may be worth, in minor units and a currency.
        value: Option<(i64, String)>,
        /// The day on which the sale is expected.
        expected_on: Option<NaiveDate>,
    },
    /// Write a mail to a customer's contact.
    WriteTo {
        /// The contact.
        contact: Uuid,
        /// Its subject.
        subject: String,
        /// What it says.
        text: String,
    },
    /// Write a custom field.
    Set {
        /// The record's kind.
        kind: Kind,
        /// The record.
        record: Uuid,
        /// The field's name.
        field: String,
        /// Its new value.
        value: Value,
    },
    /// Write a card by the plugin.
    WriteCard {
        /// The customer.
        customer: Uuid,
        /// The card's kind.
        kind: String,
        /// What the customer said.
        text: String,
    },
    /// Ask a person something about a customer.
    Ask {
        /// Whom.
        person: Uuid,
        /// About which customer.
        customer: Uuid,
        /// What is asked.
        text: String,
        /// By which day.
        due: NaiveDate,
    },
    /// Tell a person something about a record.
    Notify {
        /// Whom.
        person: Uuid,
        /// What.
        text: String,
        /// The record's kind.
        kind: Kind,
        /// The record.
        record: Uuid,
    },
    /// Show a prompt beside a card that is being written.
    Suggest {
        /// The prompt.
        text: String,
        /// A pack that goes with it.
        pack: Option<Uuid>,
    },
    /// Send a planning digest.
    Send {
        /// To whom.
        person: Uuid,
        /// Its title.
        title: String,
        /// Its sections; empty ones are left out.
        sections: Vec<Section>,
    },
    /// Post to a webhook.
    Post {
        /// Its name in the manifest.
        webhook: String,
        /// What is posted.
        payload: Value,
    },
    /// Write a note that coach and person read.
    Note {
        /// The coaching period.
        period: Uuid,
        /// The note.
        text: String,
    },
    /// Move a rotation's cursor: this person was given something.
    Rotated {
        /// The rotation's name.
        rotation: String,
        /// Who was given something.
        person: Uuid,
    },
}

/// Time to answer a push.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// By the clock, in seconds.
    Span(i64),
    /// In the person's working time, in minutes; a working day has 480.
    WorkSpan(i64),
}

/// One section of a digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Its heading; the first may have none.
    pub title: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One line of a digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The record that it is about.
    pub record: Option<(Kind, Uuid)>,
    /// The text.
    pub text: String,
}

impl Effect {
    /// The lead that it decides about, if it is one of those that do.
    pub const fn lead(&self) -> Option<Uuid> {
        match self {
            Self::Push { lead, .. }
            | Self::Highlight { lead, .. }
            | Self::Unhighlight { lead }
            | Self::Escalate { lead, .. }
            | Self::Transfer { lead, .. }
            | Self::HandOver { lead, .. } => Some(*lead),
            Self::Enter { .. }
            | Self::WriteTo { .. }
            | Self::Set { .. }
            | Self::WriteCard { .. }
            | Self::Ask { .. }
            | Self::Notify { .. }
            | Self::Suggest { .. }
            | Self::Send { .. }
            | Self::Post { .. }
            | Self::Note { .. }
            | Self::Rotated { .. } => None,
        }
    }

    /// The capability that a manifest must declare; moving a rotation needs none, since it belongs to what used it.
    pub const fn capability(&self) -> Option<Capability> {
        match self {
            Self::Push { .. } => Some(Capability::Push),
            Self::Highlight { .. } | Self::Unhighlight { .. } => Some(Capability::Highlight),
            Self::Escalate { .. } => Some(Capability::Escalate),
            Self::Transfer { .. } => Some(Capability::Transfer),
            Self::HandOver { .. } => Some(Capability::Handover),
            Self::Enter { .. } => Some(Capability::Enter),
            Self::WriteTo { .. } => Some(Capability::Mail),
            Self::Set { .. } => Some(Capability::Set),
            Self::WriteCard { .. } => Some(Capability::Card),
            Self::Ask { .. } => Some(Capability::Ask),
            Self::Notify { .. } => Some(Capability::Notify),
            Self::Suggest { .. } => Some(Capability::Suggest),
            Self::Send { .. } => Some(Capability::Digest),
            Self::Post { .. } => Some(Capability::Webhook),
            Self::Note { .. } => Some(Capability::Coaching),
            Self::Rotated { .. } => None,
        }
    }
}

/// Effects carry a tag in JSON, which formats that do not describe themselves cannot read: there they travel as JSON text.
mod compact {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    use super::Effect;

    pub(super) fn serialize<S: Serializer>(effect: &Effect, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return effect.serialize(serializer);
        }
        serde_json::to_string(effect).map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Effect, D::Error> {
        if deserializer.is_human_readable() {
            return Effect::deserialize(deserializer);
        }
        serde_json::from_str(<&str>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
