//! Functions of the language itself that scripts get: on numbers, texts, lists, maps and instants.
//!
//! The host registers these from Rhai's own packages and leaves everything else out; the linter refuses a call to anything that is
//! neither here, nor in the interface, nor in the script.

/// A function of the language.
#[derive(Debug)]
pub struct Native {
    /// Its name in scripts.
    pub name: &'static str,
    /// The least and most values that it takes, the receiver among them.
    pub arity: (u8, u8),
    /// What it does to labels.
    pub op: NativeOp,
}

/// What a function of the language does to the labels of what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeOp {
    /// A text made of everything given.
    Text,
    /// A number made of everything given.
    Number,
    /// A truth made of everything given.
    Truth,
    /// Something made of everything given.
    Value,
    /// Reads a text as a value, which may fail.
    Parse,
    /// How many there are.
    Len,
    /// Whether there are none.
    IsEmpty,
    /// Whether something is among them.
    Contains,
    /// Where something is.
    IndexOf,
    /// One of the elements.
    Take,
    /// One of the elements, taken out.
    TakeOut,
    /// Puts something in.
    Put,
    /// Puts all of another in.
    PutAll,
    /// Reads a part by its index or key.
    Get,
    /// Writes a part by its index or key.
    Set,
    /// Changes what is there by what is given: shortens, fills, empties.
    Change,
    /// The keys of a map.
    Keys,
    /// The values of a map.
    Values,
    /// Orders a list, in place.
    Sort,
    /// A part of a list.
    Part,
    /// Those for which a function says `true`.
    Filter,
    /// Keeps only those for which a function says `true`, in place.
    Retain,
    /// What a function makes of each.
    Map,
    /// What a function makes of all, one after the other.
    Reduce,
    /// Whether a function says `true` of any or all.
    Any,
    /// The first for which a function says `true`.
    Find,
    /// Calls a function with each.
    ForEach,
    /// The parts of a text.
    Split,
    /// A list's elements as one text.
    Join,
    /// The least or greatest.
    Extreme,
    /// Pairs of two lists.
    Zip,
}

impl Native {
    /// Whether a query takes it too, as the list of its elements: what reads a list and changes nothing. The interface's own methods
    /// of queries come before.
    pub fn reads_queries(&self) -> bool {
        match self.op {
            NativeOp::Len
            | NativeOp::Contains
            | NativeOp::IndexOf
            | NativeOp::Take
            | NativeOp::Any
            | NativeOp::Find
            | NativeOp::ForEach
            | NativeOp::Reduce
            | NativeOp::Part
            | NativeOp::Join => true,
            NativeOp::Sort => self.name.starts_with("order"),
            NativeOp::Text
            | NativeOp::Number
            | NativeOp::Truth
            | NativeOp::Value
            | NativeOp::Parse
            | NativeOp::IsEmpty
            | NativeOp::TakeOut
            | NativeOp::Put
            | NativeOp::PutAll
            | NativeOp::Get
            | NativeOp::Set
            | NativeOp::Change
            | NativeOp::Keys
            | NativeOp::Values
            | NativeOp::Filter
            | NativeOp::Retain
            | NativeOp::Map
            | NativeOp::Split
            | NativeOp::Extreme
            | NativeOp::Zip => false,
        }
    }
}

const fn n(name: &'static str, least: u8, most: u8, op: NativeOp) -> Native {
    Native { name, arity: (least, most), op }
}

use NativeOp as O;

