//! Custom fields, whole: formulas that keep up, definitions that are judged together with what is installed, who sees what, and what is kept.

mod formulas;
mod found;
mod imported;
mod judged;
mod kept;
mod listed;
mod seen;

use std::time::{Duration, Instant};

use pact_tests::process::{Answer, Caller, test_plugins};
use serde_json::{Value, json};

use crate::main_job::house::House;
use crate::store::On;

/// How long anything may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(30);

async fn house(on: On) -> House {
    House::on(on, &test_plugins("mini")).await
}

/// A field on a record, with whatever else it says.
fn field(on: &str, name: &str, ty: &str, more: Value) -> Value {
    let mut body = json!({
        "on_record": on, "name": name, "label": name.replace('_', " "), "type": ty, "helps": "sale", "because": "It says what an offer is worth.", "about": "customer",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn formula(on: &str, name: &str, formula: &str) -> Value {
    field(on, name, "formula", json!({ "formula": formula }))
}

async fn define(house: &House, body: &Value) -> String {
    let made = house.admin.make("/api/v1/fields", body).await;
    made["id"].as_str().unwrap().to_owned()
}

/// A request that says which revision it is based on.
async fn knowing(caller: &Caller, method: &str, at: &str, path: &str, body: Option<&Value>) -> Answer {
    let read = caller.send("GET", at, &[], None).await.unwrap();
    assert_eq!(read.status, 200, "GET {at}: {}", read.body);
    let etag = read.headers["etag"].to_str().unwrap().to_owned();
    caller.send(method, path, &[("if-match", &etag)], body).await.unwrap()
}

async fn set(caller: &Caller, kind: &str, record: &str, values: Value) -> Answer {
    let path = format!("/api/v1/values/{kind}/{record}");
    knowing(caller, "PATCH", &path, &path, Some(&json!({ "values": values }))).await
}

async fn values(caller: &Caller, kind: &str, record: &str) -> Value {
    caller.get(&format!("/api/v1/values/{kind}/{record}")).await["values"].clone()
}

/// The value that a record has in a field, once it is this one.
async fn becomes(caller: &Caller, kind: &str, record: &str, field: &str, wanted: Value) {
    let until = Instant::now() + PATIENCE;
    loop {
        let values = values(caller, kind, record).await;
        if values[field] == wanted {
            return;
        }
        assert!(Instant::now() < until, "{kind}.{field} is not {wanted}: {values}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn customer(house: &House, name: &str) -> String {
    let made = house.admin.make("/api/v1/customers", &json!({"name": name, "country": "NL"})).await;
    made["id"].as_str().unwrap().to_owned()
}

async fn lead(house: &House, customer: &str, title: &str, amount: &str) -> String {
    let value = json!({"amount": amount, "currency": "EUR"});
    let body = json!({"title": title, "source": "trade fair", "customer": {"id": customer}, "value": value});
    let made = house.admin.make("/api/v1/leads", &body).await;
    made["lead"]["id"].as_str().unwrap().to_owned()
}
