//! The public web form: what is taken, what is refused, and that nobody learns anything from it.

use pact_core::role::Role;
use pact_store::entity::{contact, customer, lead};
use pact_tests::server::{Client, Db, Reply, TestServer};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

const FORMS: &str = "/api/v1/forms";
const ORIGIN: &str = "https://www.example.com";

/// A form, and where it sends its leads.
async fn form(admin: &Client, more: Value) -> (Reply, String) {
    let mut wish = json!({"name": "Contact page", "source": "web form"});
    wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = admin.post(FORMS, &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.body["path"].as_str().unwrap().to_owned();
    (made, path)
}

async fn leads(server: &TestServer) -> Vec<lead::Model> {
    lead::Entity::find().all(server.app.store.read()).await.unwrap()
}

async fn send_form(client: &Client, path: &str, body: &'static str) -> Reply {
    client.send(client.request("POST", path).header("content-type", "application/x-www-form-urlencoded").body(body)).await
}

#[rstest]
#[tokio::test]
async fn a_form_brings_a_lead_and_answers_the_same_whoever_asks(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let (_, path) = form(&admin, json!({"source": "contact page"})).await;
    let anybody = server.nobody();
    let body = json!({"name": "Ann Smith", "company": "Globex", "email": "Ann@Globex.example", "phone": "+31 20 123 45 67", "country": "Niederlande", "language": "Deutsch",
        "product": "heat-pump", "message": "We want to replace two boilers.", "homepage": ""});
    let new = anybody.post(&path, &body).await;
    let known = anybody.post(&path, &body).await;
    let machine = anybody.post(&path, &json!({"name": "x", "email": "not an address", "homepage": "http://spam.example"})).await;
    for answer in [&new, &known, &machine] {
        assert_eq!((answer.status, answer.text.as_str()), (202, "{\"received\":true}"));
    }
    let leads = leads(&server).await;
    assert_eq!(leads.len(), 1, "known is attached, a machine's is thrown away");
    assert_eq!(
        (leads[0].source.as_str(), leads[0].entered_by.as_str(), leads[0].product.as_deref()),
        ("contact page", "form", Some("heat-pump"))
    );
    let customer = customer::Entity::find().one(server.app.store.read()).await.unwrap().unwrap();
    assert_eq!((customer.name.as_str(), customer.country.as_deref()), ("Globex", Some("NL")));
    let contact = contact::Entity::find().one(server.app.store.read()).await.unwrap().unwrap();
    assert_eq!((contact.email.as_deref(), contact.language.as_deref()), (Some("ann@globex.example"), Some("de")));
}

#[rstest]
#[tokio::test]
async fn a_browsers_own_form_is_read_and_sent_on(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let (_, path) = form(&admin, json!({"product": "boiler", "allowed_origins": [ORIGIN]})).await;
    let anybody = server.nobody();
    let answer = send_form(
        &anybody,
        &path,
        "company=J%C3%BCrgens+%26+Co&email=ann%40j.example&product=other&submit=Send&message=one%0D%0Atwo&homepage=",
    )
    .await;
    assert_eq!((answer.status, answer.body["received"].as_bool()), (202, Some(true)), "{}", answer.text);
    let lead = leads(&server).await.remove(0);
    assert_eq!((lead.product.as_deref(), lead.message.as_deref()), (Some("boiler"), Some("one\ntwo")));
    assert!(lead.title.starts_with("J\u{fc}rgens & Co"), "{}", lead.title);

    let stay = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let redirect = json!({"email": "bo@x.example", "redirect": "https://www.example.com/thanks?a=1"});
    let sent_on = anybody.send(stay.post(format!("{}{path}", server.base)).json(&redirect)).await;
    assert_eq!((sent_on.status, sent_on.header("location").as_str()), (303, "https://www.example.com/thanks?a=1"));
    for astray in
        ["https://evil.example/", "javascript:alert(1)", "//www.example.com/", "https://www.example.com@evil.example/", "/thanks"]
    {
        let refused = anybody.post(&path, &json!({"email": "cy@x.example", "redirect": astray})).await;
        assert_eq!((refused.status, refused.field()), (422, "redirect"), "{astray}: {}", refused.text);
    }
}

#[rstest]
#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused_in_its_own_words(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let (_, path) = form(&admin, json!({})).await;
    let anybody = server.nobody();
    let cases = [
        (json!({"name": "Ann", "email": "ann(at)x"}), "invalid-value", "email"),
        (json!({}), "invalid-value", "company"),
        (json!({"company": "x".repeat(201)}), "invalid-value", "company"),
        (json!({"company": "Glo\u{202e}bex"}), "invalid-value", "company"),
        (json!({"company": "Globex", "country": "Atlantis"}), "invalid-value", "country"),
        (json!({"company": "Globex", "customer_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11"}), "invalid-body", "customer_id"),
        (json!({"company": 3}), "invalid-body", "company"),
    ];
    for (body, problem, field) in cases {
        let refused = anybody.post(&path, &body).await;
        assert_eq!((refused.problem(), refused.field()), (problem, field), "{body}: {}", refused.text);
    }
    let large = anybody.post(&path, &json!({"company": "Globex", "message": "x".repeat(33 * 1024)})).await;
    assert_eq!(large.problem(), "body-too-large", "{}", large.text);
    let kind = anybody.send(anybody.request("POST", &path).header("content-type", "text/plain").body("x")).await;
    assert_eq!(kind.problem(), "unsupported-media-type");
    assert_eq!(leads(&server).await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn too_many_from_one_address_wait(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let (_, path) = form(&admin, json!({})).await;
    let anybody = server.nobody();
    let mut last = anybody.post(&path, &json!({"company": "Globex"})).await;
    let mut sent = 1;
    while last.status == 202 && sent < 100 {
        last = anybody.post(&path, &json!({"company": "Globex"})).await;
        sent += 1;
    }
    assert_eq!((last.status, last.problem()), (429, "too-many-attempts"), "after {sent}");
    assert!(last.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1), "{:?}", last.headers);
    let (_, other) = form(&admin, json!({})).await;
    assert_eq!(anybody.post(&other, &json!({"company": "Globex"})).await.status, 202, "another form is not held up");
    for _ in 0..100 {
        last = anybody.post(&format!("{FORMS}/form_guess/leads"), &json!({})).await;
    }
    assert_eq!(last.status, 429, "nobody tries keys");
}

#[rstest]
#[tokio::test]
async fn browsers_let_in_the_pages_that_an_admin_names(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let (_, closed) = form(&admin, json!({"allowed_origins": [ORIGIN, "https://Shop.example.com:443/"]})).await;
    let (_, open) = form(&admin, json!({})).await;
    let anybody = server.nobody();
    let preflight = async |path: &str, origin: &str| {
        let asked = anybody.request("OPTIONS", path).header("origin", origin).header("access-control-request-method", "POST");
        anybody.send(asked.header("access-control-request-headers", "content-type")).await
    };
    let post = async |path: &str, origin: &str| {
        anybody.send(anybody.request("POST", path).header("origin", origin).json(&json!({"company": "Globex"}))).await
    };
    let cases = [
        (&closed, ORIGIN, true),
        (&closed, "https://shop.example.com", true),
        (&closed, "https://evil.example", false),
        (&closed, "null", false),
        (&open, "https://evil.example", true),
    ];
    for (path, origin, lets_in) in cases {
        let asked = preflight(path, origin).await;
        let allowed = if lets_in { origin } else { "" };
        assert_eq!((asked.status, asked.header("access-control-allow-origin").as_str()), (204, allowed), "{origin}");
        assert_eq!(asked.header("access-control-allow-methods"), if lets_in { "POST" } else { "" });
        let sent = post(path, origin).await;
        assert_eq!(
            (sent.status, sent.header("access-control-allow-origin").as_str()),
            (if lets_in { 202 } else { 403 }, allowed),
            "{origin}: {}",
            sent.text
        );
        assert_eq!(sent.header("access-control-allow-credentials"), "");
        assert!(sent.header("vary").contains("Origin"), "{:?}", sent.headers);
    }
    assert_eq!(anybody.post(&closed, &json!({"company": "Globex"})).await.status, 202, "who sends no origin is no browser");
    let unknown = preflight(&format!("{FORMS}/form_unknown/leads"), ORIGIN).await;
    assert_eq!((unknown.status, unknown.header("access-control-allow-origin").as_str()), (204, ""));
}

#[rstest]
#[tokio::test]
async fn keys_are_made_shown_once_changed_and_removed_by_admins(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let (made, path) = form(&admin, json!({})).await;
    let key = made.body["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("form_") && path.contains(&key));
    let listed = admin.get(FORMS).await;
    assert!(!listed.text.contains(&key), "a list shows no keys");
    assert_eq!(listed.body["items"][0]["prefix"].as_str().unwrap(), &key[5..13]);
    let rows = pact_store::entity::form_key::Entity::find().all(server.app.store.read()).await.unwrap();
    assert!(!rows[0].key_hash.0.contains(&key[5..]), "the store keeps a hash");

    let one = format!("{FORMS}/{}", made.id());
    let anybody = server.nobody();
    assert_eq!(admin.change(&one, &json!({"active": false})).await.status, 200);
    assert_eq!(anybody.post(&path, &json!({"company": "Globex"})).await.problem(), "not-found");
    assert_eq!(
        admin.change(&one, &json!({"active": true, "source": "landing page", "product": "fan"})).await.body["source"],
        "landing page"
    );
    assert_eq!(anybody.post(&path, &json!({"company": "Globex"})).await.status, 202);
    assert_eq!(admin.change(&one, &json!({"allowed_origins": ["example.com"]})).await.field(), "allowed_origins[0]");
    assert_eq!(admin.patch(&one, "\"stale\"", &json!({"active": true})).await.problem(), "stale");
    let once = json!({"name": "Twice", "source": "web"});
    let first = admin.post_once(FORMS, "same", &once).await;
    assert_eq!((first.status, admin.post_once(FORMS, "same", &once).await.problem()), (201, "idempotency-answer-not-kept"));

    for other in [server.person("rep", Role::Rep).await, server.person("manager", Role::Manager).await] {
        assert_eq!(other.get(FORMS).await.status, 403);
        assert_eq!(other.post(FORMS, &once).await.status, 403);
        assert_eq!(other.get(&one).await.status, 403);
    }
    assert_eq!(anybody.get(FORMS).await.status, 401);
    let etag = admin.get(&one).await.header("etag");
    assert_eq!(admin.delete(&one, &etag).await.status, 204);
    assert_eq!(anybody.post(&path, &json!({"company": "Globex"})).await.problem(), "not-found");
}
