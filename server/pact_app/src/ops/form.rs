//! Public web forms: keys that admins make, and leads that anybody sends with one.
//!
//! Whoever sends a form learns nothing from the answer but whether it could be read: not what is known, not whom it reaches, not that it was taken for
//! a machine's.

use std::num::NonZeroU32;
use std::time::Duration;

use pact_core::text::{NAME, WORD};
use pact_store::entity::form_key::{self, Column, Entity};
use pact_store::{AsJson, Ask, Page, Sort, StoreError, record};
use sea_orm::entity::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::guard::{maybe_text, same_revision, text};
use super::lead::{ContactGiven, CustomerGiven, EnterLead, enter_lead};
use crate::access::throttle::Limit;
use crate::access::{fresh_secret, hash_secret};
use crate::import::places;
use crate::list::sorts;
use crate::{Actor, App, Refusal};

/// What every form key starts with, so that it is not taken for a secret key.
pub const MARK: &str = "form_";
/// How many characters of a key are kept, so that people tell their keys apart.
const PREFIX_CHARS: usize = 8;
/// The most origins of one form.
pub const MAX_ORIGINS: usize = 20;
/// The longest origin, in characters.
const MAX_ORIGIN_CHARS: usize = 300;
/// The most form keys.
pub const MAX_FORM_KEYS: u64 = 500;

/// One form may be sent so often at once …
const FORM_BURST: NonZeroU32 = NonZeroU32::new(120).unwrap();
/// … and then once in this time.
const FORM_EVERY: Duration = Duration::from_secs(2);
/// The same for one form from one address; an office can share an address.
const SENDER_BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// The time for one more of these.
const SENDER_EVERY: Duration = Duration::from_secs(20);
/// The same for one address and any key, so that nobody tries keys.
const ADDRESS_BURST: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// The time for one more of these.
const ADDRESS_EVERY: Duration = Duration::from_secs(1);

/// How often forms may be sent.
pub(crate) struct FormLimits {
    form: Limit,
    sender: Limit,
    address: Limit,
}

impl Default for FormLimits {
    fn default() -> Self {
        Self {
            form: Limit::new(FORM_EVERY, FORM_BURST),
            sender: Limit::new(SENDER_EVERY, SENDER_BURST),
            address: Limit::new(ADDRESS_EVERY, ADDRESS_BURST),
        }
    }
}

/// A form key that is to be made.
#[derive(Clone, Debug)]
pub struct CreateFormKey {
    /// What form it is for.
    pub name: String,
    /// The source that its leads get.
    pub source: String,
    /// The product that its leads get, whatever the form says.
    pub product: Option<String>,
    /// Pages from which browsers may send it, such as `https://www.example.com`; none: all.
    pub allowed_origins: Vec<String>,
}

/// What is to be changed on a form key; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangeFormKey {
    /// The key's record.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// What form it is for.
    pub name: Option<String>,
    /// The source that its leads get.
    pub source: Option<String>,
    /// The product that its leads get.
    pub product: Option<Option<String>>,
    /// Pages from which browsers may send it.
    pub allowed_origins: Option<Vec<String>>,
    /// Whether it is good.
    pub active: Option<bool>,
}

/// What somebody wrote into a form.
#[derive(Clone, Debug, Default)]
pub struct SubmitForm {
    /// Their name.
    pub name: Option<String>,
    /// Their company.
    pub company: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their company's website.
    pub website: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country, by code or name.
    pub country: Option<String>,
    /// Language, by code or name.
    pub language: Option<String>,
    /// The product that they ask about.
    pub product: Option<String>,
    /// What they ask.
    pub message: Option<String>,
    /// A field that people do not see, so that what is in it was written by a machine.
    pub trap: Option<String>,
}

sorts! {
    /// The orders in which form keys are listed.
    By of form_key {
        CreatedAt = "created_at",
        Name = "name",
    }
}

/// The form keys.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_form_keys(app: &App, sort: Sort<By>, ask: &Ask) -> Result<Page<form_key::Model>, StoreError> {
    pact_store::list::page(app.store.read(), Entity::find(), Column::Id, sort, ask).await
}

