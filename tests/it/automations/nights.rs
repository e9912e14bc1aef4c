//! `lead-push`: a lead at night, and a lead of somebody who is away.

use rstest::rstest;
use serde_json::json;

use super::shipped;
use crate::main_job::house::House;
use crate::store::On;

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_at_night_waits_for_who_begins_next_near(#[case] on: On) {
    let mut house = House::on(on, shipped()).await;
    let country = |code: &str| json!({"name": code, "rules": [{"countries": [code]}]});
    let near = house.admin.make("/api/v1/territories", &country("NL")).await["id"].clone();
    let far = house.admin.make("/api/v1/territories", &country("US")).await["id"].clone();
    // Two near who speak the language, one near who does not; somebody far away is at work when it is night here.
    let ann = house.person_with("Ann", "rep", json!({"territory_id": near, "languages": ["nl"]})).await;
    let bo = house.person_with("Bo", "rep", json!({"territory_id": near, "languages": ["nl"]})).await;
    let cem = house.person_with("Cem", "rep", json!({"territory_id": near, "languages": ["fr"]})).await;
    let dee = json!({"territory_id": far, "languages": ["nl"], "time_zone": "America/Los_Angeles", "country": "US"});
    let dee = house.person_with("Dee", "rep", dee).await;
    let away = json!({"person_id": bo.id, "from_on": "2026-11-23", "until_on": "2026-11-27", "kind": "holiday"});
    assert_eq!(house.admin.send("POST", "/api/v1/absences", &[], Some(&away)).await.unwrap().status, 201);

    // It is Tuesday, 10:00; the web form brings a lead at 23:10.
    house.pass(13 * 60 + 10);
    house.pass_days(0).await;
    let body = json!({"source": "web form", "product": "fan", "customer": {"name": "Globex", "country": "NL"},
        "contact": {"name": "Femke", "email": "femke@globex.example", "language": "nl"}});
    let entered = house.admin.make("/api/v1/leads", &body).await;
    let lead = entered["lead"]["id"].as_str().unwrap().to_owned();
    let people = [ann, bo, cem, dee];
    let asked = house.offered(&lead, &people, &[]).await;
    assert_eq!(asked.name, "Ann", "who speaks the language, is near, and begins tomorrow");
    house.history_with(&lead, "Pushed to Ann until Wed 25 Nov 13:00: Globex in NL asks for fan, and you speak Dutch").await;

    // Wednesday, 9:10: she declines, and the next is who is near and at work.
    house.pass(10 * 60);
    let ann = house.sign_in("Ann").await;
    let reason = json!({"because": "conflict of interest"});
    let declined = ann.send("POST", &format!("/api/v1/leads/{lead}/decline"), &[], Some(&reason)).await.unwrap();
    assert_eq!(declined.status, 200, "{}", declined.body);
    house.pass_days(0).await;
    let next = house.offered(&lead, &people, &[&people[0]]).await;
    assert_eq!(next.name, "Cem");
    let told = "Pushed to Cem until Wed 25 Nov 13:10: It came back: \"conflict of interest\"";
    house.history_with(&lead, told).await;
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_of_somebody_away_goes_to_who_stands_in(#[case] on: On) {
    let house = House::on(on, shipped()).await;
    let (eve, bo, cem) =
        (house.person("Eve", "rep", None).await, house.person("Bo", "rep", None).await, house.person("Cem", "rep", None).await);
    // Bo stands in for Eve, and Cem for Bo, who is away as well.
    for (person, stand_in) in [(&eve, &bo), (&bo, &cem)] {
        let away = json!({
            "person_id": person.id, "from_on": "2026-11-23", "until_on": "2026-11-27", "kind": "holiday", "stand_in_id": stand_in.id,
        });
        let made = person.caller.send("POST", "/api/v1/absences", &[], Some(&away)).await.unwrap();
        assert_eq!(made.status, 201, "everybody announces their own absence: {}", made.body);
    }
    let customer = json!({"name": "Globex", "country": "NL", "owner_id": eve.id});
    let customer = house.admin.make("/api/v1/customers", &customer).await["id"].clone();
    let body = json!({"source": "trade fair", "customer": {"id": customer}});
    let lead = house.admin.make("/api/v1/leads", &body).await["lead"]["id"].as_str().unwrap().to_owned();
    let people = [eve, bo, cem];
    assert_eq!(house.offered(&lead, &people, &[]).await.name, "Cem");
    house.history_with(&lead, "Globex is a customer of Eve, for whom you stand in").await;
}
