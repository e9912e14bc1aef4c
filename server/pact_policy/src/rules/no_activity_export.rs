//! The rule `no-activity-export`.

use super::Page;

/// The page of `no-activity-export`.
pub(super) static PAGE: Page = Page {
    id: "no-activity-export",
    what: r#"Refuses to let *who* leave PACT together with a *trace*: by a webhook, or to a person outside. A number or hash in the place of a name stands for the name."#,
    why: r#"The figure that PACT does not compute would be computed in the spreadsheet or warehouse where the rows arrive."#,
    instead: r#"Send what the customer said and who said it, without the colleague who wrote it down, and without days and instants of acts; or send outcomes (`on_lead_won`), which may carry their owner."#,
    refused: r#"fn on_card_written(card) {
    post("warehouse", #{ text: card.text, by: card.author.name });
}"#,
    lawful: r#"fn on_card_written(card) {
    post("warehouse", #{ text: card.text, product: card.about });
}"#,
    see: r#""#,
};
