//! The life of a plugin: agreed to, installed, compared, brought back and removed; and what others need of it.

use pact_app::ops::plugin_arrival::{Found, look_at};
use pact_policy::manifest::{File, Plugin};
use pact_script::plugin::Std;
use pact_script::plugin::archive::pack;
use pact_store::entity::{custom_value, evidence_entry};
use rstest::rstest;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use super::world::{Reply, World, each};
use crate::store::On;

const SCRIPT: &str = "fn on_customer_created(customer) { log(customer.name); }";

/// The same for a plugin that reads nothing.
const PLAIN: &str = "fn on_customer_created(customer) { log(\"new\"); }";

/// The script that goes with what a manifest says.
fn script(rest: &str) -> &'static str {
    if rest.contains("\"customer\"") { SCRIPT } else { PLAIN }
}

fn manifest(id: &str, version: &str, rest: &str) -> String {
    format!("id = \"{id}\"\nversion = \"{version}\"\napi = 1\ntitle = \"{id}\"\n{rest}\n[[script]]\nfile = \"a.rhai\"\n")
}

fn plugin(id: &str, version: &str, rest: &str) -> Value {
    json!({"manifest": manifest(id, version, rest), "files": {"a.rhai": script(rest)}})
}

/// Sends a plugin with this word of consent, or none.
async fn send(world: &World, mut body: Value, consent: Option<&str>) -> Reply {
    world.pass(1_000);
    if let Some(consent) = consent {
        body["consent"] = consent.into();
    }
    world.call("adam", "POST /plugins").json(&body).send().await
}

/// The kinds of entries of the audit log that are about plugins' lives, in order.
async fn recorded(world: &World) -> Vec<String> {
    let rows = evidence_entry::Entity::find().order_by_asc(evidence_entry::Column::Number).all(world.app.store.read()).await;
    let kinds = rows.unwrap().into_iter().map(|row| row.kind);
    kinds.filter(|kind| !["log_opened", "token_keys_changed"].contains(&kind.as_str())).collect()
}

