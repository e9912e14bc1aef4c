//! What can stand at a place, from the table: members after a dot by the type before it, functions, entry points, and the
//! manifest's own names inside texts.

use std::path::Path;

use lsp_types::{CompletionItem, CompletionItemKind, Documentation, InsertTextFormat, MarkupContent, MarkupKind};
use pact_policy::table::natives::{NATIVES, NativeOp};
use pact_policy::table::{Capability, ENTRY_POINTS, FUNCTIONS, Kind, MEMBERS, NARROWS, ROOTS, Ty};

use super::infer::{Known, Script, methods, plain};
use super::look::{manifest_of, script};
use super::tokens::TokenKind;
use super::words;
use crate::workspace::Workspace;

const KEYWORDS: [&str; 17] = [
    "let", "const", "if", "else", "switch", "for", "in", "while", "loop", "break", "continue", "return", "fn", "try", "catch",
    "throw", "import",
];

/// What can stand at this byte.
pub(crate) fn complete(workspace: &Workspace, path: &Path, offset: usize) -> Vec<CompletionItem> {
    if path.extension().is_some_and(|ending| ending == "toml") {
        return workspace.text(path).map(|text| manifest_words(text, offset)).unwrap_or_default();
    }
    let Some(script) = script(workspace, path) else { return Vec::new() };
    let head_line = script.text[..offset].rsplit('\n').next().unwrap_or("");
    if head_line.trim_start().starts_with("//!") {
        return manifest_words(script.text, offset);
    }
    // The token that is being written, and the one before it.
    let at = script.tokens.partition_point(|token| token.end < offset || (token.end == offset && token.kind == TokenKind::Sign));
    let inside = script.tokens.get(at).filter(|token| token.start < offset);
    if inside.is_some_and(|token| token.kind == TokenKind::Text) {
        return inside_text(workspace, path, &script, at);
    }
    match at.checked_sub(1).map_or("", |before| script.word(before)) {
        "." => at.checked_sub(2).map(|end| after_dot(script.type_before(end))).unwrap_or_default(),
        "::" => after_alias(workspace, &script, at),
        _ => free(&script, offset),
    }
}

fn item(label: &str, kind: CompletionItemKind, detail: String, page: String) -> CompletionItem {
    let documentation =
        (!page.is_empty()).then_some(Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: page }));
    CompletionItem { label: label.to_owned(), kind: Some(kind), detail: Some(detail), documentation, ..CompletionItem::default() }
}

fn after_dot(known: Option<Known>) -> Vec<CompletionItem> {
    let ty = match known {
        Some(Known::Ty(ty)) => plain(ty),
        Some(Known::Records(kind)) => return query(kind).into_iter().chain(natives(is_for_lists)).collect(),
        None => return anything(),
    };
    let mut items = match ty {
        Ty::Record(kind) => members(|of| of == kind),
        Ty::Query(kind) => query(kind),
        _ => Vec::new(),
    };
    items.extend(methods(ty).map(|function| {
        item(function.name, CompletionItemKind::METHOD, words::signature(function), words::of_function(function))
    }));
    match ty {
        Ty::Text => items.extend(natives(is_for_texts)),
        Ty::List(_) => items.extend(natives(is_for_lists)),
        Ty::Map => {
            items.extend(natives(|op| matches!(op, NativeOp::Keys | NativeOp::Values | NativeOp::Len | NativeOp::IsEmpty)))
        }
        _ => {}
    }
    once_each(items)
}

fn once_each(mut items: Vec<CompletionItem>) -> Vec<CompletionItem> {
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.label.clone()));
    items
}

fn members(of: impl Fn(Kind) -> bool) -> Vec<CompletionItem> {
    let members = MEMBERS.iter().filter(|member| of(member.of));
    members
        .map(|member| item(member.name, CompletionItemKind::FIELD, words::type_name(member.ty), words::of_member(member)))
        .collect()
}

fn query(kind: Kind) -> Vec<CompletionItem> {
    let narrows = NARROWS
        .iter()
        .filter(|narrow| narrow.of == kind)
        .map(|narrow| item(narrow.name, CompletionItemKind::METHOD, words::narrow_signature(narrow), words::of_narrow(narrow)));
    let methods = methods(Ty::Query(kind)).map(|function| {
        item(function.name, CompletionItemKind::METHOD, words::signature(function), words::of_function(function))
    });
    narrows.chain(methods).collect()
}

/// Of what nobody can tell the type: everything that can stand behind a dot.
fn anything() -> Vec<CompletionItem> {
    let mut items = members(|_| true);
    items.extend(Kind::ALL.into_iter().flat_map(query));
    items.extend(natives(|_| true));
    once_each(items)
}

fn is_for_texts(op: NativeOp) -> bool {
    matches!(
        op,
        NativeOp::Text
            | NativeOp::Truth
            | NativeOp::Change
            | NativeOp::Len
            | NativeOp::IsEmpty
            | NativeOp::Contains
            | NativeOp::IndexOf
            | NativeOp::Split
    )
}

fn is_for_lists(op: NativeOp) -> bool {
    !matches!(op, NativeOp::Text | NativeOp::Number | NativeOp::Truth | NativeOp::Value | NativeOp::Parse | NativeOp::Split)
}

fn natives(fits: impl Fn(NativeOp) -> bool) -> Vec<CompletionItem> {
    let natives = NATIVES.iter().filter(|native| fits(native.op));
    natives.map(|native| item(native.name, CompletionItemKind::FUNCTION, "of the language".to_owned(), String::new())).collect()
}

