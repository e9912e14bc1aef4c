//! The entrance: leads that come in at the same moment enter together, with one look-up and one transaction for all of them.
//!
//! Somebody who comes alone is let in at once. Whoever comes while others are being let in waits for the next turn, with everybody else who came
//! meanwhile; so the more come, the less each costs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use super::Scene;
use super::enter::{Checked, Entered};
use super::entry::Entry;
use crate::matching::Known;
use crate::{App, Refusal};

/// Leads that enter together at most.
const TOGETHER: usize = 64;

/// Leads that wait to be let in.
#[derive(Debug, Default)]
pub(crate) struct Entrance(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Whether somebody lets them in.
    attended: bool,
}

#[derive(Debug)]
struct Waiting {
    lead: Arriving,
    answer: oneshot::Sender<Result<Entered, Refusal>>,
}

/// A lead that was checked, with who enters it and when.
#[derive(Clone, Debug)]
struct Arriving {
    scene: Scene,
    checked: Checked,
}

/// Enters a lead, with those that come in at the same moment.
///
/// Who asked may go away meanwhile: the lead enters all the same.
///
/// # Errors
/// Ids without a record, nobody who asks, or a store that does not answer.
pub(super) async fn come_in(app: &App, scene: Scene, checked: Checked) -> Result<Entered, Refusal> {
    let (answer, answered) = oneshot::channel();
    if app.entrance.queue_up(Waiting { lead: Arriving { scene, checked }, answer }) {
        tokio::spawn(attend(app.clone()));
    }
    answered.await.unwrap_or_else(|_| Err(Refusal::defect("letting a lead in ended in a defect")))
}

impl Entrance {
    /// Whether nobody lets them in yet.
    fn queue_up(&self, waiting: Waiting) -> bool {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push_back(waiting);
        !std::mem::replace(&mut queue.attended, true)
    }

    /// The next to be let in; when nobody waits, nobody attends any longer.
    fn next(&self) -> Vec<Waiting> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let some = queue.waiting.len().min(TOGETHER);
        queue.attended = some > 0;
        queue.waiting.drain(..some).collect()
    }
}

/// Lets in whoever waits, until nobody does.
async fn attend(app: App) {
    loop {
        let together = app.entrance.next();
        if together.is_empty() {
            return;
        }
        // A defect is the end of these leads' turn, not of the entrance.
        if let Err(error) = tokio::spawn(let_in(app.clone(), together)).await {
            tracing::error!(%error, "letting leads in ended in a defect");
        }
    }
}

async fn let_in(app: App, together: Vec<Waiting>) {
    let (leads, answers): (Vec<Arriving>, Vec<_>) = together.into_iter().map(|one| (one.lead, one.answer)).unzip();
    let entered = match enter(&app, &leads).await {
        Ok(entered) => entered,
        // One of them is in the way of the others, or the store does not answer; each hears what it is.
        Err(_) if leads.len() > 1 => {
            let mut entered = Vec::with_capacity(leads.len());
            for lead in &leads {
                entered.push(enter_alone(&app, lead).await);
            }
            entered
        }
        Err(refusal) => vec![Err(refusal)],
    };
    for (answer, entered) in answers.into_iter().zip(entered) {
        // Who asked may be gone.
        drop(answer.send(entered));
    }
}

async fn enter_alone(app: &App, lead: &Arriving) -> Result<Entered, Refusal> {
    let mut entered = enter(app, std::slice::from_ref(lead)).await?;
    entered.pop().unwrap_or_else(|| Err(Refusal::defect("a lead that was let in has no answer")))
}

/// Matches leads, each also with those before it, decides what becomes of them, and writes all or none; what is refused before anything is written
/// stands alone.
async fn enter(app: &App, leads: &[Arriving]) -> Result<Vec<Result<Entered, Refusal>>, Refusal> {
    // Two leads of one new customer at the same moment would otherwise make two customers.
    let _one_at_a_time = app.entering.hold(leads.iter().flat_map(|lead| lead.checked.party.keys())).await;
    let asked: Vec<_> = leads.iter().map(|lead| lead.checked.asked()).collect();
    let mut known = Known::gather(app.store.read(), &asked).await?;
    let decided: Vec<Result<(Scene, Entry), Refusal>> = leads.iter().map(|lead| lead.decide(&mut known)).collect();
    let entries: Vec<(Scene, Entry)> = decided.iter().flatten().cloned().collect();
    let mut written = if entries.is_empty() { Vec::new() } else { write(app, entries).await? }.into_iter();
    let answer = |decided: Result<_, Refusal>| decided.map(|_| written.next()).transpose();
    Ok(decided.into_iter().filter_map(answer).collect())
}

async fn write(app: &App, entries: Vec<(Scene, Entry)>) -> Result<Vec<Entered>, Refusal> {
    app.store
        .write(async move |tx| {
            let mut written = Vec::with_capacity(entries.len());
            for (scene, entry) in &entries {
                written.push(entry.clone().write(tx, scene).await?);
            }
            Ok(written)
        })
        .await
}

impl Arriving {
    fn decide(&self, known: &mut Known) -> Result<(Scene, Entry), Refusal> {
        let matched = known.find(self.checked.asked())?;
        let entry = Entry::decide(&self.scene, &self.checked, matched)?;
        entry.add_to(known);
        Ok((self.scene.clone(), entry))
    }
}
