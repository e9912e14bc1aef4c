//! The project's corpus as cases: what is judged, and what must be found where.
//!
//! `tests/corpus/worked` are the worked examples of the policy; `tests/corpus/own` holds more of them, each evasion with its lawful
//! twin; `tests/corpus/techniques` holds them by technique, one folder each; `tests/corpus/held-out-N` were written before the linter
//! was looked at, and judged once before it was mended; `tests/corpus/matrix` has fields by concept, each in seven languages.
//! Markers are comments: `//~ RULE` on a script's line, `[[field]] #~ RULE` on a field.

use std::path::{Path, PathBuf};

use pact_policy::manifest::{File, Plugin, parse_fields};
use pact_policy::view::parse_views;
use pact_policy::{Report, Source};

/// A finding that must be there: the end of its file's name, its line and its rule.
pub(crate) type Mark = (String, u32, String);

/// Something to be judged in one call.
pub(crate) struct Case {
    /// What it is counted under.
    pub(crate) category: String,
    pub(crate) name: String,
    pub(crate) sources: Vec<Source>,
    /// What must be found; a case without marks must pass.
    pub(crate) marks: Vec<Mark>,
    /// Plugins that a path must name.
    told: Vec<String>,
}

impl Case {
    /// Plugins on the way that no path of the report names.
    pub(crate) fn untold<'a>(&'a self, report: &Report) -> Vec<&'a String> {
        let told = |plugin: &&String| {
            let file = format!("{plugin}/");
            report.findings.iter().any(|f| f.path.iter().any(|step| step.file.starts_with(&file)))
        };
        self.told.iter().filter(|plugin| !told(plugin)).collect()
    }

    /// The marks that a report does not have.
    pub(crate) fn missing<'a>(&'a self, report: &Report) -> Vec<&'a Mark> {
        let found = |(file, line, rule): &&Mark| {
            report.findings.iter().any(|f| f.file.ends_with(file) && f.line == *line && f.rule.id() == rule)
        };
        self.marks.iter().filter(|mark| !found(mark)).collect()
    }
}

pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

fn marks(file: &str, text: &str) -> Vec<Mark> {
    (1..)
        .zip(text.lines())
        .filter_map(|(n, line)| Some((file.to_owned(), n, line.split("//~ ").nth(1)?.trim().to_owned())))
        .collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext == "rhai")
}

fn script(path: &Path) -> Source {
    let file = File::from_bytes(&name_of(path), std::fs::read(path).unwrap()).unwrap();
    Source::Plugin(Box::new(Plugin::from_script(file).unwrap_or_else(|error| panic!("{}: {error}", path.display()))))
}

fn folder(path: &Path) -> Source {
    let name = |file: &Path| format!("{}/{}", name_of(path), name_of(file));
    let read = |file: &Path| File::from_bytes(&name(file), std::fs::read(file).unwrap()).unwrap();
    let scripts = files_in(path).iter().filter(|file| is_script(file)).map(|file| read(file)).collect();
    Source::Plugin(Box::new(Plugin::from_folder(read(&path.join("plugin.toml")), scripts).unwrap()))
}

/// The modules that scripts may import, as the commands give them to the linter.
fn modules() -> Vec<Source> {
    let module = |path: &PathBuf| {
        let name = format!("std/{}", path.file_stem().unwrap().to_string_lossy());
        Source::Module { name, file: File::from_bytes(&name_of(path), std::fs::read(path).unwrap()).unwrap(), of: None }
    };
    files_in(&corpus().join("../../scripts/std")).iter().filter(|path| is_script(path)).map(module).collect()
}

fn single_scripts(cases: &mut Vec<Case>, root: &Path, category: &str) {
    let modules = modules();
    for kind in ["pass", "refuse"] {
        for path in files_in(&root.join(kind)).into_iter().filter(|path| is_script(path)) {
            let name = format!("{}/{kind}/{}", name_of(root), name_of(&path));
            let marks = marks(&name_of(&path), &std::fs::read_to_string(&path).unwrap());
            assert_eq!(kind == "refuse", !marks.is_empty(), "{name}");
            let sources = modules.iter().cloned().chain([script(&path)]).collect();
            cases.push(Case { category: category.to_owned(), name, sources, marks, told: Vec::new() });
        }
    }
}

