//! What a view may not show, and how what it may show is released.
//!
//! The labels are those of `policy.md` §3, for what a query can do: a condition *selects*, a group *keys*, a sort *orders*, a measure *gathers*.
//!
//! | a view | is |
//! |---|---|
//! | whose rows are acts (plans, requests, pushes, steps of a history) | refused: each list of them is counted by eye |
//! | that touches a trace (`author`, `written_at`, a field in which scripts store one) | refused; `author is me` in a list is one's own |
//! | report with acts in it (cards, the quiet clock, a subject measure) that names a person | refused, whatever the part: key, condition, order |
//! | list with acts in it, chosen or ordered by person; or with a person beside and ordered by acts | refused |
//! | report with acts in it, by team, territory or a custom field | released with `k`, if two of them cannot be subtracted from each other |
//! | list with acts in it and a person beside | shown one by one; exports name nobody |
//! | without acts: outcomes, stages, workload | shown, also per person |
//!
//! A custom field may hold what stands for a person, or for two; so it needs `k` like a territory.

use serde::{Deserialize, Serialize};

use super::parse::check;
use super::path::{Form, Path};
use super::{Function, Key, ME, Measure, Of, Op, Operand, View, order};
use crate::finding::{Finding, Severity, Step};
use crate::flow::lab::Bits;
use crate::lint::NotRead;
use crate::manifest::field::Place;
use crate::rules::Rule;
use crate::table::{Kind, Label};

/// How a view that is not refused is released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Only groups to which at least `k` people contributed are shown, without totals, and so that the others cannot be computed.
    pub with_k: bool,
    /// Exports and mail name no person.
    pub conceal: bool,
}

/// What scripts store in a field, and how it came there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    pub(crate) bits: Bits,
    pub(crate) path: Vec<Step>,
}

/// The spans with which the quiet clock is compared where groups of staff are counted: a ladder, so that two views do not enclose one lead.
pub const LADDER: [&str; 5] = ["2 work days", "5 work days", "10 work days", "20 work days", "60 work days"];

/// The most paths by which a report over acts groups.
const K_KEYS: usize = 2;
/// The most conditions of a report over acts.
const K_FILTERS: usize = 4;

/// Judges a view; `stored` says what scripts store in a custom field, or in `highlighted`.
pub(crate) fn judge(
    file: &str,
    view: &View,
    stored: &dyn Fn(Kind, &str, bool) -> Stored,
) -> Result<(Vec<Finding>, Release), NotRead> {
    check(view).map_err(|(place, message)| NotRead { file: file.to_owned(), line: place.line, column: place.column, message })?;
    let judging = Judging { file, view, parts: parts(file, view, stored) };
    let mut findings = Vec::new();
    if view.of.is_act() {
        findings.push(judging.rows_are_acts());
    } else {
        findings.extend(judging.traces());
        if findings.is_empty() {
            findings.extend(judging.by_person());
        }
    }
    let release = judging.release();
    if findings.is_empty() && release.with_k {
        findings.extend(judging.subtractable());
    }
    Ok((findings, release))
}

/// What a part of a view does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Column,
    Filter { op: Op, mine: bool },
    Key,
    Measure(Function),
    Sort,
}

/// A part of a view that names a path, with what it reveals.
struct Part<'a> {
    role: Role,
    text: &'a str,
    /// With what a condition compares.
    value: Option<&'a Operand>,
    place: Place,
    path: Path,
    /// It is, or tells of, one person.
    who: bool,
    /// It shows an act, or scripts stored a measure of acts in it.
    trace: bool,
    /// It is a quiet clock or a measure of one customer or lead.
    subject: bool,
    /// How what it reveals was stored.
    before: Vec<Step>,
}

