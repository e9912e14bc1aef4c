//! Dependencies point one way: `core ← policy ← script`, `policy ← lint`, `core ← store`, all of these and `evidence` `← app ← pact`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What each crate may use of the others, in a build that is shipped.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("pact_core", &[]),
    ("pact_policy", &["pact_core"]),
    ("pact_evidence", &[]),
    ("pact_lint", &["pact_policy"]),
    ("pact_script", &["pact_core", "pact_policy"]),
    ("pact_migrations", &[]),
    ("pact_store", &["pact_core", "pact_migrations"]),
    ("pact_app", &["pact_core", "pact_evidence", "pact_policy", "pact_script", "pact_store"]),
    ("pact", &["pact_app", "pact_core", "pact_evidence", "pact_lint", "pact_policy", "pact_script", "pact_store"]),
];

/// Crates that only one of ours may use, because knowing them is that crate's purpose.
const OWNED: [(&str, &[&str]); 6] = [
    ("actix-web", &["pact"]),
    ("rhai", &["pact_policy", "pact_script"]),
    ("sea-orm-migration", &["pact_migrations", "pact_store"]),
    ("jsonwebtoken", &["pact_app"]),
    ("lsp-server", &["pact_lint"]),
    ("landlock", &["pact_script"]),
];

fn dependencies(manifest: &Path) -> (String, BTreeSet<String>) {
    let text = std::fs::read_to_string(manifest).expect("a manifest that can be read");
    let manifest: toml::Table = text.parse().expect("a manifest that is TOML");
    let name = manifest["package"]["name"].as_str().expect("a name").to_owned();
    let used = manifest.get("dependencies").and_then(toml::Value::as_table).map(|table| table.keys().cloned().collect());
    (name, used.unwrap_or_default())
}

fn crates() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let server = std::fs::read_dir(root.join("server")).expect("the folder of crates");
    let folders = server.filter_map(|entry| Some(entry.ok()?.path())).chain([root.join("migrations")]);
    folders.map(|folder| folder.join("Cargo.toml")).filter(|manifest| manifest.exists()).map(|m| dependencies(&m)).collect()
}

#[test]
fn dependencies_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    let crates = crates();
    assert_eq!(crates.keys().collect::<Vec<_>>(), allowed.keys().collect::<Vec<_>>(), "each crate stands in the table");
    for (name, used) in &crates {
        let ours: Vec<&String> = used.iter().filter(|used| used.starts_with("pact")).collect();
        let may = allowed[name.as_str()];
        let wrong: Vec<_> = ours.iter().filter(|used| !may.contains(&used.as_str())).collect();
        assert!(wrong.is_empty(), "{name} may use {may:?}, and uses {wrong:?} too");
    }
}

#[test]
fn what_a_crate_is_for_stays_in_it() {
    for (name, used) in crates() {
        for (dependency, owners) in OWNED {
            assert!(
                !used.contains(dependency) || owners.contains(&name.as_str()),
                "{name} uses {dependency}, which is for {owners:?}"
            );
        }
    }
}
