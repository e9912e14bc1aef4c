//! A lead that a script enters: of a customer whom PACT knows, and only once while it is open.

use chrono::NaiveDate;
use pact_core::event::EventName;
use pact_core::history::LeadStep;
use pact_core::lead::{LeadFacts, LeadState};
use pact_core::money::Money;
use pact_store::entity::{contact, customer, lead};
use pact_store::{StoreError, Tx, record, search};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{LeadDraft, Scene};
use crate::ops::customer::subject::standing;
use crate::{Refusal, matching};

/// A lead that a script wants to enter, checked.
#[derive(Clone, Debug)]
pub(crate) struct EnterByPlugin {
    /// The customer.
    pub(crate) customer: Uuid,
    /// What it is about.
    pub(crate) title: String,
    /// The product.
    pub(crate) product: Option<String>,
    /// The contact at the customer.
    pub(crate) contact: Option<Uuid>,
    /// What the sale may be worth.
    pub(crate) value: Option<Money>,
    /// The day on which the sale is expected.
    pub(crate) expected_on: Option<NaiveDate>,
}

/// Writes the lead, unless the customer has an open one of this title. The customer's quiet clock runs on: nobody asked for anything.
///
/// # Errors
/// A customer that does not exist or was merged into another, a contact that is not this customer's, or a store that does not answer.
pub(crate) async fn enter_by_plugin(tx: &Tx, scene: &Scene, wish: EnterByPlugin) -> Result<(), Refusal> {
    let customer = standing(tx, wish.customer).await?;
    if is_open(tx, &wish).await? {
        return Ok(());
    }
    if let Some(id) = wish.contact
        && record::get::<contact::Model>(tx, id).await?.customer_id != customer.id
    {
        return Err(Refusal::invalid(
            "contact",
            "this contact belongs to another customer. Choose one of this customer's, or none.",
        ));
    }
    let row = row(scene, &customer, wish);
    let body = [row.product.as_deref(), Some(customer.name.as_str())];
    let body: Vec<&str> = body.into_iter().flatten().collect();
    search::index(tx, "lead", row.id, &row.title, &body.join(" ")).await?;
    let source = row.source.clone();
    let mut draft = LeadDraft::entering(row)?;
    draft.note(scene, LeadStep::Entered { source });
    draft.raise(scene, EventName::LeadCreated, &LeadFacts::entered());
    draft.insert(tx).await.map(drop)
}

async fn is_open(tx: &Tx, wish: &EnterByPlugin) -> Result<bool, Refusal> {
    let open = [LeadState::Waiting, LeadState::Offered, LeadState::Owned].map(LeadState::as_str);
    let same = lead::Entity::find()
        .filter(lead::Column::CustomerId.eq(wish.customer))
        .filter(lead::Column::State.is_in(open))
        .filter(lead::Column::MergedIntoId.is_null())
        .filter(lead::Column::Title.eq(wish.title.as_str()));
    Ok(same.one(tx).await.map_err(StoreError::from)?.is_some())
}

fn row(scene: &Scene, customer: &customer::Model, wish: EnterByPlugin) -> lead::Model {
    let facts = LeadFacts::entered();
    let territory_id = matching::locate(&scene.snapshot, customer, wish.product.as_deref());
    lead::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        title: wish.title,
        source: scene.actor.plugin_id().unwrap_or_default().to_owned(),
        product: wish.product,
        state: facts.state.to_string(),
        stage: facts.stage.to_string(),
        value_minor: wish.value.map(|value| value.minor),
        value_currency: wish.value.map(|value| value.currency.to_string()),
        customer_id: customer.id,
        contact_id: wish.contact,
        owner_id: None,
        territory_id: territory_id.or(customer.territory_id),
        escalation: 0,
        attempt: 0,
        highlighted: false,
        highlight_reason: None,
        expected_on: wish.expected_on.map(|day| day.to_string()),
        message: None,
        last_event_at: scene.now.millis(),
        created_at: scene.now.millis(),
        closed_at: None,
        lost_reason: None,
        merged_into_id: None,
        near_match_id: None,
        external_key: None,
        entered_by: scene.actor.kind().to_owned(),
    }
}
