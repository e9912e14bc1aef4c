//! Search: accents, beginnings of words, typing errors, and what is no longer there.

use pact_store::search;
use rstest::rstest;
use uuid::Uuid;

use super::{On, customer};

/// What is asked, and the numbers of the documents that are found, best first.
const ASKED: [(&str, &[usize]); 16] = [
    ("muller", &[0]),
    ("Müller GmbH", &[0]),
    ("MÜLLER", &[0]),
    ("Mueler", &[0]),
    ("mulller gmbh", &[0]),
    ("kovacs", &[1]),
    ("Kovács", &[1]),
    ("kovaks", &[1]),
    ("kov", &[1]),
    ("kov bud", &[1]),
    ("bud kov", &[1]),
    ("cooling", &[3, 2]),
    ("kühl", &[2]),
    ("nothing of that", &[]),
    ("\" OR * ; ' : & | ! ( )", &[]),
    ("", &[]),
];

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn what_is_meant_is_found(#[case] on: On) {
    let fresh = on.fresh().await;
    let ids: Vec<Uuid> = (0..4).map(|_| Uuid::new_v4()).collect();
    let docs = ids.clone();
    fresh
        .write(async move |tx| {
            search::index(tx, "customer", docs[0], "Müller GmbH", "Hamburg").await?;
            search::index(tx, "contact", docs[1], "Kovács Éva", "Budapest, director").await?;
            search::index(tx, "card", docs[2], "wish", "They want cooling without noise; die Kühlung ist zu laut").await?;
            search::index(tx, "lead", docs[3], "old title", "old words").await?;
            search::index(tx, "lead", docs[3], "Cooling line", "for the dairy").await
        })
        .await;
    for (asked, expected) in ASKED {
        let hits = search::find(fresh.store.read(), &["customer", "contact", "card", "lead"], asked, 10).await.unwrap();
        let found: Vec<usize> = hits.iter().map(|hit| ids.iter().position(|id| *id == hit.id).unwrap()).collect();
        assert_eq!(found, expected, "{asked}");
    }
    let conn = fresh.store.read();
    assert!(
        search::find(conn, &["customer", "contact", "card", "lead"], "old", 10).await.unwrap().is_empty(),
        "replaced at once"
    );
    assert!(search::find(conn, &["lead"], "muller", 10).await.unwrap().is_empty(), "another kind");
    assert_eq!(search::find(conn, &["lead", "card"], "cooling", 1).await.unwrap().len(), 1, "a limit");
    assert_eq!(search::ids(conn, "contact", "eva").await.unwrap(), [ids[1]]);

    let (gone, renamed) = (ids[0], ids[1]);
    fresh
        .write(async move |tx| {
            search::remove(tx, gone).await?;
            search::index(tx, "contact", renamed, "Nagy Éva", "Budapest").await
        })
        .await;
    for (asked, left) in [("muller", 0), ("mueler", 0), ("kovacs", 0), ("nagy", 1), ("budapest", 1)] {
        let hits = search::find(conn, &["customer", "contact"], asked, 10).await.unwrap();
        assert_eq!(hits.len(), left, "{asked}");
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn a_customer_with_errors_in_its_name_is_similar(#[case] on: On) {
    let fresh = on.fresh().await;
    let names = ["Globex Dairy B.V.", "Initech", "Umbrella Foods", "Hooli"];
    let customers: Vec<_> = names.iter().map(|name| customer(name, 0)).collect();
    let rows = customers.clone();
    fresh
        .write(async move |tx| {
            for row in &rows {
                search::index(tx, "customer", row.id, &row.name, "").await?;
            }
            pact_store::record::insert_many(tx, rows.clone()).await
        })
        .await;
    for (asked, expected) in [("Glbex Dairy", "Globex Dairy B.V."), ("Umbrela food", "Umbrella Foods"), ("houli", "Hooli")] {
        let similar = pact_store::customer::similar(fresh.store.read(), asked, 5).await.unwrap();
        assert_eq!(similar.first().map(|customer| customer.name.as_str()), Some(expected), "{asked}");
    }
}
