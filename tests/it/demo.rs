//! The demo company in a real store, on both databases.

use std::sync::Arc;

use pact_app::app::SystemClock;
use pact_app::demo::{Company, fill, is_demo, set_demo_password};
use pact_app::{App, Refusal};
use pact_store::entity::{self, card, customer, lead_event, person};
use pact_store::search;
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::store::{Fresh, On, organisation, person as somebody};

fn company() -> Company {
    Company::make(7, "2026-11-21".parse().unwrap()).unwrap()
}

/// The application over a store that was just set up.
async fn app(fresh: &Fresh) -> App {
    fresh.add(vec![organisation()]).await;
    App::new(fresh.store.clone(), Arc::new(SystemClock), Arc::default(), None).await.unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_store_is_filled_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let fresh = on.fresh().await;
    let (app, company) = (app(&fresh).await, company());
    fill(&app, company.clone()).await.unwrap();

    let read = fresh.store.read();
    assert_eq!(entity::organisation::Entity::find().all(read).await.unwrap().len(), 1);
    assert_eq!(customer::Entity::find().count(read).await.unwrap(), company.customers.len() as u64);
    assert_eq!(lead_event::Entity::find().count(read).await.unwrap(), company.lead_events.len() as u64);
    assert_eq!(card::Entity::find().count(read).await.unwrap(), company.cards.len() as u64);
    let snapshot = app.organisation();
    assert_eq!((snapshot.name.as_str(), snapshot.people.len()), ("Nordlicht Climate", company.persons.len()));

    let some = &company.customers[0];
    let found = search::find(read, &["customer"], &some.name, 10).await.unwrap();
    assert!(found.iter().any(|hit| hit.id == some.id), "{} is found", some.name);

    let again = fill(&app, company).await;
    assert!(matches!(again, Err(Refusal::NotNow { .. })), "{again:?}");
    assert!(is_demo(&fresh.store).await.unwrap());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_demos_password_is_for_the_demo_only(#[values(On::Sqlite, On::Postgres)] on: On) {
    let demo = on.fresh().await;
    let demos = app(&demo).await;
    fill(&demos, company()).await.unwrap();
    set_demo_password(&demos, "amber-fjord-kelp".into()).await.unwrap();
    let people = person::Entity::find().all(demo.store.read()).await.unwrap();
    assert!(people.iter().all(|person| person.password_hash.as_ref().is_some_and(|hash| hash.0.starts_with("$argon2id$"))));

    let own = on.fresh().await;
    own.add(vec![somebody("Ann")]).await;
    let owns = app(&own).await;
    let refused = set_demo_password(&owns, "amber-fjord-kelp".into()).await;
    assert!(matches!(refused, Err(Refusal::NotNow { .. })), "{refused:?}");
    let refused = fill(&owns, company()).await;
    assert!(matches!(refused, Err(Refusal::NotNow { .. })), "{refused:?}");
}
