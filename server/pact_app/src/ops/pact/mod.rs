//! The pact: proposed, read, signed, and in force. Its settings hold for the whole server.
//!
//! Each change is an entry of the audit log, with the hash of the version's number, text and settings. Which signatures a version lacks, and how long it
//! waits, is `pact_core::pact`.
//!
//! | part | holds |
//! |---|---|
//! | [`force`] | which version is in force, and whether it covers what is set |
//! | [`signing`] | signatures, given and taken back |

mod force;
mod signing;

use std::collections::BTreeSet;

use pact_core::pact::{Lacks, People, Settings, Signature, Weaker, lacks, weaker};
use pact_core::role::Role;
use pact_core::text::TEXT;
use pact_core::time::Instant;
use pact_evidence::{Hash, PolicyAct};
use pact_store::entity::{pact_version, person};
use pact_store::{AsJson, StoreError, Tx, pact as store, record};
use sea_orm::entity::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::guard::text;
use crate::app::Held;
use crate::evidence::Recording;
use crate::{Actor, App, Caller, Refusal};

pub use force::{Demands, check_covered, come_into_force};
pub use signing::{sign, withdraw};

/// The number of the version that holds until one is signed.
pub const BUILT_IN: i64 = 0;
/// What that version says.
const BUILT_IN_WORDS: &str = include_str!("built_in.txt");
/// The most versions that are shown.
pub const MAX_VERSIONS: u64 = 200;

/// Propose a version.
#[derive(Clone, Debug)]
pub struct Propose {
    /// What it says.
    pub words: String,
    /// Its settings.
    pub settings: Settings,
}

/// A version as the caller sees it, and what it lacks.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its number, from 1; 0 for the one that is part of the program.
    pub number: i64,
    /// What it says.
    pub words: String,
    /// Its settings.
    pub settings: Settings,
    /// Hash of number, words and settings: what is signed.
    pub document: Hash,
    /// In what it is weaker than the version that was in force when it was proposed.
    pub weaker: Vec<String>,
    /// When it was proposed; never, for the one of the program.
    pub proposed_at: Option<Instant>,
    /// Since when it is in force, or was.
    pub in_force_at: Option<Instant>,
    /// How it stands.
    pub status: Status,
    /// Whether the caller signed it.
    pub is_signed_by_caller: bool,
}

/// How a version stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It holds.
    InForce,
    /// A later version took its place, or its proposal.
    Replaced,
    /// It is proposed, and lacks this.
    Proposed(Lacks),
}

/// What a version consists of, apart from what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// The version's number.
    pub(crate) number: i64,
    /// What it says.
    pub(crate) words: String,
    /// Its settings.
    pub(crate) settings: Settings,
}

impl Document {
    /// The version of the program.
    pub(crate) fn built_in() -> Self {
        Self { number: BUILT_IN, words: BUILT_IN_WORDS.trim().to_owned(), settings: Settings::built_in() }
    }

    /// What a stored version consists of.
    pub(crate) fn stored(row: &pact_version::Model) -> Result<Self, Refusal> {
        let settings = serde_json::from_value(row.settings.0.clone()).map_err(Refusal::defect)?;
        Ok(Self { number: row.number, words: row.words.clone(), settings })
    }

    /// One text, always the same for the same version: what is hashed, signed and kept beside the log.
    pub(crate) fn text(&self) -> String {
        json!({"version": self.number, "text": self.words, "settings": self.settings}).to_string()
    }

    pub(crate) fn hash(&self) -> Hash {
        Hash::of(self.text())
    }
}

/// The version in force: the newest that came into force, else the one of the program.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn in_force(conn: &impl ConnectionTrait) -> Result<Document, Refusal> {
    store::in_force(conn).await?.as_ref().map_or_else(|| Ok(Document::built_in()), Document::stored)
}

/// The settings in force.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn settings(conn: &impl ConnectionTrait) -> Result<Settings, Refusal> {
    Ok(in_force(conn).await?.settings)
}

fn number(row: &pact_version::Model) -> u64 {
    u64::try_from(row.number).unwrap_or(0)
}

/// Who works here, as far as signing goes.
async fn people(conn: &impl ConnectionTrait) -> Result<People, Refusal> {
    let active = person::Entity::find().filter(person::Column::Active.eq(true)).all(conn).await.map_err(StoreError::from)?;
    let inside = active.iter().filter(|person| person.role != Role::Partner.as_str());
    let admins = active.iter().filter(|person| person.role == Role::Admin.as_str());
    Ok(People { active: inside.map(|person| person.id).collect(), admins: admins.map(|person| person.id).collect() })
}

async fn missing(conn: &impl ConnectionTrait, row: &pact_version::Model, now: Instant) -> Result<Lacks, Refusal> {
    let before = settings(conn).await?;
    let signed = store::signatures(conn, row.id).await?;
    let signed: Vec<Signature> = signed
        .iter()
        .filter(|it| it.document == row.document)
        .map(|it| Signature { person: it.person_id, at: Instant::from_millis(it.signed_at) })
        .collect();
    let weakened: Vec<Weaker> = row.weaker.iter().map(|word| word.parse()).collect::<Result<_, _>>()?;
    Ok(lacks(&before, &Document::stored(row)?.settings, &weakened, &signed, &people(conn).await?, now))
}

