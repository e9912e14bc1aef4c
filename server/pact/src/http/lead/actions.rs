//! What can be done to a lead, each a POST that says what happens.

use actix_web::{post, web};
use pact_app::App;
use pact_app::ops::lead::{
    self as ops, AnswerPush, ChangeStage, EscalateLead, HighlightLead, LoseLead, PushLead, ReopenLead, TransferLead, WinLead,
    WithdrawPush,
};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Lead;
use super::asked::{Escalation, NewOwner, NewPush, NewStage, Reason, Reopening, Sale};
use crate::http::body::Body;
use crate::http::caller::may;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::problem::Problem;

type Done = Result<Tagged<Lead>, Problem>;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(push_lead).service(accept_lead).service(decline_lead).service(withdraw_lead);
    config.service(highlight_lead).service(unhighlight_lead).service(escalate_lead).service(transfer_lead);
    config.service(change_stage).service(win_lead).service(lose_lead).service(reopen_lead);
}

/// The revision that the caller read, if they say it.
fn seen(revision: Option<IfMatch>) -> Option<String> {
    revision.map(|IfMatch(revision)| revision)
}

/// Push a lead to a person
///
/// Offers a waiting lead with a reason and a time to answer, in the person's working time. For managers and admins; scripts do it for most leads.
#[utoipa::path(
    tag = "leads",
    request_body = NewPush,
    responses(
        (status = 200, description = "The lead, offered", body = Lead),
        (status = 409, description = "The lead is offered or owned, or the person cannot take it"),
    ),
)]
#[post("/leads/{id}/push")]
async fn push_lead(
    app: web::Data<App>,
    caller: may::ManageLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(new): Body<NewPush>,
) -> Done {
    let command =
        PushLead { lead: *id, person: new.person_id, within: new.within()?, because: new.because, seen: seen(revision) };
    Ok(ops::push_lead(&app, &caller.actor(), command).await?.into())
}

/// Accept a lead
///
/// You own it from now on, and are accountable for its outcome. For the person to whom it is pushed.
#[utoipa::path(
    tag = "leads",
    responses(
        (status = 200, description = "The lead, owned", body = Lead),
        (status = 409, description = "It is not offered to you (any more)"),
    ),
)]
#[post("/leads/{id}/accept")]
async fn accept_lead(app: web::Data<App>, caller: may::OwnLeads, id: web::Path<Uuid>, revision: Option<IfMatch>) -> Done {
    Ok(ops::accept_lead(&app, &caller.actor(), AnswerPush { lead: *id, seen: seen(revision) }).await?.into())
}

/// Decline a lead
///
/// With a reason; it goes to the next person. For the person to whom it is pushed.
#[utoipa::path(
    tag = "leads",
    request_body = Reason,
    responses(
        (status = 200, description = "The lead, waiting", body = Lead),
        (status = 409, description = "It is not offered to you (any more)"),
    ),
)]
#[post("/leads/{id}/decline")]
async fn decline_lead(
    app: web::Data<App>,
    caller: may::OwnLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(Reason { because }): Body<Reason>,
) -> Done {
    Ok(ops::decline_lead(&app, &caller.actor(), WithdrawPush { lead: *id, because, seen: seen(revision) }).await?.into())
}

/// Withdraw a push
///
/// Takes it back before it is answered; the lead waits. For managers and admins.
#[utoipa::path(
    tag = "leads",
    request_body = Reason,
    responses(
        (status = 200, description = "The lead, waiting", body = Lead),
        (status = 409, description = "No push awaits an answer"),
    ),
)]
#[post("/leads/{id}/withdraw")]
async fn withdraw_lead(
    app: web::Data<App>,
    caller: may::ManageLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(Reason { because }): Body<Reason>,
) -> Done {
    Ok(ops::withdraw_lead(&app, &caller.actor(), WithdrawPush { lead: *id, because, seen: seen(revision) }).await?.into())
}

/// Highlight a lead
///
/// Shows it to its owner and team, with a reason. For its owner, managers and admins.
#[utoipa::path(
    tag = "leads",
    request_body = Reason,
    responses(
        (status = 200, description = "The lead, highlighted", body = Lead),
        (status = 409, description = "The lead is won or lost"),
    ),
)]
#[post("/leads/{id}/highlight")]
async fn highlight_lead(
    app: web::Data<App>,
    caller: may::EnterLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(Reason { because }): Body<Reason>,
) -> Done {
    Ok(ops::highlight_lead(&app, &caller.actor(), HighlightLead { lead: *id, because, seen: seen(revision) }).await?.into())
}

