//! Functions and methods of the interface, effects among them.

use serde::{Deserialize, Serialize};

use super::{Kind, Label, Ty};

/// What a manifest declares in `may` before a script can have an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is a word of the capability column")]
pub enum Capability {
    Push,
    Highlight,
    Escalate,
    Transfer,
    Set,
    Card,
    Ask,
    Notify,
    Suggest,
    Digest,
    Webhook,
    Coaching,
    Enter,
    Handover,
    Mail,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 15] = [
        Self::Push,
        Self::Highlight,
        Self::Escalate,
        Self::Transfer,
        Self::Set,
        Self::Card,
        Self::Ask,
        Self::Notify,
        Self::Suggest,
        Self::Digest,
        Self::Webhook,
        Self::Coaching,
        Self::Enter,
        Self::Handover,
        Self::Mail,
    ];

    /// The word in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Highlight => "highlight",
            Self::Escalate => "escalate",
            Self::Transfer => "transfer",
            Self::Set => "set",
            Self::Card => "card",
            Self::Ask => "ask",
            Self::Notify => "notify",
            Self::Suggest => "suggest",
            Self::Digest => "digest",
            Self::Webhook => "webhook",
            Self::Coaching => "coaching",
            Self::Enter => "enter",
            Self::Handover => "handover",
            Self::Mail => "mail",
        }
    }

    /// The capability that a manifest's word names: the capability itself, or a function that needs it (`write_card`).
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|capability| capability.name() == word)
            .or_else(|| FUNCTIONS.iter().find(|function| function.name == word).and_then(|function| function.capability))
    }
}

/// A function or method of the interface.
#[derive(Debug)]
pub struct Function {
    /// Which function it is.
    pub id: FnId,
    /// The type that has it as a method, if it is one.
    pub on: Option<Ty>,
    /// Its name in scripts.
    pub name: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    /// Its result.
    pub returns: Ty,
    /// What its result reveals beside what went in.
    pub label: Label,
    /// What a manifest must declare before a script may call it.
    pub capability: Option<Capability>,
    /// What it does, as a sentence.
    pub doc: &'static str,
}

/// A parameter of a function.
#[derive(Debug)]
pub struct Param {
    /// Its name in documentation and completion.
    pub name: &'static str,
    /// Its type.
    pub ty: Ty,
    /// Whether a caller may leave it, and all after it, out.
    pub optional: bool,
}

/// Which function an entry is; the host matches on it, so an entry without a meaning does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is documented by its entry in the table")]
pub enum FnId {
    Now,
    Today,
    Minutes,
    Hours,
    Days,
    Weeks,
    WorkHours,
    WorkDays,
    Money,
    Setting,
    Translate,
    Pick,
    QueryFirst,
    QueryLen,
    QueryIsEmpty,
    QueryToArray,
    QueryLimit,
    QueryFilter,
    QueryMap,
    RecordField,
    Rotation,
    RotationNext,
    RotationWithRoom,
    RotationOnDuty,
    RotationOnDutyWithin,
    RotationExcept,
    RotationAlreadyTried,
    Tally,
    TallyRows,
    Sum,
    Enter,
    HandOver,
    WriteTo,
    Push,
    Highlight,
    Unhighlight,
    Escalate,
    Transfer,
    Set,
    WriteCard,
    Ask,
    Notify,
    Suggest,
    Digest,
    DigestSection,
    DigestAdd,
    DigestSay,
    Send,
    Post,
    Log,
    Acts,
    Note,
}

const fn p(name: &'static str, ty: Ty) -> Param {
    Param { name, ty, optional: false }
}

const fn o(name: &'static str, ty: Ty) -> Param {
    Param { name, ty, optional: true }
}

const fn f(id: FnId, name: &'static str, params: &'static [Param], returns: Ty, doc: &'static str) -> Function {
    Function { id, on: None, name, params, returns, label: Label::NONE, capability: None, doc }
}

const fn method(on: Ty, id: FnId, name: &'static str, params: &'static [Param], returns: Ty, doc: &'static str) -> Function {
    Function { id, on: Some(on), name, params, returns, label: Label::NONE, capability: None, doc }
}

const fn effect(id: FnId, name: &'static str, params: &'static [Param], needs: Capability, doc: &'static str) -> Function {
    Function { id, on: None, name, params, returns: Ty::Unit, label: Label::NONE, capability: Some(needs), doc }
}

const PERSON: Ty = Ty::Record(Kind::Person);
const LEAD: Ty = Ty::Record(Kind::Lead);
const CUSTOMER: Ty = Ty::Record(Kind::Customer);
const PERIOD: Ty = Ty::Record(Kind::Period);
const BECAUSE: Param = p("because", Ty::Text);
const ROW: Ty = Ty::List(&Ty::Map);

use Capability as C;
use FnId as F;

