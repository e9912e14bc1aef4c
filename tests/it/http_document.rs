//! The OpenAPI document: complete, and the same as the one that clients were made from.

use std::collections::{BTreeSet, HashMap};

use pact::http::docs::Document;
use pact::http::{ProblemType, document};
use pact_core::role::{Role, Scope};
use serde_json::Value;

fn read() -> Value {
    serde_json::from_str(&Document::text(&document()).unwrap()).unwrap()
}

/// Each operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((format!("{} {path}", method.to_uppercase()), operation));
        }
    }
    found
}

#[test]
fn the_document_is_the_one_that_is_locked() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/pact.json");
    let locked = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        locked == Document::text(&document()).unwrap(),
        "The operations changed. Look at the difference, then run: cargo run -p pact -- openapi > openapi/pact.json"
    );
}

#[test]
fn every_operation_says_what_it_does_who_may_and_what_it_refuses() {
    let document = read();
    assert_eq!(document["openapi"], "3.1.0");
    let mut wrong = Vec::new();
    for (what, operation) in operations(&document) {
        let mut must = |holds: bool, rule: &str| {
            if !holds {
                wrong.push(format!("{what}: {rule}"));
            }
        };
        let summary = operation["summary"].as_str().unwrap_or_default();
        must((3..=60).contains(&summary.len()) && !summary.ends_with('.'), "a summary in a few words");
        must(operation["description"].as_str().is_some_and(|text| text.ends_with('.')), "a description in sentences");
        must(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "one tag");
        let public = operation["security"] == serde_json::json!([{}]);
        must(public || operation["security"] == serde_json::json!([{"bearer": []}]), "security");
        let responses = operation["responses"].as_object().unwrap();
        must(public || (responses.contains_key("401") && responses.contains_key("403")), "401 and 403");
        must(responses.contains_key("400") && responses.contains_key("500") && responses.contains_key("503"), "400, 500 and 503");
        must(responses.keys().any(|status| status.starts_with('2')), "a good answer");
        for (status, response) in responses {
            let response = resolve(&document, response);
            let is_problem = response["content"].get("application/problem+json").is_some();
            // What machines ask for a word, and pages for people, which say it in their own words.
            let is_page = response["content"].get("text/html").is_some() && (what.contains(" /mail/") || what.contains(" /at/"));
            let own = what.starts_with("GET /health/") || is_page;
            must(
                own || is_problem == status.starts_with(['4', '5']),
                &format!("{status} is a problem if and only if it is an error"),
            );
            must(!response["description"].as_str().unwrap_or_default().is_empty(), &format!("words for {status}"));
        }
        let names: Vec<&str> =
            operation["parameters"].as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect();
        let is_api = what.contains("/api/v1/") && !what.contains("/api/v1/session");
        must(!(is_api && what.starts_with("POST")) || names.contains(&"Idempotency-Key"), "Idempotency-Key");
        must(!names.contains(&"If-Match") || (responses.contains_key("412") && responses.contains_key("428")), "412 and 428");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            must(!parameter["description"].as_str().unwrap_or_default().is_empty(), &format!("words for {}", parameter["name"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_body_has_an_example() {
    let document = read();
    let mut wrong = BTreeSet::new();
    for (what, operation) in operations(&document) {
        let good = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
        for content in std::iter::once(&operation["requestBody"]).chain(good.map(|(_, response)| response)) {
            for (kind, media) in content["content"].as_object().into_iter().flatten() {
                if kind == "application/json" && !has_example(&document, media) {
                    wrong.insert(format!("{what}: {}", media["schema"]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "without an example:\n{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Whether a body has an example: its own, its schema's, or that of what a page lists.
fn has_example(document: &Value, media: &Value) -> bool {
    if media.get("example").is_some() || media.get("examples").is_some() {
        return true;
    }
    let schema = resolve(document, &media["schema"]);
    let items = resolve(document, &schema["properties"]["items"]["items"]);
    let parts = schema["allOf"].as_array().into_iter().flatten().map(|part| resolve(document, part));
    let cases = schema["oneOf"].as_array().into_iter().flatten().map(|case| resolve(document, case));
    [schema, items]
        .into_iter()
        .chain(parts)
        .chain(cases)
        .any(|schema| schema.get("example").is_some() || schema.get("examples").is_some())
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(path) => document.pointer(path).unwrap_or(&Value::Null),
        None => schema,
    }
}

#[test]
fn every_operation_has_its_own_name() {
    let document = read();
    let mut names: HashMap<String, String> = HashMap::new();
    for (what, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && name.contains('_'), "{what}: {name}");
        if let Some(other) = names.insert(name.clone(), what.clone()) {
            panic!("{name} is the name of {other} and of {what}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = read();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    for slug in text.split("](/problems/").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(ProblemType::from_slug(slug).is_some(), "{slug}");
    }
}

#[test]
fn the_words_of_the_document_are_those_of_the_rules() {
    let document = read();
    let words = |schema: &str| -> BTreeSet<String> {
        let cases = document["components"]["schemas"][schema].clone();
        let plain = cases["enum"].as_array().cloned().unwrap_or_default();
        let each = cases["oneOf"]
            .as_array()
            .cloned()
            .unwrap_or_default()
            .into_iter()
            .flat_map(|case| case["enum"].as_array().cloned().unwrap_or_default());
        plain.into_iter().chain(each).filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let rules = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(words("Scope"), rules(Scope::ALL.iter().map(|scope| scope.as_str()).collect()));
    assert_eq!(words("Role"), rules(Role::ALL.iter().map(|role| role.as_str()).collect()));
}
