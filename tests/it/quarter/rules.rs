//! What must always hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pact_core::role::Role;
use pact_core::time::Instant;
use pact_store::entity::{event, push, quiet_mark, rotation};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;
use uuid::Uuid;

use super::company::Company;

/// The rotation of the plugin that pushes.
const ROTATION: &str = "push/reps";

/// The steps that say in which state a lead is.
const STATES: &str =
    "('entered', 'pushed', 'accepted', 'declined', 'expired', 'withdrawn', 'transferred', 'won', 'lost', 'reopened')";

/// What must be none after every step, as a sentence and a condition on a lead `l`.
const NEVER: &[(&str, &str)] = &[
    ("is offered without one open push, or has one without being offered", "(l.state = 'offered') <> (open.n = 1) OR open.n > 1"),
    (
        "has no owner though it is owned, or one while it waits",
        "(l.state = 'owned' AND l.owner_id IS NULL) OR (l.state IN ('waiting', 'offered') AND l.owner_id IS NOT NULL)",
    ),
    ("is owned by somebody who may not own it", "l.owner_id IS NOT NULL AND owner.role NOT IN ('rep', 'manager')"),
    (
        "tells of other pushes than there are",
        "told.pushed <> open.every OR told.accepted <> open.accepted OR told.declined <> open.declined OR told.expired <> open.expired OR told.withdrawn <> open.withdrawn",
    ),
    ("did not enter once", "told.entered <> 1"),
    (
        "is in another state than its history says",
        "CASE told.last WHEN 'entered' THEN 'waiting' WHEN 'pushed' THEN 'offered' WHEN 'accepted' THEN 'owned' WHEN 'declined' THEN 'waiting' \
         WHEN 'expired' THEN 'waiting' WHEN 'withdrawn' THEN 'waiting' WHEN 'transferred' THEN 'owned' WHEN 'won' THEN 'won' WHEN 'lost' THEN 'lost' \
         ELSE CASE WHEN l.owner_id IS NULL THEN 'waiting' ELSE 'owned' END END <> l.state",
    ),
];

/// Looks at everything after a step.
pub async fn always(company: &mut Company) {
    let cases: String = NEVER.iter().map(|(what, against)| format!("WHEN {against} THEN '{what}' ")).collect();
    let wrong = format!(
        "SELECT l.title || ' ' || found.what AS what FROM leads AS l JOIN (SELECT l.id AS id, CASE {cases} END AS what FROM leads AS l \
         LEFT JOIN persons AS owner ON owner.id = l.owner_id \
         LEFT JOIN (SELECT l.id AS lead, COUNT(p.id) AS every, COALESCE(SUM(p.answer = 'waiting'), 0) AS n, \
           COALESCE(SUM(p.answer = 'accepted'), 0) AS accepted, COALESCE(SUM(p.answer = 'declined'), 0) AS declined, \
           COALESCE(SUM(p.answer = 'expired'), 0) AS expired, COALESCE(SUM(p.answer = 'withdrawn'), 0) AS withdrawn \
           FROM leads AS l LEFT JOIN pushes AS p ON p.lead_id = l.id GROUP BY l.id) AS open ON open.lead = l.id \
         LEFT JOIN (SELECT h.lead_id AS lead, SUM(h.what = 'entered') AS entered, SUM(h.what = 'pushed') AS pushed, SUM(h.what = 'accepted') AS accepted, \
           SUM(h.what = 'declined') AS declined, SUM(h.what = 'expired') AS expired, SUM(h.what = 'withdrawn') AS withdrawn, \
           (SELECT s.what FROM lead_events AS s WHERE s.lead_id = h.lead_id AND s.what IN {STATES} ORDER BY s.id DESC LIMIT 1) AS last \
           FROM lead_events AS h GROUP BY h.lead_id) AS told ON told.lead = l.id) AS found ON found.id = l.id WHERE found.what IS NOT NULL"
    );
    assert_eq!(company.texts(&wrong).await, Vec::<String>::new());
    let waits = format!(
        "SELECT name AS what FROM events WHERE handled_at IS NULL AND parked_reason IS NULL AND (lease_until IS NULL OR lease_until <= {})",
        company.clock.millis()
    );
    assert_eq!(company.texts(&waits).await, Vec::<String>::new(), "events that wait though nothing holds them up");
    quiet_once(company).await;
}

/// A plugin is told once of each quiet spell: of no lead twice unless something happened on it in between.
async fn quiet_once(company: &mut Company) {
    let conn = company.app.store.read();
    let raised = event::Entity::find()
        .filter(event::Column::Name.eq("lead_quiet"))
        .filter(event::Column::Id.gt(company.told_until))
        .order_by_asc(event::Column::Id)
        .all(conn)
        .await
        .unwrap();
    for event in raised {
        company.told_until = event.id;
        // Tried again after it took too long: the same spell.
        if event.attempts > 1 {
            continue;
        }
        let mark = quiet_mark::Entity::find().filter(quiet_mark::Column::LeadId.eq(event.record_id)).one(conn).await.unwrap();
        let spell = mark.expect("a quiet spell that was told is marked").last_event_at;
        assert!(company.told.insert((event.record_id, spell)), "a plugin was told twice of one quiet spell");
    }
}

