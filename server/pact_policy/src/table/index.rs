//! The table by name: the linter looks every call up, and scanning the lists would cost more than parsing the script.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::natives::{NATIVES, Native};
use super::{FUNCTIONS, Function, Kind, MEMBERS, Member, NARROWS, Narrow};

type ByName<T> = LazyLock<HashMap<&'static str, Vec<&'static T>>>;

fn by_name<T>(all: &'static [T], name: impl Fn(&T) -> &'static str) -> HashMap<&'static str, Vec<&'static T>> {
    let mut index: HashMap<_, Vec<_>> = HashMap::new();
    for one in all {
        index.entry(name(one)).or_default().push(one);
    }
    index
}

static FUNCTIONS_BY_NAME: ByName<Function> = LazyLock::new(|| by_name(FUNCTIONS, |function| function.name));
static NARROWS_BY_NAME: ByName<Narrow> = LazyLock::new(|| by_name(NARROWS, |narrow| narrow.name));
static NATIVES_BY_NAME: ByName<Native> = LazyLock::new(|| by_name(NATIVES, |native| native.name));
static MEMBERS_BY_NAME: ByName<Member> = LazyLock::new(|| by_name(MEMBERS, |member| member.name));

fn named<T>(index: &'static ByName<T>, name: &str) -> &'static [&'static T] {
    index.get(name).map_or(&[], Vec::as_slice)
}

/// The functions and methods of this name, in table order.
pub fn functions_named(name: &str) -> &'static [&'static Function] {
    named(&FUNCTIONS_BY_NAME, name)
}

/// What narrows queries under this name, in table order.
pub fn narrows_named(name: &str) -> &'static [&'static Narrow] {
    named(&NARROWS_BY_NAME, name)
}

/// The functions of the language of this name, in table order.
pub fn natives_named(name: &str) -> &'static [&'static Native] {
    named(&NATIVES_BY_NAME, name)
}

/// The member of this name that records of a kind have.
pub fn member_named(kind: Kind, name: &str) -> Option<&'static Member> {
    named(&MEMBERS_BY_NAME, name).iter().find(|member| member.of == kind).copied()
}
