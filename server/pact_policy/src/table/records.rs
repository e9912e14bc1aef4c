//! Read-only members of each record.

use super::{Kind, Label, Ty};

/// A read-only member of a record.
#[derive(Debug)]
pub struct Member {
    /// The record that has it.
    pub of: Kind,
    /// Its name in scripts.
    pub name: &'static str,
    /// Its type.
    pub ty: Ty,
    /// What reading it reveals.
    pub label: Label,
    /// What it is, as a sentence.
    pub doc: &'static str,
}

/// The members of `kind`, in table order; a record's values travel in this order.
pub fn members_of(kind: Kind) -> impl Iterator<Item = &'static Member> {
    MEMBERS.iter().filter(move |member| member.of == kind)
}

const fn m(of: Kind, name: &'static str, ty: Ty, label: Label, doc: &'static str) -> Member {
    Member { of, name, ty, label, doc }
}

use Kind as K;
use Label as L;

const TEXT: Ty = Ty::Text;
const MAYBE_TEXT: Ty = Ty::Maybe(&Ty::Text);
const PERSON: Ty = Ty::Record(K::Person);
const MAYBE_PERSON: Ty = Ty::Maybe(&PERSON);
const CUSTOMER: Ty = Ty::Record(K::Customer);
const MAYBE_CUSTOMER: Ty = Ty::Maybe(&CUSTOMER);
const LEAD: Ty = Ty::Record(K::Lead);
const MAYBE_LEAD: Ty = Ty::Maybe(&LEAD);
const CONTACT: Ty = Ty::Record(K::Contact);
const MAYBE_CONTACT: Ty = Ty::Maybe(&CONTACT);
const TERRITORY: Ty = Ty::Record(K::Territory);
const MAYBE_TERRITORY: Ty = Ty::Maybe(&TERRITORY);
const PACK: Ty = Ty::Record(K::Pack);
const TEXTS: Ty = Ty::List(&Ty::Text);

