//! What the records of digests are called, and which of their leads wait for the reader's answer: looked up for many digests together.

use std::collections::{BTreeMap, BTreeSet};

use pact_policy::table::Kind;
use pact_script::effect;
use pact_store::entity::{card, contact, customer, lead, pack, plan, push, request};
use pact_store::{IDS_PER_QUERY, StoreError, Tx, record};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{Line, Said, WaitingPush};
use crate::Refusal;

/// The longest name of a record in a digest, in characters.
const NAME_CHARS: usize = 120;

/// Names of records, and pushes that wait.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: BTreeMap<Uuid, String>,
    /// By lead; a lead has one push that waits at most.
    pushes: BTreeMap<Uuid, push::Model>,
}

impl Names {
    /// Looks up what some digests speak of.
    pub(super) async fn load<'a>(tx: &Tx, said: impl Iterator<Item = &'a Said>) -> Result<Self, Refusal> {
        let mut ids: BTreeMap<Kind, BTreeSet<Uuid>> = BTreeMap::new();
        for (kind, id) in said.flat_map(|said| &said.sections).flat_map(|section| &section.lines).filter_map(|line| line.record) {
            ids.entry(kind).or_default().insert(id);
        }
        let of = |kind| ids.get(&kind).cloned().unwrap_or_default();
        let mut found = Self { pushes: waiting(tx, &of(Kind::Lead)).await?, ..Self::default() };
        for row in record::many::<lead::Model>(tx, of(Kind::Lead)).await? {
            found.names.insert(row.id, row.title);
        }
        for row in record::many::<contact::Model>(tx, of(Kind::Contact)).await? {
            found.names.insert(row.id, row.name);
        }
        for row in record::many::<pack::Model>(tx, of(Kind::Pack)).await? {
            found.names.insert(row.id, row.title);
        }
        found.customers(tx, of).await?;
        found.names.values_mut().for_each(|name| *name = shortened(name, NAME_CHARS));
        Ok(found)
    }

    /// Customers by their names, and what belongs to a customer by the customer's.
    async fn customers(&mut self, tx: &Tx, of: impl Fn(Kind) -> BTreeSet<Uuid>) -> Result<(), Refusal> {
        let mut belongs: Vec<(Uuid, Uuid)> = of(Kind::Customer).into_iter().map(|id| (id, id)).collect();
        let cards = record::many::<card::Model>(tx, of(Kind::Card)).await?;
        belongs.extend(cards.into_iter().map(|row| (row.id, row.customer_id)));
        let plans = record::many::<plan::Model>(tx, of(Kind::Plan)).await?;
        belongs.extend(plans.into_iter().map(|row| (row.id, row.customer_id)));
        let requests = record::many::<request::Model>(tx, of(Kind::Request)).await?;
        belongs.extend(requests.into_iter().map(|row| (row.id, row.customer_id)));
        let wanted: BTreeSet<Uuid> = belongs.iter().map(|(_, customer)| *customer).collect();
        let rows = record::many::<customer::Model>(tx, wanted).await?;
        let names: BTreeMap<Uuid, String> = rows.into_iter().map(|row| (row.id, row.name)).collect();
        self.names.extend(belongs.into_iter().filter_map(|(id, customer)| Some((id, names.get(&customer)?.clone()))));
        Ok(())
    }

    /// A line with the name of its record, and the push that waits for this person.
    pub(super) fn line(&self, person: Uuid, line: &effect::Line) -> Line {
        let id = line.record.map(|(_, id)| id);
        let push = id.and_then(|id| self.pushes.get(&id)).filter(|push| push.person_id == person);
        Line {
            record: line.record,
            name: id.and_then(|id| self.names.get(&id)).cloned(),
            text: line.text.clone(),
            push: push.map(|push| WaitingPush { id: push.id, answer_by_at: push.answer_by_at }),
        }
    }
}

/// The pushes of leads that wait for their answers.
async fn waiting(tx: &Tx, leads: &BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, push::Model>, Refusal> {
    let leads: Vec<Uuid> = leads.iter().copied().collect();
    let mut found = BTreeMap::new();
    for some in leads.chunks(IDS_PER_QUERY) {
        let open = push::Entity::find()
            .filter(push::Column::LeadId.is_in(some.iter().copied()))
            .filter(push::Column::Answer.eq(pact_store::push::WAITING));
        found.extend(open.all(tx).await.map_err(StoreError::from)?.into_iter().map(|row| (row.lead_id, row)));
    }
    Ok(found)
}

/// A text of at most so many characters, cut at a space where there is one near.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    let at_word = cut.rfind(char::is_whitespace).filter(|at| *at > cut.len() / 2).map_or(cut.as_str(), |at| &cut[..at]);
    format!("{}…", at_word.trim_end())
}
