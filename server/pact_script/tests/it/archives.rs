//! Archives: the same folder is the same file, what comes out is what went in, and nothing that somebody made by hand gets through.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use pact_script::plugin::archive::{MAX_ARCHIVE_BYTES, MAX_UNPACKED_BYTES, open, pack};
use pact_script::plugin::{Std, case_files, load, load_all};
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use crate::support::repository;

fn std_modules() -> Std {
    Std::load(&repository("scripts/std")).unwrap()
}

#[test]
fn every_plugin_of_this_repository_comes_out_as_it_went_in() {
    let mut with_modules = 0;
    for entry in fs::read_dir(repository("plugins")).unwrap() {
        let folder = entry.unwrap().path();
        let (packed, bytes) = pack(&folder, &std_modules()).unwrap();
        assert_eq!(bytes, pack(&folder, &std_modules()).unwrap().1, "{}", folder.display());
        let archive = open(&bytes).unwrap();
        let loaded = load(&folder, &std_modules()).unwrap();
        assert_eq!(archive.plugin, loaded.plugin);
        assert_eq!(packed, loaded.plugin);
        assert_eq!(archive.modules.into_iter().collect::<Vec<_>>(), {
            let mut modules = loaded.scripts.modules.clone();
            modules.sort();
            modules
        });
        with_modules += usize::from(!loaded.scripts.modules.is_empty());
        assert!(archive.others.contains_key("README.md") && archive.others.keys().any(|name| name.starts_with("cases/")));
    }
    assert!(with_modules > 0, "some import a module, which comes along");
}

#[test]
fn names_order_and_times_of_the_folder_make_no_difference() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files =
        [("plugin.toml", MANIFEST), ("a.rhai", "fn f() { }"), ("b.rhai", "fn g() { }"), (".hidden", "x"), ("notes.txt", "x")];
    let fill = |folder: &Path, order: &mut dyn Iterator<Item = &(&str, &str)>| {
        for (name, text) in order {
            fs::write(folder.join(name), text).unwrap();
        }
    };
    fill(one.path(), &mut files.iter());
    fill(other.path(), &mut files.iter().rev());
    let old = fs::File::options().write(true).open(other.path().join("a.rhai")).unwrap();
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let bytes = pack(one.path(), &Std::default()).unwrap().1;
    assert_eq!(bytes, pack(other.path(), &Std::default()).unwrap().1);
    let archive = open(&bytes).unwrap();
    assert!(archive.others.is_empty(), "what is no file of a plugin stays behind: {:?}", archive.others);
}

/// Every recipe is one file with its cases and the worlds that they name, and its cases hold where that file is unpacked.
#[test]
fn every_recipe_comes_out_as_it_went_in_with_cases_that_can_be_read() {
    let mut packed = 0;
    for (path, recipe) in load_all(&repository("scripts"), &std_modules()) {
        let recipe = recipe.unwrap();
        let (plugin, bytes) = pack(&path, &std_modules()).unwrap();
        assert_eq!(bytes, pack(&path, &std_modules()).unwrap().1, "{}", path.display());
        assert_eq!(plugin, recipe.plugin);
        let archive = open(&bytes).unwrap();
        assert_eq!(archive.plugin, recipe.plugin);

        let folder = tempfile::tempdir().unwrap();
        tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice())).unpack(folder.path()).unwrap();
        let inside = folder.path().join(recipe.plugin.id());
        let unpacked = load(&inside.join(path.file_name().unwrap()), &Std::load(&inside.join("std")).unwrap()).unwrap();
        assert_eq!((&unpacked.plugin, &unpacked.scripts), (&recipe.plugin, &recipe.scripts));
        let cases = |path: &Path| -> Vec<String> {
            let files = case_files(path, recipe.manifest()).unwrap();
            files.iter().map(|file| format!("{:?} {}", file.path.file_name(), file.case.as_ref().unwrap().title)).collect()
        };
        assert_eq!(cases(&unpacked.path), cases(&path), "worlds came along");
        assert!(!cases(&path).is_empty());
        packed += 1;
    }
    assert!(packed >= 16, "{packed} recipes");
}

