//! What people, customers and the machine do in the quarter, by the dice.

use chrono::NaiveDate;
use pact_app::ops::absence::{AbsenceKind, CreateAbsence, create_absence};
use pact_app::ops::card::{WriteCard, write_card};
use pact_app::ops::lead::{
    AnswerPush, ChangeStage, ContactGiven, CustomerGiven, EnterLead, EnteredAs, EscalateLead, LoseLead, PushLead, ReopenLead,
    TransferLead, WinLead, WithdrawPush, accept_lead, change_stage, decline_lead, enter_lead, escalate_lead, lose_lead,
    push_lead, reopen_lead, transfer_lead, win_lead, withdraw_lead,
};
use pact_app::ops::plan::{AnnouncePlan, announce_plan};
use pact_app::{Actor, Caller, Refusal};
use pact_core::lead::Stage;
use pact_core::role::Role;
use pact_store::entity::{lead, push};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::company::Company;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const STAGES: [Stage; 4] = [Stage::Enquiry, Stage::Talks, Stage::Offer, Stage::Contract];
const PRODUCTS: [&str; 3] = ["heat-pump", "cooling", "service"];

/// Time passes, and something is done; what, in words.
pub async fn something(company: &mut Company) -> String {
    let jump = match company.dice.u32(..1_000) {
        // The server was down over a weekend, or longer.
        0..4 => company.dice.i64(24 * HOUR_MS..5 * 24 * HOUR_MS),
        // Somebody set the clock, and it went back.
        4..10 => -company.dice.i64(MINUTE_MS..40 * MINUTE_MS),
        10..500 => company.dice.i64(1..20 * MINUTE_MS),
        _ => company.dice.i64(10 * MINUTE_MS..4 * HOUR_MS),
    };
    company.clock.jump(jump);
    let did = match company.dice.u32(..100) {
        0..26 => enter(company).await,
        26..60 => answer(company).await,
        60..66 => stage(company).await,
        66..72 => end(company).await,
        72..75 => manage_waiting(company).await,
        75..78 => hand_over(company).await,
        78..80 => reopen(company).await,
        80..88 => card(company).await,
        88..93 => plan(company).await,
        93..96 => be_away(company).await,
        _ => Ok("nothing is done".to_owned()),
    };
    match did {
        Ok(did) => did,
        // What people try and may not do is part of life; what the server cannot do is not.
        Err(refusal @ (Refusal::Store(_) | Refusal::Defect(_) | Refusal::Busy | Refusal::KeyReused)) => panic!("{refusal}"),
        Err(refusal) => format!("refused: {refusal}"),
    }
}

fn by(person: &Caller) -> Actor {
    Actor::Person(person.clone())
}

/// The number of a lead, as the story tells it.
fn number(company: &Company, id: Uuid) -> usize {
    company.leads.iter().position(|lead| *lead == id).unwrap()
}

async fn enter(company: &mut Company) -> Result<String, Refusal> {
    let n = company.customers.len();
    let known = company.dice.f64() < 0.35;
    let customer = if known && n > 0 {
        let id = company.customers[company.dice.usize(..n)];
        CustomerGiven { id: Some(id), ..CustomerGiven::default() }
    } else {
        let name = spelled(n);
        CustomerGiven {
            website: Some(format!("{}.example", name.to_lowercase().replace(' ', "-"))),
            name: Some(name),
            country: Some("NL".to_owned()),
            ..CustomerGiven::default()
        }
    };
    let contact = company.dice.bool().then(|| ContactGiven { name: Some("Jo Doe".to_owned()), ..ContactGiven::default() });
    let product = PRODUCTS[company.dice.usize(..PRODUCTS.len())].to_owned();
    let source = ["website", "trade fair", "mail"][company.dice.usize(..3)].to_owned();
    let bulk = company.dice.f64() < 0.2;
    let command = EnterLead { source, product: Some(product), customer, contact, bulk, ..EnterLead::default() };
    let actor = if company.dice.bool() { Actor::System } else { by(&company.people[6]) };
    let entered = enter_lead(&company.app, &actor, command).await?;
    if !company.customers.contains(&entered.lead.customer_id) {
        company.customers.push(entered.lead.customer_id);
    }
    Ok(match entered.entered_as {
        EnteredAs::New => {
            company.leads.push(entered.lead.id);
            format!("lead {} enters", company.leads.len() - 1)
        }
        EnteredAs::Attached => format!("somebody asks again: lead {}", number(company, entered.lead.id)),
    })
}

