//! Goals: what the company wants to reach, measured on customers and sales, never on staff.

use chrono::NaiveDate;
use pact_core::text::{REASON, TITLE};
use pact_store::entity::goal;
use pact_store::{Notice, record};
use uuid::Uuid;

use super::guard::{same_revision, text};
use crate::{Actor, App, Refusal};

/// Set a goal.
#[derive(Clone, Debug)]
pub struct SetGoal {
    /// Its title, such as "40 customers on the new line by June".
    pub title: String,
    /// What is counted on customers and sales.
    pub measure: String,
    /// How much is wanted.
    pub target: i64,
    /// How much is reached by now.
    pub reached: i64,
    /// The last day.
    pub ends_on: Option<NaiveDate>,
}

/// Change a goal; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangeGoal {
    /// The goal.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// Its title.
    pub title: Option<String>,
    /// What is counted on customers and sales.
    pub measure: Option<String>,
    /// How much is wanted.
    pub target: Option<i64>,
    /// How much is reached by now.
    pub reached: Option<i64>,
    /// The last day.
    pub ends_on: Option<Option<NaiveDate>>,
}

/// Sets a goal.
///
/// # Errors
/// Values that cannot be taken.
pub async fn set_goal(app: &App, _actor: &Actor, command: SetGoal) -> Result<goal::Model, Refusal> {
    lawful(&command.title, &command.measure)?;
    let row = goal::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        title: text(TITLE, "title", &command.title)?,
        measure: text(REASON, "measure", &command.measure)?,
        target: target(command.target)?,
        reached: reached(command.reached)?,
        ends_on: command.ends_on.map(|day| day.to_string()),
        created_at: app.clock.now().millis(),
    };
    app.store
        .write(async move |tx| {
            record::insert(tx, row.clone()).await?;
            tx.after_commit(Notice::RecordChanged { kind: "goal", id: row.id });
            Ok::<_, Refusal>(row.clone())
        })
        .await
}

/// Changes a goal, or says how much of it is reached.
///
/// # Errors
/// A revision that is not the present one, or values that cannot be taken.
pub async fn change_goal(app: &App, _actor: &Actor, command: ChangeGoal) -> Result<goal::Model, Refusal> {
    let title = command.title.as_deref().map(|given| text(TITLE, "title", given)).transpose()?;
    let measure = command.measure.as_deref().map(|given| text(REASON, "measure", given)).transpose()?;
    let target = command.target.map(target).transpose()?;
    let reached = command.reached.map(reached).transpose()?;
    app.store
        .write(async move |tx| {
            let before = record::hold::<goal::Model>(tx, command.id).await?;
            same_revision(&before, &command.revision)?;
            let mut after = before.clone();
            after.title = title.clone().unwrap_or(after.title);
            after.measure = measure.clone().unwrap_or(after.measure);
            after.target = target.unwrap_or(after.target);
            after.reached = reached.unwrap_or(after.reached);
            if title.is_some() || measure.is_some() {
                lawful(&after.title, &after.measure)?;
            }
            after.ends_on = command.ends_on.map_or(after.ends_on, |day| day.map(|day| day.to_string()));
            let saved = record::save(tx, &before, after).await?;
            tx.after_commit(Notice::RecordChanged { kind: "goal", id: saved.id });
            Ok(saved)
        })
        .await
}

/// Refuses a goal that would be measured on what members of staff do.
fn lawful(title: &str, measure: &str) -> Result<(), Refusal> {
    let findings = pact_policy::view::goal::judge_goal(title, measure);
    if findings.is_empty() { Ok(()) } else { Err(Refusal::Policy { findings }) }
}

fn target(given: i64) -> Result<i64, Refusal> {
    if given > 0 { Ok(given) } else { Err(Refusal::invalid("target", "a goal wants something: write a whole number above 0.")) }
}

fn reached(given: i64) -> Result<i64, Refusal> {
    if given >= 0 { Ok(given) } else { Err(Refusal::invalid("reached", "what is reached is 0 or more.")) }
}
