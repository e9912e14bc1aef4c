//! What happens when things die: the process, the connection, a neighbour, whoever waited.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pact_store::entity::{lead_event, team as team_entity};
use pact_store::{Lane, Store, StoreError, Tx, record};
use rstest::rstest;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{On, customer, lead, team};

/// The database on which a child process writes until it is killed.
const CHILD: &str = "PACT_TEST_WRITES_UNTIL_KILLED";

#[tokio::test]
#[ignore = "it is the process that another test kills"]
async fn writes_until_killed() {
    let url = std::env::var(CHILD).unwrap();
    let store = Store::open(&url).await.unwrap();
    let writers = (0..16).map(|writer| {
        let store = store.clone();
        async move {
            for n in 0.. {
                let name = format!("{writer}-{n}");
                let both = name.clone();
                let job = async move |tx: &Tx| {
                    let company = customer(&both, 0);
                    let one = lead(company.id, &both, 0);
                    let step = super::queries::step(one.id, 0);
                    record::insert(tx, company).await?;
                    record::insert(tx, one).await?;
                    tx.append(step);
                    Ok::<_, StoreError>(())
                };
                store.write(job).await.unwrap();
                println!("written {name}");
            }
        }
    });
    futures_util::future::join_all(writers).await;
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn what_was_acknowledged_survives_a_kill(#[case] on: On) {
    let fresh = on.fresh().await;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "store::crash::writes_until_killed", "--nocapture"])
        .env(CHILD, &fresh.url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let mut hear = |acknowledged: &mut Vec<String>, at_most: usize| {
        for line in lines.by_ref().take(at_most) {
            acknowledged.extend(line.unwrap().strip_prefix("written ").map(str::to_owned));
        }
    };
    hear(&mut acknowledged, 300);
    child.kill().unwrap();
    child.wait().unwrap();
    hear(&mut acknowledged, usize::MAX);
    assert!(acknowledged.len() > 250);

    let store = Store::open(&fresh.url).await.unwrap();
    store.migrate().await.unwrap();
    let leads = pact_store::entity::lead::Entity::find().all(store.read()).await.unwrap();
    for name in &acknowledged {
        assert!(leads.iter().any(|lead| lead.title == *name), "{name} was acknowledged and is lost");
    }
    let count = leads.len() as u64;
    assert_eq!(lead_event::Entity::find().count(store.read()).await.unwrap(), count, "all of a job or nothing of it");
    assert_eq!(pact_store::entity::customer::Entity::find().count(store.read()).await.unwrap(), count);
}

#[tokio::test]
async fn a_lost_connection_is_replaced() {
    let fresh = On::Postgres.fresh().await;
    let runs = Arc::new(AtomicU32::new(0));
    let writes = (0..20).map(|n| {
        let runs = runs.clone();
        fresh.store.write(async move |tx| {
            record::insert(tx, team(&format!("team {n:02}"))).await?;
            if n == 7 && runs.fetch_add(1, Ordering::Relaxed) < 2 {
                tx.execute_unprepared("SELECT pg_terminate_backend(pg_backend_pid())").await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    futures_util::future::try_join_all(writes).await.unwrap();
    assert_eq!(team_entity::Entity::find().count(fresh.store.read()).await.unwrap(), 20, "each once");
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn groups_that_wait_for_each_other_are_done_again() {
    let fresh = On::Postgres.fresh().await;
    let teams: Vec<_> = (0..6).map(|n| team(&n.to_string())).collect();
    let ids: Vec<Uuid> = teams.iter().map(|team| team.id).collect();
    fresh.add(teams).await;
    let writes = (0..120).map(|n: usize| {
        // Half of the jobs take the rows in one order, half in the other.
        let mut order = ids.clone();
        order.rotate_left(n % 6);
        if n.is_multiple_of(2) {
            order.reverse();
        }
        fresh.store.write(async move |tx| {
            for id in order.iter().take(3) {
                let held: team_entity::Model = record::hold(tx, *id).await?;
                let count = held.region.as_deref().map_or(0, |text| text.parse::<u32>().unwrap());
                let next = team_entity::Model { region: Some((count + 1).to_string()), ..held.clone() };
                record::save(tx, &held, next).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    let done = futures_util::future::join_all(writes).await;
    let busy = done.iter().filter(|outcome| matches!(outcome, Err(StoreError::Busy))).count();
    assert!(done.iter().all(|outcome| matches!(outcome, Ok(()) | Err(StoreError::Busy))), "{done:?}");
    let rows = team_entity::Entity::find().all(fresh.store.read()).await.unwrap();
    let sum: usize = rows.iter().filter_map(|row| row.region.as_deref()).map(|text| text.parse::<usize>().unwrap()).sum();
    assert_eq!(sum, (120 - busy) * 3, "no change is lost, none is made twice");
    assert!(busy < 12, "{busy} of 120 gave up");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn one_new_record_for_a_key_that_is_held(#[case] on: On) {
    let fresh = on.fresh().await;
    let writes = (0..40).map(|_| {
        fresh.store.write(async |tx| {
            record::hold_key(tx, "customer/globex").await?;
            let known = pact_store::entity::customer::Entity::find();
            let known = known.filter(pact_store::entity::customer::Column::NameKey.eq("globex")).limit(1).one(tx).await?;
            if known.is_none() {
                record::insert(tx, customer("Globex", 0)).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    futures_util::future::try_join_all(writes).await.unwrap();
    assert_eq!(pact_store::entity::customer::Entity::find().count(fresh.store.read()).await.unwrap(), 1);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn whoever_leaves_before_it_began_cancels(#[case] on: On) {
    let fresh = on.fresh().await;
    let store = &fresh.store;
    let slow = (0..16).map(|_| {
        store.write(async |_: &Tx| {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok::<_, StoreError>(())
        })
    });
    let slow = futures_util::future::try_join_all(slow);
    let impatient =
        tokio::time::timeout(Duration::from_millis(30), store.write(async |tx| record::insert(tx, team("late")).await));
    let (slow, impatient) = tokio::join!(slow, impatient);
    slow.unwrap();
    assert!(impatient.is_err());
    store.write(async |tx| record::insert(tx, team("after")).await).await.unwrap();
    assert_eq!(team_entity::Entity::find().count(store.read()).await.unwrap(), 1);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn bulk_work_waits_for_its_place_and_interactive_work_goes_first(#[case] on: On) {
    let fresh = on.fresh().await;
    let store = &fresh.store;
    let done = Arc::new(AtomicU32::new(0));
    let bulk = (0..pact_store::QUEUE_JOBS + 200).map(|_| {
        let done = done.clone();
        store.write_in(Lane::Bulk, async move |_: &Tx| {
            done.fetch_add(1, Ordering::Relaxed);
            Ok::<_, StoreError>(())
        })
    });
    let seen = done.clone();
    let interactive = async {
        tokio::task::yield_now().await;
        store.write(async |tx| record::insert(tx, team("first")).await).await.unwrap();
        seen.load(Ordering::Relaxed)
    };
    let (bulk, before) = tokio::join!(futures_util::future::join_all(bulk), interactive);
    assert!(bulk.iter().all(Result::is_ok), "nobody is refused");
    assert!(before < 600, "{before} bulk jobs were done before the interactive one");
    store.tidy().await.unwrap();
    store.close().await;
}
