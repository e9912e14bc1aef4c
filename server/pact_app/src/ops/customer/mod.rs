//! Customers: the companies that we sell to.

mod change;
mod checked;
mod merge;
pub(crate) mod subject;

use pact_core::event::EventName;
use pact_core::matching::{self, CandidateCustomer, Match};
use pact_store::entity::customer;
use pact_store::{Notice, Tx, search};
use uuid::Uuid;

pub use change::{ChangeCustomer, change_customer};
pub use merge::{MergeCustomer, merge_customer};

pub(crate) use self::checked::phone;
use self::checked::{Checked, check_owner, check_territory};
use crate::events;
use crate::messages::{self, Message};
use crate::ops::lead::Scene;
use crate::{Actor, App, Refusal};

/// Enter a customer.
#[derive(Clone, Debug, Default)]
pub struct CreateCustomer {
    /// Its name.
    pub name: String,
    /// Its web address or domain.
    pub website: Option<String>,
    /// Its telephone number, as people write it.
    pub phone: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// City.
    pub city: Option<String>,
    /// ISO 3166 code of two letters.
    pub country: Option<String>,
    /// Segment.
    pub segment: Option<String>,
    /// Industry.
    pub industry: Option<String>,
    /// Employees of the customer.
    pub employees: Option<i64>,
    /// The person who owns it.
    pub owner_id: Option<Uuid>,
    /// Its territory; the one whose rules it matches when nothing is said.
    pub territory_id: Option<Uuid>,
    /// Whether it is entered although one like it is known.
    pub although_known: bool,
}

/// Enters a customer; its territory is found by the rules of the territories.
///
/// # Errors
/// Values that cannot be taken, an owner or territory that does not exist, or a customer that is known already.
pub async fn create_customer(app: &App, actor: &Actor, command: CreateCustomer) -> Result<customer::Model, Refusal> {
    let scene = app.scene(actor);
    let checked = Checked::of(&scene, &command)?;
    check_owner(&scene, command.owner_id)?;
    check_territory(&scene, command.territory_id)?;
    // Two people who enter the same new customer at the same moment would otherwise make two.
    let _one_at_a_time = app.entering.hold(checked.keys()).await;
    if !command.although_known {
        refuse_known(app, &checked).await?;
    }
    let mut row = checked.into_row(scene.now);
    row.owner_id = command.owner_id;
    row.territory_id = command.territory_id.or_else(|| crate::matching::locate(&scene.snapshot, &row, None));
    app.store.write(async move |tx| write_new(tx, &scene, row.clone()).await).await
}

/// Writes a new customer that was checked, and what follows from it.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn write_new(tx: &Tx, scene: &Scene, row: customer::Model) -> Result<customer::Model, Refusal> {
    tx.append(row.clone());
    index(tx, &row).await?;
    events::raise(tx, scene, EventName::CustomerCreated, "customer", row.id, serde_json::Value::Null);
    tell_owner(tx, scene, None, &row);
    tx.after_commit(Notice::RecordChanged { kind: "customer", id: row.id });
    Ok(row)
}

/// Puts what a customer is found by into the search index.
async fn index(tx: &Tx, row: &customer::Model) -> Result<(), Refusal> {
    let words = [&row.domain, &row.phone, &row.street, &row.postcode, &row.city, &row.segment, &row.industry];
    let body: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
    Ok(search::index(tx, "customer", row.id, &row.name, &body.join(" ")).await?)
}

/// Tells a person that a customer is theirs now, unless they did it themselves.
fn tell_owner(tx: &Tx, scene: &Scene, before: Option<Uuid>, row: &customer::Model) {
    let Some(owner) = row.owner_id.filter(|owner| before != Some(*owner) && scene.actor.person_id() != Some(*owner)) else {
        return;
    };
    let text = format!("{}: you own this customer now.", row.name);
    messages::send(tx, Message { to: owner, kind: "customer", record_kind: "customer", record: row.id, text, at: scene.now });
}

async fn refuse_known(app: &App, checked: &Checked) -> Result<(), Refusal> {
    let Checked { name_key, domain, phone, .. } = checked;
    let (domains, phones) = (domain.as_deref().into_iter().collect::<Vec<_>>(), phone.as_deref().into_iter().collect::<Vec<_>>());
    let known = crate::matching::alike_customers(app.store.read(), &[name_key], &domains, &phones).await?;
    let candidate = CandidateCustomer {
        name_key,
        domain: domain.as_deref(),
        phone: phone.as_deref(),
        postcode: checked.postcode.as_deref(),
        city: checked.city.as_deref(),
        country: checked.country.as_deref(),
    };
    match matching::match_customer(&candidate, &known.iter().map(crate::matching::known_customer).collect::<Vec<_>>()) {
        Match::Same { id, because } => {
            let name = known.iter().find(|row| row.id == id).map_or("It", |row| row.name.as_str());
            Err(Refusal::NotNow {
                why: format!(
                    "{name} is known already as the customer {id} ({because}). Use that one; if it is another company, send \"although_known\": true."
                ),
            })
        }
        Match::Near { .. } | Match::New => Ok(()),
    }
}
