//! Ways that take more than one request.

use pact_app::places::PLACES_A_DAY;
use pact_store::entity::{card, customer, event, lead, plan, plugin, run};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Scene;
use crate::http_nouns::world::{NOW_MS, World, each};

type Outcome = Result<(), String>;

fn must(held: bool, what: impl FnOnce() -> String) -> Outcome {
    if held { Ok(()) } else { Err(what()) }
}

/// A company with one customer more than anybody reads in a day, each with a card by Ann.
async fn many_customers(scene: &Scene) -> (World, Vec<(Uuid, Uuid)>) {
    let world = World::on(scene.on).await;
    let first: Uuid = world.customer("Customer", "ann").await.parse().unwrap();
    let row = customer::Entity::find_by_id(first).one(world.app.store.read()).await.unwrap().unwrap();
    let places: Vec<(Uuid, Uuid)> = (0..=PLACES_A_DAY).map(|_| (Uuid::new_v4(), Uuid::new_v4())).collect();
    let customers = places.iter().map(|(id, _)| customer::Model { id: *id, ..row.clone() }).collect();
    let cards = places.iter().map(|(customer, id)| card_of(*customer, *id, world.people["ann"])).collect();
    world.fresh.add::<customer::Model>(customers).await;
    world.fresh.add::<card::Model>(cards).await;
    (world, places)
}

fn card_of(customer_id: Uuid, id: Uuid, author: Uuid) -> card::Model {
    card::Model {
        id,
        revision: "1".into(),
        customer_id,
        lead_id: None,
        kind: "news".into(),
        about: None,
        theme: None,
        text: "They move in May.".into(),
        said_by_id: None,
        said_on: "2026-11-23".into(),
        author_id: Some(author),
        by_plugin: None,
        written_at: NOW_MS,
    }
}

/// In how many places an author was shown; what the customer said must be shown in all.
fn authors(cards: &[Value]) -> Result<usize, String> {
    must(cards.iter().all(|card| card["text"] == "They move in May."), || "what a customer said was held back".to_owned())?;
    Ok(cards.iter().filter(|card| !card["author_id"].is_null()).count())
}

pub(super) async fn customers_one_after_the_other(scene: &Scene) -> Outcome {
    let (world, places) = many_customers(scene).await;
    let mut cards = Vec::new();
    for (customer, _) in &places {
        cards.push(world.get("mia", &format!("/cards?customer_id={customer}")).await["items"][0].clone());
    }
    let shown = authors(&cards)?;
    must(shown == PLACES_A_DAY, || format!("{shown} of {} authors", places.len()))?;
    let own = world.get("ann", &format!("/cards?customer_id={}", places[PLACES_A_DAY].0)).await;
    must(!own["items"][0]["author_id"].is_null(), || format!("somebody else's day is used up: {own}"))
}

pub(super) async fn cards_one_after_the_other(scene: &Scene) -> Outcome {
    let (world, places) = many_customers(scene).await;
    let mut cards = Vec::new();
    for (_, card) in &places {
        cards.push(world.get("adam", &format!("/cards/{card}")).await);
    }
    let shown = authors(&cards)?;
    must(shown == PLACES_A_DAY, || format!("{shown} of {} authors", places.len()))
}

pub(super) async fn histories_one_after_the_other(scene: &Scene) -> Outcome {
    let world = World::on(scene.on).await;
    let customer = world.customer("Globex", "ann").await;
    let first: Uuid = world.lead(&customer, "Two boilers").await.parse().unwrap();
    let row = lead::Entity::find_by_id(first).one(world.app.store.read()).await.unwrap().unwrap();
    let leads: Vec<Uuid> = (0..=PLACES_A_DAY).map(|_| Uuid::new_v4()).collect();
    world.fresh.add::<lead::Model>(leads.iter().map(|id| lead::Model { id: *id, ..row.clone() }).collect()).await;
    let (last, before) = leads.split_last().unwrap();
    for lead in before {
        world.get("mia", &format!("/leads/{lead}/history")).await;
    }
    for what in ["history", "pushes"] {
        let one_more = world.call("mia", &format!("GET /leads/{last}/{what}")).send().await;
        must(one_more.status == 429 && one_more.body["type"] == "/problems/too-many-places", || format!("{one_more:?}"))?;
    }
    world.get("mia", &format!("/leads/{}/pushes", leads[0])).await;
    world.get("mia", &format!("/leads/{last}")).await;
    Ok(())
}

pub(super) async fn search_for_an_author(scene: &Scene) -> Outcome {
    for words in ["ann", "ann@initech.example", scene.word("ann")] {
        let found = scene.world.get("mia", &format!("/search?q={words}")).await;
        must(each(&found, "kind").iter().all(|kind| *kind != "card"), || format!("{words:?} finds {found}"))?;
        let cards = scene.world.get("mia", &format!("/cards?q={words}")).await;
        must(each(&cards, "id").is_empty(), || format!("{words:?} finds {cards}"))?;
    }
    Ok(())
}

