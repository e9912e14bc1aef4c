//! How records of one person are opened: by two, for a reason, for a day, and with that person told.

use pact_app::evidence::checking;
use rstest::rstest;

use super::*;

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn an_admin_and_an_auditor_open_them_together(#[case] db: Db) {
    let mut house = House::on(db).await;
    let access = house.asked(&house.adam).await;
    let at = format!("{ACCESSES}/{access}");
    // Nobody reads anything yet, and Ann's name is in no list of hers.
    for client in [&house.adam, &house.audrey, &house.ann] {
        assert!([404, 409].contains(&opened(client, &access).await.status));
    }
    assert_eq!(house.ann.get(&at).await.status, 404);
    let part = async |client: &Client| client.get(ACCESSES).await.body["items"][0]["part"].clone();
    assert_eq!((part(&house.adam).await, part(&house.audrey).await), (json!("asked"), json!("may_answer")));
    assert_eq!(part(&house.ann).await, json!(null));

    let agreed = act(&house.audrey, &access, "agree").await;
    assert_eq!((agreed.status, &agreed.body["state"]), (200, &json!("open")), "{}", agreed.text);
    let told = house.ann.get("/api/v1/messages").await;
    let text = told.body["items"][0]["text"].as_str().unwrap();
    for word in ["adam", "audrey", "2026-11-24", "2026-12-01", REASON] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert_eq!(part(&house.ann).await, json!("concerned"));
    // Ann signs in once more: what is opened is what was there when they agreed.
    house.again("ann").await;
    for client in [&house.adam, &house.audrey, &house.adam] {
        let read = opened(client, &access).await;
        assert_eq!(whats(&read), ["role_given", "signed_in", "signed_in"]);
        assert!(!read.text.contains("person_id"), "whose they are stands on the request: {}", read.text);
    }
    assert_eq!(opened(&house.ann, &access).await.status, 404, "she reads her own at another place");
    assert_eq!(house.adam.get(&format!("{at}/name")).await.status, 404, "it opened records and no name");
    let seen = house.ann.get(&at).await.body;
    assert_eq!((&seen["asked_by"], &seen["agreed_by"]), (&json!("adam"), &json!("audrey")));
    assert!(seen["asker_read_at"].is_string() && seen["other_read_at"].is_string(), "{seen}");

    house.pass_days(1).await;
    for client in [&house.adam, &house.audrey] {
        assert_eq!(opened(client, &access).await.problem(), "not-now", "a day is over");
    }
    let say = |steps: &[(&str, &str)]| steps.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
    let wanted = [("asked", "admin"), ("agreed", "auditor"), ("read", "admin"), ("read", "auditor"), ("ended", "system")];
    assert_eq!(house.steps().await, say(&wanted));
    let log = house.audrey.get("/api/v1/evidence/entries?type=security_access_changed&limit=1000").await.text;
    assert!(log.contains(REASON) && log.contains("2026-11-24"));
    for hidden in [&access, &house.ann.id.to_string(), &house.adam.id.to_string()] {
        assert!(!log.contains(hidden.as_str()), "{hidden} is in the log");
    }
    assert_eq!(checking::check(&house.server.app).await.unwrap().faults, Vec::<String>::new());

    // The request is forgotten when the records would be; that it was stays in the log.
    house.pass_days(91).await;
    assert_eq!(house.ann.get(&at).await.status, 404);
    assert_eq!(house.steps().await, say(&wanted));
    house.server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn nobody_does_it_alone_or_for_no_reason(#[case] db: Db) {
    let house = House::on(db).await;
    let with = |more: Value| {
        let mut wish = house.of_ann();
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wish
    };
    // (what is other than in a good request, the field that is to blame)
    let cases = [
        (json!({"reason": "Suspicion."}), "reason"),
        (json!({"reason": "Is Ann at her desk before nine every day?"}), "reason"),
        (json!({"reason": "Somebody used ann@example.com for that at night."}), "reason"),
        (json!({"first_on": "2026-09-01"}), "first_on"),
        (json!({"last_on": "2026-12-02"}), "last_on"),
        (json!({"last_on": "2026-11-23"}), "last_on"),
        (json!({"person_id": house.adam.id}), "person_id"),
        (json!({"person_id": uuid::Uuid::new_v4()}), "person_id"),
    ];
    for (more, field) in cases {
        let answer = house.adam.post(ACCESSES, &with(more.clone())).await;
        assert_eq!((answer.status, answer.field()), (422, field), "{more}: {}", answer.text);
    }
    let (mia, pat) = (house.newcomer("mia", Role::Manager).await, house.newcomer("pat", Role::Partner).await);
    for client in [&house.ann, &mia, &pat] {
        assert_eq!(client.post(ACCESSES, &house.of_ann()).await.problem(), "forbidden");
    }
    // A second admin, and an auditor whom Adam made a moment ago.
    let (eve, otto) = (house.newcomer("eve", Role::Admin).await, house.newcomer("otto", Role::Auditor).await);
    assert_eq!(otto.post(ACCESSES, &house.of_ann()).await.problem(), "not-now", "since today");
    let access = house.asked(&house.adam).await;
    assert_eq!(house.audrey.post(ACCESSES, &house.of_ann()).await.problem(), "not-now", "there is one about the same");
    for (client, problem) in
        [(&house.adam, "forbidden"), (&eve, "forbidden"), (&mia, "forbidden"), (&house.ann, "forbidden"), (&otto, "not-now")]
    {
        assert_eq!(act(client, &access, "agree").await.problem(), problem);
    }
    assert_eq!(act(&mia, &access, "withdraw").await.status, 404, "a stranger hears nothing of it");
    // Whose password was set by an admin is not trusted for a week either.
    let set = eve.put(&format!("/api/v1/persons/{}/password", house.audrey.id), &json!({"password": PASSWORD})).await;
    assert_eq!(set.status, 204, "{}", set.text);
    let audrey = house.again("audrey").await;
    assert_eq!(act(&audrey, &access, "agree").await.problem(), "not-now");
    assert_eq!(audrey.get(&format!("{ACCESSES}/{access}")).await.body["state"], "asked");
    house.server.stop().await;
}

#[tokio::test]
async fn an_auditor_whose_own_records_are_asked_for_does_not_answer() {
    let house = House::on(Db::Sqlite).await;
    let mut wish = house.of_ann();
    wish["person_id"] = json!(house.audrey.id);
    let answer = house.adam.post(ACCESSES, &wish).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(act(&house.audrey, &answer.id().to_string(), "agree").await.problem(), "forbidden");
    house.server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn either_takes_it_back_and_what_nobody_answers_ends(#[case] db: Db) {
    let mut house = House::on(db).await;
    let declined = house.asked(&house.adam).await;
    assert_eq!(act(&house.audrey, &declined, "withdraw").await.status, 204);
    assert_eq!(act(&house.audrey, &declined, "agree").await.problem(), "not-now");
    assert_eq!(house.ann.get("/api/v1/messages").await.body["items"], json!([]), "nothing was opened");

    let closed = house.asked(&house.audrey).await;
    assert_eq!(act(&house.adam, &closed, "agree").await.status, 200, "an auditor asks, an admin agrees");
    assert_eq!(whats(&opened(&house.audrey, &closed).await).len(), 3);
    assert_eq!(act(&house.ann, &closed, "withdraw").await.problem(), "forbidden", "she is told, and does not decide");
    assert_eq!(act(&house.adam, &closed, "withdraw").await.status, 204);
    assert_eq!(opened(&house.audrey, &closed).await.problem(), "not-now");

    let waits = house.asked(&house.adam).await;
    house.pass_days(7).await;
    assert_eq!(act(&house.audrey, &waits, "agree").await.problem(), "not-now", "nobody answered for a week");
    let whats: Vec<String> = house.steps().await.into_iter().map(|(what, _)| what).collect();
    assert_eq!(whats, ["asked", "withdrawn", "asked", "agreed", "read", "withdrawn", "asked", "ended"]);

    // Who is no auditor any more does not read what they opened as one.
    let mut wish = house.of_ann();
    wish["last_on"] = json!("2026-12-02");
    let access = house.adam.post(ACCESSES, &wish).await.id().to_string();
    assert_eq!(act(&house.audrey, &access, "agree").await.status, 200);
    let left = house.adam.change(&format!("/api/v1/persons/{}", house.audrey.id), &json!({"role": "rep"})).await;
    assert_eq!(left.status, 200, "{}", left.text);
    for client in [&house.adam, &house.audrey] {
        assert_eq!(opened(client, &access).await.problem(), "not-now", "an admin without an auditor neither");
    }
    house.server.stop().await;
}
