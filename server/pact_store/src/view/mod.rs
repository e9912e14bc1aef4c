//! Views, run: rows of leads, customers, cards or goals with what lies along paths from them, as one statement.
//!
//! What may be asked is decided before, by the policy; here a path is joins and a column, a condition is SQL, and every value is bound.
//! Reports come back in fine groups (keys, contributor, conditions met), which the caller puts together: `k`, months in a zone and distinct
//! customers are no matter of the database.

mod places;
mod saved;

use sea_orm::sea_query::{
    Alias, CaseStatement, Cond, Condition, Expr, ExprTrait, Func, JoinType, LikeExpr, Order, SelectStatement, SimpleExpr,
};
use sea_orm::{ConnectionTrait, QueryResult, TryGetable};
use uuid::Uuid;

use crate::error::StoreError;
use crate::scope::Scope;

pub use places::{Base, Hop, Place, Stored};
pub use saved::{By, Filter, all, due, forget_subscription, judged, subscribe, subscription, take};

/// Rows or fine groups that one run reads at most; more are an error of the caller, not a longer wait.
pub const MAX_ROWS: u64 = 200_000;
/// A quarter of an hour: the zones of the world differ by whole ones, so instants are grouped by them.
pub const INSTANT_MILLIS: i64 = 900_000;

const BASE: &str = "r";

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// It is one of these.
    OneOf(Vec<sea_orm::Value>),
    /// It is none of these, or nothing.
    NoneOf(Vec<sea_orm::Value>),
    /// It is this or more.
    AtLeast(sea_orm::Value),
    /// It is less.
    Below(sea_orm::Value),
    /// An amount in this currency that is this or more, in minor units.
    AmountAtLeast(i64, String),
    /// An amount in this currency that is less.
    AmountBelow(i64, String),
    /// Its text holds this, whatever the case of A to Z.
    Contains(String),
    /// It is there, or is not.
    IsSet(bool),
    /// The quiet clock: for each list of owners (none: nobody), whether something happened since this instant or not.
    Quiet {
        /// Owners, with the instant for them.
        horizons: Vec<(Option<Vec<Uuid>>, i64)>,
        /// Nothing happened since, or something did.
        quiet: bool,
    },
}

/// What is read of a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing is there.
    Nothing,
    /// A text or a day.
    Text(String),
    /// A custom field's value, as it is encoded.
    Field(String),
    /// A whole number: also an instant.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// An amount in minor units.
    Money(i64, String),
    /// A record with its name.
    Record(Uuid, String),
    /// When something happened last, and whose the record is.
    Clock(i64, Option<Uuid>),
}

/// A statement in the making.
#[derive(Debug)]
pub struct Query {
    select: SelectStatement,
    joins: Vec<(String, Hop, String)>,
    shown: Vec<Place>,
    columns: usize,
}

/// What a measure reads of each fine group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// How many values there are.
    pub count: i64,
    /// Their sum.
    pub sum: f64,
    /// The least of them.
    pub least: Option<f64>,
    /// The greatest of them.
    pub most: Option<f64>,
}

/// One fine group of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What its rows share, in the order in which it was asked for.
    pub cells: Vec<Cell>,
    /// How many rows it has.
    pub rows: i64,
    /// Of each measured place what is measured.
    pub parts: Vec<Parts>,
}

impl Query {
    /// Rows of a kind that `scope` may see, without those that were merged into others.
    #[must_use]
    pub fn of(scope: &Scope, base: Base) -> Self {
        let mut select = SelectStatement::new();
        select.from_as(Alias::new(base.table()), Alias::new(BASE));
        match scope {
            Scope::Staff(_) | Scope::System => {}
            // Views are for staff; the doors let no partner in.
            Scope::Partner(_) => drop(select.and_where(Expr::val(1).eq(0))),
        }
        if base.merges() {
            select.and_where(column(BASE, "merged_into_id").is_null());
        }
        Self { select, joins: Vec::new(), shown: Vec::new(), columns: 0 }
    }

