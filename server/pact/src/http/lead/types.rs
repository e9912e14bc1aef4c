//! Leads on the wire.

use chrono::NaiveDate;
use pact_app::ops::lead as ops;
use pact_app::ops::lead::{ChangeLead, ContactGiven, CustomerGiven, EnterLead, Entered, EnteredAs};
use pact_app::{App, Refusal};
use pact_core::time::Instant;
use pact_store::entity::{lead, lead_event, push};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::amount::Amount;
use crate::http::change;
use crate::http::etag::Tagged;
use crate::http::problem::Problem;

/// A possible sale.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5", "title": "Globex: heat-pump", "source": "web form", "product": "heat-pump",
    "state": "offered", "stage": "enquiry", "value": {"amount": "12000.00", "currency": "EUR"},
    "customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "contact_id": null, "owner_id": null, "territory_id": null,
    "highlighted": false, "highlight_reason": null, "expected_on": "2027-03-01", "message": "We want to replace two boilers.",
    "created_at": "2026-11-24T10:10:00.000Z", "closed_at": null, "lost_reason": null, "near_match_id": null,
    "merged_into_id": null, "open_push": null
}))]
pub struct Lead {
    /// Its id.
    id: Uuid,
    /// What it is about.
    title: String,
    /// Where it came from.
    source: String,
    /// The product that the customer asks about.
    product: Option<String>,
    /// Where it stands: `waiting`, `offered`, `owned`, `won` or `lost`.
    state: String,
    /// How far the sale is: `enquiry`, `talks`, `offer` or `contract`.
    stage: String,
    /// What the sale is expected to be worth.
    value: Option<Amount>,
    /// The customer.
    customer_id: Uuid,
    /// The contact who asked.
    contact_id: Option<Uuid>,
    /// The person who owns it.
    owner_id: Option<Uuid>,
    /// The territory whose rules it matches.
    territory_id: Option<Uuid>,
    /// Whether automation shows it now; null in a list of another person's leads.
    highlighted: Option<bool>,
    /// Why it is shown.
    highlight_reason: Option<String>,
    /// The day on which the sale is expected.
    expected_on: Option<String>,
    /// What the customer wrote.
    message: Option<String>,
    /// When it entered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it was won or lost.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Instant>,
    /// Why it was lost.
    lost_reason: Option<String>,
    /// The lead or customer that it looks like, offered for merging.
    near_match_id: Option<Uuid>,
    /// The lead into which it was merged.
    merged_into_id: Option<Uuid>,
    /// The push that awaits an answer; only where one lead is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open_push: Option<Push>,
}

/// One offer of a lead to one person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "c7e1b7de-7f3d-46a5-8f43-5c1f3c6d3f11", "lead_id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5",
    "person_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b", "reason": "Globex is in Benelux.", "answer": "waiting", "answer_reason": null,
    "pushed_at": "2026-11-24T10:10:00.000Z", "answer_by": "2026-11-24T14:10:00.000Z"
}))]
pub struct Push {
    /// Its id.
    id: Uuid,
    /// The lead.
    lead_id: Uuid,
    /// To whom.
    person_id: Uuid,
    /// Why this person.
    reason: String,
    /// What became of it: `waiting`, `accepted`, `declined`, `expired` or `withdrawn`.
    answer: String,
    /// The reason given with the answer.
    answer_reason: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pushed_at: Instant,
    /// Until when an answer is awaited.
    #[schema(value_type = String, format = DateTime)]
    answer_by: Instant,
}

/// One step in a lead's history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa", "what": "declined", "text": "Declined by Bo Lind: conflict of interest.",
    "at": "2026-11-24T11:02:00.000Z"
}))]
pub struct HistoryStep {
    /// Its id.
    id: Uuid,
    /// What happened, as one word.
    what: String,
    /// What happened, as one sentence.
    text: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
}

/// A lead that came in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"entered_as": "new", "lead": {"id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5", "title": "Globex: heat-pump", "state": "waiting"}}))]
pub(super) struct LeadEntered {
    /// `new`, or `attached` when it is the same as an open lead.
    entered_as: String,
    /// The lead.
    lead: Lead,
}

