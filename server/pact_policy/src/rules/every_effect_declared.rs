//! The rule `every-effect-declared`.

use super::Page;

/// The page of `every-effect-declared`.
pub(super) static PAGE: Page = Page {
    id: "every-effect-declared",
    what: r#"Refuses an effect, a read, a field or a webhook that the manifest does not declare."#,
    why: r#"Admins consent to what a manifest says. A script that does more than it says asks for a consent that nobody gave."#,
    instead: r#"Add the word to `reads`, `may` or `webhooks`, or repeat the field's definition in a [[field]]; or leave the effect or read out."#,
    refused: r#"may = ["highlight"]

fn on_lead_quiet(lead) { escalate(lead, lead.owner.manager, "Quiet."); }"#,
    lawful: r#"may = ["highlight", "escalate"]

fn on_lead_quiet(lead) { escalate(lead, lead.owner.manager, "Quiet."); }"#,
    see: r#""#,
};
