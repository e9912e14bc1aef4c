//! The rule `no-activity-view`.

use super::Page;

/// The page of `no-activity-view`.
pub(super) static PAGE: Page = Page {
    id: "no-activity-view",
    what: r#"Refuses a saved view, report or goal that groups, filters or sorts traces by person, or by a team or territory of persons."#,
    why: r#"A list of traces by person is a metric that only needs to be counted by eye."#,
    instead: r#"Group by customer, product, theme, segment, source, stage or month; or view leads and outcomes by owner."#,
    refused: r#"view = { of = "cards", group_by = "author" }"#,
    lawful: r#"view = { of = "cards", group_by = "theme" }"#,
    see: r#""#,
};
