//! What others computed: the vectors of certificate transparency (transparency-dev/merkle, `testonly/reference_test.go`) and of Go's notes.
#![expect(clippy::unwrap_used, reason = "a test that unwraps says where it fails")]

use pact_evidence::note::Kind;
use pact_evidence::proof::{consistency, continues, includes, inclusion};
use pact_evidence::tile::Place;
use pact_evidence::tree::{Node, fold, leaf_hash, node_hash};
use pact_evidence::{Checkpoint, Frontier, Hash, Note, Verifier};

const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// The hash of a complete node over [`LEAVES`], from the definition.
fn hash_of(node: Node) -> Hash {
    match node.level {
        0 => leaf_hash(LEAVES[usize::try_from(node.index).unwrap()]),
        level => {
            let child = |side| hash_of(Node { level: level - 1, index: node.index * 2 + side });
            node_hash(&child(0), &child(1))
        }
    }
}

fn hashes(parts: Vec<Vec<Node>>) -> Vec<Hash> {
    parts.into_iter().map(|part| fold(&part.into_iter().map(hash_of).collect::<Vec<_>>())).collect()
}

fn parsed(texts: &[&str]) -> Vec<Hash> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    let mut tree = Frontier::default();
    assert_eq!(tree.root().to_string(), ROOTS[0]);
    for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
        tree.push(leaf_hash(leaf), |node, hash| assert_eq!(hash, hash_of(node), "{node:?}"));
        assert_eq!(tree.root().to_string(), *root, "{} leaves", tree.size());
    }
}

#[test]
fn proofs_of_inclusion_are_those_of_certificate_transparency() {
    // (index, size, the proof)
    let cases: &[(u64, usize, &[&str])] = &[
        (0, 1, &[]),
        (0, 2, &["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"]),
        (1, 2, &["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"]),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            &[
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ];
    for (index, size, wanted) in cases {
        let proof = hashes(inclusion(*index, *size as u64).unwrap());
        assert_eq!(proof, parsed(wanted), "{index} of {size}");
        let leaf = leaf_hash(LEAVES[usize::try_from(*index).unwrap()]);
        assert!(includes(*index, leaf, &proof, *size as u64, ROOTS[*size].parse().unwrap()), "{index} of {size}");
    }
    assert_eq!(inclusion(8, 8), None);
}

#[test]
fn proofs_of_consistency_are_those_of_certificate_transparency() {
    // (first size, second size, the proof)
    let cases: &[(usize, usize, &[&str])] = &[
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ];
    for (first, second, wanted) in cases {
        let proof = hashes(consistency(*first as u64, *second as u64).unwrap());
        assert_eq!(proof, parsed(wanted), "{first} to {second}");
        let at = |size: usize| (size as u64, ROOTS[size].parse().unwrap());
        assert!(continues(at(*first), at(*second), &proof), "{first} to {second}");
    }
    assert_eq!(consistency(9, 8), None);
}

#[test]
fn a_note_of_go_is_read_and_checked() {
    let key: Verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann \
                x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let note: Note = text.parse().unwrap();
    assert!(note.is_signed_by(&key));
    assert_eq!((note.to_string().as_str(), key.kind()), (text, Kind::Log));
    assert_eq!(key.to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    let changed: Note = text.replace("answer", "Answer").parse().unwrap();
    assert!(!changed.is_signed_by(&key));
}

#[test]
fn the_checkpoint_of_the_specification_is_read() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint: Checkpoint = text.parse().unwrap();
    assert_eq!((checkpoint.size, checkpoint.to_string().as_str()), (20_852_163, text));
    for wrong in [
        "",
        "a\n1\n",
        "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nCsUYapGGPo4=\n",
        &text.replace('\n', "\r\n"),
    ] {
        assert!(wrong.parse::<Checkpoint>().is_err(), "{wrong:?}");
    }
}

#[test]
fn tiles_stand_where_the_specification_says() {
    // (path, number, width), as c2sp.org/tlog-tiles writes them
    let cases = [("000", 0, 256), ("067", 67, 256), ("x001/x234/067", 1_234_067, 256), ("x001/234.p/17", 1_234, 17)];
    for (path, number, width) in cases {
        assert_eq!(Place::of_path(path), Some(Place { number, width }), "{path}");
        assert_eq!(Place { number, width }.path(), path);
    }
    for wrong in ["", "0", "0000", "1/234", "x000/234", "067.p/0", "067.p/256", "067.p/017", "-01", "+01"] {
        assert_eq!(Place::of_path(wrong), None, "{wrong}");
    }
}
