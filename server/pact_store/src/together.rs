//! One question, asked for each of several keys, in one statement.

use std::collections::HashSet;

use sea_orm::sea_query::{Alias, Asterisk, Cond, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use crate::error::StoreError;
use crate::record::Record;

/// The keys, as the statement calls them.
const ASKED: &str = "asked";
/// What was found for a key.
const FOUND: &str = "found";

/// A question with an order and a limit of its own, and the keys for each of which it is asked.
///
/// The keys travel as one value, a JSON array: however many they are, the statement is the same word for word and stays prepared.
pub(crate) struct Each<M: Record> {
    keys: serde_json::Value,
    question: Select<M::Entity>,
}

impl<M: Record> Each<M> {
    /// A question for each of some texts; nothing where there are none.
    pub(crate) fn text(keys: &[&str], question: impl FnOnce(Expr) -> Select<M::Entity>) -> Option<Self> {
        (!keys.is_empty()).then(|| Self { keys: keys.into(), question: question(key()) })
    }

    /// A question for each of some ids; nothing where there are none.
    pub(crate) fn id(
        conn: &impl ConnectionTrait,
        keys: &[Uuid],
        question: impl FnOnce(Expr) -> Select<M::Entity>,
    ) -> Option<Self> {
        let id: Expr = match conn.get_database_backend() {
            DbBackend::Sqlite => Func::cust("unhex").arg(key()).into(),
            _ => key().cast_as("uuid"),
        };
        let keys: Vec<String> = keys.iter().map(|key| key.simple().to_string()).collect();
        (!keys.is_empty()).then(|| Self { keys: keys.into(), question: question(id) })
    }

    /// The statement that asks it: SQLite has no lateral joins, but goes through the keys and looks up what a subquery finds for each.
    fn statement(self, backend: DbBackend) -> SelectStatement {
        let keys = Expr::val(self.keys.to_string());
        let mut all = Query::select();
        all.column((Alias::new(FOUND), Asterisk));
        match backend {
            DbBackend::Sqlite => {
                let ids = self.question.select_only().column(M::ID).into_query();
                let found = Expr::col((Alias::new(FOUND), M::ID)).in_subquery(ids);
                all.from_function(Func::cust("json_each").arg(keys), ASKED).join_as(
                    JoinType::InnerJoin,
                    M::Entity::default(),
                    Alias::new(FOUND),
                    found,
                );
            }
            _ => {
                let texts = Func::cust("json_array_elements_text").arg(keys.cast_as("json"));
                all.from_function(texts, ASKED).join_lateral(
                    JoinType::InnerJoin,
                    self.question.into_query(),
                    Alias::new(FOUND),
                    Cond::all().add(Expr::value(true)),
                );
            }
        }
        all
    }
}

/// The records that answer several questions about one table, in no order and each once.
pub(crate) async fn together<M>(
    conn: &impl ConnectionTrait,
    questions: impl IntoIterator<Item = Option<Each<M>>>,
) -> Result<Vec<M>, StoreError>
where
    M: Record<Id: Eq + std::hash::Hash> + FromQueryResult,
{
    let backend = conn.get_database_backend();
    let mut questions = questions.into_iter().flatten().map(|question| question.statement(backend));
    let Some(mut all) = questions.next() else { return Ok(Vec::new()) };
    for question in questions {
        all.union(UnionType::All, question);
    }
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for row in conn.query_all(&all).await? {
        let record = M::from_query_result(&row, "")?;
        if seen.insert(record.id()) {
            found.push(record);
        }
    }
    Ok(found)
}

/// The key for which a question is asked just now.
fn key() -> Expr {
    Expr::col((Alias::new(ASKED), Alias::new("value")))
}

/// Values for an `IN`, their number rounded up to a power of two by saying the last one again, so that few different statements exist and each stays prepared.
pub(crate) fn rounded_up<T: Clone>(some: &[T]) -> impl Iterator<Item = T> {
    let again = some.len().next_power_of_two() - some.len();
    some.iter().chain(some.last().into_iter().cycle().take(again)).cloned()
}
