//! Planning digests as they are kept and mailed: one for each person and tick, whatever plugins had something to say.
//!
//! Sections of several plugins are joined in the order in which their runs were committed; the title is the first one's, and another's title stands
//! above its sections. Mail waits a moment, so that what is joined goes with it; what comes after it has left goes in a mail of its own.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use pact_core::time::Instant;
use pact_policy::table::Kind;
use pact_script::effect;
use pact_store::entity::{digest, event};
use pact_store::{Tx, record};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use self::names::Names;
pub(crate) use self::names::shortened;
use crate::Refusal;
use crate::messages::{self, Message};
use crate::ops::lead::Scene;
use crate::relay::mail::{Template, to_person};

/// One section of a digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Its heading; the first may have none.
    pub title: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One line of a digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The record that it is about.
    pub record: Option<(Kind, Uuid)>,
    /// What the record is called: a lead's title, a customer's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The text.
    pub text: String,
    /// The push of this lead that waited for the person's answer when the digest was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<WaitingPush>,
}

/// A push that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingPush {
    /// The push.
    pub id: Uuid,
    /// Until when it can be answered.
    pub answer_by_at: i64,
}

/// What a run has to say to a person.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) person: Uuid,
    pub(crate) title: String,
    pub(crate) sections: Vec<effect::Section>,
    pub(crate) tick: String,
}

/// The tick that an event belongs to: its instant, the same for every plugin; an event that is no tick stands for itself.
pub(crate) fn tick_of(event: &event::Model) -> String {
    let due = event.payload.get("due_at").and_then(serde_json::Value::as_i64);
    due.map_or_else(|| event.id.to_string(), |due| due.to_string())
}

/// The sections of a digest as it is kept.
pub fn sections_of(row: &digest::Model) -> Vec<Section> {
    serde_json::from_value(row.body.0.clone()).unwrap_or_else(|error| {
        tracing::error!(%error, "a digest cannot be read; it is shown without its sections");
        Vec::new()
    })
}

/// Keeps what runs have to say, joins it by person and tick, and writes the mail and the messages that go with it.
///
/// Who has nothing to read gets nothing: lines are what counts, not headings.
pub(crate) async fn write(tx: &Tx, said: Vec<(Scene, Said)>) -> Result<(), Refusal> {
    let mut by_tick: BTreeMap<(Uuid, String), Vec<(Scene, Said)>> = BTreeMap::new();
    for (scene, said) in said {
        if said.sections.iter().any(|section| !section.lines.is_empty()) {
            by_tick.entry((said.person, said.tick.clone())).or_default().push((scene, said));
        }
    }
    if by_tick.is_empty() {
        return Ok(());
    }
    // In one order everywhere, so that nodes that write digests of the same people do not wait for each other in a circle.
    for (person, tick) in by_tick.keys() {
        record::hold_key(tx, &format!("digest {person} {tick}")).await?;
    }
    let names = Names::load(tx, by_tick.values().flatten().map(|(_, said)| said)).await?;
    let persons: BTreeSet<Uuid> = by_tick.keys().map(|(person, _)| *person).collect();
    let ticks: BTreeSet<String> = by_tick.keys().map(|(_, tick)| tick.clone()).collect();
    let known = pact_store::digest::of_ticks(tx, &persons, &ticks).await?;
    let mut known: BTreeMap<(Uuid, String), digest::Model> =
        known.into_iter().filter_map(|row| Some(((row.person_id, row.tick.clone()?), row))).collect();
    let mut made = Vec::new();
    for (key, said) in by_tick {
        match known.remove(&key) {
            Some(row) => join(tx, row, said, &names).await?,
            None => made.extend(make(tx, key, said, &names)),
        }
    }
    Ok(record::insert_many(tx, made).await?)
}

/// A new digest, with its mail and its message.
fn make(tx: &Tx, (person, tick): (Uuid, String), said: Vec<(Scene, Said)>, names: &Names) -> Option<digest::Model> {
    let (scene, first) = said.first()?.clone();
    let title = first.title;
    let sections: Vec<Section> = said.iter().flat_map(|(_, said)| headed(said, &title, names)).collect();
    let row = digest::Model {
        id: pact_core::id::ordered(),
        person_id: person,
        title: title.clone(),
        body: json!(sections).into(),
        made_at: scene.now.millis(),
        tick: Some(tick),
    };
    mail(tx, &scene, &row, &sections, false);
    messages::send(tx, Message { to: person, kind: "digest", record_kind: "digest", record: row.id, text: title, at: scene.now });
    Some(row)
}

/// More of a digest that is there already.
async fn join(tx: &Tx, row: digest::Model, said: Vec<(Scene, Said)>, names: &Names) -> Result<(), Refusal> {
    let Some((scene, _)) = said.first() else { return Ok(()) };
    let more: Vec<Section> = said.iter().flat_map(|(_, said)| headed(said, &row.title, names)).collect();
    let whole: Vec<Section> = sections_of(&row).into_iter().chain(more.iter().cloned()).collect();
    pact_store::digest::put_body(tx, row.id, json!(whole).into()).await?;
    if let Some(letter) = letter(scene, &row, &whole)
        && !pact_store::outbox::reword(tx, &key_of(row.id), letter.payload).await?
    {
        mail(tx, scene, &row, &more, true);
    }
    Ok(())
}

fn mail(tx: &Tx, scene: &Scene, row: &digest::Model, sections: &[Section], late: bool) {
    if let Some(letter) = letter(scene, row, sections) {
        tx.append(match late {
            true => letter,
            false => pact_store::entity::outbox::Model {
                idempotency_key: key_of(row.id),
                next_at: letter.created_at + i64::try_from(scene.outgoing.digest_wait.as_millis()).unwrap_or(0),
                ..letter
            },
        });
    }
}

/// Mail with these sections; nothing for who wants none.
fn letter(scene: &Scene, row: &digest::Model, sections: &[Section]) -> Option<pact_store::entity::outbox::Model> {
    let member = scene.snapshot.people.get(&row.person_id).filter(|member| member.mail.digests)?;
    to_person(&member.row, Template::Digest, json!({ "title": row.title, "sections": sections }), scene.now, None)
}

/// The key of the mail that holds a whole digest.
fn key_of(digest: Uuid) -> String {
    format!("digest {digest}")
}

/// What a run said, with names and pushes; under its own title where that is not the digest's.
fn headed(said: &Said, title: &str, names: &Names) -> Vec<Section> {
    let filled = said.sections.iter().filter(|section| !section.lines.is_empty());
    let mut sections: Vec<Section> = filled
        .map(|section| Section {
            title: section.title.clone(),
            lines: section.lines.iter().map(|line| names.line(said.person, line)).collect(),
        })
        .collect();
    if let Some(first) = sections.first_mut()
        && said.title != title
    {
        let own = first.title.take();
        first.title = Some(own.map_or_else(|| said.title.clone(), |own| format!("{}: {own}", said.title)));
    }
    sections
}

impl Line {
    /// The noun of the record that it is about.
    pub fn record_kind(&self) -> Option<&'static str> {
        self.record.map(|(kind, _)| crate::facts::noun(kind))
    }
}

impl WaitingPush {
    /// Until when it can be answered.
    pub fn answer_by(self) -> Instant {
        Instant::from_millis(self.answer_by_at)
    }
}
