//! Suggestions beside a card that is being written: what plugins have to say about a draft. Nothing is stored, and nothing is counted.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use pact_core::text::{OPTIONAL_TEXT, WORD};
use pact_policy::table::{Capability, EntryPoint};
use pact_script::effect::Effect;
use pact_script::value::Record;
use pact_store::entity::card;
use pact_store::record;
use tokio::time::{Instant as Clock, timeout_at};
use uuid::Uuid;

use super::customer::subject::excerpt;
use super::guard::maybe_text;
use crate::access::throttle::Limit;
use crate::facts::{RunFacts, records};
use crate::plugins::Installed;
use crate::runs;
use crate::{App, Caller, Refusal};

/// How long somebody who writes waits for suggestions at most; what is not there by then is left out.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Suggestions that one draft gets at most.
pub const MAX_SUGGESTIONS: usize = 10;
/// Drafts that one person may ask about at once …
const DRAFTS_BURST: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// … and then one more in this time.
const DRAFT_EVERY: Duration = Duration::from_millis(500);

/// How often each person may ask.
pub(crate) struct DraftLimit(Limit);

impl Default for DraftLimit {
    fn default() -> Self {
        Self(Limit::new(DRAFT_EVERY, DRAFTS_BURST))
    }
}

/// A card as far as it is written.
#[derive(Clone, Debug)]
pub struct DraftCard {
    /// The customer.
    pub customer_id: Uuid,
    /// A lead of this customer that it belongs to.
    pub lead_id: Option<Uuid>,
    /// What sort of card.
    pub kind: Option<String>,
    /// The product that it is about.
    pub about: Option<String>,
    /// The theme.
    pub theme: Option<String>,
    /// What is written so far.
    pub text: Option<String>,
    /// The contact who said it.
    pub said_by_id: Option<Uuid>,
    /// The day on which it was said.
    pub said_on: Option<NaiveDate>,
}

/// Something that a plugin suggests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What it says.
    pub text: String,
    /// A pack that goes with it.
    pub pack_id: Option<Uuid>,
    /// The plugin that says it.
    pub plugin_id: String,
}

/// What plugins suggest for a card that somebody is writing.
///
/// A plugin that fails, is late or wants anything but to suggest is left out and reported in the server's log: nobody who writes should be held up by it.
/// Runs for drafts are not recorded, because they would say who writes when.
///
/// # Errors
/// A customer that does not exist, a text that cannot be taken, too many drafts in a short time, or a store that does not answer.
pub async fn suggest_for_card(app: &App, caller: &Caller, draft: DraftCard) -> Result<Vec<Suggestion>, Refusal> {
    let asked = app.drafts.0.attempt(&caller.person_id.to_string());
    asked.map_err(|retry_after_s| Refusal::Throttled { retry_after_s })?;
    let until = Clock::now() + PATIENCE;
    let row = row(app, draft)?;
    let customer = record::find::<pact_store::entity::customer::Model>(app.store.read(), row.customer_id).await?;
    if customer.is_none() {
        return Err(Refusal::invalid("customer_id", "there is no customer with this id. Look it up in GET /api/v1/customers."));
    }
    let draft = records::card(&row);
    let mut suggestions = Vec::new();
    if app.plugins().are_stopped() {
        return Ok(suggestions);
    }
    for plugin in app.plugins().asking_for(EntryPoint::CardWriting) {
        match timeout_at(until, of_plugin(app, plugin, &draft)).await {
            Ok(Ok(more)) => suggestions.extend(more),
            Ok(Err(why)) => tracing::warn!(plugin = plugin.id, why, "a plugin suggests nothing for a card"),
            Err(_) => {
                tracing::warn!(plugin = plugin.id, "a plugin was too slow to suggest anything for a card");
                break;
            }
        }
    }
    suggestions.truncate(MAX_SUGGESTIONS);
    Ok(suggestions)
}

/// What one plugin suggests, or why it suggests nothing.
async fn of_plugin(app: &App, plugin: &Arc<Installed>, draft: &Record) -> Result<Vec<Suggestion>, String> {
    let Some(pool) = &app.pool else { return Ok(Vec::new()) };
    let facts = RunFacts::new(app, app.clock.now(), &plugin.id, Arc::clone(&plugin.fields));
    let run = runs::of_draft(app, plugin, draft);
    let outcome = pool.run(&run, &facts).await;
    // Whatever a rotation promised is void: nobody was given anything.
    facts.give_back();
    if let Some(error) = outcome.error {
        return Err(error.to_string());
    }
    let mut suggestions = Vec::new();
    for placed in outcome.effects {
        match placed.effect {
            Effect::Suggest { text, pack } if plugin.may.contains(&Capability::Suggest) => {
                suggestions.push(Suggestion { text: excerpt(&text), pack_id: pack, plugin_id: plugin.id.clone() });
            }
            Effect::Rotated { .. } => {}
            other => {
                let what = other.capability().map_or("this", Capability::name);
                return Err(format!("line {}: while a card is being written a script may only suggest, not {what}", placed.line));
            }
        }
    }
    Ok(suggestions)
}

/// The draft as a card that nobody wrote yet.
fn row(app: &App, draft: DraftCard) -> Result<card::Model, Refusal> {
    let now = app.clock.now();
    let said_on = draft.said_on.unwrap_or_else(|| app.organisation().today(now));
    Ok(card::Model {
        id: pact_core::id::random(),
        revision: String::new(),
        customer_id: draft.customer_id,
        lead_id: draft.lead_id,
        kind: maybe_text(WORD, "kind", draft.kind.as_deref())?.unwrap_or_default().to_lowercase(),
        about: maybe_text(WORD, "about", draft.about.as_deref())?,
        theme: maybe_text(WORD, "theme", draft.theme.as_deref())?,
        text: maybe_text(OPTIONAL_TEXT, "text", draft.text.as_deref())?.unwrap_or_default(),
        said_by_id: draft.said_by_id,
        said_on: said_on.to_string(),
        author_id: None,
        by_plugin: None,
        written_at: now.millis(),
    })
}
