//! Killed while mail and webhooks leave, several times: nothing that was committed is forgotten, nothing leaves of what was not, and what comes twice
//! is known by its id.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use mail_parser::MessageParser;
use pact_store::Store;
use pact_store::entity::outbox::{Column, Entity};
use pact_store::entity::{run, run_subject};
use pact_tests::exim::Exim;
use pact_tests::process::{ADMIN, Caller, Place};
use pact_tests::server::Db;
use rstest::rstest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::receiver::Receiver;
use super::{mail, until, webhooks};

/// How often the server is killed.
const KILLS: usize = 4;
/// Clients that enter leads.
const ENTERING: usize = 4;
/// Leads that must have entered, so that the test tested something.
const LEADS: usize = 60;

/// What the clients share.
#[derive(Default)]
struct Load {
    over: AtomicBool,
    entered: AtomicUsize,
}

/// One client: enters leads, and repeats with the same key what was not answered.
async fn enter(base: Arc<RwLock<String>>, load: Arc<Load>, admin: Caller, client: usize) {
    for n in 0.. {
        if load.over.load(Ordering::Relaxed) {
            return;
        }
        let key = Uuid::new_v4().to_string();
        let company = format!("Company {}", Uuid::new_v4().simple());
        let body =
            json!({"title": format!("{client}-{n}"), "source": "crash test", "customer": {"name": company, "country": "NL"}});
        while !load.over.load(Ordering::Relaxed) {
            let caller = Caller { base: base.read().unwrap().clone(), ..admin.clone() };
            match caller.send("POST", "/api/v1/leads", &[("idempotency-key", &key)], Some(&body)).await {
                Ok(answer) if answer.status != 503 => {
                    load.entered.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// The leads of which a run told Ann.
async fn told(store: &Store, leads: &BTreeSet<Uuid>) -> BTreeSet<Uuid> {
    let done = run::Entity::find().filter(run::Column::PluginId.eq("tell")).filter(run::Column::Outcome.eq("done"));
    let done: BTreeSet<Uuid> = done.all(store.read()).await.unwrap().into_iter().map(|run| run.id).collect();
    let subjects = run_subject::Entity::find().all(store.read()).await.unwrap();
    let of_done = subjects.into_iter().filter(|subject| done.contains(&subject.run_id)).map(|subject| subject.record_id);
    // A run is about the customer too.
    of_done.filter(|record| leads.contains(record)).collect()
}

#[rstest]
#[case(Db::Sqlite)]
#[case(Db::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_leaves_and_nothing_else(#[case] db: Db) {
    let (place, receiver, exim) = (Place::on(db), Receiver::start(), Exim::start());
    let launch = mail::by_exim(webhooks::launch(&place), &exim, "starttls").with("PACT_MAIL_SENDER", "pact@acme.example");
    let mut server = launch.start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    admin.person("Ann Rep", "rep").await;
    mail::tell_about_leads(&admin).await;
    let (_, secret) = webhooks::webhook(&admin, "leads", &receiver.url("ok/leads"), &["lead_created"]).await;
    receiver.knows(&[&secret]);

    let (base, load) = (Arc::new(RwLock::new(server.base.clone())), Arc::<Load>::default());
    let clients: Vec<_> =
        (0..ENTERING).map(|client| tokio::spawn(enter(base.clone(), load.clone(), admin.clone(), client))).collect();
    for _ in 0..KILLS {
        let moment = 300 + Uuid::new_v4().as_u128() as u64 % 1_200;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.kill();
        let again = launch.clone();
        server = tokio::task::spawn_blocking(move || again.start()).await.unwrap();
        base.write().unwrap().clone_from(&server.base);
    }
    until("enough leads have entered", async || (load.entered.load(Ordering::Relaxed) >= LEADS).then_some(())).await;
    load.over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }

    let store = Store::open(&place.url).await.unwrap();
    // Longer than the leases of those who were killed.
    until("all has left", async || {
        let waits = Entity::find().filter(Column::State.ne("sent")).all(store.read()).await.unwrap();
        let handled = pact_store::event::any_waiting(store.read(), i64::MAX).await.unwrap();
        (waits.is_empty() && !handled).then_some(())
    })
    .await;
    let rows = Entity::find().all(store.read()).await.unwrap();
    let leads = pact_store::entity::lead::Entity::find().all(store.read()).await.unwrap();
    let of = |kind: &str| rows.iter().filter(|row| row.kind == kind).collect::<Vec<_>>();
    let about = |kind: &str| of(kind).iter().filter_map(|row| row.record_id).collect::<BTreeSet<_>>();
    let entered: BTreeSet<Uuid> = leads.iter().map(|lead| lead.id).collect();
    assert_eq!((about("webhook"), of("webhook").len()), (entered.clone(), entered.len()), "one message for each lead");
    // On a machine with much to do a run may meet its limit of time; what it wanted is then not done, and its mail must not leave.
    let told = told(&store, &entered).await;
    assert_eq!((about("mail"), of("mail").len()), (told.clone(), told.len()), "one mail for each run that was done");
    assert!(told.len() * 2 > entered.len(), "only {} of {} runs were done", told.len(), entered.len());

    let came = receiver.at("/ok/leads");
    let ids: BTreeSet<String> = came.iter().map(|came| came["headers"]["webhook-id"].as_str().unwrap().to_owned()).collect();
    let written: BTreeSet<String> = of("webhook").iter().map(|row| format!("msg_{}", row.id.simple())).collect();
    assert_eq!(ids, written, "every message arrived, and none of what was not committed");
    assert!(came.iter().all(|came| came["signed_with"] == json!([0])));

    let written: BTreeSet<String> = of("mail").iter().map(|row| format!("{}@acme.example", row.id)).collect();
    let arrived = until("every mail is delivered", async || {
        let mail = exim.mail();
        let ids: BTreeSet<String> =
            mail.iter().filter_map(|mail| Some(MessageParser::default().parse(mail)?.message_id()?.to_owned())).collect();
        (ids.len() >= written.len()).then_some((ids, mail.len()))
    })
    .await;
    assert_eq!(arrived.0, written, "every mail arrived, and none of what was not committed");
    println!(
        "{} leads: {} messages came as {} posts, {} mails as {} over {KILLS} kills",
        entered.len(),
        ids.len(),
        came.len(),
        written.len(),
        arrived.1
    );
    store.close().await;
    drop(server);
}