/// A lead that is to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "source": "trade fair", "product": "heat-pump", "message": "We want to replace two boilers before winter.",
    "customer": {"name": "Globex B.V.", "website": "globex.example", "postcode": "3511 AB", "city": "Utrecht", "country": "NL"},
    "contact": {"name": "Femke de Boer", "email": "femke@globex.example", "language": "nl"},
    "value": {"amount": "12000.00", "currency": "EUR"}
}))]
pub(super) struct NewLead {
    /// What it is about; made from customer and product when it is left out.
    #[schema(max_length = 200)]
    title: Option<String>,
    /// Where it comes from.
    #[schema(min_length = 1, max_length = 80)]
    source: String,
    /// The product that the customer asks about.
    #[schema(max_length = 80)]
    product: Option<String>,
    /// What the customer wrote.
    #[schema(max_length = 20000)]
    message: Option<String>,
    /// What the sale may be worth.
    value: Option<Amount>,
    /// The day on which the sale is expected.
    expected_on: Option<NaiveDate>,
    /// The customer, as far as it is known.
    #[serde(default)]
    customer: CustomerNamed,
    /// The contact who asks.
    contact: Option<ContactNamed>,
    /// The key of another system: entering the same key again attaches.
    #[schema(max_length = 200)]
    external_key: Option<String>,
}

/// A customer as somebody names it: by id, or by what is known of it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Globex B.V.", "country": "NL"}))]
pub struct CustomerNamed {
    /// The customer's id.
    id: Option<Uuid>,
    /// Its name.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Its web address.
    #[schema(max_length = 300)]
    website: Option<String>,
    /// Its telephone number.
    #[schema(max_length = 80)]
    phone: Option<String>,
    /// Street and number.
    #[schema(max_length = 300)]
    street: Option<String>,
    /// Postcode.
    #[schema(max_length = 80)]
    postcode: Option<String>,
    /// City.
    #[schema(max_length = 300)]
    city: Option<String>,
    /// Country, as an ISO 3166 code of two letters.
    #[schema(min_length = 2, max_length = 2)]
    country: Option<String>,
    /// Segment.
    #[schema(max_length = 80)]
    segment: Option<String>,
    /// Industry.
    #[schema(max_length = 80)]
    industry: Option<String>,
    /// Employees of the customer.
    #[schema(minimum = 0)]
    employees: Option<i64>,
}

/// A contact as somebody names them: by id, or by what is known of them.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"name": "Femke de Boer", "email": "femke@globex.example"}))]
pub struct ContactNamed {
    /// The contact's id.
    id: Option<Uuid>,
    /// The name.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// What they do at the customer.
    #[schema(max_length = 80)]
    title: Option<String>,
    /// E-mail address.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Telephone number.
    #[schema(max_length = 80)]
    phone: Option<String>,
    /// Language, as an ISO 639 code of two letters.
    #[schema(max_length = 8)]
    language: Option<String>,
}

/// What is to be corrected on a lead: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Globex: two heat pumps", "value": {"amount": "24000.00", "currency": "EUR"}}))]
pub(super) struct LeadChange {
    /// What it is about.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    title: Option<String>,
    /// The product.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    product: Option<Option<String>>,
    /// What the sale is expected to be worth.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Amount>)]
    value: Option<Option<Amount>>,
    /// The day on which the sale is expected.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<NaiveDate>)]
    expected_on: Option<Option<NaiveDate>>,
    /// The contact who asks.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    contact_id: Option<Option<Uuid>>,
}

/// What a list of leads is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LeadFilter {
    /// Only in this state.
    state: Option<String>,
    /// Only in this stage.
    stage: Option<String>,
    /// Only from this source.
    source: Option<String>,
    /// Only about this product.
    product: Option<String>,
    /// Only owned by this person.
    owner_id: Option<Uuid>,
    /// Only of this customer.
    customer_id: Option<Uuid>,
    /// Only in this territory, or below it.
    territory_id: Option<Uuid>,
    /// Only shown by automation now, or only not.
    highlighted: Option<bool>,
}

/// Nothing narrows a lead's pushes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PushFilter {}

/// Nothing narrows your own pushes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OwnPushFilter {}

/// Nothing narrows a history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryFilter {}

impl Lead {
    /// The same without what automation shows: a list of one person's leads with it would be a count of their quiet ones (policy §2).
    pub(super) fn without_quiet(self) -> Self {
        Self { highlighted: None, highlight_reason: None, ..self }
    }
}

impl LeadFilter {
    /// The store's filter. How many of one person's leads are quiet would say how busy that person was: one's own only.
    pub(super) fn read(&self, app: &App, caller: Uuid) -> Result<ops::LeadFilter, Problem> {
        if self.highlighted.is_some() && self.owner_id.is_some_and(|owner| owner != caller) {
            return Err(Problem::parameter(
                "owner_id",
                "leads of another person cannot be chosen by what automation shows: that would measure the person. Leave one of them out.",
            ));
        }
        Ok(ops::LeadFilter {
            states: self.state.iter().cloned().collect(),
            stage: self.stage.clone(),
            source: self.source.clone(),
            product: self.product.clone(),
            owner: self.owner_id,
            customer: self.customer_id,
            territories: self
                .territory_id
                .map(|id| app.organisation().territories.with_descendants(id))
                .into_iter()
                .flatten()
                .collect(),
            highlighted: self.highlighted,
            ..ops::LeadFilter::default()
        })
    }

