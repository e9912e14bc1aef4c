//! Scripts that go wrong: the lead waits and says why, the admins are told, and the server answers others meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pact_tests::process::test_plugins;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::house::{House, messages};
use crate::store::On;

/// What the plugin "wrong" does when a lead enters, the outcome of its run, and what the lead says of it.
const WRONG: &[(&str, &str, &str)] = &[
    (
        // Effects are all or none: the push is refused, so the lead is not highlighted either.
        "highlight(lead, \"look\");\n push(lead, people.with_role(\"auditor\").first(), #{ because: \"it is yours\" });",
        "failed",
        "(wrong.rhai, line 3)",
    ),
    ("throw \"no idea\";", "failed", "no idea (wrong.rhai, line 2)"),
    ("let customer = lead.contact; customer.name.len() > 0;", "failed", "(wrong.rhai, line 2)"),
    ("let n = 0; loop { n += 1; }", "limit", "The script "),
    ("let a = []; loop { a.push(1); }", "limit", "than"),
    ("let s = \"ab\"; loop { s += s; }", "limit", "A text became longer than"),
    ("let f = || 1; loop { let g = f; f = || g; }", "limit", ""),
    ("for n in 0..1000000 { highlight(lead, `${n}`); }", "limit", "than 2000 effects"),
];

