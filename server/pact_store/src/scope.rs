//! Whose eyes a query is for: the first argument of everything that lists.

use uuid::Uuid;

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A member of staff: sees customers, what they said, leads, plans and requests of the whole company.
    Staff(Uuid),
    /// A person outside the company: sees what is asked of them, and nothing else.
    Partner(Uuid),
    /// The server itself.
    System,
}

impl Scope {
    /// The person who looks; a filter for "mine" finds nothing for the server itself.
    #[must_use]
    pub fn person(&self) -> Option<Uuid> {
        match self {
            Self::Staff(person) | Self::Partner(person) => Some(*person),
            Self::System => None,
        }
    }
}
