//! Changes beyond who did what, to show how a refused script leaks: how many acts there are, when they were, how quiet a lead is.
//!
//! A lawful script may show such things in their place, so these pairs say nothing about scripts that pass; for a script that the
//! linter refuses they are the example that explains why.

use std::sync::Arc;

use fastrand::Rng;
use pact_core::time::MINUTES_PER_WORK_DAY;
use pact_policy::table::{Kind, Label, members_of};

use super::acts::{Changes, act_kinds};
use super::worlds::NOW_MILLIS;
use crate::cases::World;
use crate::value::{Record, Value};

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wide {
    /// Some acts were not done.
    Fewer,
    /// Acts were done at other moments and on other days.
    When,
    /// Leads and customers are quiet for another time, and were offered and escalated otherwise.
    Clocks,
    /// Acts inside a coaching period were other ones.
    Coaching,
}

impl Wide {
    pub(super) const ALL: [Self; 4] = [Self::Fewer, Self::Clocks, Self::When, Self::Coaching];

    /// What is changed, as a sentence about two worlds.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Fewer => "in the second world, some acts were not done",
            Self::When => "in the second world, acts were done at other times",
            Self::Clocks => {
                "in the second world, leads and customers were quiet for another time, or offered and escalated otherwise"
            }
            Self::Coaching => "in the second world, other things were done inside the coaching period",
        }
    }
}

/// The changes that make the second world of a pair.
pub(super) fn changes(base: &World, wide: Wide, rng: &mut Rng) -> Changes {
    let mut changes = Changes::new();
    let mut change = |record: &Arc<Record>, new: Option<Record>| {
        if new.as_ref() != Some(&**record) {
            changes.insert((record.kind, record.id), new.map(Arc::new));
        }
    };
    match wide {
        Wide::Fewer => {
            for kind in act_kinds() {
                for record in some(base, kind, rng) {
                    change(&record, None);
                }
            }
        }
        Wide::Coaching => {
            for record in some(base, Kind::Act, rng) {
                change(&record, None);
            }
            for record in base.all(Kind::Period) {
                change(record, Some(other(record, Label::COACHING, rng)));
            }
        }
        Wide::When => {
            for kind in act_kinds() {
                for record in some(base, kind, rng) {
                    change(&record, Some(other(&record, Label::TRACE, rng)));
                }
            }
        }
        Wide::Clocks => {
            for kind in [Kind::Lead, Kind::Customer] {
                for record in some(base, kind, rng) {
                    let clock = other(&record, Label::CLOCK, rng);
                    change(&record, Some(other(&clock, Label::SUBJECT, rng)));
                }
            }
        }
    }
    changes
}

/// About half of the records of a kind.
fn some(base: &World, kind: Kind, rng: &mut Rng) -> Vec<Arc<Record>> {
    base.all(kind).iter().filter(|_| rng.bool()).cloned().collect()
}

/// The record with other values wherever the table has this label.
fn other(record: &Record, label: Label, rng: &mut Rng) -> Record {
    let mut new = record.clone();
    for (at, member) in members_of(record.kind).enumerate().filter(|(_, member)| member.label.has(label)) {
        let Some(value) = new.values.get_mut(at) else { continue };
        match value {
            Value::Instant(millis) => *millis = (*millis - rng.i64(1..20) * 43_200_000).min(NOW_MILLIS),
            Value::Day(day) => *day = *day + chrono::Days::new(rng.u64(0..9)) - chrono::Days::new(rng.u64(0..9)),
            Value::WorkSpan(minutes) => *minutes = rng.i64(0..24) * MINUTES_PER_WORK_DAY / 2,
            Value::Int(n) => *n = rng.i64(0..5),
            Value::Text(text) if member.name == "answer" => {
                *text = ["waiting", "accepted", "declined", "expired"][rng.usize(0..4)].to_owned();
            }
            Value::Text(text) if label == Label::COACHING => text.push_str(" and more"),
            Value::Unit
            | Value::Bool(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Span(_)
            | Value::Money { .. }
            | Value::List(_)
            | Value::Map(_)
            | Value::Ref(..) => {}
        }
    }
    new
}
