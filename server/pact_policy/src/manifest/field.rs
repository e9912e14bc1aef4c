//! Custom fields: what a plugin adds to a record.

use serde::{Deserialize, Serialize};

use crate::table::Kind;

/// A custom field, as a manifest defines it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The record that has it.
    pub on: FieldOn,
    /// Its name in scripts.
    pub name: String,
    /// Its label on screens.
    #[serde(default)]
    pub label: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: FieldType,
    /// An explanation below it.
    #[serde(default)]
    pub help: Option<String>,
    /// The values of a choice.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether a record must have it.
    #[serde(default)]
    pub required: bool,
    /// Whom it helps: `sale`, `customer` or `rep`; the rule `every-field-helps` judges the word.
    #[serde(default)]
    pub helps: Option<String>,
    /// How it helps, in words.
    #[serde(default)]
    pub because: Option<String>,
    /// Whose act it is about, where words are two-sided.
    #[serde(default)]
    pub about: Option<String>,
    /// What a number on a person is.
    #[serde(default)]
    pub kind: Option<FieldKind>,
    /// The expression over `record` that makes a formula's value.
    #[serde(default)]
    pub formula: Option<String>,
    /// The value of new records until somebody writes another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<toml::Value>,
    /// The roles that read it, in words; everybody who may read the record where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_by: Vec<String>,
    /// The roles that write it, in words; everybody who may change the record where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub write_by: Vec<String>,
    /// Where the definition starts in its file; no part of the definition.
    #[serde(skip)]
    pub place: Place,
}

/// The line and column, both from 1, where a definition starts.
#[derive(Clone, Copy, Debug, Default, Eq)]
pub struct Place {
    /// The line, from 1; 0 where a value does not come from a file.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Places are no part of a definition: definitions in two files are equal when all else is.
impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The records that may have custom fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the kind of its name")]
pub enum FieldOn {
    Customer,
    Contact,
    Lead,
    Plan,
    Person,
}

impl FieldOn {
    /// The kind of record.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Customer => Kind::Customer,
            Self::Contact => Kind::Contact,
            Self::Lead => Kind::Lead,
            Self::Plan => Kind::Plan,
            Self::Person => Kind::Person,
        }
    }

    /// The record that may have custom fields for this kind, if it may.
    pub const fn of_kind(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Customer => Some(Self::Customer),
            Kind::Contact => Some(Self::Contact),
            Kind::Lead => Some(Self::Lead),
            Kind::Plan => Some(Self::Plan),
            Kind::Person => Some(Self::Person),
            Kind::Push
            | Kind::LeadEvent
            | Kind::Card
            | Kind::Request
            | Kind::Team
            | Kind::Territory
            | Kind::Pack
            | Kind::Goal
            | Kind::Period
            | Kind::Act => None,
        }
    }

    /// The word in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Contact => "contact",
            Self::Lead => "lead",
            Self::Plan => "plan",
            Self::Person => "person",
        }
    }
}

/// The type of a custom field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the word in a manifest")]
pub enum FieldType {
    Text,
    LongText,
    Number,
    Money,
    Day,
    Choice,
    ManyChoices,
    YesNo,
    Link,
    Formula,
}

/// What a number on a person is, where it may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// An outcome that the person is accountable for.
    Outcome,
    /// An attribute of the job, such as full-time equivalents.
    Job,
}
