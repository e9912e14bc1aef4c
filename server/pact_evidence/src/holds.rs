//! What a policy act holds beside its words: a verdict, texts that stand beside the log, a person.

use crate::act::PolicyAct;
use crate::tree::Hash;
use crate::verdict::Verdict;
use crate::who::Pseudonym;

impl PolicyAct {
    /// The verdict that was given, if one was.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::PluginInstalled { verdict, .. }
            | Self::PluginRefused { verdict, .. }
            | Self::PluginsJudgedAgain { verdict, .. }
            | Self::FieldDefined { verdict, .. }
            | Self::FieldRefused { verdict, .. } => Some(verdict),
            Self::LogOpened { .. }
            | Self::LogKeyChanged { .. }
            | Self::TokenKeysChanged { .. }
            | Self::PluginFound { .. }
            | Self::PluginRemoved { .. }
            | Self::PluginSwitched { .. }
            | Self::PluginConsented { .. }
            | Self::ScriptSwitched { .. }
            | Self::AutomationSwitched { .. }
            | Self::AutomationSet { .. }
            | Self::PluginSet { .. }
            | Self::FieldFound { .. }
            | Self::FieldPurged { .. }
            | Self::FieldRemoved { .. }
            | Self::ViewChanged { .. }
            | Self::ViewExported { .. }
            | Self::RoleChanged { .. }
            | Self::PasswordSetForOther { .. }
            | Self::CoachingChanged { .. }
            | Self::SecurityAccessChanged { .. }
            | Self::PactProposed { .. }
            | Self::PactSigned { .. }
            | Self::PactSignatureWithdrawn { .. }
            | Self::PactInForce { .. }
            | Self::ApiKeyChanged { .. }
            | Self::WebhookChanged { .. }
            | Self::EvidenceExported { .. }
            | Self::WitnessRegistered { .. } => None,
        }
    }

    /// The texts beside the log that belong to this act, by their hashes.
    #[must_use]
    pub fn texts(&self) -> Vec<Hash> {
        let of_refusal = |verdict: &Verdict| (!verdict.findings.is_empty()).then_some(verdict.report);
        match self {
            Self::PluginFound { sources, .. }
            | Self::FieldFound { sources, .. }
            | Self::PactProposed { document: sources, .. } => vec![*sources],
            Self::PluginInstalled { sources, verdict, .. }
            | Self::PluginRefused { sources, verdict, .. }
            | Self::FieldDefined { sources, verdict, .. }
            | Self::FieldRefused { sources, verdict, .. } => std::iter::once(*sources).chain(of_refusal(verdict)).collect(),
            Self::PluginsJudgedAgain { verdict, .. } => of_refusal(verdict).into_iter().collect(),
            Self::ViewChanged { says, .. } => says.iter().copied().collect(),
            Self::LogOpened { .. }
            | Self::LogKeyChanged { .. }
            | Self::TokenKeysChanged { .. }
            | Self::PluginRemoved { .. }
            | Self::PluginSwitched { .. }
            | Self::PluginConsented { .. }
            | Self::ScriptSwitched { .. }
            | Self::AutomationSwitched { .. }
            | Self::AutomationSet { .. }
            | Self::PluginSet { .. }
            | Self::FieldPurged { .. }
            | Self::FieldRemoved { .. }
            | Self::ViewExported { .. }
            | Self::RoleChanged { .. }
            | Self::PasswordSetForOther { .. }
            | Self::CoachingChanged { .. }
            | Self::SecurityAccessChanged { .. }
            | Self::PactSigned { .. }
            | Self::PactSignatureWithdrawn { .. }
            | Self::PactInForce { .. }
            | Self::ApiKeyChanged { .. }
            | Self::WebhookChanged { .. }
            | Self::EvidenceExported { .. }
            | Self::WitnessRegistered { .. } => Vec::new(),
        }
    }

    /// The pseudonym that the act itself has, beside that of who did it.
    #[must_use]
    pub fn pseudonym(&self) -> Option<Pseudonym> {
        match self {
            Self::RoleChanged { person, .. } | Self::PasswordSetForOther { person } => Some(*person),
            Self::CoachingChanged { step, .. } => step.coach(),
            Self::SecurityAccessChanged { step, .. } => step.person(),
            Self::LogOpened { .. }
            | Self::LogKeyChanged { .. }
            | Self::TokenKeysChanged { .. }
            | Self::PluginFound { .. }
            | Self::PluginInstalled { .. }
            | Self::PluginRefused { .. }
            | Self::PluginsJudgedAgain { .. }
            | Self::PluginRemoved { .. }
            | Self::PluginSwitched { .. }
            | Self::PluginConsented { .. }
            | Self::ScriptSwitched { .. }
            | Self::AutomationSwitched { .. }
            | Self::AutomationSet { .. }
            | Self::PluginSet { .. }
            | Self::FieldDefined { .. }
            | Self::FieldRefused { .. }
            | Self::FieldFound { .. }
            | Self::FieldPurged { .. }
            | Self::FieldRemoved { .. }
            | Self::ViewChanged { .. }
            | Self::ViewExported { .. }
            | Self::PactProposed { .. }
            | Self::PactSigned { .. }
            | Self::PactSignatureWithdrawn { .. }
            | Self::PactInForce { .. }
            | Self::ApiKeyChanged { .. }
            | Self::WebhookChanged { .. }
            | Self::EvidenceExported { .. }
            | Self::WitnessRegistered { .. } => None,
        }
    }
}
