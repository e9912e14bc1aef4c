//! Manifests: all of the corpus can be read, and mistakes are named with their line.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use std::path::Path;

use pact_policy::manifest::{File, Plugin, parse_fields, parse_manifest};

fn corpus() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

#[test]
fn single_scripts_of_the_corpus_carry_readable_manifests() {
    let mut seen = 0;
    for folder in ["worked/pass", "worked/refuse"] {
        for entry in std::fs::read_dir(corpus().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let file = File::from_bytes(&name, std::fs::read(&path).unwrap()).unwrap();
            let plugin = Plugin::from_script(file).unwrap();
            assert_eq!(format!("{}.rhai", plugin.id()), name);
            seen += 1;
        }
    }
    assert!(seen >= 60, "{seen}");
}

#[test]
fn fields_know_the_line_of_their_header() {
    let text = std::fs::read_to_string(corpus().join("worked/fields/refuse.toml")).unwrap();
    let fields = parse_fields(&text).unwrap();
    let headers: Vec<_> = (1..).zip(text.lines()).filter(|(_, line)| line.starts_with("[[field]]")).map(|(n, _)| n).collect();
    assert_eq!(fields.iter().map(|field| field.place.line).collect::<Vec<u32>>(), headers);
}

const HEAD: &str = "id = \"a\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"A\"\n";

/// Each row: what follows the head, the line of the mistake, and a word of the message.
#[test]
fn mistakes_are_named_with_their_line() {
    let rows = [
        ("colour = 1\n", 5, "colour"),
        ("reads = [\n\"lead\",\n\"money\"]\n", 7, "money"),
        ("may = [\"eat\"]\n", 5, "eat"),
        ("[[schedule]]\ncall = \"x\"\ncron = \"61 * * * *\"\n", 5, "cron"),
        ("[[schedule]]\ncall = \"x\"\ncron = \"1 * * * *\"\nzone = \"Mars\"\n", 5, "Mars"),
        ("[[schedule]]\ncall = \"x\"\ncron = \"1 * * * *\"\nzone = \"person\"\n", 5, "for_each"),
        ("[settings]\na = { type = \"span\", default = \"soon\" }\n", 6, "soon"),
        ("[[field]]\non = \"lead\"\nname = \"a b\"\ntype = \"text\"\n", 5, "a b"),
        ("[[field]]\non = \"lead\"\nname = \"a\"\ntype = \"choice\"\n", 5, "options"),
        ("[[field]]\non = \"lead\"\nname = \"a\"\ntype = \"sound\"\n", 8, "sound"),
    ];
    for (rest, line, word) in rows {
        let error = parse_manifest(&format!("{HEAD}{rest}")).unwrap_err();
        assert_eq!(error.line, line, "{rest}: {error}");
        assert!(error.message.contains(word), "{rest}: {error}");
    }
}
