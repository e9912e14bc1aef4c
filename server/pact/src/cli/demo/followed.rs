//! A lead that the tour follows: each new sentence of its history is told once.

use std::collections::HashSet;
use std::time::Duration;

use pact_core::time::Instant;
use serde_json::Value;
use uuid::Uuid;

use super::client::Client;
use super::tour::{items, text};
use super::voice::Voice;

/// How often the demo looks whether something happened.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How many times it looks before it goes on.
const LOOKS: usize = 200;

/// What a lead is followed for after it entered: somebody is offered it, or it found an owner.
pub(super) const UNTIL_PUSHED: fn(&Value) -> bool = |lead| lead["state"] != "waiting";

/// A lead and what was told of it.
pub(super) struct Followed {
    /// The lead.
    pub(super) id: Uuid,
    /// What it is about.
    pub(super) title: String,
    client: Client,
    told: HashSet<String>,
}

impl Followed {
    /// Starts to follow a lead.
    pub(super) async fn new(client: &Client, id: Uuid) -> anyhow::Result<Self> {
        let lead = client.get(&format!("/api/v1/leads/{id}")).await?;
        Ok(Self { id, title: text(&lead, "title"), client: client.clone(), told: HashSet::new() })
    }

    /// Tells what is new in its history, until something is so, a manager is asked to decide, or it has been looked at often enough.
    pub(super) async fn tell(&mut self, voice: &Voice, enough: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        for _ in 0..LOOKS {
            let lead = self.client.get(&format!("/api/v1/leads/{}", self.id)).await?;
            let history = self.client.get(&format!("/api/v1/leads/{}/history", self.id)).await?;
            for step in items(&history) {
                if self.told.insert(text(step, "id")) {
                    voice.step(&text(step, "what"), &text(step, "text"), at(step));
                }
            }
            let is_with_manager = items(&history).last().is_some_and(|step| step["what"] == "escalated");
            if enough(&lead) || is_with_manager {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        voice.aside("Nothing more happens here for now.");
        Ok(())
    }

    /// The person to whom it is offered now.
    pub(super) async fn offered_to(&self) -> anyhow::Result<Option<Uuid>> {
        let lead = self.client.get(&format!("/api/v1/leads/{}", self.id)).await?;
        Ok(lead["open_push"]["person_id"].as_str().and_then(|id| id.parse().ok()))
    }
}

fn at(step: &Value) -> Option<Instant> {
    step["at"].as_str().and_then(|at| at.parse().ok())
}
