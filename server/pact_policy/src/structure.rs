//! What can be refused without following values: functions that take over a name of the host or the language, unknown nodes,
//! characters that hide something.

use crate::flow::sink::Found;
use crate::flow::step::StepId;
use crate::ir::{Kind, Node, Pos, Program};
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
        if let Some(whose) = taken_over(&function.name, function.params.len()) {
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
fn taken_over(name: &str, arity: usize) -> Option<&'static str> {
    if takes_over_the_interface(name, arity) {
        Some("the interface")
    } else if takes_over_the_language(name, arity) {
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

/// Whether a script's function is what a call of the language would reach.
fn takes_over_the_language(name: &str, arity: usize) -> bool {
    let native = natives_named(name).iter().any(|known| {
        let (least, most) = known.arity;
        (usize::from(least).saturating_sub(1)..=usize::from(most)).contains(&arity)
    });
    native || matches!(name, "call" | "curry" | "eval" | "Fn" | "print" | "debug")
}

fn opaque(node: &Node, hidden: &mut impl FnMut(Pos, String)) {
    node.walk(&mut |node| {
        if let Kind::Opaque(why) = &node.kind {
            hidden(node.pos, format!("{why} cannot be judged"));
        }
    });
}
