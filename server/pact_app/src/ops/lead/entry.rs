//! What becomes of a lead that enters: decided from what is known, then written.

use std::collections::BTreeSet;

use pact_core::event::EventName;
use pact_core::history::LeadStep;
use pact_core::lead::LeadFacts;
use pact_core::matching::Match;
use pact_store::entity::{contact, customer, lead};
use pact_store::{Tx, record, search};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::enter::{Checked, Entered, EnteredAs};
use super::{LeadDraft, Scene};
use crate::Refusal;
use crate::matching::{self, Known, Matched};

/// What becomes of a lead that enters.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// It is the same as an open lead.
    Attach(Attached),
    /// It is a new one.
    New(Box<New>),
}

/// Matches leads with what is known and with those before them, and decides what becomes of each; who is refused stands alone.
///
/// # Errors
/// A store that does not answer.
pub(super) async fn decide<'a>(
    conn: &impl ConnectionTrait,
    leads: impl Iterator<Item = (&'a Scene, &'a Checked)> + Clone,
) -> Result<Vec<Result<Entry, Refusal>>, Refusal> {
    let asked: Vec<_> = leads.clone().map(|(_, checked)| checked.asked()).collect();
    let mut known = Known::gather(conn, &asked).await?;
    let one = |(place, (scene, checked)): (usize, (&Scene, &Checked))| {
        let entry = Entry::decide(scene, checked, known.find(place, checked.asked())?)?;
        entry.add_to(&mut known);
        Ok(entry)
    };
    Ok(leads.enumerate().map(one).collect())
}

/// Writes entries, in their order.
///
/// # Errors
/// What the database reports.
pub(super) async fn write_all(tx: &Tx, entries: Vec<(Scene, Entry)>) -> Result<Vec<Entered>, Refusal> {
    // Somebody asks whom we know: they are not quiet any more.
    let known: BTreeSet<Uuid> = entries.iter().filter_map(|(_, entry)| entry.known_customer()).collect();
    if let Some(at) = entries.iter().map(|(scene, _)| scene.now.millis()).max() {
        pact_store::customer::happened_to_known(tx, &known, at).await?;
    }
    let mut written = Vec::with_capacity(entries.len());
    for (scene, entry) in entries {
        written.push(entry.write(tx, &scene).await?);
    }
    Ok(written)
}

/// What came in, and the open lead that it is the same as.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    lead: Uuid,
    because: String,
    source: String,
    message: Option<String>,
    contact: Option<Uuid>,
}

/// The rows of a new lead.
#[derive(Clone, Debug)]
pub(super) struct New {
    /// The customer, when it is new too.
    customer: Option<customer::Model>,
    /// The contact, when they are new too.
    contact: Option<contact::Model>,
    lead: lead::Model,
    /// Further words by which it is found.
    found_by: String,
    steps: Vec<LeadStep>,
}

impl Entry {
    /// Decides what becomes of a lead.
    ///
    /// # Errors
    /// When nobody asks.
    fn decide(scene: &Scene, checked: &Checked, matched: Matched) -> Result<Self, Refusal> {
        if let Match::Same { id, because } = matched.open_lead {
            return Ok(Self::Attach(Attached {
                lead: id,
                because,
                source: checked.source.clone(),
                message: checked.message.clone(),
                contact: matched.contact.same(),
            }));
        }
        let (customer, new_customer) = match matched.known_customer.clone() {
            Some(known) => (known, None),
            None => {
                let new = customer(scene, checked)?;
                (new.clone(), Some(new))
            }
        };
        let new_contact = match matched.contact.same() {
            Some(_) => None,
            None => contact(scene, checked, customer.id),
        };
        let contact_id = matched.contact.same().or(new_contact.as_ref().map(|contact| contact.id));
        let lead = lead(scene, checked, &matched, &customer, contact_id);
        let found_by = [lead.message.as_deref(), lead.product.as_deref(), Some(customer.name.as_str())];
        Ok(Self::New(Box::new(New {
            found_by: found_by.into_iter().flatten().collect::<Vec<_>>().join(" "),
            steps: steps(checked, &matched, &customer),
            customer: new_customer,
            contact: new_contact,
            lead,
        })))
    }

    /// Lets those that enter after it be matched with it.
    fn add_to(&self, known: &mut Known) {
        match self {
            Self::Attach(_) => {}
            Self::New(new) => {
                new.customer.clone().into_iter().for_each(|customer| known.add_customer(customer));
                new.contact.clone().into_iter().for_each(|contact| known.add_contact(contact));
                known.add_lead(new.lead.clone());
            }
        }
    }

    /// The customer who asks, when they are known.
    fn known_customer(&self) -> Option<Uuid> {
        match self {
            // The draft of the open lead tells its customer.
            Self::Attach(_) => None,
            Self::New(new) => new.customer.is_none().then_some(new.lead.customer_id),
        }
    }

