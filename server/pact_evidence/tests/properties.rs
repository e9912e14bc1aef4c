//! What holds of every tree: proofs are right for the roots that the definition gives, and for nothing else.
#![expect(clippy::unwrap_used, reason = "a test that unwraps says where it fails")]

use pact_evidence::note::Kind;
use pact_evidence::proof::{consistency, continues, includes, inclusion};
use pact_evidence::tile::{kept, tile};
use pact_evidence::tree::{Node, complete, fold, leaf_hash, node_hash};
use pact_evidence::{Checkpoint, Frontier, Hash, Note, Signer, Verifier};
use proptest::prelude::*;

/// The root over leaves, word for word as RFC 6962 §2.1 defines it.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of([]),
        [leaf] => *leaf,
        leaves => {
            let split = (1..leaves.len()).rev().find(|at| at.is_power_of_two()).unwrap_or(1);
            node_hash(&root(&leaves[..split]), &root(&leaves[split..]))
        }
    }
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(number.to_string().as_bytes())).collect()
}

/// The hashes of a proof, read as a store would: from the kept levels only.
fn read(parts: Vec<Vec<Node>>, leaves: &[Hash]) -> Vec<Hash> {
    let hash_of = |node: Node| {
        let (level, first, count) = kept(node);
        let width = 256_usize.pow(u32::from(level));
        let stored = (first..first + count).map(|at| {
            let at = usize::try_from(at).unwrap() * width;
            root(&leaves[at..at + width])
        });
        complete(stored.collect()).unwrap()
    };
    parts.into_iter().map(|part| fold(&part.into_iter().map(hash_of).collect::<Vec<_>>())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn an_entry_is_proven_to_be_in_the_tree_and_no_other_is(size in 1_usize..700, index in 0_usize..700, wrong in any::<prop::sample::Index>()) {
        let (leaves, index) = (leaves(size), index % size);
        let (root, count) = (root(&leaves), size as u64);
        let mut proof = read(inclusion(index as u64, count).unwrap(), &leaves);
        prop_assert!(includes(index as u64, leaves[index], &proof, count, root));
        let other = wrong.index(size);
        if other != index {
            prop_assert!(!includes(other as u64, leaves[index], &proof, count, root));
            prop_assert!(!includes(index as u64, leaves[other], &proof, count, root));
        }
        proof.push(root);
        prop_assert!(!includes(index as u64, leaves[index], &proof, count, root));
        proof.pop();
        if !proof.is_empty() {
            let at = wrong.index(proof.len());
            proof[at].0[0] ^= 1;
            prop_assert!(!includes(index as u64, leaves[index], &proof, count, root));
        }
    }

    #[test]
    fn a_longer_tree_is_proven_to_begin_with_a_shorter_one(size in 1_usize..700, first in 0_usize..700, bit in 0_usize..256) {
        let (leaves, first) = (leaves(size), first % (size + 1));
        let (old, new) = ((first as u64, root(&leaves[..first])), (size as u64, root(&leaves)));
        let proof = read(consistency(old.0, new.0).unwrap(), &leaves);
        prop_assert!(continues(old, new, &proof));
        let mut changed = old;
        changed.1.0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!continues(changed, new, &proof), "another beginning");
        for at in 0..proof.len() {
            let mut proof = proof.clone();
            proof[at].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!continues(old, new, &proof), "another proof");
        }
    }

    #[test]
    fn a_tree_grows_leaf_by_leaf_to_the_root_of_its_definition(size in 0_usize..700, stop in 0_usize..700) {
        let (leaves, stop) = (leaves(size), stop % (size + 1));
        let mut tree = Frontier::default();
        for leaf in &leaves[..stop] {
            tree.push(*leaf, |_, _| {});
        }
        // As it is stored and read again.
        let mut tree = Frontier::of(tree.size(), tree.peaks().to_vec()).unwrap();
        for leaf in &leaves[stop..] {
            tree.push(*leaf, |node, hash| {
                let (from, width) = (node.index << node.level, 1 << node.level);
                assert_eq!(hash, root(&leaves[usize::try_from(from).unwrap()..usize::try_from(from + width).unwrap()]));
            });
        }
        prop_assert_eq!(tree.root(), root(&leaves));
        prop_assert_eq!(tree.size(), size as u64);
        prop_assert_eq!(tile(&leaves).len(), size * 32);
    }

    #[test]
    fn a_note_holds_as_it_was_signed_and_no_byte_otherwise(size in any::<u64>(), seconds in 1_u64..1 << 40, at in any::<prop::sample::Index>(), bit in 0_u32..7) {
        let log = Signer::new("log.example/pact", ed25519_dalek::SigningKey::from_bytes(&[7; 32])).unwrap();
        let witness = Signer::new("works-council", ed25519_dalek::SigningKey::from_bytes(&[8; 32])).unwrap();
        let mut note = Checkpoint { origin: "log.example/pact".to_owned(), size, root: Hash([3; 32]) }.sign(&[&log]);
        note.signatures.push(witness.cosign(&note.text, seconds));
        let keys: Vec<Verifier> = [(&log, Kind::Log), (&witness, Kind::Witness)].map(|(key, kind)| key.verifier(kind).to_string().parse().unwrap()).into();
        let written = note.to_string();
        prop_assert_eq!(&written.parse::<Note>().unwrap(), &note);
        prop_assert!(keys.iter().all(|key| note.is_signed_by(key)));
        prop_assert!(!note.is_signed_by(&log.verifier(Kind::Witness)), "a key signs as what it is");

        let mut bytes = written.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let holds = String::from_utf8(bytes).ok().and_then(|text| text.parse::<Note>().ok());
        prop_assert!(!holds.is_some_and(|note| keys.iter().all(|key| note.is_signed_by(key))));
    }
}
