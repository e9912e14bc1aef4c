//! Security records (`policy.md` §6): each person sees their own, and those of one person are opened by an admin and an auditor together, for a reason
//! that both and the person read, and that the audit log keeps. Whom a pseudonym of the log stands for is opened the same way, one at a time.
//!
//! | part | holds |
//! |---|---|
//! | [`records`] | what is kept of an account, and the list of one's own |
//! | [`opened`] | what the two read |
//! | [`tend`] | requests that end by themselves, and what is forgotten |

pub mod opened;
pub mod records;
pub mod tend;

use pact_core::role::{Right, Role};
use pact_core::security::{NoWindow, Opens, State, Window, check, is_settled, open_until, stands, together};
use pact_core::text::REASON;
use pact_core::time::Instant;
use pact_evidence::act::{Opened, Pseudonym, SecurityStep};
use pact_evidence::{Entry, Hash, PolicyAct};
use pact_store::entity::{person, security_access};
use pact_store::{Tx, evidence, record, security as store};
use uuid::Uuid;

use super::guard::text;
use crate::access::rights;
use crate::evidence::Recording;
use crate::messages::{self, Message};
use crate::{App, Caller, Refusal};

/// The most requests that somebody is shown.
pub const MAX_SHOWN: u64 = 200;
/// The most requests that wait or are open at once, in the whole organisation.
const MAX_LIVING: usize = 20;
/// The fewest characters of a reason.
const REASON_CHARS: usize = 20;
/// A word of a name that is looked for in a reason has at least so many letters.
const NAME_CHARS: usize = 3;

const WHAT: &str = "request to open security records";

/// What somebody asks to be opened.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// The records of one person.
    Records {
        /// Whose.
        person_id: Uuid,
        /// Of which days, on that person's clock.
        window: Window,
    },
    /// Whom one pseudonym of the audit log stands for.
    Name {
        /// The entry in which it stands.
        entry: u64,
        /// The pseudonym.
        pseudonym: Hash,
    },
}

/// Ask for something to be opened.
#[derive(Clone, Debug)]
pub struct AskAccess {
    /// What.
    pub wanted: Wanted,
    /// The security reason, in words that name nobody.
    pub reason: String,
}

/// The part that somebody has in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// They made it.
    Asked,
    /// They agreed to it.
    Agreed,
    /// Their own records, or their own name, were opened by it.
    Concerned,
    /// They may agree to it, or decline.
    MayAnswer,
}

impl Part {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Agreed => "agreed",
            Self::Concerned => "concerned",
            Self::MayAnswer => "may_answer",
        }
    }
}

/// A request, as somebody sees who has a part in it.
#[derive(Clone, Debug)]
pub struct Access {
    /// The request.
    pub row: security_access::Model,
    /// How it stands.
    pub state: State,
    /// The part that the reader has in it.
    pub part: Part,
    /// Who asked.
    pub asker: String,
    /// Who agreed.
    pub other: Option<String>,
}

/// How a request stands now.
fn state(row: &security_access::Model, now: Instant) -> Result<State, Refusal> {
    let until = row.until_at.map(Instant::from_millis);
    Ok(stands(row.state.parse()?, Instant::from_millis(row.asked_at), until, now))
}

fn asker_role(row: &security_access::Model) -> Result<Role, Refusal> {
    Ok(row.asker_role.parse()?)
}

/// Whether the caller may answer what somebody else asked.
fn may_answer(row: &security_access::Model, caller: &Caller) -> Result<bool, Refusal> {
    let is_other = row.asker_id != caller.person_id && together(asker_role(row)?, caller.role);
    Ok(is_other && rights::may(caller, Right::OpenSecurityRecords))
}

/// The part that the caller has in a request; nothing when it is none of their business.
fn part(row: &security_access::Model, caller: &Caller, state: State) -> Result<Option<Part>, Refusal> {
    let me = Some(caller.person_id);
    Ok(if row.asker_id == caller.person_id {
        Some(Part::Asked)
    } else if row.other_id == me {
        Some(Part::Agreed)
    } else if row.agreed_at.is_some() && row.person_id == me {
        Some(Part::Concerned)
    } else {
        (state == State::Asked && may_answer(row, caller)?).then_some(Part::MayAnswer)
    })
}

fn shown(app: &App, caller: &Caller, row: security_access::Model) -> Result<Option<Access>, Refusal> {
    let state = state(&row, app.clock.now())?;
    let people = app.organisation();
    let part = part(&row, caller, state)?;
    let (asker, other) = (people.name_of(row.asker_id), row.other_id.map(|other| people.name_of(other)));
    Ok(part.map(|part| Access { state, part, asker, other, row }))
}

