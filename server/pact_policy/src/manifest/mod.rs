//! What a plugin says about itself: `plugin.toml`, or the leading `//!` lines of a single script.
//!
//! The script host, the linter and the console read manifests through this module alone, so that no two of them can
//! understand one differently. Everything here is pure: texts come in, values or a [`ManifestError`] with its line go out.
//!
//! | part | holds |
//! |---|---|
//! | [`field`] | custom fields, and what makes two definitions equal |
//! | [`span`] | spans in words, such as `5 work days` |
//! | [`mod@parse`] | from text to [`Manifest`], with the line of each mistake |
//! | [`plugin`] | a loaded plugin: its manifest and the texts of its scripts |
//! | [`asks`] | what a plugin wants to read and do, in sentences to which an admin consents |
//! | [`requires`] | which other plugins it needs, and for which versions of the interface it is |

pub mod asks;
mod check;
pub mod field;
pub(crate) mod parse;
pub mod plugin;
pub mod requires;
pub mod span;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use field::{Field, FieldKind, FieldOn, FieldType};
pub use parse::{ManifestError, leading_manifest, parse_fields, parse_manifest};
pub use plugin::{File, Plugin, Unreadable};
pub use span::SpanText;

use crate::table::{API_VERSION, Capability, Kind, Reads};
use crate::view::View;

/// What a plugin says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The plugin's id, `[a-z0-9-]`.
    pub id: String,
    /// Its version, as semver.
    pub version: String,
    /// The version of the script interface that it was written for.
    pub api: u32,
    /// Its title, for people.
    pub title: String,
    /// What it does, in one sentence.
    #[serde(default)]
    pub summary: String,
    /// Its licence, as an SPDX expression.
    #[serde(default)]
    pub license: String,
    /// The records that its scripts read.
    #[serde(default)]
    pub reads: Vec<Reads>,
    /// The effects that its scripts may have.
    #[serde(default)]
    pub may: Vec<Capability>,
    /// Names of the webhooks that it may call.
    #[serde(default)]
    pub webhooks: Vec<String>,
    /// Whether its scripts run inside coaching periods, and only there.
    #[serde(default)]
    pub coaching: bool,
    /// What an admin may set, by name.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// Its script files; empty for a script outside a plugin.
    #[serde(default)]
    pub scripts: Vec<ScriptFile>,
    /// When its scheduled functions are called.
    #[serde(default)]
    pub schedules: Vec<Schedule>,
    /// The custom fields that it defines, reads or writes.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The views that it brings along.
    #[serde(default)]
    pub views: Vec<View>,
    /// The plugins that it needs, by id, in versions of these ranges.
    #[serde(default)]
    pub requires: BTreeMap<String, semver::VersionReq>,
}

impl Manifest {
    /// What stands around definitions that no plugin has: it reads every kind of record, and does nothing.
    pub(crate) fn of_fields(fields: Vec<Field>) -> Self {
        let mut reads: Vec<Reads> =
            Kind::ALL.into_iter().filter_map(Kind::reads).filter(|reads| *reads != Reads::Coaching).collect();
        reads.sort_unstable();
        reads.dedup();
        Self {
            id: String::new(),
            version: String::new(),
            api: API_VERSION,
            title: String::new(),
            summary: String::new(),
            license: String::new(),
            reads,
            may: Vec::new(),
            webhooks: Vec::new(),
            coaching: false,
            settings: BTreeMap::new(),
            scripts: Vec::new(),
            schedules: Vec::new(),
            fields,
            views: Vec::new(),
            requires: BTreeMap::new(),
        }
    }

    /// Whether the manifest declares this read.
    pub fn reads(&self, what: Reads) -> bool {
        self.reads.contains(&what)
    }

    /// Whether the manifest declares this effect.
    pub fn may(&self, what: Capability) -> bool {
        self.may.contains(&what)
    }

    /// The setting of this name.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)
    }
}

/// One script file of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptFile {
    /// Its path inside the plugin's folder.
    pub file: String,
}

/// A setting, which admins edit in a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// The setting's type.
    #[serde(rename = "type")]
    pub ty: SettingType,
    /// Its value until an admin sets another.
    #[serde(default)]
    pub default: Option<toml::Value>,
    /// Its title in the form.
    #[serde(default)]
    pub title: Option<String>,
    /// An explanation below it in the form.
    #[serde(default, alias = "description")]
    pub help: Option<String>,
    /// The values from which a choice is made.
    #[serde(default, alias = "enum")]
    pub options: Vec<String>,
    /// The least value of a number.
    #[serde(default, alias = "minimum")]
    pub min: Option<toml::Value>,
    /// The greatest value of a number.
    #[serde(default, alias = "maximum")]
    pub max: Option<toml::Value>,
    /// Whether an admin must set it before the plugin runs.
    #[serde(default)]
    pub required: bool,
}

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the word in a manifest")]
pub enum SettingType {
    #[serde(alias = "string")]
    Text,
    LongText,
    #[serde(alias = "integer", alias = "int", alias = "decimal")]
    Number,
    #[serde(alias = "boolean", alias = "bool")]
    YesNo,
    Span,
    Money,
    Day,
    Choice,
    #[serde(alias = "list", alias = "texts", alias = "array")]
    ManyChoices,
    Link,
}

/// When a scheduled function is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The function's name.
    pub call: String,
    /// The instants, as a cron pattern of five fields.
    pub cron: String,
    /// The IANA zone in which the pattern is read, or `person` for each person's own.
    #[serde(default = "utc")]
    pub zone: String,
    /// Whether the function is called once, or with each person on duty.
    #[serde(default)]
    pub for_each: ForEach,
    /// What becomes of ticks that were missed while the server was down.
    #[serde(default)]
    pub catch_up: CatchUp,
}

impl Schedule {
    /// The first tick after an instant (UTC milliseconds), the pattern read on the clocks of `zone`; none when the pattern has no further one.
    ///
    /// A local time that a change of clocks skips is taken when the clocks go on; one that comes twice counts once. The pattern was checked when the
    /// manifest was read; one that cannot be read has no ticks.
    pub fn next_after(&self, zone: chrono_tz::Tz, after: i64) -> Option<i64> {
        let pattern = check::cron(&self.cron).ok()?;
        let after = chrono::DateTime::from_timestamp_millis(after)?.with_timezone(&zone);
        pattern.find_next_occurrence(&after, false).ok().map(|next| next.timestamp_millis())
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

/// For whom a scheduled function is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForEach {
    /// Once, without an argument.
    #[default]
    None,
    /// Once with each person on duty.
    Person,
}

/// What becomes of missed ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// They are forgotten.
    Skip,
    /// They run once, however many were missed.
    #[default]
    Once,
}
