//! What restarts the quiet clocks of a lead and of its customer, and what does not: operation by operation, on both databases.

use std::collections::BTreeSet;

use pact_app::ops::lead::expire_push;
use pact_app::ops::plan::carry_out_plans;
use pact_store::entity::{customer, lead};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http_nouns::world::World;
use crate::store::On;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Which clocks an operation restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restarts {
    Both,
    Customer,
    Neither,
}
use Restarts::{Both, Customer, Neither};

/// An operation, the state of the lead before it, who calls it with which body, and what it restarts. In paths and bodies `LEAD`, `CUSTOMER`, `CONTACT`, `CARD`, `PLAN`,
/// `REQUEST` and names of people stand for ids.
struct Row {
    operation: &'static str,
    state: &'static str,
    who: &'static str,
    call: &'static str,
    body: fn() -> Value,
    restarts: Restarts,
}

const fn row(
    operation: &'static str,
    state: &'static str,
    who: &'static str,
    call: &'static str,
    body: fn() -> Value,
    restarts: Restarts,
) -> Row {
    Row { operation, state, who, call, body, restarts }
}

fn nothing() -> Value {
    Value::Null
}

fn because() -> Value {
    json!({"because": "That is how it is."})
}

/// Every operation that writes about a customer, and looking at it.
const ROWS: &[Row] = &[
    // What the customer said, and what we intend and ask.
    row(
        "write_card",
        "owned",
        "ann",
        "POST /cards",
        || json!({"customer_id": "CUSTOMER", "lead_id": "LEAD", "kind": "news", "text": "They build."}),
        Both,
    ),
    row(
        "write_card",
        "owned",
        "ann",
        "POST /cards",
        || json!({"customer_id": "CUSTOMER", "kind": "news", "text": "They build."}),
        Customer,
    ),
    row(
        "announce_plan",
        "owned",
        "ann",
        "POST /plans",
        || json!({"customer_id": "CUSTOMER", "lead_id": "LEAD", "objective": "An order", "on_day": "2026-12-01"}),
        Both,
    ),
    row(
        "announce_plan",
        "owned",
        "ann",
        "POST /plans",
        || json!({"customer_id": "CUSTOMER", "objective": "An order", "on_day": "2026-12-01"}),
        Customer,
    ),
    row(
        "ask_request",
        "owned",
        "ann",
        "POST /requests",
        || json!({"customer_id": "CUSTOMER", "lead_id": "LEAD", "to_id": "BO", "text": "Is it in stock?"}),
        Both,
    ),
    row("answer_request", "owned", "bo", "POST /requests/REQUEST/answer", || json!({"answer": "Yes."}), Both),
    // What becomes of the lead.
    row(
        "enter_lead",
        "owned",
        "ann",
        "POST /leads",
        || json!({"source": "mail", "product": "fan", "title": "Something else", "customer": {"id": "CUSTOMER"}}),
        Customer,
    ),
    row("push_lead", "waiting", "mia", "POST /leads/LEAD/push", || json!({"person_id": "BO", "because": "Benelux."}), Both),
    row("accept_lead", "offered", "ann", "POST /leads/LEAD/accept", nothing, Both),
    row("decline_lead", "offered", "ann", "POST /leads/LEAD/decline", because, Both),
    row("change_stage", "owned", "ann", "POST /leads/LEAD/stage", || json!({"stage": "offer"}), Both),
    row(
        "transfer_lead",
        "owned",
        "mia",
        "POST /leads/LEAD/transfer",
        || json!({"person_id": "BO", "because": "Ann is away."}),
        Both,
    ),
    row("win_lead", "owned", "ann", "POST /leads/LEAD/win", || json!({}), Both),
    row("lose_lead", "owned", "ann", "POST /leads/LEAD/lose", because, Both),
    row(
        "reopen_lead",
        "lost",
        "mia",
        "POST /leads/LEAD/reopen",
        || json!({"person_id": "ANN", "because": "They are back."}),
        Both,
    ),
    // Taking an offer back, showing and asking above: nothing happened with the customer.
    row("withdraw_lead", "offered", "mia", "POST /leads/LEAD/withdraw", because, Neither),
    row(
        "escalate_lead",
        "owned",
        "ann",
        "POST /leads/LEAD/escalate",
        || json!({"person_id": "MIA", "because": "The price."}),
        Neither,
    ),
    row("highlight_lead", "owned", "ann", "POST /leads/LEAD/highlight", because, Neither),
    row("unhighlight_lead", "owned", "ann", "POST /leads/LEAD/unhighlight", nothing, Neither),
    // Corrections.
    row("change_lead", "owned", "ann", "PATCH /leads/LEAD", || json!({"title": "Twelve pumps"}), Neither),
    row("change_customer", "owned", "ann", "PATCH /customers/CUSTOMER", || json!({"city": "Utrecht"}), Neither),
    row("change_contact", "owned", "ann", "PATCH /contacts/CONTACT", || json!({"title": "Buyer"}), Neither),
    row("create_contact", "owned", "ann", "POST /contacts", || json!({"customer_id": "CUSTOMER", "name": "Kim"}), Neither),
    row("erase_contact", "owned", "adam", "POST /contacts/CONTACT/erase", nothing, Neither),
    row("change_card", "owned", "ann", "PATCH /cards/CARD", || json!({"theme": "price"}), Neither),
    row("change_plan", "owned", "ann", "PATCH /plans/PLAN", || json!({"on_day": "2026-12-03"}), Neither),
    row("withdraw_plan", "owned", "ann", "POST /plans/PLAN/withdraw", nothing, Neither),
    row("change_request", "owned", "ann", "PATCH /requests/REQUEST", || json!({"text": "Is it in stock, in grey?"}), Neither),
    row("merge_customer", "owned", "mia", "POST /customers/CUSTOMER/merge", || json!({"other_id": "OTHER"}), Neither),
    row("create_customer", "owned", "ann", "POST /customers", || json!({"name": "Umbrella", "country": "NL"}), Neither),
    row(
        "suggest_for_card",
        "owned",
        "ann",
        "POST /cards/suggestions",
        || json!({"customer_id": "CUSTOMER", "text": "They"}),
        Neither,
    ),
    // Being looked at.
    row("read_lead", "owned", "mia", "GET /leads/LEAD", nothing, Neither),
    row("list_lead_history", "owned", "mia", "GET /leads/LEAD/history", nothing, Neither),
    row("list_lead_pushes", "owned", "mia", "GET /leads/LEAD/pushes", nothing, Neither),
    row("list_lead_handovers", "owned", "mia", "GET /leads/LEAD/handovers", nothing, Neither),
    row("read_customer", "owned", "mia", "GET /customers/CUSTOMER", nothing, Neither),
    row("read_card", "owned", "mia", "GET /cards/CARD", nothing, Neither),
    row("search_records", "owned", "mia", "GET /search?q=Hooli", nothing, Neither),
];

