//! The questions that a run asks, and who answers them.

use std::sync::Arc;

use pact_policy::table::{Kind, NarrowOp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::value::{Record, Value};

/// A question that a script's run asks of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// The records that a query finds, at most `limit` of them.
    Rows {
        /// The query.
        query: Query,
        /// How many rows at most; the run's own bound on rows read is already in it.
        limit: u32,
    },
    /// How many records a query finds.
    Count(Query),
    /// One record.
    Record(Kind, Uuid),
    /// Whose turn it is.
    Rotate(Rotate),
    /// The groups of a tally that enough people contributed to: for each key the elements counted under it.
    Tally(Kind, Vec<(Value, Vec<Uuid>)>),
    /// The acts inside a coaching period.
    Acts(Uuid),
}

/// What the host answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Ask::Rows`] and [`Ask::Acts`].
    Rows(Vec<Record>),
    /// To [`Ask::Count`].
    Count(u64),
    /// To [`Ask::Record`]; nothing when there is none (any more).
    Record(Option<Box<Record>>),
    /// To [`Ask::Rotate`]; nothing when nobody is left.
    Person(Option<Uuid>),
    /// To [`Ask::Tally`]: for each key the count, in the order asked, without groups below `k`.
    Groups(Vec<(Value, u64)>),
    /// The question cannot be answered; the run fails with this sentence.
    Refused(String),
}

/// A query: all records of a kind, narrowed step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// The kind of its elements.
    pub kind: Kind,
    /// What narrows and orders it, in the order written.
    pub steps: Vec<Step>,
}

/// One step of a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// A narrowing of the table, with its arguments. An argument of `()` finds nothing, and the host is not asked at all; only
    /// the value of [`NarrowOp::Field`] may be [`Value::Unit`], which asks for records without that value.
    Narrow(NarrowOp, Vec<Value>),
    /// A member of a record that is a query (`lead.pushes`, `customer.cards`): elements that belong to this record.
    Of(Kind, Uuid),
    /// At most this many.
    Limit(u32),
}

/// A rotation's question: whose turn is it?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rotate {
    /// The rotation's name; each plugin has its own names.
    pub name: String,
    /// Among whom.
    pub people: Vec<Uuid>,
    /// Leave out people at capacity.
    pub with_room: bool,
    /// Leave out people who are away.
    pub on_duty: bool,
    /// Leave out people who are not at work within so many seconds; of the others, those who begin on the first morning stay.
    pub on_duty_within: Option<i64>,
    /// Leave out these.
    pub except: Vec<Uuid>,
    /// Leave out people to whom this lead was pushed before.
    pub already_tried: Option<Uuid>,
    /// Whom this run already took from this rotation, in order: the cursor stands behind the last of them, and each has one
    /// lead more.
    pub taken: Vec<Uuid>,
}

/// Teams, people and territories, which a worker keeps so that a push asks few questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Organisation {
    /// Goes up whenever anything below changes, presence included.
    pub version: u64,
    /// People, by id.
    pub people: Vec<Member>,
    /// Teams, by name.
    pub teams: Vec<Record>,
    /// Territories, by name, each with the id of the one above it.
    pub territories: Vec<(Record, Option<Uuid>)>,
}

/// A person of the organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The person as scripts see them; without custom fields, which a run asks for by [`Ask::Record`].
    pub record: Record,
    /// The role and the jobs that `with_role` asks for.
    pub roles: Vec<String>,
}

/// Who answers a run's questions: the store's read view in a server, a world in a case.
///
/// A trait because cases, dry runs and the linter's oracle answer from worlds that no database holds.
pub trait Facts: Send + Sync {
    /// The organisation as it is at the run's moment.
    fn organisation(&self) -> Arc<Organisation>;

    /// Answers one question.
    fn ask(&self, ask: Ask) -> impl Future<Output = Answer> + Send;
}
