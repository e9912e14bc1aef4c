//! What happens to a lead between its entering and its end, apart from pushes.

use pact_core::lead as rules;
use pact_core::lead::Stage;
use pact_core::money::Money;
use pact_core::text::{REASON, TITLE, WORD};
use pact_store::entity::{contact, lead};
use pact_store::record;
use uuid::Uuid;

use super::decide;
use crate::{Actor, App, Refusal};

/// Correct what a lead says.
#[derive(Clone, Debug, Default)]
pub struct ChangeLead {
    /// The lead.
    pub lead: Uuid,
    /// The revision that the caller read.
    pub seen: Option<String>,
    /// What it is about.
    pub title: Option<String>,
    /// The product that the customer asks about.
    pub product: Option<Option<String>>,
    /// What the sale is expected to be worth.
    pub value: Option<Option<Money>>,
    /// The day on which the sale is expected.
    pub expected_on: Option<Option<chrono::NaiveDate>>,
    /// The contact who asked.
    pub contact: Option<Option<Uuid>>,
}

/// Move an owned lead to another stage.
#[derive(Clone, Debug)]
pub struct ChangeStage {
    /// The lead.
    pub lead: Uuid,
    /// The new stage.
    pub to: Stage,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// Ask somebody above to act.
#[derive(Clone, Debug)]
pub struct EscalateLead {
    /// The lead.
    pub lead: Uuid,
    /// To whom; the person above its owner when nothing is said.
    pub to: Option<Uuid>,
    /// Why.
    pub because: String,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// Show a lead to its owner and team.
#[derive(Clone, Debug)]
pub struct HighlightLead {
    /// The lead.
    pub lead: Uuid,
    /// Why.
    pub because: String,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// Give a lead a new owner.
#[derive(Clone, Debug)]
pub struct TransferLead {
    /// The lead.
    pub lead: Uuid,
    /// The new owner.
    pub person: Uuid,
    /// Why.
    pub because: String,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// End a lead with a sale.
#[derive(Clone, Debug)]
pub struct WinLead {
    /// The lead.
    pub lead: Uuid,
    /// What was sold, if it is known better than before.
    pub value: Option<Money>,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// End a lead without a sale.
#[derive(Clone, Debug)]
pub struct LoseLead {
    /// The lead.
    pub lead: Uuid,
    /// Why.
    pub because: String,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// Open a won or lost lead again.
#[derive(Clone, Debug)]
pub struct ReopenLead {
    /// The lead.
    pub lead: Uuid,
    /// For whom; without a person it waits, and is pushed like one that entered.
    pub owner: Option<Uuid>,
    /// Why.
    pub because: String,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// Corrects what a lead says; its quiet clock runs on, since nothing happened with the customer.
pub async fn change_lead(app: &App, actor: &Actor, command: ChangeLead) -> Result<lead::Model, Refusal> {
    let ChangeLead { lead, seen, title, product, value, expected_on, contact } = command;
    let title = title.map(|title| TITLE.check("title", &title)).transpose()?;
    let product = product.map(|product| WORD.check_optional("product", product.as_deref())).transpose()?;
    let asks = match contact.flatten() {
        Some(id) => Some(known_contact(app, id).await?),
        None => None,
    };
    decide(app, actor, lead, seen, move |draft, _| {
        if asks.as_ref().is_some_and(|asks| asks.customer_id != draft.row.customer_id) {
            let why = "this contact belongs to another customer. Choose one of the lead's customer, or none.";
            return Err(Refusal::invalid("contact_id", why));
        }
        if let Some(title) = &title {
            draft.row.title.clone_from(title);
        }
        if let Some(product) = &product {
            draft.row.product.clone_from(product);
        }
        if let Some(value) = &value {
            set_value(&mut draft.row, value.as_ref());
        }
        if let Some(day) = expected_on {
            draft.row.expected_on = day.map(|day| day.to_string());
        }
        if let Some(contact) = contact {
            draft.row.contact_id = contact;
        }
        Ok(())
    })
    .await
}

/// Moves an owned lead to another stage, forwards or back.
pub async fn change_stage(app: &App, actor: &Actor, command: ChangeStage) -> Result<lead::Model, Refusal> {
    decide(app, actor, command.lead, command.seen, move |draft, scene| {
        let decision = rules::change_stage(&draft.facts, command.to, &scene.rules_actor())?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Asks a person above to act.
pub async fn escalate_lead(app: &App, actor: &Actor, command: EscalateLead) -> Result<lead::Model, Refusal> {
    let EscalateLead { lead, to, because, seen } = command;
    decide(app, actor, lead, seen, move |draft, scene| {
        let to = scene.above(draft, to)?;
        let decision = rules::escalate(&draft.facts, to, &because, &scene.rules_actor())?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Shows a lead to its owner and team.
pub async fn highlight_lead(app: &App, actor: &Actor, command: HighlightLead) -> Result<lead::Model, Refusal> {
    let HighlightLead { lead, because, seen } = command;
    decide(app, actor, lead, seen, move |draft, scene| {
        let decision = rules::highlight(&draft.facts, &because, &scene.rules_actor())?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Shows a lead no longer.
pub async fn unhighlight_lead(app: &App, actor: &Actor, lead: Uuid, seen: Option<String>) -> Result<lead::Model, Refusal> {
    decide(app, actor, lead, seen, |draft, scene| {
        let decision = rules::unhighlight(&draft.facts, &scene.rules_actor())?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Gives an open lead a new owner.
pub async fn transfer_lead(app: &App, actor: &Actor, command: TransferLead) -> Result<lead::Model, Refusal> {
    let TransferLead { lead, person, because, seen } = command;
    let receiver = app.receiver(person).await?;
    decide(app, actor, lead, seen, move |draft, scene| {
        let decision = rules::transfer(&draft.facts, &receiver, &because, &scene.rules_actor(), scene.now)?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Ends a lead with a sale.
pub async fn win_lead(app: &App, actor: &Actor, command: WinLead) -> Result<lead::Model, Refusal> {
    let WinLead { lead, value, seen } = command;
    decide(app, actor, lead, seen, move |draft, scene| {
        if value.is_some() {
            set_value(&mut draft.row, value.as_ref());
        }
        let words = value_of(&draft.row).map(|value| value.to_string());
        let decision = rules::win(&draft.facts, words, &scene.rules_actor(), scene.now)?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Ends a lead without a sale, with a reason.
pub async fn lose_lead(app: &App, actor: &Actor, command: LoseLead) -> Result<lead::Model, Refusal> {
    let LoseLead { lead, because, seen } = command;
    let because = REASON.check("reason", &because)?;
    decide(app, actor, lead, seen, move |draft, scene| {
        let decision = rules::lose(&draft.facts, &because, &scene.rules_actor(), scene.now)?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Opens a won or lost lead again.
pub async fn reopen_lead(app: &App, actor: &Actor, command: ReopenLead) -> Result<lead::Model, Refusal> {
    let ReopenLead { lead, owner, because, seen } = command;
    let receiver = match owner {
        Some(owner) => Some(app.receiver(owner).await?),
        None => None,
    };
    decide(app, actor, lead, seen, move |draft, scene| {
        let decision = rules::reopen(&draft.facts, receiver.as_ref(), &because, &scene.rules_actor())?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// What a lead is worth, if that is known.
pub fn value_of(row: &lead::Model) -> Option<Money> {
    Some(Money { minor: row.value_minor?, currency: row.value_currency.as_deref()?.parse().ok()? })
}

fn set_value(row: &mut lead::Model, value: Option<&Money>) {
    row.value_minor = value.map(|value| value.minor);
    row.value_currency = value.map(|value| value.currency.to_string());
}

/// A contact that a request's body names.
async fn known_contact(app: &App, id: Uuid) -> Result<contact::Model, Refusal> {
    let found = record::find::<contact::Model>(app.store.read(), id).await?;
    found.ok_or_else(|| Refusal::invalid("contact_id", "there is no contact with this id. Look it up in GET /api/v1/contacts."))
}
