//! What can be refused without following values: functions that take over a name of the host or the language, unknown nodes,
//! characters that hide something.

use crate::flow::sink::Found;
use crate::flow::step::StepId;
use crate::ir::{Kind, Lit, Node, Pos, Program};
use crate::rules::Rule;
use crate::table::{functions_named, narrows_named, natives_named};
use crate::text::odd_characters;

/// What is refused in a script of this number, whatever the values are.
pub(crate) fn structure(program: &Program, text: &str, file: u32) -> Vec<Found> {
    let mut found = Vec::new();
    let mut hidden = |pos: Pos, what: String| {
        found.push(Found { rule: Rule::NoHiddenFlow, file, pos, what, step: StepId::NONE, also: StepId::NONE });
    };
    for function in &program.functions {
        if let Some(whose) = taken_over(program, &function.name, function.params.len()) {
            let name = &function.name;
            hidden(
                function.pos,
                format!("the script's function `{name}` takes over the name of a function of {whose}; give it another name"),
            );
        }
        opaque(&function.body, &mut hidden);
    }
    for node in &program.top {
        opaque(node, &mut hidden);
    }
    for (pos, what) in odd_characters(text) {
        hidden(pos, what);
    }
    found
}

/// Whose function a script's function of this name takes over.
fn taken_over(program: &Program, name: &str, arity: usize) -> Option<&'static str> {
    if takes_over_the_interface(name, arity) {
        Some("the interface")
    } else if takes_over_the_language(program, name, arity) {
        Some("the language")
    } else {
        None
    }
}

/// Whether a script's function is what a call of the interface would reach: of its name, and of as many parameters.
///
/// Methods are called without their receiver; an effect may be called either way.
fn takes_over_the_interface(name: &str, arity: usize) -> bool {
    let function = functions_named(name).iter().any(|known| {
        let least = known.params.iter().filter(|param| !param.optional).count();
        let least = if known.on.is_some() { least } else { least.saturating_sub(1) };
        (least..=known.params.len()).contains(&arity)
    });
    function || narrows_named(name).iter().any(|known| known.params.len() == arity)
}

/// What PACT adds to the functions of the language: a script that has a function of this name means its own, and gets it.
const ADDED: [&str; 15] = [
    "year", "month", "day", "weekday", "week", "quarter", "hour", "minute", "date", "format", "amount", "currency", "any",
    "join", "count",
];

/// Whether a script's function is what a call of the language would reach.
///
/// It stands in nobody's way in a script that never calls that name: `fn quarter()` may be a schedule's function where no day is
/// asked for its quarter. With one parameter fewer it takes over methods only, the value that it is called on being its `this`.
fn takes_over_the_language(program: &Program, name: &str, arity: usize) -> bool {
    let takes = |fewer: usize| {
        natives_named(name).iter().any(|known| {
            let (least, most) = (usize::from(known.arity.0).saturating_sub(fewer), usize::from(known.arity.1));
            (least..=most).contains(&arity)
        })
    };
    let reserved = matches!(name, "call" | "curry" | "eval" | "Fn" | "print" | "debug");
    let taken = !ADDED.contains(&name);
    reserved || (taken && takes(0) && called(program, name, false)) || (takes(1) && called(program, name, true))
}

/// Whether a name is called, or written as a text, which may be called; or called on a value, if only methods count.
fn called(program: &Program, name: &str, methods: bool) -> bool {
    let mut called = false;
    let bodies = program.functions.iter().map(|function| &function.body).chain(&program.top);
    for body in bodies {
        body.walk(&mut |node| {
            called |= match &node.kind {
                Kind::Call(call) => (call.method || !methods) && *call.name == *name,
                Kind::Lit(Lit::Text(text)) => **text == *name,
                _ => false,
            };
        });
    }
    called
}

fn opaque(node: &Node, hidden: &mut impl FnMut(Pos, String)) {
    node.walk(&mut |node| {
        if let Kind::Opaque(why) = &node.kind {
            hidden(node.pos, format!("{why} cannot be judged"));
        }
    });
}
