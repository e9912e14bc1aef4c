//! The jobs of one node, done by hand: nothing happens by itself, one thing happens after the other, and always in the same order. For simulations.

use std::sync::Arc;

use pact_store::{Notice, StoreError};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use super::heartbeat::{Looked, tick};
use super::{commits, events};
use crate::facts::known::Known;
use crate::ops::effect::Handled;
use crate::{App, Refusal, formulas, runs};

/// The same work as [`start`](super::start) begins, without its tasks and timers; mail and webhooks stay in the outbox.
pub struct ByHand {
    app: App,
    looked: Looked,
    heard: Receiver<Notice>,
}

impl ByHand {
    /// The jobs of an application for which nothing else works.
    pub fn of(app: &App) -> Self {
        Self { app: app.clone(), looked: Looked::default(), heard: app.store.committed() }
    }

    /// Hears of what was committed since the last time, and takes one look at what is due: pushes to end, ticks to raise, leads that became quiet.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn look(&mut self) -> Result<(), StoreError> {
        self.hear().await?;
        tick(&self.app, &mut self.looked).await;
        self.hear().await
    }

    /// Claims the next event and handles it; false when none waits.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn handle_next(&mut self) -> Result<bool, Refusal> {
        self.hear().await?;
        let Some(event) = events::claim(&self.app, 1).await?.pop() else { return Ok(false) };
        let known = Arc::new(Known::of(&self.app.store, std::slice::from_ref(&event)).await?);
        let runs = runs::of_event(&self.app, &event, &known).await?;
        commits::commit_alone(&self.app, &Handled { event, runs }).await;
        self.hear().await?;
        Ok(true)
    }

    /// Computes every formula that is noted.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn compute(&mut self) -> Result<(), Refusal> {
        self.hear().await?;
        while formulas::step(&self.app).await? {}
        Ok(())
    }

    async fn hear(&mut self) -> Result<(), StoreError> {
        loop {
            match self.heard.try_recv() {
                Ok(notice) => self.app.hear(notice).await?,
                Err(TryRecvError::Lagged(_)) => self.app.catch_up().await?,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(()),
            }
        }
    }
}
