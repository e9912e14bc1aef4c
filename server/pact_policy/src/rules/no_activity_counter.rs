//! The rule `no-activity-counter`.

use super::Page;

/// The page of `no-activity-counter`.
pub(super) static PAGE: Page = Page {
    id: "no-activity-counter",
    what: r#"Refuses a number, duration or score about acts of staff, on any record, and any number on a person that is not declared an outcome or an attribute of the job."#,
    why: r#"A number of calls, visits or touches is an activity metric with a label on it, whoever types it in."#,
    instead: r#"Measure the customer (complaints, orders, machines installed) and say so in the label or with `about = "customer"`. A number on a person needs `kind = "outcome"` or `kind = "job"`."#,
    refused: r#"[[field]]
on = "lead"
name = "touches"
label = "Touches so far"
type = "number""#,
    lawful: r#"[[field]]
on = "lead"
name = "bidders"
label = "Other bidders"
type = "number"
about = "customer""#,
    see: r#""#,
};
