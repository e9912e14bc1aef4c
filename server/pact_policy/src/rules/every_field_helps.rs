//! The rule `every-field-helps`.

use super::Page;

/// The page of `every-field-helps`.
pub(super) static PAGE: Page = Page {
    id: "every-field-helps",
    what: r#"Refuses a field without a stated use for the sale, the customer or the rep."#,
    why: r#"Whoever is asked to fill in a field may know what it is good for. A field that serves only the head office is filled with what the head office wants to see."#,
    instead: r#"Set `helps` to "sale", "customer" or "rep", and say in `because` how, in a sentence that a salesperson would agree with."#,
    refused: r#"[[field]]
on = "customer"
name = "branch_code"
label = "Branch code"
type = "text""#,
    lawful: r#"[[field]]
on = "customer"
name = "branch_code"
label = "Branch code"
type = "text"
helps = "customer"
because = "The delivery goes to the branch that ordered.""#,
    see: r#""#,
};
