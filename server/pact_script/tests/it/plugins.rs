//! Plugins of this repository: they load, compile, and their cases hold. New cases are files.

use std::fs;

use pact_policy::manifest::File;
use pact_policy::table::EntryPoint;
use pact_script::cases::id_of;
use pact_script::effect::Effect;
use pact_script::plugin::{LoadError, Std, case_files, load, load_all};

use pact_script::value::Value;

use crate::support::{pool, repository};

fn std_modules() -> Std {
    Std::load(&repository("scripts/std")).unwrap()
}

#[tokio::test]
async fn every_case_of_every_plugin_and_recipe_holds() {
    let pool = pool(2);
    let mut failures = String::new();
    for (path, loaded) in ["plugins", "scripts"].into_iter().flat_map(|folder| load_all(&repository(folder), &std_modules())) {
        let loaded = loaded.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        pool.check(&loaded.scripts).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let files = case_files(&path, loaded.manifest()).unwrap();
        assert!(files.len() > 1, "{} has cases of what it does and of what it leaves alone", path.display());
        for file in files {
            let different = match file.case {
                Ok(case) => case.check(&pool, &loaded.scripts).await.to_string(),
                Err(error) => error.to_string(),
            };
            if !different.is_empty() {
                failures += &format!("{}:\n{different}\n", file.path.display());
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Each recipe says in a line when to use it; the reference page quotes that line.
#[test]
fn every_recipe_says_when_to_use_it() {
    let recipes = load_all(&repository("scripts"), &std_modules());
    assert!(recipes.len() >= 16, "{}", recipes.len());
    for (path, loaded) in recipes {
        let text = loaded.unwrap().plugin.manifest_file.text;
        assert!(text.contains("\n// Use it when "), "{}", path.display());
    }
}

#[test]
fn lead_push_is_there_and_has_its_entry_points() {
    let loaded = load(&repository("plugins/lead-push"), &std_modules()).unwrap();
    assert_eq!(loaded.entry_points, [EntryPoint::LeadCreated, EntryPoint::PushDeclined, EntryPoint::PushExpired]);
    assert!(case_files(&loaded.path, loaded.manifest()).unwrap().len() >= 10);
}

#[test]
fn one_bad_plugin_never_stops_another() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = |name: &str, manifest: &str, script: &str| {
        let at = folder.path().join(name);
        fs::create_dir_all(&at).unwrap();
        fs::write(at.join("plugin.toml"), manifest).unwrap();
        fs::write(at.join("a.rhai"), script).unwrap();
    };
    let manifest =
        |id: &str| format!("id = \"{id}\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"A\"\n[[script]]\nfile = \"a.rhai\"\n");
    plugin("good", &manifest("good"), "fn on_lead_created(lead) {}");
    plugin("no-manifest", "id = ", "fn on_lead_created(lead) {}");
    plugin("no-file", &manifest("no-file").replace("a.rhai", "b.rhai"), "");
    fs::create_dir(folder.path().join("no-plugin")).unwrap();
    fs::write(folder.path().join("bytes.rhai"), [0xff, 0xfe]).unwrap();
    let loaded = load_all(folder.path(), &Std::default());
    let results: Vec<_> =
        loaded.iter().map(|(path, result)| (path.file_name().unwrap().to_str().unwrap(), result.is_ok())).collect();
    assert_eq!(results, [("bytes.rhai", false), ("good", true), ("no-file", false), ("no-manifest", false)]);
    assert!(matches!(&load_all(&folder.path().join("nowhere"), &Std::default())[..], [(_, Err(LoadError::Io { .. }))]));
}

#[tokio::test]
async fn modules_come_with_what_imports_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("words.rhai"), "import \"std/more\" as more;\nfn shout(text) { more::twice(text).to_upper() }")
        .unwrap();
    fs::write(folder.path().join("more.rhai"), "const SIGN = \"!\";\nfn twice(text) { text + text + global::SIGN }").unwrap();
    fs::write(folder.path().join("unused.rhai"), "fn f() {}").unwrap();
    let std = Std::load(folder.path()).unwrap();
    let script = "//! id = \"a\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"A\"\n\
        import \"std/words\" as words;\nconst NAME = \"ann\";\nfn main() { log(words::shout(global::NAME)); }";
    fs::write(folder.path().join("main.txt"), script).unwrap();
    let path = folder.path().join("single.rhai");
    fs::write(&path, script).unwrap();
    let loaded = load(&path, &std).unwrap();
    let names: Vec<_> = loaded.scripts.modules.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["std/more", "std/words"]);
    let outcome = pool(1).run(&crate::support::run(&loaded, "main", vec![]), &crate::support::world("")).await;
    assert_eq!((outcome.error, outcome.log), (None, vec!["ANNANN!".to_owned()]));
}

