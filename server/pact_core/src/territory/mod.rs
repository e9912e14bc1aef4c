//! Territories: a tree of regions, and the rules by which a lead or customer belongs to one.

mod postcode;
mod rule;

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

pub use postcode::PostcodeRange;
pub use rule::{LocateFacts, TerritoryRule};

/// A territory as people defined it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Territory {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The territory above it.
    pub parent: Option<Uuid>,
    /// Which goes first among territories at the same depth; higher first.
    pub priority: i32,
    /// A lead belongs here when one of them matches; without rules none does.
    pub rules: Vec<TerritoryRule>,
}

/// What is wrong with a set of territories.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TerritoryProblem {
    /// Its parent does not exist.
    #[error("The territory \"{name}\" lies in one that does not exist. Choose another parent, or none.")]
    UnknownParent {
        /// The territory.
        id: Uuid,
        /// Its name.
        name: String,
    },
    /// It lies in itself, over some steps.
    #[error("The territory \"{name}\" lies in itself. Choose a parent that does not lie in it.")]
    Cycle {
        /// The territory.
        id: Uuid,
        /// Its name.
        name: String,
    },
    /// A range of postcodes that holds none.
    #[error(
        "The territory \"{name}\" has postcodes from \"{from}\" to \"{to}\", which holds none. Write the lower one first, both in the same form."
    )]
    BadRange {
        /// The territory.
        id: Uuid,
        /// Its name.
        name: String,
        /// The lower end as written.
        from: String,
        /// The upper end as written.
        to: String,
    },
    /// A rule without any condition, which would match everything.
    #[error(
        "The territory \"{name}\" has a rule without a condition, which would match every lead. Name a country, postcodes, segments or products."
    )]
    EmptyRule {
        /// The territory.
        id: Uuid,
        /// Its name.
        name: String,
    },
    /// A country that is no code of two letters.
    #[error("The territory \"{name}\" names the country \"{country}\". Write its ISO 3166 code of two letters, such as NL.")]
    BadCountry {
        /// The territory.
        id: Uuid,
        /// Its name.
        name: String,
        /// What is written.
        country: String,
    },
}

impl TerritoryProblem {
    /// The word for it in problem types.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownParent { .. } => "territory-unknown-parent",
            Self::Cycle { .. } => "territory-cycle",
            Self::BadRange { .. } => "territory-bad-range",
            Self::EmptyRule { .. } => "territory-empty-rule",
            Self::BadCountry { .. } => "territory-bad-country",
        }
    }
}

/// The tree of territories, ready to locate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerritoryTree {
    /// Deepest first, then highest priority, then by id: the first that matches wins.
    ordered: Vec<Territory>,
    index: HashMap<Uuid, usize>,
}

impl TerritoryTree {
    /// The tree, and what is wrong with it: a territory whose parent is unknown or lies in it stands at the top; a range that holds
    /// no postcode matches none.
    pub fn new(mut territories: Vec<Territory>) -> (Self, Vec<TerritoryProblem>) {
        let mut problems = Vec::new();
        let parents: HashMap<Uuid, Option<Uuid>> = territories.iter().map(|t| (t.id, t.parent)).collect();
        for territory in &mut territories {
            let (id, name) = (territory.id, territory.name.clone());
            if let Some(parent) = territory.parent
                && !parents.contains_key(&parent)
            {
                territory.parent = None;
                problems.push(TerritoryProblem::UnknownParent { id, name: name.clone() });
            } else if is_in_itself(id, &parents) {
                territory.parent = None;
                problems.push(TerritoryProblem::Cycle { id, name: name.clone() });
            }
            problems.extend(territory.rules.iter().flat_map(|rule| rule.problems(id, &name)));
        }
        let parents: HashMap<Uuid, Option<Uuid>> = territories.iter().map(|t| (t.id, t.parent)).collect();
        territories.sort_by_cached_key(|t| {
            let depth = climb(t.id, &parents).count();
            (std::cmp::Reverse(depth), std::cmp::Reverse(t.priority), t.id)
        });
        let index = territories.iter().enumerate().map(|(place, t)| (t.id, place)).collect();
        (Self { ordered: territories, index }, problems)
    }

    /// The territory to which the facts belong: of all that match the deepest, then the one of highest priority.
    pub fn locate(&self, facts: &LocateFacts<'_>) -> Option<Uuid> {
        let facts = facts.normalised();
        self.ordered.iter().find(|t| t.rules.iter().any(|rule| rule.matches(&facts))).map(|t| t.id)
    }

    /// A territory by its id.
    pub fn get(&self, id: Uuid) -> Option<&Territory> {
        self.index.get(&id).and_then(|place| self.ordered.get(*place))
    }

    /// The territories above it, nearest first.
    pub fn ancestors(&self, id: Uuid) -> impl Iterator<Item = &Territory> {
        std::iter::successors(self.get(id), |t| t.parent.and_then(|parent| self.get(parent))).skip(1)
    }

    /// It and all that lie in it.
    pub fn with_descendants(&self, id: Uuid) -> HashSet<Uuid> {
        self.ordered.iter().filter(|t| t.id == id || self.ancestors(t.id).any(|above| above.id == id)).map(|t| t.id).collect()
    }

    /// Every territory, in the order in which they are asked.
    pub fn iter(&self) -> impl Iterator<Item = &Territory> {
        self.ordered.iter()
    }
}

fn climb<'a>(id: Uuid, parents: &'a HashMap<Uuid, Option<Uuid>>) -> impl Iterator<Item = Uuid> + 'a {
    // Never more steps than there are territories, so that a cycle ends too.
    std::iter::successors(parents.get(&id).copied().flatten(), |at| parents.get(at).copied().flatten()).take(parents.len())
}

fn is_in_itself(id: Uuid, parents: &HashMap<Uuid, Option<Uuid>>) -> bool {
    climb(id, parents).any(|above| above == id)
}
