//! The interface table in the words of an editor and of the reference page: signatures, types, documentation and labels.

use pact_policy::table::{Entry, Function, Label, Member, Narrow, Root, Ty};

/// The name of a type as documentation shows it.
pub fn type_name(ty: Ty) -> String {
    match ty {
        Ty::Unit => "()".to_owned(),
        Ty::Bool => "true or false".to_owned(),
        Ty::Int => "whole number".to_owned(),
        Ty::Number => "number".to_owned(),
        Ty::Text => "text".to_owned(),
        Ty::Instant => "Instant".to_owned(),
        Ty::Day => "Day".to_owned(),
        Ty::Span => "Span".to_owned(),
        Ty::WorkSpan => "WorkSpan".to_owned(),
        Ty::AnySpan => "Span or WorkSpan".to_owned(),
        Ty::When => "Day or Instant".to_owned(),
        Ty::Money => "money".to_owned(),
        Ty::List(inner) => format!("list of {}", type_name(*inner)),
        Ty::Map => "map".to_owned(),
        Ty::Maybe(inner) => format!("{} or ()", type_name(*inner)),
        Ty::Record(kind) => kind.name().to_owned(),
        Ty::AnyRecord => "record".to_owned(),
        Ty::Query(kind) => format!("query of {}", kind.name()),
        Ty::AnyQuery => "query".to_owned(),
        Ty::Same => "the same".to_owned(),
        Ty::Function => "function".to_owned(),
        Ty::Rotation => "Rotation".to_owned(),
        Ty::Tally => "Tally".to_owned(),
        Ty::Digest => "Digest".to_owned(),
        Ty::Any => "anything".to_owned(),
    }
}

/// What a label says, as a paragraph; empty where there is nothing to say.
fn label_words(label: Label) -> String {
    let names: Vec<_> = label.names().collect();
    if names.is_empty() { String::new() } else { format!("\n\nLabel: **{}**", names.join(", ")) }
}

fn page(signature: &str, doc: &str, more: &str) -> String {
    format!("```rust\n{signature}\n```\n{doc}{more}")
}

/// `push(lead: Lead, person: Person, options: map?)`.
pub fn signature(function: &Function) -> String {
    let params = function.params.iter().map(|param| {
        let optional = if param.optional { "?" } else { "" };
        format!("{}{optional}: {}", param.name, type_name(param.ty))
    });
    let on = function.on.map(|on| format!("{}.", type_name(on))).unwrap_or_default();
    let returns = if function.returns == Ty::Unit { String::new() } else { format!(" → {}", type_name(function.returns)) };
    format!("{on}{}({}){returns}", function.name, params.collect::<Vec<_>>().join(", "))
}

pub(crate) fn of_function(function: &Function) -> String {
    let needs = function.capability.map(|capability| format!("\n\nNeeds `\"{}\"` in `may`.", capability.name()));
    page(&signature(function), function.doc, &format!("{}{}", label_words(function.label), needs.unwrap_or_default()))
}

pub(crate) fn of_member(member: &Member) -> String {
    let signature = format!("{}.{}: {}", member.of.name(), member.name, type_name(member.ty));
    page(&signature, member.doc, &label_words(member.label))
}

/// `stage(text)`.
pub fn narrow_signature(narrow: &Narrow) -> String {
    let params: Vec<_> = narrow.params.iter().map(|ty| type_name(*ty)).collect();
    format!("{}({})", narrow.name, params.join(", "))
}

pub(crate) fn of_narrow(narrow: &Narrow) -> String {
    let signature = format!("query of {}.{}", narrow.of.name(), narrow_signature(narrow));
    page(&signature, narrow.doc, &label_words(narrow.label))
}

pub(crate) fn of_root(root: &Root) -> String {
    let needs = root.kind.reads().map(|reads| format!("\n\nNeeds `\"{}\"` in `reads`.", reads.name()));
    let signature = format!("{}: query of {}", root.name, root.kind.name());
    page(&signature, root.doc, &format!("{}{}", label_words(root.element), needs.unwrap_or_default()))
}

pub(crate) fn of_entry(entry: &Entry) -> String {
    let params: Vec<_> = entry.params.iter().map(|(name, ty)| format!("{name}: {}", type_name(*ty))).collect();
    let act = if entry.act { "\n\nAn act of a member of staff fires it: being called is a **trace**." } else { "" };
    page(&format!("fn {}({})", entry.name, params.join(", ")), entry.doc, act)
}

/// A function of the script itself.
pub(crate) fn of_own(name: &str, params: &[&str], doc: &str) -> String {
    page(&format!("fn {name}({})", params.join(", ")), doc, "")
}
