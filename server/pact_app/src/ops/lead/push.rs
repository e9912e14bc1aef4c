//! Pushing a lead, and the answers.

use pact_core::lead as rules;
use pact_core::lead::NewPush;
use pact_core::time::{AnySpan, Instant, WorkSpan};
use pact_store::entity::{lead, push};
use uuid::Uuid;

use super::{Scene, decide};
use crate::{Actor, App, Refusal};

/// Working hours that a person has to answer when nothing else is said.
pub const DEFAULT_WITHIN_HOURS: i64 = 4;

/// Give a waiting lead to one person.
#[derive(Clone, Debug)]
pub struct PushLead {
    /// The lead.
    pub lead: Uuid,
    /// To whom.
    pub person: Uuid,
    /// Time to answer; [`DEFAULT_WITHIN_HOURS`] of the person's working time when nothing is said.
    pub within: Option<AnySpan>,
    /// Why this person.
    pub because: String,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// Answer a push.
#[derive(Clone, Debug)]
pub struct AnswerPush {
    /// The lead.
    pub lead: Uuid,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// Take a push back, or decline it, with a reason.
#[derive(Clone, Debug)]
pub struct WithdrawPush {
    /// The lead.
    pub lead: Uuid,
    /// Why.
    pub because: String,
    /// The revision that the caller read.
    pub seen: Option<String>,
}

/// Pushes a waiting lead to one person, with a reason and a time to answer.
pub async fn push_lead(app: &App, actor: &Actor, command: PushLead) -> Result<lead::Model, Refusal> {
    let PushLead { lead, person, within, because, seen } = command;
    let receiver = app.receiver(person).await?;
    decide(app, actor, lead, seen, move |draft, scene| {
        let offer = offer(scene, person, within, because.clone())?;
        let decision = rules::push(&draft.facts, offer, &receiver, &scene.rules_actor(), scene.now)?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Takes a lead: the person to whom it is pushed owns it.
pub async fn accept_lead(app: &App, actor: &Actor, command: AnswerPush) -> Result<lead::Model, Refusal> {
    decide(app, actor, command.lead, command.seen, |draft, scene| {
        let decision = rules::accept(&draft.facts, &scene.rules_actor(), scene.now)?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Does not take a lead, with a reason; it goes to the next person.
pub async fn decline_lead(app: &App, actor: &Actor, command: WithdrawPush) -> Result<lead::Model, Refusal> {
    let because = command.because;
    decide(app, actor, command.lead, command.seen, move |draft, scene| {
        let decision = rules::decline(&draft.facts, &because, &scene.rules_actor(), scene.now)?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Answers this very push, and no later one of the same lead: with a reason it is declined, without one accepted.
pub(crate) async fn answer_push(
    app: &App,
    actor: &Actor,
    push: &push::Model,
    because: Option<String>,
) -> Result<lead::Model, Refusal> {
    let wanted = push.id;
    decide(app, actor, push.lead_id, None, move |draft, scene| {
        if draft.facts.open_push.is_none_or(|open| open.id != wanted) {
            return Err(rules::Refusal::NotOffered { state: draft.facts.state }.into());
        }
        let decision = match &because {
            Some(because) => rules::decline(&draft.facts, because, &scene.rules_actor(), scene.now)?,
            None => rules::accept(&draft.facts, &scene.rules_actor(), scene.now)?,
        };
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Takes a push back before it is answered.
pub async fn withdraw_lead(app: &App, actor: &Actor, command: WithdrawPush) -> Result<lead::Model, Refusal> {
    let because = command.because;
    decide(app, actor, command.lead, command.seen, move |draft, scene| {
        let decision = rules::withdraw(&draft.facts, &because, &scene.rules_actor(), scene.now)?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// Ends a push whose time to answer has passed.
pub async fn expire_push(app: &App, lead: Uuid) -> Result<lead::Model, Refusal> {
    decide(app, &Actor::System, lead, None, |draft, scene| {
        let decision = rules::expire(&draft.facts, scene.now)?;
        draft.decide(decision, scene);
        Ok(())
    })
    .await
}

/// A push of now, with its deadline in the person's working time.
pub(crate) fn offer(scene: &Scene, person: Uuid, within: Option<AnySpan>, because: String) -> Result<NewPush, Refusal> {
    let default = AnySpan::Work(WorkSpan::of_minutes(DEFAULT_WITHIN_HOURS * 60));
    let answer_by = deadline(scene, person, within.unwrap_or(default)).ok_or_else(|| {
        Refusal::invalid(
            "within",
            format!(
                "{} has no working time ahead in which to answer. Choose somebody else, or change their calendar.",
                scene.snapshot.name_of(person)
            ),
        )
    })?;
    Ok(NewPush { id: pact_core::id::random(), person, because, answer_by })
}

fn deadline(scene: &Scene, person: Uuid, within: AnySpan) -> Option<Instant> {
    match within {
        AnySpan::Clock(span) => scene.now.checked_add(span),
        AnySpan::Work(span) => scene.snapshot.deadline(person, scene.now, span),
    }
}
