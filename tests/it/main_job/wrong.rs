//! Scripts that go wrong: the lead waits and says why, the admins are told, and the server answers others meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pact_tests::process::test_plugins;
use rstest::rstest;
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
    let told = house.history_with(&lead, "The plugin wrong failed here and changed nothing").await;
    over.store(true, Ordering::Relaxed);
    neighbour.await.unwrap();

    assert!(told[1].contains(says), "{what}: {}", told[1]);
    assert_eq!(told.len(), 2, "{told:?}");
    let found = house.once(&lead, "waiting", |lead| lead["state"] == "waiting").await;
    assert_eq!((&found["highlighted"], found.get("open_push")), (&false.into(), None), "{found}");
    assert_eq!(house.pushes(&lead).await, []);
    let runs = house.runs(&lead).await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(runs[0].0, outcome, "{runs:?}");
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
