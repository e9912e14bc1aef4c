//! Several questions, one statement.

use std::collections::HashSet;

use sea_orm::sea_query::{Asterisk, Query, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryTrait, Select};

use crate::error::StoreError;
use crate::record::Record;

/// Questions in one statement at most; SQLite takes five hundred.
const QUESTIONS: usize = 256;

/// The records that answer several questions about one table, each with an order and a limit of its own, in no order and each once.
///
/// The number of questions is rounded up to a power of two by asking the last one again, so that few different statements exist and each stays
/// prepared.
pub(crate) async fn together<M>(conn: &impl ConnectionTrait, questions: Vec<Select<M::Entity>>) -> Result<Vec<M>, StoreError>
where
    M: Record<Id: Eq + std::hash::Hash> + FromQueryResult,
{
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for some in questions.chunks(QUESTIONS) {
        let Some((first, rest)) = some.split_first() else { continue };
        let again = some.len().next_power_of_two() - some.len();
        let repeated = some.last().into_iter().cycle().take(again);
        let mut all = part(first);
        for question in rest.iter().chain(repeated) {
            all.union(UnionType::All, part(question));
        }
        for row in conn.query_all(&all).await? {
            let record = M::from_query_result(&row, "")?;
            if seen.insert(record.id()) {
                found.push(record);
            }
        }
    }
    Ok(found)
}

/// Values for an `IN`, their number rounded up to a power of two by saying the last one again, so that few different statements exist and each stays prepared.
pub(crate) fn rounded_up<T: Clone>(some: &[T]) -> impl Iterator<Item = T> {
    let again = some.len().next_power_of_two() - some.len();
    some.iter().chain(some.last().into_iter().cycle().take(again)).cloned()
}

/// A question with an order and a limit of its own, as a part of a union.
fn part<E: EntityTrait>(question: &Select<E>) -> SelectStatement {
    Query::select().column(Asterisk).from_subquery(question.as_query().clone(), "part").to_owned()
}