/// A folder with a plugin "wrong" that does this when a lead enters.
fn plugin(what: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong");
    std::fs::create_dir(&wrong).unwrap();
    let manifest = "id = \"wrong\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Wrong\"\nsummary = \"Goes wrong.\"\nlicense = \"Apache-2.0\"\n\
        reads = [\"lead\", \"customer\", \"person\"]\nmay = [\"push\", \"highlight\"]\n[[script]]\nfile = \"wrong.rhai\"\n";
    std::fs::write(wrong.join("plugin.toml"), manifest).unwrap();
    std::fs::write(wrong.join("wrong.rhai"), format!("fn on_lead_created(lead) {{\n {what}\n}}\n")).unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Asks until there is an answer; each run that took too long is tried again only when time has passed.
async fn let_heal<T>(house: &House, lead: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(90);
    let mut seen = 0;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        let runs = house.runs(lead).await;
        assert!(Instant::now() < end, "{runs:?}");
        if runs.len() > seen {
            seen = runs.len();
            house.pass(1);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failed_run_wanted_is_not_done_and_the_lead_says_why(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(0, 1, 2, 3, 4, 5, 6, 7)] case: usize,
) {
    let (what, outcome, says) = WRONG[case];
    let folder = plugin(what);
    let house = House::on(on, folder.path()).await;
    house.person("Ann", "rep", None).await;
    house.person("Audrey", "auditor", None).await;

    let over = Arc::new(AtomicBool::new(false));
    let (neighbour, until) = (house.admin.clone(), over.clone());
    let neighbour = tokio::spawn(async move {
        let mut answered = 0;
        while !until.load(Ordering::Relaxed) || answered < 20 {
            neighbour.get("/api/v1/leads").await;
            answered += 1;
        }
    });
    let lead = house.enter("Globex").await;
    // On a machine with much to do a script may meet its limit of time instead of its own, and is tried again first.
    let says_so =
        |told: &Vec<String>| told.iter().any(|text| text.starts_with("The plugin wrong failed here and changed nothing"));
    let told = let_heal(&house, &lead, async || Some(house.history(&lead).await).filter(says_so)).await;
    over.store(true, Ordering::Relaxed);
    neighbour.await.unwrap();

    assert!(told[1].contains(says), "{what}: {}", told[1]);
    assert_eq!(told.len(), 2, "{told:?}");
    let found = house.once(&lead, "waiting", |lead| lead["state"] == "waiting").await;
    assert_eq!((&found["highlighted"], found.get("open_push")), (&false.into(), None), "{found}");
    assert_eq!(house.pushes(&lead).await, []);
    let runs = house.runs(&lead).await;
    assert_eq!(runs.last().unwrap().0, outcome, "{runs:?}");
    let again: Vec<_> = runs[..runs.len() - 1].iter().filter(|(_, says)| !says.contains("ran longer than")).collect();
    assert!(again.is_empty(), "only what took too long is tried again: {runs:?}");
    let to_admin = messages(&house.admin).await;
    assert_eq!(to_admin, [("run_failed".to_owned(), format!("Globex: heat-pump: {}", told[1]))]);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_fails_does_not_stop_another(#[case] on: On) {
    let folder = plugin("throw \"no idea\";");
    copy(&test_plugins("mini").join("push"), &folder.path().join("push"));
    let house = House::on(on, folder.path()).await;
    let reps = [house.person("Ann", "rep", None).await];
    let lead = house.enter("Globex").await;
    assert_eq!(house.offered(&lead, &reps, &[]).await.name, "Ann");
    let told = house.history(&lead).await;
    assert!(told.iter().any(|text| text.starts_with("The plugin wrong failed here")), "{told:?}");
    let mut outcomes: Vec<String> = house.runs(&lead).await.into_iter().map(|(outcome, _)| outcome).collect();
    outcomes.sort();
    assert_eq!(outcomes, ["done", "failed"]);
}

/// The plugin "wrong" with another script, as an admin installs it.
fn mended(what: &str) -> Value {
    let folder = plugin(what);
    let read = |name: &str| std::fs::read_to_string(folder.path().join("wrong").join(name)).unwrap();
    json!({"manifest": read("plugin.toml").replace("1.0.0", "1.0.1"), "files": {"wrong.rhai": read("wrong.rhai")}})
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_is_put_aside_and_goes_on_once_the_plugin_is_mended(#[case] on: On) {
    let folder = plugin("throw \"no idea\";");
    copy(&test_plugins("mini").join("push"), &folder.path().join("push"));
    let house = House::on(on, folder.path()).await;
    let reps = [house.person("Ann", "rep", None).await];
    let lead = house.enter("Globex").await;
    house.offered(&lead, &reps, &[]).await;
    let says_so = |told: &Vec<String>| told.iter().any(|text| text.starts_with("The plugin wrong failed here"));
    let_heal(&house, &lead, async || Some(house.history(&lead).await).filter(says_so)).await;
    let jobs = house.admin.get("/api/v1/jobs?state=parked").await;
    let [job] = &jobs["items"].as_array().unwrap()[..] else { panic!("{jobs}") };
    assert_eq!((&job["name"], &job["plugin_id"], &job["record_id"]), (&json!("lead_created"), &json!("wrong"), &json!(lead)));
    assert_eq!(job["reason"], "The plugin wrong failed: no idea (wrong.rhai, line 2).");

    // Released though nobody mended anything: it fails again, and is the same job.
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(house.admin.post(&format!("{path}/release"), &Value::Null).await.status, 200);
    let failed_again = |job: &Value| job["state"] == "parked";
    let_heal(&house, &lead, async || Some(house.admin.get(&path).await).filter(failed_again)).await;
    assert_eq!(house.admin.get("/api/v1/jobs").await["items"].as_array().unwrap().len(), 1);

    house.admin.make("/api/v1/plugins", &mended("highlight(lead, \"look\");")).await;
    let released = house.admin.post(&format!("{path}/release"), &Value::Null).await;
    assert_eq!((released.status, &released.body["state"]), (200, &json!("waiting")));
    let is_done = |job: &Value| job["state"] == "done";
    let_heal(&house, &lead, async || Some(house.admin.get(&path).await).filter(is_done)).await;
    house.once(&lead, "a highlight", |lead| lead["highlighted"] == true).await;
    let pushed = house.history(&lead).await.iter().filter(|text| text.starts_with("Pushed to")).count();
    assert_eq!(pushed, 1, "the plugin that did its work is not called again");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_too_long_is_tried_again_and_at_last_put_aside(#[case] on: On) {
    // Few operations, much time.
    let folder = plugin("let a = []; for n in 0..4900 { a.push((n * 7919) % 4901); }\n loop { let b = a; b.sort(); }");
    let house = House::on(on, folder.path()).await;
    let lead = house.enter("Globex").await;
    let job = let_heal(&house, &lead, async || {
        let told = house.history(&lead).await;
        let jobs = house.admin.get("/api/v1/jobs").await;
        let job = jobs["items"].as_array().unwrap().first().cloned();
        assert!(job.is_some() || told.len() == 1, "nobody is told of what may still go well: {told:?}");
        job
    })
    .await;
    assert!(job["reason"].as_str().unwrap().contains("ran longer than"), "{job}");
    let runs = house.runs(&lead).await;
    assert_eq!(runs.len() as i64, pact_app::jobs::MAX_ATTEMPTS, "{runs:?}");
    assert!(runs.iter().all(|(outcome, _)| outcome == "limit"), "{runs:?}");
    assert_eq!(messages(&house.admin).await.len(), 1, "the admins are told once");
}