    /// The place at the end of a path; nothing where the store keeps none.
    pub fn place(&mut self, base: Base, hops: &[Hop]) -> Option<Place> {
        let mut at = BASE.to_owned();
        let (last, way) = hops.split_last()?;
        for hop in way {
            let link = places::link(hop)?;
            at = self.join(&at, hop.clone(), link);
        }
        let stored = places::stored(last)?;
        debug_assert!(way.first().is_none_or(|hop| hop.is_of(base)));
        Some(match stored {
            Stored::Record(link) => {
                let key = column(&at, link.column);
                let there = self.join(&at, last.clone(), link);
                Place { stored: Stored::Record(link), main: key, more: Some(column(&there, link.name)) }
            }
            Stored::Named(link, name) => {
                let there = self.join(&at, last.clone(), link);
                Place { stored: Stored::Text(name), main: column(&there, name), more: None }
            }
            Stored::Field(field) => {
                let there = self.join_field(&at, last.clone(), field);
                Place { stored, main: column(&there, "text_value"), more: Some(column(&there, "number_value")) }
            }
            Stored::Money { minor, currency } => Place { stored, main: column(&at, minor), more: Some(column(&at, currency)) },
            Stored::Clock => Place { stored, main: column(&at, "last_event_at"), more: Some(column(&at, "owner_id")) },
            Stored::Id(name) | Stored::Text(name) | Stored::Int(name) | Stored::Bool(name) | Stored::Instant(name) => {
                Place { stored, main: column(&at, name), more: None }
            }
        })
    }

    fn join(&mut self, from: &str, hop: Hop, link: places::Link) -> String {
        if let Some((_, _, alias)) = self.joins.iter().find(|(at, known, _)| at == from && *known == hop) {
            return alias.clone();
        }
        let alias = format!("j{}", self.joins.len());
        let on = column(from, link.column).eq(column(&alias, "id"));
        self.select.join_as(JoinType::LeftJoin, Alias::new(link.table), Alias::new(&alias), on);
        self.joins.push((from.to_owned(), hop, alias.clone()));
        alias
    }

    fn join_field(&mut self, from: &str, hop: Hop, field: Uuid) -> String {
        if let Some((_, _, alias)) = self.joins.iter().find(|(at, known, _)| at == from && *known == hop) {
            return alias.clone();
        }
        let alias = format!("j{}", self.joins.len());
        let on = Cond::all().add(column(from, "id").eq(column(&alias, "record_id"))).add(column(&alias, "field_id").eq(field));
        self.select.join_as(JoinType::LeftJoin, Alias::new("custom_values"), Alias::new(&alias), on);
        self.joins.push((from.to_owned(), hop, alias.clone()));
        alias
    }

    /// Leaves the rows that meet a condition.
    pub fn narrow(&mut self, place: &Place, ask: &Ask) {
        self.select.cond_where(condition(place, ask));
    }

    /// Shows a place of each row.
    pub fn show(&mut self, place: Place) {
        let at = self.columns;
        self.columns += 1;
        self.select.expr_as(place.main.clone(), Alias::new(format!("c{at}")));
        if let Some(more) = &place.more {
            self.select.expr_as(more.clone(), Alias::new(format!("d{at}")));
        }
        self.shown.push(place);
    }

    /// Shows whether each row meets a condition.
    pub fn tell(&mut self, place: &Place, ask: &Ask) {
        let met = CaseStatement::new().case(condition(place, ask), Expr::val(1_i64)).finally(Expr::val(0_i64));
        self.show(Place { stored: Stored::Int("met"), main: met.into(), more: None });
    }