fn parts<'a>(file: &str, view: &'a View, stored: &dyn Fn(Kind, &str, bool) -> Stored) -> Vec<Part<'a>> {
    let kind = view.of.kind();
    let mut parts = Vec::new();
    let mut add = |role, text: &'a str, value: Option<&'a Operand>, place, path: &str| {
        let Ok(path) = Path::of(kind, path) else { return };
        let mut part = Part {
            who: path.who,
            trace: path.label.has(Label::TRACE),
            subject: path.label.meets(Label::CLOCK | Label::SUBJECT),
            before: Vec::new(),
            value,
            role,
            text,
            place,
            path,
        };
        for hop in &part.path.hops {
            if !hop.field && hop.name != "highlighted" {
                continue;
            }
            let Stored { bits, path } = stored(hop.of, &hop.name, hop.field);
            part.who |= bits.has(Bits::WHO);
            part.path.group |= bits.has(Bits::GROUP);
            let lasting = Bits::TRACE | Bits::COACHING | Bits::METRIC | Bits::DURATION | Bits::RANK | Bits::DUTY | Bits::AGE;
            part.trace |= bits.meets(lasting);
            part.subject |= bits.meets(Bits::COUNTS);
            if bits.meets(lasting | Bits::COUNTS | Bits::PERSONAL) {
                part.before.extend(path);
                part.before.push(step(file, place, format!("the view reads `{}`, in which scripts store this", hop.name)));
            }
        }
        parts.push(part);
    };
    for filter in &view.filter {
        let mine = filter.op == Op::Is && filter.value == Some(Operand::Text(ME.to_owned()));
        add(Role::Filter { op: filter.op, mine }, &filter.by.text, filter.value.as_ref(), filter.by.place, &filter.by.text);
    }
    for word in &view.columns {
        add(Role::Column, &word.text, None, word.place, &word.text);
    }
    for word in &view.group {
        add(Role::Key, &word.text, None, word.place, Key::of(&word.text).path);
    }
    for word in &view.measure {
        if let Some(Measure { function, path: Some(path) }) = Measure::of(&word.text) {
            add(Role::Measure(function), &word.text, None, word.place, path);
        }
    }
    if !view.is_report() {
        for word in &view.sort {
            add(Role::Sort, &word.text, None, word.place, order(&word.text).0);
        }
    }
    parts
}

struct Judging<'a> {
    file: &'a str,
    view: &'a View,
    parts: Vec<Part<'a>>,
}

impl Part<'_> {
    /// A path through the author to their team: a group of staff that contributed.
    fn is_team_of_actor(&self) -> bool {
        self.trace && !self.who && self.path.group && self.role == Role::Key
    }

    /// One's own, for oneself.
    fn is_own(&self) -> bool {
        matches!(self.role, Role::Filter { mine: true, .. }) && self.path.form == Form::Record(Kind::Person)
    }

    fn acts(&self) -> bool {
        self.trace || self.subject
    }

    fn stands_for_staff(&self) -> bool {
        self.path.group || self.path.field().is_some()
    }

    /// What it does to the rows, in words.
    fn does(&self) -> String {
        let text = self.path.text();
        match self.role {
            Role::Column => format!("shows `{text}`"),
            Role::Filter { .. } => format!("chooses rows by `{text}`"),
            Role::Key => format!("groups by `{text}`"),
            Role::Measure(function) => format!("takes the {} of `{text}`", function.word()),
            Role::Sort => format!("orders by `{text}`"),
        }
    }
}

