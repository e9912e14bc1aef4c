//! The main job: a lead enters, a script pushes it to one person with a reason, and somebody owns it. Through HTTP, on both databases.

pub mod house;
mod kill_switches;
mod time;
mod wrong;

use std::collections::BTreeSet;

use pact_tests::process::test_plugins;
use rstest::rstest;
use serde_json::json;

use self::house::{House, Member, messages};
use crate::store::On;

/// The plugin of the tests, and two reps and a manager for it.
async fn company(on: On, capacity: Option<i64>) -> (House, Vec<Member>, Member) {
    let house = House::on(on, &test_plugins("mini")).await;
    let reps = vec![house.person("Ann", "rep", capacity).await, house.person("Bo", "rep", capacity).await];
    let mia = house.person("Mia", "manager", None).await;
    (house, reps, mia)
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_is_pushed_declined_pushed_on_and_accepted(#[case] on: On) {
    let (house, reps, _) = company(on, None).await;
    let lead = house.enter("Globex").await;
    let first = house.offered(&lead, &reps, &[]).await;
    let own = first.caller.get("/api/v1/pushes").await;
    assert_eq!(own["items"][0]["lead_id"], json!(lead), "{own}");
    let declined = first.answer(&lead, "decline", Some("They are friends of mine.")).await;
    assert_eq!(declined["state"], "waiting");
    let second = house.offered(&lead, &reps, &[first]).await;
    let owned = second.answer(&lead, "accept", None).await;
    assert_eq!((&owned["state"], &owned["owner_id"]), (&json!("owned"), &json!(second.id)));

    let told = house.history(&lead).await;
    let expected = [
        "Entered from trade fair.".to_owned(),
        format!("Pushed to {} until Tue 24 Nov 11:00: Globex asked. It is your turn.", first.name),
        format!("Declined by {}: They are friends of mine.", first.name),
        format!(
            "Pushed to {} until Tue 24 Nov 11:00: It came back: \"They are friends of mine.\". It is your turn.",
            second.name
        ),
        format!("Accepted by {}, who owns it now.", second.name),
    ];
    assert_eq!(told, expected);
    // The clock stands still, so both were made in the same moment.
    let pushes = BTreeSet::from([(first.id.clone(), "declined".to_owned()), (second.id.clone(), "accepted".to_owned())]);
    assert_eq!(BTreeSet::from_iter(house.pushes(&lead).await), pushes);
    let to_second = messages(&second.caller).await;
    assert_eq!(to_second, [("push".to_owned(), format!("Globex: heat-pump: {}", expected[3]))]);
    assert_eq!(house.runs(&lead).await, [("done".to_owned(), String::new()), ("done".to_owned(), String::new())]);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_nobody_answers_goes_to_the_next_and_at_last_to_a_manager(#[case] on: On) {
    let (house, reps, mia) = company(on, None).await;
    let plugin = house.admin.send("GET", "/api/v1/plugins/push", &[], None).await.unwrap();
    let etag = plugin.headers["etag"].to_str().unwrap();
    let change = json!({"settings": {"within": "5 minutes"}});
    let set = house.admin.send("PATCH", "/api/v1/plugins/push", &[("if-match", etag)], Some(&change)).await.unwrap();
    assert_eq!(set.status, 200, "{}", set.body);

    let lead = house.enter("Globex").await;
    let first = house.offered(&lead, &reps, &[]).await;
    house.pass(5);
    let second = house.offered(&lead, &reps, &[first]).await;
    house.pass(5);
    house.once(&lead, "the end of the second push", |lead| lead["state"] == "waiting").await;
    let told = house.history_with(&lead, "Escalated").await;
    let expected = [
        "Entered from trade fair.".to_owned(),
        format!("Pushed to {} until Tue 24 Nov 10:05: Globex asked. It is your turn.", first.name),
        format!("Nobody answered in time; the push to {} has expired.", first.name),
        format!("Pushed to {} until Tue 24 Nov 10:10: Nobody answered before. It is your turn.", second.name),
        format!("Nobody answered in time; the push to {} has expired.", second.name),
        "Escalated to Mia (step 1): Nobody is left to ask. Nobody answered before.".to_owned(),
    ];
    assert_eq!(told, expected);
    assert_eq!(mia.messages().await, [("escalation".to_owned(), format!("Globex: heat-pump: {}", expected[5]))]);
    let late = first.caller.post(&format!("/api/v1/leads/{lead}/accept"), &json!(null)).await;
    assert_eq!(late.status, 409, "who did not answer in time cannot take it any more: {}", late.body);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_more_than_they_can_carry(#[case] on: On) {
    let (house, reps, _) = company(on, Some(1)).await;
    let (one, two) = (house.enter("Globex").await, house.enter("Umbrella").await);
    let first = house.offered(&one, &reps, &[]).await;
    let second = house.offered(&two, &reps, &[]).await;
    assert_ne!(first.id, second.id, "they take turns");
    first.answer(&one, "accept", None).await;

    let three = house.enter("Hooli").await;
    let told = house.history_with(&three, "Escalated").await;
    assert_eq!(told[1..], ["Escalated to Mia (step 1): Nobody is left to ask. Hooli asked."]);
    assert_eq!(house.pushes(&three).await, []);

    first.answer(&one, "lose", Some("They bought elsewhere.")).await;
    let four = house.enter("Stark").await;
    assert_eq!(house.offered(&four, &reps, &[]).await.id, first.id, "who has room again");
}
