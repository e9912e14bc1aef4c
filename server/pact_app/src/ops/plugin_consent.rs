//! Consent: what a plugin may read and do is agreed to before it is installed, and again when a version wants more.

use pact_evidence::PolicyAct;
use pact_policy::manifest::Manifest;
use pact_policy::manifest::asks::{Ask, asks, beyond, consent};
use pact_store::entity::script_version;

use crate::plugins::plugin_of;
use crate::{Actor, Refusal};

/// Whether somebody agreed to what a plugin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// An admin, by the word of a preview; nothing where they gave none.
    By(Option<String>),
    /// Whoever runs the machine: what PACT brings along, and folders that the configuration trusts.
    OfTheMachine,
    /// It was given when this very version was installed before.
    GivenBefore,
}

/// One thing that a plugin asks for, and whether the installed version asks for it already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The thing.
    pub ask: Ask,
    /// Whether it is new.
    pub is_new: bool,
}

/// What a version asks for beside the one that is installed.
pub(crate) fn asked(manifest: &Manifest, installed: Option<&script_version::Model>) -> Result<Vec<Asked>, Refusal> {
    let granted = match installed {
        Some(version) => asks(&plugin_of(version).map_err(Refusal::defect)?.manifest),
        None => Vec::new(),
    };
    let all = asks(manifest);
    let new: Vec<Ask> = beyond(&all, &granted).into_iter().cloned().collect();
    Ok(all.into_iter().map(|ask| Asked { is_new: new.contains(&ask), ask }).collect())
}

/// Whether consent must be asked: something is new, or nothing is installed.
pub(crate) fn is_needed(asked: &[Asked]) -> bool {
    asked.iter().any(|one| one.is_new)
}

/// The word by which an admin agrees to all of this.
pub(crate) fn word(plugin: &str, asked: &[Asked]) -> String {
    let all: Vec<Ask> = asked.iter().map(|one| one.ask.clone()).collect();
    consent(plugin, &all)
}

/// Refuses an installation to which nobody agreed; the act that is to be recorded when an admin did.
///
/// # Errors
/// [`Refusal::Consent`] with what it asks for.
pub(crate) fn check(
    manifest: &Manifest,
    installed: Option<&script_version::Model>,
    given: &Consent,
) -> Result<Option<PolicyAct>, Refusal> {
    let asked = asked(manifest, installed)?;
    let given = match given {
        Consent::OfTheMachine | Consent::GivenBefore => return Ok(None),
        Consent::By(given) => given,
    };
    let word = word(&manifest.id, &asked);
    match given {
        Some(given) if *given == word => Ok(is_needed(&asked).then(|| PolicyAct::PluginConsented {
            plugin: manifest.id.clone(),
            version: manifest.version.clone(),
            asks: asked.into_iter().map(|one| one.ask.key).collect(),
            consent: word,
        })),
        // A word for something else is a mistake, even where none is needed.
        None if !is_needed(&asked) => Ok(None),
        Some(_) | None => Err(Refusal::Consent { plugin: manifest.id.clone(), asked, consent: word }),
    }
}

/// Whose consent an operation by this actor is based on: PACT itself acts for whoever runs the machine.
pub(crate) fn of(actor: &Actor) -> Consent {
    match actor {
        Actor::System => Consent::OfTheMachine,
        Actor::Person(_) | Actor::Plugin { .. } | Actor::Form { .. } | Actor::Import { .. } => Consent::By(None),
    }
}
