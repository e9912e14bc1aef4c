//! What scripts hold: cheap, read-only handles to records and queries, and drafts of digests.

use std::sync::{Arc, Mutex, PoisonError};

use pact_policy::table::Kind;
use uuid::Uuid;

use crate::effect::Section;
use crate::facts::{Query, Step};
use crate::value::{Record, Value};

/// A record, by its id; its values are looked up when a member is read.
///
/// Cloning is cheap and nothing can be changed through it, so a closure may capture a record and read it inside the record's
/// own query.
#[derive(Clone)]
pub(crate) struct Rec {
    pub(crate) kind: Kind,
    pub(crate) id: Uuid,
    /// The values, when a query brought them along.
    pub(crate) row: Option<Arc<Record>>,
}

impl Rec {
    pub(crate) fn by_id(kind: Kind, id: Uuid) -> Self {
        Self { kind, id, row: None }
    }

    pub(crate) fn of_row(row: Arc<Record>) -> Self {
        Self { kind: row.kind, id: row.id, row: Some(row) }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.id == other.id
    }
}

/// A query: immutable; narrowing gives a new one.
#[derive(Clone)]
pub(crate) struct Rows(Arc<Inner>);

struct Inner {
    query: Query,
    /// Whether an argument was `()`: what is not known finds nothing.
    nothing: bool,
    /// What the run of this number found. Roots and constants live longer than a run, so its number must be part of it.
    found: Mutex<Option<(u64, Arc<[Rec]>)>>,
}

impl Rows {
    pub(crate) fn all(kind: Kind) -> Self {
        Self::of(Query { kind, steps: Vec::new() }, false)
    }

    /// The elements that belong to a record: `customer.cards`.
    pub(crate) fn belonging(kind: Kind, owner: Kind, id: Uuid) -> Self {
        Self::of(Query { kind, steps: vec![Step::Of(owner, id)] }, false)
    }

    fn of(query: Query, nothing: bool) -> Self {
        Self(Arc::new(Inner { query, nothing, found: Mutex::new(None) }))
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.query.kind
    }

    pub(crate) fn query(&self) -> &Query {
        &self.0.query
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.0.nothing
    }

    pub(crate) fn with(&self, step: Step, nothing: bool) -> Self {
        let mut query = self.0.query.clone();
        query.steps.push(step);
        Self::of(query, self.0.nothing || nothing)
    }

    /// What this run found already.
    pub(crate) fn found(&self, run: u64) -> Option<Arc<[Rec]>> {
        let found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.as_ref().filter(|(of, _)| *of == run).map(|(_, rows)| rows.clone())
    }

    /// Keeps what was found: the view does not change during a run.
    pub(crate) fn keep(&self, run: u64, rows: Vec<Rec>) -> Arc<[Rec]> {
        let rows: Arc<[Rec]> = rows.into();
        *self.0.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((run, rows.clone()));
        rows
    }
}

/// The people of a rotation: a query, or what `filter` kept of one.
#[derive(Clone)]
pub(crate) enum Group {
    Query(Rows),
    Kept(Vec<Uuid>),
}

/// Whose turn it is, with what leaves people out.
#[derive(Clone)]
pub(crate) struct Rotation {
    pub(crate) name: String,
    pub(crate) people: Group,
    pub(crate) with_room: bool,
    pub(crate) on_duty: bool,
    /// Within so many seconds.
    pub(crate) on_duty_within: Option<i64>,
    pub(crate) except: Vec<Uuid>,
    pub(crate) already_tried: Option<Uuid>,
}

/// Counts by key, after the host left small groups out.
#[derive(Clone)]
pub(crate) struct Tally(pub(crate) Arc<Vec<(Value, u64)>>);

/// A digest that is being written.
#[derive(Clone)]
pub(crate) struct Draft(pub(crate) Arc<Mutex<Digest>>);

pub(crate) struct Digest {
    pub(crate) person: Uuid,
    pub(crate) title: String,
    pub(crate) sections: Vec<Section>,
}
