//! What operations ask: claims, due pushes, matching, merging, rotations, fields, the organisation, imports.

use std::collections::HashSet;

use pact_store::entity::{absence, custom_field, holiday, import, import_row_refused, lead_event, outbox, rotation};
use pact_store::outbox as outbox_of;
use pact_store::record::{self, new_revision};
use pact_store::{Notice, StoreError, field};
use rstest::rstest;
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use super::{On, contact, customer, event, lead, organisation, person, push};

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn an_event_is_claimed_by_one_and_handled_by_whoever_holds_the_fence(#[case] on: On) {
    let fresh = on.fresh().await;
    let events: Vec<_> = (0..20).map(|n| event(i64::from(n < 15), n)).collect();
    let appended = events.clone();
    fresh
        .write(async move |tx| {
            appended.iter().cloned().for_each(|row| tx.append(row));
            Ok(())
        })
        .await;
    let claims = (0..4).map(|_| fresh.store.write(async |tx| pact_store::event::claim(tx, 1_000, None, 5, 60).await));
    let claims = futures_util::future::try_join_all(claims).await.unwrap();
    let claimed: Vec<_> = claims.into_iter().flatten().collect();
    let once: HashSet<Uuid> = claimed.iter().map(|event| event.id).collect();
    assert_eq!(once.len(), claimed.len(), "no event is claimed twice");
    if matches!(on, On::Sqlite) {
        assert_eq!(claimed.len(), 20);
        assert_eq!(claimed.iter().take(5).filter(|event| event.lane == 0).count(), 5, "whoever waits comes first");
    }
    assert!(claimed.iter().all(|event| event.fence == 1 && event.attempts == 1 && event.lease_until == Some(1_060)));
    let rest = fresh.write(async |tx| pact_store::event::claim(tx, 1_000, None, 50, 60).await).await;
    assert_eq!(claimed.len() + rest.len(), 20);
    assert!(!pact_store::event::any_waiting(fresh.store.read(), 1_059).await.unwrap());
    assert!(pact_store::event::any_waiting(fresh.store.read(), 1_060).await.unwrap());

    let again = fresh.write(async |tx| pact_store::event::claim(tx, 1_060, Some(0), 50, 60).await).await;
    assert_eq!(again.len(), 5, "the lease is over, one lane is asked for");
    let (sleeper, holder) = (again[0].id, again[1].id);
    let held = again[1].clone();
    let asleep = pact_store::entity::event::Model { fence: 1, ..held.clone() };
    let outcomes = fresh
        .write(async move |tx| {
            Ok([
                pact_store::event::mark_handled(tx, &[(sleeper, 1), (holder, 1)], 2_000).await?.contains(&sleeper),
                pact_store::event::mark_handled(tx, &[(sleeper, 2), (holder, 1)], 2_000).await? == HashSet::from([sleeper]),
                pact_store::event::mark_handled(tx, &[(sleeper, 2)], 2_000).await?.contains(&sleeper),
                pact_store::event::extend(tx, holder, 2, 9_000).await?,
                pact_store::event::extend(tx, holder, 1, 9_000).await?,
                pact_store::event::park(tx, &held, "five failures", "2026-11-24").await?,
                pact_store::event::park(tx, &asleep, "zombie", "2026-11-24").await?,
            ])
        })
        .await;
    assert_eq!(outcomes, [false, true, false, true, false, true, false]);
    let late = fresh.write(async |tx| pact_store::event::claim(tx, 50_000, Some(0), 50, 60).await).await;
    assert_eq!(late.len(), 3, "neither what is handled nor what is parked");
    let parked = pact_store::job::Filter { state: Some(pact_store::job::State::Parked), ..Default::default() };
    let parked = parked.select("tick").all(fresh.store.read()).await.unwrap();
    assert_eq!((parked.len(), parked[0].id, parked[0].parked_reason.as_deref()), (1, holder, Some("five failures")));
    let name = parked[0].parked_id.unwrap();
    let released = fresh.write(async move |tx| pact_store::job::release(tx, &pact_store::job::hold(tx, name).await?).await).await;
    assert_eq!((released.attempts, released.fence, released.parked_id), (0, 3, Some(name)), "whoever held it holds it no more");
    assert!(!pact_store::job::any_parked(fresh.store.read()).await.unwrap());
    assert_eq!(fresh.write(async |tx| pact_store::event::forget_handled(tx, 3_000).await).await, 1);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn what_leaves_is_claimed_by_one(#[case] on: On) {
    let fresh = on.fresh().await;
    let row = |n: i64| outbox::Model {
        id: Uuid::now_v7(),
        kind: "mail".into(),
        address: "ann@example.com".into(),
        payload: serde_json::json!({"subject": n}).into(),
        idempotency_key: format!("key {n}"),
        created_at: n,
        next_at: n,
        attempts: 0,
        sent_at: None,
        record_id: None,
        state: "waiting".into(),
        reason: None,
        lease_until: None,
        fence: 0,
        handing_at: None,
        webhook_id: None,
    };
    let rows = [row(0), row(1), row(2), row(99)];
    fresh
        .write(async move |tx| {
            rows.iter().cloned().for_each(|row| tx.append(row));
            Ok(())
        })
        .await;
    let claim = async |now: i64| fresh.write(async move |tx| outbox_of::claim(tx, outbox_of::Kind::Mail, now, 50, 5).await).await;
    assert!(fresh.write(async |tx| outbox_of::claim(tx, outbox_of::Kind::Webhook, 10, 50, 5).await).await.is_empty());
    let claimed = claim(10).await;
    assert_eq!(claimed.len(), 3);
    assert!(claim(14).await.is_empty(), "what is claimed is claimed");
    let rows = claimed.clone();
    let late = outbox::Model { fence: 2, ..rows[2].clone() };
    let outcomes = fresh
        .write(async move |tx| {
            Ok([
                outbox_of::mark_sent(tx, &rows[0], 11).await?,
                outbox_of::mark_sent(tx, &rows[0], 11).await?,
                outbox_of::handing(tx, &rows[1], 11).await?,
                outbox_of::retry(tx, &rows[1], 50, true).await?,
                outbox_of::retry(tx, &late, 50, false).await?,
                outbox_of::settle(tx, &rows[2], outbox_of::State::Parked, "refused").await?,
                outbox_of::extend(tx, &rows[2], 90).await?,
            ])
        })
        .await;
    assert_eq!(outcomes, [true, false, true, true, false, true, false]);
    let again = claim(50).await;
    assert_eq!((again.len(), again[0].id, again[0].attempts), (1, claimed[1].id, 2));
    assert_eq!(again[0].handing_at, Some(11), "the doubt is known to who comes next");
    let parked = claimed[2].id;
    let released = fresh
        .write(async move |tx| {
            let row = outbox_of::hold(tx, parked).await?;
            outbox_of::release(tx, &row, 51).await
        })
        .await;
    assert_eq!((released.fence, released.attempts, released.reason.as_deref()), (2, 0, None));
    assert_eq!(claim(51).await[0].id, parked);
    assert!(fresh.write(async |tx| outbox_of::forget(tx, 99, 50).await).await == 1, "only what is over is forgotten");
    let twice = fresh.store.write(async move |tx| {
        tx.append(row(1));
        tx.flush().await
    });
    assert!(matches!(twice.await, Err(StoreError::Taken { .. })), "one key leaves once");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn a_push_is_answered_once(#[case] on: On) {
    let fresh = on.fresh().await;
    let (ann, bo, company) = (person("Ann"), person("Bo"), customer("Globex", 0));
    let one = lead(company.id, "one", 0);
    let pushes = [push(one.id, ann.id, 0, "declined"), push(one.id, bo.id, 10, "waiting"), push(one.id, ann.id, 20, "waiting")];
    let (first, second, ann_id, bo_id, lead_id) = (pushes[1].id, pushes[2].id, ann.id, bo.id, one.id);
    fresh.add(vec![ann, bo]).await;
    fresh.add(vec![company]).await;
    fresh.add(vec![one]).await;
    fresh
        .write(async move |tx| {
            pushes.iter().cloned().for_each(|push| tx.append(push));
            Ok(())
        })
        .await;
    let conn = fresh.store.read();
    let due = |now| pact_store::push::due(conn, now, 10);
    assert_eq!(due(109).await.unwrap().len(), 0);
    assert_eq!(due(110).await.unwrap().iter().map(|push| push.id).collect::<Vec<_>>(), [first]);
    assert_eq!(due(500).await.unwrap().iter().map(|push| push.id).collect::<Vec<_>>(), [first, second]);
    let mut tried = pact_store::push::persons_tried(conn, lead_id).await.unwrap();
    tried.sort();
    let mut both = [ann_id, bo_id];
    both.sort();
    assert_eq!(tried, both);
    assert_eq!(pact_store::push::waiting_for(conn, bo_id, 9).await.unwrap().len(), 1);
    let answers = fresh
        .write(async move |tx| {
            Ok([
                pact_store::push::answer(tx, first, "expired", None, 120).await?,
                pact_store::push::answer(tx, first, "accepted", None, 121).await?,
            ])
        })
        .await;
    assert_eq!(answers, [true, false]);
    let of_lead = pact_store::push::of_lead(conn, lead_id).await.unwrap();
    assert_eq!(of_lead.iter().map(|push| push.answer.as_str()).collect::<Vec<_>>(), ["declined", "expired", "waiting"]);
    assert_eq!(pact_store::push::open_of_lead(conn, lead_id).await.unwrap().unwrap().id, second);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn the_known_is_found_for_matching(#[case] on: On) {
    let fresh = on.fresh().await;
    let mut globex = customer("Globex Dairy B.V.", 0);
    globex.domain = Some("globex.nl".into());
    globex.phone = Some("+31201234567".into());
    let mut companies: Vec<_> = (0..40).map(|n| customer(&format!("Alpha {n:02}"), n)).collect();
    companies.extend((0..40).map(|n| customer(&format!("Zeta {n:02}"), n)));
    companies.push(customer("Globex Dairies", 5));
    let gone = pact_store::entity::customer::Model { merged_into_id: Some(globex.id), ..customer("Globex Dairy", 1) };
    let known = globex.id;
    let open = lead::Model { state: "owned".into(), external_key: Some("crm-1".into()), ..lead(known, "open", 1) };
    let lost = lead::Model { state: "lost".into(), external_key: Some("crm-2".into()), ..lead(known, "lost", 2) };
    let mut jo = contact(known, "Jo de Vries");
    jo.email = Some("jo@globex.nl".into());
    let erased =
        pact_store::entity::contact::Model { erased: true, email: Some("jo@globex.nl".into()), ..contact(known, "erased") };
    fresh.add(vec![globex]).await;
    fresh.add(companies).await;
    fresh.add(vec![gone]).await;
    fresh.add(vec![jo, erased]).await;
    fresh.add(vec![open, lost]).await;

    let conn = fresh.store.read();
    let names = |rows: Vec<pact_store::entity::customer::Model>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    let equals = async |keys: &[&str], domains: &[&str], phones: &[&str]| {
        names(pact_store::customer::equals(conn, keys, domains, phones).await.unwrap())
    };
    for (keys, domains, phones) in
        [(vec!["globex dairy"], vec![], vec![]), (vec![], vec!["globex.nl"], vec![]), (vec![], vec![], vec!["+31201234567"])]
    {
        let found = equals(&keys, &domains, &phones).await;
        assert_eq!(found, ["Globex Dairy B.V."], "{keys:?} {domains:?} {phones:?}; what was merged away is no candidate");
    }
    assert!(equals(&[], &[], &[]).await.is_empty());
    neighbours(conn).await;

    assert_eq!(pact_store::contact::candidates(conn, &["jo@globex.nl"], &[]).await.unwrap().len(), 1);
    assert!(pact_store::contact::candidates(conn, &[], &["+31"]).await.unwrap().is_empty());
    assert_eq!(pact_store::contact::of_customers(conn, &[known]).await.unwrap().len(), 1);
    let titles = |rows: Vec<lead::Model>| rows.into_iter().map(|row| row.title).collect::<Vec<_>>();
    assert_eq!(titles(pact_store::lead::candidates(conn, &[known], &["crm-1"]).await.unwrap()), ["open"]);
    assert_eq!(titles(pact_store::lead::candidates(conn, &[known], &["crm-2"]).await.unwrap()), ["open", "lost"]);
    assert!(pact_store::lead::candidates(conn, &[], &[]).await.unwrap().is_empty());
}

/// The ten names before and the ten after each that is asked for, without what was merged away.
async fn neighbours(conn: &DatabaseConnection) {
    let found = pact_store::customer::neighbours(conn, &["globex dairy", "alpha 03"]).await.unwrap();
    let beside = |of: &str| {
        let mut keys: Vec<&str> = found.iter().filter(|one| one.of == of).map(|one| one.name_key.as_str()).collect();
        keys.sort_unstable();
        keys
    };
    let mut of_globex: Vec<String> = (31..40).map(|n| format!("alpha {n}")).chain(["globex dairies".to_owned()]).collect();
    of_globex.extend((0..10).map(|n| format!("zeta {n:02}")));
    assert_eq!(beside("globex dairy"), of_globex);
    assert_eq!(beside("alpha 03").len(), 13, "three before, ten after, and itself not");
    let dairies = found.iter().find(|one| one.name_key == "globex dairies").unwrap();
    let row = pact_store::record::find::<pact_store::entity::customer::Model>(conn, dairies.id).await.unwrap().unwrap();
    assert_eq!(row.name, "Globex Dairies");
    assert!(pact_store::customer::neighbours(conn, &[]).await.unwrap().is_empty());
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn merging_keeps_both_histories(#[case] on: On) {
    let fresh = on.fresh().await;
    let (first, second) = (customer("Globex", 0), customer("Globex GmbH", 1));
    let (from_customer, into_customer) = (second.id, first.id);
    let (kept, other, older) = (lead(first.id, "kept", 0), lead(second.id, "other", 1), lead(second.id, "older", 2));
    let (into, from, oldest) = (kept.id, other.id, older.id);
    let jo = contact(second.id, "Jo");
    fresh.add(vec![first, second]).await;
    fresh.add(vec![jo]).await;
    fresh.add(vec![kept, other.clone(), older.clone()]).await;
    let steps = [step(into, 0), step(from, 1), step(oldest, 2), step(into, 3)];
    fresh
        .write(async move |tx| {
            steps.iter().cloned().for_each(|step| tx.append(step));
            for (one, target) in [(&older, from), (&other, into)] {
                pact_store::lead::merge_rows(tx, one.id, target).await?;
                record::save(tx, one, lead::Model { merged_into_id: Some(target), ..one.clone() }).await?;
            }
            pact_store::customer::merge_rows(tx, from_customer, into_customer).await
        })
        .await;
    let conn = fresh.store.read();
    let history = pact_store::lead::history(conn, into).await.unwrap();
    assert_eq!(history.iter().map(|step| step.at).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(pact_store::contact::of_customers(conn, &[into_customer]).await.unwrap().len(), 1);
    assert_eq!(record::get::<lead::Model>(conn, oldest).await.unwrap().customer_id, into_customer);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn turns_and_loads_are_kept(#[case] on: On) {
    let fresh = on.fresh().await;
    let (ann, bo, company) = (person("Ann"), person("Bo"), customer("Globex", 0));
    let (ann_id, bo_id) = (ann.id, bo.id);
    let owned = lead::Model { state: "owned".into(), owner_id: Some(ann.id), ..lead(company.id, "owned", 0) };
    let won = lead::Model { state: "won".into(), owner_id: Some(ann.id), ..lead(company.id, "won", 0) };
    let offered = lead::Model { state: "offered".into(), ..lead(company.id, "offered", 0) };
    let open = push(offered.id, ann.id, 0, "waiting");
    fresh.add(vec![ann, bo]).await;
    fresh.add(vec![company]).await;
    fresh.add(vec![owned, won, offered]).await;
    fresh.add(vec![open]).await;
    fresh
        .write(async move |tx| {
            let turn = |(person_id, given_seq)| rotation::Model { name: "p/north".into(), person_id, given_seq };
            pact_store::rotation::given(tx, [(ann_id, 1)].map(turn)).await?;
            pact_store::rotation::given(tx, [(bo_id, 0), (ann_id, 3), (bo_id, 2), (ann_id, 2)].map(turn)).await
        })
        .await;
    let mut turns = pact_store::rotation::of_name(fresh.store.read(), "p/north").await.unwrap();
    turns.sort_by_key(|turn| turn.given_seq);
    assert_eq!(turns.iter().map(|turn| (turn.person_id, turn.given_seq)).collect::<Vec<_>>(), [(bo_id, 2), (ann_id, 3)]);
    let loads = pact_store::lead::open_by_carrier(fresh.store.read()).await.unwrap();
    assert_eq!((loads.get(&ann_id), loads.get(&bo_id)), (Some(&2), None));
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn values_of_fields_are_written_read_and_looked_up(#[case] on: On) {
    let fresh = on.fresh().await;
    let long = |last: char| format!("{}{last}", "é".repeat(20_000));
    let defined = custom_field::Model {
        id: Uuid::new_v4(),
        revision: new_revision(),
        on_record: "customer".into(),
        name: "contract_ends_on".into(),
        label: "Contract ends on".into(),
        field_type: "day".into(),
        helps: "sale".into(),
        because: "Renewal talks start ninety days before.".into(),
        about: None,
        help: None,
        options: vec![].into(),
        required: false,
        kind: None,
        formula: None,
        plugin_id: Some("renewals".into()),
        default_text: None,
        default_lookup: None,
        default_number: None,
        default_words: None,
        removed_at: None,
        removed_name: None,
        acts: false,
        failure: None,
        sealed: None,
        read_by: vec![].into(),
        write_by: vec![].into(),
    };
    let (field, one, other) = (defined.id, customer("one", 0), customer("other", 1));
    let (first, second) = (one.id, other.id);
    fresh.add(vec![defined.clone()]).await;
    fresh.add(vec![one, other]).await;
    fresh
        .write(async move |tx| {
            let value = |text: String, number| field::Encoded { text, number, words: String::new() };
            field::write_value(tx, first, field, &value("\"2026-12-01\"".to_owned(), None), 1).await?;
            field::write_value(tx, first, field, &value(long('a'), Some(7.5)), 2).await?;
            field::write_value(tx, second, field, &value(long('b'), None), 2).await
        })
        .await;
    let values = field::values_of(fresh.store.read(), &[first, second, Uuid::new_v4()]).await.unwrap();
    assert_eq!(values.len(), 2);
    assert_eq!(values.iter().find(|value| value.record_id == first).unwrap().number_value, Some(7.5));
    let filter = pact_store::customer::Filter { field: Some((field, long('b'))), ..Default::default() };
    let ask = pact_store::Ask { cursor: None, limit: 9 };
    let scope = pact_store::Scope::System;
    let page = pact_store::list::list(fresh.store.read(), &scope, &filter, Default::default(), &ask).await.unwrap();
    assert_eq!(page.items.iter().map(|customer: &pact_store::entity::customer::Model| customer.id).collect::<Vec<_>>(), [second]);
    let again = custom_field::Model { id: Uuid::new_v4(), ..defined };
    let twice = fresh.store.write(async move |tx| record::insert(tx, again.clone()).await).await;
    assert!(matches!(twice, Err(StoreError::Taken { .. })));
    fresh.write(async move |tx| field::remove_value(tx, first, field).await).await;
    assert_eq!(field::values_of(fresh.store.read(), &[first]).await.unwrap().len(), 0);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn the_organisation_has_a_version(#[case] on: On) {
    let fresh = on.fresh().await;
    assert!(matches!(
        pact_store::organisation::get(fresh.store.read()).await,
        Err(StoreError::NotFound { what: "organisation" })
    ));
    assert!(!pact_store::person::any(fresh.store.read()).await.unwrap());
    let ann = person("Ann");
    let away = absence::Model {
        id: Uuid::new_v4(),
        person_id: ann.id,
        from_on: "2026-12-24".into(),
        until_on: "2026-12-31".into(),
        kind: "holiday".into(),
        stand_in_id: None,
    };
    let day = |region: Option<&str>| holiday::Model {
        id: Uuid::new_v4(),
        country: "NL".into(),
        region: region.map(str::to_owned),
        on_day: "2026-12-25".into(),
        name: "Christmas".into(),
    };
    fresh.add(vec![organisation()]).await;
    fresh.add(vec![ann.clone()]).await;
    fresh.add(vec![away.clone()]).await;
    fresh.add(vec![day(None), day(Some("NH"))]).await;
    let twice = fresh.store.write(async move |tx| record::insert(tx, day(None)).await).await;
    assert!(matches!(twice, Err(StoreError::Taken { .. })), "a day without a region is a day once");
    let mut heard = fresh.store.committed();
    assert_eq!(fresh.write(async |tx| pact_store::organisation::changed(tx).await).await, 2);
    assert_eq!(heard.recv().await.unwrap(), Notice::OrganisationChanged { version: 2 });
    let everything = pact_store::organisation::everything(fresh.store.read()).await.unwrap();
    assert_eq!(everything.organisation.version, 2);
    assert_eq!(everything.persons, std::slice::from_ref(&ann));
    assert_eq!(everything.absences, [away]);
    assert_eq!(everything.holidays.len(), 2);
    let found = pact_store::person::by_email(fresh.store.read(), "ANN@example.com").await.unwrap().unwrap();
    assert_eq!(found, ann);
    assert!(!format!("{found:?}").contains("argon2"), "no log shows a hash");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn an_import_goes_on_where_it_stopped(#[case] on: On) {
    let fresh = on.fresh().await;
    let started = import::Model {
        id: Uuid::new_v4(),
        name: "leads.csv".into(),
        status: "running".into(),
        format: "csv".into(),
        encoding: None,
        delimiter: None,
        mapping: serde_json::json!({"title": "Subject"}).into(),
        total: None,
        next_row: 0,
        accepted: 0,
        merged: 0,
        refused: 0,
        created_at: 0,
        finished_at: None,
        created_by_id: None,
        file_path: "imports/1".into(),
        failure: None,
    };
    let id = started.id;
    fresh.add(vec![started.clone()]).await;
    let refused = move |line| import_row_refused::Model { import_id: id, line, reason: "no name".into(), raw: ",,".into() };
    let step = async |from: i64, to: i64| {
        let state = import::Model { next_row: to, accepted: to, ..started.clone() };
        fresh
            .write(async move |tx| {
                pact_store::import::refuse(tx, vec![refused(from + 1), refused(from + 2)]).await?;
                pact_store::import::advance(tx, from, state.clone()).await
            })
            .await
    };
    assert!(step(0, 500).await);
    assert!(!step(0, 500).await, "the same step again is not done again");
    assert!(step(500, 900).await);
    assert_eq!(pact_store::import::get(fresh.store.read(), id).await.unwrap().next_row, 900);
    assert_eq!(pact_store::import::unfinished(fresh.store.read()).await.unwrap().len(), 1);
    let lines = pact_store::import::refused(fresh.store.read(), id, 1, 9).await.unwrap();
    assert_eq!(lines.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 501, 502]);
    for columns in ["a", "b"] {
        let mapping = pact_store::entity::import_mapping::Model {
            id: Uuid::new_v4(),
            name: "fair".into(),
            mapping: serde_json::json!({"title": columns}).into(),
        };
        fresh.write(async move |tx| pact_store::import::save_mapping(tx, mapping.clone()).await).await;
    }
    let mappings = pact_store::import::mappings(fresh.store.read()).await.unwrap();
    assert_eq!((mappings.len(), &mappings[0].mapping.0["title"]), (1, &serde_json::json!("b")));
}

/// A step of a lead's history.
pub(crate) fn step(lead: Uuid, at: i64) -> lead_event::Model {
    lead_event::Model {
        id: Uuid::now_v7(),
        lead_id: lead,
        what: "noted".into(),
        text: format!("step {at}"),
        by_person_id: None,
        by_plugin: None,
        at,
        left_as: None,
    }
}
