//! Entry points: a function with the name is called at the event.

use serde::{Deserialize, Serialize};

use super::{Kind, Ty};

/// Which event calls a function of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is documented by its entry in the table")]
pub enum EntryPoint {
    LeadCreated,
    PushDeclined,
    PushExpired,
    LeadOwned,
    LeadQuiet,
    StageChanged,
    LeadWon,
    LeadLost,
    CustomerCreated,
    CardWriting,
    CardWritten,
    PlanAnnounced,
    RequestOverdue,
    CoachingDay,
}

/// An entry point's function, as scripts write it.
#[derive(Debug)]
pub struct Entry {
    /// The event.
    pub point: EntryPoint,
    /// The function's name.
    pub name: &'static str,
    /// The event's name in tables, runs and cases.
    pub event: &'static str,
    /// Names and types of the function's parameters.
    pub params: &'static [(&'static str, Ty)],
    /// Whether an act of a member of staff fires it, so that being called is a trace (`policy.md` §3).
    pub act: bool,
    /// When it is called, as a sentence.
    pub doc: &'static str,
}

impl EntryPoint {
    /// The table's entry for this event.
    pub fn entry(self) -> &'static Entry {
        &ENTRY_POINTS[self as usize]
    }

    /// The event of this name (`lead_created`), if there is one.
    pub fn of_event(event: &str) -> Option<Self> {
        ENTRY_POINTS.iter().find(|entry| entry.event == event).map(|entry| entry.point)
    }
}

const LEAD: (&str, Ty) = ("lead", Ty::Record(Kind::Lead));
const PUSH: (&str, Ty) = ("push", Ty::Record(Kind::Push));
const CARD: (&str, Ty) = ("card", Ty::Record(Kind::Card));

const fn e(
    point: EntryPoint,
    name: &'static str,
    event: &'static str,
    params: &'static [(&'static str, Ty)],
    act: bool,
    doc: &'static str,
) -> Entry {
    Entry { point, name, event, params, act, doc }
}

use EntryPoint as E;

/// Every entry point, in the order of [`EntryPoint`].
pub static ENTRY_POINTS: [Entry; 14] = [
    e(E::LeadCreated, "on_lead_created", "lead_created", &[LEAD], false, "A lead has entered and waits for a person."),
    e(E::PushDeclined, "on_push_declined", "push_declined", &[LEAD, PUSH], true, "A person declined a push."),
    e(E::PushExpired, "on_push_expired", "push_expired", &[LEAD, PUSH], true, "A push was not answered in time."),
    e(E::LeadOwned, "on_lead_owned", "lead_owned", &[LEAD], true, "A person accepted a lead, or it was transferred."),
    e(E::LeadQuiet, "on_lead_quiet", "lead_quiet", &[LEAD], false, "A lead has been quiet for the setting `quiet_after`."),
    e(
        E::StageChanged,
        "on_stage_changed",
        "stage_changed",
        &[LEAD, ("from", Ty::Text), ("to", Ty::Text)],
        false,
        "A lead went to another stage.",
    ),
    e(E::LeadWon, "on_lead_won", "lead_won", &[LEAD], false, "A lead was won."),
    e(E::LeadLost, "on_lead_lost", "lead_lost", &[LEAD], false, "A lead was lost."),
    e(
        E::CustomerCreated,
        "on_customer_created",
        "customer_created",
        &[("customer", Ty::Record(Kind::Customer))],
        false,
        "A customer is new.",
    ),
    e(E::CardWriting, "on_card_writing", "card_writing", &[CARD], false, "A card is being written: suggestions only."),
    e(E::CardWritten, "on_card_written", "card_written", &[CARD], true, "A card was written."),
    e(
        E::PlanAnnounced,
        "on_plan_announced",
        "plan_announced",
        &[("plan", Ty::Record(Kind::Plan))],
        true,
        "A plan was announced.",
    ),
    e(
        E::RequestOverdue,
        "on_request_overdue",
        "request_overdue",
        &[("request", Ty::Record(Kind::Request))],
        true,
        "A request was not answered by its due day.",
    ),
    e(
        E::CoachingDay,
        "on_coaching_day",
        "coaching_day",
        &[("period", Ty::Record(Kind::Period))],
        false,
        "A day inside an open coaching period has ended.",
    ),
];