/// Letters for a number, so that no company looks like another.
fn spelled(n: usize) -> String {
    let syllables = ["kwar", "luna", "besto", "gimp", "dravo", "shuy", "fenk", "ortiz", "quell", "umbra"];
    let word = |mut n: usize| {
        let mut word = String::new();
        for _ in 0..3 {
            word.push_str(syllables[n % 10]);
            n /= 10;
        }
        word
    };
    format!("{} {}", word(n * 7 + 3), word(n.wrapping_mul(2_654_435_761) >> 7))
}

/// A lead in a state, by the dice; leads are told apart by the order in which they entered.
async fn in_state(company: &mut Company, state: &str) -> Option<lead::Model> {
    let found = lead::Entity::find()
        .filter(lead::Column::State.eq(state))
        .order_by_asc(lead::Column::CreatedAt)
        .order_by_asc(lead::Column::Title)
        .all(company.app.store.read())
        .await
        .unwrap();
    company.any(&found).cloned()
}

fn person(company: &Company, id: Uuid) -> Caller {
    company.people.iter().find(|person| person.person_id == id).unwrap().clone()
}

/// Somebody answers a push that is open to them.
async fn answer(company: &mut Company) -> Result<String, Refusal> {
    let open = push::Entity::find()
        .filter(push::Column::Answer.eq("waiting"))
        .order_by_asc(push::Column::PushedAt)
        .all(company.app.store.read())
        .await
        .unwrap();
    let Some(open) = company.any(&open).cloned() else { return Ok("nobody has a push to answer".to_owned()) };
    let who = person(company, open.person_id);
    let lead = number(company, open.lead_id);
    match company.dice.u32(..10) {
        0..6 => {
            accept_lead(&company.app, &by(&who), AnswerPush { lead: open.lead_id, seen: None }).await?;
            Ok(format!("{} accepts lead {lead}", who.name))
        }
        6..9 => {
            let command = WithdrawPush { lead: open.lead_id, because: "Too far away.".to_owned(), seen: None };
            decline_lead(&company.app, &by(&who), command).await?;
            Ok(format!("{} declines lead {lead}", who.name))
        }
        _ => {
            let somebody = company.people[company.dice.usize(..company.people.len())].clone();
            accept_lead(&company.app, &by(&somebody), AnswerPush { lead: open.lead_id, seen: None }).await?;
            Ok(format!("{} accepts lead {lead}, which was offered to {}", somebody.name, who.name))
        }
    }
}

async fn stage(company: &mut Company) -> Result<String, Refusal> {
    let Some(row) = in_state(company, "owned").await else { return Ok("nobody owns anything".to_owned()) };
    let to = STAGES[company.dice.usize(..STAGES.len())];
    let owner = person(company, row.owner_id.unwrap());
    change_stage(&company.app, &by(&owner), ChangeStage { lead: row.id, to, seen: None }).await?;
    Ok(format!("lead {} is in {to}", number(company, row.id)))
}

async fn end(company: &mut Company) -> Result<String, Refusal> {
    let state = ["owned", "owned", "owned", "waiting", "offered"][company.dice.usize(..5)];
    let Some(row) = in_state(company, state).await else { return Ok("there is nothing to end".to_owned()) };
    let who = row.owner_id.map_or_else(|| company.people[6].clone(), |owner| person(company, owner));
    let lead = number(company, row.id);
    if company.dice.bool() {
        win_lead(&company.app, &by(&who), WinLead { lead: row.id, value: None, seen: None }).await?;
        Ok(format!("{} wins lead {lead}", who.name))
    } else {
        let command = LoseLead { lead: row.id, because: "They bought elsewhere.".to_owned(), seen: None };
        lose_lead(&company.app, &by(&who), command).await?;
        Ok(format!("{} loses lead {lead}", who.name))
    }
}