/// What is shipped passes the policy, all of it judged together.
#[test]
fn what_is_shipped_passes_the_policy() {
    use pact_policy::{Source, lint};
    let mut sources: Vec<Source> = std_modules()
        .modules()
        .map(|(name, text)| Source::Module {
            name: name.to_owned(),
            file: File { name: format!("{name}.rhai"), text: text.to_owned() },
            of: None,
        })
        .collect();
    for folder in ["plugins", "scripts"] {
        for (path, loaded) in load_all(&repository(folder), &std_modules()) {
            let mut plugin = loaded.unwrap_or_else(|error| panic!("{}: {error}", path.display())).plugin;
            // Names of files are those of their folder, so that a finding says where it is.
            let folder = plugin.manifest.id.clone();
            plugin.manifest_file.name = format!("{folder}/{}", plugin.manifest_file.name);
            plugin.files = plugin.files.into_iter().map(|(name, text)| (format!("{folder}/{name}"), text)).collect();
            sources.push(Source::Plugin(Box::new(plugin)));
        }
    }
    let report = lint(&sources);
    assert!(report.checked > 0 && report.unreadable.is_empty(), "{:?}", report.unreadable);
    let found: Vec<_> = report.findings.iter().map(|it| format!("{}:{}: {} {}", it.file, it.line, it.rule, it.message)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Each expression over the modules of `scripts/std`, and what it gives.
const OVER_MODULES: &[(&str, &str)] = &[
    ("language::spoken(\"nl\")", "Dutch"),
    ("language::spoken(\"xx\")", "xx"),
    ("language::spoken(())", "an unknown language"),
    ("text::listed([])", ""),
    ("text::listed([\"a\"])", "a"),
    ("text::listed([\"a\", \"b\"])", "a and b"),
    ("text::listed([\"a\", \"b\", \"c\"])", "a, b and c"),
    ("text::shortened(\"a short one\", 20)", "a short one"),
    ("text::shortened(\"a longer one\", 8)", "a longe…"),
    ("text::counted(1, \"lead\", \"leads\")", "1 lead"),
    ("text::counted(0, \"lead\", \"leads\")", "0 leads"),
    ("text::words_of(\"Hooli, Inc. (EU)\")", "[\"hooli\", \"inc\", \"eu\"]"),
    ("text::names_in(\"pied-piper, they say\", [\"Pied Piper\", \"Hooli\", \"\"])", "[\"Pied Piper\"]"),
    ("text::names_in(\"Initechnology\", [\"Initech\"])", "[]"),
    ("text::parts(\" Acme,Globex , \")", "[\"Acme\", \"Globex\"]"),
    ("names::tidy(\"  ACME   pumps GMBH \")", "Acme Pumps GmbH"),
    ("names::tidy(\"van dijk en zonen bv\")", "Van Dijk en Zonen BV"),
    ("names::tidy(\"IBM Deutschland\")", "IBM Deutschland"),
    ("names::core(\"Hooli, Inc.\") == names::core(\"HOOLI\")", "true"),
    ("amounts::at_least(money(10, \"EUR\"), money(10, \"EUR\"))", "true"),
    ("amounts::at_least(money(10, \"USD\"), money(5, \"EUR\"))", "false"),
    ("amounts::at_least((), money(5, \"EUR\"))", "false"),
    ("amounts::worth(money(5, \"EUR\")) + amounts::worth(())", ", worth EUR 5.00"),
    // Ann is away and Bo stands in; Cy looks after nobody; Mia manages the north.
    ("who::in_charge(customers.owned_by(people.named(\"ann@example.com\").first()).first())", "bo"),
    ("who::in_charge(customers.in_segment(\"free\").first())", "mia"),
    ("who::present(people.named(\"cy@example.com\").first())", "cy"),
    ("who::manager_near(())", "mia"),
    // The day of these tests is a Tuesday.
    ("days::is_weekend(today())", "false"),
    ("days::weekday_from(today() + days(4))", "2026-11-30"),
    ("days::monday_of(today())", "2026-11-23"),
    ("days::first_of_month(today())", "2026-11-01"),
];

#[tokio::test]
async fn modules_of_std_do_what_they_say() {
    let pool = pool(1);
    let world = crate::support::world(
        r#"
        territory = [{ id = "north" }]
        person = [{ id = "ann", away = true, stand_in = "bo" }, { id = "bo" }, { id = "cy" }, { id = "mia", roles = ["manager"], territory = "north" }]
        customer = [{ id = "hooli", owner = "ann" }, { id = "globex", segment = "free", territory = "north" }]
        "#,
    );
    for (expression, wanted) in OVER_MODULES {
        let text = format!(
            "//! id = \"a\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"A\"\nimport \"std/language\" as language;\n\
             import \"std/text\" as text;\nimport \"std/days\" as days;\nimport \"std/names\" as names;\n\
             import \"std/amounts\" as amounts;\nimport \"std/people\" as who;\nfn main() {{ log(`${{{expression}}}`); }}"
        );
        let plugin = pact_policy::manifest::Plugin::from_script(File::checked("a.rhai", text).unwrap()).unwrap();
        let loaded = pact_script::plugin::ready("a.rhai".into(), plugin, &std_modules());
        let outcome = pool.run(&crate::support::run(&loaded, "main", vec![]), &world).await;
        assert_eq!((outcome.error, outcome.log), (None, vec![(*wanted).to_owned()]), "{expression}");
    }
}

#[tokio::test]
async fn formulas_give_their_value_as_an_effect() {
    let fields = pact_policy::manifest::parse_fields(
        r#"
        [[field]]
        on = "lead"
        name = "commission"
        type = "formula"
        formula = "record.value * 0.1 // a tenth"
        [[field]]
        on = "customer"
        name = "large"
        type = "formula"
        formula = "(record.field(\"employees\") ?? 0) > 250"
        [[field]]
        on = "customer"
        name = "sly"
        type = "formula"
        formula = "1)); log(\"x\"); ((1"
        "#,
    )
    .unwrap();
    let (scripts, formulas) = pact_script::plugin::formulas("test", &fields);
    assert_eq!(formulas.iter().map(|formula| formula.field.as_str()).collect::<Vec<_>>(), ["commission", "large"]);
    let world = crate::support::world(
        "[[lead]]\nid = \"pumps\"\nvalue = \"12000 EUR\"\n[[customer]]\nid = \"hooli\"\nfields = { employees = 300 }\n",
    );
    let pool = pool(1);
    let mut run = crate::support::run(&crate::support::script("fn main() {}"), "", vec![]);
    run.scripts = std::sync::Arc::new(scripts);
    let mut values = Vec::new();
    for (formula, handle) in formulas.iter().zip(["pumps", "hooli"]) {
        run.call.clone_from(&formula.call);
        run.args = vec![Value::Ref(formula.on, id_of(handle))];
        let outcome = pool.run(&run, &world).await;
        assert_eq!(outcome.error, None);
        values.extend(outcome.effects.into_iter().map(|placed| match placed.effect {
            Effect::Set { value, .. } => value,
            other => panic!("{other:?}"),
        }));
    }
    assert_eq!(values, [Value::Money { minor: 120_000, currency: "EUR".to_owned() }, Value::Bool(true)]);
}
