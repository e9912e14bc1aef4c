//! Which groups of a report may be shown, where the report counts acts of groups of staff (`policy.md` §2: tallies with `k`).
//!
//! Leaving out small groups is not enough: who knows a total, or asks the same with one condition less, subtracts. So a group is shown only if
//!
//! 1. at least `k` people contributed to it;
//! 2. for each condition alone: so many contributed to what that condition takes away, or nobody did. Then the same report without the condition,
//!    subtracted, tells of no fewer than `k`;
//! 3. in every row and column of the report, and in the whole: what is left out together stands for at least `k` people and is more than one group,
//!    or else the smallest group that is shown is left out, too. Then a total that is known from elsewhere tells of no fewer than `k`.

use std::collections::{BTreeMap, BTreeSet};

/// Rows of a report that have the same keys, the same contributor and meet the same conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share<K, P> {
    /// By what the report groups them.
    pub keys: Vec<K>,
    /// Who contributed them, if a person did.
    pub by: Option<P>,
    /// Which conditions they meet, a bit each.
    pub met: u32,
}

/// What is known of a group.
#[derive(Default)]
struct Group<P> {
    inside: BTreeSet<P>,
    /// What each condition takes away: who contributed it, and whether there is anything.
    outside: Vec<(BTreeSet<P>, bool)>,
    /// Whether it has rows that meet all conditions.
    there: bool,
}

/// The keys of the groups that may be shown.
#[must_use]
pub fn shown<K: Ord + Clone, P: Ord + Copy>(shares: &[Share<K, P>], conditions: u32, k: usize) -> BTreeSet<Vec<K>> {
    let groups = groups(shares, conditions);
    let enough = |people: &BTreeSet<P>| people.len() >= k;
    let mut shown: BTreeSet<Vec<K>> = groups
        .iter()
        .filter(|(_, group)| enough(&group.inside) && group.outside.iter().all(|(people, any)| !any || enough(people)))
        .map(|(keys, _)| keys.clone())
        .collect();
    while let Some(smallest) = telling_slice(&groups, &shown, k) {
        shown.remove(&smallest);
    }
    shown
}

fn groups<K: Ord + Clone, P: Ord + Copy>(shares: &[Share<K, P>], conditions: u32) -> BTreeMap<Vec<K>, Group<P>> {
    let all = 1_u32.checked_shl(conditions).map_or(u32::MAX, |bit| bit - 1);
    let mut groups: BTreeMap<Vec<K>, Group<P>> = BTreeMap::new();
    for share in shares {
        let group = groups.entry(share.keys.clone()).or_insert_with(|| Group {
            inside: BTreeSet::new(),
            outside: (0..conditions).map(|_| (BTreeSet::new(), false)).collect(),
            there: false,
        });
        if share.met & all == all {
            group.there = true;
            group.inside.extend(share.by);
        }
        for (condition, (people, any)) in (0_u32..).zip(&mut group.outside) {
            if share.met & all == all & !(1 << condition) {
                *any = true;
                people.extend(share.by);
            }
        }
    }
    groups.retain(|_, group| group.there);
    groups
}

/// A group that must go, because what is left out of its row, its column or the whole tells of too few.
fn telling_slice<K: Ord + Clone, P: Ord + Copy>(
    groups: &BTreeMap<Vec<K>, Group<P>>,
    shown: &BTreeSet<Vec<K>>,
    k: usize,
) -> Option<Vec<K>> {
    let keys = groups.keys().next().map_or(0, Vec::len);
    // Each set of keys that is held fast, but for all of them: a slice of the report whose total may be known.
    for fast in 0..(1_u32 << keys) - 1 {
        let mut slices: BTreeMap<Vec<&K>, Vec<&Vec<K>>> = BTreeMap::new();
        for group in groups.keys() {
            let slice = (0_u32..).zip(group).filter(|(at, _)| fast & (1 << at) != 0).map(|(_, key)| key).collect();
            slices.entry(slice).or_default().push(group);
        }
        for slice in slices.values() {
            let (kept, hidden): (Vec<&Vec<K>>, Vec<&Vec<K>>) = slice.iter().copied().partition(|group| shown.contains(*group));
            if hidden.is_empty() || kept.is_empty() {
                continue;
            }
            let people: BTreeSet<P> = hidden.iter().flat_map(|group| groups[*group].inside.iter().copied()).collect();
            if hidden.len() < 2 || people.len() < k {
                return kept.into_iter().min_by_key(|group| groups[*group].inside.len()).cloned();
            }
        }
    }
    None
}
