//! What the name at a place is: in the interface, in the language, or in the plugin's own files.

use std::path::{Path, PathBuf};

use pact_policy::Source;
use pact_policy::manifest::Manifest;
use pact_policy::table::natives::NATIVES;
use pact_policy::table::{ENTRY_POINTS, FUNCTIONS, MEMBERS, NARROWS, ROOTS, Ty};

use super::infer::{Known, Script, method, plain};
use super::tokens::TokenKind;
use super::words;
use crate::workspace::Workspace;

/// A place in a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    pub(crate) bytes: std::ops::Range<usize>,
}

/// The manifest that a file belongs to.
pub(crate) fn manifest_of<'a>(workspace: &'a Workspace, path: &Path) -> Option<&'a Manifest> {
    match workspace.source_of(path)? {
        Source::Plugin(plugin) => Some(&plugin.manifest),
        Source::Module { .. } | Source::Fields { .. } | Source::Views { .. } => None,
    }
}

/// A file's words, with what its manifest says of its functions.
pub(crate) fn script<'a>(workspace: &'a Workspace, path: &Path) -> Option<Script<'a>> {
    let scheduled = manifest_of(workspace, path)
        .map(|manifest| manifest.schedules.iter().map(|schedule| schedule.call.clone()).collect())
        .unwrap_or_default();
    Some(Script::new(workspace.text(path)?, scheduled))
}

/// What an editor shows over the name at this byte, with the bytes of the name.
pub(crate) fn hover(workspace: &Workspace, path: &Path, offset: usize) -> Option<(String, std::ops::Range<usize>)> {
    let script = script(workspace, path)?;
    let at = script.token_at(offset)?;
    let token = script.tokens[at];
    if token.kind != TokenKind::Name {
        return None;
    }
    let word = script.word(at);
    let before = at.checked_sub(1).map_or("", |before| script.word(before));
    let page = match before {
        "." => member_page(script.type_before(at.checked_sub(2)?), word)?,
        "::" => module_function(workspace, &script, at).map(|(_, page)| page)?,
        _ => free_page(&script, at, word)?,
    };
    Some((page, token.start..token.end))
}

fn member_page(known: Option<Known>, word: &str) -> Option<String> {
    let ty = match known {
        Some(Known::Ty(ty)) => Some(plain(ty)),
        Some(Known::Records(kind)) => Some(Ty::Query(kind)),
        None => None,
    };
    let found = match ty {
        Some(Ty::Record(kind)) => MEMBERS.iter().find(|member| member.of == kind && member.name == word).map(words::of_member),
        Some(Ty::Query(kind)) => NARROWS.iter().find(|narrow| narrow.of == kind && narrow.name == word).map(words::of_narrow),
        _ => None,
    };
    let found = found.or_else(|| method(ty?, word).map(words::of_function));
    // Of what nobody can tell the type, all that it may be.
    let every = || {
        let members = MEMBERS.iter().filter(|member| member.name == word).map(words::of_member);
        let narrows = NARROWS.iter().filter(|narrow| narrow.name == word).map(words::of_narrow);
        let methods = FUNCTIONS.iter().filter(|function| function.on.is_some() && function.name == word);
        let all: Vec<_> = members.chain(narrows).chain(methods.map(words::of_function)).collect();
        (!all.is_empty() && ty.is_none()).then(|| all.join("\n\n---\n\n"))
    };
    found.or_else(every).or_else(|| native_page(word))
}

fn native_page(word: &str) -> Option<String> {
    NATIVES.iter().any(|native| native.name == word).then(|| format!("`{word}` is a function of the language."))
}

fn free_page(script: &Script<'_>, at: usize, word: &str) -> Option<String> {
    if let Some(entry) = ENTRY_POINTS.iter().find(|entry| entry.name == word) {
        return Some(words::of_entry(entry));
    }
    if let Some(own) = script.functions().into_iter().find(|own| own.name == word) {
        return Some(words::of_own(own.name, &own.params, &own.doc));
    }
    if script.word(at + 1) == "("
        && let Some(function) = FUNCTIONS.iter().find(|function| function.on.is_none() && function.name == word)
    {
        return Some(words::of_function(function));
    }
    if let Some(root) = ROOTS.iter().find(|root| root.name == word) {
        return Some(words::of_root(root));
    }
    match script.type_before(at) {
        Some(Known::Ty(ty)) => Some(format!("```rust\n{word}: {}\n```", words::type_name(ty))),
        Some(Known::Records(kind)) => Some(format!("```rust\n{word}: list of {}\n```", kind.name())),
        None => native_page(word),
    }
}

