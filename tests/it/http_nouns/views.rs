//! Views over REST: what the policy refuses is refused, what it allows runs on both databases, `k` is held, and nobody is named in a file beside acts.

use std::time::Duration;

use pact_app::jobs;
use pact_policy::view::{View, parse_views};
use pact_store::entity::{card, customer, lead, outbox, person, territory, view_subscription};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{NOW_MS, World, each};
use crate::store::{self, On};

const DAY_MS: i64 = 86_400_000;

fn corpus(file: &str) -> Vec<View> {
    let path = format!("{}/corpus/own/views/{file}", env!("CARGO_MANIFEST_DIR"));
    parse_views(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Saves a view and shows its rows to Mia.
async fn shown(world: &World, view: Value) -> Value {
    let made = world.make("mia", "/views", view).await;
    world.get("mia", &format!("/views/{}/rows", made["id"].as_str().unwrap())).await
}

fn report(name: &str, of: &str, group: &[&str], measure: &[&str], filter: Value) -> Value {
    json!({"name": name, "title": name, "of": of, "group": group, "measure": measure, "filter": filter})
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn the_corpus_of_views_is_refused_and_shown(#[case] on: On) {
    let world = World::on(on).await;
    for view in corpus("refuse.toml") {
        let reply = world.call("mia", "POST /views").json(&json!(view)).send().await;
        reply.is_problem(422, "policy-refused", "", &view.name);
        let finding = &reply.body["findings"][0];
        assert_eq!(finding["rule"], "no-activity-view", "{}: {finding}", view.name);
        assert!(finding["path"].as_array().unwrap().len() >= 2, "{}: {finding}", view.name);
    }
    assert_eq!(each(&world.get("mia", "/views").await, "id").len(), 0, "nothing that is refused is kept");
    company(&world).await;
    for view in corpus("pass.toml") {
        let made = world.make("mia", "/views", json!(view)).await;
        let path = format!("/views/{}", made["id"].as_str().unwrap());
        let rows = world.get("mia", &format!("{path}/rows")).await;
        let columns = rows["columns"].as_array().unwrap().len();
        assert!(rows["rows"].as_array().unwrap().iter().all(|row| row.as_array().unwrap().len() == columns), "{rows}");
        for format in ["csv", "xlsx"] {
            let file = world.call("mia", &format!("GET {path}/export?format={format}")).open().await;
            assert_eq!(file.status(), 200, "{} as {format}", view.name);
        }
    }
}

/// Six people in the north and two in the south; each owns a customer with a lead, and wrote a card about it.
async fn company(world: &World) {
    let (north, south) = (Uuid::new_v4(), Uuid::new_v4());
    let area = |id, name: &str| territory::Model {
        id,
        revision: "1".into(),
        name: name.into(),
        parent_id: None,
        priority: 0,
        rules: json!([]).into(),
    };
    world.fresh.add(vec![area(north, "North"), area(south, "South")]).await;
    for at in 0..8_i64 {
        let (name, area) = if at < 6 { (format!("North {at}"), north) } else { (format!("South {at}"), south) };
        let row = person::Model { email: format!("p{at}@initech.example"), password_hash: None, ..store::person(&name) };
        let owner = row.id;
        world.fresh.add(vec![row]).await;
        let since = NOW_MS - 30 * DAY_MS;
        let customer = customer::Model {
            owner_id: Some(owner),
            territory_id: Some(area),
            segment: Some("housing".into()),
            ..store::customer(&format!("Customer {at}"), since)
        };
        let lead = lead::Model {
            owner_id: Some(owner),
            territory_id: Some(area),
            state: if at % 2 == 0 { "won" } else { "owned" }.into(),
            value_minor: Some(1000 * (at + 1)),
            value_currency: Some("EUR".into()),
            closed_at: (at % 2 == 0).then_some(since),
            expected_on: Some("2026-12-24".into()),
            ..store::lead(customer.id, &format!("=1+{at}"), since)
        };
        let card = card::Model {
            id: Uuid::new_v4(),
            revision: "1".into(),
            customer_id: customer.id,
            lead_id: None,
            kind: "complaint".into(),
            about: Some("heat-pump".into()),
            theme: Some(if at == 0 { "noise" } else { "delivery" }.into()),
            text: format!("Card {at}"),
            said_by_id: None,
            said_on: "2026-11-03".into(),
            author_id: Some(owner),
            by_plugin: None,
            written_at: since,
        };
        world.fresh.add(vec![customer]).await;
        world.fresh.add(vec![lead]).await;
        world.fresh.add(vec![card]).await;
    }
    world.app.refresh_organisation().await.unwrap();
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn outcomes_are_shown_per_person_and_acts_by_groups_of_k(#[case] on: On) {
    let world = World::on(on).await;
    company(&world).await;
    let eur = |amount: &str| json!([{"amount": amount, "currency": "EUR"}]);
    let won = json!([{"by": "state", "op": "is", "value": "won"}]);
    let mut view = report("won", "leads", &["owner", "month(closed_at)"], &["sum(value)", "count"], won);
    view["sort"] = json!(["-sum(value)"]);
    let rows = shown(&world, view).await;
    assert_eq!(
        rows["rows"],
        json!([
            ["South 6", "2026-10", eur("70.00"), 1],
            ["North 4", "2026-10", eur("50.00"), 1],
            ["North 2", "2026-10", eur("30.00"), 1],
            ["North 0", "2026-10", eur("10.00"), 1],
        ])
    );
    let open = json!([{"by": "state", "op": "is", "value": "open"}]);
    let rows = shown(
        &world,
        report("forecast", "leads", &["quarter(expected_on)"], &["sum(value)", "average(value)", "customers"], open),
    )
    .await;
    assert_eq!(rows["rows"], json!([["2026-Q4", eur("200.00"), eur("50.00"), 4]]));
    let rows = shown(&world, report("themes", "cards", &["about", "theme"], &["count", "customers"], json!([]))).await;
    assert_eq!(rows["rows"], json!([["heat-pump", "delivery", 7, 7], ["heat-pump", "noise", 1, 1]]), "no group of staff: no k");

    // Two people in the south are too few; and since all are known, the north would tell of them.
    let quiet = json!([{"by": "quiet_for", "op": "at_least", "value": "5 work days"}]);
    let rows = shown(&world, report("quiet", "leads", &["territory"], &["count"], quiet.clone())).await;
    assert_eq!((&rows["rows"], &rows["withheld"]), (&json!([]), &json!(true)));
    let rows = shown(&world, report("quiet-stages", "leads", &["stage"], &["count"], quiet)).await;
    assert_eq!((&rows["rows"], &rows["withheld"]), (&json!([["enquiry", 8]]), &json!(false)));
    let noise = json!([{"by": "theme", "op": "is", "value": "delivery"}]);
    let rows = shown(&world, report("north-delivery", "cards", &["customer.territory"], &["count"], noise)).await;
    assert_eq!(rows["rows"], json!([]), "the one card about noise lies between this and all");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn large_groups_are_shown_without_totals(#[case] on: On) {
    let world = World::on(on).await;
    company(&world).await;
    // Four more in the south: nothing is left out, and nothing is added up.
    let south =
        world.get("mia", "/territories").await["items"].as_array().unwrap().iter().find(|area| area["name"] == "South").unwrap()
            ["id"]
            .clone();
    for at in 0..4 {
        let row = person::Model {
            email: format!("s{at}@initech.example"),
            password_hash: None,
            ..store::person(&format!("Late {at}"))
        };
        let owner = row.id;
        world.fresh.add(vec![row]).await;
        let customer = customer::Model {
            owner_id: Some(owner),
            territory_id: Some(south.as_str().unwrap().parse().unwrap()),
            ..store::customer(&format!("Late {at}"), NOW_MS - 30 * DAY_MS)
        };
        world.fresh.add(vec![customer]).await;
    }
    world.app.refresh_organisation().await.unwrap();
    let quiet = json!([{"by": "quiet_for", "op": "at_least", "value": "5 work days"}]);
    let rows = shown(&world, report("quiet", "customers", &["territory"], &["count"], quiet)).await;
    assert_eq!((&rows["rows"], &rows["withheld"]), (&json!([["North", 6], ["South", 6]]), &json!(false)));
    assert!(rows.as_object().unwrap().keys().all(|key| !key.contains("total")), "{rows}");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn files_hold_no_formulas_and_name_nobody_beside_acts(#[case] on: On) {
    let world = World::on(on).await;
    company(&world).await;
    let beside = json!({
        "name": "quiet-beside", "title": "Quiet", "of": "leads", "columns": ["title", "owner", "quiet_for"], "sort": ["title"],
        "filter": [{"by": "quiet_for", "op": "at_least", "value": "5 work days"}]
    });
    let made = world.make("mia", "/views", beside).await;
    let path = format!("/views/{}", made["id"].as_str().unwrap());
    let rows = world.get("mia", &format!("{path}/rows?limit=3")).await;
    assert_eq!(rows["rows"][0][1], "North 0", "one by one, on the screen");
    let next = world.get("mia", &format!("{path}/rows?limit=200&cursor={}", rows["next_cursor"].as_str().unwrap())).await;
    assert_eq!((next["rows"].as_array().unwrap().len(), &next["next_cursor"]), (5, &Value::Null));
    let csv = world.call("mia", &format!("GET {path}/export")).send().await;
    assert_eq!(csv.content_type, "text/csv; charset=utf-8");
    let text = csv.body.as_str().unwrap();
    assert_eq!(text.lines().count(), 9);
    assert!(text.starts_with("title,owner,quiet_for\r\n'=1+0,person "), "{text}");
    assert!(!text.contains("North") && !text.contains("South"), "{text}");
    let again = world.call("mia", &format!("GET {path}/export")).send().await;
    assert_ne!(again.body.as_str().unwrap(), text, "the names are good for one file");
    let book = world.call("mia", &format!("GET {path}/export?format=xlsx")).open().await.bytes().await.unwrap();
    assert!(book.starts_with(b"PK"), "a workbook is a zip file");
    let outcome = json!({"name": "worth", "title": "Worth", "of": "leads", "columns": ["owner", "value"], "sort": ["-value"]});
    let made = world.make("mia", "/views", outcome).await;
    let csv = world.call("mia", &format!("GET /views/{}/export", made["id"].as_str().unwrap())).send().await;
    assert!(csv.body.as_str().unwrap().starts_with("owner,value\r\nSouth 7,80.00 EUR\r\n"), "outcomes have names: {csv:?}");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn views_are_kept_changed_and_removed_by_who_may(#[case] on: On) {
    let world = World::on(on).await;
    let view = json!({"name": "goals", "title": "Goals", "of": "goals", "columns": ["title", "reached"]});
    let leads = json!({"name": "leads", "title": "Leads", "of": "leads", "columns": ["title"]});
    let made = world.make("ann", "/views", view.clone()).await;
    assert_eq!((&made["made_by_id"], &made["of"]), (&json!(world.people["ann"]), &json!("goals")));
    let of_leads = world.make("ann", "/views", leads).await;
    let path = format!("/views/{}", made["id"].as_str().unwrap());
    let of_leads = format!("/views/{}", of_leads["id"].as_str().unwrap());
    assert_eq!(each(&world.get("audrey", "/views?of=leads").await, "name"), ["leads"], "auditors see what is asked");
    world.get("audrey", &format!("{path}/rows")).await;
    let new = |key: &str, value: Value| {
        let mut body = view.clone();
        body[key] = value;
        Some(body)
    };
    let rows = format!("GET {of_leads}/rows");
    let (put, missing) = (format!("PUT {path}"), format!("GET /views/{}/rows", Uuid::new_v4()));
    world
        .refuses(&[
            ("audrey", &rows, None, 403, "forbidden", ""),
            ("audrey", "POST /views", Some(view.clone()), 403, "forbidden", ""),
            ("pat", "GET /views", None, 403, "forbidden", ""),
            ("nobody", "GET /views", None, 401, "unauthenticated", ""),
            ("ann", &missing, None, 404, "not-found", ""),
            ("ann", &put, Some(view.clone()), 428, "if-match-missing", ""),
            ("ann", "POST /views", Some(view.clone()), 409, "duplicate", "name"),
            ("ann", "POST /views", new("of", json!("people")), 422, "invalid-value", "of"),
            ("ann", "POST /views", new("columns", json!(["titel"])), 422, "invalid-value", "view"),
            ("ann", "POST /views", new("name", json!("Goals!")), 422, "invalid-value", "view"),
            ("ann", "POST /views", new("chart", json!("radar")), 422, "invalid-value", "chart"),
            (
                "ann",
                "POST /views",
                new("filter", json!([{"by": "title", "op": "like", "value": "x"}])),
                422,
                "invalid-value",
                "filter[0].op",
            ),
            (
                "ann",
                "POST /views",
                new("filter", json!([{"by": "title", "op": "is", "value": {}}])),
                422,
                "invalid-value",
                "filter",
            ),
            ("ann", "POST /views", new("measure", json!(["count"])), 422, "invalid-value", "view"),
            ("ann", &format!("GET {path}/rows?limit=0"), None, 400, "invalid-parameter", "limit"),
            ("ann", &format!("GET {path}/rows?cursor=x"), None, 400, "invalid-parameter", "cursor"),
            ("ann", &format!("GET {path}/export?format=pdf"), None, 400, "invalid-parameter", "format"),
        ])
        .await;
    let other = new("title", json!("What we want")).unwrap();
    world.call("bo", &put).knowing("bo", &path).await.json(&other).send().await.is_problem(
        403,
        "forbidden",
        "",
        "another's view",
    );
    world.call("ann", &put).if_match("\"old\"").json(&other).send().await.is_problem(412, "stale", "", "an old revision");
    let changed = world.call("ann", &put).knowing("ann", &path).await.json(&other).send().await.ok();
    assert_eq!(changed["title"], "What we want");
    let refused = json!({"name": "goals", "title": "x", "of": "cards", "group": ["author"], "measure": ["count"]});
    world.call("ann", &put).knowing("ann", &path).await.json(&refused).send().await.is_problem(
        422,
        "policy-refused",
        "",
        "changed into a meter",
    );
    let gone = world.call("adam", &format!("DELETE {path}")).knowing("adam", &path).await.send().await;
    assert_eq!(gone.status, 204, "an admin removes it: {gone:?}");
}

const LEVEL: &str = "[[field]]\non = \"lead\"\nname = \"level\"\nlabel = \"Level\"\ntype = \"choice\"\noptions = [\"fresh\", \"stale\"]\n\
    helps = \"sale\"\nbecause = \"Shows which leads wait for us.\"\n";

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn what_scripts_store_labels_what_views_show(#[case] on: On) {
    let world = World::on(on).await;
    let field = json!({
        "on_record": "lead", "name": "level", "label": "Level", "type": "choice", "options": ["fresh", "stale"], "helps": "sale",
        "because": "Shows which leads wait for us."
    });
    world.make("adam", "/fields", field).await;
    let by_owner = report("levels", "leads", &["owner", "field.level"], &["count"], json!([]));
    let made = world.make("mia", "/views", by_owner.clone()).await;
    let path = format!("/views/{}", made["id"].as_str().unwrap());
    world.get("mia", &format!("{path}/rows")).await;
    // A plugin that stores the quiet clock in the field is refused by what the view would then show.
    let manifest = format!(
        "id = \"quiet-level\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Level\"\nreads = [\"lead\"]\nmay = [\"set\"]\n\
         [[script]]\nfile = \"level.rhai\"\n[[schedule]]\ncall = \"daily\"\ncron = \"0 6 * * *\"\n{LEVEL}"
    );
    let script = "fn daily() {\n    for lead in leads.open() {\n        set(lead, \"level\", if lead.quiet_for > work_days(5) { \"stale\" } else { \"fresh\" });\n    }\n}\n";
    let mut plugin = json!({"manifest": manifest, "files": {"level.rhai": script}});
    let asked = world.call("adam", "POST /plugins").json(&plugin).send().await;
    asked.is_problem(409, "consent-needed", "", "nobody agreed yet");
    plugin["consent"] = asked.body["consent"].clone();
    let reply = world.call("adam", "POST /plugins").json(&plugin).send().await;
    reply.is_problem(422, "policy-refused", "", "a label that a view shows by owner");
    assert!(reply.body["findings"][0]["file"].as_str().unwrap().starts_with("view/levels"), "{reply:?}");
    let gone = world.call("mia", &format!("DELETE {path}")).knowing("mia", &path).await.send().await;
    assert_eq!(gone.status, 204, "{gone:?}");
    let installed = world.call("adam", "POST /plugins").json(&plugin).send().await;
    assert!(installed.status < 300, "{installed:?}");
    let reply = world.call("mia", "POST /views").json(&by_owner).send().await;
    reply.is_problem(422, "policy-refused", "", "the clock by owner");
    let steps = reply.body["findings"][0]["path"].to_string();
    assert!(steps.contains("level.rhai") && steps.contains("quiet_for"), "the path names the script: {steps}");
    let by_stage = report("levels", "leads", &["stage", "field.level"], &["count"], json!([]));
    world.make("mia", "/views", by_stage).await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_view_comes_by_mail_as_the_working_day_begins(#[case] on: On) {
    let world = World::on(on).await;
    company(&world).await;
    let made = world.make("mia", "/views", report("stages", "leads", &["stage"], &["count"], json!([]))).await;
    let path = format!("/views/{}/subscription", made["id"].as_str().unwrap());
    let put = format!("PUT {path}");
    world
        .refuses(&[
            ("ann", &format!("GET {path}"), None, 404, "not-found", ""),
            ("ann", &format!("DELETE {path}"), None, 404, "not-found", ""),
            ("ann", &put, Some(json!({"every": "hour"})), 422, "invalid-value", "every"),
            ("audrey", &put, Some(json!({"every": "day"})), 403, "forbidden", ""),
        ])
        .await;
    let weekly = world.call("bo", &put).json(&json!({"every": "week"})).send().await.ok();
    assert_eq!(weekly["next_at"], "2026-11-30T08:00:00.000Z", "Monday at nine in Amsterdam");
    let ended = world.call("bo", &format!("DELETE {path}")).send().await;
    assert_eq!(ended.status, 204);
    world.call("bo", &put).json(&json!({"every": "week"})).send().await.ok();
    let daily = world.call("ann", &put).json(&json!({"every": "day"})).send().await.ok();
    assert_eq!(daily["next_at"], "2026-11-25T08:00:00.000Z", "tomorrow at nine");
    world.pass(DAY_MS);
    let jobs = jobs::start(&world.app).await.unwrap();
    let mut mails = Vec::new();
    for _ in 0..600 {
        mails = outbox::Entity::find().all(world.app.store.read()).await.unwrap();
        if !mails.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    jobs.stop().await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].address, "ann@initech.example");
    let data = &mails[0].payload.0["data"];
    assert_eq!((&data["columns"], &data["rows"]), (&json!(["stage", "count"]), &json!([["enquiry", "8"]])));
    let left = view_subscription::Entity::find().all(world.app.store.read()).await.unwrap();
    let anns = left.iter().find(|row| row.person_id == world.people["ann"]).unwrap();
    assert!(anns.next_at > NOW_MS + DAY_MS, "the next one is tomorrow's");
}
