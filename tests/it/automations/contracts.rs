//! `renewals`: a contract that ends is noticed, started and urged, each once.

use rstest::rstest;
use serde_json::json;

use super::shipped;
use crate::main_job::house::House;
use crate::store::On;

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_that_ends_gets_one_renewal(#[case] on: On) {
    let mut house = House::on(on, shipped()).await;
    let ann = house.person("Ann", "rep", None).await;
    let customer = json!({"name": "Globex", "country": "NL", "owner_id": ann.id});
    let customer = house.admin.make("/api/v1/customers", &customer).await["id"].as_str().unwrap().to_owned();
    let other = json!({"name": "Umbrella", "country": "NL", "owner_id": ann.id});
    let other = house.admin.make("/api/v1/customers", &other).await["id"].as_str().unwrap().to_owned();
    // In 80 days, and in 200.
    house.set_value("customer", &customer, "contract_ends_on", json!("2027-02-12")).await;
    house.set_value("customer", &other, "contract_ends_on", json!("2027-06-12")).await;
    house.scheduled().await;

    // The server stood still for two mornings; what was missed is made good once.
    house.pass_days(2).await;
    let path = format!("/api/v1/leads?customer_id={customer}");
    let leads = house.items(&path, "a renewal", |leads| leads.len() == 1).await;
    assert_eq!(leads[0]["title"], "Renewal: contract until 2027-02-12");
    assert_eq!((&leads[0]["source"], &leads[0]["expected_on"]), (&json!("renewals"), &json!("2027-02-12")));
    let lead = leads[0]["id"].as_str().unwrap().to_owned();
    let people = [ann];
    house.offered(&lead, &people, &[]).await;
    let notices = |messages: &[serde_json::Value]| messages.iter().filter(|message| message["kind"] == "notice").count();
    let inbox = house.sign_in("Ann").await.get("/api/v1/messages").await;
    assert_eq!(notices(inbox["items"].as_array().unwrap()), 1, "{inbox}");

    house.pass_days(1).await;
    assert_eq!(
        house.effects_of("renewals", "sweep", 2).await.len(),
        4,
        "one notice, one lead, two marks, and nothing on the second day"
    );
    // Seven weeks later it is urgent, and the owner hears of it once more.
    house.pass_days(50).await;
    let effects = house.effects_of("renewals", "sweep", 3).await;
    assert_eq!(effects.len(), 6, "{effects:#?}");
    assert_eq!(house.admin.get(&path).await["items"].as_array().unwrap().len(), 1, "one renewal for one contract");
    assert_eq!(house.admin.get(&format!("/api/v1/leads?customer_id={other}")).await["items"], json!([]));
}
