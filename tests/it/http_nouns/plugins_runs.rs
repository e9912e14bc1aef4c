use pact_store::entity::{plugin, run, run_subject, script_version};
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use super::world::{NOW_MS, World, each};
use crate::store::On;

const MANIFEST: &str = r#"
id = "quiet-leads"
version = "1.2.0"
api = 1
title = "Quiet leads"
summary = "Shows quiet leads."

[settings]
highlight_after = { type = "span", default = "5 work days", title = "Show after" }
loud = { type = "yes_no", default = false }
"#;

/// A company with one plugin that ran twice; the ids of its version and runs.
async fn with_plugin(on: On) -> (World, Uuid, [Uuid; 2], Uuid) {
    let world = World::on(on).await;
    let (version, done, failed, lead) = (Uuid::new_v4(), Uuid::now_v7(), Uuid::now_v7(), Uuid::new_v4());
    let plugin = plugin::Model {
        id: "quiet-leads".into(),
        revision: "1".into(),
        title: "Quiet leads".into(),
        summary: "Shows quiet leads.".into(),
        version: "1.2.0".into(),
        enabled: true,
        settings: json!({}).into(),
        installed_at: NOW_MS,
    };
    let script = script_version::Model {
        id: version,
        plugin_id: "quiet-leads".into(),
        version: "1.2.0".into(),
        manifest: MANIFEST.into(),
        files: json!({"quiet.rhai": "fn on_lead_quiet(lead) { highlight(lead, \"quiet\"); }"}).into(),
        hash: "5f".into(),
        certificate: None,
        created_at: NOW_MS,
        created_by_id: None,
        number: 0,
    };
    let run = |id, outcome: &str, later| run::Model {
        id,
        plugin_id: "quiet-leads".into(),
        script_version_id: Some(version),
        event_id: None,
        call: "on_lead_quiet".into(),
        started_at: NOW_MS + later,
        duration_us: 80,
        operations: 12,
        rows_read: 3,
        outcome: outcome.into(),
        effects: json!([]).into(),
        log: json!(["hello"]).into(),
        error: (outcome == "failed").then(|| json!({"what": "no owner", "line": 1}).into()),
        memory_kib: None,
        facts: None,
    };
    world.fresh.add(vec![plugin]).await;
    world.fresh.add(vec![script]).await;
    world.fresh.add(vec![run(done, "done", 0), run(failed, "failed", 1_000)]).await;
    world.fresh.add(vec![run_subject::Model { run_id: done, record_id: lead }]).await;
    (world, version, [done, failed], lead)
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn plugins_are_read_by_all_and_set_by_admins(#[case] on: On) {
    let (world, version, ..) = with_plugin(on).await;
    assert_eq!(each(&world.get("ann", "/plugins").await, "id"), ["quiet-leads"]);
    let path = "/plugins/quiet-leads";
    let versions = world.get("audrey", &format!("{path}/versions")).await;
    assert_eq!(each(&versions, "id"), [&json!(version)]);
    let shown = world.get("ann", &format!("{path}/versions/{version}")).await;
    assert!(shown["files"]["quiet.rhai"].as_str().unwrap().contains("highlight"), "{shown}");
    let off = world.call("adam", &format!("POST {path}/disable")).knowing("adam", path).await.send().await.ok();
    assert_eq!(off["enabled"], json!(false));
    let on_again = world.call("adam", &format!("POST {path}/enable")).knowing("adam", path).await.send().await.ok();
    assert_eq!(on_again["enabled"], json!(true));
    let patch = format!("PATCH {path}");
    let set = world
        .call("adam", &patch)
        .knowing("adam", path)
        .await
        .json(&json!({"settings": {"highlight_after": "3 work days", "loud": true}}))
        .send()
        .await
        .ok();
    assert_eq!(set["settings"], json!({"highlight_after": "3 work days", "loud": true}));
    let back =
        world.call("adam", &patch).knowing("adam", path).await.json(&json!({"settings": {"loud": null}})).send().await.ok();
    assert_eq!(back["settings"], json!({"highlight_after": "3 work days"}));
    for (settings, field) in [
        (json!({"colour": 1}), "settings.colour"),
        (json!({"highlight_after": "soon"}), "settings.highlight_after"),
        (json!({"loud": "very"}), "settings.loud"),
    ] {
        let reply = world.call("adam", &patch).knowing("adam", path).await.json(&json!({"settings": settings})).send().await;
        reply.is_problem(422, "invalid-value", field, &settings.to_string());
    }
    for what in ["disable", "enable"] {
        let by_mia = world.call("mia", &format!("POST {path}/{what}")).knowing("mia", path).await.send().await;
        by_mia.is_problem(403, "forbidden", "", what);
    }
    let other = format!("GET {path}/versions/{}", Uuid::new_v4());
    world
        .refuses(&[
            ("pat", "GET /plugins", None, 403, "forbidden", ""),
            ("adam", "POST /plugins/quiet-leads/disable", None, 428, "if-match-missing", ""),
            ("adam", "GET /plugins/none", None, 404, "not-found", ""),
            ("adam", "GET /plugins/none/versions", None, 404, "not-found", ""),
            ("ann", &other, None, 404, "not-found", ""),
        ])
        .await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn runs_are_read_by_admins_and_auditors(#[case] on: On) {
    let (world, _, [done, failed], lead) = with_plugin(on).await;
    for (query, wanted) in [
        (String::new(), vec![json!(done), json!(failed)]),
        ("?sort=-started_at".into(), vec![json!(failed), json!(done)]),
        ("?outcome=failed".into(), vec![json!(failed)]),
        ("?plugin_id=quiet-leads&started_since=2026-11-24T10:10:01Z".into(), vec![json!(failed)]),
        (format!("?record_id={lead}"), vec![json!(done)]),
    ] {
        let page = world.get("audrey", &format!("/runs{query}")).await;
        assert_eq!(each(&page, "id"), wanted.iter().collect::<Vec<_>>(), "{query}");
    }
    let shown = world.get("adam", &format!("/runs/{done}")).await;
    assert_eq!((&shown["records"], &shown["log"]), (&json!([lead]), &json!(["hello"])));
    assert_eq!(world.get("adam", &format!("/runs/{failed}")).await["run"]["error"]["what"], "no owner");
    let missing = format!("GET /runs/{}", Uuid::new_v4());
    world
        .refuses(&[
            ("ann", "GET /runs", None, 403, "forbidden", ""),
            ("mia", "GET /runs", None, 403, "forbidden", ""),
            ("adam", "GET /runs?outcome=good", None, 400, "invalid-parameter", "outcome"),
            ("adam", &missing, None, 404, "not-found", ""),
        ])
        .await;
}

fn greeter(version: &str, script: &str) -> serde_json::Value {
    let manifest = format!(
        "id = \"greeter\"\nversion = \"{version}\"\napi = 1\ntitle = \"Greeter\"\nreads = [\"customer\"]\n[[script]]\nfile = \"greet.rhai\"\n"
    );
    json!({"manifest": manifest, "files": {"greet.rhai": script}})
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_plugin_is_installed_judged_and_brought_back(#[case] on: On) {
    let world = World::on(on).await;
    let good = greeter("1.0.0", "fn on_customer_created(customer) { log(customer.name); }");
    let made = world.make("adam", "/plugins", good.clone()).await;
    assert_eq!((&made["id"], &made["version"], &made["enabled"]), (&json!("greeter"), &json!("1.0.0"), &json!(true)));
    let first = each(&world.get("ann", "/plugins/greeter/versions").await, "id")[0].clone();
    world.pass(1_000);
    let next = greeter("1.1.0", "fn on_customer_created(customer) { log(`new: ${customer.name}`); }");
    assert_eq!(world.make("adam", "/plugins", next).await["version"], "1.1.0");
    assert_eq!(each(&world.get("ann", "/plugins/greeter/versions").await, "version"), ["1.1.0", "1.0.0"], "newest first");
    world.pass(1_000);
    let back = world.call("adam", "POST /plugins/greeter/restore").json(&json!({"version_id": first})).send().await.ok();
    assert_eq!(back["version"], "1.0.0");
    assert_eq!(each(&world.get("ann", "/plugins/greeter/versions").await, "version"), ["1.0.0", "1.1.0", "1.0.0"]);
    let counts = "fn on_card_written(card) { let n = 0; for c in cards.of_customer(card.customer) { if c.author.id == card.author.id { n += 1; } } log(`${card.author.name}: ${n}`); }";
    let metric = greeter("2.0.0", counts);
    let many: std::collections::BTreeMap<String, &str> = (0..101).map(|n| (format!("{n}.rhai"), "")).collect();
    let manifest = good["manifest"].clone();
    world
        .refuses(&[
            ("mia", "POST /plugins", Some(good), 403, "forbidden", ""),
            ("adam", "POST /plugins", Some(metric), 422, "policy-refused", ""),
            ("adam", "POST /plugins", Some(greeter("soon", "")), 422, "invalid-value", "manifest"),
            ("adam", "POST /plugins", Some(json!({"manifest": manifest, "files": {}})), 422, "invalid-value", "manifest"),
            ("adam", "POST /plugins", Some(json!({"manifest": manifest, "files": many})), 422, "invalid-value", "files"),
            (
                "adam",
                "POST /plugins/greeter/restore",
                Some(json!({"version_id": Uuid::new_v4()})),
                422,
                "invalid-value",
                "version_id",
            ),
            ("adam", "POST /plugins/none/restore", Some(json!({"version_id": first})), 422, "invalid-value", "version_id"),
        ])
        .await;
    assert_eq!(world.get("ann", "/plugins/greeter").await["version"], "1.0.0", "what is refused changes nothing");
}
