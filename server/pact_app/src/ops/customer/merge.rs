//! Merging two records of the same customer: everything moves to the one that stays, and nothing is lost.

use pact_core::history::LeadStep;
use pact_store::entity::{card, contact, custom_value, customer, lead, plan, request};
use pact_store::{Notice, StoreError, Tx, record, search};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{index, subject};
use crate::ops::guard::same_revision;
use crate::ops::lead::{LeadDraft, Scene};
use crate::{Actor, App, Refusal};

/// Merge another customer into this one.
#[derive(Clone, Debug)]
pub struct MergeCustomer {
    /// The customer that stays.
    pub id: Uuid,
    /// The revision of it that the caller read.
    pub revision: String,
    /// The customer that goes into it.
    pub other_id: Uuid,
}

/// Merges another customer into this one: leads, contacts, cards, plans, requests and values move; what this one does not know is taken
/// over; the other stays as a pointer, so that its address still leads somewhere.
///
/// # Errors
/// A revision that is not the present one, the same customer twice, or one that was merged before.
pub async fn merge_customer(app: &App, actor: &Actor, command: MergeCustomer) -> Result<customer::Model, Refusal> {
    let MergeCustomer { id, revision, other_id } = command;
    if id == other_id {
        return Err(Refusal::invalid("other_id", "this is the same customer. Choose the one that goes into it."));
    }
    let scene = app.scene(actor);
    app.store
        .write(async move |tx| {
            let (before, other) = both(tx, id, other_id).await?;
            same_revision(&before, &revision)?;
            move_leads(tx, &scene, &before, &other).await?;
            move_rest(tx, before.id, other.id).await?;
            move_values(tx, before.id, other.id).await?;
            let gone = customer::Model { merged_into_id: Some(before.id), ..other.clone() };
            record::save(tx, &other, gone).await?;
            search::remove(tx, other.id).await?;
            let saved = record::save(tx, &before, joined(&before, &other)).await?;
            index(tx, &saved).await?;
            for changed in [id, other_id] {
                tx.after_commit(Notice::RecordChanged { kind: "customer", id: changed });
            }
            Ok(saved)
        })
        .await
}

/// Both customers, held in the order of their ids, so that two merges of the same pair do not wait for each other.
async fn both(tx: &Tx, id: Uuid, other: Uuid) -> Result<(customer::Model, customer::Model), Refusal> {
    if id < other {
        let this = subject::standing(tx, id).await?;
        Ok((this, subject::standing_named(tx, other, "other_id").await?))
    } else {
        let other = subject::standing_named(tx, other, "other_id").await?;
        Ok((subject::standing(tx, id).await?, other))
    }
}

/// What this customer says, completed by what only the other knew.
fn joined(this: &customer::Model, other: &customer::Model) -> customer::Model {
    let mut after = this.clone();
    let fill = |mine: &mut Option<String>, theirs: &Option<String>| {
        if mine.is_none() {
            mine.clone_from(theirs);
        }
    };
    fill(&mut after.domain, &other.domain);
    fill(&mut after.phone, &other.phone);
    fill(&mut after.segment, &other.segment);
    fill(&mut after.industry, &other.industry);
    // An address is one thing: half of each would be nowhere.
    if [&this.street, &this.postcode, &this.city].into_iter().all(Option::is_none) {
        after.street.clone_from(&other.street);
        after.postcode.clone_from(&other.postcode);
        after.city.clone_from(&other.city);
        after.country = other.country.clone().or(after.country);
    }
    after.employees = this.employees.or(other.employees);
    after.owner_id = this.owner_id.or(other.owner_id);
    after.territory_id = this.territory_id.or(other.territory_id);
    after.last_event_at = this.last_event_at.max(other.last_event_at);
    after.created_at = this.created_at.min(other.created_at);
    after
}

/// Moves the leads; each one's history says from where.
async fn move_leads(tx: &Tx, scene: &Scene, this: &customer::Model, other: &customer::Model) -> Result<(), Refusal> {
    let ids: Vec<Uuid> = lead::Entity::find()
        .select_only()
        .column(lead::Column::Id)
        .filter(lead::Column::CustomerId.eq(other.id))
        .order_by_asc(lead::Column::Id)
        .into_tuple()
        .all(tx)
        .await
        .map_err(StoreError::from)?;
    for id in ids {
        let mut draft = LeadDraft::load(tx, id).await?;
        draft.row.customer_id = this.id;
        let because = format!("{} was merged into it", other.name);
        draft.note(scene, LeadStep::Matched { to: format!("the customer {}", this.name), because });
        draft.write(tx).await?;
    }
    Ok(())
}

/// Moves a table's rows from one customer to another; each gets another revision, since it says something else now.
macro_rules! move_rows {
    ($tx:expr, $this:expr, $other:expr; $($entity:ident)+) => {$(
        $entity::Entity::update_many()
            .col_expr($entity::Column::CustomerId, Expr::value($this))
            .col_expr($entity::Column::Revision, Expr::value(record::new_revision()))
            .filter($entity::Column::CustomerId.eq($other))
            .exec($tx)
            .await
            .map_err(StoreError::from)?;
    )+};
}

async fn move_rest(tx: &Tx, this: Uuid, other: Uuid) -> Result<(), Refusal> {
    move_rows!(tx, this, other; contact card plan request);
    // Whatever was merged into the other before is merged into this one.
    customer::Entity::update_many()
        .col_expr(customer::Column::MergedIntoId, Expr::value(this))
        .col_expr(customer::Column::Revision, Expr::value(record::new_revision()))
        .filter(customer::Column::MergedIntoId.eq(other))
        .exec(tx)
        .await
        .map_err(StoreError::from)?;
    Ok(())
}

/// Moves the values of custom fields that this customer has none of; its own values win.
async fn move_values(tx: &Tx, this: Uuid, other: Uuid) -> Result<(), Refusal> {
    let of = |record: Uuid| custom_value::Entity::find().filter(custom_value::Column::RecordId.eq(record)).all(tx);
    let mine = of(this).await.map_err(StoreError::from)?;
    let theirs = of(other).await.map_err(StoreError::from)?;
    for value in theirs {
        custom_value::Entity::delete_by_id((other, value.field_id)).exec(tx).await.map_err(StoreError::from)?;
        if mine.iter().all(|mine| mine.field_id != value.field_id) {
            record::insert(tx, custom_value::Model { record_id: this, ..value }).await?;
        }
    }
    Ok(())
}
