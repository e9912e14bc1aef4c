//! Definitions for editors that read Rhai's own format (`.d.rhai`): what scripts can call and read, with its documentation.
//!
//! `pact lsp` knows more (fields, settings, labels, what is refused); this file is for editors with a Rhai plugin and nothing else.

use std::fmt::Write;

use pact_policy::table::natives::NATIVES;
use pact_policy::table::{FUNCTIONS, Kind, Label, MEMBERS, NARROWS, ROOTS, Ty};

/// The whole file.
pub fn definitions() -> String {
    let mut text = String::from(
        "// What scripts of PACT can call and read. Written by `pact script definitions`; do not edit.\n\nmodule static;\n",
    );
    for root in ROOTS {
        comment(&mut text, root.doc, root.element);
        let _ = writeln!(text, "const {}: {};", root.name, query(root.kind));
    }
    for member in MEMBERS {
        comment(&mut text, member.doc, member.label);
        let _ = writeln!(text, "fn get {}(record: {}) -> {};", member.name, member.of.name(), type_name(member.ty));
    }
    for narrow in NARROWS {
        comment(&mut text, narrow.doc, narrow.label);
        let params: Vec<_> =
            narrow.params.iter().enumerate().map(|(i, ty)| format!(", {}: {}", LETTERS[i], type_name(*ty))).collect();
        let of = query(narrow.of);
        let _ = writeln!(text, "fn {}(query: {of}{}) -> {of};", narrow.name, params.concat());
    }
    for function in FUNCTIONS {
        let least = function.params.iter().filter(|param| !param.optional).count();
        // What may be left out makes two functions.
        for count in least..=function.params.len() {
            comment(&mut text, function.doc, function.label);
            let own = function.on.map(|on| format!("this: {}", type_name(on)));
            let given = function.params[..count].iter().map(|param| format!("{}: {}", param.name, type_name(param.ty)));
            let params: Vec<_> = own.into_iter().chain(given).collect();
            let _ = writeln!(text, "fn {}({}) -> {};", function.name, params.join(", "), type_name(function.returns));
        }
    }
    for native in NATIVES {
        for count in native.arity.0..=native.arity.1 {
            let params: Vec<_> = LETTERS[..usize::from(count)].iter().map(|name| format!("{name}: ?")).collect();
            let _ = writeln!(text, "\nfn {}({}) -> ?;", native.name, params.join(", "));
        }
    }
    text
}

/// Names of parameters that the table does not name.
const LETTERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn comment(text: &mut String, doc: &str, label: Label) {
    let names: Vec<_> = label.names().collect();
    let reveals = if names.is_empty() { String::new() } else { format!(" Reveals {}.", names.join(" and ")) };
    let _ = write!(text, "\n/// {doc}{reveals}\n");
}

fn query(kind: Kind) -> String {
    format!("Query<{}>", kind.name())
}

/// A type as Rhai's definitions write it; `?` is any.
fn type_name(ty: Ty) -> String {
    match ty {
        Ty::Unit => "()".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::Int => "int".to_owned(),
        Ty::Number => "Number".to_owned(),
        Ty::Text => "String".to_owned(),
        Ty::Instant => "Instant".to_owned(),
        Ty::Day => "Day".to_owned(),
        Ty::Span => "Span".to_owned(),
        Ty::WorkSpan => "WorkSpan".to_owned(),
        Ty::AnySpan => "AnySpan".to_owned(),
        Ty::When => "When".to_owned(),
        Ty::Money => "Money".to_owned(),
        Ty::List(_) => "Array".to_owned(),
        Ty::Map => "Map".to_owned(),
        Ty::Maybe(inner) => type_name(*inner),
        Ty::Record(kind) => kind.name().to_owned(),
        Ty::AnyRecord => "Record".to_owned(),
        Ty::Query(kind) => query(kind),
        Ty::AnyQuery => "Query".to_owned(),
        Ty::Function => "FnPtr".to_owned(),
        Ty::Rotation => "Rotation".to_owned(),
        Ty::Tally => "Tally".to_owned(),
        Ty::Digest => "Digest".to_owned(),
        Ty::Same | Ty::Any => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_in_the_table_is_defined() {
        let text = definitions();
        for line in [
            "const leads: Query<Lead>;",
            "fn get title(record: Lead) -> String;",
            "fn quiet_over(query: Query<Lead>, a: AnySpan) -> Query<Lead>;",
            "fn push(lead: Lead, person: Person) -> ();",
            "fn push(lead: Lead, person: Person, options: Map) -> ();",
            "fn next(this: Rotation) -> Person;",
            "/// Working time since anything happened on it: the quiet clock. Reveals quiet clock.",
            "fn to_upper(a: ?) -> ?;",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}");
        }
        let defined = text.lines().filter(|line| line.starts_with("fn ") || line.starts_with("const ")).count();
        assert!(defined >= ROOTS.len() + MEMBERS.len() + NARROWS.len() + FUNCTIONS.len() + NATIVES.len());
    }
}
