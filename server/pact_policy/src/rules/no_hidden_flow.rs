//! The rule `no-hidden-flow`.

use super::Page;

/// The page of `no-hidden-flow`.
pub(super) static PAGE: Page = Page {
    id: "no-hidden-flow",
    what: r#"Refuses code that cannot be judged: unknown functions and members, calls by a computed name, imports that cannot be resolved, functions that take over a host's name, characters that hide or reorder text."#,
    why: r#"A promise that nothing is counted holds only if everything can be looked into. What cannot is refused, whatever it does."#,
    instead: r#"Call functions by their names, import only from `std/`, give your own functions names that the interface does not have, and write plain text. `pact lint` names the function that it does not know; the reference page lists those that exist."#,
    refused: r#"fn on_lead_won(lead) {
    highlight(lead, Fn(setting("report")).call(lead));
}"#,
    lawful: r#"fn on_lead_won(lead) {
    highlight(lead, if setting("report") == "short" { short(lead) } else { full(lead) });
}"#,
    see: r#""#,
};
