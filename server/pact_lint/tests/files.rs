//! Files that are no scripts, or are meant to hurt: each is named, and everything beside it is judged.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use std::path::Path;

use pact_lint::workspace::Workspace;
use pact_policy::Rule;

const HEAD: &str = "//! id = \"x\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"X\"\n//! reads = [\"lead\"]\n//! may = [\"highlight\"]\n\n";

/// A script that is refused on line 9, so that it shows that it was judged.
const JUDGED: &str = "fn on_lead_won(lead) {\n    transfer(lead, lead.owner, \"x\");\n}\n";

fn workspace(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let workspace = Workspace::new(vec![folder.path().to_owned()]);
    (folder, workspace)
}

fn script(body: &str) -> Vec<u8> {
    format!("{HEAD}{body}").into_bytes()
}

#[test]
fn what_is_no_script_is_named_and_the_rest_is_judged() {
    let bodies: [(&str, Vec<u8>, &str); 7] = [
        ("binary.rhai", (0..=255_u8).cycle().take(4096).collect(), "UTF-8"),
        ("long.rhai", vec![b'a'; 10 * 1024 * 1024], "10485760 bytes"),
        ("zero.rhai", script("fn a() {}\0"), "zero byte"),
        ("no-manifest.rhai", b"fn on_lead_won(lead) {}\n".to_vec(), "no manifest"),
        ("open.rhai", script("fn on_lead_won(lead) { highlight(lead, "), "cannot be read"),
        ("deep.rhai", script(&format!("fn f() {{ {}1{} }}", "(".repeat(9_000), ")".repeat(9_000))), "cannot be read"),
        ("blocks.rhai", script(&format!("fn f() {}{}", "{\n".repeat(9_000), "}".repeat(9_000))), "cannot be read"),
    ];
    for (name, bytes, word) in bodies {
        let (folder, mut workspace) = workspace(&[(name, bytes), ("good.rhai", script(JUDGED))]);
        let report = workspace.judge();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let said = report.unreadable.iter().find(|it| it.file == path(name)).unwrap_or_else(|| panic!("{name} is not named"));
        assert!(said.message.contains(word), "{name}: {}", said.message);
        assert_eq!(report.unreadable.len(), 1, "{:?}", report.unreadable);
        let judged = report.findings.iter().find(|it| it.file == path("good.rhai")).unwrap();
        assert_eq!((judged.rule, judged.line), (Rule::EveryEffectDeclared, 9));
    }
}

#[test]
fn a_script_that_is_no_text_leaves_its_plugin_judged() {
    let manifest = "id = \"p\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"P\"\nreads = [\"lead\"]\n\n[[script]]\nfile = \"a.rhai\"\n\n[[script]]\nfile = \"b.rhai\"\n";
    let files =
        [("p/plugin.toml", manifest.as_bytes().to_vec()), ("p/a.rhai", vec![0xff; 64]), ("p/b.rhai", JUDGED.as_bytes().to_vec())];
    let (folder, mut workspace) = workspace(&files);
    let report = workspace.judge();
    assert_eq!(report.unreadable.len(), 1, "{:?}", report.unreadable);
    assert!(report.findings.iter().any(|it| it.file.ends_with("p/b.rhai") && it.line == 2), "{:?}", report.findings);
    drop(folder);
}

#[test]
fn characters_that_hide_something_are_refused_where_they_stand() {
    for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', 'а'] {
        let body = format!("fn on_lead_won(lead) {{\n    highlight(lead, \"le{c}ad\");\n}}\n");
        let (_folder, mut workspace) = workspace(&[("odd.rhai", script(&body))]);
        let report = workspace.judge();
        assert!(report.findings.iter().any(|it| it.rule == Rule::NoHiddenFlow && it.line == 9), "{c:?}: {report:?}");
    }
}

/// What `--watch` sees: files that change, come and go.
#[test]
fn changes_on_disk_are_seen() {
    let (folder, mut workspace) = workspace(&[("a.rhai", script(JUDGED))]);
    assert!(workspace.refresh(), "everything is new at first");
    assert!(!workspace.refresh(), "nothing changed");
    assert_eq!(workspace.judge().findings.len(), 1);
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("b.rhai", script(&JUDGED.replace("fn ", "\nfn ")));
    assert!(workspace.refresh());
    assert_eq!(workspace.judge().findings.len(), 2);
    std::fs::remove_file(folder.path().join("a.rhai")).unwrap();
    assert!(workspace.refresh());
    let report = workspace.judge();
    assert_eq!(report.findings.len(), 1);
    assert!(Path::new(&report.findings[0].file).ends_with("b.rhai"));
}
