//! Digests: made once a tick, read by their person, mailed, answered and ended from the mail; and the calendar that other programs read.

mod calendar;
mod links;
mod morning;

use pact_app::relay::Outgoing;
use pact_tests::process::{Caller, PASSWORD};
use serde_json::{Value, json};

use crate::main_job::house::House;

/// Where people reach the company's server, as far as mail knows.
const PUBLIC_URL: &str = "https://pact.acme.example";

/// What leaves goes nowhere, but knows where it would lead.
fn with_address() -> Outgoing {
    Outgoing { public_url: Some(PUBLIC_URL.to_owned()), ..Outgoing::default() }
}

/// Somebody who works in German, signed in; with their id.
async fn person(house: &House, name: &str) -> (String, Caller) {
    let email = address(name);
    let body = json!({"name": name, "email": email, "role": "rep", "password": PASSWORD, "languages": ["de"], "time_zone": "Europe/Amsterdam"});
    let made = house.admin.make("/api/v1/persons", &body).await;
    (made["id"].as_str().unwrap().to_owned(), house.again(&email).await)
}

fn address(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase())
}

/// What a browser without any sign-in gets.
struct Shown {
    status: u16,
    headers: reqwest::header::HeaderMap,
    text: String,
}

/// Opens an address, as anybody would.
async fn open(house: &House, method: &str, path: &str, form: Option<&str>) -> Shown {
    let mut request = house.admin.http.request(method.parse().unwrap(), format!("{}{path}", house.admin.base));
    if let Some(form) = form {
        // As a browser sends it from a page that tells no other site where it was.
        request = request.header("origin", "null");
        request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
    }
    let response = request.send().await.unwrap();
    Shown { status: response.status().as_u16(), headers: response.headers().clone(), text: response.text().await.unwrap() }
}

impl Shown {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A page loads nothing, runs nothing, is kept by nobody and told to no other site.
    fn is_a_careful_page(&self) {
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8", "{}", self.text);
        let policy = self.header("content-security-policy");
        for part in
            ["default-src 'none'", "style-src 'sha256-", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!((self.header("referrer-policy"), self.header("cache-control")), ("no-referrer", "no-store"));
        for outside in ["<script", "<img", "src=", "<link", "url(", "@import", "http:", "https:"] {
            assert!(!self.text.contains(outside), "{outside}: {}", self.text);
        }
    }
}

/// The state and owner of a lead.
async fn state(house: &House, lead: &str) -> (String, Value) {
    let lead = house.admin.get(&format!("/api/v1/leads/{lead}")).await;
    (lead["state"].as_str().unwrap().to_owned(), lead["owner_id"].clone())
}
