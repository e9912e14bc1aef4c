//! The audit log through the boundary: what is recorded, whether tampering is found, and what an auditor can check at home.

mod home;
mod rest;
mod tampering;
mod witness;

use std::path::Path;
use std::process::{Command, Output};

use pact_tests::process::pact_binary;
use serde_json::{Value, json};

/// A plugin that notes each new customer in its run's log.
fn notes(id: &str) -> Value {
    plugin(id, "reads = [\"customer\"]", "fn on_customer_created(customer) { log(customer.name); }")
}

/// A plugin that counts what people planned: the policy refuses it.
fn counts(id: &str) -> Value {
    plugin(
        id,
        "reads = [\"customer\", \"plan\", \"person\"]",
        "fn on_customer_created(customer) { for p in people.all() { log(`${plans.of_person(p).len()}`); } }",
    )
}

fn plugin(id: &str, more: &str, script: &str) -> Value {
    let manifest = format!(
        "id = \"{id}\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Notes\"\nsummary = \"Notes.\"\n{more}\n[[script]]\nfile = \"notes.rhai\"\n"
    );
    json!({"manifest": manifest, "files": {"notes.rhai": script}})
}

/// A field whose word is two-sided; `about` says whose visits they are.
fn visits(about: Option<&str>) -> Value {
    let mut field = json!({
        "on_record": "customer", "name": "last_visit_on", "label": "Last visit", "type": "day", "helps": "customer",
        "because": "They wish to be received by the same person when they come to our showroom again."
    });
    if let Some(about) = about {
        field["about"] = json!(about);
    }
    field
}

/// Runs a command of `pact` in a folder, with no setting from outside.
fn pact(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(pact_binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PACT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
