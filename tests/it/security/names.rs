//! Whom one pseudonym of the log stands for, opened the same way.

use pact_evidence::Hash;
use pact_evidence::act::Pseudonym;
use pact_store::entity::evidence_name;
use rstest::rstest;
use sea_orm::EntityTrait;

use super::*;

/// An entry of the log about Bo's role, and the pseudonyms of who gave it and of Bo.
async fn promotion(house: &House) -> (u64, String, String) {
    let bo = house.newcomer("bo", Role::Rep).await;
    let changed = house.adam.change(&format!("/api/v1/persons/{}", bo.id), &json!({"role": "manager"})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let page = house.audrey.get("/api/v1/evidence/entries?type=role_changed&limit=1000").await;
    let entry = page.body["items"].as_array().unwrap().last().unwrap()["entry"].clone();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    (entry["index"].as_u64().unwrap(), word(&entry["by"]["who"]), word(&entry["act"]["person"]))
}

fn wish(entry: u64, pseudonym: &str) -> Value {
    json!({"opens": "name", "entry": entry, "pseudonym": pseudonym, "reason": REASON})
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn one_pseudonym_of_one_entry_is_opened_and_can_be_checked(#[case] db: Db) {
    let house = House::on(db).await;
    let (entry, who, _) = promotion(&house).await;
    // (the entry, the pseudonym, the field that is to blame)
    let cases = [(1_000_000, who.as_str(), "entry"), (0, who.as_str(), "pseudonym"), (entry, "beef", "pseudonym")];
    for (entry, pseudonym, field) in cases {
        let answer = house.audrey.post(ACCESSES, &wish(entry, pseudonym)).await;
        assert_eq!((answer.status, answer.field()), (422, field), "{}", answer.text);
    }
    let asked = house.audrey.post(ACCESSES, &wish(entry, &who)).await;
    assert_eq!((asked.status, &asked.body["person_id"]), (201, &json!(null)), "{}", asked.text);
    let access = asked.id().to_string();
    let name = format!("{ACCESSES}/{access}/name");
    assert_eq!(house.audrey.get(&name).await.problem(), "not-now");
    assert_eq!(house.audrey.post(ACCESSES, &wish(entry, &who)).await.problem(), "not-now", "once at a time");
    // It is Adam himself, so he does not answer; another admin does.
    assert_eq!(act(&house.adam, &access, "agree").await.problem(), "forbidden");
    let mut house = house;
    house.newcomer("eve", Role::Admin).await;
    assert_eq!(act(&house.audrey, &access, "withdraw").await.status, 204);
    house.pass_days(7).await;
    let eve = house.again("eve").await;
    let access = house.audrey.post(ACCESSES, &wish(entry, &who)).await.id().to_string();
    let agreed = act(&eve, &access, "agree").await;
    assert_eq!((agreed.status, &agreed.body["person_id"]), (200, &json!(null)), "{}", agreed.text);

    let name = format!("{ACCESSES}/{access}/name");
    let read = house.audrey.get(&name).await;
    assert_eq!((&read.body["person_id"], &read.body["name"]), (&json!(house.adam.id), &json!("adam")), "{}", read.text);
    let salt = read.body["salt"].as_str().unwrap().as_bytes();
    let salt: Vec<u8> = salt.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect();
    assert_eq!(Pseudonym::of(&salt, house.adam.id.as_bytes()), Pseudonym(who.parse::<Hash>().unwrap()), "no need to believe it");
    let told = house.adam.get("/api/v1/messages?limit=200&sort=-at").await;
    assert!(told.text.contains("entry of the audit log") && told.text.contains(REASON), "{}", told.text);
    let seen = house.adam.get(&format!("{ACCESSES}/{access}")).await.body;
    assert_eq!((&seen["part"], &seen["entry"]), (&json!("concerned"), &json!(entry)));
    assert_eq!(house.adam.get(&name).await.status, 404, "he is told, and is not one of the two");
    assert_eq!(house.audrey.get(&format!("{ACCESSES}/{access}/records")).await.status, 404, "a name and no records");
    house.server.stop().await;
}

#[tokio::test]
async fn what_was_erased_nobody_opens() {
    let house = House::on(Db::Sqlite).await;
    let (entry, _, bo) = promotion(&house).await;
    let access = house.audrey.post(ACCESSES, &wish(entry, &bo)).await.id().to_string();
    let erased = bo.clone();
    house
        .server
        .app
        .store
        .write(async move |tx| {
            evidence_name::Entity::delete_by_id(erased.clone()).exec(tx).await?;
            Ok::<_, pact_store::StoreError>(())
        })
        .await
        .unwrap();
    assert_eq!(act(&house.adam, &access, "agree").await.problem(), "not-now");
    house.server.stop().await;
}
