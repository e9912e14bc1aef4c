//! A lead enters: it is matched against what is known, and written with what is new, in one transaction.

use pact_core::event::EventName;
use pact_core::history::LeadStep;
use pact_core::lead::LeadFacts;
use pact_core::matching::Match;
use pact_core::money::Money;
use pact_core::text::{NAME, OPTIONAL_TEXT, TITLE, WORD};
use pact_store::entity::{contact, customer, lead};
use pact_store::{Tx, record, search};
use uuid::Uuid;

use super::{LeadDraft, Scene};
use crate::events::Lane;
use crate::matching::{self, Matched, Party};
use crate::{Actor, App, Refusal};

/// A possible sale, as it comes in.
#[derive(Clone, Debug, Default)]
pub struct EnterLead {
    /// What it is about; made from customer and product when nothing is said.
    pub title: Option<String>,
    /// Where it comes from: "web form", "trade fair"…
    pub source: String,
    /// The product that the customer asks about.
    pub product: Option<String>,
    /// What the customer wrote.
    pub message: Option<String>,
    /// What the sale may be worth.
    pub value: Option<Money>,
    /// The day on which the sale is expected.
    pub expected_on: Option<chrono::NaiveDate>,
    /// The customer, as far as it is known.
    pub customer: CustomerGiven,
    /// The contact who asks.
    pub contact: Option<ContactGiven>,
    /// The key of another system; entering the same key again attaches.
    pub external_key: Option<String>,
    /// Whether it is one of many.
    pub bulk: bool,
}

/// A customer as somebody names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerGiven {
    /// The customer itself, when it is known which.
    pub id: Option<Uuid>,
    /// Its name.
    pub name: Option<String>,
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
}

/// A contact as somebody names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactGiven {
    /// The contact, when it is known who.
    pub id: Option<Uuid>,
    /// The name.
    pub name: Option<String>,
    /// What they do at the customer.
    pub title: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number, as people write it.
    pub phone: Option<String>,
    /// ISO 639 code of two letters.
    pub language: Option<String>,
}

/// What became of a lead that came in.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The lead: new, or the open one to which it was attached.
    pub lead: lead::Model,
    /// Which of these.
    pub entered_as: EnteredAs,
}

/// Whether a lead that came in is a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnteredAs {
    /// It is new, and waits for a person.
    New,
    /// It is the same as an open lead, and was attached to it.
    Attached,
}

/// A lead that came in, checked and normalised.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    title: Option<String>,
    source: String,
    pub(super) product: Option<String>,
    message: Option<String>,
    value: Option<Money>,
    expected_on: Option<String>,
    pub(super) external_key: Option<String>,
    pub(super) lane: Lane,
    pub(super) party: Party,
}

/// Enters a lead: matches customer, contact and open leads, and writes what is new.
pub async fn enter_lead(app: &App, actor: &Actor, command: EnterLead) -> Result<Entered, Refusal> {
    let checked = check(app, command)?;
    // Two leads of one new customer at the same moment would otherwise make two customers.
    let _one_at_a_time = app.entering.hold(checked.party.keys()).await;
    let matched =
        matching::find(app.store.read(), &checked.party, checked.product.as_deref(), checked.external_key.as_deref()).await?;
    let scene = Scene { lane: checked.lane, ..app.scene(actor) };
    app.store.write(async move |tx| write(tx, &scene, &checked, &matched).await).await
}

/// Attaches what came in to the open lead that it is the same as, or writes what is new.
pub(super) async fn write(tx: &Tx, scene: &Scene, checked: &Checked, matched: &Matched) -> Result<Entered, Refusal> {
    match &matched.open_lead {
        Match::Same { id, because } => attach(tx, scene, checked, matched, *id, because).await,
        Match::Near { .. } | Match::New => insert(tx, scene, checked, matched).await,
    }
}

pub(super) fn check(app: &App, command: EnterLead) -> Result<Checked, Refusal> {
    let invalid = |field: &'static str| move |error: pact_core::text::TextError| Refusal::invalid(field, error.to_string());
    let lane = if command.bulk { Lane::Bulk } else { Lane::Interactive };
    Ok(Checked {
        title: TITLE.check_optional("title", command.title.as_deref()).map_err(invalid("title"))?,
        source: WORD.check("source", &command.source).map_err(invalid("source"))?,
        product: WORD.check_optional("product", command.product.as_deref()).map_err(invalid("product"))?,
        message: OPTIONAL_TEXT.check_optional("message", command.message.as_deref()).map_err(invalid("message"))?,
        value: command.value,
        expected_on: command.expected_on.map(|day| day.to_string()),
        external_key: NAME.check_optional("external key", command.external_key.as_deref()).map_err(invalid("external_key"))?,
        lane,
        party: matching::normalise(&command.customer, command.contact.as_ref(), &app.organisation().country)?,
    })
}

/// Attaches what came in to the open lead that it is the same as.
async fn attach(
    tx: &Tx,
    scene: &Scene,
    checked: &Checked,
    matched: &Matched,
    id: Uuid,
    because: &str,
) -> Result<Entered, Refusal> {
    let mut draft = LeadDraft::load(tx, id).await?;
    if let Some(message) = &checked.message {
        let said = draft.row.message.get_or_insert_default();
        if !said.contains(message.as_str()) {
            if !said.is_empty() {
                said.push_str("\n\n");
            }
            said.push_str(message);
        }
    }
    if draft.row.contact_id.is_none() {
        draft.row.contact_id = matched.contact.same();
    }
    draft.asked_again(scene);
    let to = format!("this open lead (came again from {})", checked.source);
    draft.note(scene, LeadStep::Matched { to, because: because.to_owned() });
    let lead = draft.write(tx).await?;
    Ok(Entered { lead, entered_as: EnteredAs::Attached })
}

