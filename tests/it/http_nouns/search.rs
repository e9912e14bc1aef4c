use rstest::rstest;
use serde_json::json;

use super::world::{World, each};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn search_forgives_accents_and_typing_errors(#[case] on: On) {
    let world = World::on(on).await;
    let customer =
        world.make("ann", "/customers", json!({"name": "Müller & Söhne GmbH", "city": "Zürich", "country": "CH"})).await;
    let id = customer["id"].as_str().unwrap();
    let contact =
        world.make("ann", "/contacts", json!({"customer_id": id, "name": "François Lefèvre", "email": "f@muller.example"})).await;
    let card = world
        .make(
            "ann",
            "/cards",
            json!({"customer_id": id, "kind": "complaint", "theme": "delivery", "text": "The crane came too late."}),
        )
        .await;
    let pack = world.make("mia", "/packs", json!({"title": "Cranes for builders"})).await;
    world.lead(id, "Three cranes").await;
    for (query, kind, wanted) in [
        ("muller", "customer", &customer),
        ("MÜLLER", "customer", &customer),
        ("muler", "customer", &customer),
        ("zurich", "customer", &customer),
        ("lefevre", "contact", &contact),
        ("francois", "contact", &contact),
        ("crane late", "card", &card),
        ("delivery", "card", &card),
        ("cranes", "pack", &pack),
    ] {
        let found = world.get("bo", &format!("/search?q={query}&kind={kind}")).await;
        assert_eq!(each(&found, "id"), [&wanted["id"]], "{query} {kind}: {found}");
    }
    let kinds = world.get("bo", "/search?q=cran").await;
    let mut kinds: Vec<&str> = each(&kinds, "kind").into_iter().map(|kind| kind.as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["card", "lead", "pack"]);
    let by_audrey = world.get("audrey", "/search?q=cran").await;
    assert_eq!(each(&by_audrey, "kind"), ["pack"], "an auditor reads packs, and no customers");
    world
        .refuses(&[
            ("nobody", "GET /search?q=x", None, 401, "unauthenticated", ""),
            ("pat", "GET /search?q=x", None, 403, "forbidden", ""),
            ("audrey", "GET /search?q=x&kind=card", None, 403, "forbidden", ""),
            ("ann", "GET /search", None, 400, "invalid-parameter", "q"),
            ("ann", "GET /search?q=%20", None, 400, "invalid-parameter", "q"),
            ("ann", "GET /search?q=x&kind=person", None, 400, "invalid-parameter", "kind"),
            ("ann", "GET /search?q=x&limit=101", None, 400, "invalid-parameter", "limit"),
            ("ann", "GET /search?q=x&author=ann", None, 400, "unknown-parameter", "author"),
        ])
        .await;
}