    /// Whether the list is that of another person.
    pub(super) fn of_another(&self, caller: Uuid) -> bool {
        self.owner_id.is_some_and(|owner| owner != caller)
    }
}

impl NewLead {
    pub(super) fn read(self) -> Result<EnterLead, Problem> {
        self.customer.fits()?;
        self.contact.as_ref().map_or(Ok(()), ContactNamed::fits)?;
        Ok(EnterLead {
            title: self.title,
            source: self.source,
            product: self.product,
            message: self.message,
            value: self.value.map(|value| value.read("value")).transpose()?,
            expected_on: self.expected_on,
            customer: self.customer.into(),
            contact: self.contact.map(Into::into),
            external_key: self.external_key,
            bulk: false,
        })
    }
}

// What cannot be understood in these is left out, as in an import; what is longer than the description says is refused.
impl CustomerNamed {
    fn fits(&self) -> Result<(), Problem> {
        no_longer("customer.phone", self.phone.as_deref(), 80)?;
        no_longer("customer.website", self.website.as_deref(), 300)?;
        match self.employees {
            Some(..0) => {
                Err(Refusal::invalid("customer.employees", "it is less than 0. Leave it out if it is not known.").into())
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl ContactNamed {
    fn fits(&self) -> Result<(), Problem> {
        no_longer("contact.phone", self.phone.as_deref(), 80)?;
        no_longer("contact.email", self.email.as_deref(), 254)?;
        no_longer("contact.language", self.language.as_deref(), 8)
    }
}

fn no_longer(field: &str, text: Option<&str>, chars: usize) -> Result<(), Problem> {
    match text {
        Some(text) if text.chars().count() > chars => {
            Err(Refusal::invalid(field, format!("it is longer than {chars} characters. Shorten it.")).into())
        }
        Some(_) | None => Ok(()),
    }
}

impl LeadChange {
    pub(super) fn read(self) -> Result<ChangeLead, Problem> {
        let value = match self.value {
            None => None,
            Some(None) => Some(None),
            Some(Some(value)) => Some(Some(value.read("value")?)),
        };
        Ok(ChangeLead {
            title: self.title,
            product: self.product,
            value,
            expected_on: self.expected_on,
            contact: self.contact_id,
            ..ChangeLead::default()
        })
    }
}

impl From<CustomerNamed> for CustomerGiven {
    fn from(named: CustomerNamed) -> Self {
        let CustomerNamed { id, name, website, phone, street, postcode, city, country, segment, industry, employees } = named;
        Self { id, name, website, phone, street, postcode, city, country, segment, industry, employees }
    }
}

impl From<ContactNamed> for ContactGiven {
    fn from(named: ContactNamed) -> Self {
        let ContactNamed { id, name, title, email, phone, language } = named;
        Self { id, name, title, email, phone, language }
    }
}

impl From<lead::Model> for Lead {
    fn from(row: lead::Model) -> Self {
        Self {
            value: ops::value_of(&row).map(Amount::from),
            id: row.id,
            title: row.title,
            source: row.source,
            product: row.product,
            state: row.state,
            stage: row.stage,
            customer_id: row.customer_id,
            contact_id: row.contact_id,
            owner_id: row.owner_id,
            territory_id: row.territory_id,
            highlighted: Some(row.highlighted),
            highlight_reason: row.highlight_reason,
            expected_on: row.expected_on,
            message: row.message,
            created_at: Instant::from_millis(row.created_at),
            closed_at: row.closed_at.map(Instant::from_millis),
            lost_reason: row.lost_reason,
            near_match_id: row.near_match_id,
            merged_into_id: row.merged_into_id,
            open_push: None,
        }
    }
}

impl From<lead::Model> for Tagged<Lead> {
    fn from(row: lead::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

impl From<push::Model> for Push {
    fn from(row: push::Model) -> Self {
        Self {
            id: row.id,
            lead_id: row.lead_id,
            person_id: row.person_id,
            reason: row.reason,
            answer: row.answer,
            answer_reason: row.answer_reason,
            pushed_at: Instant::from_millis(row.pushed_at),
            answer_by: Instant::from_millis(row.answer_by_at),
        }
    }
}

impl From<lead_event::Model> for HistoryStep {
    fn from(row: lead_event::Model) -> Self {
        Self { id: row.id, what: row.what, text: row.text, at: Instant::from_millis(row.at) }
    }
}

impl From<Entered> for LeadEntered {
    fn from(entered: Entered) -> Self {
        let entered_as = match entered.entered_as {
            EnteredAs::New => "new",
            EnteredAs::Attached => "attached",
        };
        Self { entered_as: entered_as.to_owned(), lead: entered.lead.into() }
    }
}
