//! Where the members that views name are kept.

use sea_orm::sea_query::SimpleExpr;
use uuid::Uuid;

use super::INSTANT_MILLIS;

/// What the rows of a view are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the table of its name")]
pub enum Base {
    Leads,
    Customers,
    Cards,
    Goals,
}

/// A step of a path: a member of a kind of record, by the words of the script interface, or a custom field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// A member.
    Member {
        /// The kind of record that has it.
        of: &'static str,
        /// Its name.
        name: String,
    },
    /// A custom field.
    Field(Uuid),
}

/// A place at the end of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub(super) stored: Stored,
    pub(super) main: SimpleExpr,
    pub(super) more: Option<SimpleExpr>,
}

/// A column with the id of another record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub(super) column: &'static str,
    pub(super) table: &'static str,
    /// The column by which that record is called.
    pub(super) name: &'static str,
}

/// How a member is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The record's own id.
    Id(&'static str),
    /// A text or a day.
    Text(&'static str),
    /// A whole number.
    Int(&'static str),
    /// Yes or no.
    Bool(&'static str),
    /// An instant.
    Instant(&'static str),
    /// An amount.
    Money {
        /// The column of minor units.
        minor: &'static str,
        /// The column of the currency.
        currency: &'static str,
    },
    /// The quiet clock.
    Clock,
    /// Another record.
    Record(Link),
    /// A text of another record.
    Named(Link, &'static str),
    /// A custom field.
    Field(Uuid),
}

impl Base {
    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Customers => "customers",
            Self::Cards => "cards",
            Self::Goals => "goals",
        }
    }

    pub(super) const fn merges(self) -> bool {
        match self {
            Self::Leads | Self::Customers => true,
            Self::Cards | Self::Goals => false,
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Leads => "lead",
            Self::Customers => "customer",
            Self::Cards => "card",
            Self::Goals => "goal",
        }
    }
}

impl Hop {
    pub(super) fn is_of(&self, base: Base) -> bool {
        match self {
            Self::Member { of, .. } => *of == base.kind(),
            Self::Field(_) => true,
        }
    }
}

impl Place {
    /// How it is kept.
    #[must_use]
    pub fn stored(&self) -> Stored {
        self.stored
    }

    /// What tells the currency of an amount: its column, or the whole value of a custom field.
    #[must_use]
    pub fn currency(&self) -> Self {
        match (&self.stored, &self.more) {
            (Stored::Money { currency, .. }, Some(more)) => {
                Self { stored: Stored::Text(currency), main: more.clone(), more: None }
            }
            _ => Self { more: None, ..self.clone() },
        }
    }

    /// The quarters of an hour since 1970 of an instant, so that rows of a report share groups; anything else as it is.
    #[must_use]
    pub fn coarse(self) -> Self {
        use sea_orm::sea_query::{Expr, ExprTrait};
        match self.stored {
            Stored::Instant(_) => Self { main: self.main.div(Expr::cust(INSTANT_MILLIS.to_string())), ..self },
            _ => self,
        }
    }
}

/// The column that leads from a record to the next one.
pub(super) fn link(hop: &Hop) -> Option<Link> {
    match stored(hop)? {
        Stored::Record(link) => Some(link),
        Stored::Id(_)
        | Stored::Text(_)
        | Stored::Int(_)
        | Stored::Bool(_)
        | Stored::Instant(_)
        | Stored::Money { .. }
        | Stored::Clock
        | Stored::Named(..)
        | Stored::Field(_) => None,
    }
}

/// How the store keeps a member; nothing where it keeps it in another way.
pub(super) fn stored(hop: &Hop) -> Option<Stored> {
    let (of, name) = match hop {
        Hop::Field(field) => return Some(Stored::Field(*field)),
        Hop::Member { of, name } => (*of, name.as_str()),
    };
    let record = |column, table, name| Some(Stored::Record(Link { column, table, name }));
    let person = |column| record(column, "persons", "name");
    Some(match (of, name) {
        (_, "id") => Stored::Id("id"),
        ("lead" | "goal" | "pack" | "contact", "title") => Stored::Text("title"),
        ("customer" | "contact" | "person" | "team" | "territory", "name") => Stored::Text("name"),
        ("lead", "source") => Stored::Text("source"),
        ("lead" | "pack", "product") => Stored::Text("product"),
        ("lead", "stage") => Stored::Text("stage"),
        ("lead", "state") => Stored::Text("state"),
        ("lead", "lost_reason") => Stored::Text("lost_reason"),
        ("lead", "value") => Stored::Money { minor: "value_minor", currency: "value_currency" },
        ("lead" | "card" | "contact", "customer") => return record("customer_id", "customers", "name"),
        ("lead", "contact") => return record("contact_id", "contacts", "name"),
        ("lead" | "customer" | "person", "territory") => return record("territory_id", "territories", "name"),
        ("lead", "created_at") => Stored::Instant("created_at"),
        ("lead", "closed_at") => Stored::Instant("closed_at"),
        ("lead", "expected_on") => Stored::Text("expected_on"),
        ("lead", "highlighted") => Stored::Bool("highlighted"),
        ("lead", "escalation") => Stored::Int("escalation"),
        ("lead", "attempt") => Stored::Int("attempt"),
        ("lead" | "customer", "owner") => return person("owner_id"),
        ("lead" | "customer", "quiet_for") => Stored::Clock,
        ("customer", "segment") => Stored::Text("segment"),
        ("customer", "industry") => Stored::Text("industry"),
        ("customer", "city") => Stored::Text("city"),
        ("customer", "country") => Stored::Text("country"),
        ("customer", "employees") => Stored::Int("employees"),
        ("contact" | "person", "email") => Stored::Text("email"),
        ("contact", "phone") => Stored::Text("phone"),
        ("contact", "language") => Stored::Text("language"),
        ("card", "lead") => return record("lead_id", "leads", "title"),
        ("card", "kind") => Stored::Text("kind"),
        ("card", "about") => Stored::Text("about"),
        ("card", "theme") => Stored::Text("theme"),
        ("card", "text") => Stored::Text("text"),
        ("card", "said_by") => return record("said_by_id", "contacts", "name"),
        ("card", "said_on") => Stored::Text("said_on"),
        ("card", "author") => return person("author_id"),
        ("person", "team") => return record("team_id", "teams", "name"),
        ("person", "manager") => return person("manager_id"),
        ("person", "time_zone") => Stored::Text("time_zone"),
        ("team", "region") => Stored::Text("region"),
        ("territory", "region") => Stored::Named(Link { column: "parent_id", table: "territories", name: "name" }, "name"),
        ("goal", "measure") => Stored::Text("measure"),
        ("goal", "target") => Stored::Int("target"),
        ("goal", "reached") => Stored::Int("reached"),
        ("goal", "ends_on") => Stored::Text("ends_on"),
        _ => return None,
    })
}
