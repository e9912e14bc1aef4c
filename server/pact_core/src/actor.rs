//! Who does something: a person, a plugin, or PACT itself.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::role::{Right, Role};

/// Who does something. The same operation serves them all; only what they may do differs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person who is signed in, or whose API key is used.
    Person {
        /// Who it is.
        id: Uuid,
        /// What they are.
        role: Role,
    },
    /// A plugin, by an effect of its script.
    Plugin {
        /// The id in its manifest.
        id: String,
    },
    /// A public web form.
    Form,
    /// A bulk import.
    Import,
    /// PACT itself: a deadline that has passed, a command on the server.
    System,
}

impl Actor {
    /// The person, if it is one.
    pub const fn person(&self) -> Option<Uuid> {
        match self {
            Self::Person { id, .. } => Some(*id),
            Self::Plugin { .. } | Self::Form | Self::Import | Self::System => None,
        }
    }

    /// The plugin's id, if it is one.
    pub fn plugin(&self) -> Option<&str> {
        match self {
            Self::Plugin { id } => Some(id),
            Self::Person { .. } | Self::Form | Self::Import | Self::System => None,
        }
    }

    /// Whether it has the right. A plugin's capabilities are checked where its effects are committed, so here it may act on leads.
    pub const fn may(&self, right: Right) -> bool {
        match self {
            Self::Person { role, .. } => role.may(right),
            Self::Plugin { .. } => matches!(
                right,
                Right::ManageLeads | Right::WriteCards | Right::AskRequests | Right::ReadLeads | Right::ReadCustomers
            ),
            Self::Form | Self::Import => matches!(right, Right::EnterLeads | Right::WriteCustomers),
            Self::System => true,
        }
    }
}
