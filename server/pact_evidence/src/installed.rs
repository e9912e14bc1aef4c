//! What is installed, as the entries of the log say it one after the other.

use std::collections::BTreeMap;

use crate::act::PolicyAct;
use crate::tree::Hash;

/// What is installed at some place of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installed {
    /// The hash of each plugin's sources, by its id.
    pub plugins: BTreeMap<String, Hash>,
    /// The hash of each definition of a field that an admin made, by record and name.
    pub fields: BTreeMap<String, Hash>,
}

impl Installed {
    /// Whether an act changes what is installed.
    #[must_use]
    pub fn is_followed_by(act: &PolicyAct) -> bool {
        matches!(
            act,
            PolicyAct::PluginFound { .. }
                | PolicyAct::PluginInstalled { .. }
                | PolicyAct::PluginRemoved { .. }
                | PolicyAct::FieldFound { .. }
                | PolicyAct::FieldDefined { .. }
                | PolicyAct::FieldRemoved { .. }
        )
    }

    /// What is installed after an act.
    pub fn follow(&mut self, act: &PolicyAct) {
        match act {
            PolicyAct::PluginFound { plugin, sources, .. } | PolicyAct::PluginInstalled { plugin, sources, .. } => {
                self.plugins.insert(plugin.clone(), *sources);
            }
            PolicyAct::PluginRemoved { plugin } => drop(self.plugins.remove(plugin)),
            PolicyAct::FieldFound { field, sources } | PolicyAct::FieldDefined { field, sources, .. } => {
                self.fields.insert(field.clone(), *sources);
            }
            PolicyAct::FieldRemoved { field } => drop(self.fields.remove(field)),
            PolicyAct::LogOpened { .. }
            | PolicyAct::LogKeyChanged { .. }
            | PolicyAct::TokenKeysChanged { .. }
            | PolicyAct::PluginRefused { .. }
            | PolicyAct::PluginsJudgedAgain { .. }
            | PolicyAct::PluginSwitched { .. }
            | PolicyAct::PluginConsented { .. }
            | PolicyAct::ScriptSwitched { .. }
            | PolicyAct::AutomationSwitched { .. }
            | PolicyAct::AutomationSet { .. }
            | PolicyAct::PluginSet { .. }
            | PolicyAct::FieldRefused { .. }
            | PolicyAct::FieldPurged { .. }
            | PolicyAct::ViewChanged { .. }
            | PolicyAct::ViewExported { .. }
            | PolicyAct::RoleChanged { .. }
            | PolicyAct::PasswordSetForOther { .. }
            | PolicyAct::CoachingChanged { .. }
            | PolicyAct::SecurityAccessChanged { .. }
            | PolicyAct::PactProposed { .. }
            | PolicyAct::PactSigned { .. }
            | PolicyAct::PactSignatureWithdrawn { .. }
            | PolicyAct::PactInForce { .. }
            | PolicyAct::ApiKeyChanged { .. }
            | PolicyAct::WebhookChanged { .. }
            | PolicyAct::EvidenceExported { .. }
            | PolicyAct::WitnessRegistered { .. } => {}
        }
    }
}
