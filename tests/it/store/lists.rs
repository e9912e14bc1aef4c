//! Lists page by page: every row once, in order, whatever ties, and only what the scope may see.

use pact_store::entity::{card, pack, request};
use pact_store::list::{self, Listed, SortBy};
use pact_store::record::new_revision;
use pact_store::{Ask, Scope, Sort, StoreError};
use rstest::rstest;
use uuid::Uuid;

use super::{Fresh, On, customer, lead, person, push, team};

async fn all<M: Listed>(fresh: &Fresh, scope: &Scope, filter: &M::Filter, sort: Sort<M::By>, limit: u64) -> Vec<M> {
    let mut ask = Ask { cursor: None, limit };
    let mut rows = Vec::new();
    loop {
        let page = list::list::<M>(fresh.store.read(), scope, filter, sort, &ask).await.unwrap();
        assert!(page.items.len() as u64 <= limit);
        rows.extend(page.items);
        let Some(next) = page.next else { return rows };
        ask.cursor = Some(next);
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn pages_show_every_row_once_in_order(#[case] on: On) {
    let fresh = on.fresh().await;
    let company = customer("Globex", 0);
    let leads: Vec<lead::Model> = (0..57)
        .map(|n| lead::Model {
            value_minor: (n % 4 != 0).then_some(n % 3),
            expected_on: (n % 5 != 0).then(|| format!("2026-0{}-01", n % 2 + 1)),
            ..lead(company.id, &format!("lead {}", n % 7), n / 10)
        })
        .collect();
    fresh.add(vec![company]).await;
    fresh.add(leads.clone()).await;
    for by in pact_store::lead::By::ALL {
        for descending in [false, true] {
            let sort = Sort { by: *by, descending };
            let rows: Vec<lead::Model> = all(&fresh, &Scope::System, &pact_store::lead::Filter::default(), sort, 5).await;
            let mut expected = leads.clone();
            expected.sort_by(|a, b| order(*by, a, b, descending));
            let ids = |rows: &[lead::Model]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
            assert_eq!(ids(&rows), ids(&expected), "{by:?} {descending}");
        }
    }
}

/// The order that the lists promise: by value, rows without one last, ties by id.
fn order(by: pact_store::lead::By, a: &lead::Model, b: &lead::Model, descending: bool) -> std::cmp::Ordering {
    use pact_store::lead::By;
    let key = |row: &lead::Model| -> Option<(i64, String)> {
        match by {
            By::CreatedAt => Some((row.created_at, String::new())),
            By::Title => Some((0, row.title.clone())),
            By::ValueMinor => row.value_minor.map(|value| (value, String::new())),
            By::ExpectedOn => row.expected_on.clone().map(|day| (0, day)),
            By::ClosedAt => row.closed_at.map(|at| (at, String::new())),
        }
    };
    let turn = |ordering: std::cmp::Ordering| if descending { ordering.reverse() } else { ordering };
    let (left, right) = (key(a), key(b));
    left.is_none().cmp(&right.is_none()).then(turn(left.cmp(&right))).then(turn(a.id.as_bytes().cmp(b.id.as_bytes())))
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn a_cursor_survives_changes_and_belongs_to_its_order(#[case] on: On) {
    let fresh = on.fresh().await;
    fresh.add((0..6).map(|n| customer(&format!("c{n}"), n)).collect()).await;
    let filter = pact_store::customer::Filter::default();
    let by_name = Sort { by: pact_store::customer::By::Name, descending: false };
    let read = |cursor: Option<String>, sort| {
        let (fresh, filter) = (&fresh, &filter);
        async move { list::list::<customer::Model>(fresh.store.read(), &Scope::System, filter, sort, &Ask { cursor, limit: 3 }).await }
    };
    let first = read(None, by_name).await.unwrap();
    fresh.add(vec![customer("c00 before", 9), customer("c3 after", 9)]).await;
    let second = read(first.next.clone(), by_name).await.unwrap();
    let names: Vec<&str> = second.items.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["c3", "c3 after", "c4"], "what came before the cursor is not repeated, what comes after is shown");

    let other = Sort { descending: true, ..by_name };
    for cursor in [first.next.unwrap(), "nonsense".into(), String::new(), "eyJhIjoxfQ".into()] {
        assert!(matches!(read(Some(cursor), other).await, Err(StoreError::BadCursor)));
    }
    let huge = Ask { cursor: None, limit: u64::MAX };
    assert_eq!(
        list::list::<customer::Model>(fresh.store.read(), &Scope::System, &filter, by_name, &huge).await.unwrap().items.len(),
        8
    );
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn a_partner_sees_what_is_asked_of_them_and_nothing_else(#[case] on: On) {
    let fresh = on.fresh().await;
    let (ann, outside) = (person("Ann"), person("Outside"));
    let companies = [customer("asked about", 0), customer("pushed", 1), customer("owned", 2), customer("none of theirs", 3)];
    let [asked, pushed, owned, other] = companies.each_ref().map(|company| company.id);
    let leads = vec![
        lead::Model { state: "offered".into(), ..lead(pushed, "offered to them", 0) },
        lead::Model { state: "owned".into(), owner_id: Some(outside.id), ..lead(owned, "theirs", 1) },
        lead::Model { state: "owned".into(), owner_id: Some(ann.id), ..lead(other, "declined by them", 2) },
    ];
    let pushes = vec![push(leads[0].id, outside.id, 0, "waiting"), push(leads[2].id, outside.id, 0, "declined")];
    let request = |to: Uuid, from: Uuid, customer: Uuid| request::Model {
        id: Uuid::new_v4(),
        revision: new_revision(),
        customer_id: customer,
        lead_id: None,
        from_id: Some(from),
        to_id: to,
        text: "Can you deliver?".into(),
        due_on: None,
        asked_at: 0,
        answer: None,
        answered_at: None,
    };
    let requests = vec![request(outside.id, ann.id, asked), request(ann.id, ann.id, other)];
    let card = |author: Uuid, customer: Uuid| card::Model {
        id: Uuid::new_v4(),
        revision: new_revision(),
        customer_id: customer,
        lead_id: None,
        kind: "wish".into(),
        about: None,
        theme: None,
        text: "Quieter fans".into(),
        said_by_id: None,
        said_on: "2026-11-01".into(),
        author_id: Some(author),
        by_plugin: None,
        written_at: 0,
    };
    let cards = vec![card(ann.id, asked), card(outside.id, asked)];
    let scope = Scope::Partner(outside.id);
    let staff = Scope::Staff(ann.id);
    fresh.add(vec![ann, outside]).await;
    fresh.add(companies.to_vec()).await;
    fresh.add(leads).await;
    fresh.add(pushes).await;
    fresh.add(requests).await;
    fresh.add(cards).await;

    let customers: Vec<customer::Model> = all(&fresh, &scope, &Default::default(), Sort::default(), 10).await;
    assert_eq!(customers.iter().map(|row| row.id).collect::<Vec<_>>(), [asked, owned, pushed], "by name");
    let leads: Vec<lead::Model> = all(&fresh, &scope, &Default::default(), Sort::default(), 10).await;
    assert_eq!(leads.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["offered to them", "theirs"]);
    let requests: Vec<request::Model> = all(&fresh, &scope, &Default::default(), Sort::default(), 10).await;
    assert_eq!(requests.len(), 1);
    let cards: Vec<card::Model> = all(&fresh, &scope, &Default::default(), Sort::default(), 10).await;
    assert_eq!(cards.len(), 1);
    assert!(list::find_in::<customer::Model>(fresh.store.read(), &scope, other).await.unwrap().is_none());
    assert!(list::find_in::<customer::Model>(fresh.store.read(), &staff, other).await.unwrap().is_some());

    let mine = pact_store::card::Filter { mine: true, ..Default::default() };
    assert_eq!(all::<card::Model>(&fresh, &staff, &mine, Sort::default(), 10).await.len(), 1);
    assert_eq!(all::<card::Model>(&fresh, &Scope::System, &mine, Sort::default(), 10).await.len(), 0, "the server wrote nothing");
    let offered = pact_store::lead::Filter { offered_to_me: true, ..Default::default() };
    assert_eq!(all::<lead::Model>(&fresh, &scope, &offered, Sort::default(), 10).await.len(), 1);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn filters_find_what_they_name(#[case] on: On) {
    let fresh = on.fresh().await;
    let north = team("north");
    let ann = pact_store::entity::person::Model { team_id: Some(north.id), ..person("Ann") };
    let company = customer("Globex", 0);
    let leads = vec![
        lead::Model { state: "owned".into(), owner_id: Some(ann.id), ..lead(company.id, "a", 1) },
        lead::Model { highlighted: true, ..lead(company.id, "b", 2) },
        lead::Model { merged_into_id: None, source: "fair".into(), ..lead(company.id, "c", 3) },
    ];
    let merged = lead::Model { merged_into_id: Some(leads[0].id), ..lead(company.id, "d", 4) };
    let packs: Vec<pack::Model> = [("one", &["fans \"x\""][..], &[][..]), ("two", &["fans"][..], &["dairy"][..])]
        .into_iter()
        .map(|(title, themes, segments)| pack::Model {
            id: Uuid::new_v4(),
            revision: new_revision(),
            title: title.into(),
            product: None,
            summary: None,
            documents: serde_json::json!([]).into(),
            themes: themes.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().into(),
            segments: segments.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().into(),
            created_at: 0,
        })
        .collect();
    let (team_id, ann_id, company_id) = (north.id, ann.id, company.id);
    fresh.add(vec![north]).await;
    fresh.add(vec![ann]).await;
    fresh.add(vec![company]).await;
    fresh.add(leads).await;
    fresh.add(vec![merged]).await;
    fresh.add(packs).await;

    type F = pact_store::lead::Filter;
    let cases: Vec<(F, &str)> = vec![
        (F::default(), "abc"),
        (F { merged: true, ..F::default() }, "abcd"),
        (F { states: vec!["waiting".into(), "won".into()], ..F::default() }, "bc"),
        (F { owner: Some(ann_id), ..F::default() }, "a"),
        (F { team: Some(team_id), ..F::default() }, "a"),
        (F { highlighted: Some(true), ..F::default() }, "b"),
        (F { highlighted: Some(false), ..F::default() }, "ac"),
        (F { source: Some("fair".into()), customer: Some(company_id), ..F::default() }, "c"),
        (F { created_since: Some(2), created_before: Some(3), ..F::default() }, "b"),
        (F { quiet_since: Some(1), ..F::default() }, "a"),
        (F { ids: Some(vec![]), ..F::default() }, ""),
        (F { territories: vec![Uuid::new_v4()], ..F::default() }, ""),
    ];
    for (filter, expected) in cases {
        let rows: Vec<lead::Model> = all(&fresh, &Scope::System, &filter, Sort::default(), 2).await;
        assert_eq!(rows.iter().map(|row| row.title.as_str()).collect::<String>(), expected, "{filter:?}");
    }
    type P = pact_store::pack::Filter;
    let packs = [
        (P { theme: Some("fans".into()), ..P::default() }, vec!["two"]),
        (P { theme: Some("fans \"x\"".into()), ..P::default() }, vec!["one"]),
        (P { segment: Some("dairy".into()), ..P::default() }, vec!["one", "two"]),
        (P { segment: Some("hotel".into()), ..P::default() }, vec!["one"]),
    ];
    for (filter, expected) in packs {
        let sort = Sort { by: pact_store::pack::By::Title, descending: false };
        let rows: Vec<pack::Model> = all(&fresh, &Scope::System, &filter, sort, 2).await;
        assert_eq!(rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}
