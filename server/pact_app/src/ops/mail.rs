//! What mail a person wants: they say it themselves, signed in or by the link that each such mail brings along.

use pact_store::entity::mail_setting;
use uuid::Uuid;

use crate::access::link::{Link, Purpose};
use crate::app::Held;
use crate::texts::Texts;
use crate::{App, Caller, Refusal};

/// A link that ends mail, and the words for the page that it opens.
#[derive(Clone, Copy, Debug)]
pub struct EndOfMail {
    /// Which mail it ends.
    pub purpose: Purpose,
    /// Whose.
    pub person: Uuid,
    /// The words in the person's language.
    pub texts: Texts,
}

/// What mail the caller wants.
///
/// # Errors
/// A store that does not answer.
pub async fn read_mail_settings(app: &App, caller: &Caller) -> Result<mail_setting::Model, Refusal> {
    Ok(pact_store::mail::settings_of(app.store.read(), caller.person_id).await?)
}

/// Says what mail the caller wants.
///
/// # Errors
/// A store that does not answer.
pub async fn set_mail_settings(app: &App, caller: &Caller, digests: bool, pushes: bool) -> Result<mail_setting::Model, Refusal> {
    let wanted = mail_setting::Model { person_id: caller.person_id, digests, pushes };
    put(app, wanted).await
}

/// What a link from a mail would end; nothing is changed.
///
/// # Errors
/// [`Refusal::NotFound`]: this server signed no such link, or the person has left.
pub async fn look_at_end_of_mail(app: &App, token: &str) -> Result<EndOfMail, Refusal> {
    let wrong = Refusal::NotFound { what: "link" };
    let Some(Link { purpose, person, .. }) = app.access.link_key(app).await?.read(token) else { return Err(wrong) };
    match purpose {
        Purpose::EndDigests | Purpose::EndPushes => {}
        Purpose::Accept | Purpose::Decline => return Err(wrong),
    }
    let snapshot = app.organisation();
    let member = snapshot.people.get(&person).ok_or(wrong)?;
    Ok(EndOfMail { purpose, person, texts: Texts::of(&member.row.languages).map_err(Refusal::defect)? })
}

/// Ends the mail that a link is about. A second time changes nothing.
///
/// # Errors
/// As [`look_at_end_of_mail`].
pub async fn end_mail(app: &App, token: &str) -> Result<EndOfMail, Refusal> {
    let end = look_at_end_of_mail(app, token).await?;
    let now = pact_store::mail::settings_of(app.store.read(), end.person).await?;
    let wanted = match end.purpose {
        Purpose::EndDigests => mail_setting::Model { digests: false, ..now.clone() },
        Purpose::EndPushes => mail_setting::Model { pushes: false, ..now.clone() },
        Purpose::Accept | Purpose::Decline => return Err(Refusal::NotFound { what: "link" }),
    };
    if wanted != now {
        put(app, wanted).await?;
    }
    Ok(end)
}

async fn put(app: &App, wanted: mail_setting::Model) -> Result<mail_setting::Model, Refusal> {
    let row = wanted.clone();
    app.change(Held::Organisation, async move |tx| -> Result<(), Refusal> {
        Ok(pact_store::mail::put_settings(tx, row.clone()).await?)
    })
    .await?;
    Ok(wanted)
}
