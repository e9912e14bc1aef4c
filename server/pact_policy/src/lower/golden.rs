//! A golden dump of the lowering: what each construct becomes, so that a new Rhai cannot change it unseen.
//!
//! `golden.txt` holds snippets, each with what it is lowered to. Where Rhai changes, this test says which construct; the dump is then
//! read by somebody who knows what the engine does with it, and only then written anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use std::fmt::Write;

use super::parse;
use crate::engine::parser_engine;
use crate::ir::{Kind, Lit, Node, Program, ShortOp};

const GOLDEN: &str = include_str!("golden.txt");

fn all(nodes: &[Node]) -> String {
    nodes.iter().map(dump).collect::<Vec<_>>().join(" ")
}

fn optional(node: Option<&Node>) -> String {
    node.map_or_else(String::new, |node| format!(" {}", dump(node)))
}

fn dump(node: &Node) -> String {
    match &node.kind {
        Kind::Lit(Lit::Unit) => "()".to_owned(),
        Kind::Lit(Lit::Bool(it)) => it.to_string(),
        Kind::Lit(Lit::Int(it)) => it.to_string(),
        Kind::Lit(Lit::Text(it)) => format!("{it:?}"),
        Kind::Lit(Lit::Other) => "other".to_owned(),
        Kind::Var(name) => name.to_string(),
        Kind::Global(name) => format!("global::{name}"),
        Kind::This => "this".to_owned(),
        Kind::Array(items) => format!("(array {})", all(items)),
        Kind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}: {}", dump(value)));
            format!("(map {})", entries.collect::<Vec<_>>().join(" "))
        }
        Kind::Interp(parts) => format!("(interp {})", all(parts)),
        Kind::Call(call) => {
            let sort = if call.operator {
                "op"
            } else if call.method {
                "method"
            } else {
                "call"
            };
            let module = call.module.as_ref().map_or_else(String::new, |module| format!("{module}::"));
            format!("({sort} {module}{} {})", call.name, all(&call.args))
        }
        Kind::Member(of, name) => format!("(member {} {name})", dump(of)),
        Kind::Elvis(of) => format!("(elvis {})", dump(of)),
        Kind::Index(of, at) => format!("(index {} {})", dump(of), dump(at)),
        Kind::Short(op, parts) => {
            let op = match op {
                ShortOp::And => "and",
                ShortOp::Or => "or",
                ShortOp::Coalesce => "coalesce",
            };
            format!("({op} {})", all(parts))
        }
        Kind::Block(nodes) => format!("{{{}}}", all(nodes)),
        Kind::If(condition, yes, no) => format!("(if {} {} {})", dump(condition), dump(yes), dump(no)),
        Kind::Switch(switch) => {
            let case = |(condition, body): &(Option<Node>, Node)| {
                format!("[{} =>{}]", optional(condition.as_ref()), optional(Some(body)))
            };
            let cases: Vec<_> = switch.cases.iter().map(case).collect();
            format!("(switch {} {} default={})", dump(&switch.on), cases.join(" "), switch.has_default)
        }
        Kind::Closure(name, captures) => {
            let name = if name.starts_with("anon$") { "anon" } else { name };
            format!("(closure {name} [{}])", captures.join(" "))
        }
        Kind::While(condition, body) => format!("(while {} {})", dump(condition), dump(body)),
        Kind::Do(body, condition) => format!("(do {} {})", dump(body), dump(condition)),
        Kind::For(it) => {
            let counter = it.counter.as_ref().map_or_else(String::new, |name| format!(" {name}"));
            format!("(for {}{counter} in {} {})", it.var, dump(&it.over), dump(&it.body))
        }
        Kind::Let(name, value) => format!("(let {name} {})", dump(value)),
        Kind::Assign(target, op, value) => {
            format!("(assign{} {} {})", op.as_ref().map_or_else(String::new, |op| format!(" {op}=")), dump(target), dump(value))
        }
        Kind::Break(value) => format!("(break{})", optional(value.as_deref())),
        Kind::Continue => "(continue)".to_owned(),
        Kind::Return(value) => format!("(return{})", optional(value.as_deref())),
        Kind::Throw(value) => format!("(throw{})", optional(value.as_deref())),
        Kind::Try(body, name, handler) => {
            format!("(try {}{} {})", dump(body), name.as_ref().map_or_else(String::new, |name| format!(" {name}")), dump(handler))
        }
        Kind::Import(path, alias) => format!("(import {} {alias})", dump(path)),
        Kind::Opaque(why) => format!("(opaque {why:?})"),
    }
}

fn program(program: &Program) -> String {
    let mut text = String::new();
    for function in &program.functions {
        let name = if function.name.starts_with("anon$") { "anon" } else { &function.name };
        writeln!(text, "fn {name}({}) {}", function.params.join(" "), dump(&function.body)).unwrap();
    }
    for node in &program.top {
        writeln!(text, "{}", dump(node)).unwrap();
    }
    text
}

#[test]
fn every_construct_is_lowered_as_it_was() {
    let engine = parser_engine();
    let mut now = String::new();
    for snippet in GOLDEN.split("--- ").skip(1) {
        let source = snippet.lines().next().unwrap();
        let lowered = match parse(&engine, source) {
            Ok(it) => program(&it),
            Err(failure) => format!("error: {}\n", failure.message),
        };
        write!(now, "--- {source}\n{lowered}").unwrap();
    }
    assert_eq!(now, GOLDEN, "the lowering has changed; the dump is now\n{now}");
}
