//! Lists chosen or ordered by the value of a custom field: the same pages, cursors and ties as every other list has.

use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Order, Query, SelectStatement, SimpleExpr, Value};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::entity::custom_value::{Column, Entity};
use crate::error::StoreError;
use crate::list::{Ask, Cursor, Key, Listed, Page};
use crate::scope::Scope;

/// A custom field by which a list is chosen or ordered.
#[derive(Clone, Debug)]
pub struct ByField {
    /// The field.
    pub field: Uuid,
    /// Whether its values are ordered as numbers; otherwise as encoded texts, which days and texts are in the order of.
    pub is_number: bool,
    /// Only records of which this is so.
    pub wanted: Option<Wanted>,
    /// Whether the list is in the order of its values, and the largest come first.
    pub sort: Option<bool>,
}

/// What must be so of a value.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// It is this one, encoded.
    Is(String),
    /// There is none.
    Nothing,
    /// It has this in it, encoded.
    Has(String),
    /// It is a number between two, both included.
    Numbers(f64, f64),
    /// Its encoded text is between two, both included.
    Texts(String, String),
}

/// One page of what `scope` may see and `filter` asks for, by a custom field. Ties are in the order of ids; records without a value come last.
///
/// # Errors
/// As [`crate::list::list`].
pub async fn list_by_field<M: Listed>(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    filter: &M::Filter,
    by: &ByField,
    sort: crate::list::Sort<M::By>,
    ask: &Ask,
) -> Result<Page<M>, StoreError> {
    let mut select = M::narrow(M::within(M::Entity::find(), scope), scope, filter);
    if let Some(wanted) = &by.wanted {
        select = select.filter(holds::<M>(by.field, wanted));
    }
    match by.sort {
        None => crate::list::page(conn, select, M::ID, sort, ask).await,
        Some(descending) => ordered::<M>(conn, select, by, descending, ask).await,
    }
}

fn holds<M: Listed>(field: Uuid, wanted: &Wanted) -> SimpleExpr {
    let of_field = || Query::select().column(Column::RecordId).from(Entity).and_where(Column::FieldId.eq(field)).to_owned();
    let among = |records: SelectStatement| M::ID.in_subquery(records);
    match wanted {
        Wanted::Is(text) => among(crate::field::records_with(field, text)),
        Wanted::Nothing => M::ID.not_in_subquery(of_field()),
        Wanted::Has(text) => {
            let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let has = Expr::col(Column::TextValue).like(LikeExpr::new(format!("%{escaped}%")).escape('\\'));
            among(of_field().and_where(has).to_owned())
        }
        Wanted::Numbers(from, until) => among(crate::field::records_with_number(field, *from, *until)),
        Wanted::Texts(from, until) => among(crate::field::records_with_text(field, from, until)),
    }
}

async fn ordered<M: Listed>(
    conn: &impl ConnectionTrait,
    mut select: Select<M::Entity>,
    by: &ByField,
    descending: bool,
    ask: &Ask,
) -> Result<Page<M>, StoreError> {
    let value = || {
        let column = if by.is_number { Column::NumberValue } else { Column::Lookup };
        let of_row = Query::select()
            .column(column)
            .from(Entity)
            .and_where(Column::FieldId.eq(by.field))
            .and_where(Expr::col((Entity, Column::RecordId)).equals((M::Entity::default(), M::ID)))
            .to_owned();
        SimpleExpr::SubQuery(None, Box::new(of_row.into()))
    };
    let id = || Expr::col((M::Entity::default(), M::ID));
    let name = format!("{}field.{}", if descending { "-" } else { "" }, by.field);
    if let Some(cursor) = &ask.cursor {
        let cursor = Cursor::read(cursor, &name)?;
        let beyond = |left: SimpleExpr, right: SimpleExpr| if descending { left.lt(right) } else { left.gt(right) };
        let at: Option<Value> = match cursor.value {
            Key::Nothing => None,
            Key::Text(text) if by.is_number => Some(text.parse::<f64>().map_err(|_| StoreError::BadCursor)?.into()),
            Key::Text(text) => Some(text.into()),
            Key::Number(_) => return Err(StoreError::BadCursor),
        };
        select = select.filter(match at {
            None => Condition::all().add(value().is_null()).add(beyond(id(), Expr::val(cursor.id))),
            Some(at) => Condition::any()
                .add(beyond(value(), Expr::val(at.clone())))
                .add(Condition::all().add(value().eq(Expr::val(at))).add(beyond(id(), Expr::val(cursor.id))))
                .add(value().is_null()),
        });
    }
    let limit = ask.limit.clamp(1, crate::list::PAGE_ROWS);
    let direction = if descending { Order::Desc } else { Order::Asc };
    let select = select
        .order_by(value().is_null(), Order::Asc)
        .order_by(value(), direction.clone())
        .order_by(M::ID, direction)
        .limit(limit + 1);
    let mut items = select.all(conn).await?;
    let more = items.len() as u64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = match items.last().filter(|_| more) {
        Some(last) => Some(place_of::<M>(conn, last, by, name).await?),
        None => None,
    };
    Ok(Page { items, next })
}

/// The place of a row in the order.
async fn place_of<M: Listed>(conn: &impl ConnectionTrait, row: &M, by: &ByField, sort: String) -> Result<String, StoreError> {
    let id = match row.get(M::ID) {
        Value::Uuid(Some(id)) => id,
        _ => Uuid::nil(),
    };
    let stored = Entity::find_by_id((id, by.field)).one(conn).await?;
    let value = match stored {
        None => Key::Nothing,
        Some(stored) if by.is_number => stored.number_value.map_or(Key::Nothing, |number| Key::Text(number.to_string())),
        Some(stored) => stored.lookup.map_or(Key::Nothing, Key::Text),
    };
    Ok(Cursor { sort, value, id }.encode())
}
