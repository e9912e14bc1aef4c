//! Links in mail: opening one never acts, each works once and only for what it is, and what is over is said in plain words.

use pact_app::access::link::{Link, Purpose};
use pact_core::time::Instant;
use pact_tests::process::test_plugins;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use super::{address, open, person, state, with_address};
use crate::main_job::house::House;
use crate::store::On;

/// The path of the link with which a person answers the open push of a lead.
async fn link(house: &House, purpose: Purpose, lead: &str, person: &str) -> String {
    let shown = house.admin.get(&format!("/api/v1/leads/{lead}")).await;
    let push = &shown["open_push"];
    assert_eq!(push["person_id"], json!(person), "{shown}");
    let ends_at = push["answer_by"].as_str().unwrap().parse::<Instant>().unwrap();
    let link = Link {
        purpose,
        record: push["id"].as_str().unwrap().parse().unwrap(),
        person: person.parse().unwrap(),
        ends_at: Some(ends_at),
    };
    format!("/mail/pushes/{}", house.app.access.sign_link(&house.app, &link).await.unwrap())
}

/// Enters a lead and waits until it is offered to the person.
async fn offered(house: &House, company: &str, person: &str) -> String {
    let lead = house.enter(company).await;
    house.once(&lead, "an offer", |lead| lead["open_push"]["person_id"] == json!(person)).await;
    lead
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_is_answered_once_and_only_by_the_button(#[case] on: On) {
    let house = House::sending(on, &test_plugins("mini"), with_address()).await;
    let (ann, _) = person(&house, "Ann").await;
    let lead = offered(&house, "Globex", &ann).await;
    let (accept, decline) = (link(&house, Purpose::Accept, &lead, &ann).await, link(&house, Purpose::Decline, &lead, &ann).await);
    // What looks through mail opens links, more than once and in every way.
    for path in [&accept, &decline, &accept] {
        for method in ["GET", "HEAD"] {
            let shown = open(&house, method, path, None).await;
            assert_eq!(shown.status, 200);
            assert_eq!(state(&house, &lead).await.0, "offered", "{method}");
        }
    }
    let page = open(&house, "GET", &accept, None).await;
    page.is_a_careful_page();
    for words in ["lang=\"de\"", "Diesen Lead annehmen?", "Globex", "Bis jetzt ist nichts geschehen.", "<form method=\"post\">"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("<textarea"), "{}", page.text);

    // Declining takes a reason.
    let page = open(&house, "GET", &decline, None).await;
    page.is_a_careful_page();
    assert!(page.text.contains("<textarea") && page.text.contains("Ihr Grund"), "{}", page.text);
    for form in ["", "because=", "because=%20%20", &format!("because={}", "a".repeat(501)), "%ff%fe", "other=x"] {
        let refused = open(&house, "POST", &decline, Some(form)).await;
        assert_eq!(refused.status, 422, "{form}: {}", refused.text);
        refused.is_a_careful_page();
        assert!(refused.text.contains("Nennen Sie den Grund"), "{}", refused.text);
    }
    assert_eq!(state(&house, &lead).await.0, "offered");

    let done = open(&house, "POST", &accept, Some("")).await;
    assert_eq!(done.status, 200, "{}", done.text);
    done.is_a_careful_page();
    assert!(done.text.contains("Der Lead gehört jetzt Ihnen."), "{}", done.text);
    assert_eq!(state(&house, &lead).await, ("owned".to_owned(), json!(ann)));
    for (method, path) in [("POST", &accept), ("GET", &accept), ("POST", &decline), ("GET", &decline)] {
        let over = open(&house, method, path, Some("because=no")).await;
        assert_eq!(over.status, 410, "{method} {path}: {}", over.text);
        over.is_a_careful_page();
        assert!(over.text.contains("schon angenommen") && !over.text.contains("<form"), "{}", over.text);
    }
    let history = house.history(&lead).await;
    assert_eq!(history.iter().filter(|step| step.contains("Accepted by Ann")).count(), 1, "{history:?}");

    let lead = offered(&house, "Hooli <b>& Söhne</b>", &ann).await;
    let decline = link(&house, Purpose::Decline, &lead, &ann).await;
    assert!(
        open(&house, "GET", &decline, None).await.text.contains("Hooli &lt;b&gt;&amp; S"),
        "what customers are called is text"
    );
    let done = open(&house, "POST", &decline, Some("because=Meine+Schwester+arbeitet+dort%3B+%3Cb%3E")).await;
    assert_eq!(done.status, 200, "{}", done.text);
    house.history_with(&lead, "Declined by Ann: Meine Schwester arbeitet dort; <b>").await;
    assert_eq!(open(&house, "POST", &decline, Some("because=again")).await.status, 410);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_is_said_in_plain_words(#[case] on: On) {
    let mut house = House::sending(on, &test_plugins("mini"), with_address()).await;
    let (ann, _) = person(&house, "Ann").await;
    let because = json!({"because": "It was a mistake."});

    let withdrawn = offered(&house, "Globex", &ann).await;
    let link_withdrawn = link(&house, Purpose::Accept, &withdrawn, &ann).await;
    house.admin.post(&format!("/api/v1/leads/{withdrawn}/withdraw"), &because).await;
    let page = open(&house, "POST", &link_withdrawn, Some("")).await;
    assert_eq!((page.status, page.text.contains("zurückgenommen")), (410, true), "{}", page.text);

    let slow = offered(&house, "Umbrella", &ann).await;
    let expired = link(&house, Purpose::Accept, &slow, &ann).await;

    let lead = offered(&house, "Hooli", &ann).await;
    let (taken, later) = (link(&house, Purpose::Accept, &lead, &ann).await, link(&house, Purpose::Decline, &lead, &ann).await);
    let (bo, _) = person(&house, "Bo").await;
    let given =
        house.admin.post(&format!("/api/v1/leads/{lead}/transfer"), &json!({"person_id": bo, "because": "Bo knows them."})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    for path in [&taken, &later] {
        let page = open(&house, "POST", path, Some("because=x")).await;
        assert_eq!((page.status, page.text.contains("gehört jetzt Bo")), (409, true), "{}", page.text);
    }
    assert_eq!(state(&house, &lead).await.1, json!(bo));

    house.pass_days(1).await;
    let page = open(&house, "POST", &expired, Some("")).await;
    assert_eq!((page.status, page.text.contains("Die Zeit zum Antworten endete am 2026-11-2")), (410, true), "{}", page.text);
    assert_ne!(state(&house, &slow).await.1, json!(ann));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_good_for_nothing_else() {
    let house = House::sending(On::Sqlite, &test_plugins("mini"), with_address()).await;
    let (ann, _) = person(&house, "Ann").await;
    let lead = offered(&house, "Globex", &ann).await;
    let (bo, _) = person(&house, "Bo").await;
    let good = link(&house, Purpose::Accept, &lead, &ann).await;
    let token = good.rsplit('/').next().unwrap().to_owned();
    let sign = async |link: Link| house.app.access.sign_link(&house.app, &link).await.unwrap();
    let of = |purpose, record: &str, person: &str| Link {
        purpose,
        record: record.parse().unwrap(),
        person: person.parse().unwrap(),
        ends_at: None,
    };
    let push = house.admin.get(&format!("/api/v1/leads/{lead}")).await["open_push"]["id"].as_str().unwrap().to_owned();
    for (path, why) in [
        (format!("/mail/pushes/{}", &token[1..]), "cut off"),
        (format!("/mail/pushes/{token}A"), "longer"),
        ("/mail/pushes/x".to_owned(), "no token"),
        (format!("/mail/end/{token}"), "it answers a push and ends no mail"),
        (format!("/mail/pushes/{}", sign(of(Purpose::EndDigests, &ann, &ann)).await), "it ends mail and answers no push"),
        (format!("/mail/pushes/{}", sign(of(Purpose::Accept, &push, &bo)).await), "it is Ann's push"),
        (format!("/mail/pushes/{}", sign(of(Purpose::Accept, &Uuid::new_v4().to_string(), &ann)).await), "there is no such push"),
        (
            format!("/mail/end/{}", sign(of(Purpose::EndPushes, &Uuid::nil().to_string(), &Uuid::nil().to_string())).await),
            "nobody",
        ),
    ] {
        for method in ["GET", "POST"] {
            let page = open(&house, method, &path, Some("because=x")).await;
            assert_eq!(page.status, 404, "{why}: {}", page.text);
            page.is_a_careful_page();
            assert!(page.text.contains("This link leads nowhere."), "{}", page.text);
        }
    }
    assert_eq!(state(&house, &lead).await.0, "offered");
    // A page for a record says nothing about it, whether it exists or not.
    let shown = [&lead, &Uuid::new_v4().to_string()].map(|id| format!("/at/leads/{id}"));
    let pages = [open(&house, "GET", &shown[0], None).await, open(&house, "GET", &shown[1], None).await];
    assert_eq!(pages[0].text, pages[1].text);
    pages[0].is_a_careful_page();
    assert_eq!(open(&house, "GET", "/at/nothing/x", None).await.status, 400);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_is_ended_by_one_post_and_wanted_again_by_its_person(#[case] on: On) {
    let house = House::sending(on, &test_plugins("mini"), with_address()).await;
    let (ann, caller) = person(&house, "Ann").await;
    let settings = async || caller.get("/api/v1/mail-settings").await;
    assert_eq!(settings().await, json!({"digests": true, "pushes": true}), "all of it, when nobody said");
    let mails = async || house.admin.get("/api/v1/outbox?kind=mail").await["items"].as_array().unwrap().len();
    offered(&house, "Globex", &ann).await;
    assert_eq!(mails().await, 1, "the push is told by mail");

    let id: Uuid = ann.parse().unwrap();
    for (purpose, after) in [
        (Purpose::EndPushes, json!({"digests": true, "pushes": false})),
        (Purpose::EndDigests, json!({"digests": false, "pushes": false})),
    ] {
        let before = settings().await;
        let token =
            house.app.access.sign_link(&house.app, &Link { purpose, record: id, person: id, ends_at: None }).await.unwrap();
        let path = format!("/mail/end/{token}");
        let page = open(&house, "GET", &path, None).await;
        page.is_a_careful_page();
        assert!(page.text.contains("Keine Mail mehr</button>"), "{}", page.text);
        assert_eq!(settings().await, before, "a link that is opened ends nothing");
        // As RFC 8058 has it, without any sign-in, and again.
        for _ in 0..2 {
            let done = open(&house, "POST", &path, Some("List-Unsubscribe=One-Click")).await;
            assert_eq!((done.status, done.text.contains("Erledigt")), (200, true), "{}", done.text);
            assert_eq!(settings().await, after);
        }
    }
    offered(&house, "Hooli", &ann).await;
    assert_eq!(mails().await, 1, "nobody wants more");
    let wanted = json!({"digests": true, "pushes": true});
    let again = caller.send("PUT", "/api/v1/mail-settings", &[], Some(&wanted)).await.unwrap();
    assert_eq!((again.status, &again.body), (200, &wanted));
    offered(&house, "Umbrella", &ann).await;
    assert_eq!(mails().await, 2);

    for (caller, body, status) in [
        (&house.again(&address("Ann")).await, json!({"digests": true}), 422),
        (&house.again(&address("Ann")).await, json!({"digests": true, "pushes": true, "person_id": ann}), 422),
    ] {
        let refused = caller.send("PUT", "/api/v1/mail-settings", &[], Some(&body)).await.unwrap();
        assert_eq!(refused.status, status, "{}", refused.body);
    }
}