#[test]
fn a_script_is_packed_with_its_own_cases_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("b.rhai", "//! id = \"b\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"B\"\n\nfn f() { }\n");
    write("c.rhai", "fn no_manifest() { }\n");
    let case = "now = \"2026-11-24T09:00:00Z\"\nevent = \"lead_won\"\n";
    write("cases/b/one.toml", &format!("worlds = [\"near.toml\", \"far.toml\", \"gone.toml\"]\n{case}"));
    write("cases/b/near.toml", "");
    write("cases/near.toml", "");
    write("cases/far.toml", "");
    write("cases/nobodys.toml", "");
    write("cases/c/other.toml", case);
    write("README.md", "of the folder");
    let archive = open(&pack(&folder.path().join("b.rhai"), &Std::default()).unwrap().1).unwrap();
    let names: Vec<&str> = archive.others.keys().map(String::as_str).collect();
    assert_eq!(names, ["cases/b/near.toml", "cases/b/one.toml", "cases/far.toml"]);
    // (path, why it is not packed)
    for (path, why) in [("c.rhai", "there is no manifest"), ("", "plugin.toml"), ("cases/far.toml", "there is no manifest")] {
        let refused = pack(&folder.path().join(path), &Std::default()).unwrap_err().to_string();
        assert!(refused.contains(why), "{path}: {refused}");
    }
}

const MANIFEST: &str = "id = \"a\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"A\"\n[[script]]\nfile = \"a.rhai\"\n";

/// A single script with its manifest.
const LONE: &[u8] = b"//! id = \"a\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"A\"\n\nfn f() { }\n";

/// One entry of an archive that somebody made by hand.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    kind: EntryType,
    content: Vec<u8>,
    /// The size that its header claims.
    size: u64,
}

fn entry(name: &str, content: impl AsRef<[u8]>) -> Entry {
    let content = content.as_ref().to_vec();
    Entry { name: name.into(), kind: EntryType::Regular, size: content.len() as u64, content }
}

fn sums(files: &[(&str, &[u8])]) -> Entry {
    let line = |(name, content): &(&str, &[u8])| {
        let hash: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{hash}  {name}\n")
    };
    entry("a/SHA256SUMS", files.iter().map(line).collect::<String>())
}

