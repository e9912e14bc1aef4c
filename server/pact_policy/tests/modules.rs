//! Modules: one that was installed with a plugin is that plugin's alone, and comes before one of the same name that is there for all.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use pact_policy::manifest::{File, Plugin};
use pact_policy::{Judge, Report, Source, lint};

/// Shows what the module says of a person.
fn plugin(id: &str) -> Source {
    let text = format!(
        "//! id = \"{id}\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"T\"\n//! reads = [\"lead\", \"person\", \"plan\"]\n//! may = [\"highlight\"]\n\nimport \"std/say\" as say;\n\nfn on_lead_won(lead) {{\n    highlight(lead, say::of(lead.owner));\n}}\n"
    );
    let file = File::checked(&format!("{id}.rhai"), text).unwrap();
    Source::Plugin(Box::new(Plugin::from_script(file).unwrap()))
}

const NAME: &str = "fn of(person) {\n    person.name\n}\n";
const METER: &str = "fn of(person) {\n    `${plans.of_person(person).len()}`\n}\n";

fn module(file: &str, text: &str, of: Option<&str>) -> Source {
    let file = File::checked(file, text.to_owned()).unwrap();
    Source::Module { name: "std/say".to_owned(), file, of: of.map(str::to_owned) }
}

/// The files in which something is refused.
fn refused(report: &Report) -> Vec<&str> {
    assert_eq!(report.unreadable, []);
    report.findings.iter().map(|finding| finding.file.as_str()).collect()
}

#[test]
fn a_plugin_imports_the_module_that_was_installed_with_it() {
    let lawful = module("std/say.rhai", NAME, None);
    let both = [plugin("ann"), plugin("bo"), lawful.clone(), module("bo/std/say.rhai", METER, Some("bo"))];
    assert_eq!(refused(&lint(&both)), ["bo.rhai"], "the module of bo counts for bo alone");
    // The path goes through the file of the module that counts.
    let report = lint(&both);
    assert!(report.findings[0].path.iter().any(|step| step.file == "bo/std/say.rhai"), "{:?}", report.findings[0].path);
    let turned = [plugin("ann"), plugin("bo"), module("std/say.rhai", METER, None), module("bo/std/say.rhai", NAME, Some("bo"))];
    assert_eq!(refused(&lint(&turned)), ["ann.rhai"], "a lawful module of its own comes before the one that is there for all");
}

#[test]
fn a_module_of_another_plugin_cannot_be_imported() {
    let report = lint(&[plugin("ann"), module("bo/std/say.rhai", NAME, Some("bo"))]);
    assert!(report.findings.iter().any(|finding| finding.rule.id() == "no-hidden-flow"), "{report:?}");
}

/// A judge that remembers looks again at whoever imports a module that came, changed or went.
#[test]
fn what_is_remembered_follows_the_modules() {
    let mut judge = Judge::default();
    judge.set(plugin("ann"));
    judge.set(plugin("bo"));
    judge.set(module("std/say.rhai", NAME, None));
    assert!(refused(&judge.judge()).is_empty());
    judge.set(module("bo/std/say.rhai", METER, Some("bo")));
    assert_eq!(refused(&judge.judge()), ["bo.rhai"]);
    judge.set(module("bo/std/say.rhai", NAME, Some("bo")));
    assert!(refused(&judge.judge()).is_empty());
    judge.set(module("std/say.rhai", METER, None));
    assert_eq!(refused(&judge.judge()), ["ann.rhai"]);
    assert!(judge.remove("bo/std/say.rhai"));
    assert_eq!(refused(&judge.judge()), ["ann.rhai", "bo.rhai"]);
}
