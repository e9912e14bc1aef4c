//! What one person did in a stretch of a coaching period that both have signed: for coaching scripts alone (`policy.md` §5).
//!
//! It is the only query over traces by who left them, so it takes the period itself, and looks at nobody but whom that period is for.

use std::collections::BTreeMap;

use pact_core::coaching::State;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::IDS_PER_QUERY;
use crate::entity::{card, coaching_period, lead, lead_event, plan, request};
use crate::error::StoreError;

/// One act: a step on a lead, a card, a plan, a request, or an answer to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The id of what was left behind.
    pub id: Uuid,
    /// What was done, as one word: `card`, `plan`, `request`, `answer`, or a step of a lead's history.
    pub what: String,
    /// What was done, as text.
    pub text: String,
    /// The customer that it was about.
    pub customer_id: Option<Uuid>,
    /// When, in milliseconds.
    pub at: i64,
}

/// What the coached person of a signed period did from one instant until before another, the oldest first; nothing of a period that is not signed.
///
/// # Errors
/// What the database reports.
pub async fn of_coached(
    conn: &impl ConnectionTrait,
    period: &coaching_period::Model,
    stretch: (i64, i64),
    limit: u64,
) -> Result<Vec<Act>, StoreError> {
    if period.state != State::Signed.as_str() {
        return Ok(Vec::new());
    }
    let mut acts = steps(conn, period.person_id, stretch, limit).await?;
    acts.extend(talks(conn, period.person_id, stretch, limit).await?);
    acts.sort_by_key(|act| (act.at, act.id));
    acts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(acts)
}

async fn steps(conn: &impl ConnectionTrait, person: Uuid, (from, until): (i64, i64), limit: u64) -> Result<Vec<Act>, StoreError> {
    use lead_event::Column as C;
    let found = lead_event::Entity::find().filter(C::ByPersonId.eq(person)).filter(C::At.gte(from)).filter(C::At.lt(until));
    let found = found.order_by_asc(C::At).order_by_asc(C::Id).limit(limit).all(conn).await?;
    let leads: Vec<Uuid> = found.iter().map(|step| step.lead_id).collect();
    let mut customers: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    for some in leads.chunks(IDS_PER_QUERY) {
        let of = lead::Entity::find().select_only().columns([lead::Column::Id, lead::Column::CustomerId]);
        customers.extend(of.filter(lead::Column::Id.is_in(some.iter().copied())).into_tuple::<(Uuid, Uuid)>().all(conn).await?);
    }
    let act = |step: lead_event::Model| Act {
        id: step.id,
        what: step.what,
        text: step.text,
        customer_id: customers.get(&step.lead_id).copied(),
        at: step.at,
    };
    Ok(found.into_iter().map(act).collect())
}

async fn talks(conn: &impl ConnectionTrait, person: Uuid, (from, until): (i64, i64), limit: u64) -> Result<Vec<Act>, StoreError> {
    macro_rules! left_by {
        ($entity:ident, $who:ident, $at:ident) => {{
            use crate::entity::$entity::{Column, Entity};
            let left = Entity::find().filter(Column::$who.eq(person)).filter(Column::$at.gte(from)).filter(Column::$at.lt(until));
            left.order_by_asc(Column::$at).order_by_asc(Column::Id).limit(limit).all(conn).await?
        }};
    }
    let act = |what: &str, id, customer_id, text, at| Act { id, what: what.to_owned(), text, customer_id: Some(customer_id), at };
    let cards: Vec<card::Model> = left_by!(card, AuthorId, WrittenAt);
    let plans: Vec<plan::Model> = left_by!(plan, PersonId, AnnouncedAt);
    let asked: Vec<request::Model> = left_by!(request, FromId, AskedAt);
    let answered: Vec<request::Model> = left_by!(request, ToId, AnsweredAt);
    let mut acts: Vec<Act> =
        cards.into_iter().map(|card| act("card", card.id, card.customer_id, card.text, card.written_at)).collect();
    acts.extend(plans.into_iter().map(|plan| act("plan", plan.id, plan.customer_id, plan.objective, plan.announced_at)));
    acts.extend(asked.into_iter().map(|it| act("request", it.id, it.customer_id, it.text, it.asked_at)));
    acts.extend(answered.into_iter().filter_map(|it| Some(act("answer", it.id, it.customer_id, it.answer?, it.answered_at?))));
    Ok(acts)
}