fn tar_of(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for one in entries {
        let mut header = Header::new_ustar();
        header.as_mut_bytes()[..one.name.len()].copy_from_slice(&one.name);
        header.set_entry_type(one.kind);
        header.set_mode(0o644);
        header.set_size(one.size);
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&one.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap()
}

#[test]
fn what_somebody_made_by_hand_is_refused_with_its_reason() {
    let (manifest, script): (&[u8], &[u8]) = (MANIFEST.as_bytes(), b"fn f() { }");
    let good =
        [sums(&[("plugin.toml", manifest), ("a.rhai", script)]), entry("a/plugin.toml", manifest), entry("a/a.rhai", script)];
    open(&gz(&tar_of(&good))).unwrap();
    let with = |more: Entry| [&good[..], &[more]].concat();
    let of_kind = |kind| Entry { kind, ..entry("a/b.rhai", "") };
    let without =
        |at: usize| good.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, one)| one.clone()).collect::<Vec<_>>();
    let no_text =
        [sums(&[("plugin.toml", manifest), ("a.rhai", b"\xff")]), entry("a/plugin.toml", manifest), entry("a/a.rhai", b"\xff")];
    let other_id = good.iter().cloned().map(|one| Entry { name: [b"b", &one.name[1..]].concat(), ..one }).collect::<Vec<_>>();
    let cases: Vec<(Vec<Entry>, &str)> = vec![
        (vec![], "is empty"),
        (without(0), "has no SHA256SUMS"),
        (without(1), "lacks \"plugin.toml\""),
        (without(2), "lacks \"a.rhai\""),
        (vec![sums(&[("a.rhai", script)]), good[2].clone()], "has no plugin.toml"),
        (vec![good[0].clone(), good[1].clone(), entry("a/a.rhai", "fn g() { }")], "is not what SHA256SUMS says"),
        (with(entry("a/b.rhai", "fn g() { }")), "does not know"),
        (with(entry("a/a.rhai", script)), "twice"),
        (
            vec![sums(&[("plugin.toml", manifest), ("a.rhai", script), ("a.rhai", script)]), good[1].clone(), good[2].clone()],
            "twice",
        ),
        (with(entry("a/../b.rhai", "")), "no file of a plugin"),
        (with(entry("/etc/passwd", "")), "no file of a plugin"),
        (with(entry("../a/b.rhai", "")), "no file of a plugin"),
        (with(entry("a/.hidden.rhai", "")), "no file of a plugin"),
        (with(entry("a/deep/b.rhai", "")), "no file of a plugin"),
        (with(entry("a/cases/../b.toml", "")), "no file of a plugin"),
        (with(entry("a/cases/b/c/d.toml", "")), "no file of a plugin"),
        (with(entry("a/cases/b/d.rhai", "")), "no file of a plugin"),
        (
            vec![sums(&[("a.rhai", LONE), ("b.rhai", LONE)]), entry("a/a.rhai", LONE), entry("a/b.rhai", LONE)],
            "has no plugin.toml",
        ),
        (vec![sums(&[("a.rhai", LONE)]), entry("b/a.rhai", LONE), entry("b/SHA256SUMS", "")], "more than one folder"),
        (
            vec![Entry { name: b"b/SHA256SUMS".to_vec(), ..sums(&[("a.rhai", LONE)]) }, entry("b/a.rhai", LONE)],
            "has the folder \"b\"",
        ),
        (with(entry("a/b\\c.rhai", "")), "no file of a plugin"),
        (with(entry("a/b:c.rhai", "")), "no file of a plugin"),
        (with(entry("a/run.sh", "")), "no file of a plugin"),
        (with(entry("b.rhai", "")), "no file of a plugin"),
        (with(Entry { name: b"a/\xff.rhai".to_vec(), ..entry("", "") }), "no file of a plugin"),
        (with(entry("b/b.rhai", "")), "more than one folder"),
        (with(of_kind(EntryType::Symlink)), "no plain file"),
        (with(of_kind(EntryType::Link)), "no plain file"),
        (with(of_kind(EntryType::Directory)), "no plain file"),
        (with(of_kind(EntryType::XHeader)), "no plain file"),
        (with(of_kind(EntryType::GNULongName)), "no plain file"),
        (with(of_kind(EntryType::Char)), "no plain file"),
        (no_text.to_vec(), "no UTF-8 text"),
        (other_id, "has the folder \"b\""),
        ((0..500).map(|n| entry(&format!("a/{n}.rhai"), "")).collect(), "more than 400 files"),
        (with(Entry { size: 4_000, ..entry("a/b.rhai", "x") }), ""),
    ];
    for (entries, wanted) in cases {
        let refused = open(&gz(&tar_of(&entries))).map(|archive| archive.plugin.id().to_owned()).unwrap_err().to_string();
        assert!(refused.contains(wanted), "{wanted}: {refused}");
    }
}

#[test]
fn what_is_too_large_or_damaged_is_refused_before_it_costs_anything() {
    let whole = pack(&repository("plugins/quiet-leads"), &std_modules()).unwrap().1;
    let bomb = gz(&vec![0; MAX_UNPACKED_BYTES as usize + 4_096]);
    assert!(bomb.len() < MAX_ARCHIVE_BYTES, "small enough to be unpacked");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (bomb, "unpacks to more than 16 MiB"),
        (vec![0; 3 * 1024 * 1024], "has more than 2048 KiB"),
        (b"PK\x03\x04 no gzip".to_vec(), "no gzip file"),
        (Vec::new(), "no gzip file"),
        (whole[..whole.len() / 2].to_vec(), "damaged"),
        ([&whole[..], b"more"].concat(), "goes on after its end"),
        ([&whole[..], &whole[..]].concat(), "goes on after its end"),
    ];
    for (bytes, wanted) in cases {
        let refused = open(&bytes).map(|archive| archive.plugin.id().to_owned()).unwrap_err().to_string();
        assert!(refused.contains(wanted), "{wanted}: {refused}");
    }
    // Every single byte that is changed is noticed, or changes nothing that is read.
    let good = open(&whole).unwrap();
    for at in (0..whole.len()).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        if let Ok(read) = open(&damaged) {
            assert_eq!(read, good, "byte {at}");
        }
    }
}
