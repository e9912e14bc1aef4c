//! How it writes: groups, refusals, conflicts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use pact_store::entity::lead_event;
use pact_store::record;
use pact_store::{Notice, Store, StoreError, Tx};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use uuid::Uuid;

use super::{On, event, team};

async fn teams(store: &Store) -> Vec<String> {
    let mut names: Vec<String> =
        team::Entity::find().all(store.read()).await.unwrap().into_iter().map(|team| team.name).collect();
    names.sort();
    names
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn what_is_acknowledged_is_there(#[case] on: On) {
    let fresh = on.fresh().await;
    let store = &fresh.store;
    let writes = (0..300).map(|n| {
        store.write(async move |tx| {
            record::insert(tx, team(&format!("team {n:03}"))).await?;
            Ok::<_, StoreError>(n)
        })
    });
    let done: Vec<i32> = futures_util::future::try_join_all(writes).await.unwrap();
    assert_eq!(done, (0..300).collect::<Vec<_>>());
    assert_eq!(team::Entity::find().count(store.read()).await.unwrap(), 300);
    store.migrate().await.unwrap();
    store.close().await;
    assert!(matches!(store.write(async |_: &Tx| Ok::<_, StoreError>(())).await, Err(StoreError::Closed)));
}

/// How a job behaves among forty well-behaved neighbours, and whether its row may be there afterwards.
#[derive(Clone, Copy, Debug)]
enum Bad {
    RefusesFirst,
    RefusesAfterAppending,
    RefusesAfterWriting,
    Panics,
    BreaksARule,
    BreaksARuleAndTakesNoNotice,
    AppendsAnOrphan,
}

impl Bad {
    async fn work(self, tx: &Tx) -> Result<(), StoreError> {
        let refusal = Err(StoreError::NotFound { what: "reason to go on" });
        match self {
            Bad::RefusesFirst => refusal,
            Bad::RefusesAfterAppending => {
                tx.append(orphan());
                refusal
            }
            Bad::RefusesAfterWriting => {
                record::insert(tx, team("bad")).await?;
                refusal
            }
            Bad::Panics => {
                record::insert(tx, team("bad")).await?;
                panic!("a defect in a job")
            }
            Bad::BreaksARule => record::insert(tx, team("taken")).await,
            Bad::BreaksARuleAndTakesNoNotice => {
                let _ = record::insert(tx, team("taken")).await;
                let _ = record::insert(tx, team("bad")).await;
                Ok(())
            }
            Bad::AppendsAnOrphan => {
                tx.append(orphan());
                Ok(())
            }
        }
    }
}

fn orphan() -> lead_event::Model {
    lead_event::Model {
        id: Uuid::now_v7(),
        lead_id: Uuid::new_v4(),
        what: "noted".into(),
        text: "about a lead that does not exist".into(),
        by_person_id: None,
        by_plugin: None,
        at: 0,
        left_as: None,
    }
}

#[rstest]
#[tokio::test]
async fn a_refused_job_leaves_nothing_and_harms_no_neighbour(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(
        Bad::RefusesFirst,
        Bad::RefusesAfterAppending,
        Bad::RefusesAfterWriting,
        Bad::Panics,
        Bad::BreaksARule,
        Bad::BreaksARuleAndTakesNoNotice,
        Bad::AppendsAnOrphan
    )]
    bad: Bad,
) {
    let fresh = on.fresh().await;
    let store = &fresh.store;
    store.write(async |tx| record::insert(tx, team("taken")).await).await.unwrap();
    let mut heard = store.committed();
    let writes = (0..40).map(|n| {
        store.write(async move |tx| {
            if n % 20 == 7 {
                return bad.work(tx).await;
            }
            record::insert(tx, team(&format!("good {n:02}"))).await?;
            tx.append(event(0, n));
            Ok(())
        })
    });
    let done = futures_util::future::join_all(writes).await;
    for (n, outcome) in done.iter().enumerate() {
        assert_eq!(outcome.is_err(), n % 20 == 7, "job {n}: {outcome:?}");
    }
    assert_eq!(teams(store).await.len(), 39, "38 good ones and the one that was there");
    assert_eq!(lead_event::Entity::find().count(store.read()).await.unwrap(), 0);
    assert_eq!(event::Entity::find().count(store.read()).await.unwrap(), 38);
    let mut told = 0;
    while let Ok(notice) = heard.try_recv() {
        assert!(matches!(notice, Notice::EventAppended { lane: 0, .. }));
        told += 1;
    }
    assert_eq!(told, 38, "each committed event is told once");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn a_job_sees_what_was_appended_before_it(#[case] on: On) {
    let fresh = on.fresh().await;
    let store = &fresh.store;
    let seen = (0..30).map(|n| {
        store.write(async move |tx| {
            let before = event::Entity::find().count(tx).await?;
            tx.append(event(0, n));
            let after = event::Entity::find().count(tx).await?;
            Ok::<_, StoreError>((before, after))
        })
    });
    let seen = futures_util::future::try_join_all(seen).await.unwrap();
    for (n, (before, after)) in seen.into_iter().enumerate() {
        assert!(after > before, "at least its own; on PostgreSQL other writers may commit in between");
        if matches!(on, On::Sqlite) {
            assert_eq!(before, n as u64, "one writer, in order");
        }
    }
    let events = event::Entity::find().all(store.read()).await.unwrap();
    assert!(events.iter().all(|event| event.payload.0 == serde_json::json!({"z": event.at, "a": "ü"})));
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn only_who_saw_the_record_changes_it(#[case] on: On) {
    let fresh = on.fresh().await;
    let store = &fresh.store;
    let first = team("north");
    let (id, seen) = (first.id, first.clone());
    store.write(async move |tx| record::insert(tx, first.clone()).await).await.unwrap();
    let changes = (0..20).map(|n| {
        let seen = seen.clone();
        store.write(async move |tx| record::save(tx, &seen, team::Model { region: Some(format!("r{n}")), ..seen.clone() }).await)
    });
    let done = futures_util::future::join_all(changes).await;
    let kept: Vec<team::Model> = done.iter().filter_map(|outcome| outcome.as_ref().ok().cloned()).collect();
    assert_eq!(kept.len(), 1, "{done:?}");
    assert!(
        done.iter()
            .filter_map(|outcome| outcome.as_ref().err())
            .all(|error| matches!(error, StoreError::Conflict { what: "team" }))
    );
    let now = record::get::<team::Model>(store.read(), id).await.unwrap();
    assert_eq!(now, kept[0]);
    assert_ne!(now.revision, seen.revision);

    let same = now.clone();
    let unchanged = store.write(async move |tx| record::save(tx, &same, same.clone()).await).await.unwrap();
    assert_eq!(unchanged, now, "a change that changes nothing keeps the revision");
    let (stale, fresh_one) = (seen.clone(), now.clone());
    assert!(matches!(store.write(async move |tx| record::remove(tx, &stale).await).await, Err(StoreError::Conflict { .. })));
    store.write(async move |tx| record::remove(tx, &fresh_one).await).await.unwrap();
    assert!(matches!(record::get::<team::Model>(store.read(), id).await, Err(StoreError::NotFound { what: "team" })));
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn readers_cannot_write(#[case] on: On) {
    use sea_orm::ConnectionTrait;
    let fresh = on.fresh().await;
    let refused = fresh.store.read().execute_unprepared("DELETE FROM teams").await;
    assert!(refused.is_err());
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn a_full_queue_refuses_at_once(#[case] on: On) {
    let fresh = on.fresh().await;
    let store = &fresh.store;
    let runs = Arc::new(AtomicU32::new(0));
    let writes = (0..pact_store::QUEUE_JOBS * 2).map(|_| {
        let runs = runs.clone();
        store.write(async move |_: &Tx| {
            runs.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            Ok::<_, StoreError>(())
        })
    });
    let done = futures_util::future::join_all(writes).await;
    let busy = done.iter().filter(|outcome| matches!(outcome, Err(StoreError::Busy))).count();
    assert!(busy > 0);
    assert!(done.iter().all(|outcome| matches!(outcome, Ok(()) | Err(StoreError::Busy))));
    assert_eq!(runs.load(Ordering::Relaxed) as usize + busy, done.len());
}

#[test]
fn addresses_that_make_no_sense_are_refused() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for address in ["", "sqlite::memory:", "sqlite://", "mysql://root@localhost/x"] {
        let refused = runtime.block_on(Store::open(address));
        assert!(matches!(refused, Err(StoreError::Address(_))), "{address}: {refused:?}");
    }
}
