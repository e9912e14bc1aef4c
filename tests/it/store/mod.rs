//! The store, on both databases.

mod crash;
mod lists;
mod queries;
mod schedules;
mod search;
mod versions;
mod writer;

use pact_store::entity::{contact, customer, event, lead, organisation, person, push, team};
use pact_store::record::{self, new_revision};
use pact_store::{Store, StoreError};
use pact_tests::pg::{TestDatabase, TestPg};
use tempfile::TempDir;
use uuid::Uuid;

/// Which database a case runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// A store with tables and nothing in them.
pub(crate) struct Fresh {
    pub(crate) store: Store,
    pub(crate) url: String,
    _folder: Option<TempDir>,
    _database: Option<TestDatabase>,
}

impl On {
    pub(crate) async fn fresh(self) -> Fresh {
        let (url, folder, database) = match self {
            On::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                (folder.path().join("pact 1%.db").display().to_string(), Some(folder), None)
            }
            On::Postgres => {
                let database = TestPg::shared().with_tables().await;
                (database.url().to_owned(), None, Some(database))
            }
        };
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        Fresh { store, url, _folder: folder, _database: database }
    }
}

impl Fresh {
    /// Writes rows as they are.
    pub(crate) async fn add<M>(&self, rows: Vec<M>)
    where
        M: sea_orm::ModelTrait + sea_orm::IntoActiveModel<<M::Entity as sea_orm::EntityTrait>::ActiveModel> + Send + 'static,
        M::Entity: sea_orm::EntityTrait<Model = M>,
    {
        self.store.write(async move |tx| record::insert_many(tx, rows.clone()).await).await.unwrap();
    }

    /// Does a job that must not fail.
    pub(crate) async fn write<T, F>(&self, job: F) -> T
    where
        F: AsyncFn(&pact_store::Tx) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.store.write(job).await.unwrap()
    }
}

pub(crate) fn organisation() -> organisation::Model {
    organisation::Model {
        id: Uuid::new_v4(),
        name: "Initech".into(),
        country: "NL".into(),
        language: "en".into(),
        time_zone: "Europe/Amsterdam".into(),
        k: 5,
        version: 1,
    }
}

pub(crate) fn team(name: &str) -> team::Model {
    team::Model {
        id: Uuid::new_v4(),
        revision: new_revision(),
        name: name.to_owned(),
        region: None,
        manager_id: None,
        working_hours: None,
    }
}

pub(crate) fn person(name: &str) -> person::Model {
    person::Model {
        id: Uuid::new_v4(),
        revision: new_revision(),
        name: name.to_owned(),
        email: format!("{}@example.com", name.to_lowercase()),
        role: "rep".into(),
        jobs: vec!["product manager".to_owned()].into(),
        team_id: None,
        territory_id: None,
        manager_id: None,
        skills: vec!["cooling".to_owned(), "\"quoted\"".to_owned()].into(),
        languages: vec!["nl".to_owned()].into(),
        time_zone: "Europe/Amsterdam".into(),
        country: "NL".into(),
        region: None,
        capacity: Some(20),
        working_hours: None,
        active: true,
        password_hash: Some(pact_store::Secret("argon2".to_owned())),
        created_at: 0,
    }
}

pub(crate) fn customer(name: &str, created_at: i64) -> customer::Model {
    customer::Model {
        id: Uuid::new_v4(),
        revision: new_revision(),
        name: name.to_owned(),
        name_key: pact_core::matching::name_key(name),
        domain: None,
        phone: None,
        street: None,
        postcode: None,
        city: None,
        country: None,
        segment: None,
        industry: None,
        employees: None,
        owner_id: None,
        territory_id: None,
        last_event_at: created_at,
        merged_into_id: None,
        created_at,
    }
}

pub(crate) fn contact(customer: Uuid, name: &str) -> contact::Model {
    contact::Model {
        id: Uuid::new_v4(),
        revision: new_revision(),
        customer_id: customer,
        name: name.to_owned(),
        name_key: pact_core::matching::person_key(name),
        title: None,
        email: None,
        phone: None,
        language: None,
        created_at: 0,
        erased: false,
    }
}

pub(crate) fn lead(customer: Uuid, title: &str, created_at: i64) -> lead::Model {
    lead::Model {
        id: Uuid::new_v4(),
        revision: new_revision(),
        title: title.to_owned(),
        source: "form".into(),
        product: None,
        state: "waiting".into(),
        stage: "enquiry".into(),
        value_minor: None,
        value_currency: None,
        customer_id: customer,
        contact_id: None,
        owner_id: None,
        territory_id: None,
        escalation: 0,
        attempt: 0,
        highlighted: false,
        highlight_reason: None,
        expected_on: None,
        message: None,
        last_event_at: created_at,
        created_at,
        closed_at: None,
        lost_reason: None,
        merged_into_id: None,
        near_match_id: None,
        external_key: None,
        entered_by: "form".into(),
    }
}

pub(crate) fn push(lead: Uuid, person: Uuid, pushed_at: i64, answer: &str) -> push::Model {
    push::Model {
        id: Uuid::now_v7(),
        lead_id: lead,
        person_id: person,
        reason: "next in rotation".into(),
        pushed_at,
        answer: answer.into(),
        answer_reason: None,
        answered_at: None,
        answer_by_at: pushed_at + 100,
        run_id: None,
    }
}

pub(crate) fn event(lane: i64, at: i64) -> event::Model {
    event::Model {
        id: Uuid::now_v7(),
        name: "lead_created".into(),
        record_kind: "lead".into(),
        record_id: Uuid::new_v4(),
        payload: serde_json::json!({"z": at, "a": "ü"}).into(),
        lane,
        at,
        handled_at: None,
        lease_until: None,
        fence: 0,
        attempts: 0,
        parked_reason: None,
        plugin_id: None,
        parked_id: None,
        parked_on: None,
    }
}
