//! The rule `no-activity-view`.

use super::Page;

/// The page of `no-activity-view`.
pub(super) static PAGE: Page = Page {
    id: "no-activity-view",
    what: r#"Refuses a saved view, report or goal that groups, filters or sorts traces by person, or shows who did something, or when.
A view names members of the script interface and carries their labels: cards, quiet clocks and what scripts store of them may
not be keyed, chosen or ordered by a person, nor by anything that tells one person from another. By team or territory they are
shown with k, in a form from which nobody can compute what is left out."#,
    why: r#"A list of traces by person is a metric that only needs to be counted by eye."#,
    instead: r#"Group by customer, product, theme, segment, source, stage or month; by territory with k; or view leads and outcomes by owner."#,
    refused: r#"[[view]]
name = "cards-by-rep"
title = "Cards by rep"
of = "cards"
group = ["customer.owner"]
measure = ["count"]
"#,
    lawful: r#"[[view]]
name = "cards-by-theme"
title = "Cards by theme"
of = "cards"
group = ["about", "theme"]
measure = ["count"]
"#,
    see: r#""#,
};