async fn found(tx: &Tx, id: Uuid) -> Result<security_access::Model, Refusal> {
    store::access(tx, id).await?.ok_or(Refusal::NotFound { what: WHAT })
}

/// The requests in which the caller has a part, the latest first.
///
/// # Errors
/// A store that does not answer.
pub async fn accesses(app: &App, caller: &Caller) -> Result<Vec<Access>, Refusal> {
    let answers = rights::may(caller, Right::OpenSecurityRecords);
    let rows = store::accesses_of(app.store.read(), caller.person_id, answers, MAX_SHOWN).await?;
    rows.into_iter().filter_map(|row| shown(app, caller, row).transpose()).collect()
}

/// One of the requests in which the caller has a part.
///
/// # Errors
/// There is none with this id in which the caller has a part.
pub async fn access(app: &App, caller: &Caller, id: Uuid) -> Result<Access, Refusal> {
    let row = store::access(app.store.read(), id).await?.ok_or(Refusal::NotFound { what: WHAT })?;
    shown(app, caller, row)?.ok_or(Refusal::NotFound { what: WHAT })
}

/// The request as the log names it.
fn name(access: Uuid) -> Hash {
    Hash::of(format!("pact/security-access/1\0{access}"))
}

async fn log(tx: &Tx, recording: Recording, access: Uuid, step: SecurityStep) -> Result<(), Refusal> {
    recording.write(tx, PolicyAct::SecurityAccessChanged { access: name(access), step }).await
}

fn tell(tx: &Tx, to: Uuid, access: Uuid, text: String, at: Instant) {
    messages::send(tx, Message { to, kind: "security", record_kind: "security_access", record: access, text, at });
}

/// Asks, as an admin or an auditor, for one person's records or for one name. Nothing is opened unless somebody of the other role agrees.
///
/// # Errors
/// A reason that is too short or names somebody, days that are not kept, a person or pseudonym that there is not, one's own records, a role or password
/// that is too new, or too many requests at once.
pub async fn ask(app: &App, caller: &Caller, command: AskAccess) -> Result<Access, Refusal> {
    rights::allow(caller, Right::OpenSecurityRecords)?;
    let reason = reason(app, &command)?;
    let (now, by, wanted, people) = (app.clock.now(), caller.clone(), command.wanted, app.organisation());
    let row = app
        .store
        .write(async move |tx| {
            store::hold(tx).await?;
            settled(tx, &by, now).await?;
            let mut recording = Recording::by_person(by.person_id, Some(by.role), now)?;
            let (opens, asked) = match wanted {
                Wanted::Records { person_id, window } => {
                    (records_wanted(tx, &by, person_id, window, now, &mut recording).await?, Opens::Records)
                }
                Wanted::Name { entry, pseudonym } => (name_wanted(tx, entry, pseudonym).await?, Opens::Name),
            };
            let row = new_row(&by, wanted, asked, &reason, now);
            room_for(tx, &row, now).await?;
            record::insert(tx, row.clone()).await?;
            log(tx, recording, row.id, SecurityStep::Asked { opens, reason: reason.clone() }).await?;
            let others = people.people.values().filter(|member| member.row.active && together(by.role, member.role));
            for other in others.filter(|member| Some(member.row.id) != row.person_id) {
                let text = format!("{} asks you to agree to open security records: {reason}", by.name);
                tell(tx, other.row.id, row.id, text, now);
            }
            Ok::<_, Refusal>(row)
        })
        .await?;
    shown(app, caller, row)?.ok_or(Refusal::NotFound { what: WHAT })
}

/// A reason that says something, and names nobody: it stays in the log.
fn reason(app: &App, command: &AskAccess) -> Result<String, Refusal> {
    let reason = text(REASON, "reason", &command.reason)?;
    if reason.chars().count() < REASON_CHARS {
        let why = format!("say what happened and what you look for, in {REASON_CHARS} characters or more.");
        return Err(Refusal::invalid("reason", why));
    }
    let lower = reason.to_lowercase();
    let said: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let concerned = match command.wanted {
        Wanted::Records { person_id, .. } => Some(person_id),
        Wanted::Name { .. } => None,
    };
    let is_named = app.organisation().people.values().any(|member| {
        let name = member.row.name.to_lowercase();
        let words = || name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= NAME_CHARS);
        let by_word = concerned == Some(member.row.id) && words().any(|word| said.contains(&word));
        let by_id = lower.contains(&member.row.id.to_string());
        let whole = name.contains(' ') && lower.contains(&name);
        by_word || by_id || whole || lower.contains(&member.row.email.to_lowercase())
    });
    if is_named {
        return Err(Refusal::invalid(
            "reason",
            "this names somebody, and it stays in the audit log. Say what happened, not to whom.",
        ));
    }
    Ok(reason)
}

