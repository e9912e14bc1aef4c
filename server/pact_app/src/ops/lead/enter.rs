//! A lead enters: it is matched against what is known, and written with what is new, in one transaction.

use pact_core::money::Money;
use pact_core::text::{NAME, OPTIONAL_TEXT, TITLE, WORD};
use pact_store::entity::lead;
use uuid::Uuid;

use super::Scene;
use super::entrance::come_in;
use crate::events::Lane;
use crate::matching::{self, Asked, Party};
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
    pub(super) title: Option<String>,
    pub(super) source: String,
    pub(super) product: Option<String>,
    pub(super) message: Option<String>,
    pub(super) value: Option<Money>,
    pub(super) expected_on: Option<String>,
    pub(super) external_key: Option<String>,
    pub(super) lane: Lane,
    pub(super) party: Party,
}

impl Checked {
    /// What it shares with leads that may be the same or like it: the party's keys, the key from outside, the first word of the name. Leads that share one
    /// enter one after the other.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        let first_word = self.party.name_key.split(' ').next().filter(|word| !word.is_empty());
        let more = [self.external_key.as_ref().map(|key| format!("key:{key}")), first_word.map(|word| format!("like:{word}"))];
        self.party.keys().map(str::to_owned).chain(more.into_iter().flatten())
    }

    /// What of it is matched.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { party: &self.party, product: self.product.as_deref(), external_key: self.external_key.as_deref() }
    }
}

/// Enters a lead: matches customer, contact and open leads, and writes what is new.
///
/// # Errors
/// Values that cannot be taken, ids without a record, or a store that does not answer.
pub async fn enter_lead(app: &App, actor: &Actor, command: EnterLead) -> Result<Entered, Refusal> {
    let checked = check(app, command)?;
    let scene = Scene { lane: checked.lane, ..app.scene(actor) };
    come_in(app, scene, checked).await
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
