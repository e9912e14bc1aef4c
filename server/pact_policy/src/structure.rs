//! What can be refused without following values: functions that take over a name of the host or the language, unknown nodes,
//! characters that hide something.

use crate::flow::sink::Found;
use crate::flow::step::StepId;
use crate::ir::{Kind, Node, Pos, Program};
use crate::rules::Rule;
use crate::table::{ROOTS, functions_named, narrows_named, natives_named};
use crate::text::odd_characters;

/// What is refused in a script of this number, whatever the values are.
pub(crate) fn structure(program: &Program, text: &str, file: u32) -> Vec<Found> {
    let mut found = Vec::new();
    let mut hidden = |pos: Pos, what: String| {
        found.push(Found { rule: Rule::NoHiddenFlow, file, pos, what, step: StepId::NONE, also: StepId::NONE });
    };
    for function in &program.functions {
        if let Some(whose) = taken_over(&function.name) {
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

/// Whose name a script's function takes over.
fn taken_over(name: &str) -> Option<&'static str> {
    let host =
        !functions_named(name).is_empty() || !narrows_named(name).is_empty() || ROOTS.iter().any(|known| known.name == name);
    let language = !natives_named(name).is_empty() || matches!(name, "call" | "curry" | "eval" | "Fn" | "print" | "debug");
    if host {
        Some("the interface")
    } else if language {
        Some("the language")
    } else {
        None
    }
}

fn opaque(node: &Node, hidden: &mut impl FnMut(Pos, String)) {
    node.walk(&mut |node| {
        if let Kind::Opaque(why) = &node.kind {
            hidden(node.pos, format!("{why} cannot be judged"));
        }
    });
}
