//! The red team: ways to make a meter of people out of the REST interface, each tried by a director, an admin or an auditor who means it, and each closed
//! (`policy.md` §6). The ways are data in [`ways`]; what takes more than one request is in [`walks`]. `openapi/ways.md` lists them all.

mod agreed;
mod found;
mod secured;
mod walks;
mod ways;

use std::collections::BTreeMap;
use std::path::PathBuf;

use rstest::rstest;
use serde_json::{Value, json};

use crate::http_nouns::world::World;
use crate::store::On;
use agreed::AGREED;
use found::FOUND;
use secured::SECURED;
use ways::{Closed, WAYS, Way};

/// A company in which Ann, Bo and Cy have done things that somebody would like to count.
pub(crate) struct Scene {
    pub(crate) on: On,
    pub(crate) world: World,
    /// What stands in a request for what it is about: `{ann}`, `{customer}`, `{lead}`, `{alone}`, `{card}`, `{plan}`.
    words: BTreeMap<&'static str, String>,
}

impl Scene {
    pub(crate) async fn on(on: On) -> Self {
        let world = World::on(on).await;
        let customer = world.customer("Globex", "ann").await;
        let lead = world.lead(&customer, "Two boilers").await;
        let made =
            async |who: &str, path: &str, body: Value| world.make(who, path, body).await["id"].as_str().unwrap().to_owned();
        let said = json!({"customer_id": customer, "kind": "complaint", "about": "cooling", "theme": "delivery", "text": "It came late"});
        let card = made("ann", "/cards", said.clone()).await;
        made("bo", "/cards", said).await;
        let plan = made("ann", "/plans", json!({"customer_id": customer, "objective": "Agree", "on_day": "2026-11-26"})).await;
        made("ann", "/requests", json!({"customer_id": customer, "to_id": world.people["bo"], "text": "When?"})).await;
        let words = [
            ("ann", world.people["ann"].to_string()),
            ("bo", world.people["bo"].to_string()),
            ("alone", world.teams["Alone"].to_string()),
            ("benelux", world.teams["Benelux"].to_string()),
            ("customer", customer),
            ("lead", lead),
            ("card", card),
            ("plan", plan),
        ];
        Self { on, world, words: words.into_iter().collect() }
    }

    /// A request with its words put in.
    pub(crate) fn say(&self, request: &str) -> String {
        let put = |text: String, (name, word): (&&str, &String)| text.replace(&format!("{{{name}}}"), word);
        self.words.iter().fold(request.to_owned(), put)
    }

    pub(crate) fn word(&self, name: &str) -> &str {
        &self.words[name]
    }

    /// Tries a way; what is wrong when it is open.
    async fn try_way(&self, way: &Way) -> Result<(), String> {
        match way.closed {
            Closed::Refused { who, request, body, status, slug } => {
                let mut call = self.world.call(who, &self.say(request));
                if let Some(body) = body {
                    call = call.json(&serde_json::from_str(&self.say(body)).unwrap());
                }
                let reply = call.send().await;
                let kind = format!("/problems/{slug}");
                match reply.status == status && reply.body["type"] == kind {
                    true => Ok(()),
                    false => Err(format!("{} {}", reply.status, reply.body)),
                }
            }
            Closed::Hidden { who, path, field } => {
                let page = self.world.get(who, &self.say(path)).await;
                let single = [page.clone()];
                let items = page["items"].as_array().map_or(&single[..], Vec::as_slice);
                if items.is_empty() {
                    return Err("there is nothing in which something could be hidden".to_owned());
                }
                let shown = items.iter().find(|item| item.get(field).is_some_and(|value| !value.is_null()));
                shown.map_or(Ok(()), |item| Err(format!("{field} is shown: {item}")))
            }
            Closed::Walk(walk) => walk(self).await,
        }
    }
}

/// Every way that is tried.
fn all() -> Vec<&'static Way> {
    WAYS.iter().chain(AGREED).chain(SECURED).chain(FOUND).collect()
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn every_way_is_closed(#[case] on: On) {
    let scene = Scene::on(on).await;
    let mut open = Vec::new();
    for way in all() {
        if let Err(why) = scene.try_way(way).await {
            open.push(format!("{}: {why}", way.tried));
        }
    }
    assert!(open.is_empty(), "{} of {} ways are open:\n{}", open.len(), all().len(), open.join("\n"));
}

/// `PACT_WRITE_PAGES=1` writes the page anew.
#[test]
fn the_page_lists_every_way() {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/ways.md"));
    let page = page();
    if std::env::var_os("PACT_WRITE_PAGES").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == page, "openapi/ways.md is not what the suite tries; PACT_WRITE_PAGES=1 writes it anew");
    assert!(all().len() >= 60, "{} ways", all().len());
}

fn page() -> String {
    let mut page = format!(
        "# {} ways to make a meter of PACT, and why each is closed\n\n\
         Each of these was tried against the running server by a manager, an admin or an auditor, on both databases, and is tried again at every build:\n\
         `cargo nextest run -p pact_tests red_team`. What a person reads of themselves is theirs and not on this list.\n\n\
         | what is tried | how it is closed |\n|---|---|\n",
        all().len()
    );
    for Way { tried, because, .. } in all() {
        page += &format!("| {tried} | {because} |\n");
    }
    page += "\nWhat stays possible is what a colleague sees in the course of the day: who wrote one card on one customer, who declined one lead and why. A reader is shown that in\n\
             three hundred places a day; somebody who wants to count would have to write it down by hand, for weeks, beside their work.\n";
    page
}