    /// Orders rows by a place; what is empty comes last.
    pub fn sort(&mut self, place: &Place, descending: bool) {
        let turned = |down: bool| if down { Order::Desc } else { Order::Asc };
        // The longer something is quiet, the earlier it last happened.
        let direction = turned(descending != matches!(place.stored, Stored::Clock));
        let by = match (&place.stored, &place.more) {
            (Stored::Record(_), Some(name)) => vec![name.clone()],
            (Stored::Field(_), Some(number)) => vec![number.clone(), place.main.clone()],
            _ => vec![place.main.clone()],
        };
        for expr in by {
            self.select.order_by_expr(expr.clone().is_null(), Order::Asc);
            self.select.order_by_expr(expr, direction.clone());
        }
    }

    /// The rows, in order, from one on.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn rows(mut self, conn: &impl ConnectionTrait, offset: u64, limit: u64) -> Result<Vec<Vec<Cell>>, StoreError> {
        self.select.order_by_expr(column(BASE, "id"), Order::Asc).offset(offset).limit(std::cmp::min(limit, MAX_ROWS));
        let rows = conn.query_all(&self.select).await?;
        rows.iter().map(|row| self.cells(row)).collect()
    }

    /// The rows in fine groups: by all that is shown, with what is measured.
    ///
    /// # Errors
    /// [`StoreError::TooMuch`] for more than [`MAX_ROWS`] groups, or what the database reports.
    pub async fn groups(mut self, conn: &impl ConnectionTrait, measured: &[Place]) -> Result<Vec<Group>, StoreError> {
        for (at, place) in self.shown.iter().enumerate() {
            self.select.add_group_by([Expr::col(Alias::new(format!("c{at}")))]);
            if place.more.is_some() {
                self.select.add_group_by([Expr::col(Alias::new(format!("d{at}")))]);
            }
        }
        self.select.expr_as(Func::count(column(BASE, "id")), Alias::new("n"));
        for (at, place) in measured.iter().enumerate() {
            let value = measured_value(place);
            let double = |expr: SimpleExpr| expr.cast_as(Alias::new("double precision"));
            self.select.expr_as(Func::count(value.clone()), Alias::new(format!("n{at}")));
            self.select.expr_as(double(Func::sum(value.clone()).into()), Alias::new(format!("s{at}")));
            self.select.expr_as(double(Func::min(value.clone()).into()), Alias::new(format!("l{at}")));
            self.select.expr_as(double(Func::max(value).into()), Alias::new(format!("m{at}")));
        }
        self.select.limit(MAX_ROWS + 1);
        let rows = conn.query_all(&self.select).await?;
        if rows.len() as u64 > MAX_ROWS {
            return Err(StoreError::TooMuch);
        }
        let group = |row: &QueryResult| {
            let part = |at: usize| -> Result<Parts, StoreError> {
                Ok(Parts {
                    count: row.try_get("", &format!("n{at}"))?,
                    sum: row.try_get::<Option<f64>>("", &format!("s{at}"))?.unwrap_or_default(),
                    least: row.try_get("", &format!("l{at}"))?,
                    most: row.try_get("", &format!("m{at}"))?,
                })
            };
            Ok(Group {
                cells: self.cells(row)?,
                rows: row.try_get("", "n")?,
                parts: (0..measured.len()).map(part).collect::<Result<_, StoreError>>()?,
            })
        };
        rows.iter().map(group).collect()
    }

    fn cells(&self, row: &QueryResult) -> Result<Vec<Cell>, StoreError> {
        self.shown.iter().enumerate().map(|(at, place)| cell(row, at, place)).collect()
    }
}

fn column(table: &str, name: &'static str) -> SimpleExpr {
    Expr::col((Alias::new(table), Alias::new(name)))
}

fn measured_value(place: &Place) -> SimpleExpr {
    match (&place.stored, &place.more) {
        (Stored::Field(_), Some(number)) => number.clone(),
        _ => place.main.clone(),
    }
}

