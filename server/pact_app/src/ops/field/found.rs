//! Search in custom fields: which fields a reader searches, and the words of values that nobody has looked at yet.
//!
//! The words of a value are written with the value, and the database keeps the index. What is searched is said by the reader's role when they ask, so a
//! field that is removed, restored or shown to other roles is searched accordingly from that moment on.

use pact_core::role::Role;
use pact_store::Tx;
use uuid::Uuid;

use crate::{App, Refusal, fields};

/// Types whose values are texts that somebody wrote, or that a formula gave.
const SEARCHED: [&str; 3] = ["text", "long_text", "formula"];
/// Values that are looked at in one transaction.
const VALUES_AT_ONCE: u64 = 1_000;
/// Transactions of one look.
const LOOKS: usize = 10;

/// The fields on these kinds of records in which somebody with this role searches. None in which scripts store what tells of acts is among them: a search for
/// somebody's name would list what that person did.
pub(crate) async fn searched_fields(app: &App, role: Role, kinds: &[&str]) -> Result<Vec<Uuid>, Refusal> {
    let all = pact_store::field::all(app.store.read()).await?;
    let searched = all.iter().filter(|field| {
        kinds.contains(&field.on_record.as_str())
            && SEARCHED.contains(&field.field_type.as_str())
            && !field.acts
            && fields::reads(field, role)
    });
    Ok(searched.map(|field| field.id).collect())
}

/// Looks at values that are older than the index, or that an older release wrote, so that search finds them.
///
/// # Errors
/// A store that does not answer.
pub async fn look_at_words(app: &App) -> Result<(), Refusal> {
    for _ in 0..LOOKS {
        let values = pact_store::field::values_without_words(app.store.read(), VALUES_AT_ONCE).await?;
        if values.is_empty() {
            return Ok(());
        }
        let look = async move |tx: &Tx| {
            for value in &values {
                let words = value.text_value.as_deref().and_then(fields::decode).map(|value| fields::words(&value));
                pact_store::field::note_words(tx, value, &words.unwrap_or_default()).await?;
            }
            Ok::<_, Refusal>(())
        };
        app.store.write(look).await?;
    }
    Ok(())
}
