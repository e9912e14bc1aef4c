//! Ways through the search in custom fields: what a reader may not read, and what scripts store there.

use serde_json::json;

use super::Scene;
use super::ways::{Way, walk_of};

pub(super) const FOUND: &[Way] = &[
    walk_of!(
        "Search for the words of a field that one may not read",
        "Each searches the fields that they read; what stands in others changes neither what is found nor its order.",
        fields_of_others
    ),
    walk_of!(
        "Search for a person's name in fields where a formula or script puts who did something",
        "Fields that tell of acts are not searched.",
        fields_that_tell_of_acts
    ),
];

async fn fields_of_others(scene: &Scene) -> Result<(), String> {
    let world = &scene.world;
    let field = json!({
        "on_record": "customer", "name": "limit_of_trust", "label": "Limit of trust", "type": "text", "helps": "sale", "about": "customer",
        "because": "It says how far we may go with an offer.", "read_by": ["manager"], "write_by": ["admin"],
    });
    world.make("adam", "/fields", field).await;
    let (one, other) = (world.customer("Zwolle Trust", "ann").await, world.customer("Zeist Trust", "ann").await);
    let asked = ["trust", "insolvent", "trust insolvent", "zwolle insolvent", "insolv"];
    let mut before = Vec::new();
    for words in asked {
        before.push(world.get("ann", &format!("/search?q={words}")).await);
        before.push(world.get("ann", &format!("/customers?q={words}")).await);
    }
    let at = format!("/values/customer/{one}");
    let values = json!({"values": {"limit_of_trust": "insolvent, trust them with nothing, trust trust trust"}});
    world.call("adam", &format!("PATCH {at}")).knowing("adam", &at).await.json(&values).send().await.ok();
    for (n, words) in asked.iter().enumerate() {
        for (m, path) in [format!("/search?q={words}"), format!("/customers?q={words}")].into_iter().enumerate() {
            let now = world.get("ann", &path).await;
            if now != before[2 * n + m] {
                return Err(format!("{path} was {} and is {now}", before[2 * n + m]));
            }
        }
    }
    let found = world.get("mia", "/search?q=zwolle%20insolvent&kind=customer").await;
    match found["items"][0]["id"] == json!(one) && !found.to_string().contains(&other) {
        true => Ok(()),
        false => Err(format!("who reads the field does not find it: {found}")),
    }
}

async fn fields_that_tell_of_acts(scene: &Scene) -> Result<(), String> {
    let world = &scene.world;
    // As a script or formula that the linter accepts would leave it: a field that tells of acts, with a name in it.
    let field = json!({
        "on_record": "customer", "name": "last_word_from", "label": "Whom the customer heard last", "type": "text", "helps": "customer",
        "because": "They ask for the same person.", "about": "customer",
    });
    let field = world.make("adam", "/fields", field).await;
    let customer = scene.word("customer").to_owned();
    let at = format!("/values/customer/{customer}");
    let values = json!({"values": {"last_word_from": "Quendolyn"}});
    world.call("adam", &format!("PATCH {at}")).knowing("adam", &at).await.json(&values).send().await.ok();
    if world.get("mia", "/search?q=quendolyn").await["items"].as_array().is_none_or(Vec::is_empty) {
        return Err("a field that somebody wrote by hand is not found".to_owned());
    }
    let id: uuid::Uuid = field["id"].as_str().and_then(|id| id.parse().ok()).ok_or("no field")?;
    let told = world.app.store.write(async move |tx| pact_store::field::tell_acts(tx, &[id], true).await).await;
    told.map_err(|error| error.to_string())?;
    for path in ["/search?q=quendolyn", "/customers?q=quendolyn"] {
        let found = world.get("mia", path).await;
        if !found["items"].as_array().is_some_and(Vec::is_empty) {
            return Err(format!("{path}: {found}"));
        }
    }
    Ok(())
}
