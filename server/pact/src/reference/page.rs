//! The page: what is written by hand, and what the table, the recipes and the modules say.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use pact_lint::lsp::words::{narrow_signature, signature, type_name};
use pact_policy::table::natives::NATIVES;
use pact_policy::table::{ENTRY_POINTS, FUNCTIONS, Function, Kind, Label, NARROWS, ROOTS, Ty, members_of};
use pact_script::plugin::{Std, load_all};
use serde::Deserialize;

use super::example::{BOUND, Bench};

/// What is written by hand, with places for the rest.
const FRAME: &str = include_str!("page.md");
const EXAMPLES: &str = include_str!("examples.toml");

/// An example for each entry that cannot make its own, by its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    function: BTreeMap<String, String>,
    narrow: BTreeMap<String, String>,
    language: BTreeMap<String, String>,
}

/// The page while it is written.
pub(super) struct Page<'a> {
    bench: Bench<'a>,
    text: String,
    /// What is wrong with examples, all of it.
    wrong: Vec<String>,
}

impl<'a> Page<'a> {
    pub(super) fn new(bench: Bench<'a>) -> Self {
        Self { bench, text: FRAME.to_owned(), wrong: Vec::new() }
    }

    /// Fills the frame.
    pub(super) async fn write(&mut self, scripts: &Path) -> anyhow::Result<()> {
        let mut examples: Examples = toml::from_str(EXAMPLES).context("examples.toml")?;
        self.put("recipes", &recipes(scripts)?)?;
        self.put("modules", &modules(scripts)?)?;
        self.put("entry points", &entry_points())?;
        let functions = self.functions(&mut examples.function).await;
        for (group, text) in functions {
            self.put(group, &text)?;
        }
        let queries = self.queries(&mut examples.narrow).await;
        self.put("queries", &queries)?;
        let records = self.records().await;
        self.put("records", &records)?;
        let language = self.language(&mut examples.language).await;
        self.put("language", &language)?;
        let bound: Vec<_> = BOUND.iter().map(|(name, what)| format!("`{name}` is `{what}`")).collect();
        self.put("bound", &bound.join(", "))?;
        for (name, _) in examples.function.into_iter().chain(examples.narrow).chain(examples.language) {
            self.wrong.push(format!("{name}: there is an example, and nothing of this name"));
        }
        Ok(())
    }

    /// The text, if every example is one.
    pub(super) fn finished(self) -> anyhow::Result<String> {
        if !self.wrong.is_empty() {
            bail!("the reference cannot be written:\n{}", self.wrong.join("\n"));
        }
        Ok(self.text)
    }

    fn put(&mut self, place: &str, text: &str) -> anyhow::Result<()> {
        let mark = format!("<!-- {place} -->");
        if self.text.matches(&mark).count() != 1 {
            bail!("page.md has no single place {mark}");
        }
        self.text = self.text.replace(&mark, text.trim_end());
        Ok(())
    }

    /// One entry with its example; `shown` is what the page shows, `run` what is run.
    async fn entry(&mut self, name: &str, head: &str, doc: &str, shown: Option<&str>, run: Option<&str>) -> String {
        let mut text = format!("- **`{head}`** {doc}\n");
        let (Some(shown), Some(run)) = (shown, run) else {
            self.wrong.push(format!("{name} has no example; write one into examples.toml"));
            return text;
        };
        match self.bench.gives(run).await {
            Ok(gives) if gives.is_empty() => text += &format!("  \n  `{shown}` gives nothing\n"),
            Ok(gives) => text += &format!("  \n  `{shown}` → {}\n", code(&gives)),
            Err(why) => self.wrong.push(format!("{name}: `{run}` {why}")),
        }
        text
    }

    async fn functions(&mut self, examples: &mut BTreeMap<String, String>) -> BTreeMap<&'static str, String> {
        let mut groups = BTreeMap::from(GROUPS.map(|group| (group, String::new())));
        for function in FUNCTIONS {
            let name = function_key(function);
            let example = examples.remove(&name);
            let mut doc = format!("{}{}", function.doc, reveals(function.label));
            if let Some(capability) = function.capability {
                doc += &format!(" Needs `\"{}\"` in `may`.", capability.name());
            }
            let entry = self.entry(&name, &signature(function), &doc, example.as_deref(), example.as_deref()).await;
            *groups.entry(group_of(function)).or_default() += &entry;
        }
        groups
    }

    async fn queries(&mut self, examples: &mut BTreeMap<String, String>) -> String {
        let mut text = String::new();
        for root in ROOTS {
            let needs = root.kind.reads().map(|reads| format!(" Needs `\"{}\"` in `reads`.", reads.name())).unwrap_or_default();
            text += &format!("### `{}`\n\n{}{}{needs}\n\n", root.name, root.doc, reveals(root.element));
            for narrow in NARROWS.iter().filter(|narrow| narrow.of == root.kind) {
                let name = format!("{}.{}", root.kind.name(), narrow.name);
                let example = examples.remove(&name);
                let run = example.as_ref().map(|example| format!("{example}.first()"));
                let doc = format!("{}{}", narrow.doc, reveals(narrow.label));
                text += &self.entry(&name, &narrow_signature(narrow), &doc, run.as_deref(), run.as_deref()).await;
            }
            let name = format!("root {}", root.name);
            let run = format!("{}.first()", root.name);
            text += &self.entry(&name, "first()", "As of every query.", Some(&run), Some(&run)).await;
            text.push('\n');
        }
        text
    }

    async fn records(&mut self) -> String {
        let mut text = String::new();
        for kind in Kind::ALL {
            text += &format!("### {}\n\n", kind.name());
            let variable = variable(kind);
            for member in members_of(kind) {
                let path = format!("{variable}.{}", member.name);
                // A query is shown by its first element; an id is made anew in each store.
                let run = match member.ty {
                    Ty::Query(_) => format!("{path}.first()"),
                    _ if member.name == "id" => format!("{path} == {path}"),
                    _ => path,
                };
                let head = format!("{}: {}", member.name, type_name(member.ty));
                let doc = format!("{}{}", member.doc, reveals(member.label));
                text += &self.entry(&format!("{}.{}", kind.name(), member.name), &head, &doc, Some(&run), Some(&run)).await;
            }
            text.push('\n');
        }
        text
    }

    async fn language(&mut self, examples: &mut BTreeMap<String, String>) -> String {
        let mut text = String::new();
        for native in NATIVES {
            let example = examples.remove(native.name);
            text += &self.entry(native.name, native.name, "", example.as_deref(), example.as_deref()).await;
        }
        text
    }
}

