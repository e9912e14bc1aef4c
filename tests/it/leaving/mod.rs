//! What leaves PACT: webhooks and mail, against other people's servers and libraries.

mod crash;
pub mod mail;
mod receiver;
mod rest;
mod smtp;
mod webhooks;

use std::time::{Duration, Instant};

use pact_tests::process::Caller;
use serde_json::Value;

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until there is an answer.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not happen in {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The rows of the outbox that a query chooses.
async fn outbox(admin: &Caller, query: &str) -> Vec<Value> {
    admin.get(&format!("/api/v1/outbox?{query}")).await["items"].as_array().cloned().unwrap_or_default()
}

/// Enters a lead; the answer.
async fn lead(admin: &Caller, company: &str) -> Value {
    let body = serde_json::json!({
        "title": format!("{company} asks"), "source": "trade fair", "customer": {"name": company, "country": "NL"},
        "contact": {"name": "Femke de Boer", "email": format!("femke@{}.example", company.to_lowercase())},
    });
    admin.make("/api/v1/leads", &body).await
}
