//! The types that scripts handle, and the kinds of record.

use serde::{Deserialize, Serialize};

/// A kind of record that scripts read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A possible sale.
    Lead,
    /// One offer of a lead to one person.
    Push,
    /// One step in a lead's history.
    LeadEvent,
    /// A company that we sell to.
    Customer,
    /// A human being at a customer.
    Contact,
    /// Something that a customer said, did, wants, promised or complained of.
    Card,
    /// What a person announces they intend with a customer.
    Plan,
    /// A question or job about a customer for a colleague, supplier or partner.
    Request,
    /// A member of staff or a partner.
    Person,
    /// A group of persons who work together.
    Team,
    /// A region of the territory tree.
    Territory,
    /// A planning pack.
    Pack,
    /// What the company wants to reach, as a customer outcome.
    Goal,
    /// A coaching period.
    Period,
    /// One act inside a coaching period.
    Act,
}

/// A word of a manifest's `reads` list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// Customers and their contacts.
    Customer,
    /// Cards.
    Card,
    /// Plans.
    Plan,
    /// Packs.
    Pack,
    /// Leads, their pushes and history.
    Lead,
    /// Persons.
    Person,
    /// Goals.
    Goal,
    /// Requests.
    Request,
    /// Coaching periods and the acts in them.
    Coaching,
}

impl Kind {
    /// Every kind, in the order of the reference page.
    pub const ALL: [Self; 15] = [
        Self::Lead,
        Self::Push,
        Self::LeadEvent,
        Self::Customer,
        Self::Contact,
        Self::Card,
        Self::Plan,
        Self::Request,
        Self::Person,
        Self::Team,
        Self::Territory,
        Self::Pack,
        Self::Goal,
        Self::Period,
        Self::Act,
    ];

    /// The kind's name in scripts, messages and the reference page.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lead => "Lead",
            Self::Push => "Push",
            Self::LeadEvent => "LeadEvent",
            Self::Customer => "Customer",
            Self::Contact => "Contact",
            Self::Card => "Card",
            Self::Plan => "Plan",
            Self::Request => "Request",
            Self::Person => "Person",
            Self::Team => "Team",
            Self::Territory => "Territory",
            Self::Pack => "Pack",
            Self::Goal => "Goal",
            Self::Period => "Period",
            Self::Act => "Act",
        }
    }

    /// What a manifest must declare in `reads` to read this kind; teams and territories need nothing.
    pub const fn reads(self) -> Option<Reads> {
        match self {
            Self::Lead | Self::Push | Self::LeadEvent => Some(Reads::Lead),
            Self::Customer | Self::Contact => Some(Reads::Customer),
            Self::Card => Some(Reads::Card),
            Self::Plan => Some(Reads::Plan),
            Self::Request => Some(Reads::Request),
            Self::Person => Some(Reads::Person),
            Self::Pack => Some(Reads::Pack),
            Self::Goal => Some(Reads::Goal),
            Self::Period | Self::Act => Some(Reads::Coaching),
            Self::Team | Self::Territory => None,
        }
    }
}

impl Reads {
    /// The word in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Card => "card",
            Self::Plan => "plan",
            Self::Pack => "pack",
            Self::Lead => "lead",
            Self::Person => "person",
            Self::Goal => "goal",
            Self::Request => "request",
            Self::Coaching => "coaching",
        }
    }
}

/// A type of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// `()`.
    Unit,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A whole number or a decimal.
    Number,
    /// Text.
    Text,
    /// A moment, in UTC.
    Instant,
    /// A calendar day.
    Day,
    /// A length of time by the clock.
    Span,
    /// A length of working time.
    WorkSpan,
    /// A [`Ty::Span`] or a [`Ty::WorkSpan`].
    AnySpan,
    /// A [`Ty::Day`] or a [`Ty::Instant`].
    When,
    /// An amount in a currency.
    Money,
    /// An array of one type.
    List(&'static Ty),
    /// A map with text keys.
    Map,
    /// A type or `()`.
    Maybe(&'static Ty),
    /// A record of one kind.
    Record(Kind),
    /// A record of any kind.
    AnyRecord,
    /// A query whose elements are records of one kind.
    Query(Kind),
    /// A query of any kind.
    AnyQuery,
    /// The same type as the value on which a method is called.
    Same,
    /// A closure or function pointer.
    Function,
    /// What `rotation(…)` gives.
    Rotation,
    /// What `tally(…)` gives.
    Tally,
    /// What `digest(…)` gives.
    Digest,
    /// Anything that a script can hold.
    Any,
}
