use rstest::rstest;
use serde_json::json;

use super::world::{World, each};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn everybody_reads_their_own_messages_only(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "bo").await;
    for text in ["One", "Two", "Three"] {
        world.pass(1_000);
        world.make("ann", "/cards", json!({"customer_id": customer, "kind": "news", "text": text})).await;
    }
    let newest = world.get("bo", "/messages?sort=-at&limit=2").await;
    assert_eq!(each(&newest, "text"), ["Globex: news: Three", "Globex: news: Two"]);
    let cursor = newest["next_cursor"].as_str().unwrap();
    let rest = world.get("bo", &format!("/messages?sort=-at&limit=2&cursor={cursor}")).await;
    assert_eq!(each(&rest, "text"), ["Globex: news: One", "Globex: you own this customer now."]);
    assert_eq!(each(&world.get("ann", "/messages").await, "id").len(), 0);
    let first = &newest["items"][0]["id"];
    // Ann cannot mark what is Bo's.
    for (who, body, unread) in
        [("ann", json!({"ids": [first]}), 4), ("ann", json!({}), 4), ("bo", json!({"ids": [first]}), 3), ("bo", json!({}), 0)]
    {
        let reply = world.call(who, "POST /messages/read").json(&body).send().await;
        assert_eq!(reply.status, 204, "{reply:?}");
        assert_eq!(each(&world.get("bo", "/messages?unread=true").await, "id").len(), unread, "{who} {body}");
    }
    world
        .refuses(&[
            ("nobody", "GET /messages", None, 401, "unauthenticated", ""),
            ("mia", &format!("GET /messages?person_id={}", world.people["bo"]), None, 400, "unknown-parameter", "person_id"),
            ("bo", "GET /messages?sort=text", None, 400, "invalid-parameter", "sort"),
            ("bo", "POST /messages/read", Some(json!({"ids": vec![first; 501]})), 422, "invalid-value", "ids"),
        ])
        .await;
}