/// Every function of the language that scripts get.
pub static NATIVES: &[Native] = &[
    n("to_string", 1, 1, O::Text),
    n("to_debug", 1, 1, O::Text),
    n("to_json", 1, 1, O::Text),
    n("to_upper", 1, 1, O::Text),
    n("to_lower", 1, 1, O::Text),
    n("sub_string", 2, 3, O::Text),
    n("replace", 3, 3, O::Change),
    n("trim", 1, 1, O::Change),
    n("make_upper", 1, 1, O::Change),
    n("make_lower", 1, 1, O::Change),
    n("crop", 2, 3, O::Change),
    n("type_of", 1, 1, O::Text),
    n("to_hex", 1, 1, O::Text),
    n("to_binary", 1, 1, O::Text),
    n("to_octal", 1, 1, O::Text),
    n("to_int", 1, 1, O::Number),
    n("to_float", 1, 1, O::Number),
    n("to_decimal", 1, 1, O::Number),
    n("parse_int", 1, 2, O::Parse),
    n("parse_float", 1, 1, O::Parse),
    n("parse_decimal", 1, 1, O::Parse),
    n("abs", 1, 1, O::Value),
    n("sign", 1, 1, O::Number),
    n("floor", 1, 1, O::Number),
    n("ceiling", 1, 1, O::Number),
    n("round", 1, 2, O::Number),
    n("int", 1, 1, O::Number),
    n("fraction", 1, 1, O::Number),
    n("sqrt", 1, 1, O::Number),
    n("is_zero", 1, 1, O::Truth),
    n("is_odd", 1, 1, O::Truth),
    n("is_even", 1, 1, O::Truth),
    n("min", 1, 2, O::Extreme),
    n("max", 1, 2, O::Extreme),
    n("range", 2, 3, O::Value),
    n("year", 1, 1, O::Number),
    n("month", 1, 1, O::Number),
    n("day", 1, 1, O::Number),
    n("weekday", 1, 1, O::Number),
    n("week", 1, 1, O::Number),
    n("quarter", 1, 1, O::Number),
    n("hour", 1, 1, O::Number),
    n("minute", 1, 1, O::Number),
    n("date", 1, 1, O::Value),
    n("format", 2, 2, O::Text),
    n("amount", 1, 1, O::Number),
    n("currency", 1, 1, O::Text),
    n("len", 1, 1, O::Len),
    n("count", 1, 1, O::Len),
    n("is_empty", 1, 1, O::IsEmpty),
    n("contains", 2, 2, O::Contains),
    n("starts_with", 2, 2, O::Truth),
    n("ends_with", 2, 2, O::Truth),
    n("index_of", 2, 3, O::IndexOf),
    n("first", 1, 1, O::Take),
    n("last", 1, 1, O::Take),
    n("pop", 1, 2, O::TakeOut),
    n("shift", 1, 1, O::TakeOut),
    n("remove", 2, 2, O::TakeOut),
    n("push", 2, 2, O::Put),
    n("insert", 3, 3, O::Put),
    n("append", 2, 2, O::PutAll),
    n("mixin", 2, 2, O::PutAll),
    n("fill_with", 2, 2, O::PutAll),
    n("get", 2, 2, O::Get),
    n("set", 3, 3, O::Set),
    n("clear", 1, 1, O::Change),
    n("truncate", 2, 2, O::Change),
    n("chop", 2, 2, O::Change),
    n("pad", 3, 3, O::Change),
    n("reverse", 1, 1, O::Change),
    n("dedup", 1, 2, O::Change),
    n("splice", 3, 4, O::Change),
    n("keys", 1, 1, O::Keys),
    n("values", 1, 1, O::Values),
    n("sort", 1, 2, O::Sort),
    n("sort_by", 2, 2, O::Sort),
    n("sort_desc", 1, 1, O::Sort),
    n("order", 1, 1, O::Sort),
    n("order_desc", 1, 1, O::Sort),
    n("order_by", 2, 2, O::Sort),
    n("extract", 2, 3, O::Part),
    n("limit", 2, 2, O::Part),
    n("to_array", 1, 1, O::Part),
    n("filter", 2, 2, O::Filter),
    n("retain", 2, 3, O::Retain),
    n("drain", 2, 3, O::Retain),
    n("map", 2, 2, O::Map),
    n("reduce", 2, 3, O::Reduce),
    n("reduce_rev", 2, 3, O::Reduce),
    n("some", 2, 2, O::Any),
    n("all", 2, 2, O::Any),
    n("any", 2, 2, O::Any),
    n("find", 2, 3, O::Find),
    n("find_map", 2, 3, O::Find),
    n("for_each", 2, 2, O::ForEach),
    n("split", 1, 3, O::Split),
    n("split_rev", 2, 3, O::Split),
    n("to_chars", 1, 1, O::Split),
    n("chars", 1, 3, O::Split),
    n("bytes", 1, 1, O::Number),
    n("join", 1, 2, O::Join),
    n("zip", 3, 3, O::Zip),
];
