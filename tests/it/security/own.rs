//! What somebody sees of their own account.

use std::time::{Duration, Instant};

use rstest::rstest;

use super::*;

/// How long anything may take that happens after the answer.
const PATIENCE: Duration = Duration::from_secs(30);

async fn sign_in_from(server: &TestServer, agent: &str, password: &str) -> Reply {
    let body = json!({"method": "password", "email": "ann@example.com", "password": password});
    let nobody = server.nobody();
    nobody.send(nobody.request("POST", "/api/v1/session").header("user-agent", agent).json(&body)).await
}

/// Ann's records once there are so many of them.
async fn once(ann: &Client, many: usize) -> Reply {
    let until = Instant::now() + PATIENCE;
    loop {
        let own = ann.get(RECORDS).await;
        if own.body["items"].as_array().is_some_and(|items| items.len() >= many) {
            return own;
        }
        assert!(Instant::now() < until, "{}", own.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn everybody_sees_what_happened_to_their_own_account(#[case] db: Db) {
    let server = TestServer::on(db).await;
    let (admin, bo) = (server.admin().await, server.person("bo", Role::Rep).await);
    let ann = server.person("ann", Role::Rep).await;
    server.pass_s(60);
    let key = json!({"name": "calendar", "scopes": ["plans_read"]});
    let key = ann.post("/api/v1/api-keys", &key).await;
    assert_eq!(key.status, 201, "{}", key.text);
    let prefix = key.body["prefix"].as_str().unwrap();
    server.pass_s(60);
    assert_eq!(sign_in_from(&server, "A thief/1.0", "four words in a raw").await.status, 401);
    once(&ann, 4).await;
    assert_eq!(sign_in_from(&server, "A thief/1.0", "four words in a rew").await.status, 401);
    server.pass_s(60);
    // The thief has a copy of her refresh token, and she has used it.
    for status in [200, 401] {
        let nobody = server.nobody();
        let refresh = nobody.request("POST", "/api/v1/session/refresh").header("user-agent", "Phone/2");
        assert_eq!(nobody.send(refresh.json(&json!({"refresh_token": ann.refresh}))).await.status, status);
    }
    server.pass_s(60);
    let set = admin.put(&format!("/api/v1/persons/{}/password", ann.id), &json!({"password": PASSWORD})).await;
    assert_eq!(set.status, 204, "{}", set.text);
    server.pass_s(60);
    let long = "x".repeat(300);
    let again = sign_in_from(&server, &long, PASSWORD).await;
    let ann = server.with_token(again.body["access_token"].as_str().unwrap());
    let own = ann.get(RECORDS).await;
    let wanted = ["role_given", "signed_in", "key_made", "sign_in_refused", "token_reused", "password_set", "signed_in"];
    assert_eq!(whats(&own), wanted, "two wrong passwords within ten minutes are one record: {}", own.text);
    let items = items(&own);
    let more = |item: &Value| (item["address"].clone(), item["agent"].clone(), item["detail"].clone());
    let here = json!("127.0.0.1");
    let wanted = [
        (json!(null), json!(null), json!("rep")),
        (here.clone(), json!(null), json!(null)),
        (json!(null), json!(null), json!(prefix)),
        (here.clone(), json!("A thief/1.0"), json!(null)),
        (here.clone(), json!("Phone/2"), json!(null)),
        (json!(null), json!(null), json!(null)),
        (here, json!("x".repeat(200)), json!(null)),
    ];
    for (item, wanted) in items.iter().zip(wanted) {
        assert_eq!(more(item), wanted, "{item}");
    }
    let newest = ann.get(&format!("{RECORDS}?sort=-at&limit=1")).await;
    assert_eq!(whats(&newest), ["signed_in"]);
    assert_eq!(newest.body["items"][0], items[6]);
    assert_eq!(whats(&bo.get(RECORDS).await), ["role_given", "signed_in"], "nobody sees those of others");
    assert_eq!(whats(&admin.get(RECORDS).await), ["role_given", "signed_in"], "an admin neither");

    assert_eq!(bo.send(bo.request("DELETE", "/api/v1/session")).await.status, 204);
    server.pass_s(60);
    let bo = server.sign_in("bo@example.com", PASSWORD).await;
    assert_eq!(whats(&bo.get(RECORDS).await), ["role_given", "signed_in", "signed_out", "signed_in"]);
    server.stop().await;
}

#[tokio::test]
async fn no_program_reads_them_and_they_are_forgotten() {
    let mut house = House::on(Db::Sqlite).await;
    let key = house.ann.post("/api/v1/api-keys", &json!({"name": "all", "scopes": ["admin"]})).await;
    let program = house.server.with_token(key.body["key"].as_str().unwrap());
    for path in [RECORDS, ACCESSES] {
        assert_eq!(program.get(path).await.problem(), "forbidden", "{path}");
    }
    assert_eq!(house.server.nobody().get(RECORDS).await.status, 401);
    assert_eq!(house.ann.get(&format!("{RECORDS}?person_id={}", house.adam.id)).await.problem(), "unknown-parameter");
    house.pass_days(82).await;
    assert_eq!(whats(&house.ann.get(RECORDS).await).len(), 5, "of the first day, of the eighth, and of today");
    house.pass_days(2).await;
    assert_eq!(whats(&house.ann.get(RECORDS).await), ["signed_in", "key_made", "signed_in", "signed_in"], "ninety days");
    house.server.stop().await;
}