async fn insert(tx: &Tx, scene: &Scene, checked: &Checked, matched: &Matched) -> Result<Entered, Refusal> {
    let customer = customer(tx, scene, checked, matched).await?;
    let contact_id = contact(tx, scene, checked, matched, customer.id).await?;
    let territory_id = matching::locate(&scene.snapshot, &customer, checked.product.as_deref());
    let title = checked.title.clone().unwrap_or_else(|| match &checked.product {
        Some(product) => format!("{}: {product}", customer.name),
        None => customer.name.clone(),
    });
    let near = [&matched.open_lead, &matched.customer].into_iter().find_map(Match::near);
    let facts = LeadFacts::entered();
    let row = lead::Model {
        id: Uuid::new_v4(),
        revision: record::new_revision(),
        title,
        source: checked.source.clone(),
        product: checked.product.clone(),
        state: facts.state.to_string(),
        stage: facts.stage.to_string(),
        value_minor: checked.value.map(|value| value.minor),
        value_currency: checked.value.map(|value| value.currency.to_string()),
        customer_id: customer.id,
        contact_id,
        owner_id: None,
        territory_id: territory_id.or(customer.territory_id),
        escalation: 0,
        attempt: 0,
        highlighted: false,
        highlight_reason: None,
        expected_on: checked.expected_on.clone(),
        message: checked.message.clone(),
        last_event_at: scene.now.millis(),
        created_at: scene.now.millis(),
        closed_at: None,
        lost_reason: None,
        merged_into_id: None,
        near_match_id: near,
        external_key: checked.external_key.clone(),
        entered_by: scene.actor.kind().to_owned(),
    };
    let body = [row.message.as_deref(), row.product.as_deref(), Some(customer.name.as_str())];
    let body: Vec<&str> = body.into_iter().flatten().collect();
    search::index(tx, "lead", row.id, &row.title, &body.join(" ")).await?;
    let mut draft = LeadDraft::entering(row)?;
    for step in steps(checked, matched, &customer) {
        draft.note(scene, step);
    }
    draft.raise(scene, EventName::LeadCreated, &facts);
    let lead = draft.insert(tx).await?;
    Ok(Entered { lead, entered_as: EnteredAs::New })
}

/// What the history says first: where the lead came from, and what it was matched to.
fn steps(checked: &Checked, matched: &Matched, customer: &customer::Model) -> Vec<LeadStep> {
    let mut steps = vec![LeadStep::Entered { source: checked.source.clone() }];
    match &matched.customer {
        Match::Same { because, .. } => {
            steps.push(LeadStep::Matched { to: format!("the customer {}", customer.name), because: because.clone() })
        }
        Match::Near { id, because, .. } => {
            let name = matched.near_name(*id).unwrap_or("a known customer");
            steps.push(LeadStep::NearMatch { to: format!("the customer {name}"), because: because.clone() });
        }
        Match::New => {}
    }
    if let Match::Near { id, because, .. } = &matched.open_lead {
        let name = matched.near_name(*id).unwrap_or("an open lead");
        steps.push(LeadStep::NearMatch { to: format!("the open lead \"{name}\""), because: because.clone() });
    }
    steps
}

/// The customer: the known one, or a new one.
async fn customer(tx: &Tx, scene: &Scene, checked: &Checked, matched: &Matched) -> Result<customer::Model, Refusal> {
    if let Some(id) = matched.customer.same() {
        return Ok(record::get(tx, id).await?);
    }
    let given = &checked.party;
    let name = given.customer_name().ok_or_else(nobody_asks)?;
    let mut row = customer::Model {
        id: Uuid::new_v4(),
        revision: record::new_revision(),
        name_key: pact_core::matching::name_key(&name),
        name,
        domain: given.domain.clone(),
        phone: given.customer_phone.clone(),
        street: given.given.street.clone(),
        postcode: given.given.postcode.clone(),
        city: given.given.city.clone(),
        country: given.given.country.clone(),
        segment: given.given.segment.clone(),
        industry: given.given.industry.clone(),
        employees: given.given.employees,
        owner_id: None,
        territory_id: None,
        last_event_at: scene.now.millis(),
        merged_into_id: None,
        created_at: scene.now.millis(),
    };
    row.territory_id = matching::locate(&scene.snapshot, &row, None);
    crate::ops::customer::write_new(tx, scene, row).await
}

/// Neither customer nor contact is named.
pub(super) fn nobody_asks() -> Refusal {
    Refusal::invalid(
        "customer.name",
        "Neither a customer nor a contact with a name or a company's e-mail address is given. Say at least who asks.",
    )
}

/// The contact: the known one, a new one, or nobody.
async fn contact(tx: &Tx, scene: &Scene, checked: &Checked, matched: &Matched, customer: Uuid) -> Result<Option<Uuid>, Refusal> {
    if let Some(id) = matched.contact.same() {
        return Ok(Some(id));
    }
    let Some(given) = &checked.party.contact else { return Ok(None) };
    let Some(name) = given.name.clone().or_else(|| given.email.clone()) else { return Ok(None) };
    let row = contact::Model {
        id: Uuid::new_v4(),
        revision: record::new_revision(),
        customer_id: customer,
        name_key: pact_core::matching::person_key(&name),
        name,
        title: given.title.clone(),
        email: given.email.clone(),
        phone: given.phone.clone(),
        language: given.language.clone(),
        created_at: scene.now.millis(),
        erased: false,
    };
    let id = row.id;
    crate::ops::contact::write_new(tx, scene, row).await?;
    Ok(Some(id))
}
