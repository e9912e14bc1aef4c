//! What schedules and sweeps ask: ticks, and quiet spells.

use std::collections::HashSet;

use pact_store::entity::{plugin, quiet_mark, quiet_sweep, schedule};
use pact_store::record::new_revision;
use rstest::rstest;
use uuid::Uuid;

use super::{Fresh, On, customer, lead};

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn a_tick_belongs_to_whoever_moves_the_schedule_on(#[case] on: On) {
    let fresh = on.fresh().await;
    add_plugin(&fresh, "digest").await;
    let row = |zone: &str| schedule::Model {
        id: Uuid::new_v4(),
        plugin_id: "digest".into(),
        call: "morning".into(),
        cron: "0 7 * * *".into(),
        zone: zone.into(),
        next_at: 1_000,
    };
    let (paris, again, oslo) = (row("Europe/Paris"), row("Europe/Paris"), row("Europe/Oslo"));
    let id = paris.id;
    let moved = fresh
        .write(async move |tx| {
            for row in [&paris, &again, &oslo] {
                pact_store::schedule::add(tx, row.clone()).await?;
            }
            Ok([
                pact_store::schedule::advance(tx, paris.id, 1_000, 2_000).await?,
                pact_store::schedule::advance(tx, paris.id, 1_000, 2_000).await?,
                pact_store::schedule::advance(tx, again.id, 1_000, 2_000).await?,
            ])
        })
        .await;
    assert_eq!(moved, [true, false, false], "another node is too late; a schedule that is there already is not added");
    fresh.write(async move |tx| pact_store::schedule::remove(tx, id).await).await;
    let left = pact_store::schedule::all(fresh.store.read()).await.unwrap();
    assert_eq!(left.iter().map(|row| row.zone.as_str()).collect::<Vec<_>>(), ["Europe/Oslo"]);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn of_a_quiet_spell_a_plugin_is_told_once(#[case] on: On) {
    let fresh = on.fresh().await;
    add_plugin(&fresh, "quiet").await;
    add_plugin(&fresh, "other").await;
    let company = customer("Hooli", 0);
    let leads: Vec<_> = [(100, "owned"), (200, "waiting"), (300, "won"), (400, "offered")]
        .map(|(last_event_at, state)| lead::Model { last_event_at, state: state.into(), ..lead(company.id, "pumps", 0) })
        .to_vec();
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.id).collect();
    fresh.add(vec![company]).await;
    fresh.add(leads).await;
    let untold = async |plugin: &str, since: i64, until: i64| {
        let found =
            pact_store::quiet::untold(fresh.store.read(), plugin, &["waiting", "offered", "owned"], since, until, 10).await;
        found.unwrap().iter().map(|lead| lead.last_event_at).collect::<Vec<_>>()
    };
    assert_eq!(untold("quiet", 0, 400).await, [100, 200, 400]);
    assert_eq!(untold("quiet", 100, 399).await, [200], "the horizon of the last sweep is left out, the present one is not");
    let mark = |lead: usize, last_event_at| quiet_mark::Model { lead_id: ids[lead], plugin_id: "quiet".into(), last_event_at };
    let (first, second) = (vec![mark(0, 100), mark(1, 200)], vec![mark(0, 100), mark(1, 250), mark(3, 400)]);
    let told = fresh.write(async move |tx| pact_store::quiet::mark(tx, first.clone()).await).await;
    assert_eq!(told, HashSet::from([ids[0], ids[1]]));
    let told = fresh.write(async move |tx| pact_store::quiet::mark(tx, second.clone()).await).await;
    assert_eq!(told, HashSet::from([ids[1], ids[3]]), "another spell of the second lead, the first of the fourth");
    assert_eq!(untold("quiet", 0, 400).await, [200], "what is marked is a spell, not a lead");
    assert_eq!(untold("other", 0, 400).await, [100, 200, 400]);
    assert_eq!(pact_store::quiet::sweep_of(fresh.store.read(), "quiet").await.unwrap(), None);
    for swept_until in [300, 350] {
        let sweep = quiet_sweep::Model { plugin_id: "quiet".into(), after_minutes: 60, swept_until };
        fresh.write(async move |tx| pact_store::quiet::swept(tx, sweep.clone()).await).await;
    }
    let sweep = pact_store::quiet::sweep_of(fresh.store.read(), "quiet").await.unwrap().unwrap();
    assert_eq!((sweep.after_minutes, sweep.swept_until), (60, 350));
}

async fn add_plugin(fresh: &Fresh, id: &str) {
    let row = plugin::Model {
        id: id.into(),
        revision: new_revision(),
        title: id.into(),
        summary: String::new(),
        version: "1.0.0".into(),
        enabled: true,
        settings: pact_store::Json::default(),
        installed_at: 0,
    };
    fresh.add(vec![row]).await;
}