/// A manager takes a push back, or pushes what waits by hand.
async fn manage_waiting(company: &mut Company) -> Result<String, Refusal> {
    let manager = company.people[7].clone();
    if company.dice.bool() {
        let Some(row) = in_state(company, "offered").await else { return Ok("nothing is offered".to_owned()) };
        let command = WithdrawPush { lead: row.id, because: "I know better.".to_owned(), seen: None };
        withdraw_lead(&company.app, &by(&manager), command).await?;
        return Ok(format!("the push of lead {} is withdrawn", number(company, row.id)));
    }
    let Some(row) = in_state(company, "waiting").await else { return Ok("nothing waits".to_owned()) };
    let to = company.people[company.dice.usize(..company.people.len())].clone();
    let command = PushLead { lead: row.id, person: to.person_id, within: None, because: "You know them.".to_owned(), seen: None };
    push_lead(&company.app, &by(&manager), command).await?;
    Ok(format!("lead {} is pushed to {} by hand", number(company, row.id), to.name))
}

async fn hand_over(company: &mut Company) -> Result<String, Refusal> {
    let Some(row) = in_state(company, "owned").await else { return Ok("nobody owns anything".to_owned()) };
    let manager = company.people[6].clone();
    if company.dice.bool() {
        let command = EscalateLead { lead: row.id, to: None, because: "It is stuck.".to_owned(), seen: None };
        escalate_lead(&company.app, &by(&manager), command).await?;
        return Ok(format!("lead {} is escalated", number(company, row.id)));
    }
    let reps = company.with_role(Role::Rep);
    let to = company.any(&reps).unwrap();
    let command = TransferLead { lead: row.id, person: to.person_id, because: "They know them.".to_owned(), seen: None };
    transfer_lead(&company.app, &by(&manager), command).await?;
    Ok(format!("lead {} goes to {}", number(company, row.id), to.name))
}

async fn reopen(company: &mut Company) -> Result<String, Refusal> {
    let state = if company.dice.bool() { "lost" } else { "won" };
    let Some(row) = in_state(company, state).await else { return Ok("nothing is closed".to_owned()) };
    let reps = company.with_role(Role::Rep);
    let owner = if company.dice.bool() { company.any(&reps).map(|rep| rep.person_id) } else { None };
    let command = ReopenLead { lead: row.id, owner, because: "They called again.".to_owned(), seen: None };
    reopen_lead(&company.app, &by(&company.people[6].clone()), command).await?;
    Ok(format!("lead {} is open again", number(company, row.id)))
}

async fn card(company: &mut Company) -> Result<String, Refusal> {
    let Some(row) = in_state(company, "owned").await else { return Ok("nobody hears anything".to_owned()) };
    let author = company.people[company.dice.usize(..8)].clone();
    let command = WriteCard {
        customer_id: row.customer_id,
        lead_id: company.dice.bool().then_some(row.id),
        kind: "news".to_owned(),
        about: None,
        theme: None,
        text: "They build a second hall.".to_owned(),
        said_by_id: None,
        said_on: None,
    };
    write_card(&company.app, &by(&author), command).await?;
    Ok(format!("the customer of lead {} said something", number(company, row.id)))
}

async fn plan(company: &mut Company) -> Result<String, Refusal> {
    let Some(row) = in_state(company, "owned").await else { return Ok("nobody plans anything".to_owned()) };
    let owner = person(company, row.owner_id.unwrap());
    let days = company.dice.i64(0..10);
    let command = AnnouncePlan {
        customer_id: row.customer_id,
        lead_id: Some(row.id),
        objective: "Show the new line.".to_owned(),
        on_day: day(company, days),
        pack_id: None,
        bring: None,
    };
    announce_plan(&company.app, &by(&owner), command).await?;
    Ok(format!("{} plans something with the customer of lead {}", owner.name, number(company, row.id)))
}

async fn be_away(company: &mut Company) -> Result<String, Refusal> {
    let who = company.people[company.dice.usize(..8)].clone();
    let from = company.dice.i64(0..14);
    let until = from + company.dice.i64(0..12);
    let command = CreateAbsence {
        person_id: who.person_id,
        from_on: day(company, from),
        until_on: day(company, until),
        kind: AbsenceKind::Holiday,
        stand_in_id: None,
    };
    create_absence(&company.app, &by(&who), command).await?;
    Ok(format!("{} will be away from day {from} to {until}", who.name))
}

fn day(company: &Company, days: i64) -> NaiveDate {
    let at = company.clock.millis() + days * 24 * HOUR_MS;
    chrono::DateTime::from_timestamp_millis(at).unwrap().date_naive()
}
