//! The rule `no-activity-tally`.

use super::Page;

/// The page of `no-activity-tally`.
pub(super) static PAGE: Page = Page {
    id: "no-activity-tally",
    what: r#"Refuses to accumulate traces in a stored field, on any record: one more at every card, a score that each decline lowers, a text that grows with every plan."#,
    why: r#"No person is named in such a field, but every customer and lead has an owner: the count becomes that owner's as soon as somebody reads it beside the name."#,
    instead: r#"Store what the customer said or what is true of the lead now, overwriting what was there. To know how many cards a customer has, count them when you need to: `cards.of_customer(customer).kind("complaint").len()`."#,
    refused: r#"fn on_card_written(card) {
    let before = card.customer.field("weight") ?? 0;
    set(card.customer, "weight", before + 1);
}"#,
    lawful: r#"fn on_card_written(card) {
    set(card.customer, "last_theme", card.theme);
}"#,
    see: r#""#,
};
