//! Queries: immutable and chainable, from a root such as `leads` through what narrows it.

use serde::{Deserialize, Serialize};

use super::{Kind, Label, Ty};

/// A name under which scripts reach all records of a kind that they may read.
#[derive(Debug)]
pub struct Root {
    /// The name, a constant in every function of a script.
    pub name: &'static str,
    /// The kind of its elements.
    pub kind: Kind,
    /// What an element reveals by being there.
    pub element: Label,
    /// What it holds, as a sentence.
    pub doc: &'static str,
}

/// A method that narrows or orders a query of one kind.
#[derive(Debug)]
pub struct Narrow {
    /// The kind of query that has it.
    pub of: Kind,
    /// Its name in scripts.
    pub name: &'static str,
    /// Which narrowing it is.
    pub op: NarrowOp,
    /// Types of its arguments.
    pub params: &'static [Ty],
    /// What the result reveals beside its elements.
    pub label: Label,
    /// What it does, as a sentence.
    pub doc: &'static str,
}

/// Which narrowing a step of a query is; whoever answers a query matches on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is documented by its entry in the table")]
pub enum NarrowOp {
    Open,
    Waiting,
    Won,
    Lost,
    Stage,
    OwnedBy,
    InTeam,
    InTerritory,
    FromSource,
    OfCustomer,
    OfLead,
    OfPerson,
    ForPerson,
    QuietOver,
    CreatedSince,
    WonSince,
    LostSince,
    Field,
    ByValue,
    Oldest,
    Newest,
    InSegment,
    UnplannedFor,
    Search,
    About,
    Kind,
    Since,
    ByOthers,
    Ahead,
    Overdue,
    All,
    WithRole,
    WithSkill,
    Speaking,
    OnDuty,
    Named,
    InRegion,
    ForProduct,
    ForCustomer,
}

const fn r(name: &'static str, kind: Kind, element: Label, doc: &'static str) -> Root {
    Root { name, kind, element, doc }
}

const fn n(of: Kind, name: &'static str, op: NarrowOp, params: &'static [Ty], label: Label, doc: &'static str) -> Narrow {
    Narrow { of, name, op, params, label, doc }
}

use Kind as K;
use Label as L;
use NarrowOp as N;

/// Every root.
pub static ROOTS: &[Root] = &[
    r("leads", K::Lead, L::NONE, "All leads."),
    r("customers", K::Customer, L::NONE, "All customers."),
    r("cards", K::Card, L::SUBJECT, "All cards, newest first."),
    r("plans", K::Plan, L::TRACE, "All plans, by day."),
    r("requests", K::Request, L::TRACE, "All requests, by due day."),
    r("pushes", K::Push, L::TRACE, "All pushes, oldest first."),
    r("people", K::Person, L::WHO, "All people."),
    r("teams", K::Team, L::NONE, "All teams, by name."),
    r("territories", K::Territory, L::NONE, "All territories, by name."),
    r("packs", K::Pack, L::NONE, "All packs, newest first."),
    r("goals", K::Goal, L::NONE, "All goals, by day of end."),
];

const PERSON: Ty = Ty::Record(K::Person);
const CUSTOMER: Ty = Ty::Record(K::Customer);
const LEAD: Ty = Ty::Record(K::Lead);
const TEAM: Ty = Ty::Maybe(&Ty::Record(K::Team));
const TERRITORY: Ty = Ty::Maybe(&Ty::Record(K::Territory));

