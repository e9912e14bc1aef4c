//! What an entry of the log says: one policy act, who did it by pseudonym, and when.
//!
//! As little as evidence needs: sources and verdicts stand in the log as hashes, and beside it as texts ("sources") that can be compared with them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::coaching::CoachingStep;
pub use crate::installed::Installed;
pub use crate::security::{Opened, SecurityStep};
use crate::tree::Hash;
pub use crate::verdict::{Found, MAX_FINDINGS, Verdict};
pub use crate::who::{By, Pseudonym};

/// One entry of the log, a line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place in the log, from 0.
    pub index: u64,
    /// When, as RFC 3339 has it.
    pub at: String,
    /// Who did it.
    pub by: By,
    /// What was done.
    pub act: PolicyAct,
}

/// What became of something that is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Made,
    /// It is another one now.
    Changed,
    /// It is gone.
    Removed,
    /// It was removed, and is there again.
    Restored,
}

/// An act that concerns the policy; the only thing that the log holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum PolicyAct {
    /// The log began.
    LogOpened {
        /// Its name, which every checkpoint repeats.
        origin: String,
    },
    /// Another key signs the log from now on.
    LogKeyChanged {
        /// The key that did before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The key that does now.
        to: String,
    },
    /// Keys that sign access tokens followed one another.
    TokenKeysChanged {
        /// A key that was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<String>,
        /// Keys that sign no more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        retired: Vec<String>,
        /// Keys that were forgotten.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        dropped: Vec<String>,
    },
    /// A plugin was there before the log was.
    PluginFound {
        /// Its id.
        plugin: String,
        /// Its version.
        version: String,
        /// Hash of its manifest and scripts.
        sources: Hash,
    },
    /// A plugin was judged together with all others, accepted and installed.
    PluginInstalled {
        /// Its id.
        plugin: String,
        /// Its version.
        version: String,
        /// Hash of its manifest and scripts.
        sources: Hash,
        /// The version that was installed before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<String>,
        /// The verdict.
        verdict: Verdict,
    },
    /// An admin consented to what a plugin asks for, before it was installed.
    PluginConsented {
        /// Its id.
        plugin: String,
        /// Its version.
        version: String,
        /// What it may read and do, one by one.
        asks: Vec<String>,
        /// The hash of these, by which the admin consented.
        consent: String,
    },
    /// A plugin was judged together with all others, and refused.
    PluginRefused {
        /// Its id.
        plugin: String,
        /// Its version.
        version: String,
        /// Hash of its manifest and scripts.
        sources: Hash,
        /// The verdict.
        verdict: Verdict,
    },
    /// A release with other rules judged everything that is installed again.
    PluginsJudgedAgain {
        /// What was judged, by id.
        judged: Vec<String>,
        /// What does not run any more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<String>,
        /// The verdict.
        verdict: Verdict,
    },
    /// A plugin was removed.
    PluginRemoved {
        /// Its id.
        plugin: String,
    },
    /// A plugin was switched on or off.
    PluginSwitched {
        /// Its id.
        plugin: String,
        /// Whether it runs.
        enabled: bool,
    },
    /// One script of a plugin was switched on or off.
    ScriptSwitched {
        /// The plugin.
        plugin: String,
        /// The script's file.
        file: String,
        /// Whether it is called.
        enabled: bool,
    },
    /// All automation was stopped, or started again.
    AutomationSwitched {
        /// Whether it runs.
        running: bool,
        /// What became of what waited when it was started: `work_off` or `skip`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waiting: Option<String>,
    },
    /// When PACT switches a plugin off by itself, or how much effects there may be, was set.
    AutomationSet {
        /// The plugin, if it is for one alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plugin: Option<String>,
        /// What was set, by name; null went back to what suits most.
        settings: BTreeMap<String, Option<i64>>,
    },
    /// A plugin's settings were changed.
    PluginSet {
        /// Its id.
        plugin: String,
        /// What was set, by name.
        settings: Vec<String>,
        /// Hash of all its settings.
        to: Hash,
    },
    /// A custom field was judged, accepted and defined, or defined otherwise.
    FieldDefined {
        /// The record and the field's name: `customer.employees`.
        field: String,
        /// Whether it is new.
        change: Change,
        /// Hash of the definition.
        sources: Hash,
        /// Whose act a two-sided word means: the answer that its definition gives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        /// The verdict.
        verdict: Verdict,
    },
    /// A custom field was judged and refused.
    FieldRefused {
        /// The record and the field's name.
        field: String,
        /// Hash of the definition.
        sources: Hash,
        /// The answer that its definition gives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        /// The verdict.
        verdict: Verdict,
    },
    /// A custom field was there before the log was, or stayed when the plugin that had it went.
    FieldFound {
        /// The record and the field's name.
        field: String,
        /// Hash of the definition.
        sources: Hash,
    },
    /// The values of a custom field that was removed were deleted for good.
    FieldPurged {
        /// The record and the field's name.
        field: String,
    },
    /// A custom field was removed.
    FieldRemoved {
        /// The record and the field's name.
        field: String,
    },
    /// A saved view was judged, accepted and saved, saved otherwise, or removed.
    ViewChanged {
        /// Its name.
        view: String,
        /// What became of it.
        change: Change,
        /// Hash of what it says; nothing when it was removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        says: Option<Hash>,
    },
    /// What a saved view shows left PACT as a file.
    ViewExported {
        /// Its name.
        view: String,
        /// The format of the file.
        format: String,
    },
    /// A person's role changed; nobody has one before they come and after they leave.
    RoleChanged {
        /// The person.
        person: Pseudonym,
        /// The role before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The role now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Somebody else than the person set their password.
    PasswordSetForOther {
        /// The person.
        person: Pseudonym,
    },
    /// A coaching period began, ended or was erased: that it was, never what was in it.
    CoachingChanged {
        /// The period, as a hash of its id.
        period: Hash,
        /// What became of it.
        step: CoachingStep,
    },
    /// Security records, or the person behind a pseudonym of this log, were asked for, opened, read or closed.
    SecurityAccessChanged {
        /// The request, as a hash of its id.
        access: Hash,
        /// What became of it.
        step: SecurityStep,
    },
    /// A version of the pact was proposed.
    PactProposed {
        /// Its number.
        version: u64,
        /// Hash of its number, text and settings.
        document: Hash,
        /// In what it is weaker than the version in force.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        weaker: Vec<String>,
    },
    /// Somebody signed a version of the pact.
    PactSigned {
        /// Its number.
        version: u64,
        /// Hash of what they signed.
        document: Hash,
        /// For whom: `staff` and `management` are those whom the pact names, everybody else signs for themselves (`own`).
        signs_for: String,
    },
    /// Somebody took their signature back.
    PactSignatureWithdrawn {
        /// The version's number.
        version: u64,
        /// For whom they had signed.
        signs_for: String,
    },
    /// A version of the pact came into force; its settings hold from here on.
    PactInForce {
        /// Its number.
        version: u64,
        /// Hash of its number, text and settings.
        document: Hash,
    },
    /// An API key that may do more than daily work was made or revoked.
    ApiKeyChanged {
        /// What the key begins with.
        key: String,
        /// Whether it is new.
        change: Change,
        /// What it is good for.
        scopes: Vec<String>,
    },
    /// Where data leaves to was made, changed or removed.
    WebhookChanged {
        /// Its id.
        webhook: String,
        /// What became of it.
        change: Change,
        /// The host to which it posts.
        host: String,
        /// The events for which it asks.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        events: Vec<String>,
        /// Whether it posts.
        active: bool,
    },
    /// This log was exported.
    EvidenceExported {
        /// How many entries it had.
        size: u64,
    },
    /// A witness may cosign checkpoints from now on.
    WitnessRegistered {
        /// Its key.
        key: String,
    },
}

