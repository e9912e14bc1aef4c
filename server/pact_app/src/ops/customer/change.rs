//! Changing what is said of a customer.

use pact_core::matching;
use pact_core::text::{ADDRESS, NAME, WORD};
use pact_store::entity::customer;
use pact_store::{Notice, record};
use uuid::Uuid;

use super::checked::{check_owner, check_territory, country, domain, employees, phone};
use super::{index, subject, tell_owner};
use crate::ops::guard::{maybe_text, same_revision, text};
use crate::ops::lead::Scene;
use crate::{Actor, App, Refusal};

/// Change what is said of a customer; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangeCustomer {
    /// The customer.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// Its name.
    pub name: Option<String>,
    /// Its web address or domain.
    pub website: Option<Option<String>>,
    /// Its telephone number, as people write it.
    pub phone: Option<Option<String>>,
    /// Street and number.
    pub street: Option<Option<String>>,
    /// Postcode.
    pub postcode: Option<Option<String>>,
    /// City.
    pub city: Option<Option<String>>,
    /// ISO 3166 code of two letters.
    pub country: Option<Option<String>>,
    /// Segment.
    pub segment: Option<Option<String>>,
    /// Industry.
    pub industry: Option<Option<String>>,
    /// Employees of the customer.
    pub employees: Option<Option<i64>>,
    /// The person who owns it.
    pub owner_id: Option<Option<Uuid>>,
    /// Its territory; found anew by the rules when the address or segment changes and nothing is said.
    pub territory_id: Option<Option<Uuid>>,
}

/// Changes what is said of a customer. Its quiet clock runs on: nothing happened with the customer.
///
/// # Errors
/// A revision that is not the present one, a customer that was merged into another, or values that cannot be taken.
pub async fn change_customer(app: &App, actor: &Actor, command: ChangeCustomer) -> Result<customer::Model, Refusal> {
    let scene = app.scene(actor);
    if let Some(owner) = command.owner_id {
        check_owner(&scene, owner)?;
    }
    if let Some(territory) = command.territory_id {
        check_territory(&scene, territory)?;
    }
    app.store
        .write(async move |tx| {
            let before = subject::standing(tx, command.id).await?;
            same_revision(&before, &command.revision)?;
            let after = changed(&scene, &before, &command)?;
            let saved = record::save(tx, &before, after).await?;
            index(tx, &saved).await?;
            tell_owner(tx, &scene, before.owner_id, &saved);
            tx.after_commit(Notice::RecordChanged { kind: "customer", id: saved.id });
            Ok(saved)
        })
        .await
}

fn changed(scene: &Scene, before: &customer::Model, command: &ChangeCustomer) -> Result<customer::Model, Refusal> {
    let mut after = before.clone();
    if let Some(name) = &command.name {
        after.name = text(NAME, "name", name)?;
        after.name_key = matching::name_key(&after.name);
    }
    if let Some(website) = &command.website {
        after.domain = domain(website.as_deref())?;
    }
    let line = |field: &str, given: &Option<Option<String>>, now: &mut Option<String>, rule| -> Result<(), Refusal> {
        if let Some(given) = given {
            *now = maybe_text(rule, field, given.as_deref())?;
        }
        Ok(())
    };
    line("street", &command.street, &mut after.street, ADDRESS)?;
    line("postcode", &command.postcode, &mut after.postcode, WORD)?;
    line("city", &command.city, &mut after.city, ADDRESS)?;
    line("segment", &command.segment, &mut after.segment, WORD)?;
    line("industry", &command.industry, &mut after.industry, WORD)?;
    if let Some(given) = &command.country {
        after.country = country(given.as_deref())?;
    }
    if let Some(given) = &command.phone {
        after.phone = phone(given.as_deref(), after.country.as_deref().unwrap_or(&scene.snapshot.country))?;
    }
    if let Some(given) = command.employees {
        after.employees = employees(given)?;
    }
    after.owner_id = command.owner_id.unwrap_or(after.owner_id);
    after.territory_id = command.territory_id.unwrap_or_else(|| territory(scene, before, &after));
    Ok(after)
}

/// The territory that follows from what was changed; a territory chosen by hand stays until the address or segment changes.
fn territory(scene: &Scene, before: &customer::Model, after: &customer::Model) -> Option<Uuid> {
    let place = |row: &customer::Model| (row.country.clone(), row.postcode.clone(), row.segment.clone());
    if place(before) == place(after) {
        return before.territory_id;
    }
    crate::matching::locate(&scene.snapshot, after, None).or(before.territory_id)
}