fn sets(cases: &mut Vec<Case>, root: &Path, kind: &str, label: &str) {
    for set in files_in(&root.join(kind)) {
        let name = format!("{label}/{kind}/{}", name_of(&set));
        let expected: toml::Table = std::fs::read_to_string(set.join("expect.toml")).unwrap().parse().unwrap();
        let findings = expected.get("finding").and_then(|f| f.as_array()).cloned().unwrap_or_default();
        let mark = |f: &toml::Value| {
            let text = |key: &str| f[key].as_str().unwrap().to_owned();
            (text("file"), u32::try_from(f["line"].as_integer().unwrap()).unwrap(), text("rule"))
        };
        let marks: Vec<Mark> = findings.iter().map(mark).collect();
        let folders: Vec<_> = files_in(&set).into_iter().filter(|path| path.is_dir()).collect();
        let sources: Vec<_> = folders.iter().map(|path| folder(path)).collect();
        for (path, source) in folders.iter().zip(&sources) {
            let name = format!("{name}: {} alone", name_of(path));
            let category = format!("{label} sets, alone");
            cases.push(Case { category, name, sources: vec![source.clone()], marks: Vec::new(), told: Vec::new() });
        }
        // The path must name every plugin on the way; an expectation may name those that matter.
        let told = match expected.get("path") {
            _ if marks.is_empty() => Vec::new(),
            Some(path) => path.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
            None => folders.iter().map(|path| name_of(path)).collect(),
        };
        cases.push(Case { category: format!("{label} sets, together"), name, sources, marks, told });
    }
}

fn fields(cases: &mut Vec<Case>, root: &Path, label: &str) {
    for path in files_in(&root.join("fields")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for field in parse_fields(&text).unwrap() {
            let name = format!("{label}/fields/{}: {}", name_of(&path), field.name);
            let rule = lines[field.place.line as usize - 1].split("#~ ").nth(1).map(str::trim);
            let marks = rule.map(|rule| ("x".to_owned(), field.place.line, rule.to_owned())).into_iter().collect();
            let file = File { name: "x".to_owned(), text: String::new() };
            let sources = vec![Source::Fields { file, fields: vec![field] }];
            cases.push(Case { category: format!("{label} fields"), name, sources, marks, told: Vec::new() });
        }
    }
}

/// Views, each a case of its own; `#~ RULE` stands on the line of the part that must be refused.
fn views(cases: &mut Vec<Case>, root: &Path, label: &str) {
    for path in files_in(&root.join("views")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let starts: Vec<usize> = text.match_indices("[[view]]").map(|(at, _)| at).chain([text.len()]).collect();
        for range in starts.windows(2) {
            // Lines stay where they are, so that marks are places in the file.
            let before = "\n".repeat(text[..range[0]].matches('\n').count());
            let text = format!("{before}{}", &text[range[0]..range[1]]);
            let views = parse_views(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = format!("{label}/views/{}: {}", name_of(&path), views[0].name);
            let mark = |(n, line): (u32, &str)| Some(("x".to_owned(), n, line.split("#~ ").nth(1)?.trim().to_owned()));
            let marks: Vec<Mark> = (1..).zip(text.lines()).filter_map(mark).collect();
            assert_eq!(name_of(&path) == "refuse.toml", !marks.is_empty(), "{name}");
            let file = File { name: "x".to_owned(), text };
            let sources = vec![Source::Views { file, views }];
            cases.push(Case { category: format!("{label} views"), name, sources, marks, told: Vec::new() });
        }
    }
}

/// Plugins that come with PACT: they pass.
fn plugins(cases: &mut Vec<Case>) {
    for path in files_in(&corpus().join("../../plugins")).into_iter().filter(|path| path.join("plugin.toml").exists()) {
        let sources = modules().into_iter().chain([folder(&path)]).collect();
        let name = format!("plugins/{}", name_of(&path));
        cases.push(Case { category: "plugins that come with it".to_owned(), name, sources, marks: Vec::new(), told: Vec::new() });
    }
}

/// Every case of the corpus.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for root in files_in(&corpus()).into_iter().filter(|root| !root.ends_with("techniques")) {
        let label = name_of(&root);
        single_scripts(&mut cases, &root, &format!("{label} scripts"));
        sets(&mut cases, &root, "refuse-together", &label);
        sets(&mut cases, &root, "pass-together", &label);
        fields(&mut cases, &root, &label);
        views(&mut cases, &root, &label);
    }
    for folder in files_in(&corpus().join("techniques")) {
        single_scripts(&mut cases, &folder, &name_of(&folder));
    }
    plugins(&mut cases);
    cases
}
