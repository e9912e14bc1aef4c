//! The rule `no-activity-metric`.

use super::Page;

/// The page of `no-activity-metric`.
pub(super) static PAGE: Page = Page {
    id: "no-activity-metric",
    what: r#"Refuses a figure or an order over acts of staff that is computed for, keyed by or compared across persons, and that leaves the run: into a field, card, message, digest, log, webhook, error, returned value, or by deciding whether an effect happens."#,
    why: r#"A record of what each person does is used to judge that person sooner or later; whoever expects that writes down nothing, or what protects them. So PACT has no such figure to show, whoever asks for it."#,
    instead: r#"Measure the customer or the lead (complaints of one customer, value won, leads by source), list the single traces to the person whose they are, or count with `tally` by a key that is no person. The quiet clock (`lead.quiet_for`, `leads.quiet_over(…)`) shows where a lead needs help, lead by lead."#,
    refused: r#"fn weekly() {
    for person in people.with_role("rep") {
        log(`${person.name}: ${plans.of_person(person).len()} plans`);
    }
}"#,
    lawful: r#"fn weekly() {
    for person in people.with_role("rep") {
        log(`${person.name}: ${leads.owned_by(person).won_since(today() - days(7)).len()} won`);
    }
}"#,
    see: r#"Works councils have a say in systems that can watch behaviour or performance in several countries (in Germany § 87 (1) 6 BetrVG); EU law asks for purpose limitation and data minimisation (GDPR, article 5)."#,
};
