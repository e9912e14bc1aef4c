//! People, teams, territories, absences, holidays and the organisation over HTTP: who may do what, and what is refused.

use pact_core::role::Role;
use pact_core::time::Instant;
use pact_tests::server::{Client, Db, Reply, TestServer};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

const PERSONS: &str = "/api/v1/persons";
const TEAMS: &str = "/api/v1/teams";
const TERRITORIES: &str = "/api/v1/territories";
const ABSENCES: &str = "/api/v1/absences";
const HOLIDAYS: &str = "/api/v1/holidays";
const ORGANISATION: &str = "/api/v1/organisation";

async fn version(server: &TestServer) -> i64 {
    pact_store::organisation::version(server.app.store.read()).await.unwrap()
}

/// Sends one request with whatever it needs; a body of null is none.
async fn call(who: &Client, method: &str, path: &str, body: &Value) -> Reply {
    let mut request = who.request(method, path);
    if method != "POST" && method != "GET" {
        request = request.header("if-match", "\"nothing\"");
    }
    if !body.is_null() {
        request = request.json(body);
    }
    who.send(request).await
}

#[rstest]
#[tokio::test]
async fn each_role_may_do_its_part(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let roles = [Role::Rep, Role::Manager, Role::Admin, Role::Auditor, Role::Partner];
    let mut people = Vec::new();
    for role in roles {
        people.push((Some(role), server.person(role.as_str(), role).await));
    }
    people.push((None, server.nobody()));
    let admin = people[2].1.clone();
    let some = |path: &str| format!("{path}/{}", Uuid::new_v4());
    let person = format!("{PERSONS}/{}", admin.id);
    let none = Value::Null;
    // What each operation answers to whoever may: it gets as far as the record or the body.
    let inside = [Role::Rep, Role::Manager, Role::Admin, Role::Auditor];
    let admins = [Role::Admin];
    let cases: Vec<(&str, String, Value, &[Role], u16)> = vec![
        ("GET", TEAMS.into(), none.clone(), &inside, 200),
        ("GET", some(TEAMS), none.clone(), &inside, 404),
        ("POST", TEAMS.into(), json!({"name": ""}), &admins, 422),
        ("PATCH", some(TEAMS), json!({}), &admins, 404),
        ("DELETE", some(TEAMS), none.clone(), &admins, 404),
        ("GET", TERRITORIES.into(), none.clone(), &inside, 200),
        ("GET", some(TERRITORIES), none.clone(), &inside, 404),
        ("POST", TERRITORIES.into(), json!({"name": ""}), &admins, 422),
        ("PATCH", some(TERRITORIES), json!({}), &admins, 404),
        ("DELETE", some(TERRITORIES), none.clone(), &admins, 404),
        ("GET", PERSONS.into(), none.clone(), &inside, 200),
        ("GET", some(PERSONS), none.clone(), &inside, 404),
        ("POST", PERSONS.into(), json!({"name": "", "email": "a@example.com", "role": "rep"}), &admins, 422),
        ("PATCH", person.clone(), json!({"role": "rep"}), &admins, 412),
        ("GET", HOLIDAYS.into(), none.clone(), &inside, 200),
        ("GET", some(HOLIDAYS), none.clone(), &inside, 404),
        ("POST", HOLIDAYS.into(), json!({"name": "", "country": "NL", "on_day": "2027-04-27"}), &admins, 422),
        ("PATCH", some(HOLIDAYS), json!({}), &admins, 404),
        ("DELETE", some(HOLIDAYS), none.clone(), &admins, 404),
        ("GET", ABSENCES.into(), none.clone(), &inside, 200),
        ("GET", some(ABSENCES), none.clone(), &inside, 404),
        ("PATCH", some(ABSENCES), json!({}), &inside, 404),
        ("DELETE", some(ABSENCES), none.clone(), &inside, 404),
        ("GET", ORGANISATION.into(), none.clone(), &inside, 200),
        ("PATCH", ORGANISATION.into(), json!({}), &admins, 412),
    ];
    for (method, path, body, may, wanted) in cases {
        for (role, who) in &people {
            let reply = call(who, method, &path, &body).await;
            let expected = match role {
                Some(role) if may.contains(role) => (wanted, ""),
                Some(_) => (403, "forbidden"),
                None => (401, "unauthenticated"),
            };
            let problem = if expected.1.is_empty() { "" } else { reply.problem() };
            assert_eq!((reply.status, problem), expected, "{role:?} {method} {path}: {}", reply.text);
        }
    }
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn every_change_makes_every_node_load_the_organisation_again(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let mut last = version(&server).await;
    let mut moved = async |reply: Reply, what: &str| {
        assert!(reply.status < 300, "{what}: {} {}", reply.status, reply.text);
        let now = version(&server).await;
        assert!(now > last, "{what} counts the version up");
        last = now;
        reply
    };
    let person = json!({"name": "Ann", "email": "ann@example.com", "role": "rep"});
    for (path, body, change) in [
        (TEAMS, json!({"name": "Benelux"}), json!({"region": "EU"})),
        (TERRITORIES, json!({"name": "North"}), json!({"priority": 3})),
        (HOLIDAYS, json!({"country": "NL", "on_day": "2027-04-27", "name": "King's Day"}), json!({"on_day": "2027-04-26"})),
        (
            ABSENCES,
            json!({"person_id": admin.id, "from_on": "2026-12-21", "until_on": "2026-12-31", "kind": "holiday"}),
            json!({"until_on": "2027-01-01"}),
        ),
        (PERSONS, person, json!({"capacity": 10})),
    ] {
        let made = moved(admin.post(path, &body).await, path).await;
        let record = made.header("location");
        assert_eq!(record, format!("{path}/{}", made.id()));
        let read = admin.get(&record).await;
        assert_eq!((read.status, &read.body, read.header("etag")), (200, &made.body, made.header("etag")), "{path}");
        let changed = moved(admin.patch(&record, &made.header("etag"), &change).await, path).await;
        assert_ne!(changed.header("etag"), made.header("etag"), "{path}");
        assert_eq!(admin.patch(&record, &made.header("etag"), &change).await.problem(), "stale", "{path}");
        if path != PERSONS {
            assert_eq!(admin.delete(&record, &made.header("etag")).await.problem(), "stale", "{path}");
            moved(admin.delete(&record, &changed.header("etag")).await, path).await;
            assert_eq!(admin.get(&record).await.problem(), "not-found", "{path}");
        }
    }
    moved(admin.change(ORGANISATION, &json!({"time_zone": "Europe/Paris"})).await, ORGANISATION).await;
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_taken_names_its_field(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let stranger = Uuid::new_v4();
    let person = |more: Value| {
        let mut body = json!({"name": "Ann", "email": "ann@example.com", "role": "rep"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let away = |more: Value| {
        let mut body = json!({"person_id": admin.id, "from_on": "2026-12-21", "until_on": "2026-12-31", "kind": "holiday"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let many: Vec<String> = (0..51).map(|number| format!("skill {number}")).collect();
    let range = |from: &str, to: &str, country: &str| json!({"name": "A", "rules": [{"postcodes": [{"country": country, "from": from, "to": to}]}]});
    // (where, body, field): each answers 422.
    let cases = [
        (TEAMS, json!({"name": "x".repeat(201)}), "name"),
        (TEAMS, json!({"name": "two\nlines"}), "name"),
        (TEAMS, json!({"name": "A", "region": "x".repeat(81)}), "region"),
        (TEAMS, json!({"name": "A", "manager_id": stranger}), "manager_id"),
        (TEAMS, json!({"name": "A", "working_hours": [{"day": 8, "from": "09:00", "to": "17:00"}]}), "working_hours"),
        (PERSONS, person(json!({"email": "ann"})), "email"),
        (PERSONS, person(json!({"email": "ann@@example.com"})), "email"),
        (PERSONS, person(json!({"email": "a b@example.com"})), "email"),
        (PERSONS, person(json!({"role": "boss"})), "role"),
        (PERSONS, person(json!({"team_id": stranger})), "team_id"),
        (PERSONS, person(json!({"territory_id": stranger})), "territory_id"),
        (PERSONS, person(json!({"manager_id": stranger})), "manager_id"),
        (PERSONS, person(json!({"time_zone": "Mars/Olympus"})), "time_zone"),
        (PERSONS, person(json!({"country": "Holland"})), "country"),
        (PERSONS, person(json!({"capacity": -1})), "capacity"),
        (PERSONS, person(json!({"skills": many})), "skills"),
        (PERSONS, person(json!({"languages": [""]})), "languages"),
        (PERSONS, person(json!({"password": "short"})), "password"),
        (PERSONS, person(json!({"working_hours": [{"day": 8, "from": "09:00", "to": "17:00"}]})), "working_hours"),
        (PERSONS, person(json!({"working_hours": [{"day": 1, "from": "17:00", "to": "09:00"}]})), "working_hours"),
        (PERSONS, person(json!({"working_hours": [{"day": 1, "from": "9", "to": "17:00"}]})), "working_hours"),
        (TERRITORIES, json!({"name": "A", "parent_id": stranger}), "parent_id"),
        (TERRITORIES, json!({"name": "A", "rules": [{}]}), "rules"),
        (TERRITORIES, json!({"name": "A", "rules": [{"countries": ["Holland"]}]}), "rules"),
        (TERRITORIES, range("1999", "1000", "NL"), "rules"),
        (TERRITORIES, range("1000", "1999", "Holland"), "rules"),
        (TERRITORIES, range("", "1999", "NL"), "rules[0].postcodes"),
        (TERRITORIES, json!({"name": "A", "priority": 3_000_000_000_i64}), "priority"),
        (ABSENCES, away(json!({"until_on": "2026-12-20"})), "until_on"),
        (ABSENCES, away(json!({"until_on": "2029-12-20"})), "until_on"),
        (ABSENCES, away(json!({"until_on": "2026-02-30"})), "until_on"),
        (ABSENCES, away(json!({"kind": "tired"})), "kind"),
        (ABSENCES, away(json!({"person_id": stranger})), "person_id"),
        (ABSENCES, away(json!({"stand_in_id": stranger})), "stand_in_id"),
        (ABSENCES, away(json!({"stand_in_id": admin.id})), "stand_in_id"),
        (HOLIDAYS, json!({"country": "NL", "on_day": "27 April", "name": "King's Day"}), "on_day"),
        (HOLIDAYS, json!({"country": "Holland", "on_day": "2027-04-27", "name": "King's Day"}), "country"),
    ];
    for (path, body, field) in cases {
        let reply = admin.post(path, &body).await;
        assert_eq!((reply.status, reply.field()), (422, field), "{path} {body}: {}", reply.text);
    }
    let listed = admin.get(TERRITORIES).await;
    assert_eq!(listed.body["items"], json!([]), "nothing was left behind");
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn what_must_be_unique_is_made_once(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    for (path, body, field) in [
        (TEAMS, json!({"name": "Benelux"}), "name"),
        (TERRITORIES, json!({"name": "North"}), "name"),
        (HOLIDAYS, json!({"country": "nl", "on_day": "2027-04-27", "name": "King's Day"}), "on_day"),
        (HOLIDAYS, json!({"country": "DE", "region": "BY", "on_day": "2027-01-06", "name": "Epiphany"}), "on_day"),
        (PERSONS, json!({"name": "Ann", "email": "Ann@Example.com", "role": "rep"}), "email"),
    ] {
        assert_eq!(admin.post(path, &body).await.status, 201, "{path}");
        let again = admin.post(path, &body).await;
        assert_eq!((again.status, again.problem(), again.field()), (409, "duplicate", field), "{path}: {}", again.text);
    }
    let other = admin.post(TEAMS, &json!({"name": "France"})).await;
    let renamed = admin.patch(&other.header("location"), &other.header("etag"), &json!({"name": "Benelux"})).await;
    assert_eq!(renamed.problem(), "duplicate");
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn territories_stay_a_tree(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let europe = admin.post(TERRITORIES, &json!({"name": "Europe", "rules": [{"countries": ["nl", "be"]}]})).await;
    let north = admin.post(TERRITORIES, &json!({"name": "North", "parent_id": europe.id(), "priority": 2})).await;
    let into_itself = admin.change(&europe.header("location"), &json!({"parent_id": north.id()})).await;
    assert_eq!((into_itself.status, into_itself.field()), (422, "parent_id"), "{}", into_itself.text);
    let held = admin.delete(&europe.header("location"), &europe.header("etag")).await;
    assert_eq!((held.status, held.problem()), (409, "not-now"));
    assert!(held.text.contains("North"), "{}", held.text);
    let inside = admin.get(&format!("{TERRITORIES}?parent_id={}&fields=name", europe.id())).await;
    assert_eq!(inside.body["items"], json!([{"name": "North"}]));
    assert_eq!(admin.change(&north.header("location"), &json!({"parent_id": null})).await.body["parent_id"], Value::Null);
    assert_eq!(admin.delete(&europe.header("location"), &europe.header("etag")).await.status, 204);
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn a_team_has_hours_for_those_who_have_none_of_their_own(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let night = json!([{"day": 1, "from": "18:00", "to": "24:00"}]);
    let team = admin.post(TEAMS, &json!({"name": "Night desk", "working_hours": night})).await;
    assert_eq!((team.status, &team.body["working_hours"]), (201, &night), "{}", team.text);
    let (ann, bo) = (server.person("ann", Role::Rep).await, server.person("bo", Role::Rep).await);
    for (person, own) in [(&ann, Value::Null), (&bo, json!([{"day": 2, "from": "09:00", "to": "12:00"}]))] {
        let joined = json!({"team_id": team.body["id"], "working_hours": own, "time_zone": "Europe/Amsterdam"});
        assert_eq!(admin.change(&format!("{PERSONS}/{}", person.id), &joined).await.status, 200);
    }
    // Monday 5 January 2026, 19:00 and Tuesday, 10:00, in Amsterdam.
    let (monday_evening, tuesday_morning) = (1_767_636_000_000, 1_767_690_000_000);
    let on_duty = async |at: i64| {
        let snapshot = server.app.organisation();
        [ann.id, bo.id].map(|id| snapshot.people[&id].calendar.is_on_duty(Instant::from_millis(at)))
    };
    assert_eq!(on_duty(monday_evening).await, [true, false]);
    assert_eq!(on_duty(tuesday_morning).await, [false, true]);
    let path = team.header("location");
    assert_eq!(admin.change(&path, &json!({"working_hours": null})).await.body["working_hours"], Value::Null);
    assert_eq!(on_duty(tuesday_morning).await, [true, true], "the usual hours again");
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn people_change_what_is_their_own_and_see_what_they_need(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let (ann, bo) = (server.person("ann", Role::Rep).await, server.person("bo", Role::Rep).await);
    let mia = server.person("mia", Role::Manager).await;
    let path = format!("{PERSONS}/{}", ann.id);
    let hours = json!([{"day": 1, "from": "10:00", "to": "14:00"}]);
    let set = json!({"manager_id": mia.id, "capacity": 12, "working_hours": hours, "skills": ["heat-pump", "heat-pump"]});
    let changed = admin.change(&path, &set).await;
    assert_eq!((changed.status, &changed.body["skills"]), (200, &json!(["heat-pump"])), "{}", changed.text);

    let own = ann.change(&path, &json!({"languages": ["nl", "fr"], "time_zone": "Europe/Brussels"})).await;
    assert_eq!((own.status, &own.body["time_zone"]), (200, &json!("Europe/Brussels")), "{}", own.text);
    for (who, change) in [
        (&ann, json!({"skills": ["selling"]})),
        (&ann, json!({"capacity": 1})),
        (&ann, json!({"role": "admin"})),
        (&bo, json!({"languages": ["nl"]})),
        (&mia, json!({"languages": ["nl"]})),
    ] {
        assert_eq!(who.change(&path, &change).await.problem(), "forbidden", "{change}");
    }
    for (who, close) in [(&ann, true), (&mia, true), (&admin, true), (&bo, false)] {
        let seen = who.get(&path).await.body;
        assert_eq!(seen["languages"], json!(["nl", "fr"]));
        let wanted = if close { [json!(12), hours.clone()] } else { [Value::Null, Value::Null] };
        assert_eq!([&seen["capacity"], &seen["working_hours"]], [&wanted[0], &wanted[1]]);
    }
    let listed = bo.get(&format!("{PERSONS}?role=rep&fields=name,capacity")).await;
    assert_eq!(listed.body["items"], json!([{"name": "ann", "capacity": null}, {"name": "bo", "capacity": null}]));
    // Policy: the directory carries no trace and sorts by none.
    let keys: Vec<String> = bo.get(&path).await.body.as_object().unwrap().keys().cloned().collect();
    for trace in ["created_at", "updated_at", "last_sign_in", "last_seen", "cards", "activity"] {
        assert!(!keys.iter().any(|key| key.contains(trace)), "{keys:?}");
    }
    for sort in ["created_at", "-last_sign_in", "cards"] {
        assert_eq!(bo.get(&format!("{PERSONS}?sort={sort}")).await.problem(), "invalid-parameter", "{sort}");
    }
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn the_last_admin_stays(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let path = format!("{PERSONS}/{}", admin.id);
    for change in [json!({"active": false}), json!({"role": "manager"})] {
        let reply = admin.change(&path, &change).await;
        assert_eq!((reply.status, reply.problem()), (409, "not-now"), "{change}");
    }
    server.person("boss", Role::Admin).await;
    assert_eq!(admin.change(&path, &json!({"role": "manager"})).await.status, 200);
    assert_eq!(admin.post(TEAMS, &json!({"name": "A"})).await.problem(), "forbidden", "at once");
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn an_absence_is_announced_by_the_person_their_manager_or_an_admin(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let (ann, bo) = (server.person("ann", Role::Rep).await, server.person("bo", Role::Rep).await);
    let mia = server.person("mia", Role::Manager).await;
    assert_eq!(admin.change(&format!("{PERSONS}/{}", ann.id), &json!({"manager_id": mia.id})).await.status, 200);
    let away =
        json!({"person_id": ann.id, "from_on": "2026-12-01", "until_on": "2026-12-02", "kind": "sick", "stand_in_id": bo.id});
    for (who, status) in [(&ann, 201), (&mia, 201), (&admin, 201), (&bo, 403)] {
        assert_eq!(who.post(ABSENCES, &away).await.status, status);
    }
    let first = ann.post(ABSENCES, &away).await;
    let path = first.header("location");
    for (who, kind) in [(&ann, json!("sick")), (&mia, json!("sick")), (&admin, json!("sick")), (&bo, Value::Null)] {
        assert_eq!(who.get(&path).await.body["kind"], kind);
        let listed = who.get(&format!("{ABSENCES}?person_id={}&limit=1", ann.id)).await;
        assert_eq!(listed.body["items"][0]["kind"], kind);
    }
    assert_eq!(bo.change(&path, &json!({"kind": "other"})).await.problem(), "forbidden");
    assert_eq!(bo.delete(&path, &first.header("etag")).await.problem(), "forbidden");
    assert_eq!(mia.change(&path, &json!({"until_on": "2026-12-05"})).await.body["until_on"], "2026-12-05");
    let days = async |query: &str| {
        ann.get(&format!("{ABSENCES}?{query}&fields=until_on")).await.body["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(days("from_on=2026-12-03").await, 1, "those that end then or later");
    assert_eq!(days("until_on=2026-11-30").await, 0, "those that begin then or earlier");
    let key = ann.post("/api/v1/api-keys", &json!({"name": "a", "scopes": ["organisation_read"]})).await;
    let key = server.with_token(key.body["key"].as_str().unwrap());
    assert_eq!((key.get(ABSENCES).await.status, key.post(ABSENCES, &away).await.status), (200, 403));
    server.stop().await;
}
