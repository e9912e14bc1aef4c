//! Abstract values: a label, a shape, and what is known of identity and origin.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::lab::{Bits, Id, Lab};
use crate::ir::Sym;
use crate::table;

/// What a value is, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// No value yet: the result of a recursion that has not been looked at.
    Never,
    Any,
    Unit,
    Bool,
    Number,
    Text(Option<Sym>),
    Time,
    Span,
    Money,
    Record(table::Kind),
    Query(Rc<QueryVal>),
    List(Rc<ListVal>),
    Map(Rc<MapVal>),
    Function,
    Rotation(RotationVal),
    Tally,
    Digest,
}

/// A query: its elements' kind, and how it was narrowed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QueryVal {
    pub(crate) kind: table::Kind,
    /// Whether all elements belong to one customer or lead.
    pub(crate) one_subject: bool,
    /// Whether the group was chosen by hand, so that it may hold one person.
    pub(crate) by_hand: bool,
    /// The kind of cards, where it is a literal.
    pub(crate) card_kind: Option<Sym>,
    /// Identity of an element, where all elements are one.
    pub(crate) element: Id,
    /// Whether the elements are people outside.
    pub(crate) outside: bool,
    /// Whether all elements belong to the one record that the run is about.
    pub(crate) fixed: bool,
}

/// A list that the script made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListVal {
    pub(crate) element: Val,
    /// Whether elements stand for something that they do not show, like a mark for each trace.
    pub(crate) marks: bool,
    pub(crate) by_hand: bool,
    /// Whether all elements belong to one customer or lead.
    pub(crate) one_subject: bool,
    /// Whether an element was written at a place, so that it may have gathered a loop.
    pub(crate) placed: bool,
}

/// A map that the script made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MapVal {
    pub(crate) known: BTreeMap<Sym, Val>,
    pub(crate) rest: Option<Val>,
    /// The label of keys that are computed.
    pub(crate) keys: Lab,
    /// Whether a key names the person of a trace: then a key is there once there is one trace of theirs.
    pub(crate) of_people: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RotationVal {
    pub(crate) by_hand: bool,
    pub(crate) outside: bool,
}

/// A function that a value may be, with the cells that it captured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    /// The program that has it.
    pub(crate) program: usize,
    pub(crate) name: Sym,
    pub(crate) captures: Vec<usize>,
    /// Arguments bound by `curry`.
    pub(crate) bound: Vec<Val>,
}

/// An abstract value.
#[derive(Clone, Debug)]
pub(crate) struct Val {
    pub(crate) lab: Lab,
    /// The turns of loops whose element it shows, one bit for each open loop.
    pub(crate) from: u64,
    /// The turns of loops whose element some part of it shows: for texts that grow.
    pub(crate) some: u64,
    pub(crate) shape: Shape,
    /// Identity of the person, record or container.
    pub(crate) id: Id,
    /// Which assignment made it, so that two reads of one variable are known to be equal.
    pub(crate) version: Id,
    /// The variable that it was read from.
    pub(crate) cell: Id,
    /// Whether it may be `()` because there was nothing to take.
    pub(crate) maybe: bool,
    /// The stored field that it is, read and not changed since.
    pub(crate) field: Option<u32>,
    pub(crate) targets: Option<Rc<Vec<Target>>>,
    /// For a stored field: what is told by whether it holds anything.
    pub(crate) there: Bits,
    /// For a length: what it tells where it is only compared with nothing.
    pub(crate) empty: Option<Lab>,
    /// A comparison of a stored field with a version of a value: the field, and the version.
    pub(crate) guard: Option<(u32, Id)>,
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab
            && self.from == other.from
            && self.some == other.some
            && self.id == other.id
            && self.maybe == other.maybe
            && self.shape == other.shape
            && self.targets == other.targets
            && self.field == other.field
            && self.there == other.there
    }
}

impl Val {
    pub(crate) fn new(shape: Shape, lab: Lab) -> Self {
        Self {
            lab,
            from: 0,
            some: 0,
            shape,
            id: Id::NONE,
            version: Id::NONE,
            cell: Id::NONE,
            maybe: false,
            field: None,
            there: Bits::NONE,
            targets: None,
            guard: None,
            empty: None,
        }
    }

    pub(crate) fn unit() -> Self {
        Self::new(Shape::Unit, Lab::NONE)
    }

    pub(crate) fn any(lab: Lab) -> Self {
        Self::new(Shape::Any, lab)
    }

    pub(crate) fn never() -> Self {
        Self::new(Shape::Never, Lab::NONE)
    }

    pub(crate) fn text(&self) -> Option<&Sym> {
        match &self.shape {
            Shape::Text(Some(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn record(kind: table::Kind, lab: Lab, id: Id) -> Self {
        Self { id, ..Self::new(Shape::Record(kind), lab) }
    }

    pub(crate) fn list(element: Val, lab: Lab) -> Self {
        Self::new(Shape::List(Rc::new(ListVal { element, marks: false, by_hand: true, one_subject: false, placed: false })), lab)
    }

    /// The value without what says that it is a certain variable or field read unchanged.
    pub(crate) fn changed(mut self) -> Self {
        self.field = None;
        self.version = Id::NONE;
        self.guard = None;
        self
    }

    pub(crate) fn is_person(&self) -> bool {
        matches!(self.shape, Shape::Record(table::Kind::Person))
    }
}
