//! A failed run shows the values in scope, as far as the policy would let its script log them.

use rstest::rstest;
use serde_json::Value;

use super::{company, install, script};
use crate::main_job::house::House;
use crate::store::On;

/// The run that failed with this.
async fn failed(house: &House, with: &str) -> Value {
    let page = house.admin.get("/api/v1/runs?plugin_id=tried&outcome=failed").await;
    let of = page["items"].as_array().unwrap().iter().find(|run| run["error"]["message"] == with);
    let id = of.unwrap_or_else(|| panic!("{page}"))["id"].as_str().unwrap();
    house.admin.get(&format!("/api/v1/runs/{id}")).await
}

/// "wanted 9: customer = customer, name = \"Initrode\"" for each function; records are told by their kind here.
fn said(run: &Value) -> Vec<String> {
    let one = |variable: &Value| {
        let name = variable["name"].as_str().unwrap();
        match (variable["withheld"].as_bool().unwrap(), variable["record"]["kind"].as_str()) {
            (true, _) => {
                assert!(variable["value"].is_null() && variable["type"].is_null() && variable["record"].is_null(), "{variable}");
                format!("{name} withheld")
            }
            (false, Some(kind)) => format!("{name} = {kind}"),
            (false, None) => format!("{name} = {}", variable["value"].as_str().unwrap()),
        }
    };
    let scopes = run["scope"].as_array().unwrap().iter();
    let shown = scopes.map(|scope| {
        let variables: Vec<String> = scope["variables"].as_array().unwrap().iter().map(one).collect();
        format!("{} {}: {}", scope["function"].as_str().unwrap_or("|…|"), scope["line"], variables.join(", "))
    });
    shown.collect()
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_run_shows_what_its_script_could_have_logged(#[case] on: On) {
    let (house, ..) = company(on).await;
    // What anybody may know of a customer is shown, function by function.
    let body = "fn wanted(customer) {\n    let name = customer.name;\n    if name == \"Initrode\" {\n        throw `no luck with ${name}`;\n    }\n}\nfn on_customer_created(customer) {\n    let tries = 2;\n    wanted(customer);\n}\n";
    install(&house, &script("[\"customer\"]", "[]", "", body)).await;
    house.enter("Initrode").await;
    house.runs_of("tried", "on_customer_created", 1).await;
    let run = failed(&house, "no luck with Initrode").await;
    let wanted = ["on_customer_created 9: customer = customer, tries = 2", "wanted 4: customer = customer, name = \"Initrode\""];
    assert_eq!(said(&run), wanted, "{run}");
    assert_eq!(run["scope"][0]["file"], "tried.rhai");

    // Who counts acts by person and then fails on purpose reads nothing.
    let meter = "fn on_customer_created(customer) {\n    let name = customer.name;\n    let by = 0;\n    let all = 0;\n    for card in cards.of_customer(customer) {\n        if card.author == customer.owner { by += 1; }\n    }\n    for lead in leads.open() { all += 1; }\n    throw \"on purpose\";\n}\n";
    install(&house, &script("[\"customer\", \"card\", \"person\", \"lead\"]", "[]", "", meter)).await;
    house.enter("Hooli").await;
    house.runs_of("tried", "on_customer_created", 2).await;
    let run = failed(&house, "on purpose").await;
    let shown = said(&run).join("\n");
    assert!(shown.contains("by withheld") && shown.contains("name = \"Hooli\""), "{shown}");
}