/// Operations about customers that are tried elsewhere: each enters leads as `enter_lead` does, or writes custom values, whose clocks are below.
const ELSEWHERE: &[&str] = &["set_values", "submit_form"];

/// What stands for ids, and the ids.
struct Fixture(Vec<(&'static str, Uuid)>);

impl Fixture {
    async fn new(world: &World, state: &str) -> Self {
        let id = |record: &Value| record["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        // Names of their own, so that nothing is matched with what an earlier row left behind.
        let name = |what: &str| format!("{what} {}", Uuid::new_v4().simple());
        let customer: Uuid = world.customer(&name("Hooli"), "mia").await.parse().unwrap();
        let other: Uuid = world.customer(&name("Globex"), "mia").await.parse().unwrap();
        let contact = world.make("ann", "/contacts", json!({"customer_id": customer, "name": "Gavin"})).await;
        let lead: Uuid = world.lead(&customer.to_string(), "Ten pumps").await.parse().unwrap();
        let (ann, at) = (world.people["ann"], format!("/leads/{lead}"));
        let steps: &[(&str, &str, Value)] = match state {
            "waiting" => &[],
            "offered" => &[("mia", "push", json!({"person_id": ann, "because": "Benelux."}))],
            "owned" => &[("mia", "transfer", json!({"person_id": ann, "because": "Benelux."}))],
            _ => &[
                ("mia", "transfer", json!({"person_id": ann, "because": "Benelux."})),
                ("mia", "lose", json!({"because": "Too dear."})),
            ],
        };
        for (who, what, body) in steps {
            world.call(who, &format!("POST {at}/{what}")).json(body).send().await.ok();
        }
        let about = |more: Value| {
            let mut body = json!({"customer_id": customer});
            if state != "lost" {
                body["lead_id"] = json!(lead);
            }
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let card = world.make("ann", "/cards", about(json!({"kind": "wish", "text": "Quieter."}))).await;
        let plan = world.make("ann", "/plans", about(json!({"objective": "A date", "on_day": "2026-12-02"}))).await;
        let request = world.make("ann", "/requests", about(json!({"to_id": world.people["bo"], "text": "In stock?"}))).await;
        let mut ids = vec![
            ("CUSTOMER", customer),
            ("OTHER", other),
            ("CONTACT", id(&contact)),
            ("LEAD", lead),
            ("CARD", id(&card)),
            ("PLAN", id(&plan)),
            ("REQUEST", id(&request)),
        ];
        ids.extend([("ANN", ann), ("BO", world.people["bo"]), ("MIA", world.people["mia"])]);
        Self(ids)
    }

    fn id(&self, name: &str) -> Uuid {
        self.0.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn filled(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, &id.to_string()))
    }

    /// When something happened last on the lead and with the customer, as the store has it.
    async fn clocks(&self, world: &World) -> (i64, i64) {
        let read = world.app.store.read();
        let lead = lead::Entity::find_by_id(self.id("LEAD")).one(read).await.unwrap().unwrap();
        let customer = customer::Entity::find_by_id(self.id("CUSTOMER")).one(read).await.unwrap().unwrap();
        (lead.last_event_at, customer.last_event_at)
    }
}

async fn call(world: &World, fixture: &Fixture, row: &Row) {
    let what = fixture.filled(row.call);
    let mut call = world.call(row.who, &what);
    let path = what.split_once(' ').unwrap().1;
    let record = path.trim_end_matches("/merge").trim_end_matches("/erase").trim_end_matches("/withdraw");
    let changes = what.starts_with("PATCH") || ["withdraw_plan", "merge_customer", "erase_contact"].contains(&row.operation);
    if changes {
        call = call.knowing(row.who, record).await;
    }
    let body = (row.body)();
    if body != Value::Null {
        call = call.json(&serde_json::from_str(&fixture.filled(&body.to_string())).unwrap());
    }
    let reply = call.send().await;
    assert!((200..300).contains(&reply.status), "{} by {}: {reply:?}", row.call, row.who);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn each_operation_restarts_the_clocks_that_it_should(#[case] on: On) {
    let world = World::on(on).await;
    let mut wrong = Vec::new();
    for row in ROWS {
        let fixture = Fixture::new(&world, row.state).await;
        let before = fixture.clocks(&world).await;
        // Little enough that nobody's sign-in ends before the last row.
        world.pass(1_000);
        call(&world, &fixture, row).await;
        let after = fixture.clocks(&world).await;
        let now = world.app.clock.now().millis();
        let got = match (after.0 == now, after.1 == now) {
            (true, true) => Both,
            (false, true) => Customer,
            _ if after == before => Neither,
            _ => {
                wrong.push(format!("{} ({}): {before:?} became {after:?}", row.operation, row.call));
                continue;
            }
        };
        if got != row.restarts {
            wrong.push(format!("{} ({}) restarts {got:?}, not {:?}", row.operation, row.call, row.restarts));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_operation_about_customers_is_left_out() {
    let document = serde_json::to_value(pact::http::document()).unwrap();
    let nouns = ["leads", "pushes", "cards", "plans", "requests", "customers", "contacts", "values", "forms"];
    let writes = |method: &str| method != "get";
    let mut known: BTreeSet<&str> = ROWS.iter().map(|row| row.operation).collect();
    known.extend(ELSEWHERE);
    // The keys of web forms are about no customer.
    known.extend(["create_form_key", "change_form_key", "delete_form_key"]);
    for (path, item) in document["paths"].as_object().unwrap() {
        let noun = path.trim_start_matches("/api/v1/").split('/').next().unwrap();
        for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| writes(method)) {
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(
                !nouns.contains(&noun) || id.is_empty() || known.contains(id),
                "{method} {path}: does {id} restart the clocks?"
            );
        }
    }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_plan_is_carried_out_when_its_day_is_over(#[case] on: On) {
    let world = World::on(on).await;
    let fixture = Fixture::new(&world, "owned").await;
    let announced = fixture.clocks(&world).await;
    // The plan is for Wednesday 2 December, which is over at midnight in Amsterdam.
    let over = "2026-12-02T23:00:00Z".parse::<pact_core::time::Instant>().unwrap().millis();
    world.pass(8 * DAY_MS);
    carry_out_plans(&world.app).await.unwrap();
    assert_eq!(fixture.clocks(&world).await, announced, "its day is not over");
    world.pass(2 * DAY_MS);
    carry_out_plans(&world.app).await.unwrap();
    assert_eq!(fixture.clocks(&world).await, (over, over), "the end of its day, however late anybody looked");
    world.pass(DAY_MS);
    carry_out_plans(&world.app).await.unwrap();
    assert_eq!(fixture.clocks(&world).await, (over, over), "once");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_plan_that_was_withdrawn_or_moved_is_not_carried_out_on_its_old_day(#[case] on: On) {
    let world = World::on(on).await;
    let (withdrawn, moved) = (Fixture::new(&world, "owned").await, Fixture::new(&world, "owned").await);
    let announced = (withdrawn.clocks(&world).await, moved.clocks(&world).await);
    let at = format!("/plans/{}", withdrawn.id("PLAN"));
    world.call("ann", &format!("POST {at}/withdraw")).knowing("ann", &at).await.send().await.ok();
    let at = format!("/plans/{}", moved.id("PLAN"));
    let later = json!({"on_day": "2026-12-09"});
    world.call("ann", &format!("PATCH {at}")).knowing("ann", &at).await.json(&later).send().await.ok();
    world.pass(10 * DAY_MS);
    carry_out_plans(&world.app).await.unwrap();
    assert_eq!((withdrawn.clocks(&world).await, moved.clocks(&world).await), announced);
    world.pass(7 * DAY_MS);
    carry_out_plans(&world.app).await.unwrap();
    let over = "2026-12-09T23:00:00Z".parse::<pact_core::time::Instant>().unwrap().millis();
    assert_eq!((withdrawn.clocks(&world).await, moved.clocks(&world).await), (announced.0, (over, over)));
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_push_that_nobody_answers_leaves_the_clocks_running(#[case] on: On) {
    let world = World::on(on).await;
    let fixture = Fixture::new(&world, "offered").await;
    let before = fixture.clocks(&world).await;
    world.pass(DAY_MS);
    expire_push(&world.app, fixture.id("LEAD")).await.unwrap();
    assert_eq!(fixture.clocks(&world).await, before);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn custom_values_are_corrections(#[case] on: On) {
    let world = World::on(on).await;
    let fixture = Fixture::new(&world, "owned").await;
    let field = json!({
        "on_record": "customer", "name": "contract_ends_on", "label": "Contract ends on", "type": "day", "helps": "sale",
        "because": "Renewal talks start ninety days before.", "about": "customer",
    });
    world.make("adam", "/fields", field).await;
    let before = fixture.clocks(&world).await;
    world.pass(60_000);
    let at = format!("/values/customer/{}", fixture.id("CUSTOMER"));
    let values = json!({"values": {"contract_ends_on": "2027-06-30"}});
    world.call("ann", &format!("PATCH {at}")).knowing("ann", &at).await.json(&values).send().await.ok();
    assert_eq!(fixture.clocks(&world).await, before);
}
