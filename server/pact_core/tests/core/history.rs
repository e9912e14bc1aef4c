//! The sentence of each step.

use pact_core::history::{LeadStep, Wording};
use pact_core::lead::Stage;
use pact_core::time::WorkSpan;
use uuid::Uuid;

use crate::id;

const ANN: Uuid = id(1);
const BO: Uuid = id(2);

#[test]
fn each_step_is_one_sentence() {
    let s = |text: &str| text.to_owned();
    let until = "2026-11-24T10:10:00Z".parse().unwrap();
    let steps = [
        (LeadStep::Entered { source: s("the web form") }, "entered", "Entered from the web form."),
        (
            LeadStep::Matched { to: s("the customer Globex"), because: s("same e-mail domain globex.com") },
            "matched",
            "Matched to the customer Globex: same e-mail domain globex.com.",
        ),
        (
            LeadStep::NearMatch { to: s("the customer Globex"), because: s("similar name") },
            "near_match",
            "Looks like the customer Globex (similar name); merge them if they are the same.",
        ),
        (
            LeadStep::Pushed { to: ANN, until, because: s("Globex is in Benelux.") },
            "pushed",
            "Pushed to Ann Visser until Tue 24 Nov 11:10: Globex is in Benelux.",
        ),
        (LeadStep::Accepted { by: ANN }, "accepted", "Accepted by Ann Visser, who owns it now."),
        (
            LeadStep::Declined { by: BO, because: s("conflict of interest") },
            "declined",
            "Declined by Bo Lind: conflict of interest.",
        ),
        (LeadStep::Expired { to: BO }, "expired", "Nobody answered in time; the push to Bo Lind has expired."),
        (
            LeadStep::Withdrawn { to: BO, because: s("wrong territory") },
            "withdrawn",
            "The push to Bo Lind was withdrawn: wrong territory.",
        ),
        (
            LeadStep::Transferred { from: Some(BO), to: ANN, because: s("quiet for 9 work days") },
            "transferred",
            "Transferred from Bo Lind to Ann Visser: quiet for 9 work days.",
        ),
        (
            LeadStep::Transferred { from: None, to: ANN, because: s("she knows them") },
            "transferred",
            "Given to Ann Visser: she knows them.",
        ),
        (LeadStep::HandedOver { to: ANN }, "handed_over", "A handover text for Ann Visser is on this lead."),
        (
            LeadStep::Escalated { to: ANN, step: 2, because: s("still quiet") },
            "escalated",
            "Escalated to Ann Visser (step 2): still quiet.",
        ),
        (LeadStep::Highlighted { because: s("quiet") }, "highlighted", "Highlighted: quiet."),
        (LeadStep::Unhighlighted, "unhighlighted", "No longer highlighted."),
        (LeadStep::StageChanged { from: Stage::Enquiry, to: Stage::Talks }, "stage_changed", "Went from enquiry to talks."),
        (LeadStep::Won { value: Some(s("EUR 12,000.00")) }, "won", "Won: EUR 12,000.00."),
        (LeadStep::Won { value: None }, "won", "Won."),
        (LeadStep::Lost { because: s("no budget") }, "lost", "Lost: no budget."),
        (
            LeadStep::Reopened { owner: Some(ANN), because: s("they called again") },
            "reopened",
            "Opened again for Ann Visser: they called again.",
        ),
        (LeadStep::Reopened { owner: None, because: s("they called again") }, "reopened", "Opened again: they called again."),
        (LeadStep::Merged { with: s("Pumps") }, "merged", "Merged with \"Pumps\"; both histories are kept."),
        (LeadStep::Quiet { span: WorkSpan::of_minutes(2_400) }, "quiet", "Quiet for 5 work days."),
        (
            LeadStep::RunFailed { plugin: s("lead-push"), what: s("push.rhai, line 4: no person") },
            "run_failed",
            "The plugin lead-push failed here and changed nothing: push.rhai, line 4: no person.",
        ),
    ];
    let name = |person: Uuid| if person == ANN { "Ann Visser".to_owned() } else { "Bo Lind".to_owned() };
    let wording = Wording { name: &name, zone: chrono_tz::Europe::Amsterdam };
    for (step, what, text) in steps {
        assert_eq!((step.what(), step.text(&wording).as_str()), (what, text));
    }
}
