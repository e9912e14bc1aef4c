//! The rule `no-reaction-time`.

use super::Page;

/// The page of `no-reaction-time`.
pub(super) static PAGE: Page = Page {
    id: "no-reaction-time",
    what: r#"Refuses a duration between traces, or from a push or request to its answer: shown, stored, compared with a limit, or deciding what happens."#,
    why: r#"How long somebody took says how fast a person works. Every push and every answer has one person, so the duration is that person's also where no name stands beside it."#,
    instead: r#"Use what the lead shows: `lead.attempt` counts its offers, `lead.quiet_for` is its quiet clock, and a push has a time to answer (`within`), after which the host moves on by itself (`on_push_expired`)."#,
    refused: r#"fn on_push_declined(lead, push) {
    if push.answered_at - push.pushed_at > work_hours(3) {
        escalate(lead, lead.owner, "Came back late.");
    }
}"#,
    lawful: r#"fn on_push_declined(lead, push) {
    if lead.attempt >= 3 {
        escalate(lead, people.with_role("manager").first(), "Offered three times.");
    }
}"#,
    see: r#""#,
};
