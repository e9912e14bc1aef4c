//! The order of strength of each setting, as data: which of two values binds more.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Settings;

crate::words::words! {
    /// In what a version is weaker than the one in force. What nobody can compare, such as words, counts as weaker.
    pub enum Weaker, "weakening" {
        /// Its text is another.
        Text = "text",
        /// Smaller groups are shown.
        SmallerGroups = "smaller_groups",
        /// Notes of coaching periods are kept longer.
        LongerRetention = "longer_retention",
        /// The next weakening waits less.
        ShorterWaiting = "shorter_waiting",
        /// Coaching periods may be longer.
        LongerCoaching = "longer_coaching",
        /// A person may be coached more often.
        MoreCoaching = "more_coaching",
        /// Somebody does not sign for staff any more.
        FewerRepresentatives = "fewer_representatives",
        /// Others sign for management.
        OtherManagement = "other_management",
    }
}

/// What makes one value of a setting stronger than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stronger {
    /// The higher number.
    Higher,
    /// The lower number.
    Lower,
    /// Everybody who was there, and perhaps more.
    Everybody,
    /// Nothing: only the same value is as strong.
    Same,
}

/// How the values of one setting compare.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The setting's name, as it stands in a version.
    pub setting: &'static str,
    /// What makes a value stronger.
    pub stronger: Stronger,
    /// What it is called when the new value is weaker.
    pub weaker: Weaker,
}

/// Every setting, with its order of strength.
pub const ORDERS: [Order; 8] = [
    Order { setting: "text", stronger: Stronger::Same, weaker: Weaker::Text },
    Order { setting: "k", stronger: Stronger::Higher, weaker: Weaker::SmallerGroups },
    Order { setting: "retention_days", stronger: Stronger::Lower, weaker: Weaker::LongerRetention },
    Order { setting: "waiting_days", stronger: Stronger::Higher, weaker: Weaker::ShorterWaiting },
    Order { setting: "coaching_days", stronger: Stronger::Lower, weaker: Weaker::LongerCoaching },
    Order { setting: "coaching_per_year", stronger: Stronger::Lower, weaker: Weaker::MoreCoaching },
    Order { setting: "representatives", stronger: Stronger::Everybody, weaker: Weaker::FewerRepresentatives },
    Order { setting: "management", stronger: Stronger::Same, weaker: Weaker::OtherManagement },
];

/// A setting's value, as orders compare it.
#[derive(PartialEq, Eq)]
enum Value<'a> {
    Number(u32),
    People(&'a BTreeSet<Uuid>),
    Text(&'a str),
}

impl Weaker {
    fn value<'a>(self, text: &'a str, settings: &'a Settings) -> Value<'a> {
        match self {
            Self::Text => Value::Text(text),
            Self::SmallerGroups => Value::Number(settings.k),
            Self::LongerRetention => Value::Number(settings.retention_days),
            Self::ShorterWaiting => Value::Number(settings.waiting_days),
            Self::LongerCoaching => Value::Number(settings.coaching_days),
            Self::MoreCoaching => Value::Number(settings.coaching_per_year),
            Self::FewerRepresentatives => Value::People(&settings.representatives),
            Self::OtherManagement => Value::People(&settings.management),
        }
    }
}

impl Stronger {
    /// Whether `after` binds as much as `before`, or more.
    fn holds(self, before: &Value<'_>, after: &Value<'_>) -> bool {
        match (self, before, after) {
            (Self::Higher, Value::Number(before), Value::Number(after)) => after >= before,
            (Self::Lower, Value::Number(before), Value::Number(after)) => after <= before,
            (Self::Everybody, Value::People(before), Value::People(after)) => before.is_subset(after),
            _ => before == after,
        }
    }
}

/// In what a version is weaker than the one in force; nothing when it is as strong or stronger.
#[must_use]
pub fn weaker(before: (&str, &Settings), after: (&str, &Settings)) -> Vec<Weaker> {
    let is_weaker = |order: &&Order| {
        let (before, after) = (order.weaker.value(before.0, before.1), order.weaker.value(after.0, after.1));
        !order.stronger.holds(&before, &after)
    };
    ORDERS.iter().filter(is_weaker).map(|order| order.weaker).collect()
}
