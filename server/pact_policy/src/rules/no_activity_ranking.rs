//! The rule `no-activity-ranking`.

use super::Page;

/// The page of `no-activity-ranking`.
pub(super) static PAGE: Page = Page {
    id: "no-activity-ranking",
    what: r#"Refuses to order, compare or choose people by traces: names sorted by cards written, a lead for whoever announced a plan last, a manager told of the slowest."#,
    why: r#"An order keeps the figures that made it, also when the figures are thrown away. Who is given work must not depend on who looks busiest in PACT."#,
    instead: r#"Let the host assign: `rotation("name", people.in_territory(…)).with_room().on_duty().next()` knows capacity and presence and shows no figure. People may be ordered by outcomes (value won), by name, by skill or territory."#,
    refused: r#"fn on_lead_created(lead) {
    let pool = people.in_territory(lead.territory).to_array();
    pool.sort(|a, b| requests.for_person(a).len() - requests.for_person(b).len());
    push(lead, pool[0]);
}"#,
    lawful: r#"fn on_lead_created(lead) {
    let next = rotation("field", people.in_territory(lead.territory)).with_room().next();
    if next != () { push(lead, next); }
}"#,
    see: r#""#,
};