/// Every narrowing of every kind.
pub static NARROWS: &[Narrow] = &[
    n(K::Lead, "open", N::Open, &[], L::NONE, "Neither won nor lost."),
    n(K::Lead, "waiting", N::Waiting, &[], L::NONE, "Owned by nobody yet."),
    n(K::Lead, "won", N::Won, &[], L::NONE, "Won."),
    n(K::Lead, "lost", N::Lost, &[], L::NONE, "Lost."),
    n(K::Lead, "stage", N::Stage, &[Ty::Text], L::NONE, "In this stage."),
    n(K::Lead, "owned_by", N::OwnedBy, &[PERSON], L::WHO, "Owned by this person."),
    n(K::Lead, "in_team", N::InTeam, &[TEAM], L::NONE, "Owned in this team."),
    n(K::Lead, "in_territory", N::InTerritory, &[TERRITORY], L::NONE, "In this territory or below it."),
    n(K::Lead, "from_source", N::FromSource, &[Ty::Text], L::NONE, "From this source."),
    n(K::Lead, "of_customer", N::OfCustomer, &[CUSTOMER], L::NONE, "Of this customer."),
    n(K::Lead, "quiet_over", N::QuietOver, &[Ty::AnySpan], L::CLOCK, "Quiet for longer than this."),
    n(K::Lead, "created_since", N::CreatedSince, &[Ty::When], L::NONE, "Entered since."),
    n(K::Lead, "won_since", N::WonSince, &[Ty::When], L::NONE, "Won since."),
    n(K::Lead, "lost_since", N::LostSince, &[Ty::When], L::NONE, "Lost since."),
    n(K::Lead, "field", N::Field, &[Ty::Text, Ty::Any], L::NONE, "Whose custom field has this value."),
    n(K::Lead, "by_value", N::ByValue, &[], L::NONE, "Highest value first."),
    n(K::Lead, "oldest", N::Oldest, &[], L::NONE, "Entered first, first."),
    n(K::Lead, "newest", N::Newest, &[], L::NONE, "Entered last, first."),
    n(K::Customer, "owned_by", N::OwnedBy, &[PERSON], L::WHO, "Looked after by this person."),
    n(K::Customer, "in_territory", N::InTerritory, &[TERRITORY], L::NONE, "In this territory or below it."),
    n(K::Customer, "in_segment", N::InSegment, &[Ty::Text], L::NONE, "In this segment."),
    n(K::Customer, "unplanned_for", N::UnplannedFor, &[Ty::AnySpan], L::CLOCK, "With no plan for this long, past or ahead."),
    n(K::Customer, "field", N::Field, &[Ty::Text, Ty::Any], L::NONE, "Whose custom field has this value."),
    n(K::Customer, "search", N::Search, &[Ty::Text], L::NONE, "Found by these words, best first."),
    n(K::Card, "of_customer", N::OfCustomer, &[CUSTOMER], L::NONE, "About this customer."),
    n(K::Card, "owned_by", N::OwnedBy, &[PERSON], L::WHO, "About customers whom this person looks after."),
    n(K::Card, "of_lead", N::OfLead, &[LEAD], L::NONE, "About this lead."),
    n(K::Card, "about", N::About, &[Ty::Maybe(&Ty::Text)], L::NONE, "About this product."),
    n(K::Card, "kind", N::Kind, &[Ty::Text], L::NONE, "Of this kind."),
    n(K::Card, "since", N::Since, &[Ty::When], L::NONE, "Said by the customer since that day."),
    n(K::Card, "by_others", N::ByOthers, &[PERSON], L::NONE, "Without those that this person wrote."),
    n(K::Card, "search", N::Search, &[Ty::Text], L::NONE, "Found by these words, best first."),
    n(K::Plan, "of_customer", N::OfCustomer, &[CUSTOMER], L::NONE, "With this customer."),
    n(K::Plan, "ahead", N::Ahead, &[Ty::AnySpan], L::NONE, "From today until this long ahead."),
    n(K::Plan, "of_person", N::OfPerson, &[PERSON], L::WHO, "Announced by this person."),
    n(K::Plan, "in_team", N::InTeam, &[TEAM], L::NONE, "Announced in this team."),
    n(K::Request, "waiting", N::Waiting, &[], L::NONE, "Not answered yet."),
    n(K::Request, "overdue", N::Overdue, &[], L::CLOCK, "Not answered, and past the due day."),
    n(K::Request, "for_person", N::ForPerson, &[PERSON], L::WHO, "Asked of this person."),
    n(K::Request, "of_customer", N::OfCustomer, &[CUSTOMER], L::NONE, "About this customer."),
    n(K::Push, "waiting", N::Waiting, &[], L::NONE, "Not answered yet."),
    n(K::Push, "for_person", N::ForPerson, &[PERSON], L::WHO, "Offers to this person."),
    n(K::Person, "all", N::All, &[], L::NONE, "Everybody."),
    n(K::Person, "in_team", N::InTeam, &[TEAM], L::NONE, "In this team."),
    n(
        K::Person,
        "in_territory",
        N::InTerritory,
        &[TERRITORY],
        L::NONE,
        "Working for this territory, or for one above or below it.",
    ),
    n(K::Person, "with_role", N::WithRole, &[Ty::Text], L::NONE, "With this role or job."),
    n(K::Person, "with_skill", N::WithSkill, &[Ty::Text], L::NONE, "Who know this."),
    n(K::Person, "speaking", N::Speaking, &[Ty::Maybe(&Ty::Text)], L::NONE, "Who speak this language."),
    n(K::Person, "on_duty", N::OnDuty, &[], L::NONE, "Whom the calendar has at work now."),
    n(K::Person, "named", N::Named, &[Ty::Text], L::NONE, "With this id or e-mail address."),
    n(K::Team, "named", N::Named, &[Ty::Text], L::NONE, "With this name."),
    n(K::Team, "in_region", N::InRegion, &[Ty::Text], L::NONE, "In this region."),
    n(K::Territory, "named", N::Named, &[Ty::Text], L::NONE, "With this name."),
    n(K::Territory, "in_region", N::InRegion, &[Ty::Text], L::NONE, "Below the territory of this name."),
    n(K::Pack, "named", N::Named, &[Ty::Text], L::NONE, "With this title."),
    n(K::Pack, "for_product", N::ForProduct, &[Ty::Maybe(&Ty::Text)], L::NONE, "About this product."),
    n(K::Pack, "for_customer", N::ForCustomer, &[CUSTOMER], L::NONE, "That suit this customer's segment and leads."),
    n(K::Goal, "named", N::Named, &[Ty::Text], L::NONE, "With this title."),
];
