//! What the past leaves behind, read for many records at once: events, steps of leads, what restarted quiet clocks, what runs did.
//!
//! Only a dry run reads this way. Nothing here selects by a person.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::IDS_PER_QUERY;
use crate::entity::{card, contact, customer, event, lead, lead_event, plan, push, request, run};
use crate::error::StoreError;

/// Where something happened that calls scripts, among everything of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// Leads that entered.
    Leads,
    /// Steps of these words in the histories of leads.
    Steps(&'a [&'a str]),
    /// Customers that are new.
    Customers,
    /// Cards that were written.
    Cards,
    /// Plans that were announced.
    Plans,
}

/// Something that happened: when, the id of what tells of it, the record that it is about, and the sentence of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: i64,
    /// The step's id; the record's where there is no step.
    pub id: Uuid,
    /// The record.
    pub record: Uuid,
    /// The step's sentence; empty where there is no step.
    pub text: String,
}

/// What happened at `from` or later and before `until`, in order, `limit` at most.
///
/// # Errors
/// What the database reports.
pub async fn happened(
    conn: &impl ConnectionTrait,
    source: Source<'_>,
    (from, until): (i64, i64),
    limit: u64,
) -> Result<Vec<Happened>, StoreError> {
    macro_rules! records {
        ($table:ident, $at:ident) => {{
            use $table::{Column, Entity};
            let select = Entity::find().select_only().columns([Column::$at, Column::Id]);
            let select = select.filter(Column::$at.gte(from)).filter(Column::$at.lt(until));
            select.order_by_asc(Column::$at).order_by_asc(Column::Id).limit(limit).into_tuple::<(i64, Uuid)>().all(conn).await?
        }};
    }
    let bare = |(at, id)| Happened { at, id, record: id, text: String::new() };
    Ok(match source {
        Source::Leads => records!(lead, CreatedAt).into_iter().map(bare).collect(),
        Source::Customers => records!(customer, CreatedAt).into_iter().map(bare).collect(),
        Source::Cards => records!(card, WrittenAt).into_iter().map(bare).collect(),
        Source::Plans => records!(plan, AnnouncedAt).into_iter().map(bare).collect(),
        Source::Steps(words) => {
            use lead_event::Column as C;
            let select = lead_event::Entity::find()
                .select_only()
                .columns([C::At, C::Id, C::LeadId, C::Text])
                .filter(C::What.is_in(words.iter().copied()))
                .filter(C::At.gte(from))
                .filter(C::At.lt(until));
            let select = select.order_by_asc(C::At).order_by_asc(C::Id).limit(limit);
            let rows: Vec<(i64, Uuid, Uuid, String)> = select.into_tuple().all(conn).await?;
            rows.into_iter().map(|(at, id, record, text)| Happened { at, id, record, text }).collect()
        }
    })
}

/// The events of a name in a stretch: id, record and instant; retries for one plugin are left out.
///
/// # Errors
/// What the database reports.
pub async fn events(
    conn: &impl ConnectionTrait,
    name: &str,
    (from, until): (i64, i64),
) -> Result<Vec<(Uuid, Uuid, i64)>, StoreError> {
    use event::Column as C;
    let select = event::Entity::find()
        .select_only()
        .columns([C::Id, C::RecordId, C::At])
        .filter(C::Name.eq(name))
        .filter(C::At.gte(from))
        .filter(C::At.lte(until))
        .filter(C::PluginId.is_null());
    Ok(select.into_tuple().all(conn).await?)
}

/// An event by its id.
///
/// # Errors
/// What the database reports.
pub async fn event(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<event::Model>, StoreError> {
    Ok(event::Entity::find_by_id(id).one(conn).await?)
}

/// A step of a lead's history, without the person and the sentence, which may name one.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Step {
    /// Its id, which orders steps of one instant.
    pub id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// What happened, as one word.
    pub what: String,
    /// The plugin that did it; nothing where a person or PACT itself did.
    pub by_plugin: Option<String>,
    /// When.
    pub at: i64,
    /// What the lead was after it.
    pub left_as: Option<String>,
}

/// The steps of leads.
///
/// # Errors
/// What the database reports.
pub async fn steps(conn: &impl ConnectionTrait, leads: &[Uuid]) -> Result<Vec<Step>, StoreError> {
    use lead_event::Column as C;
    let mut found = Vec::new();
    for some in leads.chunks(IDS_PER_QUERY) {
        let select = lead_event::Entity::find()
            .select_only()
            .columns([C::Id, C::LeadId, C::What, C::ByPlugin, C::At, C::LeftAs])
            .filter(C::LeadId.is_in(some.iter().copied()));
        found.extend(select.into_model::<Step>().all(conn).await?);
    }
    Ok(found)
}

/// The pushes of leads.
///
/// # Errors
/// What the database reports.
pub async fn pushes(conn: &impl ConnectionTrait, leads: &[Uuid]) -> Result<Vec<push::Model>, StoreError> {
    let mut found = Vec::new();
    for some in leads.chunks(IDS_PER_QUERY) {
        found.extend(push::Entity::find().filter(push::Column::LeadId.is_in(some.iter().copied())).all(conn).await?);
    }
    Ok(found)
}