/// Refuses somebody whose role was given or whose password was set by somebody else a moment ago: that could be the other of the two.
async fn settled(tx: &Tx, by: &Caller, now: Instant) -> Result<(), Refusal> {
    if is_settled(records::given_or_set(tx, by.person_id).await?, now) {
        return Ok(());
    }
    Err(Refusal::not_now(
        "Your role or your password was set by somebody else within the last seven days. So that nobody can make the other of the two, somebody must act here who has had both for longer.",
    ))
}

async fn records_wanted(
    tx: &Tx,
    by: &Caller,
    person_id: Uuid,
    window: Window,
    now: Instant,
    recording: &mut Recording,
) -> Result<Opened, Refusal> {
    if person_id == by.person_id {
        return Err(Refusal::invalid("person_id", "these are your own: read them at GET /api/v1/security/records."));
    }
    let found = record::find::<person::Model>(tx, person_id).await?;
    let found =
        found.ok_or_else(|| Refusal::invalid("person_id", "there is nobody with this id. Choose from GET /api/v1/persons."))?;
    let today = now.day_in(opened::zone(&found));
    check(window, today).map_err(|why: NoWindow| Refusal::invalid(why.field(), why.to_string()))?;
    let (first_on, last_on) = (window.first.to_string(), window.last.to_string());
    Ok(Opened::Records { person: recording.person(person_id)?, first_on, last_on })
}

async fn name_wanted(tx: &Tx, entry: u64, pseudonym: Hash) -> Result<Opened, Refusal> {
    let row = evidence::entry(tx, i64::try_from(entry).unwrap_or(i64::MAX)).await?;
    let row = row.ok_or_else(|| Refusal::invalid("entry", "the audit log has no such entry."))?;
    let read: Entry = serde_json::from_str(&row.body).map_err(Refusal::defect)?;
    let pseudonym = Pseudonym(pseudonym);
    if !read.by.who.into_iter().chain(read.act.pseudonym()).any(|known| known == pseudonym) {
        return Err(Refusal::invalid("pseudonym", "this pseudonym does not stand in that entry."));
    }
    Ok(Opened::Name { entry, pseudonym })
}

fn new_row(by: &Caller, wanted: Wanted, opens: Opens, reason: &str, now: Instant) -> security_access::Model {
    let (person_id, window, name) = match wanted {
        Wanted::Records { person_id, window } => (Some(person_id), Some(window), None),
        Wanted::Name { entry, pseudonym } => (None, None, Some((entry, pseudonym))),
    };
    security_access::Model {
        id: pact_core::id::random(),
        opens: opens.to_string(),
        person_id,
        entry_number: name.and_then(|(entry, _)| i64::try_from(entry).ok()),
        pseudonym: name.map(|(_, pseudonym)| pseudonym.to_string()),
        first_on: window.map(|window| window.first.to_string()),
        last_on: window.map(|window| window.last.to_string()),
        reason: reason.to_owned(),
        state: State::Asked.to_string(),
        asker_id: by.person_id,
        asker_role: by.role.to_string(),
        asked_at: now.millis(),
        other_id: None,
        other_role: None,
        agreed_at: None,
        until_at: None,
        asker_read_at: None,
        other_read_at: None,
        closed_at: None,
    }
}

/// Refuses a second request about the same, and more at once than anybody needs for security.
async fn room_for(tx: &Tx, wanted: &security_access::Model, now: Instant) -> Result<(), Refusal> {
    let mut living = store::living(tx).await?;
    living.retain(|row| state(row, now).is_ok_and(|state| state != State::Closed));
    // Whom a pseudonym stands for is written down later, so requests about names are told apart by that alone.
    let same = |row: &security_access::Model| {
        row.pseudonym == wanted.pseudonym && (row.pseudonym.is_some() || row.person_id == wanted.person_id)
    };
    if living.iter().any(same) {
        return Err(Refusal::not_now(
            "There is a request about the same already that waits or is open. See GET /api/v1/security/accesses.",
        ));
    }
    if living.len() >= MAX_LIVING {
        return Err(Refusal::not_now("There are too many requests that wait or are open. Answer or withdraw those first."));
    }
    Ok(())
}