/// Highlight a lead no longer
///
/// For its owner, managers and admins.
#[utoipa::path(
    tag = "leads",
    responses(
        (status = 200, description = "The lead", body = Lead),
        (status = 409, description = "The lead is won or lost"),
    ),
)]
#[post("/leads/{id}/unhighlight")]
async fn unhighlight_lead(app: web::Data<App>, caller: may::EnterLeads, id: web::Path<Uuid>, revision: Option<IfMatch>) -> Done {
    Ok(ops::unhighlight_lead(&app, &caller.actor(), *id, seen(revision)).await?.into())
}

/// Escalate a lead
///
/// Asks a person above to act: the one who is named, or the manager of its owner or territory. For its owner, managers and admins.
#[utoipa::path(
    tag = "leads",
    request_body = Escalation,
    responses(
        (status = 200, description = "The lead", body = Lead),
        (status = 409, description = "The lead is won or lost"),
    ),
)]
#[post("/leads/{id}/escalate")]
async fn escalate_lead(
    app: web::Data<App>,
    caller: may::EnterLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(new): Body<Escalation>,
) -> Done {
    let command = EscalateLead { lead: *id, to: new.person_id, because: new.because, seen: seen(revision) };
    Ok(ops::escalate_lead(&app, &caller.actor(), command).await?.into())
}

/// Transfer a lead
///
/// Gives it a new owner, with its whole history. For its owner, managers and admins.
#[utoipa::path(
    tag = "leads",
    request_body = NewOwner,
    responses(
        (status = 200, description = "The lead, owned by somebody else", body = Lead),
        (status = 409, description = "The person cannot take it, or owns it already"),
    ),
)]
#[post("/leads/{id}/transfer")]
async fn transfer_lead(
    app: web::Data<App>,
    caller: may::EnterLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(new): Body<NewOwner>,
) -> Done {
    let command = TransferLead { lead: *id, person: new.person_id, because: new.because, seen: seen(revision) };
    Ok(ops::transfer_lead(&app, &caller.actor(), command).await?.into())
}

/// Move a lead to another stage
///
/// Forwards or back. For its owner, managers and admins.
#[utoipa::path(
    tag = "leads",
    request_body = NewStage,
    responses(
        (status = 200, description = "The lead in its new stage", body = Lead),
        (status = 409, description = "Nobody owns the lead, or it is in this stage"),
    ),
)]
#[post("/leads/{id}/stage")]
async fn change_stage(
    app: web::Data<App>,
    caller: may::EnterLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(new): Body<NewStage>,
) -> Done {
    let command = ChangeStage { lead: *id, to: new.stage()?, seen: seen(revision) };
    Ok(ops::change_stage(&app, &caller.actor(), command).await?.into())
}

/// Win a lead
///
/// The customer bought. For its owner, managers and admins.
#[utoipa::path(
    tag = "leads",
    request_body = Sale,
    responses(
        (status = 200, description = "The lead, won", body = Lead),
        (status = 409, description = "Nobody owns the lead, or it is won or lost"),
    ),
)]
#[post("/leads/{id}/win")]
async fn win_lead(
    app: web::Data<App>,
    caller: may::EnterLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(sale): Body<Sale>,
) -> Done {
    let value = sale.value.map(|value| value.read("value")).transpose()?;
    Ok(ops::win_lead(&app, &caller.actor(), WinLead { lead: *id, value, seen: seen(revision) }).await?.into())
}

/// Lose a lead
///
/// The customer will not buy, with the reason. For its owner, managers and admins.
#[utoipa::path(
    tag = "leads",
    request_body = Reason,
    responses(
        (status = 200, description = "The lead, lost", body = Lead),
        (status = 409, description = "The lead is won or lost"),
    ),
)]
#[post("/leads/{id}/lose")]
async fn lose_lead(
    app: web::Data<App>,
    caller: may::EnterLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(Reason { because }): Body<Reason>,
) -> Done {
    Ok(ops::lose_lead(&app, &caller.actor(), LoseLead { lead: *id, because, seen: seen(revision) }).await?.into())
}

/// Open a lead again
///
/// For a person who owns it from now on, or for nobody: then it waits and is pushed. For its owner, managers and admins.
#[utoipa::path(
    tag = "leads",
    request_body = Reopening,
    responses(
        (status = 200, description = "The lead, open", body = Lead),
        (status = 409, description = "The lead is open"),
    ),
)]
#[post("/leads/{id}/reopen")]
async fn reopen_lead(
    app: web::Data<App>,
    caller: may::EnterLeads,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(new): Body<Reopening>,
) -> Done {
    let command = ReopenLead { lead: *id, owner: new.person_id, because: new.because, seen: seen(revision) };
    Ok(ops::reopen_lead(&app, &caller.actor(), command).await?.into())
}