/// Makes a form key; its text is returned here and nowhere else.
///
/// # Errors
/// Texts that cannot be taken, an origin that is none, or too many keys.
pub async fn create_form_key(
    app: &App,
    _actor: &Actor,
    command: CreateFormKey,
) -> Result<(form_key::Model, SecretString), Refusal> {
    let secret = fresh_secret()?;
    let key = SecretString::from(format!("{MARK}{}", secret.expose_secret()));
    let row = form_key::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        name: text(NAME, "name", &command.name)?,
        key_hash: hash_secret(&key).into(),
        prefix: secret.expose_secret().chars().take(PREFIX_CHARS).collect(),
        source: text(WORD, "source", &command.source)?,
        product: maybe_text(WORD, "product", command.product.as_deref())?,
        allowed_origins: AsJson(origins(&command.allowed_origins)?),
        active: true,
        created_at: app.clock.now().millis(),
    };
    let made = app
        .store
        .write(async move |tx| {
            if Entity::find().count(tx).await.map_err(StoreError::from)? >= MAX_FORM_KEYS {
                return Err(Refusal::NotNow {
                    why: format!("There are {MAX_FORM_KEYS} form keys already. Remove those that no page uses any more."),
                });
            }
            record::insert(tx, row.clone()).await?;
            Ok(row.clone())
        })
        .await?;
    Ok((made, key))
}

/// Changes a form key; its text stays.
///
/// # Errors
/// A revision that is not the present one, or values as [`create_form_key`] refuses them.
pub async fn change_form_key(app: &App, _actor: &Actor, command: ChangeFormKey) -> Result<form_key::Model, Refusal> {
    let name = command.name.as_deref().map(|given| text(NAME, "name", given)).transpose()?;
    let source = command.source.as_deref().map(|given| text(WORD, "source", given)).transpose()?;
    let product = command.product.as_ref().map(|given| maybe_text(WORD, "product", given.as_deref())).transpose()?;
    let allowed = command.allowed_origins.as_deref().map(origins).transpose()?;
    app.store
        .write(async move |tx| {
            let before = record::hold::<form_key::Model>(tx, command.id).await?;
            same_revision(&before, &command.revision)?;
            let mut after = before.clone();
            after.name = name.clone().unwrap_or(after.name);
            after.source = source.clone().unwrap_or(after.source);
            after.product = product.clone().unwrap_or(after.product);
            after.allowed_origins = allowed.clone().map_or(after.allowed_origins, AsJson);
            after.active = command.active.unwrap_or(after.active);
            Ok(record::save(tx, &before, after).await?)
        })
        .await
}

/// Removes a form key; pages that still use it are refused.
///
/// # Errors
/// A revision that is not the present one.
pub async fn delete_form_key(app: &App, _actor: &Actor, id: Uuid, revision: String) -> Result<(), Refusal> {
    app.store
        .write(async move |tx| {
            let before = record::hold::<form_key::Model>(tx, id).await?;
            same_revision(&before, &revision)?;
            Ok(record::remove(tx, &before).await?)
        })
        .await
}

/// The form that a key is for.
///
/// # Errors
/// Too many attempts from this address, or a key that is not good.
pub async fn form_of_key(app: &App, key: &str, address: &str) -> Result<form_key::Model, Refusal> {
    app.forms.address.attempt(address).map_err(|retry_after_s| Refusal::Throttled { retry_after_s })?;
    let unknown = Refusal::NotFound { what: "form" };
    if !key.starts_with(MARK) {
        return Err(unknown);
    }
    let hash = hash_secret(&key.to_owned().into());
    let found = Entity::find().filter(Column::KeyHash.eq(hash)).filter(Column::Active.eq(true)).one(app.store.read()).await;
    found.map_err(StoreError::from)?.ok_or(unknown)
}

/// Whether a page of this origin may send a form. Whoever sends no origin is no browser.
pub fn lets_in(form: &form_key::Model, origin: Option<&str>) -> bool {
    form.allowed_origins.is_empty()
        || origin.is_none_or(|origin| form.allowed_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)))
}

