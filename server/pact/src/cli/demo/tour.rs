//! The tour: leads come in, are matched and pushed; one is accepted, one is declined and goes to the next.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, bail};
use pact_app::App;
use pact_core::time::Instant;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Client;
use super::company::{Demo, Open};
use super::voice::Voice;

/// The leads of the tour.
const FRESH: &str = include_str!("fresh.toml");
/// How often the demo looks whether something happened.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How many times it looks before it says that nothing does.
const LOOKS: usize = 200;
/// Why the tour declines a lead.
const DECLINED_BECAUSE: &str = "conflict of interest: my sister runs the company that writes";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fresh {
    form: Vec<Form>,
    list: List,
}

/// What somebody writes into a web form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    headline: String,
    /// A contact of this country, who is known already, fills it in.
    known_in: Option<String>,
    #[serde(flatten)]
    fields: serde_json::Map<String, Value>,
}

/// A file of leads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    headline: String,
    name: String,
    file: String,
    content: String,
}
