//! The rule `no-unflagged-coaching`.

use super::Page;

/// The page of `no-unflagged-coaching`.
pub(super) static PAGE: Page = Page {
    id: "no-unflagged-coaching",
    what: r#"Refuses to use the coaching interface (`acts`, `note`, `on_coaching_day`) in a plugin whose manifest does not say `coaching = true`."#,
    why: r#"A coaching script is the one exception from the policy, so auditors must be able to see from the manifest that it is one, and the host must run it only inside an open period."#,
    instead: r#"Set `coaching = true` in the manifest of a plugin that does nothing else, or leave the coaching interface out."#,
    refused: r#"coaching = false

fn on_coaching_day(period) { note(period, "…"); }"#,
    lawful: r#"coaching = true

fn on_coaching_day(period) { note(period, "…"); }"#,
    see: r#""#,
};