/// Enters what somebody wrote into a form. The answer is the same whether it is new, known, or a machine's.
///
/// # Errors
/// Too many in too short a time, a page that may not send it, or texts that cannot be taken.
pub async fn submit_form(
    app: &App,
    form: &form_key::Model,
    origin: Option<&str>,
    address: &str,
    said: SubmitForm,
) -> Result<(), Refusal> {
    let throttled = |retry_after_s| Refusal::Throttled { retry_after_s };
    app.forms.sender.attempt(&format!("{}\n{address}", form.id)).map_err(throttled)?;
    app.forms.form.attempt(&form.id.to_string()).map_err(throttled)?;
    if !lets_in(form, origin) {
        return Err(Refusal::forbidden(
            "Pages of this origin may not send this form. An admin adds the origin to the form's key.",
        ));
    }
    if said.trap.as_deref().is_some_and(|trap| !trap.trim().is_empty()) {
        tracing::info!(form = %form.id, "a form was filled in by a machine and thrown away");
        return Ok(());
    }
    let command = lead_of(form, said)?;
    let actor = Actor::Form { id: form.id, source: form.source.clone() };
    enter_lead(app, &actor, command).await.map(drop).map_err(in_words_of_the_form)
}

fn lead_of(form: &form_key::Model, said: SubmitForm) -> Result<EnterLead, Refusal> {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let word = |field: &str, given: Option<String>, read: fn(&str) -> Option<String>, example: &str| match filled(given) {
        None => Ok(None),
        Some(given) => match read(&given) {
            Some(code) => Ok(Some(code)),
            None => Err(Refusal::invalid(field, format!("it is none that is known. Write two letters, such as {example}."))),
        },
    };
    Ok(EnterLead {
        source: form.source.clone(),
        product: form.product.clone().or(filled(said.product)),
        message: filled(said.message),
        customer: CustomerGiven {
            name: filled(said.company),
            website: filled(said.website),
            street: filled(said.street),
            postcode: filled(said.postcode),
            city: filled(said.city),
            country: word("country", said.country, places::country, "NL")?,
            ..CustomerGiven::default()
        },
        contact: Some(ContactGiven {
            name: filled(said.name),
            email: filled(said.email),
            phone: filled(said.phone),
            language: word("language", said.language, places::language, "nl")?,
            ..ContactGiven::default()
        }),
        ..EnterLead::default()
    })
}

/// A refusal with the names that fields have in forms, and nothing about what is known.
fn in_words_of_the_form(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid { field, why } => {
            let field = match field.as_str() {
                "customer.name" => "company",
                other => other.trim_start_matches("customer.").trim_start_matches("contact."),
            };
            Refusal::Invalid { field: field.to_owned(), why }
        }
        // Somebody changed what it was matched with at the same moment: the same request works again.
        Refusal::Stale { .. } | Refusal::NotFound { .. } | Refusal::Duplicate { .. } | Refusal::Lead(_) => Refusal::Busy,
        other @ (Refusal::Forbidden { .. }
        | Refusal::Unauthenticated { .. }
        | Refusal::Throttled { .. }
        | Refusal::NotNow { .. }
        | Refusal::Unconfirmed { .. }
        | Refusal::KeyReused
        | Refusal::Values { .. }
        | Refusal::Consent { .. }
        | Refusal::Busy
        | Refusal::Policy { .. }
        | Refusal::Defect(_)
        | Refusal::Store(_)) => other,
    }
}

/// Origins as browsers write them: scheme, host and a port that is not the usual one.
fn origins(given: &[String]) -> Result<Vec<String>, Refusal> {
    if given.len() > MAX_ORIGINS {
        return Err(Refusal::invalid("allowed_origins", format!("a form has {MAX_ORIGINS} origins at most.")));
    }
    let mut origins = given
        .iter()
        .enumerate()
        .map(|(at, text)| {
            origin(text).ok_or_else(|| {
                let why = "this is no origin. Write scheme and host, such as https://www.example.com, without a path.";
                Refusal::invalid(format!("allowed_origins[{at}]"), why)
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    origins.sort_unstable();
    origins.dedup();
    Ok(origins)
}

fn origin(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let (scheme, host) = text.split_once("://")?;
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let host = host.strip_suffix(usual).unwrap_or(host);
    let fits = !host.is_empty() && host.chars().all(is_host) && text.len() <= MAX_ORIGIN_CHARS;
    fits.then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        let cases = [
            ("https://www.Example.com/", Some("https://www.example.com")),
            ("https://example.com:443", Some("https://example.com")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("https://example.com/path", None),
            ("example.com", None),
            ("ftp://example.com", None),
            ("https://user@example.com", None),
            ("https://", None),
            ("*", None),
            ("null", None),
        ];
        for (given, wanted) in cases {
            assert_eq!(origin(given).as_deref(), wanted, "{given}");
        }
    }
}
