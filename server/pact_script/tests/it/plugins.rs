//! Plugins of this repository: they load, compile, and their cases hold. New cases are files.

use std::fs;

use pact_script::plugin::{LoadError, Std, case_files, load, load_all};
use pact_policy::table::EntryPoint;

use crate::support::{pool, repository};

fn std_modules() -> Std {
    Std::load(&repository("scripts/std")).unwrap()
}

#[tokio::test]
async fn every_case_of_every_plugin_holds() {
    let pool = pool(2);
    let mut failures = Vec::new();
    for (path, loaded) in load_all(&repository("plugins"), &std_modules()) {
        let loaded = loaded.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        pool.check(&loaded.scripts).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for file in case_files(&path, loaded.manifest()).unwrap() {
            match file.case {
                Ok(case) => failures.extend(case.check(&pool, &loaded.scripts).await.into_iter().map(|line| format!("{}: {line}", file.path.display()))),
                Err(error) => failures.push(format!("{}: {error}", file.path.display())),
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn lead_push_is_there_and_has_its_entry_points() {
    let loaded = load(&repository("plugins/lead-push"), &std_modules()).unwrap();
    assert_eq!(loaded.entry_points, [EntryPoint::LeadCreated, EntryPoint::PushDeclined, EntryPoint::PushExpired]);
    assert!(case_files(&loaded.path, loaded.manifest()).unwrap().len() >= 10);
}

#[tokio::test]
async fn single_scripts_load_and_compile() {
    let (pool, folder) = (pool(1), repository("scripts"));
    for (path, loaded) in load_all(&folder, &std_modules()) {
        let loaded = loaded.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        pool.check(&loaded.scripts).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
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
    let manifest = |id: &str| format!("id = \"{id}\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"A\"\n[[script]]\nfile = \"a.rhai\"\n");
    plugin("good", &manifest("good"), "fn on_lead_created(lead) {}");
    plugin("no-manifest", "id = ", "fn on_lead_created(lead) {}");
    plugin("no-file", &manifest("no-file").replace("a.rhai", "b.rhai"), "");
    fs::create_dir(folder.path().join("no-plugin")).unwrap();
    fs::write(folder.path().join("bytes.rhai"), [0xff, 0xfe]).unwrap();
    let loaded = load_all(folder.path(), &Std::default());
    let results: Vec<_> = loaded.iter().map(|(path, result)| (path.file_name().unwrap().to_str().unwrap(), result.is_ok())).collect();
    assert_eq!(results, [("bytes.rhai", false), ("good", true), ("no-file", false), ("no-manifest", false)]);
    assert!(matches!(&load_all(&folder.path().join("nowhere"), &Std::default())[..], [(_, Err(LoadError::Io { .. }))]));
}

#[tokio::test]
async fn modules_come_with_what_imports_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("words.rhai"), "import \"std/more\" as more;\nfn shout(text) { more::twice(text).to_upper() }").unwrap();
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
