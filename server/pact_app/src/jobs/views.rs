//! Views by mail: when the working day of whoever asked for one begins, on each day or on the first of a week.
//!
//! A row says when the next mail is due; whoever moves it forward writes the mail in the same transaction, so that each goes once, on however many
//! nodes. What was missed while PACT stood still goes once.

use chrono::{Datelike, Days, NaiveDate};
use pact_core::time::Instant;
use pact_store::Scope;
use pact_store::entity::{view, view_subscription};
use pact_store::record;
use serde_json::{Value as Json, json};

use crate::facts::start_of_day;
use crate::organisation::Snapshot;
use crate::relay::mail::{Template, to_person};
use crate::views::{Reader, Shown, Table, whole};
use crate::{App, Caller, Refusal};

/// Mails that one look writes at most; the rest is due at the next.
const MAILS_AT_ONCE: u64 = 100;
/// Rows that a mail shows at most; the whole is an export.
const MAX_MAIL_ROWS: usize = 100;

/// How often a view comes by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// On each working day.
    Day,
    /// On the first working day of each week.
    Week,
}

impl Every {
    /// The word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// The one of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Day, Self::Week].into_iter().find(|every| every.as_str() == word)
    }

    /// When the next mail is due, after an instant: as a working day of the person begins, from the next day or the next Monday on.
    pub(crate) fn next_after(self, snapshot: &Snapshot, person: uuid::Uuid, now: Instant) -> i64 {
        let calendar = snapshot.calendar_of(Some(person));
        let today = now.day_in(calendar.zone);
        let days = match self {
            Self::Day => 1,
            Self::Week => 7 - u64::from(today.weekday().num_days_from_monday()),
        };
        let from: NaiveDate = today.checked_add_days(Days::new(days)).unwrap_or(today);
        let midnight = Instant::from_millis(start_of_day(from, calendar.zone));
        calendar.next_start(midnight).unwrap_or(midnight).millis()
    }
}

/// Writes the mails that are due.
pub(super) async fn write_mails(app: &App) {
    let due = match pact_store::view::due(app.store.read(), app.clock.now().millis(), MAILS_AT_ONCE).await {
        Ok(due) => due,
        Err(error) => return tracing::warn!(%error, "views by mail could not be looked through; trying again"),
    };
    for row in due {
        let view = row.view_id;
        if let Err(refusal) = write_mail(app, row).await {
            tracing::warn!(%refusal, %view, "a view could not be sent by mail");
        }
    }
}

async fn write_mail(app: &App, due: view_subscription::Model) -> Result<(), Refusal> {
    let snapshot = app.organisation();
    let now = app.clock.now();
    let Some(member) = snapshot.people.get(&due.person_id) else { return Ok(()) };
    let caller = Caller { person_id: due.person_id, name: member.row.name.clone(), role: member.role, scopes: None };
    let reader = Reader { caller, scope: Scope::Staff(due.person_id) };
    let row: view::Model = record::get(app.store.read(), due.view_id).await?;
    // A view that is refused, or that this person may not read any more, waits for the next time.
    let shown = if member.row.active {
        whole(app, &reader, &row, MAX_MAIL_ROWS).await
    } else {
        Err(Refusal::NotFound { what: "person" })
    };
    let every = Every::of_word(&due.every).unwrap_or(Every::Week);
    let next_at = every.next_after(&snapshot, due.person_id, now);
    let (mail, refused) = match shown {
        Ok(table) => (to_person(&member.row, Template::Report, letter(&row, table), now, Some(row.id)), None),
        Err(refusal) => (None, Some(refusal)),
    };
    app.store
        .write(async move |tx| -> Result<(), Refusal> {
            if pact_store::view::take(tx, &due, next_at).await?
                && let Some(mail) = &mail
            {
                tx.append(mail.clone());
            }
            Ok(())
        })
        .await?;
    refused.map_or(Ok(()), Err)
}

fn letter(row: &view::Model, table: Table) -> Json {
    let more = table.next.is_some() || table.cut || table.rows.len() > MAX_MAIL_ROWS;
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let rows: Vec<Vec<String>> =
        table.rows.iter().take(MAX_MAIL_ROWS).map(|row| row.iter().map(Shown::words).collect()).collect();
    json!({ "title": row.title, "columns": columns, "rows": rows, "more": more })
}