/// Looks at everything when the quarter is over.
pub async fn at_the_end(company: &Company) {
    let conn = company.app.store.read();
    let parked = "SELECT name || ': ' || parked_reason AS what FROM events WHERE parked_reason IS NOT NULL AND name <> 'lead_quiet' AND name <> 'tick'";
    let parked = company.texts(parked).await;
    // An effect may be refused because people were quicker; that is told, and put aside.
    println!("{} events were put aside: {:?}", parked.len(), parked.iter().collect::<BTreeSet<_>>());
    let ticks = event::Entity::find().filter(event::Column::Name.eq("tick")).filter(event::Column::Attempts.lte(1));
    let mut due: BTreeMap<String, usize> = BTreeMap::new();
    for tick in ticks.all(conn).await.unwrap() {
        let word = |key: &str| tick.payload.get(key).map(Value::to_string).unwrap_or_default();
        let person = if tick.record_kind == "person" { tick.record_id.to_string() } else { String::new() };
        *due.entry(format!("{} {} {} {person}", word("call"), word("zone"), word("due_at"))).or_default() += 1;
    }
    assert!(due.len() > 10, "time passed, and nothing ticked: {}", due.len());
    let twice: Vec<&String> = due.iter().filter(|(_, count)| **count > 1).map(|(tick, _)| tick).collect();
    assert!(twice.is_empty(), "ticks that happened twice: {twice:?}");
    let without_cause = "SELECT o.about AS what FROM (SELECT COUNT(*) AS n, 'mail' AS about FROM outbox WHERE kind = 'mail') AS o, \
                         (SELECT COUNT(*) AS n FROM messages WHERE kind = 'notice') AS m WHERE o.n <> m.n";
    assert_eq!(company.texts(without_cause).await, Vec::<String>::new(), "each notice leaves as one mail, and nothing else does");
    let of_nothing = "SELECT o.address AS what FROM outbox AS o WHERE NOT EXISTS (SELECT 1 FROM messages AS m JOIN persons AS p ON p.id = m.person_id \
                      WHERE m.kind = 'notice' AND m.record_id = o.record_id AND p.email = o.address)";
    assert_eq!(company.texts(of_nothing).await, Vec::<String>::new(), "mail about what was not committed");
    let silent = "SELECT l.title AS what FROM leads AS l WHERE l.state = 'lost' AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.record_id = l.id AND m.kind = 'notice')";
    assert_eq!(company.texts(silent).await, Vec::<String>::new(), "a lead was lost and nobody was told");
    assert_eq!(company.app.store.read().query_check().await, "ok");
}

/// Who could have got the next lead, before an event was handled.
pub struct Turn {
    made: BTreeSet<Uuid>,
    reps: BTreeSet<Uuid>,
    loads: HashMap<Uuid, i64>,
    capacity: HashMap<Uuid, Option<i64>>,
    given: HashMap<Uuid, i64>,
}

impl Turn {
    /// Looks before an event is handled.
    pub async fn look(company: &Company) -> Self {
        let conn = company.app.store.read();
        let snapshot = company.app.organisation();
        let reps = snapshot.people.values().filter(|member| member.role == Role::Rep).map(|member| member.row.id);
        let given = rotation::Entity::find().filter(rotation::Column::Name.eq(ROTATION)).all(conn).await.unwrap();
        Self {
            made: company.pushes_but(&BTreeSet::new()).await.into_iter().map(|push| push.id).collect(),
            reps: reps.collect(),
            loads: company.loads().await,
            capacity: snapshot.people.iter().map(|(id, member)| (*id, member.row.capacity)).collect(),
            given: given.into_iter().map(|row| (row.person_id, row.given_seq)).collect(),
        }
    }

    /// What came of it was fair: whoever got the lead had room, was at work, was not asked before, and had waited longest.
    pub async fn was_fair(self, company: &Company) {
        for made in company.pushes_but(&self.made).await {
            let tried = push::Entity::find().filter(push::Column::LeadId.eq(made.lead_id)).filter(push::Column::Id.ne(made.id));
            let tried: BTreeSet<Uuid> =
                tried.all(company.app.store.read()).await.unwrap().into_iter().map(|push| push.person_id).collect();
            let load = |id: &Uuid| self.loads.get(id).copied().unwrap_or(0);
            let has_room = |id: &Uuid| self.capacity[id].is_none_or(|capacity| load(id) < capacity);
            let snapshot = company.app.organisation();
            let on_duty = |id: &Uuid| snapshot.is_on_duty(*id, Instant::from_millis(made.pushed_at));
            let can = |id: &&Uuid| has_room(id) && on_duty(id) && !tried.contains(*id);
            let could: Vec<Uuid> = self.reps.iter().filter(can).copied().collect();
            let name = snapshot.name_of(made.person_id);
            assert!(could.contains(&made.person_id), "{name} got a lead without having room, being at work, or being new to it");
            let waited = |id: &Uuid| (self.given.get(id).copied().unwrap_or(0), *id);
            let next = could.iter().min_by_key(|id| waited(id)).unwrap();
            assert_eq!(*next, made.person_id, "it was not the turn of {name}");
        }
    }
}

/// What SQLite says of the file.
trait Checked {
    async fn query_check(&self) -> String;
}

impl Checked for sea_orm::DatabaseConnection {
    async fn query_check(&self) -> String {
        use sea_orm::{ConnectionTrait, Statement};
        let checked = self.query_one_raw(Statement::from_string(self.get_database_backend(), "PRAGMA integrity_check")).await;
        checked.unwrap().unwrap().try_get("", "integrity_check").unwrap()
    }
}
