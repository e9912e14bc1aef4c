//! What a column holds when it is more than a plain value: lists and objects as JSON in TEXT, and texts that no log may show.

use std::fmt;
use std::ops::{Deref, DerefMut};

use sea_orm::sea_query::{ArrayType, Nullable, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, ColumnType, DbErr, DeriveValueType, QueryResult, TryGetError, TryGetable, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value kept as JSON in a TEXT column: written and read the same way by both databases, keys and their order included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsJson<T>(pub T);

/// A list of words (skills, languages, themes) in a TEXT column.
pub type Words = AsJson<Vec<String>>;

/// Any JSON in a TEXT column.
pub type Json = AsJson<serde_json::Value>;

impl<T> Deref for AsJson<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for AsJson<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for AsJson<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize> From<AsJson<T>> for Value {
    /// Writes the JSON; a value that JSON cannot hold (a map with keys that are no texts) becomes `null`, which reading back refuses.
    fn from(value: AsJson<T>) -> Self {
        serde_json::to_string(&value.0).unwrap_or_else(|_| "null".to_owned()).into()
    }
}

impl<T: DeserializeOwned> TryGetable for AsJson<T> {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let text = String::try_get_by(row, index)?;
        serde_json::from_str(&text).map(Self).map_err(|error| TryGetError::DbErr(DbErr::Json(error.to_string())))
    }
}

impl<T: DeserializeOwned> ValueType for AsJson<T> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let text = <String as ValueType>::try_from(value)?;
        serde_json::from_str(&text).map(Self).map_err(|_| ValueTypeErr)
    }

    fn type_name() -> String {
        "AsJson".to_owned()
    }

    fn array_type() -> ArrayType {
        <String as ValueType>::array_type()
    }

    fn column_type() -> ColumnType {
        ColumnType::Text
    }
}

impl<T> Nullable for AsJson<T> {
    fn null() -> Value {
        <String as Nullable>::null()
    }
}

/// A text that no log may show: the hash of a password or a token, the sealed seed of a key.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}
