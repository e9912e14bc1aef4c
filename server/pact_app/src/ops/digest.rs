//! Digests as their person reads them: nobody else does, and nobody counts whether they do.

use pact_store::digest::By;
use pact_store::entity::digest;
use pact_store::{Ask, Page, Sort};
use uuid::Uuid;

use crate::{App, Caller, Refusal};

/// The caller's digests, a page at a time.
///
/// # Errors
/// A cursor of another list, or a store that does not answer.
pub async fn list_digests(app: &App, caller: &Caller, sort: Sort<By>, ask: &Ask) -> Result<Page<digest::Model>, Refusal> {
    Ok(pact_store::digest::of_person(app.store.read(), caller.person_id, sort, ask).await?)
}

/// One of the caller's digests.
///
/// # Errors
/// There is none of theirs with this id.
pub async fn read_digest(app: &App, caller: &Caller, id: Uuid) -> Result<digest::Model, Refusal> {
    Ok(pact_store::digest::own(app.store.read(), caller.person_id, id).await?)
}
