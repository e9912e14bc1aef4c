//! Ways through sign-ins and security records: who was at work when, and who stands behind the log.

use serde_json::json;

use super::Scene;
use super::ways::{Closed, Way, refused, walk_of};

const OWN: &str = "Everybody lists their own records alone.";
const TWO: &str = "It takes an admin and an auditor, for one person, for a stated reason; the person is told.";

/// A request by somebody who may not make it.
const fn asked_by(tried: &'static str, who: &'static str, body: &'static str, status: u16, slug: &'static str) -> Way {
    let closed = Closed::Refused { who, request: "POST /security/accesses", body: Some(body), status, slug };
    Way { tried, because: TWO, closed }
}

pub(super) const SECURED: &[Way] = &[
    refused("Sign-ins of another person", OWN, "adam", "GET /security/records?person_id={ann}", 400, "unknown-parameter"),
    refused(
        "Sign-ins of everybody, in the order of people",
        OWN,
        "adam",
        "GET /security/records?sort=person_id",
        400,
        "invalid-parameter",
    ),
    refused(
        "How often somebody signed in",
        "Pages have no totals.",
        "audrey",
        "GET /security/records?count=true",
        400,
        "unknown-parameter",
    ),
    refused(
        "Sign-ins from one address, whoever they are",
        OWN,
        "adam",
        "GET /security/records?address=192.0.2.1",
        400,
        "unknown-parameter",
    ),
    refused("Opened records by a guessed id", TWO, "adam", "GET /security/accesses/{customer}/records", 404, "not-found"),
    refused(
        "Whose records were ever opened, as a director",
        "Requests are listed for those who have a part in them.",
        "mia",
        "GET /security/accesses?person_id={ann}",
        400,
        "unknown-parameter",
    ),
    asked_by(
        "A director asks for the sign-ins of a rep",
        "mia",
        r#"{"opens": "records", "person_id": "{ann}", "first_on": "2026-11-20", "last_on": "2026-11-24", "reason": "To see when work begins in this team."}"#,
        403,
        "forbidden",
    ),
    asked_by(
        "Sign-ins of several people at once",
        "adam",
        r#"{"opens": "records", "person_id": ["{ann}", "{bo}"], "first_on": "2026-11-20", "last_on": "2026-11-24", "reason": "To see when work begins in this team."}"#,
        422,
        "invalid-body",
    ),
    asked_by(
        "Sign-ins of a whole year",
        "adam",
        r#"{"opens": "records", "person_id": "{ann}", "first_on": "2025-11-24", "last_on": "2026-11-24", "reason": "To see when work begins in this team."}"#,
        422,
        "invalid-value",
    ),
    walk_of!(
        "An admin makes an auditor who agrees",
        "Whoever got role or password within a week neither asks nor agrees.",
        an_auditor_of_ones_own
    ),
    walk_of!(
        "Every name behind the log, one after the other",
        "Each takes two people and is an entry of the log; one open request names one pseudonym.",
        names_one_after_the_other
    ),
    walk_of!("A program with an admin's key reads sign-ins", "No API key reads security records.", a_program),
];

async fn an_auditor_of_ones_own(scene: &Scene) -> Result<(), String> {
    let world = &scene.world;
    let password = "four words in a row";
    let puppet = json!({"name": "Otto", "email": "otto@initech.example", "role": "auditor", "password": password});
    world.make("adam", "/persons", puppet).await;
    let wish = json!({"opens": "records", "person_id": scene.word("bo"), "first_on": "2026-11-20", "last_on": "2026-11-24", "reason": "To see when work begins in this team."});
    let asked = world.call("adam", "POST /security/accesses").json(&wish).send().await;
    let access = asked.body["id"].as_str().ok_or_else(|| format!("Adam may not even ask: {asked:?}"))?.to_owned();
    let session = json!({"method": "password", "email": "otto@initech.example", "password": password});
    let session = world.call("nobody", "POST /session").json(&session).send().await;
    let token = session.body["access_token"].as_str().ok_or_else(|| format!("{session:?}"))?;
    let agreed = world.call("nobody", &format!("POST /security/accesses/{access}/agree"));
    let agreed = agreed.header("authorization", &format!("Bearer {token}")).send().await;
    let read = world.call("adam", &format!("GET /security/accesses/{access}/records")).send().await;
    match (agreed.status, read.status) {
        (409, 409) => Ok(()),
        _ => Err(format!("{agreed:?} {read:?}")),
    }
}

async fn names_one_after_the_other(scene: &Scene) -> Result<(), String> {
    let world = &scene.world;
    let page = world.get("audrey", "/evidence/entries?limit=1000").await;
    let mut tried = false;
    for entry in page["items"].as_array().into_iter().flatten().map(|item| &item["entry"]) {
        let Some(who) = entry["by"]["who"].as_str() else { continue };
        let wish = json!({"opens": "name", "entry": entry["index"], "pseudonym": who, "reason": "To learn who does what in this company."});
        let asked = world.call("audrey", "POST /security/accesses").json(&wish).send().await;
        if asked.status == 409 && tried {
            return Ok(());
        }
        let Some(access) = asked.body["id"].as_str() else { return Err(format!("{asked:?}")) };
        if !asked.body["person_id"].is_null() {
            return Err(format!("the request names them: {asked:?}"));
        }
        let read = world.call("audrey", &format!("GET /security/accesses/{access}/name")).send().await;
        if read.status != 409 {
            return Err(format!("{read:?}"));
        }
        tried = true;
    }
    if tried { Ok(()) } else { Err("the log has no entry by a person".to_owned()) }
}

async fn a_program(scene: &Scene) -> Result<(), String> {
    let key = json!({"name": "meter", "scopes": ["admin"]});
    let key = scene.world.call("adam", "POST /api-keys").json(&key).send().await;
    let key = key.body["key"].as_str().ok_or_else(|| format!("{key:?}"))?;
    for path in ["records", "accesses"] {
        let call = scene.world.call("nobody", &format!("GET /security/{path}"));
        let reply = call.header("authorization", &format!("Bearer {key}")).send().await;
        if reply.status != 403 {
            return Err(format!("{path}: {reply:?}"));
        }
    }
    Ok(())
}
