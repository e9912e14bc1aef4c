//! Who does something.

use pact_core::role::{Role, Scope};
use uuid::Uuid;

/// Who does something: every operation is told, and the history says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person, signed in or by an API key.
    Person(Caller),
    /// A plugin's script, in a run.
    Plugin {
        /// The plugin's id.
        id: String,
        /// The run.
        run: Uuid,
    },
    /// The public web form.
    Form {
        /// The form key that was used.
        id: Uuid,
        /// The source that leads of this form get.
        source: String,
    },
    /// A bulk import.
    Import {
        /// The import.
        id: Uuid,
    },
    /// PACT itself: the scheduler, the command line.
    System,
}

/// A person who calls, with what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub person_id: Uuid,
    /// The person's name, for sentences in a history.
    pub name: String,
    /// The person's role.
    pub role: Role,
    /// What an API key is bound to; a signed-in person is not bound.
    pub scopes: Option<Vec<Scope>>,
}

impl Actor {
    /// The person, if a person acts.
    pub fn person_id(&self) -> Option<Uuid> {
        match self {
            Self::Person(caller) => Some(caller.person_id),
            Self::Plugin { .. } | Self::Form { .. } | Self::Import { .. } | Self::System => None,
        }
    }

    /// The plugin's id, if a plugin acts.
    pub fn plugin_id(&self) -> Option<&str> {
        match self {
            Self::Plugin { id, .. } => Some(id),
            Self::Person(_) | Self::Form { .. } | Self::Import { .. } | Self::System => None,
        }
    }

    /// The kind of actor as the column `entered_by` keeps it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Plugin { .. } => "plugin",
            Self::Form { .. } => "form",
            Self::Import { .. } => "import",
            Self::System => "system",
        }
    }
}
