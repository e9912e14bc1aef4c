//! Fields of a change: left out (keep it), null (empty it), or a value.

use serde::{Deserialize, Deserializer};

/// Reads a field that was given: null is `Some(None)`. Use it with `#[serde(default)]`, which makes a field left out `None`.
///
/// # Errors
/// A value of the wrong form.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads a field that may be left out and not emptied: null is refused. Use it with `#[serde(default)]`.
///
/// # Errors
/// A value of the wrong form, or null.
pub fn value<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
