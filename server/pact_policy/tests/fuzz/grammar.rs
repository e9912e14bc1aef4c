//! Scripts made by a grammar: every construct of the language inside every other, with the words of the interface.

use std::cell::{Cell, RefCell};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

use pact_policy::table::natives::NATIVES;
use pact_policy::table::{ENTRY_POINTS, FUNCTIONS, MEMBERS, NARROWS, ROOTS};

use super::{HEAD, config, judged};

/// Variables; every function takes two of them.
const NAMES: [&str; 5] = ["a", "b", "c", "lead", "x"];

/// A name before a dot or a bracket, a call or a block: nothing that would need brackets around it.
fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&NAMES[..]).prop_map(str::to_owned),
        3 => named(ROOTS, |it| it.name).prop_map(str::to_owned),
        1 => (0..100_i64).prop_map(|n| n.to_string()),
        1 => select(&["\"\"", "\"a\"", "`t`", "true", "()", "[]", "#{}", "now()", "today()", "days(2)"][..]).prop_map(str::to_owned),
    ]
}

/// One of the names of a table.
fn named<T>(all: &'static [T], name: fn(&T) -> &'static str) -> impl Strategy<Value = &'static str> + Clone {
    select(all.iter().map(name).collect::<Vec<_>>())
}

fn list(inner: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    vec(inner, 0..=most).prop_map(|items| items.join(", "))
}

fn expression() -> impl Strategy<Value = String> {
    atom().prop_recursive(4, 40, 3, |inner| {
        let one = || inner.clone();
        prop_oneof![
            (one(), named(MEMBERS, |it| it.name)).prop_map(|(of, member)| format!("{of}.{member}")),
            (one(), named(NARROWS, |it| it.name), list(one(), 1)).prop_map(|(of, narrow, args)| format!("{of}.{narrow}({args})")),
            (one(), named(NATIVES, |it| it.name), list(one(), 2)).prop_map(|(of, native, args)| format!("{of}.{native}({args})")),
            (named(FUNCTIONS, |it| it.name), list(one(), 3)).prop_map(|(function, args)| format!("{function}({args})")),
            (one(), select(&["map", "filter", "some", "for_each", "retain"][..]), one())
                .prop_map(|(of, name, body)| format!("{of}.{name}(|x| {body})")),
            (one(), select(&["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "??", "in", "..", "&"][..]), one())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (one(), one()).prop_map(|(of, at)| format!("{of}[{at}]")),
            (one(), one()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (one(), one()).prop_map(|(a, b)| format!("#{{a: {a}, b: {b}}}")),
            (one(), one()).prop_map(|(a, b)| format!("`${{{a}}} and ${{{b}}}`")),
            (one(), one(), one()).prop_map(|(a, b, c)| format!("(if {a} == 1 {{ {b} }} else {{ {c} }})")),
            (one(), one(), one()).prop_map(|(a, b, c)| format!("(switch {a} {{ 1 => {b}, \"a\" if c == 1 => 2, _ => {c} }})")),
            (one(), one()).prop_map(|(a, b)| format!("f0({a}, {b})")),
            one().prop_map(|body| format!("(|x, y| {body})")),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    let e = || expression().boxed();
    let simple = prop_oneof![
        3 => (select(&NAMES[..]), e()).prop_map(|(name, value)| format!("let {name} = {value};")),
        2 => (select(&NAMES[..]), select(&["=", "+=", "-=", "*="][..]), e()).prop_map(|(name, op, value)| format!("{name} {op} {value};")),
        1 => (select(&NAMES[..]), e(), e()).prop_map(|(name, at, value)| format!("{name}[{at}] = {value};")),
        1 => (select(&NAMES[..]), e()).prop_map(|(name, value)| format!("{name}.field = {value};")),
        2 => e().prop_map(|value| format!("highlight(lead, {value});")),
        1 => e().prop_map(|value| format!("set(lead, \"note\", {value});")),
        1 => e().prop_map(|value| format!("log({value});")),
        1 => e().prop_map(|value| format!("return {value};")),
        1 => e().prop_map(|value| format!("throw {value};")),
        2 => e().prop_map(|value| format!("{value};")),
    ];
    simple.prop_recursive(3, 24, 3, move |inner| {
        let block = vec(inner, 0..3).prop_map(|body| format!("{{ {} }}", body.join(" "))).boxed();
        let (e, b) = (|| expression().boxed(), || block.clone());
        prop_oneof![
            (e(), b(), b()).prop_map(|(test, yes, no)| format!("if {test} == 1 {yes} else {no}")),
            (select(&NAMES[..]), e(), b()).prop_map(|(name, over, body)| format!("for {name} in {over} {body}")),
            (select(&NAMES[..]), e(), b()).prop_map(|(name, over, body)| format!("for ({name}, n) in {over} {body}")),
            (e(), b()).prop_map(|(test, body)| format!("while {test} == 1 {body}")),
            (b(), e()).prop_map(|(body, test)| format!("do {body} until {test} == 1;")),
            (b(), e()).prop_map(|(body, value)| format!("let x = loop {{ {body} break {value}; }};")),
            (b(), b()).prop_map(|(body, handler)| format!("try {body} catch (err) {handler}")),
            b(),
        ]
    })
}

fn script() -> impl Strategy<Value = String> {
    let functions = vec(vec(statement(), 0..5), 1..4);
    (functions, 0..ENTRY_POINTS.len()).prop_map(|(bodies, entry)| {
        let mut text = HEAD.to_owned();
        for (number, body) in bodies.iter().enumerate() {
            text.push_str(&format!(
                "fn f{number}(a, lead) {{\n    let b = (); let c = 1; let x = a;\n    {}\n}}\n\n",
                body.join("\n    ")
            ));
        }
        let entry = &ENTRY_POINTS[entry];
        let params: Vec<_> = entry.params.iter().map(|(name, _)| *name).collect();
        let first = params.first().copied().unwrap_or("()");
        text.push_str(&format!("fn {}({}) {{\n    f0({first}, {first});\n}}\n", entry.name, params.join(", ")));
        text
    })
}

#[test]
fn made_scripts_are_judged() {
    let (scripts, unread) = (Cell::new(0_usize), RefCell::new(Vec::new()));
    let mut runner = TestRunner::new(config(60));
    runner
        .run(&script(), |text| {
            let (report, _) = judged(&text).unwrap();
            scripts.set(scripts.get() + 1);
            unread.borrow_mut().extend(report.unreadable.into_iter().map(|it| it.message));
            Ok(())
        })
        .unwrap();
    let (scripts, unread) = (scripts.get(), unread.into_inner());
    println!("{scripts} scripts, {} cannot be read", unread.len());
    // What the grammar makes is nearly always Rhai; otherwise nothing of the analysis is tried.
    assert!(unread.len() * 4 <= scripts, "{unread:#?}");
}
