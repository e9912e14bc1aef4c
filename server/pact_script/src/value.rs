//! The values that travel between the host and a script.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use pact_policy::table::Kind;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A value that a script holds, reads or hands back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `()`: nothing is known.
    Unit,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal number.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// A moment, in UTC milliseconds since 1970.
    Instant(i64),
    /// A calendar day.
    Day(NaiveDate),
    /// A length of time, in seconds.
    Span(i64),
    /// A length of working time, in minutes; a working day has 480.
    WorkSpan(i64),
    /// An amount in minor units of an ISO 4217 currency.
    Money {
        /// The amount in minor units (cents).
        minor: i64,
        /// The currency's three letters.
        currency: String,
    },
    /// An array.
    List(Vec<Value>),
    /// A map with text keys.
    Map(BTreeMap<String, Value>),
    /// A record by its id; its members are read when a script asks for them.
    Ref(Kind, Uuid),
}

impl Value {
    /// `Unit` for nothing, else what `value` becomes.
    pub fn maybe<T: Into<Value>>(value: Option<T>) -> Self {
        value.map_or(Self::Unit, Into::into)
    }

    /// A reference to a record, or `Unit`.
    pub fn maybe_ref(kind: Kind, id: Option<Uuid>) -> Self {
        id.map_or(Self::Unit, |id| Self::Ref(kind, id))
    }

    /// A list of texts.
    pub fn texts(texts: impl IntoIterator<Item = String>) -> Self {
        Self::List(texts.into_iter().map(Self::Text).collect())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

/// A record as a script sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: Uuid,
    /// The values of its members, in the order of `pact_policy::table::members_of(kind)`; members whose type is a query hold
    /// [`Value::Unit`], because a query is made when a script asks for it.
    pub values: Vec<Value>,
    /// Custom fields that the plugin declares and that have a value.
    pub fields: BTreeMap<String, Value>,
}