/// Every member of every record.
pub static MEMBERS: &[Member] = &[
    m(K::Lead, "id", TEXT, L::NONE, "The lead's id."),
    m(K::Lead, "title", TEXT, L::NONE, "What the lead is about, in a few words."),
    m(K::Lead, "source", TEXT, L::NONE, "Where the lead came from: \"web form\", \"import\", \"trade fair\"…"),
    m(K::Lead, "product", MAYBE_TEXT, L::NONE, "The product that the customer asks about."),
    m(K::Lead, "stage", TEXT, L::NONE, "How far the sale is: \"enquiry\", \"talks\", \"offer\", \"contract\"."),
    m(K::Lead, "value", Ty::Maybe(&Ty::Money), L::NONE, "What the sale is expected to be worth."),
    m(K::Lead, "customer", CUSTOMER, L::NONE, "The customer."),
    m(K::Lead, "contact", MAYBE_CONTACT, L::NONE, "The human being at the customer who asked."),
    m(K::Lead, "territory", MAYBE_TERRITORY, L::NONE, "The territory whose rules the lead matches."),
    m(K::Lead, "created_at", Ty::Instant, L::NONE, "When the lead entered."),
    m(K::Lead, "expected_on", Ty::Maybe(&Ty::Day), L::NONE, "The day on which the sale is expected."),
    m(K::Lead, "highlighted", Ty::Bool, L::NONE, "Whether automation shows it to its owner and team now."),
    m(K::Lead, "escalation", Ty::Int, L::SUBJECT, "How many steps it has been escalated."),
    m(K::Lead, "attempt", Ty::Int, L::SUBJECT, "How many times it has been pushed."),
    m(K::Lead, "owner", MAYBE_PERSON, L::WHO, "The person who owns it, once somebody accepted."),
    m(K::Lead, "quiet_for", Ty::WorkSpan, L::CLOCK, "Working time since anything happened on it: the quiet clock."),
    m(K::Lead, "pushes", Ty::Query(K::Push), L::TRACE, "The offers of this lead, oldest first."),
    m(K::Lead, "history", Ty::Query(K::LeadEvent), L::TRACE, "The lead's history, oldest first."),
    m(K::Push, "lead", LEAD, L::NONE, "The lead that is offered."),
    m(K::Push, "reason", TEXT, L::NONE, "Why this person."),
    m(K::Push, "answer_reason", MAYBE_TEXT, L::NONE, "The reason given with the answer."),
    m(K::Push, "person", PERSON, L::WHO_TRACE, "The person to whom it is offered."),
    m(K::Push, "pushed_at", Ty::Instant, L::TRACE, "When it was offered."),
    m(K::Push, "answer", TEXT, L::TRACE, "\"waiting\", \"accepted\", \"declined\", \"expired\" or \"withdrawn\"."),
    m(K::Push, "answered_at", Ty::Maybe(&Ty::Instant), L::TRACE, "When it was answered or expired."),
    m(K::LeadEvent, "what", TEXT, L::NONE, "What happened, as one word."),
    m(K::LeadEvent, "text", TEXT, L::NONE, "What happened, as one sentence."),
    m(K::LeadEvent, "by", MAYBE_PERSON, L::WHO_TRACE, "The person who did it."),
    m(K::LeadEvent, "at", Ty::Instant, L::TRACE, "When it happened."),
    m(K::Customer, "id", TEXT, L::NONE, "The customer's id."),
    m(K::Customer, "name", TEXT, L::NONE, "The customer's name."),
    m(K::Customer, "segment", MAYBE_TEXT, L::NONE, "The segment that the customer belongs to."),
    m(K::Customer, "industry", MAYBE_TEXT, L::NONE, "The customer's industry."),
    m(K::Customer, "city", MAYBE_TEXT, L::NONE, "The city of its address."),
    m(K::Customer, "country", MAYBE_TEXT, L::NONE, "The country of its address, as an ISO 3166 code of two letters."),
    m(K::Customer, "territory", MAYBE_TERRITORY, L::NONE, "The territory whose rules the customer matches."),
    m(K::Customer, "contacts", Ty::Query(K::Contact), L::NONE, "Its contacts."),
    m(K::Customer, "leads", Ty::Query(K::Lead), L::NONE, "Its leads."),
    m(K::Customer, "cards", Ty::Query(K::Card), L::NONE, "What it said, newest first."),
    m(K::Customer, "owner", MAYBE_PERSON, L::WHO, "The person who looks after it."),
    m(K::Customer, "plans", Ty::Query(K::Plan), L::TRACE, "What persons announced they intend with it."),
    m(K::Customer, "quiet_for", Ty::WorkSpan, L::CLOCK, "Working time since anything happened: the quiet clock."),
    m(K::Contact, "id", TEXT, L::NONE, "The contact's id."),
    m(K::Contact, "name", TEXT, L::NONE, "The contact's name."),
    m(K::Contact, "title", MAYBE_TEXT, L::NONE, "What the contact does at the customer."),
    m(K::Contact, "email", MAYBE_TEXT, L::NONE, "The contact's e-mail address."),
    m(K::Contact, "phone", MAYBE_TEXT, L::NONE, "The contact's telephone number in E.164."),
    m(K::Contact, "language", MAYBE_TEXT, L::NONE, "The contact's language, as an ISO 639 code of two letters."),
    m(K::Contact, "customer", CUSTOMER, L::NONE, "The customer where the contact works."),
    m(K::Card, "id", TEXT, L::NONE, "The card's id."),
    m(K::Card, "customer", CUSTOMER, L::NONE, "The customer that the card is about."),
    m(K::Card, "lead", MAYBE_LEAD, L::NONE, "The lead that the card is about."),
    m(K::Card, "kind", TEXT, L::NONE, "\"wish\", \"complaint\", \"question\", \"promise\", \"news\", \"solution\"…"),
    m(K::Card, "about", MAYBE_TEXT, L::NONE, "The product that the card is about."),
    m(K::Card, "theme", MAYBE_TEXT, L::NONE, "The theme, in one or two words."),
    m(K::Card, "text", TEXT, L::NONE, "What the customer said."),
    m(K::Card, "said_by", MAYBE_CONTACT, L::NONE, "The contact who said it."),
    m(K::Card, "said_on", Ty::Day, L::NONE, "The day on which the customer said it."),
    m(K::Card, "author", MAYBE_PERSON, L::WHO_TRACE, "The person who wrote the card."),
    m(K::Card, "written_at", Ty::Instant, L::TRACE, "When the card was written."),
    m(K::Plan, "id", TEXT, L::NONE, "The plan's id."),
    m(K::Plan, "customer", CUSTOMER, L::NONE, "The customer with whom something is intended."),
    m(K::Plan, "lead", MAYBE_LEAD, L::NONE, "The lead that it is about."),
    m(K::Plan, "objective", TEXT, L::NONE, "What the person wants to reach."),
    m(K::Plan, "pack", Ty::Maybe(&PACK), L::NONE, "The pack that is taken along."),
    m(K::Plan, "person", PERSON, L::WHO_TRACE, "The person who announced it."),
    m(K::Plan, "on", Ty::Day, L::TRACE, "The day for which it is announced."),
    m(K::Plan, "announced_at", Ty::Instant, L::TRACE, "When it was announced."),
    m(K::Request, "id", TEXT, L::NONE, "The request's id."),
    m(K::Request, "customer", MAYBE_CUSTOMER, L::NONE, "The customer that it is about."),
    m(K::Request, "text", TEXT, L::NONE, "What is asked."),
    m(K::Request, "answer", MAYBE_TEXT, L::NONE, "What was answered."),
    m(K::Request, "from", MAYBE_PERSON, L::WHO_TRACE, "The person who asks."),
    m(K::Request, "to", PERSON, L::WHO_TRACE, "The person who is asked."),
    m(K::Request, "asked_at", Ty::Instant, L::TRACE, "When it was asked."),
    m(K::Request, "due_on", Ty::Maybe(&Ty::Day), L::TRACE, "The day by which an answer is wanted."),
    m(K::Request, "answered_at", Ty::Maybe(&Ty::Instant), L::TRACE, "When it was answered."),
    m(K::Person, "id", TEXT, L::WHO, "The person's id."),
    m(K::Person, "name", TEXT, L::WHO, "The person's name."),
    m(K::Person, "email", TEXT, L::WHO, "The person's e-mail address."),
    m(K::Person, "team", Ty::Maybe(&Ty::Record(K::Team)), L::WHO, "The team to which the person belongs."),
    m(K::Person, "territory", MAYBE_TERRITORY, L::WHO, "The territory for which the person works."),
    m(K::Person, "manager", MAYBE_PERSON, L::WHO, "The person above."),
    m(K::Person, "skills", TEXTS, L::WHO, "What the person knows."),
    m(K::Person, "languages", TEXTS, L::WHO, "Languages, as ISO 639 codes of two letters."),
    m(K::Person, "time_zone", TEXT, L::WHO, "The person's IANA time zone."),
    m(K::Person, "on_duty", Ty::Bool, L::WHO, "Whether the calendar has the person at work now."),
    m(K::Person, "away", Ty::Bool, L::WHO, "Whether the calendar has the person absent today."),
    m(K::Person, "stand_in", MAYBE_PERSON, L::WHO, "The person who stands in while this one is away."),
    m(K::Team, "name", TEXT, L::NONE, "The team's name."),
    m(K::Team, "region", MAYBE_TEXT, L::NONE, "The region that the team works in."),
    m(K::Team, "members", Ty::Query(K::Person), L::WHO, "The team's people."),
    m(K::Territory, "name", TEXT, L::NONE, "The territory's name."),
    m(K::Territory, "region", MAYBE_TEXT, L::NONE, "The name of the territory above it."),
    m(K::Territory, "members", Ty::Query(K::Person), L::WHO, "The people who work for the territory."),
    m(K::Pack, "id", TEXT, L::NONE, "The pack's id."),
    m(K::Pack, "title", TEXT, L::NONE, "The pack's title."),
    m(K::Pack, "product", MAYBE_TEXT, L::NONE, "The product that it is about."),
    m(K::Pack, "documents", TEXTS, L::NONE, "Titles of the documents in it."),
    m(K::Pack, "themes", TEXTS, L::NONE, "Themes that it speaks to."),
    m(K::Goal, "id", TEXT, L::NONE, "The goal's id."),
    m(K::Goal, "title", TEXT, L::NONE, "The goal, in words."),
    m(K::Goal, "target", Ty::Number, L::NONE, "What is to be reached."),
    m(K::Goal, "reached", Ty::Number, L::NONE, "What is reached so far, measured on customers and sales."),
    m(K::Goal, "ends_on", Ty::Maybe(&Ty::Day), L::NONE, "The day by which it is to be reached."),
    m(K::Period, "person", PERSON, L::COACHING, "The person who is coached."),
    m(K::Period, "coach", PERSON, L::COACHING, "The coach."),
    m(K::Period, "reason", TEXT, L::COACHING, "\"training\" or \"discipline\"."),
    m(K::Period, "purpose", TEXT, L::COACHING, "What the period is for, in words."),
    m(K::Period, "starts_on", Ty::Day, L::COACHING, "The first day."),
    m(K::Period, "ends_on", Ty::Day, L::COACHING, "The last day."),
    m(K::Act, "what", TEXT, L::COACHING, "What was done, as one word."),
    m(K::Act, "text", TEXT, L::COACHING, "What was done, as text."),
    m(K::Act, "customer", MAYBE_CUSTOMER, L::COACHING, "The customer that it was about."),
    m(K::Act, "at", Ty::Instant, L::COACHING, "When."),
];
