//! The rule `no-tick-box`.

use super::Page;

/// The page of `no-tick-box`.
pub(super) static PAGE: Page = Page {
    id: "no-tick-box",
    what: r#"Refuses a field (a box, choice, date, time or text) whose purpose is to record that a member of staff did something."#,
    why: r#"A box to tick when something is done is the stick that PACT never asks for. It is ticked for the manager, not for the customer, and tells nobody what the customer said."#,
    instead: r#"Write what the *customer* said or did as a card, announce what you intend as a plan, and keep facts about the customer in fields. If the word can mean the customer's act (a visit to us, their call), say whose it is in the label, or with `about = "customer"`, which is logged and shown to auditors."#,
    refused: r#"[[field]]
on = "customer"
name = "visited_this_quarter"
label = "Visited by us this quarter"
type = "yes_no""#,
    lawful: r#"[[field]]
on = "customer"
name = "visited_showroom"
label = "The customer has seen our showroom"
type = "yes_no"
about = "customer""#,
    see: r#""#,
};