/// The function that `alias::name` names, in the module that the alias was imported from.
fn module_function(workspace: &Workspace, script: &Script<'_>, at: usize) -> Option<(Target, String)> {
    let alias = script.word(at.checked_sub(2)?);
    let import = (0..script.tokens.len())
        .find(|&import| script.word(import) == "import" && script.word(import + 2) == "as" && script.word(import + 3) == alias)?;
    let name = script.word(import + 1).trim_matches('"');
    let (_, path) = workspace.modules().find(|(known, _)| *known == name)?;
    let module = Script::new(workspace.text(path)?, Vec::new());
    let found = module.functions().into_iter().find(|function| function.name == script.word(at))?;
    let target = Target { path: path.to_owned(), bytes: found.token.start..found.token.end };
    Some((target, words::of_own(found.name, &found.params, &found.doc)))
}

/// Where the name at this byte is defined: a function of this file, of another file of the plugin or of a module, a variable,
/// or what the manifest says of a setting, a field or a schedule.
pub(crate) fn definition(workspace: &Workspace, path: &Path, offset: usize) -> Option<Target> {
    if path.extension().is_some_and(|ending| ending == "toml") {
        return scheduled_function(workspace, path, offset);
    }
    let script = script(workspace, path)?;
    let at = script.token_at(offset)?;
    let word = script.word(at);
    let before = at.checked_sub(1).map_or("", |before| script.word(before));
    match (script.tokens[at].kind, before) {
        (TokenKind::Text, "import") => {
            let (_, path) = workspace.modules().find(|(name, _)| *name == word.trim_matches('"'))?;
            Some(Target { path: path.to_owned(), bytes: 0..0 })
        }
        (TokenKind::Text, _) => in_manifest(workspace, path, word.trim_matches('"')),
        (TokenKind::Name, "::") => module_function(workspace, &script, at).map(|(target, _)| target),
        (TokenKind::Name, ".") => None,
        (TokenKind::Name, _) => function_named(workspace, path, word)
            .or_else(|| variable(&script, at).map(|bytes| Target { path: path.to_owned(), bytes })),
        (TokenKind::Number | TokenKind::Sign | TokenKind::Comment, _) => None,
    }
}

/// The function of this name in the file, or else in another file of its plugin.
fn function_named(workspace: &Workspace, path: &Path, word: &str) -> Option<Target> {
    let mut paths = vec![path.to_owned()];
    if let Some(Source::Plugin(plugin)) = workspace.source_of(path) {
        paths.extend(plugin.files.keys().map(PathBuf::from).filter(|other| other != path));
    }
    paths.into_iter().find_map(|path| {
        let script = Script::new(workspace.text(&path)?, Vec::new());
        let found = script.functions().into_iter().find(|function| function.name == word)?;
        let bytes = found.token.start..found.token.end;
        Some(Target { path, bytes })
    })
}

/// Where a variable was made: the nearest `let`, `for` or parameter of its name before it.
fn variable(script: &Script<'_>, at: usize) -> Option<std::ops::Range<usize>> {
    let word = script.word(at);
    let made = (0..=at).rev().find(|&made| {
        let before = made.checked_sub(1).map_or("", |before| script.word(before));
        script.word(made) == word
            && (matches!(before, "let" | "const" | "for" | "|") || (matches!(before, "(" | ",") && in_parameters(script, made)))
    })?;
    Some(script.tokens[made].start..script.tokens[made].end)
}

fn in_parameters(script: &Script<'_>, at: usize) -> bool {
    let open = (0..at).rev().find(|&open| script.word(open) == "(");
    open.and_then(|open| open.checked_sub(2)).is_some_and(|before| script.word(before) == "fn")
}

fn manifest_path(workspace: &Workspace, path: &Path) -> Option<PathBuf> {
    match workspace.source_of(path)? {
        Source::Plugin(plugin) => Some(PathBuf::from(&plugin.manifest_file.name)),
        Source::Module { .. } | Source::Fields { .. } | Source::Views { .. } => None,
    }
}

/// The line of the manifest that defines a setting or field of this name.
fn in_manifest(workspace: &Workspace, path: &Path, name: &str) -> Option<Target> {
    let manifest = manifest_of(workspace, path)?;
    let is_field = manifest.fields.iter().any(|field| field.name == name);
    if name.is_empty() || !(is_field || manifest.settings.contains_key(name)) {
        return None;
    }
    let path = manifest_path(workspace, path)?;
    let text = workspace.text(&path)?;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches("//!").trim_start();
        let setting = content.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='));
        let field = content.starts_with("name") && content.contains(&format!("\"{name}\""));
        if (setting && !is_field) || (field && is_field) {
            let at = start + line.find(name)?;
            return Some(Target { path, bytes: at..at + name.len() });
        }
        start += line.len();
    }
    None
}

/// From a schedule in the manifest to the function that it calls.
fn scheduled_function(workspace: &Workspace, path: &Path, offset: usize) -> Option<Target> {
    let text = workspace.text(path)?;
    let start = text[..offset.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next()?;
    let name = line.trim().strip_prefix("call")?.trim_start().strip_prefix('=')?.trim().trim_matches('"');
    function_named(workspace, path, name)
}