fn condition(place: &Place, ask: &Ask) -> Condition {
    let main = || place.main.clone();
    // A record is asked for by its id or by its name, a number of a custom field by the number.
    let of = |value: &sea_orm::Value| match (value, &place.more) {
        (sea_orm::Value::String(_), Some(name)) if matches!(place.stored, Stored::Record(_)) => name.clone(),
        (sea_orm::Value::Double(_), Some(number)) if matches!(place.stored, Stored::Field(_)) => number.clone(),
        _ => main(),
    };
    let is = |value: &sea_orm::Value| of(value).eq(Expr::val(value.clone()));
    let any = |values: &[sea_orm::Value]| values.iter().fold(Cond::any(), |cond, value| cond.add(is(value)));
    match ask {
        Ask::OneOf(values) => any(values),
        Ask::NoneOf(values) => Cond::any().add(main().is_null()).add(any(values).not()),
        Ask::AtLeast(value) => Cond::all().add(of(value).gte(Expr::val(value.clone()))),
        Ask::Below(value) => Cond::all().add(of(value).lt(Expr::val(value.clone()))),
        Ask::AmountAtLeast(minor, currency) => amount(place, currency).add(main().gte(*minor)),
        Ask::AmountBelow(minor, currency) => amount(place, currency).add(main().lt(*minor)),
        Ask::Contains(text) => {
            let pattern = text.to_ascii_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            Cond::all().add(Expr::expr(Func::lower(main())).like(LikeExpr::new(format!("%{pattern}%")).escape('\\')))
        }
        Ask::IsSet(true) => Cond::all().add(main().is_not_null()),
        Ask::IsSet(false) => Cond::all().add(main().is_null()),
        Ask::Quiet { horizons, quiet } => quiet_since(place, horizons, *quiet),
    }
}

fn amount(place: &Place, currency: &str) -> Condition {
    let of = place.more.clone().unwrap_or_else(|| Expr::val(""));
    Cond::all().add(of.eq(currency))
}

fn quiet_since(place: &Place, horizons: &[(Option<Vec<Uuid>>, i64)], quiet: bool) -> Condition {
    let owner = place.more.clone().unwrap_or_else(|| place.main.clone());
    horizons.iter().fold(Cond::any(), |cond, (owners, horizon)| {
        let since = if quiet { place.main.clone().lte(*horizon) } else { place.main.clone().gt(*horizon) };
        let whose = match owners {
            Some(owners) => owner.clone().is_in(owners.iter().copied()),
            None => owner.clone().is_null(),
        };
        cond.add(Cond::all().add(whose).add(since))
    })
}

fn cell(row: &QueryResult, at: usize, place: &Place) -> Result<Cell, StoreError> {
    fn get<T: TryGetable>(row: &QueryResult, kind: char, at: usize) -> Result<Option<T>, StoreError> {
        Ok(row.try_get("", &format!("{kind}{at}"))?)
    }
    Ok(match place.stored {
        Stored::Text(_) => get(row, 'c', at)?.map_or(Cell::Nothing, Cell::Text),
        Stored::Field(_) => get(row, 'c', at)?.map_or(Cell::Nothing, Cell::Field),
        Stored::Id(_) => get::<Uuid>(row, 'c', at)?.map_or(Cell::Nothing, |id| Cell::Text(id.to_string())),
        Stored::Int(_) | Stored::Instant(_) => get(row, 'c', at)?.map_or(Cell::Nothing, Cell::Int),
        Stored::Bool(_) => get(row, 'c', at)?.map_or(Cell::Nothing, Cell::Bool),
        Stored::Money { .. } => match (get(row, 'c', at)?, get(row, 'd', at)?) {
            (Some(minor), Some(currency)) => Cell::Money(minor, currency),
            (_, _) => Cell::Nothing,
        },
        Stored::Record(_) => match (get(row, 'c', at)?, get::<String>(row, 'd', at)?) {
            (Some(id), name) => Cell::Record(id, name.unwrap_or_default()),
            (None, _) => Cell::Nothing,
        },
        Stored::Named(..) => Cell::Nothing,
        Stored::Clock => {
            get(row, 'c', at)?.map_or(Ok(Cell::Nothing), |last| get(row, 'd', at).map(|owner| Cell::Clock(last, owner)))?
        }
    })
}