/// Every function and method.
pub static FUNCTIONS: &[Function] = &[
    f(F::Now, "now", &[], Ty::Instant, "The moment of the run, fixed while it lasts."),
    f(F::Today, "today", &[], Ty::Day, "The day of the run, in the schedule's zone."),
    f(F::Minutes, "minutes", &[p("n", Ty::Int)], Ty::Span, "A span of minutes."),
    f(F::Hours, "hours", &[p("n", Ty::Int)], Ty::Span, "A span of hours."),
    f(F::Days, "days", &[p("n", Ty::Int)], Ty::Span, "A span of days."),
    f(F::Weeks, "weeks", &[p("n", Ty::Int)], Ty::Span, "A span of weeks."),
    f(F::WorkHours, "work_hours", &[p("n", Ty::Int)], Ty::WorkSpan, "A span of working hours."),
    f(F::WorkDays, "work_days", &[p("n", Ty::Int)], Ty::WorkSpan, "A span of working days."),
    f(F::Money, "money", &[p("amount", Ty::Number), p("currency", Ty::Text)], Ty::Money, "An amount in an ISO 4217 currency."),
    f(F::Setting, "setting", &[p("name", Ty::Text)], Ty::Any, "The value of a setting of this plugin."),
    f(
        F::Translate,
        "t",
        &[p("key", Ty::Text), o("values", Ty::Map)],
        Ty::Text,
        "A text of this plugin in the reader's language.",
    ),
    f(
        F::Pick,
        "pick",
        &[p("list", Ty::List(&Ty::Any))],
        Ty::Any,
        "One element, chosen by the event: the same event picks the same.",
    ),
    method(Ty::AnyQuery, F::QueryFirst, "first", &[], Ty::Any, "The first element, or `()`."),
    method(Ty::AnyQuery, F::QueryLen, "len", &[], Ty::Int, "How many elements there are."),
    method(Ty::AnyQuery, F::QueryIsEmpty, "is_empty", &[], Ty::Bool, "Whether there is no element."),
    method(Ty::AnyQuery, F::QueryToArray, "to_array", &[], Ty::List(&Ty::Any), "The elements as an array."),
    method(Ty::AnyQuery, F::QueryLimit, "limit", &[p("n", Ty::Int)], Ty::Same, "At most this many elements."),
    method(
        Ty::AnyQuery,
        F::QueryFilter,
        "filter",
        &[p("keep", Ty::Function)],
        Ty::List(&Ty::Any),
        "The elements for which the function says `true`.",
    ),
    method(
        Ty::AnyQuery,
        F::QueryMap,
        "map",
        &[p("make", Ty::Function)],
        Ty::List(&Ty::Any),
        "What the function makes of each element.",
    ),
    method(
        Ty::AnyRecord,
        F::RecordField,
        "field",
        &[p("name", Ty::Text)],
        Ty::Any,
        "The value of a custom field, or `()`; it carries that field's label.",
    ),
    Function {
        label: Label::WHO,
        ..f(
            F::Rotation,
            "rotation",
            &[p("name", Ty::Text), p("people", Ty::Query(Kind::Person))],
            Ty::Rotation,
            "Whose turn it is among these people; the cursor is durable and moves only when the run commits.",
        )
    },
    Function {
        label: Label::WHO,
        ..method(Ty::Rotation, F::RotationNext, "next", &[], Ty::Maybe(&PERSON), "The person whose turn it is, or `()`.")
    },
    method(Ty::Rotation, F::RotationWithRoom, "with_room", &[], Ty::Rotation, "Without people at capacity."),
    method(Ty::Rotation, F::RotationOnDuty, "on_duty", &[], Ty::Rotation, "Without people whom the calendar has away."),
    method(
        Ty::Rotation,
        F::RotationOnDutyWithin,
        "on_duty_within",
        &[p("span", Ty::AnySpan)],
        Ty::Rotation,
        "Only people at work now or within this span; of these, those who begin on the first morning. A working day counts as a day.",
    ),
    method(Ty::Rotation, F::RotationExcept, "except", &[p("person", Ty::Maybe(&PERSON))], Ty::Rotation, "Without this person."),
    method(
        Ty::Rotation,
        F::RotationAlreadyTried,
        "already_tried",
        &[p("lead", LEAD)],
        Ty::Rotation,
        "Without people to whom this lead was pushed before.",
    ),
    f(
        F::Tally,
        "tally",
        &[p("query", Ty::AnyQuery), p("key", Ty::Function)],
        Ty::Tally,
        "Counts by key; groups with fewer than `k` contributors are left out.",
    ),
    method(Ty::Tally, F::TallyRows, "rows", &[], ROW, "The groups, as `#{ key, count }`, highest count first."),
    f(
        F::Sum,
        "sum",
        &[p("query", Ty::AnyQuery), p("number", Ty::Function)],
        Ty::Any,
        "The sum of a number or amount over the elements.",
    ),
    effect(
        F::Push,
        "push",
        &[p("lead", LEAD), p("person", PERSON), o("options", Ty::Map)],
        C::Push,
        "Offers the lead; options are `within` (time to answer) and `because`.",
    ),
    effect(F::Highlight, "highlight", &[p("lead", LEAD), BECAUSE], C::Highlight, "Shows the lead to its owner and team."),
    effect(F::Unhighlight, "unhighlight", &[p("lead", LEAD)], C::Highlight, "Shows the lead no longer."),
    effect(
        F::Escalate,
        "escalate",
        &[p("lead", LEAD), p("to", Ty::Maybe(&PERSON)), BECAUSE],
        C::Escalate,
        "Asks a person above to act; `lead.escalation` goes up.",
    ),
    effect(
        F::Transfer,
        "transfer",
        &[p("lead", LEAD), p("person", PERSON), BECAUSE],
        C::Transfer,
        "Gives the lead a new owner, with a handover text made from cards and plans.",
    ),
    effect(
        F::HandOver,
        "hand_over",
        &[p("lead", LEAD), p("text", Ty::Text)],
        C::Handover,
        "Keeps a handover text on the lead, and sends it to the lead's owner.",
    ),
    effect(
        F::Enter,
        "enter",
        &[p("customer", CUSTOMER), p("title", Ty::Text), o("options", Ty::Map)],
        C::Enter,
        "Enters a lead of a customer, unless it has an open one of this title; options are `product`, `contact`, `value` and `expected_on`.",
    ),
    effect(
        F::WriteTo,
        "write_to",
        &[p("contact", Ty::Record(Kind::Contact)), p("subject", Ty::Text), p("text", Ty::Text)],
        C::Mail,
        "Writes a mail to a customer's contact; it leaves after the commit.",
    ),
    effect(
        F::Set,
        "set",
        &[p("record", Ty::AnyRecord), p("field", Ty::Text), p("value", Ty::Any)],
        C::Set,
        "Writes a custom field that the plugin declares.",
    ),
    effect(
        F::WriteCard,
        "write_card",
        &[p("customer", CUSTOMER), p("kind", Ty::Text), p("text", Ty::Text)],
        C::Card,
        "Writes a card by the plugin.",
    ),
    effect(
        F::Ask,
        "ask",
        &[p("person", Ty::Maybe(&PERSON)), p("customer", CUSTOMER), p("text", Ty::Text), p("due", Ty::Day)],
        C::Ask,
        "Asks a person something about a customer: a request.",
    ),
    effect(
        F::Notify,
        "notify",
        &[p("person", Ty::Maybe(&PERSON)), p("text", Ty::Text), p("record", Ty::AnyRecord)],
        C::Notify,
        "Tells a person something about a record.",
    ),
    effect(
        F::Suggest,
        "suggest",
        &[p("text", Ty::Text), o("pack", Ty::Record(Kind::Pack))],
        C::Suggest,
        "Shows a prompt beside a card that is being written.",
    ),
    Function {
        returns: Ty::Digest,
        ..effect(
            F::Digest,
            "digest",
            &[p("person", PERSON), p("title", Ty::Text)],
            C::Digest,
            "Begins a planning digest for a person.",
        )
    },
    method(
        Ty::Digest,
        F::DigestSection,
        "section",
        &[p("title", Ty::Text)],
        Ty::Unit,
        "Begins a section; an empty one is left out.",
    ),
    method(
        Ty::Digest,
        F::DigestAdd,
        "add",
        &[p("record", Ty::AnyRecord), p("text", Ty::Text)],
        Ty::Unit,
        "Adds a line about a record.",
    ),
    method(Ty::Digest, F::DigestSay, "say", &[p("text", Ty::Text)], Ty::Unit, "Adds a line."),
    effect(F::Send, "send", &[p("digest", Ty::Digest)], C::Digest, "Sends the digest; one a person a tick."),
    effect(
        F::Post,
        "post",
        &[p("webhook", Ty::Text), p("payload", Ty::Any)],
        C::Webhook,
        "Posts to a webhook that the manifest names.",
    ),
    f(F::Log, "log", &[p("text", Ty::Text)], Ty::Unit, "Writes a line into the run's log."),
    Function {
        label: Label::COACHING,
        capability: Some(C::Coaching),
        ..f(F::Acts, "acts", &[p("period", PERIOD)], Ty::List(&Ty::Record(Kind::Act)), "The acts inside the coaching period.")
    },
    effect(
        F::Note,
        "note",
        &[p("period", PERIOD), p("text", Ty::Text)],
        C::Coaching,
        "Writes a note that coach and person read.",
    ),
];
