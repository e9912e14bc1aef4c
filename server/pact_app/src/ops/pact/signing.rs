//! Signatures under a version, given and taken back.

use pact_core::pact::Settings;
use pact_evidence::{Hash, PolicyAct};
use pact_store::entity::pact_signature;
use pact_store::pact as store;
use uuid::Uuid;

use super::{Document, Status, Version, force, in_force, number, shown, status};
use crate::app::Held;
use crate::evidence::Recording;
use crate::{App, Caller, Refusal};

/// Signs a version as oneself, by the hash of what was read; with the signatures that it lacked, it begins to wait or comes into force.
///
/// # Errors
/// A version that was replaced, or the hash of another text.
pub async fn sign(app: &App, caller: &Caller, number: i64, read: Hash) -> Result<Version, Refusal> {
    change(app, caller, number, Some(read)).await
}

/// Withdraws one's signature. A version that is in force stays so: weakening or ending it takes another version.
///
/// # Errors
/// A version that there is not.
pub async fn withdraw(app: &App, caller: &Caller, number: i64) -> Result<Version, Refusal> {
    change(app, caller, number, None).await
}

async fn change(app: &App, caller: &Caller, of: i64, signs: Option<Hash>) -> Result<Version, Refusal> {
    let (now, by) = (app.clock.now(), caller.clone());
    let row = app
        .change(Held::Organisation, async move |tx| {
            store::hold(tx).await?;
            let row = store::version(tx, of).await?.ok_or(Refusal::NotFound { what: "version of the pact" })?;
            let hash = Document::stored(&row)?.hash();
            if signs.is_some_and(|read| read != hash) {
                let why = "this is not the hash of that version. Read it again, and sign what it says now.";
                return Err(Refusal::invalid("document", why));
            }
            if signs.is_some() && status(tx, &row, now).await? == Status::Replaced {
                return Err(Refusal::NotNow {
                    why: "A later version took the place of this one. Read and sign that one.".into(),
                });
            }
            let known = store::signature(tx, row.id, by.person_id).await?.filter(|known| known.withdrawn_at.is_none());
            if known.is_some() == signs.is_some() {
                return Ok(row);
            }
            let before = in_force(tx).await?.settings;
            let signers = if before.names_nobody() { Document::stored(&row)?.settings } else { before };
            let signs_for = side(&signers, by.person_id).to_owned();
            let signature = pact_signature::Model {
                version_id: row.id,
                person_id: by.person_id,
                document: hash.to_string(),
                signed_at: known.map_or(now.millis(), |known| known.signed_at),
                withdrawn_at: signs.is_none().then_some(now.millis()),
            };
            store::keep_signature(tx, signature).await?;
            let version = number(&row);
            let act = match signs {
                Some(document) => PolicyAct::PactSigned { version, document, signs_for },
                None => PolicyAct::PactSignatureWithdrawn { version, signs_for },
            };
            Recording::by_person(by.person_id, Some(by.role), now)?.write(tx, act).await?;
            force::settle(tx, row, now).await
        })
        .await?;
    shown(app, row, caller.person_id).await
}

/// For whom a person signs, by the settings that say who does.
fn side(settings: &Settings, person: Uuid) -> &'static str {
    if settings.representatives.contains(&person) {
        "staff"
    } else if settings.management.contains(&person) {
        "management"
    } else {
        "own"
    }
}
