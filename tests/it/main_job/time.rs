//! What time does: leads that go quiet are shown, escalated and given away, and digests come in the morning; with the plugins that are shipped.

use std::path::Path;

use rstest::rstest;
use serde_json::json;

use super::house::House;
use crate::store::On;

/// The plugins of the repository.
fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins"))
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_lead_is_shown_then_escalated_then_given_to_somebody_else(#[case] on: On) {
    let mut house = House::on(on, shipped()).await;
    let ann = house.person("Ann", "rep", None).await;
    let mia = house.person("Mia", "manager", None).await;
    let lead = house.enter("Globex").await;
    house.offered(&lead, std::slice::from_ref(&ann), &[]).await;
    ann.answer(&lead, "accept", None).await;
    let bo = house.person("Bo", "rep", None).await;

    // It is Tuesday, 10:00; five work days later it is Tuesday again.
    house.pass_days(7).await;
    let shown = house.once(&lead, "a highlight", |lead| lead["highlighted"] == true).await;
    assert_eq!(shown["owner_id"], json!(ann.id));
    house.history_with(&lead, "Nothing has happened for 5 work days").await;

    house.pass_days(7).await;
    house.history_with(&lead, &format!("Escalated to {}", mia.name)).await;

    house.pass_days(7).await;
    let given = house.once(&lead, "a transfer", |lead| lead["owner_id"] == json!(bo.id)).await;
    assert_eq!(given["highlighted"], json!(false), "the clock starts anew");
    let told = house.history(&lead).await;
    let steps = |words: &str| told.iter().filter(|sentence| sentence.contains(words)).count();
    assert_eq!((steps("Highlighted"), steps("Escalated"), steps("Transferred")), (1, 1, 1), "{told:#?}");
    for run in house.runs_of("quiet-leads", "sweep", 2).await {
        assert_eq!(run["outcome"], "done", "{run}");
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_comes_each_morning_to_everybody_who_works(#[case] on: On) {
    let mut house = House::on(on, shipped()).await;
    let ann = house.person("Ann", "rep", None).await;
    let away = json!({"person_id": ann.id, "from_on": "2026-11-26", "until_on": "2026-11-26", "kind": "holiday"});
    let bo = house.person("Bo", "rep", None).await;
    let lead = house.enter("Globex").await;
    house.offered(&lead, &[ann, bo], &[]).await;
    let absent = house.admin.send("POST", "/api/v1/absences", &[], Some(&away)).await.unwrap();
    assert_eq!(absent.status, 201, "{}", absent.body);

    house.scheduled().await;
    // Wednesday, 10:00: the digests of the morning are three hours late, so they are left out, as the manifest says.
    house.pass_days(1).await;
    // Thursday, 7:00: Ann is away; Bo and the admin work.
    house.pass(21 * 60);
    house.pass_days(0).await;
    let runs = house.runs_of("planning-digest", "morning", 2).await;
    assert!(runs.iter().all(|run| run["outcome"] == "done"), "{runs:?}");
    assert_eq!(runs.len(), 2, "nobody who is away, and nobody twice: {runs:?}");
}
