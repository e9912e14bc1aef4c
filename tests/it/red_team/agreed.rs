//! Ways through the pact and through coaching periods: who signed, who is coached, how often, and what was said.

use super::ways::{Way, refused, unknown};

const OWN: &str = "Everybody sees their own signature alone.";
const FOR_TWO: &str = "A period is for its two; for everybody else there is none.";
const COUNT: &str = "Auditors see how many periods each coach has had, and nothing else.";

pub(super) const AGREED: &[Way] = &[
    refused("Who has signed the pact, and who has not", OWN, "mia", "GET /pact/versions/0/signatures", 404, "unknown-path"),
    unknown("Versions of the pact chosen by who signed them", "GET /pact/versions?signed_by={ann}"),
    unknown("The pact as somebody else sees it", "GET /pact?person_id={ann}"),
    unknown("A statement about one person", "GET /pact/statement?person_id={ann}"),
    unknown("Coaching periods of one person", "GET /coaching/periods?person_id={ann}"),
    unknown("Coaching periods of one coach", "GET /coaching/periods?coach_id={bo}"),
    refused("A coaching period by a guessed id", FOR_TWO, "adam", "GET /coaching/periods/{customer}", 404, "not-found"),
    refused(
        "Notes of a coaching period, with an admin's rights",
        FOR_TWO,
        "adam",
        "GET /coaching/periods/{customer}/notes",
        404,
        "not-found",
    ),
    refused("How often people are coached, as a director", COUNT, "mia", "GET /coaching/coaches", 403, "forbidden"),
    refused(
        "Coaching counted by who is coached",
        COUNT,
        "audrey",
        "GET /coaching/coaches?person_id={ann}",
        400,
        "unknown-parameter",
    ),
    refused(
        "Coaches in the order of their periods",
        COUNT,
        "audrey",
        "GET /coaching/coaches?sort=-periods",
        400,
        "unknown-parameter",
    ),
    refused(
        "Coaching in the audit log chosen by person",
        "People stand in the log under pseudonyms, another one in each entry.",
        "audrey",
        "GET /evidence/entries?type=coaching_changed&person_id={ann}",
        400,
        "unknown-parameter",
    ),
];
