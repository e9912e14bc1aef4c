//! Lists: filtered, in a chosen order, page by page with an opaque cursor.
//!
//! A cursor holds the last row's place in the order (its value and its id), so that a page costs the same wherever it begins and no row is shown twice
//! or left out when others come or go. Ties are in the order of ids; rows without a value come last in both directions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::sea_query::{Expr, ExprTrait, Order, SimpleExpr, Value};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::StoreError;
use crate::scope::Scope;

/// Rows of one page at most.
pub const PAGE_ROWS: u64 = 200;

/// Rows that are listed, with the filters and orders that they offer.
///
/// A filter or order that would select or sort traces by person does not exist here (`policy.md` §6): `mine` and its like ask for the caller's own.
pub trait Listed: ModelTrait<Entity: EntityTrait<Model = Self>> + Send + Sync {
    /// What may be asked for.
    type Filter: Default + Send + Sync;
    /// The orders that are offered.
    type By: SortBy<Entity = Self::Entity>;
    /// The column of the id.
    const ID: <Self::Entity as EntityTrait>::Column;
    /// Leaves what `scope` may see.
    fn within(select: Select<Self::Entity>, scope: &Scope) -> Select<Self::Entity>;
    /// Leaves what the filter asks for.
    fn narrow(select: Select<Self::Entity>, scope: &Scope, filter: &Self::Filter) -> Select<Self::Entity>;
}

/// The orders in which rows of one kind may be listed.
pub trait SortBy: Copy + Default + Send + Sync + 'static {
    /// What is ordered.
    type Entity: EntityTrait;
    /// Every order.
    const ALL: &'static [Self];
    /// The name that clients use.
    fn name(self) -> &'static str;
    /// The column.
    fn column(self) -> <Self::Entity as EntityTrait>::Column;
    /// Whether rows may lack a value.
    fn nullable(self) -> bool;

    /// The order of this name.
    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|by| by.name() == name)
    }
}

/// An order and its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort<B> {
    /// By what.
    pub by: B,
    /// Largest, latest or last first.
    pub descending: bool,
}

/// Which page.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Where the last page ended; none for the first.
    pub cursor: Option<String>,
    /// Rows wanted: at least one, at most [`PAGE_ROWS`].
    pub limit: u64,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<M> {
    /// Its rows.
    pub items: Vec<M>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// One page of what `scope` may see and `filter` asks for.
///
/// # Errors
/// [`StoreError::BadCursor`] for a cursor of another order, or what the database reports.
pub async fn list<M: Listed>(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    filter: &M::Filter,
    sort: Sort<M::By>,
    ask: &Ask,
) -> Result<Page<M>, StoreError> {
    let select = M::narrow(M::within(M::Entity::find(), scope), scope, filter);
    page(conn, select, M::ID, sort, ask).await
}

/// The row with this id, if `scope` may see it.
///
/// # Errors
/// What the database reports.
pub async fn find_in<M: Listed>(conn: &impl ConnectionTrait, scope: &Scope, id: Uuid) -> Result<Option<M>, StoreError> {
    Ok(M::within(M::Entity::find(), scope).filter(M::ID.eq(id)).one(conn).await?)
}

/// One page of any select.
///
/// # Errors
/// As [`list`].
pub async fn page<E, B>(
    conn: &impl ConnectionTrait,
    mut select: Select<E>,
    id: E::Column,
    sort: Sort<B>,
    ask: &Ask,
) -> Result<Page<E::Model>, StoreError>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    B: SortBy<Entity = E>,
{
    let limit = ask.limit.clamp(1, PAGE_ROWS);
    if let Some(cursor) = &ask.cursor {
        select = select.filter(after(id, sort, Cursor::decode(cursor, sort)?)?);
    }
    let direction = if sort.descending { Order::Desc } else { Order::Asc };
    if sort.by.nullable() {
        select = select.order_by(place(sort.by.column()).is_null(), Order::Asc);
    }
    select = select.order_by(sort.by.column(), direction.clone()).order_by(id, direction).limit(limit + 1);
    let mut items = select.all(conn).await?;
    let more = items.len() as u64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more).map(|row| Cursor::at(row, id, sort).encode());
    Ok(Page { items, next })
}

