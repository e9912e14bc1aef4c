//! Writing the demo company into an empty store.

use std::sync::Arc;

use pact_store::entity::{card, contact, customer, lead, organisation, pack, person, refresh_token};
use pact_store::{Lane, Secret, Store, StoreError, Tx, record, search};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, PaginatorTrait, QuerySelect};
use secrecy::SecretString;

use super::Company;
use crate::ops::organisation::touch;
use crate::{App, Refusal};

/// The end of every address of the demo: a top level reserved for examples, so no real person can have one.
const EXAMPLE: &str = ".example";

/// Writes the company in one transaction, so that the store holds all of it or nothing.
///
/// # Errors
/// A store that has people already, or that does not answer.
pub async fn fill(app: &App, company: Company) -> Result<(), Refusal> {
    let company = Arc::new(company);
    app.store
        .write_in(Lane::Bulk, async move |tx| {
            if person::Entity::find().limit(1).count(tx).await.map_err(StoreError::from)? > 0 {
                return Err(Refusal::NotNow {
                    why: "This store has people already, and the demo company needs an empty one. Give the demo another folder."
                        .to_owned(),
                });
            }
            write_organisation(tx, &company).await?;
            write_customers(tx, &company).await?;
            write_leads(tx, &company).await?;
            write_talks(tx, &company).await?;
            touch(tx).await
        })
        .await?;
    Ok(app.refresh_organisation().await?)
}

/// Whether the store holds the demo company and nobody else: a real person never has an address under `.example`.
///
/// # Errors
/// A store that does not answer.
pub async fn is_demo(store: &Store) -> Result<bool, Refusal> {
    let people = person::Entity::find().all(store.read()).await.map_err(StoreError::from)?;
    Ok(!people.is_empty() && people.iter().all(|person| person.email.ends_with(EXAMPLE)))
}

/// Gives everybody in the demo company the same password, and ends what sessions there were. Refuses any other store.
///
/// # Errors
/// A store that holds anybody but the demo's people, or that does not answer.
pub async fn set_demo_password(app: &App, password: SecretString) -> Result<(), Refusal> {
    if !is_demo(&app.store).await? {
        return Err(Refusal::NotNow {
            why: "This store holds people who are not of the demo, so their passwords stay as they are. Give the demo another folder.".to_owned(),
        });
    }
    let hash = app.access.hasher.hash(password).await?;
    app.store
        .write(async move |tx| {
            let column = person::Column::PasswordHash;
            let updated = person::Entity::update_many().col_expr(column, Expr::value(Secret(hash.clone()))).exec(tx).await;
            updated.map_err(StoreError::from)?;
            refresh_token::Entity::delete_many().exec(tx).await.map_err(StoreError::from)?;
            Ok(())
        })
        .await
}

async fn write_organisation(tx: &Tx, company: &Company) -> Result<(), Refusal> {
    // The row that every new store gets makes room for the demo's.
    organisation::Entity::delete_many().exec(tx).await.map_err(StoreError::from)?;
    record::insert(tx, company.organisation.clone()).await?;
    insert(tx, &company.territories).await?;
    insert(tx, &company.teams).await?;
    insert(tx, &company.persons).await?;
    insert(tx, &company.absences).await?;
    insert(tx, &company.holidays).await
}

async fn write_customers(tx: &Tx, company: &Company) -> Result<(), Refusal> {
    insert(tx, &company.customers).await?;
    insert(tx, &company.contacts).await?;
    for customer in &company.customers {
        index_customer(tx, customer).await?;
    }
    for contact in &company.contacts {
        index_contact(tx, contact).await?;
    }
    Ok(())
}

async fn write_leads(tx: &Tx, company: &Company) -> Result<(), Refusal> {
    insert(tx, &company.leads).await?;
    for push in &company.pushes {
        tx.append(push.clone());
    }
    for event in &company.lead_events {
        tx.append(event.clone());
    }
    let name_of = |id: Uuid| company.customers.iter().find(|customer| customer.id == id).map_or("", |customer| &customer.name);
    for lead in &company.leads {
        index_lead(tx, lead, name_of(lead.customer_id)).await?;
    }
    Ok(())
}

async fn write_talks(tx: &Tx, company: &Company) -> Result<(), Refusal> {
    insert(tx, &company.packs).await?;
    insert(tx, &company.cards).await?;
    insert(tx, &company.plans).await?;
    insert(tx, &company.plan_days).await?;
    insert(tx, &company.requests).await?;
    insert(tx, &company.goals).await?;
    for card in &company.cards {
        index_card(tx, card).await?;
    }
    for pack in &company.packs {
        index_pack(tx, pack).await?;
    }
    Ok(())
}

/// Inserts rows many at a time.
async fn insert<M>(tx: &Tx, rows: &[M]) -> Result<(), Refusal>
where
    M: ModelTrait + Clone + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    M::Entity: EntityTrait<Model = M>,
{
    Ok(record::insert_many(tx, rows.to_vec()).await?)
}

// What each record is found by: the same words that its own operation gives to the index.

async fn index_customer(tx: &Tx, row: &customer::Model) -> Result<(), Refusal> {
    let words = [&row.domain, &row.phone, &row.street, &row.postcode, &row.city, &row.segment, &row.industry];
    Ok(search::index(tx, "customer", row.id, &row.name, &joined(words)).await?)
}

async fn index_contact(tx: &Tx, row: &contact::Model) -> Result<(), Refusal> {
    Ok(search::index(tx, "contact", row.id, &row.name, &joined([&row.title, &row.email, &row.phone])).await?)
}

async fn index_lead(tx: &Tx, row: &lead::Model, customer: &str) -> Result<(), Refusal> {
    let body = format!("{} {customer}", joined([&row.message, &row.product]));
    Ok(search::index(tx, "lead", row.id, &row.title, &body).await?)
}

async fn index_card(tx: &Tx, row: &card::Model) -> Result<(), Refusal> {
    let title = format!("{} {}", row.kind, joined([&row.about, &row.theme]));
    Ok(search::index(tx, "card", row.id, &title, &row.text).await?)
}

async fn index_pack(tx: &Tx, row: &pack::Model) -> Result<(), Refusal> {
    let body = format!("{} {} {}", joined([&row.product, &row.summary]), row.themes.join(" "), row.segments.join(" "));
    Ok(search::index(tx, "pack", row.id, &row.title, &body).await?)
}

fn joined<const N: usize>(words: [&Option<String>; N]) -> String {
    words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}