pub(super) async fn ids_are_random(scene: &Scene) -> Outcome {
    let requests = scene.world.get("ann", "/requests").await;
    let request = requests["items"][0]["id"].as_str().unwrap();
    for id in [scene.word("card"), scene.word("plan"), scene.word("customer"), scene.word("lead"), request] {
        let version = id.parse::<Uuid>().unwrap().get_version_num();
        must(version == 4, || format!("{id} has version {version}"))?;
    }
    Ok(())
}

pub(super) async fn plans_of_the_past(scene: &Scene) -> Outcome {
    let customer: Uuid = scene.word("customer").parse().unwrap();
    let past = plan::Model {
        id: Uuid::new_v4(),
        revision: "1".into(),
        customer_id: customer,
        lead_id: None,
        person_id: scene.world.people["ann"],
        objective: "Show the pump".into(),
        on_day: "2026-11-20".into(),
        pack_id: None,
        bring: None,
        withdrawn: false,
        announced_at: NOW_MS - 600_000_000,
    };
    scene.world.fresh.add(vec![past]).await;
    for (who, path, shown) in [
        ("mia", "/plans?until_day=2026-11-23".to_owned(), false),
        ("adam", "/plans?until_day=2026-11-23&sort=-on_day".to_owned(), false),
        ("mia", format!("/plans?until_day=2026-11-23&customer_id={customer}"), true),
        ("ann", "/plans?until_day=2026-11-23".to_owned(), true),
        ("mia", "/plans?from_day=2026-11-24".to_owned(), true),
    ] {
        let page = scene.world.get(who, &path).await;
        let people = each(&page, "person_id");
        must(!people.is_empty() && people.iter().all(|person| person.is_null() != shown), || format!("{who} {path}: {page}"))?;
    }
    Ok(())
}

pub(super) async fn requests_of_others(scene: &Scene) -> Outcome {
    for who in ["mia", "adam"] {
        let page = scene.world.get(who, "/requests").await;
        must(each(&page, "id").is_empty(), || format!("{who} sees {page}"))?;
    }
    Ok(())
}

pub(super) async fn leads_of_another(scene: &Scene) -> Outcome {
    let (world, ann) = (&scene.world, scene.word("ann"));
    let lead = world.lead(scene.word("customer"), "A pump").await;
    for (who, what, body) in [
        ("mia", "push", json!({"person_id": ann, "because": "You know them."})),
        ("ann", "accept", Value::Null),
        ("mia", "highlight", json!({"because": "Nothing happened."})),
    ] {
        let call = world.call(who, &format!("POST /leads/{lead}/{what}"));
        let call = if body.is_null() { call } else { call.json(&body) };
        call.send().await.ok();
    }
    let list = format!("/leads?owner_id={ann}");
    let of_another = world.get("mia", &list).await;
    for field in ["highlighted", "highlight_reason"] {
        let said = each(&of_another, field);
        must(!said.is_empty() && said.iter().all(|value| value.is_null()), || format!("{field}: {of_another}"))?;
    }
    let own = world.get("ann", &list).await;
    must(own["items"][0]["highlighted"] == json!(true), || format!("one's own: {own}"))?;
    let one = world.get("mia", &format!("/leads/{lead}")).await;
    must(one["highlighted"] == json!(true), || format!("one lead: {one}"))
}

pub(super) async fn the_revision_of_a_person(scene: &Scene) -> Outcome {
    unchanged_by_a_card(scene, &format!("/persons/{}", scene.word("ann"))).await
}

pub(super) async fn the_revision_of_a_customer(scene: &Scene) -> Outcome {
    unchanged_by_a_card(scene, &format!("/customers/{}", scene.word("customer"))).await
}

async fn unchanged_by_a_card(scene: &Scene, path: &str) -> Outcome {
    let before = scene.world.call("mia", &format!("GET {path}")).send().await;
    let card = json!({"customer_id": scene.word("customer"), "kind": "news", "text": "A new buyer."});
    scene.world.make("ann", "/cards", card).await;
    let after = scene.world.call("mia", &format!("GET {path}")).send().await;
    must((&before.etag, &before.body) == (&after.etag, &after.body), || format!("{} became {}", before.body, after.body))
}

