//! The rule `no-coaching-leak`.

use super::Page;

/// The page of `no-coaching-leak`.
pub(super) static PAGE: Page = Page {
    id: "no-coaching-leak",
    what: r#"Refuses to let anything that a coaching script reads go anywhere but into a note of the same coaching period, also by deciding whether something else happens."#,
    why: r#"Person and coach signed for a period that the two of them alone see. What is learned there must not reach the team, the log or a lead."#,
    instead: r#"Write it into `note(period, text)`. What the team needs belongs into another script that is no coaching script and reads no coaching."#,
    refused: r#"fn on_coaching_day(period) {
    log(`${acts(period).len()} acts`);
}"#,
    lawful: r#"fn on_coaching_day(period) {
    note(period, `${acts(period).len()} entries so far.`);
}"#,
    see: r#""#,
};
