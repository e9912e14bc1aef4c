//! Proofs: that an entry is in the log, and that a later log holds all of an earlier one (RFC 9162 §2.1.3 and §2.1.4).
//!
//! What a proof is made of is said as nodes, so that whoever has the hashes reads just these: [`inclusion`] and [`consistency`] return one list of
//! complete nodes for each hash of the proof, which [`fold`](crate::tree::fold) makes one.

use crate::tree::{Hash, Node, node_hash};

/// The nodes of the proof that leaf `index` is in the tree of this `size`; nothing when it is not.
#[must_use]
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Vec<Node>>> {
    let mut parts = Vec::new();
    if index >= size {
        return None;
    }
    path(index, 0, size, &mut parts);
    Some(parts)
}

/// The nodes of the proof that the tree of `size` begins with the tree of size `first`; nothing when it is shorter.
///
/// Nothing is to be proven of an empty first tree, so its proof is empty.
#[must_use]
pub fn consistency(first: u64, size: u64) -> Option<Vec<Vec<Node>>> {
    let mut parts = Vec::new();
    if first > size {
        return None;
    }
    if first > 0 {
        sub_proof(first, 0, size, true, &mut parts);
    }
    Some(parts)
}

/// The largest power of two below `count`, which is at least two.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

fn path(index: u64, low: u64, high: u64, parts: &mut Vec<Vec<Node>>) {
    if high - low == 1 {
        return;
    }
    let middle = low + split(high - low);
    if index < middle {
        path(index, low, middle, parts);
        parts.push(nodes(middle, high));
    } else {
        path(index, middle, high, parts);
        parts.push(nodes(low, middle));
    }
}

fn sub_proof(first: u64, low: u64, high: u64, whole: bool, parts: &mut Vec<Vec<Node>>) {
    if first == high {
        if !whole {
            parts.push(nodes(low, high));
        }
        return;
    }
    let middle = low + split(high - low);
    if first <= middle {
        sub_proof(first, low, middle, whole, parts);
        parts.push(nodes(middle, high));
    } else {
        sub_proof(first, middle, high, false, parts);
        parts.push(nodes(low, middle));
    }
}

/// The complete nodes over the leaves from `low` up to `high`, the largest first. `low` is a multiple of the largest.
fn nodes(mut low: u64, high: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    while low < high {
        let level = (high - low).ilog2();
        nodes.push(Node { level: u8::try_from(level).unwrap_or(u8::MAX), index: low >> level });
        low += 1 << level;
    }
    nodes
}

/// Whether a proof shows that `leaf` is the entry `index` of the tree with this size and root.
#[must_use]
pub fn includes(index: u64, leaf: Hash, proof: &[Hash], size: u64, root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for part in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(part, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, part);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// Whether a proof shows that the tree with the second size and root begins with the tree with the first.
#[must_use]
pub fn continues(first: (u64, Hash), second: (u64, Hash), proof: &[Hash]) -> bool {
    let ((first, first_root), (second, second_root)) = (first, second);
    if first > second {
        return false;
    }
    if first == second {
        return proof.is_empty() && first_root == second_root;
    }
    if first == 0 {
        return proof.is_empty() && first_root == crate::tree::fold(&[]);
    }
    let (mut at, mut last) = (first - 1, second - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    // A complete first tree is its own beginning of the proof.
    let own = first.is_power_of_two().then_some(first_root);
    let mut parts = own.iter().chain(proof);
    let Some(begin) = parts.next() else { return false };
    let (mut old, mut new) = (*begin, *begin);
    for part in parts {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old = node_hash(part, &old);
            new = node_hash(part, &new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, part);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old == first_root && new == second_root
}
