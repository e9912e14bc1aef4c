//! Ways through the pact: who signed it, and who did not.

use super::ways::{Way, refused, unknown};

const OWN: &str = "Everybody sees their own signature alone.";

pub(super) const AGREED: &[Way] = &[
    refused("Who has signed the pact, and who has not", OWN, "mia", "GET /pact/versions/0/signatures", 404, "unknown-path"),
    unknown("Versions of the pact chosen by who signed them", "GET /pact/versions?signed_by={ann}"),
    unknown("The pact as somebody else sees it", "GET /pact?person_id={ann}"),
    unknown("A statement about one person", "GET /pact/statement?person_id={ann}"),
];
