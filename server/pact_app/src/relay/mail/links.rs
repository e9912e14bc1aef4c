//! Links in mail: into PACT, and those that act without sign-in.
//!
//! Templates put them into HTML as they are: a configured address was read as a URL, and what is added to it is made of letters, digits, `-`, `_` and `/`.

use pact_core::time::Instant;
use pact_policy::table::Kind;
use uuid::Uuid;

use super::letter::{Letter, Template};
use crate::access::LinkKey;
use crate::access::link::{Link, Purpose};
use crate::{App, Refusal};

/// What a client posts to end mail with one click (RFC 8058).
pub(crate) const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// Where links lead, and the key that signs them; nothing where the server does not know its own address.
#[derive(Clone, Default)]
pub(super) struct Links(Option<(String, LinkKey)>);

/// The path of a record's page, without the server's address; none for what has no page.
pub fn record_path(kind: Kind, id: Uuid) -> Option<String> {
    let nouns = match kind {
        Kind::Lead => "leads",
        Kind::Customer => "customers",
        Kind::Contact => "contacts",
        Kind::Card => "cards",
        Kind::Plan => "plans",
        Kind::Request => "requests",
        Kind::Pack => "packs",
        Kind::Goal => "goals",
        Kind::Push | Kind::LeadEvent | Kind::Person | Kind::Team | Kind::Territory | Kind::Period | Kind::Act => return None,
    };
    Some(format!("/at/{nouns}/{id}"))
}

impl Links {
    /// The links of this server.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(super) async fn of(app: &App) -> Result<Self, Refusal> {
        match &app.outgoing.public_url {
            Some(base) => Ok(Self(Some((base.clone(), app.access.link_key(app).await?.clone())))),
            None => Ok(Self(None)),
        }
    }

    #[cfg(test)]
    pub(super) fn new(base: &str, key: LinkKey) -> Self {
        Self(Some((base.to_owned(), key)))
    }

    /// Where a record is opened.
    pub(super) fn to_record(&self, record: Option<(Kind, Uuid)>) -> Option<String> {
        let ((base, _), (kind, id)) = (self.0.as_ref()?, record?);
        Some(format!("{base}{}", record_path(kind, id)?))
    }

    /// Where a push is accepted or declined.
    pub(super) fn to_answer(
        &self,
        purpose: Purpose,
        push: Uuid,
        letter: &Letter,
        until: Instant,
    ) -> Result<Option<String>, Refusal> {
        let (Some((base, key)), Some(person)) = (&self.0, letter.person) else { return Ok(None) };
        let text = key.sign(&Link { purpose, record: push, person, ends_at: Some(until) })?;
        Ok(Some(format!("{base}/mail/pushes/{text}")))
    }

    /// Where mail like this is ended; nothing for mail that nobody can end: what a script tells, and a test.
    pub(super) fn end_of(&self, letter: &Letter) -> Result<Option<String>, Refusal> {
        let purpose = match letter.template {
            Template::Digest => Purpose::EndDigests,
            Template::Push => Purpose::EndPushes,
            Template::Notice | Template::Report | Template::Test => return Ok(None),
        };
        let (Some((base, key)), Some(person)) = (&self.0, letter.person) else { return Ok(None) };
        let text = key.sign(&Link { purpose, record: person, person, ends_at: None })?;
        Ok(Some(format!("{base}/mail/end/{text}")))
    }
}
