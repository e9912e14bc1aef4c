//! Lists of leads, their pushes and their history.

use pact_store::entity::{lead_event, push};
use pact_store::list::{Ask, Page, Sort};
use pact_store::{lead as leads, push as pushes};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::list::sorts;
use crate::{App, Refusal};

pub use pact_store::lead::{By, Filter as LeadFilter};

sorts! {
    /// The order in which pushes of a lead are listed.
    PushBy of push { PushedAt = "pushed_at", }
}

sorts! {
    /// The order in which a person's own pushes are listed.
    OwnPushBy of push { AnswerByAt = "answer_by", }
}

sorts! {
    /// The order in which a history is listed.
    HistoryBy of lead_event { At = "at", }
}

/// The offers of a lead and of those merged into it, a page at a time.
pub async fn list_pushes(app: &App, lead: Uuid, sort: Sort<PushBy>, ask: &Ask) -> Result<Page<push::Model>, Refusal> {
    use push::Column as C;
    let of_lead = Condition::any().add(C::LeadId.eq(lead)).add(C::LeadId.in_subquery(leads::merged_into(lead)));
    Ok(pact_store::list::page(app.store.read(), push::Entity::find().filter(of_lead), C::Id, sort, ask).await?)
}

/// The pushes that await a person's own answer, a page at a time.
pub async fn list_own_pushes(app: &App, person: Uuid, sort: Sort<OwnPushBy>, ask: &Ask) -> Result<Page<push::Model>, Refusal> {
    use push::Column as C;
    let select = push::Entity::find().filter(C::PersonId.eq(person)).filter(C::Answer.eq(pushes::WAITING));
    Ok(pact_store::list::page(app.store.read(), select, C::Id, sort, ask).await?)
}

/// The history of a lead and of those merged into it, a page at a time.
pub async fn list_history(app: &App, lead: Uuid, sort: Sort<HistoryBy>, ask: &Ask) -> Result<Page<lead_event::Model>, Refusal> {
    use lead_event::Column as C;
    let of_lead = Condition::any().add(C::LeadId.eq(lead)).add(C::LeadId.in_subquery(leads::merged_into(lead)));
    Ok(pact_store::list::page(app.store.read(), lead_event::Entity::find().filter(of_lead), C::Id, sort, ask).await?)
}

/// The offer of a lead that awaits an answer.
pub async fn open_push(app: &App, lead: Uuid) -> Result<Option<push::Model>, Refusal> {
    Ok(pushes::open_of_lead(app.store.read(), lead).await?)
}