    async fn write(self, tx: &Tx, scene: &Scene) -> Result<Entered, Refusal> {
        match self {
            Self::Attach(attached) => attached.write(tx, scene).await,
            Self::New(new) => new.write(tx, scene).await,
        }
    }
}

impl Attached {
    async fn write(self, tx: &Tx, scene: &Scene) -> Result<Entered, Refusal> {
        let mut draft = LeadDraft::load(tx, self.lead).await?;
        if let Some(message) = &self.message {
            let said = draft.row.message.get_or_insert_default();
            if !said.contains(message.as_str()) {
                if !said.is_empty() {
                    said.push_str("\n\n");
                }
                said.push_str(message);
            }
        }
        if draft.row.contact_id.is_none() {
            draft.row.contact_id = self.contact;
        }
        draft.asked_again(scene);
        let to = format!("this open lead (came again from {})", self.source);
        draft.note(scene, LeadStep::Matched { to, because: self.because });
        let lead = draft.write(tx).await?;
        Ok(Entered { lead, entered_as: EnteredAs::Attached })
    }
}

impl New {
    async fn write(self, tx: &Tx, scene: &Scene) -> Result<Entered, Refusal> {
        if let Some(customer) = self.customer {
            crate::ops::customer::write_new(tx, scene, customer).await?;
        }
        if let Some(contact) = self.contact {
            crate::ops::contact::write_new(tx, scene, contact).await?;
        }
        search::index(tx, "lead", self.lead.id, &self.lead.title, &self.found_by).await?;
        let mut draft = LeadDraft::entering(self.lead)?;
        for step in self.steps {
            draft.note(scene, step);
        }
        draft.raise(scene, EventName::LeadCreated, &LeadFacts::entered());
        let lead = draft.insert(tx).await?;
        Ok(Entered { lead, entered_as: EnteredAs::New })
    }
}

fn lead(
    scene: &Scene,
    checked: &Checked,
    matched: &Matched,
    customer: &customer::Model,
    contact_id: Option<Uuid>,
) -> lead::Model {
    let facts = LeadFacts::entered();
    let territory_id = matching::locate(&scene.snapshot, customer, checked.product.as_deref());
    let title = checked.title.clone().unwrap_or_else(|| match &checked.product {
        Some(product) => format!("{}: {product}", customer.name),
        None => customer.name.clone(),
    });
    lead::Model {
        id: pact_core::id::random(),
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
        near_match_id: [&matched.open_lead, &matched.customer].into_iter().find_map(Match::near),
        external_key: checked.external_key.clone(),
        entered_by: scene.actor.kind().to_owned(),
    }
}

/// What the history says first: where the lead came from, and what it was matched to.
fn steps(checked: &Checked, matched: &Matched, customer: &customer::Model) -> Vec<LeadStep> {
    let mut steps = vec![LeadStep::Entered { source: checked.source.clone() }];
    match &matched.customer {
        Match::Same { because, .. } => {
            steps.push(LeadStep::Matched { to: format!("the customer {}", customer.name), because: because.clone() })
        }
        Match::Near { because, .. } => {
            let name = matched.near_customer.as_deref().unwrap_or("a known customer");
            steps.push(LeadStep::NearMatch { to: format!("the customer {name}"), because: because.clone() });
        }
        Match::New => {}
    }
    if let Match::Near { because, .. } = &matched.open_lead {
        let name = matched.near_lead.as_deref().unwrap_or("an open lead");
        steps.push(LeadStep::NearMatch { to: format!("the open lead \"{name}\""), because: because.clone() });
    }
    steps
}

fn customer(scene: &Scene, checked: &Checked) -> Result<customer::Model, Refusal> {
    let party = &checked.party;
    let name = party.customer_name().ok_or_else(nobody_asks)?;
    let mut row = customer::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        name_key: pact_core::matching::name_key(&name),
        name,
        domain: party.domain.clone(),
        phone: party.customer_phone.clone(),
        street: party.given.street.clone(),
        postcode: party.given.postcode.clone(),
        city: party.given.city.clone(),
        country: party.given.country.clone(),
        segment: party.given.segment.clone(),
        industry: party.given.industry.clone(),
        employees: party.given.employees,
        owner_id: None,
        territory_id: None,
        last_event_at: scene.now.millis(),
        merged_into_id: None,
        created_at: scene.now.millis(),
    };
    row.territory_id = matching::locate(&scene.snapshot, &row, None);
    Ok(row)
}

/// Neither customer nor contact is named.
fn nobody_asks() -> Refusal {
    Refusal::invalid(
        "customer.name",
        "Neither a customer nor a contact with a name or a company's e-mail address is given. Say at least who asks.",
    )
}

/// The new contact, when somebody is named.
fn contact(scene: &Scene, checked: &Checked, customer: Uuid) -> Option<contact::Model> {
    let given = checked.party.contact.as_ref()?;
    let name = given.name.clone().or_else(|| given.email.clone())?;
    Some(contact::Model {
        id: pact_core::id::random(),
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
    })
}