/// The condition for rows after the cursor.
fn after<E: EntityTrait, B: SortBy<Entity = E>>(id: E::Column, sort: Sort<B>, cursor: Cursor) -> Result<Condition, StoreError> {
    let column = sort.by.column();
    let beyond = |left: SimpleExpr, right: SimpleExpr| if sort.descending { left.lt(right) } else { left.gt(right) };
    let value: Value = match cursor.value {
        Key::Text(text) => text.into(),
        Key::Number(number) => number.into(),
        Key::Nothing if sort.by.nullable() => {
            return Ok(Condition::all().add(place(column).is_null()).add(beyond(place(id), Expr::val(cursor.id))));
        }
        Key::Nothing => return Err(StoreError::BadCursor),
    };
    let here = SimpleExpr::Tuple(vec![place(column), place(id)]);
    let there = SimpleExpr::Tuple(vec![Expr::val(value), Expr::val(cursor.id)]);
    let condition = Condition::any().add(beyond(here, there));
    Ok(if sort.by.nullable() { condition.add(place(column).is_null()) } else { condition })
}

fn place(column: impl ColumnTrait) -> SimpleExpr {
    Expr::col(column.as_column_ref())
}

/// A place in an order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The order's name, with `-` before it when descending.
    pub(crate) sort: String,
    pub(crate) value: Key,
    pub(crate) id: Uuid,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    Number(i64),
    Text(String),
    Nothing,
}

impl Cursor {
    fn order<B: SortBy>(sort: Sort<B>) -> String {
        format!("{}{}", if sort.descending { "-" } else { "" }, sort.by.name())
    }

    fn at<E, B>(row: &E::Model, id: E::Column, sort: Sort<B>) -> Self
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
        B: SortBy<Entity = E>,
    {
        let value = match row.get(sort.by.column()) {
            Value::BigInt(Some(number)) => Key::Number(number),
            Value::String(Some(text)) => Key::Text(text),
            _ => Key::Nothing,
        };
        let id = match row.get(id) {
            Value::Uuid(Some(id)) => id,
            _ => Uuid::nil(),
        };
        Self { sort: Self::order(sort), value, id }
    }

    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn decode<B: SortBy>(text: &str, sort: Sort<B>) -> Result<Self, StoreError> {
        Self::read(text, &Self::order(sort))
    }

    /// Reads a cursor of the order of this name.
    pub(crate) fn read(text: &str, order: &str) -> Result<Self, StoreError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| StoreError::BadCursor)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| StoreError::BadCursor)?;
        if cursor.sort == order { Ok(cursor) } else { Err(StoreError::BadCursor) }
    }
}

/// Writes down the orders of one kind of rows: name, column, and whether a value may be missing. The first is the default.
macro_rules! sorts {
    ($(#[$about:meta])* $name:ident of $entity:ident { $first:ident $(? $first_null:literal)? = $first_word:literal, $($by:ident $(? $null:literal)? = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the column of its name")]
        pub enum $name { #[default] $first, $($by,)* }

        impl $crate::list::SortBy for $name {
            type Entity = $crate::entity::$entity::Entity;
            const ALL: &'static [Self] = &[Self::$first, $(Self::$by,)*];

            fn name(self) -> &'static str {
                match self { Self::$first => $first_word, $(Self::$by => $word,)* }
            }

            fn column(self) -> $crate::entity::$entity::Column {
                match self { Self::$first => $crate::entity::$entity::Column::$first, $(Self::$by => $crate::entity::$entity::Column::$by,)* }
            }

            fn nullable(self) -> bool {
                match self { Self::$first => false $(|| $first_null)?, $(Self::$by => false $(|| $null)?,)* }
            }
        }
    };
}
pub(crate) use sorts;

/// Adds a condition for each part of a filter that is given.
macro_rules! narrow {
    ($select:ident, $filter:ident, $entity:ident: $($given:ident => $column:ident . $op:ident),* $(,)?) => {
        $(if let Some(value) = &$filter.$given {
            $select = $select.filter($crate::entity::$entity::Column::$column.$op(value.clone()));
        })*
    };
}
pub(crate) use narrow;
