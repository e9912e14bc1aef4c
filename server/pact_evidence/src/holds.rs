//! What a policy act holds beside its words: a verdict, texts that stand beside the log, a person; and what it makes of what is installed.
//!
//! The kinds of acts are sorted here, once. Whatever else asks what an act means asks [`Holds`].

use crate::act::PolicyAct;
use crate::tree::Hash;
use crate::verdict::Verdict;
use crate::who::Pseudonym;

/// What an act holds beside its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds<'a> {
    /// A plugin stands from here on; with the verdict, unless it was there before the log was.
    Plugin {
        /// Its id.
        plugin: &'a str,
        /// Hash of its manifest and scripts.
        sources: Hash,
        /// The verdict that accepted it.
        verdict: Option<&'a Verdict>,
    },
    /// A plugin was refused.
    PluginRefused {
        /// Its id.
        plugin: &'a str,
        /// Hash of its manifest and scripts.
        sources: Hash,
        /// The verdict.
        verdict: &'a Verdict,
    },
    /// A plugin stands no more.
    PluginGone {
        /// Its id.
        plugin: &'a str,
    },
    /// Everything that is installed was judged.
    AllJudged {
        /// What was judged, by id.
        judged: &'a [String],
        /// The verdict.
        verdict: &'a Verdict,
    },
    /// A custom field stands from here on; with the verdict, unless nobody judged it then.
    Field {
        /// The record and the field's name.
        field: &'a str,
        /// Hash of the definition.
        sources: Hash,
        /// The verdict that accepted it.
        verdict: Option<&'a Verdict>,
    },
    /// A custom field was refused.
    FieldRefused {
        /// The record and the field's name.
        field: &'a str,
        /// Hash of the definition.
        sources: Hash,
        /// The verdict.
        verdict: &'a Verdict,
    },
    /// A custom field stands no more.
    FieldGone {
        /// The record and the field's name.
        field: &'a str,
    },
    /// A text beside the log.
    Text(Hash),
    /// A person, beside who did it.
    Person(Pseudonym),
    /// Nothing but its words.
    Words,
}

impl PolicyAct {
    /// What the act holds beside its words.
    #[must_use]
    pub fn holds(&self) -> Holds<'_> {
        match self {
            Self::PluginFound { plugin, sources, .. } => Holds::Plugin { plugin, sources: *sources, verdict: None },
            Self::PluginInstalled { plugin, sources, verdict, .. } => {
                Holds::Plugin { plugin, sources: *sources, verdict: Some(verdict) }
            }
            Self::PluginRefused { plugin, sources, verdict, .. } => Holds::PluginRefused { plugin, sources: *sources, verdict },
            Self::PluginRemoved { plugin } => Holds::PluginGone { plugin },
            Self::PluginsJudgedAgain { judged, verdict, .. } => Holds::AllJudged { judged, verdict },
            Self::FieldFound { field, sources } => Holds::Field { field, sources: *sources, verdict: None },
            Self::FieldDefined { field, sources, verdict, .. } => {
                Holds::Field { field, sources: *sources, verdict: Some(verdict) }
            }
            Self::FieldRefused { field, sources, verdict, .. } => Holds::FieldRefused { field, sources: *sources, verdict },
            Self::FieldRemoved { field } => Holds::FieldGone { field },
            Self::PactProposed { document, .. } => Holds::Text(*document),
            Self::ViewChanged { says, .. } => says.map_or(Holds::Words, Holds::Text),
            Self::RoleChanged { person, .. } | Self::PasswordSetForOther { person } => Holds::Person(*person),
            Self::CoachingChanged { step, .. } => step.coach().map_or(Holds::Words, Holds::Person),
            Self::SecurityAccessChanged { step, .. } => step.person().map_or(Holds::Words, Holds::Person),
            Self::LogOpened { .. }
            | Self::LogKeyChanged { .. }
            | Self::TokenKeysChanged { .. }
            | Self::PluginSwitched { .. }
            | Self::PluginConsented { .. }
            | Self::ScriptSwitched { .. }
            | Self::AutomationSwitched { .. }
            | Self::AutomationSet { .. }
            | Self::PluginSet { .. }
            | Self::FieldPurged { .. }
            | Self::ViewExported { .. }
            | Self::PactSigned { .. }
            | Self::PactSignatureWithdrawn { .. }
            | Self::PactInForce { .. }
            | Self::ApiKeyChanged { .. }
            | Self::WebhookChanged { .. }
            | Self::EvidenceExported { .. }
            | Self::WitnessRegistered { .. } => Holds::Words,
        }
    }

    /// The verdict that was given, if one was.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        match self.holds() {
            Holds::Plugin { verdict, .. } | Holds::Field { verdict, .. } => verdict,
            Holds::PluginRefused { verdict, .. } | Holds::FieldRefused { verdict, .. } | Holds::AllJudged { verdict, .. } => {
                Some(verdict)
            }
            Holds::PluginGone { .. } | Holds::FieldGone { .. } | Holds::Text(_) | Holds::Person(_) | Holds::Words => None,
        }
    }

    /// The texts beside the log that belong to this act, by their hashes.
    #[must_use]
    pub fn texts(&self) -> Vec<Hash> {
        let own = match self.holds() {
            Holds::Plugin { sources, .. }
            | Holds::PluginRefused { sources, .. }
            | Holds::Field { sources, .. }
            | Holds::FieldRefused { sources, .. }
            | Holds::Text(sources) => Some(sources),
            Holds::PluginGone { .. } | Holds::FieldGone { .. } | Holds::AllJudged { .. } | Holds::Person(_) | Holds::Words => {
                None
            }
        };
        let of_refusal = self.verdict().filter(|verdict| !verdict.findings.is_empty()).map(|verdict| verdict.report);
        own.into_iter().chain(of_refusal).collect()
    }

    /// The pseudonym that the act itself has, beside that of who did it.
    #[must_use]
    pub fn pseudonym(&self) -> Option<Pseudonym> {
        match self.holds() {
            Holds::Person(person) => Some(person),
            Holds::Plugin { .. }
            | Holds::PluginRefused { .. }
            | Holds::PluginGone { .. }
            | Holds::AllJudged { .. }
            | Holds::Field { .. }
            | Holds::FieldRefused { .. }
            | Holds::FieldGone { .. }
            | Holds::Text(_)
            | Holds::Words => None,
        }
    }
}
