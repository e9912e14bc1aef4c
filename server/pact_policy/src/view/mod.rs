//! Saved views and reports: a small declarative query over leads, customers, cards or goals.
//!
//! A view names members of the interface table (`title`, `customer.segment`, `owner.team`, `field.contract_ends_on`); so it carries the
//! labels that scripts carry, and is judged by them ([`judge`]): what a script may not compute, a view may not show.
//!
//! | part | holds |
//! |---|---|
//! | this file | what a view says |
//! | [`mod@parse`] | from TOML to views, with the line of each mistake |
//! | [`path`] | from a path such as `customer.owner` to members, and what reading it reveals |
//! | [`judge`] | what may not be shown, and how what may be shown is released |
//! | [`mod@goal`] | goals: what a goal's words say that it measures |
//!
//! ```toml
//! [[view]]
//! name = "feedback"
//! title = "Feedback by product and theme"
//! of = "cards"                                  # leads, customers, cards or goals
//! filter = [{ by = "said_on", op = "at_least", value = "90 days ago" }]
//! group = ["about", "theme"]                    # a path, or day(…), week(…), month(…), quarter(…), year(…) of one
//! measure = ["count", "customers"]              # count, customers, sum(…), average(…), least(…), most(…)
//! sort = ["-count"]                             # a group or measure; - before it: largest first
//! chart = "bar"
//! ```
//!
//! A view without `group` and `measure` is a list, and has `columns`. `value = "me"` stands for whoever looks.

pub mod goal;
pub mod judge;
pub mod parse;
pub mod path;

use serde::{Deserialize, Serialize};

use crate::manifest::field::Place;
use crate::table::Kind;

pub use judge::Release;
pub use parse::parse_views;

/// The most entries of one part of a view.
pub const MAX_ENTRIES: usize = 20;
/// The most paths by which a view groups.
pub const MAX_KEYS: usize = 3;
/// The most views in one file.
pub const MAX_VIEWS: usize = 100;

/// A saved view or report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its name, `[a-z0-9-]`.
    pub name: String,
    /// Its title, for people.
    pub title: String,
    /// What its rows are.
    pub of: Of,
    /// What a list shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Word>,
    /// Which rows it takes: all conditions hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filter: Vec<Filter>,
    /// What a report groups by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<Word>,
    /// What a report shows of each group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measure: Vec<Word>,
    /// The order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sort: Vec<Word>,
    /// How a report is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    /// Where `of` is written; no part of the view.
    #[serde(skip)]
    pub place: Place,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The path.
    pub by: Word,
    /// What is asked of it.
    pub op: Op,
    /// With what it is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Operand>,
}

/// A word of a view, with the place where it is written; equal words are equal wherever they stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Word {
    /// The word.
    pub text: String,
    /// Where it is written.
    pub place: Place,
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self { text, place: Place::default() }
    }
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        word.text
    }
}

/// What a condition compares with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Operand {
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text, a day (`2026-11-24`, `90 days ago`, `start of quarter`), a span (`5 work days`) or an amount (`10000 EUR`).
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
}

/// Whoever looks, as the value of a condition on a person.
pub const ME: &str = "me";

macro_rules! closed {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word in a view.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one of this word.
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.word() == word)
            }
        }
    };
}

closed! {
    /// What the rows of a view are. The last four show an act each: a view of them is read, so that it can be refused with reasons.
    Of {
        /// Leads.
        Leads = "leads",
        /// Customers.
        Customers = "customers",
        /// Cards.
        Cards = "cards",
        /// Goals.
        Goals = "goals",
        /// Plans.
        Plans = "plans",
        /// Requests.
        Requests = "requests",
        /// Pushes of leads.
        Pushes = "pushes",
        /// Steps in the histories of leads.
        History = "history",
    }
}

impl Of {
    /// The kind of record.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Leads => Kind::Lead,
            Self::Customers => Kind::Customer,
            Self::Cards => Kind::Card,
            Self::Goals => Kind::Goal,
            Self::Plans => Kind::Plan,
            Self::Requests => Kind::Request,
            Self::Pushes => Kind::Push,
            Self::History => Kind::LeadEvent,
        }
    }

    /// Whether each row shows an act of a member of staff, and nothing but that.
    pub const fn is_act(self) -> bool {
        match self {
            Self::Plans | Self::Requests | Self::Pushes | Self::History => true,
            Self::Leads | Self::Customers | Self::Cards | Self::Goals => false,
        }
    }
}

closed! {
    /// What a condition asks.
    Op {
        /// It is this.
        Is = "is",
        /// It is not this.
        IsNot = "is_not",
        /// It is one of these.
        OneOf = "one_of",
        /// It is this or more, this day or later.
        AtLeast = "at_least",
        /// It is less than this, before this day.
        Below = "below",
        /// Its text holds this, whatever the case.
        Contains = "contains",
        /// There is a value.
        IsSet = "is_set",
        /// There is none.
        IsEmpty = "is_empty",
    }
}

closed! {
    /// How a report is drawn.
    Chart {
        /// As bars.
        Bar = "bar",
        /// As a line over time.
        Line = "line",
        /// As parts of a whole.
        Pie = "pie",
    }
}

closed! {
    /// A part of the calendar by which days and instants are grouped.
    Period {
        /// A day.
        Day = "day",
        /// A week, by its Monday.
        Week = "week",
        /// A month.
        Month = "month",
        /// A quarter.
        Quarter = "quarter",
        /// A year.
        Year = "year",
    }
}

closed! {
    /// What a report makes of the rows of a group.
    Function {
        /// How many they are.
        Count = "count",
        /// How many customers they are about.
        Customers = "customers",
        /// Their sum.
        Sum = "sum",
        /// Their mean.
        Average = "average",
        /// The least.
        Least = "least",
        /// The most.
        Most = "most",
    }
}

/// A path to group by, in periods where it is a day or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// The path.
    pub path: &'a str,
    /// The period.
    pub period: Option<Period>,
}

/// What a report shows of each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure<'a> {
    /// What is made of the rows.
    pub function: Function,
    /// Of which of their values; none for how many there are.
    pub path: Option<&'a str>,
}

impl View {
    /// Whether it shows groups of rows instead of rows.
    pub fn is_report(&self) -> bool {
        !self.group.is_empty() || !self.measure.is_empty()
    }
}

impl<'a> Key<'a> {
    /// Reads `path` or `month(path)`.
    pub fn of(text: &'a str) -> Self {
        match call(text) {
            Some((name, inner)) if Period::of_word(name).is_some() => Self { path: inner, period: Period::of_word(name) },
            _ => Self { path: text, period: None },
        }
    }
}

impl<'a> Measure<'a> {
    /// Reads `count`, `customers` or `sum(path)`; nothing where it is none of these.
    pub fn of(text: &'a str) -> Option<Self> {
        let (name, path) = call(text).map_or((text, None), |(name, inner)| (name, Some(inner)));
        let function = Function::of_word(name)?;
        let bare = matches!(function, Function::Count | Function::Customers);
        (bare == path.is_none()).then_some(Self { function, path })
    }
}

/// The name and the argument of `name(argument)`.
fn call(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('(')?;
    Some((name.trim(), rest.strip_suffix(')')?.trim()))
}

/// A sort as its entry and whether it is turned round.
pub fn order(text: &str) -> (&str, bool) {
    text.strip_prefix('-').map_or((text, false), |rest| (rest, true))
}