/// Agrees, as one of the other role. Whom it concerns is told in the same moment, and the two may read for a day.
///
/// # Errors
/// Somebody who asked themselves, has the same role or is concerned, a role or password that is too new, an asker who has lost their role, a name that
/// was erased, or a request that does not wait (any more).
pub async fn agree(app: &App, caller: &Caller, id: Uuid) -> Result<Access, Refusal> {
    rights::allow(caller, Right::OpenSecurityRecords)?;
    let (now, by) = (app.clock.now(), caller.clone());
    let people = app.organisation();
    let row = app
        .store
        .write(async move |tx| {
            store::hold(tx).await?;
            let row = found(tx, id).await?;
            let asker = asker_role(&row)?;
            let asked_by = record::find::<person::Model>(tx, row.asker_id).await?;
            if row.asker_id == by.person_id || !together(asker, by.role) {
                let other = if asker == Role::Admin { Role::Auditor } else { Role::Admin };
                return Err(Refusal::forbidden(format!(
                    "An admin and an auditor do this together: it takes an {other} to agree."
                )));
            }
            if state(&row, now)? != State::Asked {
                return Err(Refusal::not_now("This request does not wait for an answer (any more)."));
            }
            if !asked_by.is_some_and(|it| it.active && it.role == row.asker_role) {
                return Err(Refusal::not_now("Whoever asked does not have that role any more. Somebody else must ask."));
            }
            settled(tx, &by, now).await?;
            let concerned = concerned(tx, &row).await?;
            if concerned == by.person_id {
                return Err(Refusal::forbidden("This concerns yourself: somebody else of your role must answer."));
            }
            let until = open_until(now);
            let row = security_access::Model {
                person_id: Some(concerned),
                state: State::Open.to_string(),
                other_id: Some(by.person_id),
                other_role: Some(by.role.to_string()),
                agreed_at: Some(now.millis()),
                until_at: Some(until.millis()),
                ..row
            };
            store::keep_access(tx, row.clone()).await?;
            let recording = Recording::by_person(by.person_id, Some(by.role), now)?;
            log(tx, recording, id, SecurityStep::Agreed { until: until.to_string() }).await?;
            let two = format!("{} and {}", people.name_of(row.asker_id), by.name);
            tell(tx, concerned, id, told(&row, &two), now);
            tell(tx, row.asker_id, id, format!("{} agreed to what you asked to open. It is open for a day.", by.name), now);
            Ok(row)
        })
        .await?;
    shown(app, caller, row)?.ok_or(Refusal::NotFound { what: WHAT })
}

/// Whom a request concerns.
async fn concerned(tx: &Tx, row: &security_access::Model) -> Result<Uuid, Refusal> {
    let Some(pseudonym) = &row.pseudonym else {
        return row.person_id.ok_or_else(|| Refusal::defect("a request to open records of nobody"));
    };
    let name = evidence::name(tx, pseudonym).await?;
    name.map(|name| name.person_id)
        .ok_or_else(|| Refusal::not_now("Whom this pseudonym stands for was erased: nobody can tell any more."))
}

/// What the person concerned is told.
fn told(row: &security_access::Model, two: &str) -> String {
    let what = match (&row.first_on, &row.last_on) {
        (Some(first), Some(last)) => format!("Your security records of {first} to {last}"),
        _ => "That you stand behind one entry of the audit log".to_owned(),
    };
    format!("{what} can be read for a day by {two}, for this reason: {}", row.reason)
}

/// Takes a request back or closes what is open, as one of the two; or declines it, as one of the other role.
///
/// # Errors
/// A request that is over, or in which the caller has no such part.
pub async fn withdraw(app: &App, caller: &Caller, id: Uuid) -> Result<(), Refusal> {
    let (now, by) = (app.clock.now(), caller.clone());
    app.store
        .write(async move |tx| {
            store::hold(tx).await?;
            let row = found(tx, id).await?;
            let state = state(&row, now)?;
            match part(&row, &by, state)? {
                Some(Part::Asked | Part::Agreed | Part::MayAnswer) => {}
                Some(Part::Concerned) => {
                    return Err(Refusal::forbidden("Whoever asked or agreed may withdraw this. Speak to them."));
                }
                None => return Err(Refusal::NotFound { what: WHAT }),
            }
            if state == State::Closed {
                return Err(Refusal::not_now("This request is over already."));
            }
            let recording = Recording::by_person(by.person_id, Some(by.role), now)?;
            log(tx, recording, id, SecurityStep::Withdrawn).await?;
            for other in [Some(row.asker_id), row.other_id].into_iter().flatten().filter(|it| *it != by.person_id) {
                tell(tx, other, id, "A request to open security records was withdrawn or declined.".to_owned(), now);
            }
            let row = security_access::Model { state: State::Closed.to_string(), closed_at: Some(now.millis()), ..row };
            Ok(store::keep_access(tx, row).await?)
        })
        .await
}
