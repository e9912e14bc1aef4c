//! The values that travel between the host and a script.

use std::cell::Cell;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use pact_policy::table::Kind;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::limits::VALUE_DEPTH;

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
    Decimal(#[serde(with = "rust_decimal::serde::str")] Decimal),
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
    List(#[serde(deserialize_with = "nested")] Vec<Value>),
    /// A map with text keys.
    Map(#[serde(deserialize_with = "nested")] BTreeMap<String, Value>),
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

thread_local! {
    /// How many lists and maps are being read inside one another.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Reads what is inside a list or map, as long as it is not too deep: a frame from a worker is not trusted with our stack.
fn nested<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let depth = DEPTH.get();
    if depth > VALUE_DEPTH {
        return Err(serde::de::Error::custom("a value has too many lists and maps inside one another"));
    }
    DEPTH.set(depth + 1);
    let read = T::deserialize(deserializer);
    DEPTH.set(depth);
    read
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
