//! Contacts: human beings at a customer.

use pact_core::matching;
use pact_core::text::{NAME, WORD};
use pact_store::entity::{contact, custom_value};
use pact_store::{Notice, StoreError, Tx, record, search};
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::customer::{phone, subject};
use super::guard::{maybe_text, same_revision, text};
use crate::ops::lead::Scene;
use crate::{Actor, App, Refusal};

/// What stands in place of the name of a contact whose personal data was erased.
pub const ERASED_NAME: &str = "Erased contact";

/// Enter a contact.
#[derive(Clone, Debug)]
pub struct CreateContact {
    /// The customer.
    pub customer_id: Uuid,
    /// The name.
    pub name: String,
    /// What they do at the customer.
    pub title: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number, as people write it.
    pub phone: Option<String>,
    /// ISO 639 code of two letters.
    pub language: Option<String>,
}

/// Change what is said of a contact; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangeContact {
    /// The contact.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// The name.
    pub name: Option<String>,
    /// What they do at the customer.
    pub title: Option<Option<String>>,
    /// E-mail address.
    pub email: Option<Option<String>>,
    /// Telephone number, as people write it.
    pub phone: Option<Option<String>>,
    /// ISO 639 code of two letters.
    pub language: Option<Option<String>>,
}

/// Enters a contact at a customer.
///
/// # Errors
/// A customer that does not exist, values that cannot be taken, or an e-mail address that another contact of the customer has.
pub async fn create_contact(app: &App, actor: &Actor, command: CreateContact) -> Result<contact::Model, Refusal> {
    let scene = app.scene(actor);
    let name = text(NAME, "name", &command.name)?;
    let title = maybe_text(WORD, "title", command.title.as_deref())?;
    let (email, language) = (email(command.email.as_deref())?, language(command.language.as_deref())?);
    app.store
        .write(async move |tx| {
            let customer = subject::standing_named(tx, command.customer_id, "customer_id").await?;
            let dialled_from = customer.country.as_deref().unwrap_or(&scene.snapshot.country);
            let row = contact::Model {
                id: pact_core::id::random(),
                revision: record::new_revision(),
                customer_id: customer.id,
                name_key: matching::person_key(&name),
                name: name.clone(),
                title: title.clone(),
                email: email.clone(),
                phone: phone(command.phone.as_deref(), dialled_from)?,
                language: language.clone(),
                created_at: scene.now.millis(),
                erased: false,
            };
            refuse_known(tx, &row).await?;
            write_new(tx, &scene, row).await
        })
        .await
}

/// Changes what is said of a contact.
///
/// # Errors
/// A revision that is not the present one, an erased contact, or values as [`create_contact`] refuses them.
pub async fn change_contact(app: &App, actor: &Actor, command: ChangeContact) -> Result<contact::Model, Refusal> {
    let scene = app.scene(actor);
    let name = command.name.as_deref().map(|given| text(NAME, "name", given)).transpose()?;
    let title = command.title.as_ref().map(|given| maybe_text(WORD, "title", given.as_deref())).transpose()?;
    let email = command.email.as_ref().map(|given| email(given.as_deref())).transpose()?;
    let language = command.language.as_ref().map(|given| language(given.as_deref())).transpose()?;
    app.store
        .write(async move |tx| {
            let before = record::hold::<contact::Model>(tx, command.id).await?;
            same_revision(&before, &command.revision)?;
            if before.erased {
                return Err(Refusal::NotNow { why: "The personal data of this contact was erased. Enter a new contact.".into() });
            }
            let mut after = before.clone();
            if let Some(name) = &name {
                after.name_key = matching::person_key(name);
                after.name.clone_from(name);
            }
            after.title = title.clone().unwrap_or(after.title);
            after.email = email.clone().unwrap_or(after.email);
            after.language = language.clone().unwrap_or(after.language);
            if let Some(given) = &command.phone {
                after.phone = phone(given.as_deref(), &dialled_from(tx, &scene, &before).await?)?;
            }
            if after.email != before.email {
                refuse_known(tx, &after).await?;
            }
            let saved = record::save(tx, &before, after).await?;
            index(tx, &saved).await?;
            tx.after_commit(Notice::RecordChanged { kind: "contact", id: saved.id });
            Ok(saved)
        })
        .await
}

/// Erases the personal data of a contact who asked for it. What the customer said stays, said by nobody in particular.
///
/// # Errors
/// A revision that is not the present one.
pub async fn erase_contact(app: &App, _actor: &Actor, id: Uuid, revision: String) -> Result<contact::Model, Refusal> {
    app.store
        .write(async move |tx| {
            let before = record::hold::<contact::Model>(tx, id).await?;
            same_revision(&before, &revision)?;
            let after = contact::Model {
                name: ERASED_NAME.to_owned(),
                name_key: String::new(),
                title: None,
                email: None,
                phone: None,
                language: None,
                erased: true,
                ..before.clone()
            };
            custom_value::Entity::delete_many()
                .filter(custom_value::Column::RecordId.eq(id))
                .exec(tx)
                .await
                .map_err(StoreError::from)?;
            search::remove(tx, id).await?;
            let saved = record::save(tx, &before, after).await?;
            tx.after_commit(Notice::RecordChanged { kind: "contact", id });
            Ok(saved)
        })
        .await
}

/// Writes a new contact that was checked.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn write_new(tx: &Tx, _scene: &Scene, row: contact::Model) -> Result<contact::Model, Refusal> {
    tx.append(row.clone());
    index(tx, &row).await?;
    tx.after_commit(Notice::RecordChanged { kind: "contact", id: row.id });
    Ok(row)
}

/// Puts what a contact is found by into the search index.
async fn index(tx: &Tx, row: &contact::Model) -> Result<(), Refusal> {
    let words = [&row.title, &row.email, &row.phone];
    let body: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
    Ok(search::index(tx, "contact", row.id, &row.name, &body.join(" ")).await?)
}

/// The country from which a number without a prefix is dialled.
async fn dialled_from(tx: &Tx, scene: &Scene, row: &contact::Model) -> Result<String, Refusal> {
    let customer = record::get::<pact_store::entity::customer::Model>(tx, row.customer_id).await?;
    Ok(customer.country.unwrap_or_else(|| scene.snapshot.country.clone()))
}

async fn refuse_known(tx: &Tx, row: &contact::Model) -> Result<(), Refusal> {
    let Some(email) = &row.email else { return Ok(()) };
    let other = contact::Entity::find()
        .filter(contact::Column::CustomerId.eq(row.customer_id))
        .filter(contact::Column::Email.eq(email.as_str()))
        .filter(contact::Column::Id.ne(row.id))
        .one(tx)
        .await
        .map_err(StoreError::from)?;
    match other {
        Some(_) => Err(Refusal::Duplicate { what: "contact of this customer", field: "email" }),
        None => Ok(()),
    }
}

fn email(given: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else { return Ok(None) };
    match matching::email(given) {
        Some(email) => Ok(Some(email)),
        None => Err(Refusal::invalid("email", "this is no e-mail address. Write it like ann@example.com, or leave it out.")),
    }
}

fn language(given: Option<&str>) -> Result<Option<String>, Refusal> {
    match given.map(str::trim).filter(|given| !given.is_empty()) {
        None => Ok(None),
        Some(code) if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Ok(Some(code.to_ascii_lowercase()))
        }
        Some(_) => Err(Refusal::invalid("language", "this is no ISO 639 code. Write two letters, such as nl.")),
    }
}