/// The places of functions on the page.
const GROUPS: [&str; 6] = ["values", "of queries", "assignment", "measures", "effects", "coaching"];

fn group_of(function: &Function) -> &'static str {
    use pact_policy::table::Capability;
    match (function.on, function.capability, function.returns) {
        (_, Some(Capability::Coaching), _) => "coaching",
        (_, Some(_), _) | (Some(Ty::Digest), ..) => "effects",
        (Some(Ty::Rotation), ..) | (_, _, Ty::Rotation) => "assignment",
        (Some(Ty::Tally), ..) | (_, _, Ty::Tally) => "measures",
        (Some(_), ..) => "of queries",
        _ if function.name == "sum" => "measures",
        _ if function.name == "log" => "effects",
        _ => "values",
    }
}

/// `query.first`, `Rotation.next`, `push`.
fn function_key(function: &Function) -> String {
    function.on.map(|on| format!("{}.", type_name(on))).unwrap_or_default() + function.name
}

fn reveals(label: Label) -> String {
    let names: Vec<_> = label.names().collect();
    if names.is_empty() { String::new() } else { format!(" *Reveals {}.*", names.join(" and ")) }
}

/// The name under which an example has a record of a kind.
fn variable(kind: Kind) -> &'static str {
    match kind {
        Kind::Lead => "lead",
        Kind::Push => "push",
        Kind::LeadEvent => "event",
        Kind::Customer => "customer",
        Kind::Contact => "contact",
        Kind::Card => "card",
        Kind::Plan => "plan",
        Kind::Request => "request",
        Kind::Person => "person",
        Kind::Team => "team",
        Kind::Territory => "territory",
        Kind::Pack => "pack",
        Kind::Goal => "goal",
        Kind::Period => "period",
        Kind::Act => "act",
    }
}

/// A text as code, also when it has back ticks.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn entry_points() -> String {
    let mut text = "| function | is called when | in cases |\n|---|---|---|\n".to_owned();
    for entry in &ENTRY_POINTS {
        let params: Vec<_> = entry.params.iter().map(|(name, _)| *name).collect();
        let act = if entry.act { " *Being called is a trace.*" } else { "" };
        text += &format!("| `{}({})` | {}{act} | `event = \"{}\"` |\n", entry.name, params.join(", "), entry.doc, entry.event);
    }
    text
}

/// Each recipe with its summary and the line that says when to use it.
fn recipes(scripts: &Path) -> anyhow::Result<String> {
    let std = Std::load(&scripts.join("std"))?;
    let mut text = "| recipe | what it does | use it when |\n|---|---|---|\n".to_owned();
    for (path, loaded) in load_all(scripts, &std) {
        let loaded = loaded.with_context(|| path.display().to_string())?;
        let (file, manifest) = (&loaded.plugin.manifest_file, loaded.manifest());
        let when = file.text.lines().find_map(|line| line.strip_prefix("// Use it when ")).unwrap_or_default();
        text += &format!("| [{}]({}) | {} | {when} |\n", manifest.title, file.name, manifest.summary);
    }
    Ok(text)
}

/// Each module with its functions, as their comments say.
fn modules(scripts: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    for (name, module) in Std::load(&scripts.join("std"))?.modules() {
        let first = module.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        text += &format!("- **`{name}`** {first}\n");
        let mut doc = String::new();
        for line in module.lines() {
            if let Some(more) = line.strip_prefix("/// ") {
                doc = format!("{doc} {more}");
            } else if let Some(head) = line.strip_prefix("fn ").and_then(|line| line.strip_suffix(" {")) {
                if !doc.is_empty() {
                    text += &format!("  - `{head}`{doc}\n");
                }
                doc.clear();
            } else {
                doc.clear();
            }
        }
    }
    Ok(text)
}