/// A push by its id.
///
/// # Errors
/// What the database reports.
pub async fn push(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<push::Model>, StoreError> {
    Ok(push::Entity::find_by_id(id).one(conn).await?)
}

/// Something with a customer that restarted quiet clocks: the customer, its lead if it was about one, and when.
pub type Stir = (Uuid, Option<Uuid>, i64);

/// What restarted the quiet clocks of customers and of their leads: cards, plans, requests and answers.
///
/// # Errors
/// What the database reports.
pub async fn stirs(conn: &impl ConnectionTrait, customers: &[Uuid]) -> Result<Vec<Stir>, StoreError> {
    let mut found = Vec::new();
    for some in customers.chunks(IDS_PER_QUERY) {
        let some = || some.iter().copied();
        let cards = card::Entity::find()
            .select_only()
            .columns([card::Column::CustomerId, card::Column::LeadId, card::Column::WrittenAt])
            .filter(card::Column::CustomerId.is_in(some()));
        found.extend(cards.into_tuple::<Stir>().all(conn).await?);
        let plans = plan::Entity::find()
            .select_only()
            .columns([plan::Column::CustomerId, plan::Column::LeadId, plan::Column::AnnouncedAt])
            .filter(plan::Column::CustomerId.is_in(some()));
        found.extend(plans.into_tuple::<Stir>().all(conn).await?);
        let asked = request::Entity::find()
            .select_only()
            .columns([
                request::Column::CustomerId,
                request::Column::LeadId,
                request::Column::AskedAt,
                request::Column::AnsweredAt,
            ])
            .filter(request::Column::CustomerId.is_in(some()));
        for (customer, lead, asked_at, answered_at) in
            asked.into_tuple::<(Uuid, Option<Uuid>, i64, Option<i64>)>().all(conn).await?
        {
            found.extend([Some(asked_at), answered_at].into_iter().flatten().map(|at| (customer, lead, at)));
        }
    }
    Ok(found)
}

/// The leads with these ids, merged ones included.
///
/// # Errors
/// What the database reports.
pub async fn leads(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<lead::Model>, StoreError> {
    Ok(by_id(lead::Entity::find(), lead::Column::Id, ids, conn).await?)
}

/// The leads of customers, merged ones included.
///
/// # Errors
/// What the database reports.
pub async fn leads_of(conn: &impl ConnectionTrait, customers: &[Uuid]) -> Result<Vec<lead::Model>, StoreError> {
    Ok(by_id(lead::Entity::find(), lead::Column::CustomerId, customers, conn).await?)
}

/// The customers with these ids.
///
/// # Errors
/// What the database reports.
pub async fn customers(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<customer::Model>, StoreError> {
    Ok(by_id(customer::Entity::find(), customer::Column::Id, ids, conn).await?)
}

/// The contacts with these ids.
///
/// # Errors
/// What the database reports.
pub async fn contacts(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<contact::Model>, StoreError> {
    Ok(by_id(contact::Entity::find(), contact::Column::Id, ids, conn).await?)
}

/// Every lead that entered before an instant and was not merged into another: ids, the oldest first.
///
/// # Errors
/// What the database reports.
pub async fn leads_before(conn: &impl ConnectionTrait, before: i64, limit: u64) -> Result<Vec<Uuid>, StoreError> {
    use lead::Column as C;
    let select =
        lead::Entity::find().select_only().column(C::Id).filter(C::CreatedAt.lt(before)).filter(C::MergedIntoId.is_null());
    Ok(select.order_by_asc(C::CreatedAt).order_by_asc(C::Id).limit(limit).into_tuple().all(conn).await?)
}

/// The effects of the runs of events: the event, the plugin, what it wanted.
///
/// # Errors
/// What the database reports.
pub async fn done_for(conn: &impl ConnectionTrait, events: &[Uuid]) -> Result<Vec<(Uuid, String, crate::Json)>, StoreError> {
    use run::Column as C;
    let mut found = Vec::new();
    for some in events.chunks(IDS_PER_QUERY) {
        let select = run::Entity::find()
            .select_only()
            .columns([C::EventId, C::PluginId, C::Effects])
            .filter(C::EventId.is_in(some.iter().copied()))
            .filter(C::Outcome.eq("done"));
        found.extend(select.into_tuple::<(Uuid, String, crate::Json)>().all(conn).await?);
    }
    Ok(found)
}

async fn by_id<E: EntityTrait>(
    select: sea_orm::Select<E>,
    id: E::Column,
    ids: &[Uuid],
    conn: &impl ConnectionTrait,
) -> Result<Vec<E::Model>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS_PER_QUERY) {
        found.extend(select.clone().filter(id.is_in(some.iter().copied())).all(conn).await?);
    }
    Ok(found)
}

/// Requests that are due in a stretch of days and were not answered by then: id, the day, and when an answer came.
///
/// # Errors
/// What the database reports.
pub async fn requests_due(
    conn: &impl ConnectionTrait,
    (from, until): (String, String),
    limit: u64,
) -> Result<Vec<(Uuid, String, Option<i64>)>, StoreError> {
    use request::Column as C;
    let select = request::Entity::find().select_only().columns([C::Id, C::DueOn, C::AnsweredAt]);
    let select = select.filter(C::DueOn.gte(from)).filter(C::DueOn.lte(until)).order_by_asc(C::DueOn).order_by_asc(C::Id);
    Ok(select.limit(limit).into_tuple().all(conn).await?)
}