fn after_alias(workspace: &Workspace, script: &Script<'_>, at: usize) -> Vec<CompletionItem> {
    let Some(alias) = at.checked_sub(2).map(|alias| script.word(alias)) else { return Vec::new() };
    let import = (0..script.tokens.len())
        .find(|&import| script.word(import) == "import" && script.word(import + 3) == alias)
        .map(|import| script.word(import + 1).trim_matches('"'));
    let module = workspace.modules().find(|(name, _)| Some(*name) == import).and_then(|(_, path)| workspace.text(path));
    let Some(text) = module else { return Vec::new() };
    let module = Script::new(text, Vec::new());
    let functions = module.functions();
    functions.iter().map(own_function).collect()
}

fn own_function(own: &super::infer::Defined<'_>) -> CompletionItem {
    let page = words::of_own(own.name, &own.params, &own.doc);
    item(own.name, CompletionItemKind::FUNCTION, format!("({})", own.params.join(", ")), page)
}

fn free(script: &Script<'_>, offset: usize) -> Vec<CompletionItem> {
    let functions = script.functions();
    let Some(inside) =
        functions.iter().find(|function| function.bytes.contains(&offset) || function.bytes.end == script.text.len())
    else {
        return entry_points(&functions.iter().map(|function| function.name).collect::<Vec<_>>());
    };
    let mut items: Vec<CompletionItem> = variables(script, inside.bytes.start, offset)
        .into_iter()
        .map(|name| item(name, CompletionItemKind::VARIABLE, "in this function".to_owned(), String::new()))
        .collect();
    items.extend(functions.iter().map(own_function));
    items.extend(ROOTS.iter().map(|root| {
        item(root.name, CompletionItemKind::VARIABLE, format!("query of {}", root.kind.name()), words::of_root(root))
    }));
    items.extend(FUNCTIONS.iter().filter(|function| function.on.is_none()).map(|function| {
        item(function.name, CompletionItemKind::FUNCTION, words::signature(function), words::of_function(function))
    }));
    items
        .extend(KEYWORDS.iter().map(|word| item(word, CompletionItemKind::KEYWORD, "of the language".to_owned(), String::new())));
    once_each(items)
}

fn variables<'a>(script: &Script<'a>, from: usize, to: usize) -> Vec<&'a str> {
    let first = script.tokens.partition_point(|token| token.start < from);
    let last = script.tokens.partition_point(|token| token.end < to);
    let params = script.functions().into_iter().find(|function| function.bytes.start == from).map(|function| function.params);
    let made = (first..last).filter(|&at| matches!(script.word(at), "let" | "for" | "const")).map(|at| script.word(at + 1));
    params.unwrap_or_default().into_iter().chain(made).collect()
}

/// Outside functions: the entry points that the script does not have yet.
fn entry_points(known: &[&str]) -> Vec<CompletionItem> {
    let missing = ENTRY_POINTS.iter().filter(|entry| !known.contains(&entry.name));
    let entries = missing.map(|entry| {
        let params: Vec<_> = entry.params.iter().map(|(name, _)| *name).collect();
        let text = format!("fn {}({}) {{\n    $0\n}}", entry.name, params.join(", "));
        CompletionItem {
            insert_text: Some(text),
            insert_text_format: Some(InsertTextFormat::SNIPPET),
            filter_text: Some(format!("fn {}", entry.name)),
            ..item(entry.name, CompletionItemKind::EVENT, entry.doc.to_owned(), words::of_entry(entry))
        }
    });
    let words = ["fn", "const", "import"].into_iter();
    entries
        .chain(words.map(|word| item(word, CompletionItemKind::KEYWORD, "of the language".to_owned(), String::new())))
        .collect()
}

/// Inside a text that names something of the manifest: a setting, a field, a webhook, a module.
fn inside_text(workspace: &Workspace, path: &Path, script: &Script<'_>, at: usize) -> Vec<CompletionItem> {
    let named = |names: Vec<&str>, what: &str| {
        names.into_iter().map(|name| item(name, CompletionItemKind::VALUE, what.to_owned(), String::new())).collect()
    };
    let before = at.checked_sub(1).map_or("", |before| script.word(before));
    if before == "import" {
        return named(workspace.modules().map(|(name, _)| name).collect(), "module");
    }
    let Some(open) = (0..at).rev().find(|&open| script.word(open) == "(") else { return Vec::new() };
    let Some(manifest) = manifest_of(workspace, path) else { return Vec::new() };
    let place = (open..at).filter(|&at| script.word(at) == ",").count();
    match (open.checked_sub(1).map_or("", |name| script.word(name)), place) {
        ("setting", 0) => named(manifest.settings.keys().map(String::as_str).collect(), "setting"),
        ("field", 0) | ("set", 1) => named(manifest.fields.iter().map(|field| field.name.as_str()).collect(), "field"),
        ("post", 0) => named(manifest.webhooks.iter().map(String::as_str).collect(), "webhook"),
        _ => Vec::new(),
    }
}

/// Words of `reads` and `may` in a manifest.
fn manifest_words(text: &str, offset: usize) -> Vec<CompletionItem> {
    let head = text[..offset].rsplit('\n').next().unwrap_or("").trim_start_matches("//!").trim_start();
    let word = |name: &str, what: &str| item(name, CompletionItemKind::VALUE, what.to_owned(), String::new());
    if head.starts_with("may") {
        Capability::ALL.iter().map(|capability| word(capability.name(), "effect")).collect()
    } else if head.starts_with("reads") {
        let mut names: Vec<_> = Kind::ALL.iter().filter_map(|kind| kind.reads()).map(|reads| reads.name()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| word(name, "read")).collect()
    } else {
        Vec::new()
    }
}
