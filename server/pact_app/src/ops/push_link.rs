//! Answering a push from a mail: a signed link shows what would happen, and acts only when it is asked to.
//!
//! A link is good for one push, one person and one answer, as long as the push waits for it. A push is answered once, so a link works once; and a lead that
//! comes to the same person again comes with another push, whose links are others.

use pact_core::lead::{LeadState, PushAnswer};
use pact_core::role::Right;
use pact_core::time::Instant;
use pact_store::entity::{lead, push};
use pact_store::record;

use crate::access::link::{Link, Purpose};
use crate::access::rights;
use crate::ops::lead::answer_push;
use crate::organisation::Member;
use crate::relay::mail::on_clock;
use crate::texts::Texts;
use crate::{Actor, App, Caller, Refusal};

/// Which answer a link gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Taking the lead.
    Accept,
    /// Not taking it, with a reason.
    Decline,
}

/// What a link is about, for the page that it opens.
#[derive(Clone, Debug)]
pub struct PushLink {
    /// The answer that it would give.
    pub answer: Answer,
    /// What the lead is called.
    pub lead: String,
    /// Why it was pushed to this person.
    pub reason: String,
    /// Until when it can be answered, on the person's own clock.
    pub until: String,
    /// The words in the person's language.
    pub texts: Texts,
    /// Why it cannot be answered any more, if that is so.
    pub over: Option<Over>,
}

/// Why a push cannot be answered with a link any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// The person took the lead.
    Accepted,
    /// The person did not take it.
    Declined,
    /// The time to answer is over.
    Expired,
    /// It was taken back.
    Withdrawn,
    /// Somebody else owns the lead now.
    OwnedBy(String),
    /// The lead is won or lost.
    Closed,
    /// The person's role does not allow it any more.
    NotAllowed,
}

/// What came of using a link.
#[derive(Clone, Debug)]
pub enum Used {
    /// It was done.
    Done(PushLink),
    /// A reason is missing, or is none that can be taken.
    ReasonMissing(PushLink),
    /// It was too late, or not allowed.
    Over(PushLink),
}

/// What a link from a mail would do; nothing is changed.
///
/// # Errors
/// [`Refusal::NotFound`]: this server signed no such link, or what it is about is gone.
pub async fn look_at_push(app: &App, token: &str) -> Result<PushLink, Refusal> {
    Ok(Looked::at(app, token).await?.link)
}

/// Answers a push with a link; `because` is the reason for declining.
///
/// # Errors
/// As [`look_at_push`]; what is too late or not allowed is no error but [`Used::Over`].
pub async fn use_push_link(app: &App, token: &str, because: Option<&str>) -> Result<Used, Refusal> {
    let looked = Looked::at(app, token).await?;
    if looked.link.over.is_some() {
        return Ok(Used::Over(looked.link));
    }
    let because = match looked.link.answer {
        Answer::Accept => None,
        Answer::Decline => match pact_core::text::REASON.check("because", because.unwrap_or_default()) {
            Ok(because) => Some(because),
            Err(_) => return Ok(Used::ReasonMissing(looked.link)),
        },
    };
    let actor = Actor::Person(looked.caller());
    match answer_push(app, &actor, &looked.push, because).await {
        Ok(_) => Ok(Used::Done(looked.link)),
        // Somebody was quicker, so what it is now tells why.
        Err(Refusal::Lead(_) | Refusal::Stale { .. }) => {
            let again = Looked::at(app, token).await?;
            Ok(Used::Over(PushLink { over: again.link.over.or(Some(Over::Expired)), ..again.link }))
        }
        Err(refusal) => Err(refusal),
    }
}

/// A link with what it is about.
struct Looked {
    link: PushLink,
    push: push::Model,
    member: Member,
}

impl Looked {
    async fn at(app: &App, token: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::NotFound { what: "link" };
        let link = app.access.link_key(app).await?.read(token).ok_or_else(wrong)?;
        let answer = match link.purpose {
            Purpose::Accept => Answer::Accept,
            Purpose::Decline => Answer::Decline,
            Purpose::EndDigests | Purpose::EndPushes => return Err(wrong()),
        };
        let conn = app.store.read();
        let push = pact_store::push::find(conn, link.record).await?.ok_or_else(wrong)?;
        let lead: lead::Model = record::find(conn, push.lead_id).await?.ok_or_else(wrong)?;
        let snapshot = app.organisation();
        let member = snapshot.people.get(&link.person).filter(|member| member.row.active).ok_or_else(wrong)?.clone();
        if push.person_id != link.person {
            return Err(wrong());
        }
        let caller = caller_of(&member);
        let over = over(&link, &push, &lead, app.clock.now(), |owner| snapshot.name_of(owner));
        let over = over.or_else(|| rights::allow(&caller, Right::OwnLeads).err().map(|_| Over::NotAllowed));
        let link = PushLink {
            answer,
            lead: lead.title,
            reason: push.reason.clone(),
            until: on_clock(Instant::from_millis(push.answer_by_at), &member.row.time_zone),
            texts: Texts::of(&member.row.languages).map_err(Refusal::defect)?,
            over,
        };
        Ok(Self { link, push, member })
    }

    fn caller(&self) -> Caller {
        caller_of(&self.member)
    }
}

/// The person in whose name a link acts.
fn caller_of(member: &Member) -> Caller {
    Caller { person_id: member.row.id, name: member.row.name.clone(), role: member.role, scopes: None }
}

/// Why a push cannot be answered any more: what became of it, and where the lead went since.
fn over(link: &Link, push: &push::Model, lead: &lead::Model, now: Instant, name: impl Fn(uuid::Uuid) -> String) -> Option<Over> {
    let answer: PushAnswer = push.answer.parse().unwrap_or(PushAnswer::Withdrawn);
    let ended = match answer {
        PushAnswer::Waiting if now.millis() < push.answer_by_at && link.ends_at.is_none_or(|end| now < end) => return None,
        PushAnswer::Waiting | PushAnswer::Expired => Over::Expired,
        PushAnswer::Accepted => Over::Accepted,
        PushAnswer::Declined => Over::Declined,
        PushAnswer::Withdrawn => Over::Withdrawn,
    };
    let state: LeadState = lead.state.parse().unwrap_or(LeadState::Waiting);
    Some(match (state, lead.owner_id.filter(|owner| *owner != link.person)) {
        (LeadState::Won | LeadState::Lost, _) => Over::Closed,
        (_, Some(owner)) => Over::OwnedBy(name(owner)),
        (LeadState::Waiting | LeadState::Offered | LeadState::Owned, None) => ended,
    })
}

impl Over {
    /// What is said about it.
    pub fn words(&self, link: &PushLink) -> String {
        let texts = &link.texts;
        match self {
            Self::Accepted => texts.say("was_accepted", &[]),
            Self::Declined => texts.say("was_declined", &[]),
            Self::Expired => texts.say("was_expired", &[("at", &link.until)]),
            Self::Withdrawn => texts.say("was_withdrawn", &[]),
            Self::OwnedBy(name) => texts.say("owned_by_other", &[("name", name)]),
            Self::Closed => texts.say("closed", &[]),
            Self::NotAllowed => texts.say("not_allowed", &[]),
        }
    }
}
