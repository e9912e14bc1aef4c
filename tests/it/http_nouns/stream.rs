use std::time::Duration;

use futures_util::StreamExt;
use rstest::rstest;
use serde_json::{Value, json};

use super::world::World;
use crate::store::On;

/// How long an event that must come may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An event: its name, id and data.
type Event = (String, Option<String>, Value);

/// A stream as a browser reads it.
struct Events {
    text: String,
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = Vec<u8>> + Send>>,
}

impl Events {
    async fn listen(world: &World, who: &str, last: Option<&str>) -> Self {
        let mut call = world.call(who, "GET /stream").header("accept-encoding", "gzip");
        if let Some(last) = last {
            call = call.header("last-event-id", last);
        }
        let response = call.open().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let body = response.bytes_stream().map(|bytes| bytes.unwrap().to_vec());
        let mut events = Self { text: String::new(), body: Box::pin(body) };
        assert_eq!(events.block().await, ": listening");
        events
    }

    /// The text up to the next empty line.
    async fn block(&mut self) -> String {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return block;
            }
            let more = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("an event").expect("an open stream");
            self.text.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    /// The next event of this name; others may come before it.
    async fn next(&mut self, name: &str) -> Event {
        loop {
            let block = self.block().await;
            let line = |start: &str| block.lines().find_map(|line| line.strip_prefix(start).map(str::to_owned));
            if line("event: ").as_deref() == Some(name) {
                return (name.to_owned(), line("id: "), serde_json::from_str(&line("data: ").unwrap()).unwrap());
            }
        }
    }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_person_hears_what_concerns_them_and_nothing_else(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "bo").await;
    let (mut bo, mut pat) = (Events::listen(&world, "bo", None).await, Events::listen(&world, "pat", None).await);
    world.make("ann", "/cards", json!({"customer_id": customer, "kind": "news", "text": "They move."})).await;
    let (_, first, data) = bo.next("message").await;
    assert_eq!((&data["kind"], &data["text"]), (&json!("card"), &json!("Globex: news: They move.")));
    world.make("ann", "/requests", json!({"customer_id": customer, "to_id": world.people["pat"], "text": "How far?"})).await;
    let (_, _, data) = pat.next("message").await;
    assert_eq!(data["kind"], "request", "the first that a partner hears is what is asked of them");
    world
        .call("ann", &format!("PATCH /customers/{customer}"))
        .knowing("ann", &format!("/customers/{customer}"))
        .await
        .json(&json!({"city": "Delft"}))
        .send()
        .await
        .ok();
    let (_, id, data) = bo.next("record").await;
    assert_eq!((id, data), (None, json!({"kind": "customer", "id": customer})));
    // What came while nobody listened is told first.
    drop(bo);
    world.pass(1_000);
    world.make("ann", "/cards", json!({"customer_id": customer, "kind": "news", "text": "They stay."})).await;
    let mut again = Events::listen(&world, "bo", first.as_deref()).await;
    assert_eq!(again.next("message").await.2["text"], "Globex: news: They stay.");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn streams_of_one_person_are_bounded(#[case] on: On) {
    let world = World::on(on).await;
    let mut open = Vec::new();
    for _ in 0..pact::http::stream::MAX_STREAMS_PER_PERSON {
        open.push(Events::listen(&world, "ann", None).await);
    }
    let one_more = world.call("ann", "GET /stream").send().await;
    one_more.is_problem(429, "too-many-attempts", "", "one stream too many");
    Events::listen(&world, "bo", None).await;
    world.refuses(&[("nobody", "GET /stream", None, 401, "unauthenticated", "")]).await;
}
