//! The entrance: leads that come in at the same moment enter together, with one look-up and one transaction for all of them.
//!
//! Somebody who comes alone is let in at once. Whoever comes while all doors are busy waits for the next that is free, with everybody else who came
//! meanwhile; so the more come, the less each costs. SQLite has two doors: while what came through one is written to the disk, the other looks up who comes
//! next. Leads of the same customer never pass through both at once. On PostgreSQL, whoever writes holds the keys of customers against all nodes, so a
//! second door would wait for the first.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use pact_store::{Kind, record};
use tokio::sync::oneshot;

use super::Scene;
use super::enter::{Checked, Entered};
use super::entry::{Entry, decide, write_all};
use crate::{App, Refusal};

/// Leads that enter together at most.
const TOGETHER: usize = 64;

/// Leads that wait to be let in.
#[derive(Debug, Default)]
pub(crate) struct Entrance(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Doors at which somebody is being let in.
    busy: usize,
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
    let doors = match app.store.kind() {
        Kind::Sqlite => 2,
        Kind::Postgres => 1,
    };
    if app.entrance.queue_up(Waiting { lead: Arriving { scene, checked }, answer }, doors) {
        tokio::spawn(attend(app.clone()));
    }
    answered.await.unwrap_or_else(|_| Err(Refusal::defect("letting a lead in ended in a defect")))
}

impl Entrance {
    /// Whether a door is free, which is then to be attended.
    fn queue_up(&self, waiting: Waiting, doors: usize) -> bool {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push_back(waiting);
        let is_free = queue.busy < doors;
        queue.busy += usize::from(is_free);
        is_free
    }

    /// The next to be let in; when nobody waits, this door is free.
    fn next(&self) -> Vec<Waiting> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let some = queue.waiting.len().min(TOGETHER);
        queue.busy -= usize::from(some == 0);
        queue.waiting.drain(..some).collect()
    }
}

/// Lets in whoever waits through one door, until nobody does.
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

/// Decides what becomes of leads, and writes all or none; what is refused before anything is written stands alone.
async fn enter(app: &App, leads: &[Arriving]) -> Result<Vec<Result<Entered, Refusal>>, Refusal> {
    // Two leads of one new customer at the same moment would otherwise make two customers.
    let keys = keys_of(leads);
    let _one_at_a_time = app.entering.hold(keys.iter().map(String::as_str)).await;
    match app.store.kind() {
        Kind::Sqlite => {
            let decided = decide(app.store.read(), leads.iter().map(Arriving::parts)).await?;
            let entries = entering(leads, &decided);
            let written = app.store.write(async move |tx| write_all(tx, entries.clone()).await).await?;
            Ok(answers(decided, written))
        }
        // Another node may let in the same customer just now: who holds the keys sees what it wrote.
        Kind::Postgres => {
            let leads = leads.to_vec();
            app.store
                .write(async move |tx| {
                    record::hold_keys(tx, &keys.iter().map(String::as_str).collect()).await?;
                    let decided = decide(tx, leads.iter().map(Arriving::parts)).await?;
                    let written = write_all(tx, entering(&leads, &decided)).await?;
                    Ok(answers(decided, written))
                })
                .await
        }
    }
}

fn keys_of(leads: &[Arriving]) -> BTreeSet<String> {
    leads.iter().flat_map(|lead| lead.checked.keys()).collect()
}

/// Those that are not refused.
fn entering(leads: &[Arriving], decided: &[Result<Entry, Refusal>]) -> Vec<(Scene, Entry)> {
    let entering =
        |(lead, decided): (&Arriving, &Result<Entry, Refusal>)| Some((lead.scene.clone(), decided.as_ref().ok()?.clone()));
    leads.iter().zip(decided).filter_map(entering).collect()
}

fn answers(decided: Vec<Result<Entry, Refusal>>, written: Vec<Entered>) -> Vec<Result<Entered, Refusal>> {
    let mut written = written.into_iter();
    decided.into_iter().filter_map(|decided| decided.map(|_| written.next()).transpose()).collect()
}

impl Arriving {
    fn parts(&self) -> (&Scene, &Checked) {
        (&self.scene, &self.checked)
    }
}