impl Judging<'_> {
    fn is_cards(&self) -> bool {
        self.view.of == Of::Cards
    }

    /// Whether anything in the view tells of acts.
    fn has_acts(&self) -> bool {
        self.is_cards() || self.parts.iter().any(Part::acts)
    }

    fn people(&self) -> impl Iterator<Item = &Part<'_>> {
        self.parts.iter().filter(|part| part.who)
    }

    fn rows_are_acts(&self) -> Finding {
        let rows = self.view.of.word();
        let message = format!("a view of {rows}: each row shows an act of a member of staff, and a list of them counts acts");
        let mut path =
            vec![self.here(self.view.place, format!("`{rows}`: that each one is there is a trace of what somebody did"))];
        path.extend(self.people().map(|part| self.here(part.place, part.does())));
        self.finding(self.view.place, self.view.of.word(), message, path, self.instead())
    }

    /// Parts that show when or by whom something was done.
    fn traces(&self) -> Vec<Finding> {
        let own = |part: &Part<'_>| part.is_own() && !self.view.is_report();
        let found = self.parts.iter().filter(|part| part.trace && !part.is_team_of_actor() && !own(part));
        let finding = |part: &Part<'_>| {
            let text = part.path.text();
            let what = if part.who { "who did something" } else { "what a member of staff did, or when" };
            let message = format!("the view {}, which tells {what}", part.does());
            let mut path = part.before.clone();
            if path.is_empty() {
                path.push(self.here(part.place, format!("reads `{text}`, which carries {}", names(part.path.label))));
            }
            self.finding(part.place, part.text, message, path, self.instead())
        };
        found.map(finding).collect()
    }

    /// Acts in one view with a person who selects, keys or orders them.
    fn by_person(&self) -> impl Iterator<Item = Finding> {
        let sorts_by_acts = self.parts.iter().any(|part| part.acts() && part.role == Role::Sort);
        let report = self.view.is_report();
        let attributes = |part: &&Part<'_>| match part.role {
            Role::Filter { mine: true, .. } if part.is_own() => report,
            Role::Filter { .. } | Role::Sort | Role::Key | Role::Measure(_) => true,
            Role::Column => sorts_by_acts,
        };
        let person = self.people().find(attributes).filter(|_| self.has_acts());
        person.map(|person| self.attributed(person)).into_iter()
    }

    fn attributed(&self, person: &Part<'_>) -> Finding {
        let mut path = self.source();
        path.extend(person.before.iter().cloned());
        if person.before.is_empty() {
            path.push(self.here(person.place, format!("reads `{}`, which tells one person from another", person.path.text())));
        }
        let acts = self
            .parts
            .iter()
            .find(|part| part.acts())
            .map_or_else(|| "cards".to_owned(), |part| format!("`{}`", part.path.text()));
        let acts = if self.is_cards() { "cards".to_owned() } else { acts };
        let message = match person.role {
            Role::Column => format!("the view orders people by {acts}: it {} beside", person.does()),
            Role::Filter { .. } | Role::Sort | Role::Key | Role::Measure(_) if self.view.is_report() => {
                format!("the view measures {acts} and {}, which makes it a figure about that person", person.does())
            }
            Role::Filter { .. } | Role::Sort | Role::Key | Role::Measure(_) => {
                format!("the view lists {acts} and {}, so that they are counted by eye", person.does())
            }
        };
        self.finding(person.place, person.text, message, path, self.instead())
    }

    /// Where acts come into the view.
    fn source(&self) -> Vec<Step> {
        let mut path = Vec::new();
        if self.is_cards() {
            path.push(
                self.here(self.view.place, "`cards`: each was written by somebody, so their number counts acts".to_owned()),
            );
        }
        if let Some(part) = self.parts.iter().find(|part| part.acts()) {
            path.extend(part.before.iter().cloned());
            if part.before.is_empty() {
                path.push(
                    self.here(part.place, format!("reads `{}`, which carries {}", part.path.text(), names(part.path.label))),
                );
            }
        }
        path
    }

    fn release(&self) -> Release {
        let acts = self.has_acts();
        let staff = |part: &Part<'_>| matches!(part.role, Role::Key | Role::Filter { .. }) && part.stands_for_staff();
        let beside = self.people().any(|part| part.role == Role::Column);
        Release {
            with_k: self.view.is_report() && acts && self.parts.iter().any(staff),
            conceal: !self.view.is_report() && acts && beside,
        }
    }

    /// Parts by which two views over groups of staff could be subtracted from each other.
    fn subtractable(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut find = |place, text: &str, message: String, instead: &str| {
            let mut path = self.source();
            path.extend(
                self.parts.iter().filter(|part| part.stands_for_staff()).take(1).map(|part| self.here(part.place, part.does())),
            );
            found.push(self.finding(place, text, message, path, instead.to_owned()));
        };
        for part in &self.parts {
            match part.role {
                Role::Filter { .. } if part.path.group => find(
                    part.place,
                    part.text,
                    format!(
                        "the view chooses one group of staff by `{}`: two such views, subtracted, tell of the few between them",
                        part.path.text()
                    ),
                    "Take the team or territory as a group and read its row: groups to which fewer than k people contributed are left out there.",
                ),
                Role::Filter { op, .. } if !is_whole(part, op) => find(
                    part.place,
                    part.text,
                    format!(
                        "the view narrows acts of a group of staff by `{}`: moved by a little, it tells of the few between",
                        part.path.text()
                    ),
                    "Use conditions with `is`, `is_set` or `is_empty`; for time, group by month(…); for the quiet clock, 2, 5, 10, 20 or 60 work days.",
                ),
                Role::Measure(Function::Least | Function::Most) => find(
                    part.place,
                    part.text,
                    format!("`{}` over a group of staff is the value of one of them", part.text),
                    "Use count, customers, sum(…) or average(…).",
                ),
                Role::Filter { .. } | Role::Measure(_) | Role::Column | Role::Key | Role::Sort => {}
            }
        }
        let keys = self.parts.iter().filter(|part| part.role == Role::Key).count();
        let filters = self.parts.iter().filter(|part| matches!(part.role, Role::Filter { .. })).count();
        if keys > K_KEYS || filters > K_FILTERS {
            find(
                self.view.place,
                self.view.of.word(),
                format!("a report over acts of groups of staff has at most {K_KEYS} groups and {K_FILTERS} conditions"),
                "Leave some out: the finer the groups, the fewer people stand behind each.",
            );
        }
        found
    }

    fn instead(&self) -> String {
        let of = match self.view.of {
            Of::Leads => {
                "Group by stage, source, product, customer or month, or by territory with k; per owner show what becomes of leads: count, sum(value), by state."
            }
            Of::Customers => {
                "Group by segment, industry, country or territory; the owner may stand beside in a list that is ordered by something else."
            }
            Of::Cards => {
                "Group by about, theme, kind, customer or month(said_on), or by territory with k. Who wrote a card stands on the customer's page."
            }
            Of::Goals => "Show targets and what is reached.",
            Of::Plans => "Plans are listed at GET /api/v1/plans, one by one; what came of them are cards and leads: view these.",
            Of::Requests => {
                "Requests wait with the person who is asked, in their own list; what customers wanted are cards: view these."
            }
            Of::Pushes | Of::History => {
                "What was offered and done stands on each lead; view leads by stage, source, product or month."
            }
        };
        of.to_owned()
    }

    fn here(&self, place: Place, what: String) -> Step {
        step(self.file, place, what)
    }

    fn finding(&self, place: Place, text: &str, message: String, mut path: Vec<Step>, instead: String) -> Finding {
        let rule = Rule::NoActivityView;
        path.dedup();
        path.push(self.here(place, message.clone()));
        Finding {
            rule,
            severity: Severity::Error,
            file: self.file.to_owned(),
            line: place.line,
            column: place.column,
            end_line: place.line,
            end_column: place.column + u32::try_from(text.chars().count()).unwrap_or(0),
            message,
            why: rule.page().why.to_owned(),
            instead,
            path,
        }
    }
}

fn step(file: &str, place: Place, what: String) -> Step {
    Step { file: file.to_owned(), line: place.line, column: place.column, what }
}

fn names(label: Label) -> String {
    label.names().collect::<Vec<_>>().join(" and ")
}

/// Whether a condition takes a whole class of rows, so that there is nothing between it and the next.
fn is_whole(part: &Part<'_>, op: Op) -> bool {
    match (op, part.path.form) {
        (Op::Is | Op::IsSet | Op::IsEmpty, _) => true,
        (Op::AtLeast | Op::Below, Form::Clock) => {
            matches!(part.value, Some(Operand::Text(span)) if LADDER.contains(&span.as_str()))
        }
        (Op::IsNot | Op::OneOf | Op::AtLeast | Op::Below | Op::Contains, _) => false,
    }
}