pub(super) async fn no_totals(scene: &Scene) -> Outcome {
    for noun in ["cards", "plans", "customers", "leads", "messages"] {
        let answer = scene.world.call("mia", &format!("GET /{noun}?limit=1")).open().await;
        let telling = ["x-total-count", "content-range", "link", "x-count"];
        let told: Vec<_> = telling.iter().filter(|name| answer.headers().contains_key(**name)).collect();
        must(told.is_empty(), || format!("{noun}: {told:?}"))?;
        let page: Value = answer.json().await.unwrap();
        let keys: Vec<&String> = page.as_object().unwrap().keys().collect();
        must(keys == ["items", "next_cursor"], || format!("{noun}: {keys:?}"))?;
    }
    Ok(())
}

pub(super) async fn revisions_are_random(scene: &Scene) -> Outcome {
    let path = format!("/cards/{}", scene.word("card"));
    let mut seen = Vec::new();
    for theme in ["price", "delivery", "service"] {
        let change = scene.world.call("ann", &format!("PATCH {path}")).knowing("ann", &path).await;
        change.json(&json!({"theme": theme})).send().await.ok();
        seen.push(scene.world.etag("ann", &path).await);
    }
    let random = |etag: &String| etag.trim_matches('"').parse::<Uuid>().is_ok_and(|id| id.get_version_num() == 4);
    must(seen.iter().all(random) && seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2], || format!("{seen:?}"))
}

pub(super) async fn idempotency_keys_of_others(scene: &Scene) -> Outcome {
    let card = json!({"customer_id": scene.word("customer"), "kind": "news", "text": "They hire."});
    let post = async |who| scene.world.call(who, "POST /cards").header("idempotency-key", "morning-1").json(&card).open().await;
    let (of_ann, again, of_mia) = (post("ann").await, post("ann").await, post("mia").await);
    must(again.headers().contains_key("idempotency-replayed"), || "one's own is not replayed".to_owned())?;
    must(of_ann.status() == 201 && of_mia.status() == 201, || format!("{of_ann:?} {of_mia:?}"))?;
    must(!of_mia.headers().contains_key("idempotency-replayed"), || "another person's answer is replayed".to_owned())
}

pub(super) async fn runs_that_acts_called(scene: &Scene) -> Outcome {
    let called = event::Model {
        id: Uuid::now_v7(),
        name: "card_written".into(),
        record_kind: "card".into(),
        record_id: scene.word("card").parse().unwrap(),
        payload: Value::Null.into(),
        lane: 0,
        at: NOW_MS,
        handled_at: Some(NOW_MS),
        lease_until: None,
        fence: 1,
        attempts: 1,
        parked_reason: None,
        parked_id: None,
        parked_on: None,
        plugin_id: None,
    };
    let plugin = plugin::Model {
        id: "echo".into(),
        revision: "1".into(),
        title: "Echo".into(),
        summary: "Says it again.".into(),
        version: "1.0.0".into(),
        enabled: true,
        settings: json!({}).into(),
        installed_at: NOW_MS,
    };
    let run = run::Model {
        id: Uuid::new_v4(),
        plugin_id: "echo".into(),
        script_version_id: None,
        event_id: Some(called.id),
        call: "on_card_written".into(),
        started_at: NOW_MS - NOW_MS % 3_600_000,
        duration_us: 80,
        operations: 12,
        rows_read: 3,
        outcome: "done".into(),
        effects: json!([]).into(),
        log: json!([]).into(),
        error: None,
        memory_kib: None,
        facts: None,
    };
    let id = run.id;
    scene.world.fresh.add(vec![called]).await;
    scene.world.fresh.add(vec![plugin]).await;
    scene.world.fresh.add(vec![run]).await;
    let listed = scene.world.get("adam", "/runs?plugin_id=echo").await;
    let shown = scene.world.get("audrey", &format!("/runs/{id}")).await;
    for run in [&listed["items"][0], &shown["run"]] {
        must(run["id"] == json!(id) && run["event_id"].is_null(), || format!("{run}"))?;
    }
    Ok(())
}

pub(super) async fn a_plugin_that_counts(scene: &Scene) -> Outcome {
    let manifest = "id = \"meter\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Meter\"\nsummary = \"Counts.\"\nreads = [\"card\", \"person\"]\nmay = [\"notify\"]\n\n\
                    [[script]]\nfile = \"meter.rhai\"\n\n[[schedule]]\ncall = \"weekly\"\ncron = \"0 7 * * MON\"\nzone = \"Europe/Amsterdam\"\n";
    let script = "fn weekly() {\n    for p in people.all() {\n        let n = 0;\n        for c in cards.since(today() - days(7)) { if c.author == p { n += 1; } }\n        \
                  notify(p.manager, `${p.name}: ${n} cards`, p);\n    }\n}\n";
    let plugin = json!({"manifest": manifest, "files": {"meter.rhai": script}});
    let reply = scene.world.call("adam", "POST /plugins").json(&plugin).send().await;
    must(reply.status == 422 && reply.body["type"] == "/problems/policy-refused", || format!("{reply:?}"))
}
