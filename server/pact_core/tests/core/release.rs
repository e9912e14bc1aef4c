//! Which groups of a report may be shown.

use std::collections::BTreeSet;

use pact_core::release::{Share, shown};
use proptest::prelude::*;

/// `territory month: people, each with the conditions that their rows meet`.
fn share(keys: &[&str], by: u8, met: u32) -> Share<String, u8> {
    Share { keys: keys.iter().map(|key| (*key).to_owned()).collect(), by: Some(by), met }
}

fn people(keys: &[&str], people: std::ops::Range<u8>) -> Vec<Share<String, u8>> {
    people.map(|by| share(keys, by, 0)).collect()
}

fn keys(shares: &[Share<String, u8>], conditions: u32) -> Vec<String> {
    shown(shares, conditions, 5).into_iter().map(|keys| keys.join(" ")).collect()
}

#[test]
fn small_groups_are_left_out_with_another() {
    let all = |of: &[(&str, std::ops::Range<u8>)]| -> Vec<Share<String, u8>> {
        of.iter().flat_map(|(key, range)| people(&[key], range.clone())).collect()
    };
    // Everybody is shown; a small one takes the smallest other with it, since the total may be known; two small ones hide each other.
    assert_eq!(keys(&all(&[("north", 0..6), ("south", 6..12)]), 0), ["north", "south"]);
    assert_eq!(keys(&all(&[("north", 0..6), ("south", 6..13), ("west", 13..15)]), 0), ["south"]);
    assert_eq!(keys(&all(&[("north", 0..6), ("south", 6..9), ("west", 9..12)]), 0), ["north"]);
    assert_eq!(keys(&all(&[("north", 0..6), ("west", 6..7)]), 0), Vec::<String>::new());
    assert_eq!(keys(&all(&[("alone", 0..1)]), 0), Vec::<String>::new());
    // What nobody in particular did stands for nobody.
    let nobody = [Share { keys: vec!["north".to_owned()], by: None, met: 0 }];
    assert_eq!(keys(&nobody, 0), Vec::<String>::new());
}

#[test]
fn what_a_condition_takes_away_is_nobody_or_enough() {
    let mut shares: Vec<_> = (0..6).map(|by| share(&["north"], by, 1)).collect();
    assert_eq!(keys(&shares, 1), ["north"], "nothing is taken away");
    shares.push(share(&["north"], 9, 0));
    assert_eq!(keys(&shares, 1), Vec::<String>::new(), "one person is what lies between both reports");
    shares.extend((10..14).map(|by| share(&["north"], by, 0)));
    assert_eq!(keys(&shares, 1), ["north"], "five are");
}

#[test]
fn totals_of_rows_and_columns_tell_of_nobody() {
    // South in May is small: in its row and its column another goes, and then a fourth, so that no total has one gap.
    let mut shares = Vec::new();
    for territory in ["north", "south", "west"] {
        for month in ["april", "may", "june"] {
            let small = territory == "south" && month == "may";
            shares.extend(people(&[territory, month], if small { 0..2 } else { 0..6 }));
        }
    }
    let shown = shown(&shares, 0, 5);
    for fixed in ["north", "south", "west", "april", "may", "june"] {
        let hidden = 3 - shown.iter().filter(|keys| keys.contains(&fixed.to_owned())).count();
        assert_ne!(hidden, 1, "{fixed}: {shown:?}");
    }
    assert!(!shown.is_empty());
}

fn any_share() -> impl Strategy<Value = Share<u8, u8>> {
    (0_u8..4, 0_u8..3, proptest::option::of(0_u8..12), 0_u32..4).prop_map(|(a, b, by, met)| Share { keys: vec![a, b], by, met })
}

proptest! {
    #[test]
    fn no_subtraction_tells_of_fewer_than_k(shares in prop::collection::vec(any_share(), 0..120)) {
        const K: usize = 3;
        let shown = shown(&shares, 2, K);
        let people = |of: &dyn Fn(&Share<u8, u8>) -> bool| -> (BTreeSet<u8>, usize) {
            let rows: Vec<_> = shares.iter().filter(|share| of(share)).collect();
            (rows.iter().filter_map(|share| share.by).collect(), rows.len())
        };
        for keys in &shown {
            prop_assert!(people(&|share| share.keys == *keys && share.met == 3).0.len() >= K);
            for without in [1, 2] {
                let (between, rows) = people(&|share| share.keys == *keys && share.met == 3 - without);
                prop_assert!(rows == 0 || between.len() >= K, "condition {without} of {keys:?}");
            }
        }
        // Every total: of all, of a row, of a column.
        let all: Vec<(Option<u8>, Option<u8>)> = (0..4).map(|a| (Some(a), None)).chain((0..3).map(|b| (None, Some(b)))).chain([(None, None)]).collect();
        for (a, b) in all {
            let inside = |share: &Share<u8, u8>| a.is_none_or(|a| share.keys[0] == a) && b.is_none_or(|b| share.keys[1] == b) && share.met == 3;
            let any_shown = shares.iter().any(|share| inside(share) && shown.contains(&share.keys));
            let (left, rows) = people(&|share| inside(share) && !shown.contains(&share.keys));
            prop_assert!(!any_shown || rows == 0 || left.len() >= K, "what is left of {a:?} {b:?}: {left:?}");
        }
    }
}
