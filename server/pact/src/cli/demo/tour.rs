//! The tour: leads come in, are matched and pushed; one is accepted, one is declined and goes to the next.

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::client::Client;
use super::company::{Demo, Open};
use super::doors::{FormFields, WebForm, send_file};
use super::followed::{Followed, UNTIL_PUSHED};
use super::voice::Voice;

/// The leads of the tour.
const FRESH: &str = include_str!("fresh.toml");
/// Why the tour declines a lead.
const DECLINED_BECAUSE: &str = "conflict of interest: my sister works there";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fresh {
    form: Vec<Form>,
    list: List,
}

/// What somebody writes into a web form.
#[derive(Deserialize)]
struct Form {
    headline: String,
    /// A contact of this country, who is known already, fills it in.
    known_in: Option<String>,
    #[serde(flatten)]
    fields: FormFields,
}

/// A file of leads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    headline: String,
    source: String,
    file: String,
    content: String,
}

/// Shows the whole tour; returns a lead that is still offered to somebody.
pub(super) async fn show(admin: &Client, demo: &Demo, voice: &Voice) -> anyhow::Result<Option<Open>> {
    let fresh: Fresh = toml::from_str(FRESH).context("the demo's leads cannot be read")?;
    let mut website = WebForm::open(admin).await?;
    let mut leads = Vec::new();
    for form in fresh.form {
        voice.chapter(&form.headline);
        let fields = match &form.known_in {
            Some(country) => known_contact(admin, country, form.fields).await?,
            None => form.fields,
        };
        voice.quote(&fields.who(), &fields.message);
        let Some(lead) = website.send(&fields).await? else {
            voice.say("An open lead asks the same, so this is attached to it.");
            continue;
        };
        let mut lead = Followed::new(admin, lead).await?;
        lead.tell(voice, UNTIL_PUSHED).await?;
        leads.push(lead);
    }
    leads.extend(list(admin, &fresh.list, voice).await?);
    answer(admin, demo, &mut leads, voice).await?;
    for lead in &leads {
        if let Some(person) = lead.offered_to().await? {
            return Ok(Some(Open { lead: lead.id, title: lead.title.clone(), person }));
        }
    }
    Ok(None)
}

/// One person accepts, another declines, and the next person gets it.
async fn answer(admin: &Client, demo: &Demo, leads: &mut [Followed], voice: &Voice) -> anyhow::Result<()> {
    let mut offered = Vec::new();
    for (at, lead) in leads.iter().enumerate() {
        if let Some(person) = lead.offered_to().await? {
            offered.push((at, person));
        }
    }
    let mut offered = offered.into_iter();
    let anybody = admin.signed_out();
    if let Some((at, person)) = offered.next() {
        let (lead, person) = (&mut leads[at], demo.person(person)?);
        voice.chapter(&format!("{} accepts \"{}\"", person.name, lead.title));
        let client = anybody.sign_in(&person.email, &demo.password).await?;
        client.post(&format!("/api/v1/leads/{}/accept", lead.id), &serde_json::json!({})).await?;
        lead.tell(voice, |lead| lead["state"] == "owned").await?;
    }
    if let Some((at, person)) = offered.next() {
        let (lead, person) = (&mut leads[at], demo.person(person)?);
        voice.chapter(&format!("{} declines \"{}\", and the next person gets it", person.name, lead.title));
        let client = anybody.sign_in(&person.email, &demo.password).await?;
        let because = serde_json::json!({"because": DECLINED_BECAUSE});
        client.post(&format!("/api/v1/leads/{}/decline", lead.id), &because).await?;
        let before = person.id.to_string();
        lead.tell(voice, |lead| lead["open_push"]["person_id"].as_str().is_some_and(|now| now != before)).await?;
        if let Some(next) = lead.offered_to().await? {
            let next = demo.person(next)?;
            let client = anybody.sign_in(&next.email, &demo.password).await?;
            client.post(&format!("/api/v1/leads/{}/accept", lead.id), &serde_json::json!({})).await?;
            lead.tell(voice, |lead| lead["state"] == "owned").await?;
        }
    }
    Ok(())
}

/// A file comes in; each of its leads is pushed like any other.
async fn list(admin: &Client, list: &List, voice: &Voice) -> anyhow::Result<Vec<Followed>> {
    voice.chapter(&list.headline);
    voice.quote(&list.file, list.content.trim_start().lines().next().unwrap_or_default());
    let report = send_file(admin, &list.source, &list.file, list.content.trim_start()).await?;
    for sentence in &report.said {
        voice.say(sentence);
    }
    for refused in &report.refused {
        voice.step("refused", refused, None);
    }
    let mut leads = Vec::new();
    for id in report.leads {
        let mut lead = Followed::new(admin, id).await?;
        voice.named(&lead.title);
        lead.tell(voice, UNTIL_PUSHED).await?;
        leads.push(lead);
    }
    Ok(leads)
}

/// The fields as a contact of a known customer would fill them in: one of that country who has not asked about this product.
async fn known_contact(admin: &Client, country: &str, fields: FormFields) -> anyhow::Result<FormFields> {
    let customers = admin.get(&format!("/api/v1/customers?country={country}&limit=50")).await?;
    for customer in items(&customers) {
        let id = text(customer, "id");
        let leads = admin.get(&format!("/api/v1/leads?customer_id={id}")).await?;
        let contacts = admin.get(&format!("/api/v1/contacts?customer_id={id}")).await?;
        let free = items(&leads).iter().all(|lead| matches!(lead["state"].as_str(), Some("won" | "lost")));
        let contact = items(&contacts).iter().find(|contact| contact["email"].is_string());
        if let (true, Some(contact)) = (free, contact) {
            return Ok(FormFields {
                company: text(customer, "name"),
                city: text(customer, "city"),
                name: text(contact, "name"),
                email: text(contact, "email"),
                ..fields
            });
        }
    }
    anyhow::bail!("the demo knows no customer in {country} without an open lead")
}

/// The records of a page.
pub(super) fn items(page: &Value) -> &[Value] {
    page["items"].as_array().map_or(&[], Vec::as_slice)
}

/// A text of a record, empty when it has none.
pub(super) fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_default().to_owned()
}

/// An id of a record.
pub(super) fn id_of(record: &Value) -> anyhow::Result<Uuid> {
    record["id"].as_str().and_then(|id| id.parse().ok()).context("a record has no id")
}