fn keys(asks: &Value, only_new: bool) -> Vec<&str> {
    let asks = asks.as_array().unwrap().iter().filter(|ask| !only_new || ask["is_new"] == true);
    asks.map(|ask| ask["key"].as_str().unwrap()).collect()
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn what_a_plugin_asks_for_is_agreed_to_before_it_is_installed(#[case] on: On) {
    let world = World::on(on).await;
    let (small, large) = ("reads = [\"customer\"]", "reads = [\"customer\", \"lead\"]\nmay = [\"highlight\"]");
    let refused = send(&world, plugin("notes", "1.0.0", small), None).await;
    refused.is_problem(409, "consent-needed", "", "nobody agreed");
    assert_eq!(keys(&refused.body["asks"], true), ["reads:customer"]);
    let previewed = world.call("adam", "POST /plugin-previews").json(&plugin("notes", "1.0.0", small)).send().await.ok();
    let word = previewed["consent"].as_str().unwrap().to_owned();
    assert_eq!(refused.body["consent"], previewed["consent"]);
    assert_eq!(
        (&previewed["needs_consent"], &previewed["is_accepted"], &previewed["installed_version"]),
        (&json!(true), &json!(true), &Value::Null)
    );
    assert!(previewed["changes"].as_str().unwrap().contains("+++ b/a.rhai"), "{previewed}");
    send(&world, plugin("notes", "1.0.0", small), Some("something")).await.is_problem(409, "consent-needed", "", "another word");
    send(&world, plugin("notes", "1.0.0", large), Some(&word)).await.is_problem(409, "consent-needed", "", "it asks for more");
    assert_eq!(world.call("ann", "GET /plugins/notes").send().await.status, 404, "nothing is installed by asking");
    assert_eq!(send(&world, plugin("notes", "1.0.0", small), Some(&word)).await.status, 201);

    // The same, and less, need no further word; more does, though it was agreed to once.
    assert_eq!(send(&world, plugin("notes", "1.1.0", small), None).await.status, 201);
    let more = send(&world, plugin("notes", "1.2.0", large), None).await;
    more.is_problem(409, "consent-needed", "", "more");
    assert_eq!(keys(&more.body["asks"], true), ["may:highlight", "reads:lead"]);
    assert_eq!(keys(&more.body["asks"], false), ["may:highlight", "reads:customer", "reads:lead"]);
    assert_eq!(world.get("ann", "/plugins/notes").await["version"], "1.1.0");
    let word = more.body["consent"].as_str().unwrap().to_owned();
    assert_eq!(send(&world, plugin("notes", "1.2.0", large), Some(&word)).await.status, 201);
    assert_eq!(send(&world, plugin("notes", "1.3.0", small), None).await.status, 201);
    send(&world, plugin("notes", "1.4.0", large), None).await.is_problem(
        409,
        "consent-needed",
        "",
        "more than what is installed",
    );
    let wanted =
        ["plugin_consented", "plugin_installed", "plugin_installed", "plugin_consented", "plugin_installed", "plugin_installed"];
    assert_eq!(recorded(&world).await, wanted);

    // Back to a version that was agreed to when it was installed.
    let versions = world.get("adam", "/plugins/notes/versions").await;
    let of = |version: &str| {
        let found = versions["items"].as_array().unwrap().iter().find(|row| row["version"] == version).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    world.pass(1_000);
    let back = world.call("adam", "POST /plugins/notes/restore").json(&json!({"version_id": of("1.2.0")})).send().await.ok();
    assert_eq!(back["version"], "1.2.0");
    let metric = json!({"manifest": manifest("metric", "1.0.0", "reads = [\"person\", \"plan\"]"),
        "files": {"a.rhai": "fn on_customer_created(c) { for p in people.all() { log(`${plans.of_person(p).len()}`); } }"}});
    let judged = world.call("adam", "POST /plugin-previews").json(&metric).send().await.ok();
    assert_eq!(
        (&judged["is_accepted"], &judged["findings"][0]["rule"]),
        (&json!(false), &json!("no-activity-metric")),
        "{judged}"
    );
    world
        .refuses(&[
            ("mia", "POST /plugin-previews", Some(plugin("notes", "1.0.0", small)), 403, "forbidden", ""),
            ("ann", "POST /plugins", Some(plugin("notes", "1.0.0", small)), 403, "forbidden", ""),
            ("adam", "POST /plugins?colour=1", Some(plugin("notes", "1.0.0", small)), 400, "unknown-parameter", "colour"),
        ])
        .await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn versions_say_who_made_them_what_they_changed_and_how_they_were_judged(#[case] on: On) {
    let world = World::on(on).await;
    world.make("adam", "/plugins", plugin("notes", "1.0.0", "reads = [\"customer\"]")).await;
    world.pass(1_000);
    let mut next = plugin("notes", "1.1.0", "reads = [\"customer\"]");
    next["files"]["a.rhai"] = json!(format!("// Says more.\n{SCRIPT}"));
    world.make("adam", "/plugins", next).await;
    let versions = world.get("audrey", "/plugins/notes/versions").await;
    assert_eq!(each(&versions, "created_by_id"), [&json!(world.people["adam"]); 2]);
    assert!(each(&versions, "verdict").iter().all(|it| it["accepted"] == true && it["of_this_release"] == true), "{versions}");
    assert_eq!(each(&world.get("ann", "/plugins/notes/versions").await, "created_by_id"), [&Value::Null; 2]);
    let ids: Vec<&str> = each(&versions, "id").into_iter().map(|id| id.as_str().unwrap()).collect();
    let path = format!("/plugins/notes/versions/{}/changes", ids[0]);
    let changes = world.get("ann", &path).await;
    let wanted = "--- a/a.rhai\n+++ b/a.rhai\n@@ -1 +1,2 @@\n+// Says more.\n fn on_customer_created(customer) { log(customer.name); }\n\\ No newline at end of file\n\
        --- a/plugin.toml\n+++ b/plugin.toml\n@@ -1,5 +1,5 @@\n id = \"notes\"\n-version = \"1.0.0\"\n+version = \"1.1.0\"\n api = 1\n title = \"notes\"\n \
        reads = [\"customer\"]\n";
    assert_eq!(changes["changes"], wanted);
    assert_eq!((&changes["from"], &changes["from_version"]), (&json!(ids[1]), &json!("1.0.0")));
    let itself = world.get("ann", &format!("{path}?from={}", ids[0])).await;
    assert_eq!(itself["changes"], "");
    let first = world.get("ann", &format!("/plugins/notes/versions/{}/changes", ids[1])).await;
    assert_eq!(first["from"], Value::Null);
    assert!(first["changes"].as_str().unwrap().starts_with("--- /dev/null\n+++ b/a.rhai\n"), "{first}");
    let other = format!("GET /plugins/notes/versions/{}/changes", uuid::Uuid::new_v4());
    world
        .refuses(&[
            ("ann", &other, None, 404, "not-found", ""),
            ("pat", "GET /plugins/notes/versions", None, 403, "forbidden", ""),
        ])
        .await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn an_archive_is_installed_as_its_folder_is(#[case] on: On) {
    let world = World::on(on).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plugin.toml"), manifest("notes", "1.0.0", "reads = [\"customer\"]")).unwrap();
    let script = format!("import \"std/own\" as own;\n{}", SCRIPT.replace("customer.name", "own::said(customer.name)"));
    std::fs::write(folder.path().join("a.rhai"), &script).unwrap();
    let std: Std = [("std/own".to_owned(), "fn said(name) { `new: ${name}` }".to_owned())].into_iter().collect();
    let archive = pack(folder.path(), &std).unwrap().1;
    let post = async |what: &str, archive: Vec<u8>| world.call("adam", what).bytes("application/gzip", archive).send().await;
    let previewed = post("POST /plugin-previews", archive.clone()).await.ok();
    assert_eq!((&previewed["id"], &previewed["is_accepted"]), (&json!("notes"), &json!(true)), "{previewed}");
    post("POST /plugins", archive.clone()).await.is_problem(409, "consent-needed", "", "nobody agreed");
    let with_word = format!("POST /plugins?consent={}", previewed["consent"].as_str().unwrap());
    let installed = post(&with_word, archive.clone()).await;
    assert_eq!((installed.status, &installed.body["version"]), (201, &json!("1.0.0")), "{installed:?}");
    let version = each(&world.get("ann", "/plugins/notes/versions").await, "id")[0].as_str().unwrap().to_owned();
    let shown = world.get("ann", &format!("/plugins/notes/versions/{version}")).await;
    assert_eq!(shown["files"], json!({"a.rhai": script, "std/own": "fn said(name) { `new: ${name}` }"}), "modules come along");
    let mut damaged = archive.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    post("POST /plugins", damaged).await.is_problem(422, "invalid-value", "archive", "damaged");
    post("POST /plugins", vec![0; 3 * 1024 * 1024]).await.is_problem(413, "body-too-large", "", "large");
    let other = world.call("adam", "POST /plugins").bytes("application/zip", archive).send().await;
    other.is_problem(415, "unsupported-media-type", "", "another type");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn what_plugins_need_of_each_other_holds_at_every_step(#[case] on: On) {
    let world = World::on(on).await;
    let needs = |range: &str| format!("[requires]\nbase = \"{range}\"");
    let install = async |id: &str, version: &str, rest: &str| send(&world, plugin(id, version, rest), None).await;
    let switch = async |id: &str, how: &str| {
        let path = format!("/plugins/{id}");
        world.call("adam", &format!("POST {path}/{how}")).knowing("adam", &path).await.send().await
    };
    let remove = async |id: &str| {
        let path = format!("/plugins/{id}");
        world.call("adam", &format!("DELETE {path}?fields=keep")).knowing("adam", &path).await.send().await
    };
    install("needy", "1.0.0", &needs("^1")).await.is_problem(409, "not-now", "", "nothing is there");
    assert_eq!(install("base", "1.0.0", "").await.status, 201);
    install("needy", "1.0.0", &needs("^2")).await.is_problem(409, "not-now", "", "another version is there");
    install("needy", "1.0.0", &needs("much")).await.is_problem(422, "invalid-value", "manifest", "no range");
    install("base", "1.0.1", &needs("*")).await.is_problem(422, "invalid-value", "manifest", "itself");
    assert_eq!(install("needy", "1.0.0", &needs("^1")).await.status, 201);
    let preview = world.call("adam", "POST /plugin-previews").json(&plugin("other", "1.0.0", &needs("^2"))).send().await.ok();
    assert_eq!(
        preview["requires"],
        json!([{"id": "base", "range": "^2", "installed": "1.0.0", "lacking": "version 1.0.0 is installed"}])
    );
    install("base", "2.0.0", "").await.is_problem(409, "not-now", "", "needy needs ^1");
    install("base", "1.1.0", "[requires]\nneedy = \"*\"").await.is_problem(422, "invalid-value", "manifest", "a circle");
    assert_eq!(install("base", "1.2.0", "").await.status, 201);
    switch("base", "disable").await.is_problem(409, "not-now", "", "needy is on");
    remove("base").await.is_problem(409, "not-now", "", "needy is on");
    let removal = world.get("adam", "/plugins/base/removal").await;
    assert_eq!(removal["needed_by"], json!(["needy"]));
    assert_eq!(switch("needy", "disable").await.status, 200);
    assert_eq!(switch("base", "disable").await.status, 200);
    switch("needy", "enable").await.is_problem(409, "not-now", "", "base is off");
    assert_eq!(switch("base", "enable").await.status, 200);
    assert_eq!(switch("needy", "enable").await.status, 200);
    assert_eq!(switch("needy", "disable").await.status, 200);
    assert_eq!(remove("base").await.status, 204, "what is off needs nothing");
    switch("needy", "enable").await.is_problem(409, "not-now", "", "base is gone");
    for (api, status) in [("1", 201), ("\">=1, <3\"", 201), ("2", 422), ("\"^2\"", 422), ("\"soon\"", 422)] {
        let manifest = manifest("ranged", "1.0.0", "").replace("api = 1", &format!("api = {api}"));
        let sent = send(&world, json!({"manifest": manifest, "files": {"a.rhai": PLAIN}}), None).await;
        assert_eq!(sent.status, status, "{api}: {sent:?}");
    }
}

const FIELD: &str = "may = [\"set\"]\nreads = [\"customer\"]\n[[field]]\non = \"customer\"\nname = \"ends_on\"\nlabel = \"Contract ends on\"\ntype = \"day\"\n\
    helps = \"sale\"\nbecause = \"Renewal talks start before.\"\nabout = \"customer\"";

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_plugin_is_removed_with_its_fields_or_without(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let remove = async |id: &str, fields: &str| {
        let path = format!("/plugins/{id}");
        world.call("adam", &format!("DELETE {path}?fields={fields}")).knowing("adam", &path).await.send().await
    };
    let fields = async || {
        let page = world.get("adam", "/fields").await;
        let items = page["items"].as_array().unwrap().iter();
        items.map(|it| (it["name"].as_str().unwrap().to_owned(), it["plugin_id"].clone())).collect::<Vec<_>>()
    };
    let values = async || custom_value::Entity::find().all(world.app.store.read()).await.unwrap().len();
    world.make("adam", "/plugins", plugin("dates", "1.0.0", FIELD)).await;
    let path = format!("/values/customer/{customer}");
    let set = world.call("adam", &format!("PATCH {path}")).knowing("adam", &path).await;
    assert_eq!(set.json(&json!({"values": {"ends_on": "2027-01-31"}})).send().await.status, 200);
    let removal = world.get("adam", "/plugins/dates/removal").await;
    let at_stake = &removal["fields"][0];
    assert_eq!((&at_stake["name"], &at_stake["values"], &at_stake["stays_with"]), (&json!("ends_on"), &json!(1), &Value::Null));
    remove("dates", "some").await.is_problem(400, "invalid-parameter", "fields", "no such wish");
    world
        .refuses(&[
            ("adam", "DELETE /plugins/dates?fields=keep", None, 428, "if-match-missing", ""),
            ("mia", "GET /plugins/dates/removal", None, 403, "forbidden", ""),
            ("adam", "GET /plugins/none/removal", None, 404, "not-found", ""),
        ])
        .await;
    let by_mia = world.call("mia", "DELETE /plugins/dates?fields=keep").knowing("mia", "/plugins/dates").await.send().await;
    by_mia.is_problem(403, "forbidden", "", "mia");

    assert_eq!(remove("dates", "keep").await.status, 204);
    assert_eq!((fields().await, values().await), (vec![("ends_on".to_owned(), Value::Null)], 1), "the field is the admin's now");
    assert_eq!(world.call("ann", "GET /plugins/dates").send().await.status, 404);
    assert_eq!(each(&world.get("ann", "/plugins/dates/versions").await, "version"), ["1.0.0"], "what ran is still known");
    // It asks again, takes the field as it is, and shares it with another one.
    send(&world, plugin("dates", "1.0.0", FIELD), None).await.is_problem(409, "consent-needed", "", "it was removed");
    let shared = FIELD.replace("ends_on", "starts_on");
    for id in ["days", "more-days"] {
        world.pass(1_000);
        world.make("adam", "/plugins", plugin(id, "1.0.0", &shared)).await;
    }
    assert_eq!(world.get("adam", "/plugins/days/removal").await["fields"][0]["stays_with"], "more-days");
    assert_eq!(remove("days", "remove").await.status, 204);
    assert!(fields().await.contains(&("starts_on".to_owned(), json!("more-days"))), "another plugin has the same field");
    let kinds = recorded(&world).await;
    let removed = kinds.iter().filter(|kind| *kind == "plugin_removed").count();
    assert_eq!((removed, kinds.iter().filter(|kind| *kind == "plugin_installed").count()), (2, 3), "{kinds:?}");

    // What shows acts of members of staff cannot stay without the scripts that stored it.
    let corpus =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worked/refuse-together/added-up-at-night/topic-days");
    let read = |name: &str| std::fs::read_to_string(corpus.join(name)).unwrap();
    let topic = json!({"manifest": read("plugin.toml"), "files": {"topic.rhai": read("topic.rhai")}});
    world.pass(1_000);
    world.make("adam", "/plugins", topic).await;
    remove("topic-days", "keep").await.is_problem(409, "not-now", "", "its field holds plans' days");
    assert_eq!(remove("topic-days", "remove").await.status, 204);
    assert!(!fields().await.iter().any(|(name, _)| name == "topic_on"));
    assert_eq!(recorded(&world).await.iter().filter(|kind| *kind == "field_removed").count(), 1);
}

fn found(name: &str, id: &str, version: &str, rest: &str, trusted: bool) -> Found {
    let manifest = File { name: "plugin.toml".into(), text: manifest(id, version, rest) };
    let plugin = Plugin::from_folder(manifest, vec![File { name: "a.rhai".into(), text: script(rest).into() }]).unwrap();
    Found { name: name.into(), plugin: Ok((plugin, Std::default())), trusted }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn what_lies_in_the_folder_waits_for_an_admin_and_a_bad_one_stops_nothing(#[case] on: On) {
    let world = World::on(on).await;
    let small = "reads = [\"customer\"]";
    let here = |version: &str| {
        vec![
            // Before what it needs, and installed all the same.
            found("a-needy", "needy", "1.0.0", "[requires]\nplain = \"^1\"", false),
            Found { name: "bad".into(), plugin: Err("bad/plugin.toml:1:1: there is no manifest".into()), trusted: false },
            found("known", "known", "1.0.0", small, true),
            found("notes", "notes", version, small, false),
            found("plain", "plain", "1.0.0", "", false),
        ]
    };
    look_at(&world.app, here("1.0.0")).await.unwrap();
    assert_eq!(each(&world.get("ann", "/plugins").await, "id"), ["known", "needy", "plain"]);
    let waiting = world.get("audrey", "/plugin-arrivals").await;
    let states: Vec<_> = waiting["items"].as_array().unwrap().iter().map(|it| (&it["name"], &it["state"])).collect();
    assert_eq!(states, [(&json!("bad"), &json!("refused")), (&json!("notes"), &json!("waits"))]);
    assert_eq!(waiting["items"][0]["why"], "bad/plugin.toml:1:1: there is no manifest");
    let notes = &waiting["items"][1];
    assert_eq!(keys(&notes["asks"], true), ["reads:customer"]);
    let install = json!({"consent": notes["consent"]});
    world
        .refuses(&[
            ("ann", "GET /plugin-arrivals", None, 403, "forbidden", ""),
            ("audrey", "POST /plugin-arrivals/notes/install", Some(install.clone()), 403, "forbidden", ""),
            ("adam", "POST /plugin-arrivals/notes/install", Some(json!({})), 409, "consent-needed", ""),
            ("adam", "POST /plugin-arrivals/bad/install", Some(install.clone()), 404, "not-found", ""),
        ])
        .await;
    world.call("adam", "POST /plugin-arrivals/notes/install").json(&install).send().await.ok();
    assert_eq!(world.get("ann", "/plugins/notes").await["version"], "1.0.0");

    // The next start finds the same: what an admin did since stays.
    world.pass(1_000);
    let removed = world.call("adam", "DELETE /plugins/known?fields=keep").knowing("adam", "/plugins/known").await.send().await;
    assert_eq!(removed.status, 204);
    look_at(&world.app, here("1.0.0")).await.unwrap();
    assert_eq!(each(&world.get("ann", "/plugins").await, "id"), ["needy", "notes", "plain"]);
    // A new version in the folder does not overrule what an admin installed.
    world.pass(1_000);
    look_at(&world.app, here("1.1.0")).await.unwrap();
    let waiting = world.get("adam", "/plugin-arrivals").await;
    assert_eq!(each(&waiting, "name"), ["bad", "notes"]);
    assert_eq!(world.get("ann", "/plugins/notes").await["version"], "1.0.0");
    // What is taken out of the folder waits no more.
    look_at(&world.app, vec![]).await.unwrap();
    assert_eq!(world.get("adam", "/plugin-arrivals").await["items"], json!([]));
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn settings_are_refused_one_by_one_and_follow_the_version(#[case] on: On) {
    let world = World::on(on).await;
    let with = |settings: &str| format!("[settings]\n{settings}");
    world
        .make(
            "adam",
            "/plugins",
            plugin("set", "1.0.0", &with("loud = { type = \"yes_no\" }\nafter = { type = \"span\" }\nold = { type = \"text\" }")),
        )
        .await;
    let patch = async |settings: Value| {
        world
            .call("adam", "PATCH /plugins/set")
            .knowing("adam", "/plugins/set")
            .await
            .json(&json!({ "settings": settings }))
            .send()
            .await
    };
    let wrong = patch(json!({"loud": "very", "after": "soon", "colour": 1})).await;
    for field in ["settings.loud", "settings.after", "settings.colour"] {
        wrong.is_problem(422, "invalid-value", field, "all of them are named");
    }
    patch(json!({"loud": true, "old": "x"})).await.ok();
    let misfit = send(&world, plugin("set", "1.1.0", &with("loud = { type = \"number\" }")), None).await;
    misfit.is_problem(422, "invalid-value", "settings.loud", "a value that the new version does not take");
    assert_eq!(send(&world, plugin("set", "1.1.0", &with("loud = { type = \"yes_no\" }")), None).await.status, 201);
    assert_eq!(world.get("adam", "/plugins/set").await["settings"], json!({"loud": true}), "what it has no more is gone");
}
