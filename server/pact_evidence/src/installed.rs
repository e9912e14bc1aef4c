//! What is installed, as the entries of the log say it one after the other.

use std::collections::BTreeMap;

use crate::act::PolicyAct;
use crate::holds::Holds;
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
        match act.holds() {
            Holds::Plugin { .. } | Holds::PluginGone { .. } | Holds::Field { .. } | Holds::FieldGone { .. } => true,
            Holds::PluginRefused { .. }
            | Holds::FieldRefused { .. }
            | Holds::AllJudged { .. }
            | Holds::Text(_)
            | Holds::Person(_)
            | Holds::Words => false,
        }
    }

    /// What is installed after an act.
    pub fn follow(&mut self, act: &PolicyAct) {
        match act.holds() {
            Holds::Plugin { plugin, sources, .. } => drop(self.plugins.insert(plugin.to_owned(), sources)),
            Holds::PluginGone { plugin } => drop(self.plugins.remove(plugin)),
            Holds::Field { field, sources, .. } => drop(self.fields.insert(field.to_owned(), sources)),
            Holds::FieldGone { field } => drop(self.fields.remove(field)),
            Holds::PluginRefused { .. }
            | Holds::FieldRefused { .. }
            | Holds::AllJudged { .. }
            | Holds::Text(_)
            | Holds::Person(_)
            | Holds::Words => {}
        }
    }
}