async fn status(conn: &impl ConnectionTrait, row: &pact_version::Model, now: Instant) -> Result<Status, Refusal> {
    if store::in_force(conn).await?.is_some_and(|in_force| in_force.id == row.id) {
        return Ok(Status::InForce);
    }
    let is_newest = store::newest(conn).await?.is_some_and(|newest| newest.id == row.id);
    if is_newest { Ok(Status::Proposed(missing(conn, row, now).await?)) } else { Ok(Status::Replaced) }
}

async fn shown(app: &App, row: pact_version::Model, caller: Uuid) -> Result<Version, Refusal> {
    let conn = app.store.read();
    let own = store::signature(conn, row.id, caller).await?;
    let document = Document::stored(&row)?;
    Ok(Version {
        number: row.number,
        document: document.hash(),
        words: document.words,
        settings: document.settings,
        status: status(conn, &row, app.clock.now()).await?,
        weaker: row.weaker.0,
        proposed_at: Some(Instant::from_millis(row.proposed_at)),
        in_force_at: row.in_force_at.map(Instant::from_millis),
        is_signed_by_caller: own.is_some_and(|own| own.withdrawn_at.is_none()),
    })
}

fn built_in(is_in_force: bool) -> Version {
    let document = Document::built_in();
    Version {
        number: document.number,
        document: document.hash(),
        words: document.words,
        settings: document.settings,
        weaker: Vec::new(),
        proposed_at: None,
        in_force_at: None,
        status: if is_in_force { Status::InForce } else { Status::Replaced },
        is_signed_by_caller: false,
    }
}

/// The versions of the pact, the newest first, as the caller sees them; the last is the one of the program.
///
/// # Errors
/// A store that does not answer.
pub async fn versions(app: &App, caller: &Caller) -> Result<Vec<Version>, Refusal> {
    let mut versions = Vec::new();
    for row in store::versions(app.store.read(), MAX_VERSIONS).await? {
        versions.push(shown(app, row, caller.person_id).await?);
    }
    let is_in_force = versions.iter().all(|version| version.status != Status::InForce);
    versions.push(built_in(is_in_force));
    Ok(versions)
}

/// One version, as the caller sees it.
///
/// # Errors
/// There is none with this number, or a store that does not answer.
pub async fn version(app: &App, caller: &Caller, number: i64) -> Result<Version, Refusal> {
    if number == BUILT_IN {
        return Ok(built_in(store::in_force(app.store.read()).await?.is_none()));
    }
    let row = store::version(app.store.read(), number).await?.ok_or(Refusal::NotFound { what: "version of the pact" })?;
    shown(app, row, caller.person_id).await
}

/// Proposes a version. One that weakens nothing is in force at once; another waits for signatures, and a while. What was proposed before and is not in
/// force yet falls away.
///
/// # Errors
/// Settings that a pact cannot have, or signers who do not exist.
pub async fn propose(app: &App, actor: &Actor, command: Propose) -> Result<Version, Refusal> {
    let words = text(TEXT, "text", &command.words)?;
    command.settings.check().map_err(|bad| Refusal::invalid(format!("settings.{}", bad.setting()), bad.to_string()))?;
    let (now, by, proposed) = (app.clock.now(), actor.clone(), command.settings);
    let row = app
        .change(Held::Organisation, async move |tx| {
            store::hold(tx).await?;
            check_signers(tx, "settings.representatives", &proposed.representatives).await?;
            check_signers(tx, "settings.management", &proposed.management).await?;
            let before = in_force(tx).await?;
            let weaker = weaker((&before.words, &before.settings), (&words, &proposed));
            first_names_signers(&before, &weaker)?;
            let number_of_it = store::newest(tx).await?.map_or(1, |newest| newest.number + 1);
            let document = Document { number: number_of_it, words: words.clone(), settings: proposed.clone() };
            let row = pact_version::Model {
                id: Uuid::new_v4(),
                number: number_of_it,
                words: words.clone(),
                settings: json!(proposed).into(),
                document: document.hash().to_string(),
                weaker: AsJson(weaker.iter().map(ToString::to_string).collect()),
                proposed_at: now.millis(),
                in_force_at: None,
            };
            let mut recording = Recording::by(&by, now)?;
            let document = recording.text(document.text());
            recording
                .write(tx, PolicyAct::PactProposed { version: number(&row), document, weaker: row.weaker.0.clone() })
                .await?;
            record::insert(tx, row.clone()).await?;
            force::settle(tx, row, now).await
        })
        .await?;
    shown(app, row, actor.person_id().unwrap_or_default()).await
}

/// The first version says who signs, and weakens nothing else: until then nobody is named who could agree to that.
fn first_names_signers(before: &Document, weaker: &[Weaker]) -> Result<(), Refusal> {
    let other = weaker.iter().find(|weaker| !matches!(weaker, Weaker::Text | Weaker::OtherManagement));
    match other.filter(|_| before.settings.names_nobody()) {
        Some(other) => Err(Refusal::invalid(
            "settings",
            format!(
                "the first version names who signs, and weakens nothing else ({other}), because nobody is named yet who could agree. Propose it \
                 with the present settings; once it is in force, propose the next."
            ),
        )),
        None => Ok(()),
    }
}

async fn check_signers(tx: &Tx, field: &str, signers: &BTreeSet<Uuid>) -> Result<(), Refusal> {
    let known = people(tx).await?.active;
    if signers.is_subset(&known) {
        return Ok(());
    }
    Err(Refusal::invalid(
        field,
        "there is no active person of the company with one of these ids. Choose from GET /api/v1/persons.",
    ))
}
