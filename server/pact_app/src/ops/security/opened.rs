//! What an admin and an auditor opened together, read by these two. That each read it is an entry of the log.

use chrono::NaiveDate;
use chrono_tz::Tz;
use pact_core::security::{Opens, State};
use pact_core::time::Instant;
use pact_evidence::act::SecurityStep;
use pact_store::entity::{person, security_access, security_record};
use pact_store::{Ask, Page, Secret, Sort, evidence, record, security as store};
use uuid::Uuid;

use super::records::holds;
use super::{WHAT, log, state};
use crate::evidence::Recording;
use crate::{App, Caller, Refusal};

/// Who stands behind a pseudonym, with what shows that it is so.
#[derive(Clone, Debug)]
pub struct Behind {
    /// Who.
    pub person_id: Uuid,
    /// Their name.
    pub name: String,
    /// The salt: with the id it gives the pseudonym again.
    pub salt: Secret,
}

/// The zone of a person's clock.
pub(super) fn zone(person: &person::Model) -> Tz {
    person.time_zone.parse().unwrap_or(Tz::UTC)
}

/// The records that a request opened: of that person, of its days, and from before it was agreed to.
///
/// # Errors
/// Somebody who is not one of the two, a request that opened something else or is not open, a cursor of another list, or a store that does not answer.
pub async fn records(
    app: &App,
    caller: &Caller,
    id: Uuid,
    sort: Sort<store::By>,
    ask: &Ask,
) -> Result<Page<security_record::Model>, Refusal> {
    let row = open(app, caller, id, Opens::Records).await?;
    let defect = || Refusal::defect("an open request without a person and days");
    let day = |text: Option<&str>| text.and_then(|day| day.parse::<NaiveDate>().ok());
    let (first, last) = (day(row.first_on.as_deref()), day(row.last_on.as_deref()));
    let (Some(person_id), Some(first), Some(last)) = (row.person_id, first, last) else {
        return Err(defect());
    };
    let zone = zone(&record::get::<person::Model>(app.store.read(), person_id).await?);
    let end = Instant::start_of(last.succ_opt().ok_or_else(defect)?, zone);
    let before = row.agreed_at.map_or(end.millis(), |agreed| agreed.min(end.millis()));
    let between = (Instant::start_of(first, zone).millis(), Some(before));
    Ok(store::of_person(app.store.read(), person_id, between, sort, ask).await?)
}

/// Who stands behind the pseudonym that a request opened.
///
/// # Errors
/// Somebody who is not one of the two, a request that opened something else or is not open, or a name that was erased meanwhile.
pub async fn behind(app: &App, caller: &Caller, id: Uuid) -> Result<Behind, Refusal> {
    let row = open(app, caller, id, Opens::Name).await?;
    let pseudonym = row.pseudonym.ok_or_else(|| Refusal::defect("an open request without a pseudonym"))?;
    let name = evidence::name(app.store.read(), &pseudonym).await?;
    let name = name.ok_or_else(|| Refusal::not_now("Whom this pseudonym stands for was erased: nobody can tell any more."))?;
    Ok(Behind { person_id: name.person_id, name: app.organisation().name_of(name.person_id), salt: name.salt })
}

/// An open request of which the caller is one of the two; that they read it is noted before they do.
async fn open(app: &App, caller: &Caller, id: Uuid, opens: Opens) -> Result<security_access::Model, Refusal> {
    let seen = store::access(app.store.read(), id).await?.ok_or(Refusal::NotFound { what: WHAT })?;
    readable(app, caller, &seen, opens)?;
    if read_at(&seen, caller).is_some() {
        return Ok(seen);
    }
    let (now, by, inside) = (app.clock.now(), caller.clone(), app.clone());
    app.store
        .write(async move |tx| {
            store::hold(tx).await?;
            let row = super::found(tx, id).await?;
            readable(&inside, &by, &row, opens)?;
            if read_at(&row, &by).is_some() {
                return Ok(row);
            }
            let recording = Recording::by_person(by.person_id, Some(by.role), now)?;
            log(tx, recording, id, SecurityStep::Read).await?;
            let at = Some(now.millis());
            let row = match row.asker_id == by.person_id {
                true => security_access::Model { asker_read_at: at, ..row },
                false => security_access::Model { other_read_at: at, ..row },
            };
            store::keep_access(tx, row.clone()).await?;
            Ok(row)
        })
        .await
}

/// When one of the two read first.
fn read_at(row: &security_access::Model, caller: &Caller) -> Option<i64> {
    if row.asker_id == caller.person_id { row.asker_read_at } else { row.other_read_at }
}

/// Refuses everybody but the two, as long as both hold the roles in which they asked and agreed.
fn readable(app: &App, caller: &Caller, row: &security_access::Model, opens: Opens) -> Result<(), Refusal> {
    let is_one = row.asker_id == caller.person_id || row.other_id == Some(caller.person_id);
    if !is_one || row.opens != opens.as_str() {
        return Err(Refusal::NotFound { what: WHAT });
    }
    if state(row, app.clock.now())? != State::Open {
        return Err(Refusal::not_now(
            "This is not open: it takes an admin and an auditor, and is open for a day. Ask again if you must.",
        ));
    }
    let both = [(Some(row.asker_id), Some(&row.asker_role)), (row.other_id, row.other_role.as_ref())];
    for (person, role) in both {
        let is_held = person.zip(role).map(|(person, role)| Ok::<_, Refusal>(holds(app, person, role.parse()?))).transpose()?;
        if is_held != Some(true) {
            return Err(Refusal::not_now("One of the two does not have the role any more in which they opened this. Ask again."));
        }
    }
    Ok(())
}