impl PolicyAct {
    /// The word of this kind of act, as the entry has it in `type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LogOpened { .. } => "log_opened",
            Self::LogKeyChanged { .. } => "log_key_changed",
            Self::TokenKeysChanged { .. } => "token_keys_changed",
            Self::PluginFound { .. } => "plugin_found",
            Self::PluginInstalled { .. } => "plugin_installed",
            Self::PluginConsented { .. } => "plugin_consented",
            Self::PluginRefused { .. } => "plugin_refused",
            Self::PluginsJudgedAgain { .. } => "plugins_judged_again",
            Self::PluginRemoved { .. } => "plugin_removed",
            Self::PluginSwitched { .. } => "plugin_switched",
            Self::ScriptSwitched { .. } => "script_switched",
            Self::AutomationSwitched { .. } => "automation_switched",
            Self::AutomationSet { .. } => "automation_set",
            Self::PluginSet { .. } => "plugin_set",
            Self::FieldDefined { .. } => "field_defined",
            Self::FieldRefused { .. } => "field_refused",
            Self::FieldRemoved { .. } => "field_removed",
            Self::FieldFound { .. } => "field_found",
            Self::FieldPurged { .. } => "field_purged",
            Self::ViewChanged { .. } => "view_changed",
            Self::ViewExported { .. } => "view_exported",
            Self::RoleChanged { .. } => "role_changed",
            Self::PasswordSetForOther { .. } => "password_set_for_other",
            Self::CoachingChanged { .. } => "coaching_changed",
            Self::SecurityAccessChanged { .. } => "security_access_changed",
            Self::PactProposed { .. } => "pact_proposed",
            Self::PactSigned { .. } => "pact_signed",
            Self::PactSignatureWithdrawn { .. } => "pact_signature_withdrawn",
            Self::PactInForce { .. } => "pact_in_force",
            Self::ApiKeyChanged { .. } => "api_key_changed",
            Self::WebhookChanged { .. } => "webhook_changed",
            Self::EvidenceExported { .. } => "evidence_exported",
            Self::WitnessRegistered { .. } => "witness_registered",
        }
    }
}
