//! The ways, as data.

use std::future::Future;
use std::pin::Pin;

use super::{Scene, walks};

/// A way to measure people, and how it is closed.
pub(super) struct Way {
    pub(super) tried: &'static str,
    pub(super) because: &'static str,
    pub(super) closed: Closed,
}

type Walked<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

/// How a way is seen to be closed.
#[derive(Clone, Copy)]
pub(super) enum Closed {
    /// The request is refused.
    Refused { who: &'static str, request: &'static str, body: Option<&'static str>, status: u16, slug: &'static str },
    /// The answer does not have it, or has nothing there.
    Hidden { who: &'static str, path: &'static str, field: &'static str },
    /// It takes more than a request to see.
    Walk(for<'a> fn(&'a Scene) -> Walked<'a>),
}

pub(super) const fn refused(
    tried: &'static str,
    because: &'static str,
    who: &'static str,
    request: &'static str,
    status: u16,
    slug: &'static str,
) -> Way {
    Way { tried, because, closed: Closed::Refused { who, request, body: None, status, slug } }
}

/// No such parameter.
pub(super) const fn unknown(tried: &'static str, request: &'static str) -> Way {
    refused(tried, "There is no such parameter.", "mia", request, 400, "unknown-parameter")
}

/// No such order, or field.
const fn unsorted(tried: &'static str, request: &'static str) -> Way {
    refused(tried, "There is no such order or field.", "mia", request, 400, "invalid-parameter")
}

const fn sent(
    tried: &'static str,
    because: &'static str,
    who: &'static str,
    request: &'static str,
    body: &'static str,
    slug: &'static str,
) -> Way {
    Way { tried, because, closed: Closed::Refused { who, request, body: Some(body), status: 422, slug } }
}

const fn hidden(tried: &'static str, because: &'static str, path: &'static str, field: &'static str) -> Way {
    Way { tried, because, closed: Closed::Hidden { who: "mia", path, field } }
}

/// A way that takes more than a request, by a function of the file that lists it.
macro_rules! walk_of {
    ($tried:literal, $because:literal, $walk:ident) => {
        $crate::red_team::ways::Way {
            tried: $tried,
            because: $because,
            closed: $crate::red_team::ways::Closed::Walk(|scene| Box::pin($walk(scene))),
        }
    };
}
pub(super) use walk_of;

macro_rules! walk {
    ($tried:literal, $because:literal, $walk:ident) => {
        Way { tried: $tried, because: $because, closed: Closed::Walk(|scene| Box::pin(walks::$walk(scene))) }
    };
}

const IN_PLACE: &str = "Who wrote a card is shown in the list of its customer or lead, not in wider ones.";
const JUDGED: &str = "Definitions are judged by the policy as scripts are.";
const NO_ACTS: &str = "Webhooks may not ask for events that an act of a person fires.";

pub(super) const WAYS: &[Way] = &[
    // Cards.
    unknown("Cards chosen by their author", "GET /cards?author_id={ann}"),
    unknown("Cards chosen by their author's name", "GET /cards?author=Ann"),
    unknown("Cards chosen by the instant of writing", "GET /cards?written_since=2026-11-01T00:00:00Z"),
    unsorted("Cards in the order of writing", "GET /cards?sort=written_at"),
    unsorted("Cards in the order of their authors", "GET /cards?sort=author_id"),
    unsorted("Cards in the order of their ids", "GET /cards?sort=id"),
    unsorted("The instant of writing as a sparse field", "GET /cards?fields=written_at"),
    hidden(
        "The instant of writing of a card",
        "Only the day on which the customer said it is shown.",
        "/cards/{card}",
        "written_at",
    ),
    hidden("All cards, added up by author", IN_PLACE, "/cards", "author_id"),
    hidden("Cards of a kind, added up by author", IN_PLACE, "/cards?kind=complaint", "author_id"),
    hidden("Cards about a product, added up by author", IN_PLACE, "/cards?about=cooling", "author_id"),
    hidden("Cards on a theme, added up by author", IN_PLACE, "/cards?theme=delivery", "author_id"),
    hidden("Cards of a week, added up by author", IN_PLACE, "/cards?said_from=2026-11-20", "author_id"),
    hidden("Cards that a search finds, added up by author", IN_PLACE, "/cards?q=late", "author_id"),
    walk!(
        "A program that reads the cards of one customer after the other",
        "People are shown in 300 places a day; after that cards come without their authors.",
        customers_one_after_the_other
    ),
    walk!(
        "A program that reads one card after the other",
        "The same: a card's customer is its place.",
        cards_one_after_the_other
    ),
    walk!("Search for an author's name, address or id", "Who wrote a card is not in the search index.", search_for_an_author),
    unknown("Search narrowed by author", "GET /search?q=late&author_id={ann}"),
    walk!("The instant of writing, out of a card's id", "Ids are random: they tell no order and no instant.", ids_are_random),
    // Plans.
    unknown("Plans chosen by person", "GET /plans?person_id={ann}"),
    unknown("Plans chosen by the customer's owner", "GET /plans?owner_id={ann}"),
    unknown("Plans chosen by who announced them", "GET /plans?announced_by={ann}"),
    unsorted("Plans in the order of announcing", "GET /plans?sort=announced_at"),
    unsorted("Plans in the order of people", "GET /plans?sort=person_id"),
    hidden("The instant of announcing", "Only the day of the plan is shown.", "/plans/{plan}", "announced_at"),
    refused(
        "Plans of a team with one member",
        "Such a team is that person under another name.",
        "mia",
        "GET /plans?team_id={alone}",
        400,
        "invalid-parameter",
    ),
    refused(
        "What a small team planned last quarter",
        "With fewer than k members, a team's plans are listed from today on.",
        "adam",
        "GET /plans?team_id={benelux}&from_day=2026-09-01&until_day=2026-11-23",
        400,
        "invalid-parameter",
    ),
    walk!(
        "All plans of last quarter, added up by person",
        "Of days that are over, who intended what is shown at the customer or lead only.",
        plans_of_the_past
    ),
    // Requests.
    unknown("Requests chosen by who asks", "GET /requests?from_id={ann}"),
    unknown("Requests chosen by who is asked", "GET /requests?to_id={bo}"),
    unsorted("Requests in the order of asking", "GET /requests?sort=asked_at"),
    unsorted("Requests in the order of answering", "GET /requests?sort=answered_at"),
    hidden(
        "How long somebody took to answer a request",
        "When it was asked and answered is shown to these two alone.",
        "/requests?customer_id={customer}",
        "answered_at",
    ),
    hidden("When somebody asked", "The same.", "/requests?customer_id={customer}", "asked_at"),
    walk!("All requests of the company", "Without a customer or lead, everybody lists their own.", requests_of_others),
    // Leads and customers.
    refused(
        "Quiet customers of one person",
        "The quiet clock is one customer's; over a person's customers it would measure the person.",
        "mia",
        "GET /customers?owner_id={ann}&quiet_since=2026-11-20T00:00:00Z",
        400,
        "invalid-parameter",
    ),
    refused(
        "Highlighted leads of one person",
        "What automation shows is one lead's; over a person's leads it would measure the person.",
        "mia",
        "GET /leads?owner_id={ann}&highlighted=true",
        400,
        "invalid-parameter",
    ),
    refused(
        "Leads of one person that automation does not show, taken from all",
        "The same, turned round.",
        "adam",
        "GET /leads?owner_id={ann}&highlighted=false",
        400,
        "invalid-parameter",
    ),
    walk!(
        "A list of one person's leads, added up by what automation shows",
        "A list of another person's leads does not say it.",
        leads_of_another
    ),
    unsorted("Customers in the order of their quiet clock", "GET /customers?sort=last_event_at"),
    unsorted("Leads in the order of their quiet clock", "GET /leads?sort=last_event_at"),
    unsorted("Leads in the order of how often they were pushed", "GET /leads?sort=attempt"),
    unsorted("Leads in the order of how often they were escalated", "GET /leads?sort=escalation"),
    unknown("Leads chosen by how often they were declined", "GET /leads?attempt=3"),
    unknown("Leads chosen by how often they were escalated", "GET /leads?escalation=2"),
    unknown("Leads chosen by who declined them", "GET /leads?declined_by={ann}"),
    hidden("How often a lead was pushed", "It is a figure for scripts about that lead, not shown.", "/leads/{lead}", "attempt"),
    hidden("How often a lead was escalated", "The same.", "/leads/{lead}", "escalation"),
    hidden("When something last happened on a lead", "The quiet clock is not shown.", "/leads/{lead}", "last_event_at"),
    hidden("When a customer was last touched", "The quiet clock is not shown.", "/customers/{customer}", "last_event_at"),
    unknown("A lead's history chosen by person", "GET /leads/{lead}/history?by={ann}"),
    unsorted("A lead's history in the order of people", "GET /leads/{lead}/history?sort=by_person_id"),
    unknown("A lead's pushes chosen by their answer", "GET /leads/{lead}/pushes?answer=declined"),
    unsorted("A lead's pushes in the order of answering", "GET /leads/{lead}/pushes?sort=answered_at"),
    unknown("Pushes of another person", "GET /pushes?person_id={ann}"),
    walk!(
        "A program that reads the history of one lead after the other",
        "After 300 places a day, histories and pushes are refused until tomorrow.",
        histories_one_after_the_other
    ),
    unknown("Contacts chosen by who entered them", "GET /contacts?created_by={ann}"),
    unknown("Customers chosen by who entered them", "GET /customers?created_by={ann}"),
    // People.
    unknown("People chosen by their last sign-in", "GET /persons?signed_in_since=2026-11-01T00:00:00Z"),
    unsorted("People in the order of their last sign-in", "GET /persons?sort=last_sign_in_at"),
    unsorted("People in the order of their open leads", "GET /persons?sort=open_leads"),
    unsorted("People in the order of a custom field", "GET /persons?sort=field.fte"),
    unknown("People chosen by a custom field", "GET /persons?field=fte&at_least=1"),
    unknown("Plans chosen by a custom field", "GET /plans?field=visits&is=1"),
    hidden("When a person last signed in", "It is not shown, and no list has it.", "/persons/{ann}", "last_sign_in_at"),
    hidden("Who is signed in now", "Presence comes from calendars, never from sign-ins.", "/persons/{ann}", "online"),
    unknown("Sessions of another person", "GET /session?person_id={ann}"),
    unknown("API keys of another person", "GET /api-keys?person_id={ann}"),
    unknown("Messages of another person", "GET /messages?person_id={ann}"),
    walk!(
        "A person's revision as a counter of what they do",
        "What a person does changes nothing on their record.",
        the_revision_of_a_person
    ),
    // Counting.
    unknown("A total of a list", "GET /cards?count=true"),
    unknown("Pages by number, to find the last", "GET /cards?offset=1000"),
    walk!("A total in a header or beside the items", "Pages have items and the next cursor, nothing else.", no_totals),
    walk!("A revision as a counter of edits", "Revisions are random tokens.", revisions_are_random),
    walk!(
        "A customer's revision as a counter of cards",
        "Writing a card changes nothing on the customer's record.",
        the_revision_of_a_customer
    ),
    refused(
        "A cursor that was made up, to begin at a person",
        "A cursor is the place of a row in an order that exists.",
        "mia",
        "GET /cards?cursor=eyJhdXRob3JfaWQiOiJhbm4ifQ",
        400,
        "invalid-parameter",
    ),
    walk!(
        "Another person's idempotency keys, to see what they sent",
        "A key belongs to the person who calls.",
        idempotency_keys_of_others
    ),
    // What runs by itself.
    refused(
        "Runs chosen by person",
        "There is no such parameter.",
        "adam",
        "GET /runs?person_id={ann}",
        400,
        "unknown-parameter",
    ),
    refused(
        "Runs about a person as their record",
        "A person is no record that runs are chosen by.",
        "audrey",
        "GET /runs?record_id={ann}",
        400,
        "invalid-parameter",
    ),
    walk!(
        "The instants of runs that acts of people called",
        "Such a run says its hour, has a random id, and does not name its event.",
        runs_that_acts_called
    ),
    refused(
        "Mail chosen by who got it",
        "The outbox has no filter by address.",
        "adam",
        "GET /outbox?address=ann@initech.example",
        400,
        "unknown-parameter",
    ),
    refused(
        "Imports chosen by who started them",
        "There is no such parameter.",
        "adam",
        "GET /imports?started_by={ann}",
        400,
        "unknown-parameter",
    ),
    sent(
        "A webhook for every card that is written",
        NO_ACTS,
        "adam",
        "POST /webhooks",
        r#"{"name": "meter", "url": "https://meter.example/in", "events": ["card_written"]}"#,
        "invalid-value",
    ),
    sent(
        "A webhook for every declined push",
        NO_ACTS,
        "adam",
        "POST /webhooks",
        r#"{"name": "meter", "url": "https://meter.example/in", "events": ["push_declined"]}"#,
        "invalid-value",
    ),
    sent(
        "A webhook for every plan that is announced",
        NO_ACTS,
        "adam",
        "POST /webhooks",
        r#"{"name": "meter", "url": "https://meter.example/in", "events": ["plan_announced"]}"#,
        "invalid-value",
    ),
    refused(
        "The stream of another person",
        "There is no such parameter: everybody hears what is theirs.",
        "mia",
        "GET /stream?person_id={ann}",
        400,
        "unknown-parameter",
    ),
    // Definitions.
    sent(
        "A field in which calls are counted",
        JUDGED,
        "adam",
        "POST /fields",
        r#"{"on_record": "customer", "name": "calls_made", "label": "Calls made by the rep", "type": "number", "helps": "sale", "because": "To know how often we called."}"#,
        "policy-refused",
    ),
    sent(
        "A box to tick after a visit",
        JUDGED,
        "adam",
        "POST /fields",
        r#"{"on_record": "lead", "name": "visited", "label": "Visit report written", "type": "yes_no", "helps": "sale", "because": "So that nobody forgets it."}"#,
        "policy-refused",
    ),
    sent(
        "A score on each person",
        JUDGED,
        "adam",
        "POST /fields",
        r#"{"on_record": "person", "name": "score", "label": "Diligence", "type": "number", "helps": "rep", "because": "It motivates."}"#,
        "policy-refused",
    ),
    sent(
        "A dry run over the leads of one person",
        "Leads are chosen by what they are, never by a person.",
        "adam",
        "POST /dry-runs",
        r#"{"plugin_id": "quiet-leads", "on": "lead_owned", "leads": {"owner_id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"}}"#,
        "invalid-body",
    ),
    sent(
        "A dry run over the acts of a quarter on some leads",
        "Over a stretch of the past everything is looked at, or nothing.",
        "adam",
        "POST /dry-runs",
        r#"{"plugin_id": "quiet-leads", "on": "push_declined", "from": "2026-08-01", "leads": {"source": "fair"}}"#,
        "invalid-value",
    ),
    refused(
        "Runs whose logs name a person",
        "Runs are not chosen by person, nor by what stands for one.",
        "adam",
        "GET /runs?text=ann",
        400,
        "invalid-parameter",
    ),
    walk!("A plugin that counts cards by author", "Plugins are judged before they are installed.", a_plugin_that_counts),
    // Doors for others.
    refused(
        "Cards, read by an auditor",
        "Auditors read evidence, not what people write.",
        "audrey",
        "GET /cards",
        403,
        "forbidden",
    ),
    refused("Plans, read by a partner", "Partners see what is asked of them.", "pat", "GET /plans", 403, "forbidden"),
];
