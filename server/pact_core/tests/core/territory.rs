//! Which territory a lead belongs to.

use pact_core::territory::{LocateFacts, PostcodeRange, Territory, TerritoryProblem, TerritoryRule, TerritoryTree};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{all_hold, id};

/// A territory in short: number, parent, priority, rules as JSON.
fn territory(number: u128, parent: Option<u128>, priority: i32, rules: &str) -> Territory {
    Territory {
        id: id(number),
        name: format!("T{number}"),
        parent: parent.map(id),
        priority,
        rules: serde_json::from_str(rules).unwrap(),
    }
}

fn good(territories: Vec<Territory>) -> TerritoryTree {
    let (tree, problems) = TerritoryTree::new(territories);
    assert_eq!(problems, []);
    tree
}

#[test]
fn postcodes_of_several_countries() {
    // Country, from, to, then postcodes inside and outside.
    type Case = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);
    let cases: &[Case] = &[
        ("NL", "1000", "1999", &["1012 AB", "1000AA", "1999 ZZ", "1012", " 1012ab "], &["2000 AA", "999", "", "AB 1012"]),
        ("NL", "1012 AA", "1012 CZ", &["1012 AB", "1012cz", "1012 CX"], &["1012 DA", "1013 AB", "1012"]),
        ("DE", "01000", "01999", &["01067", "01999"], &["10670", "02000", "1067"]),
        ("DE", "10", "12", &["10115", "12999", "10999"], &["13000", "01115", "1"]),
        ("DE", "01", "19", &["01067", "19999"], &["20000", "00999"]),
        ("US", "10000", "14999", &["10001", "10001-1234", "14999-0001"], &["15000", "15000-1234", "1000"]),
        ("US", "006", "009", &["00601", "00901", "00999"], &["01001", "60601"]),
        (
            "GB",
            "SW1",
            "SW9",
            &["SW1A 1AA", "sw1a1aa", "SW9 0AB", "SW5", "SW1V 2LQ"],
            &["SW10 0AB", "SW19 5AE", "SE1 1AA", "S1 1AA", "W1A 1AA"],
        ),
        ("GB", "S", "S", &["S1 1AA", "S10 2TN"], &["SW1A 1AA", "SE1 9SG", "SK1 1AA"]),
        ("GB", "EC1", "EC4", &["EC1V 2NX", "EC4A 1AA", "EC2V 7HH"], &["E1 6AN", "E14 5AB", "EC"]),
        ("GB", "M1", "M1", &["M1 1AE", "M1 1AA"], &["M11 1AA", "M2 1AA", "ME1 1AA"]),
        ("CA", "K1A", "K1Z", &["K1A 0B1", "k1p 5m7"], &["K2A 1A1", "L1A 0B1", "K1"]),
        ("IE", "D01", "D08", &["D02 X285", "D08 Y1Y1"], &["D09 A1A1", "A65 F4E2"]),
        ("NO", "0150", "0199", &["0150", "0199"], &["0200", "150"]),
        ("PL", "00-001", "05-999", &["00-001", "02 673", "05999"], &["06-000", "80-001"]),
        ("PT", "1000", "1999", &["1000-001", "1999-999"], &["2000-001"]),
        ("JP", "100", "199", &["100-0001", "160-0022"], &["200-0001", "060-0001"]),
        ("SE", "900", "1100", &["900", "1000", "1100"], &["899", "1101", "11100"]),
    ];
    all_hold(cases.iter().flat_map(|(country, from, to, inside, outside)| {
        let rules = serde_json::json!([{ "postcodes": [{ "country": country, "from": from, "to": to }] }]).to_string();
        let tree = good(vec![territory(1, None, 0, &rules)]);
        let cases = inside.iter().map(|code| (code, true)).chain(outside.iter().map(|code| (code, false)));
        cases
            .filter_map(|(code, want)| {
                let facts = LocateFacts { country: Some(country), postcode: Some(code), ..LocateFacts::default() };
                let got = tree.locate(&facts).is_some();
                (got != want).then(|| format!("{country} {code} in {from} to {to}: {got}"))
            })
            .collect::<Vec<_>>()
    }));
}

#[test]
fn the_deepest_then_the_highest_priority_wins() {
    let tree = good(vec![
        territory(1, None, 0, r#"[{"countries":["NL","BE","LU"]}]"#),
        territory(2, Some(1), 0, r#"[{"countries":["nl"]}]"#),
        territory(3, Some(2), 0, r#"[{"postcodes":[{"country":"NL","from":"1000","to":"1999"}]}]"#),
        territory(4, Some(1), 5, r#"[{"countries":["NL"],"segments":["Hospitals"]}]"#),
        territory(5, None, 9, r#"[{"products":["pumps"]},{"countries":["DE"],"segments":["hospitals"],"products":["valves"]}]"#),
        territory(6, None, 0, "[]"),
    ]);
    // Country, postcode, segment, product, territory.
    type Case = (Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<u128>);
    let cases: &[Case] = &[
        (Some("BE"), None, None, None, Some(1)),
        (Some("NL"), None, None, None, Some(2)),
        (Some("NL"), Some("1012 AB"), None, None, Some(3)),
        (Some("NL"), Some("2012 AB"), None, None, Some(2)),
        (Some("NL"), Some("1012 AB"), Some("hospitals"), None, Some(3)),
        (Some("NL"), None, Some(" HOSPITALS "), None, Some(4)),
        (Some("BE"), Some("1012"), None, None, Some(1)),
        (Some("BE"), None, None, Some("Pumps"), Some(5)),
        (Some("NL"), None, None, Some("Pumps"), Some(2)),
        (Some("DE"), None, Some("Hospitals"), Some("valves"), Some(5)),
        (Some("DE"), None, Some("Hospitals"), None, None),
        (None, None, None, Some("pumps"), Some(5)),
        (None, Some("1012"), None, None, None),
        (Some(" nl "), None, None, None, Some(2)),
        (None, None, None, None, None),
        (Some(""), Some(""), Some(""), Some(""), None),
    ];
    all_hold(cases.iter().filter_map(|(country, postcode, segment, product, want)| {
        let facts = LocateFacts { country: *country, postcode: *postcode, segment: *segment, product: *product };
        let got = tree.locate(&facts);
        (got != want.map(id)).then(|| format!("{facts:?}: {got:?}, not {want:?}"))
    }));
}

#[test]
fn the_tree_knows_who_lies_where() {
    let tree = good(vec![
        territory(3, Some(2), 0, "[]"),
        territory(1, None, 0, "[]"),
        territory(2, Some(1), 0, "[]"),
        territory(4, Some(1), 0, "[]"),
    ]);
    let above: Vec<Uuid> = tree.ancestors(id(3)).map(|t| t.id).collect();
    assert_eq!(above, [id(2), id(1)]);
    assert_eq!(tree.with_descendants(id(2)), [id(2), id(3)].into());
    assert_eq!(tree.with_descendants(id(1)).len(), 4);
    assert!(tree.with_descendants(id(99)).is_empty());
    assert_eq!(tree.get(id(4)).unwrap().name, "T4");
}

#[test]
fn what_is_wrong_is_said_and_does_no_harm() {
    let (tree, problems) = TerritoryTree::new(vec![
        territory(1, Some(99), 0, r#"[{"countries":["NL"]}]"#),
        territory(2, Some(3), 0, r#"[{"countries":["BE"]}]"#),
        territory(3, Some(2), 0, "[]"),
        territory(4, Some(4), 0, "[]"),
        territory(5, Some(1), 0, r#"[{"postcodes":[{"country":"NL","from":"1999","to":"1000"}]}]"#),
        territory(6, None, 0, r#"[{}]"#),
        territory(7, None, 0, r#"[{"countries":["Holland"]}]"#),
        territory(
            8,
            None,
            0,
            r#"[{"postcodes":[{"country":"GB","from":"SW9","to":"SW1"}, {"country":"GB","from":"","to":"SW1"}]}]"#,
        ),
    ]);
    let codes: Vec<(&str, Uuid)> = problems
        .iter()
        .map(|problem| match problem {
            TerritoryProblem::UnknownParent { id, .. }
            | TerritoryProblem::Cycle { id, .. }
            | TerritoryProblem::BadRange { id, .. }
            | TerritoryProblem::EmptyRule { id, .. }
            | TerritoryProblem::BadCountry { id, .. } => (problem.code(), *id),
        })
        .collect();
    let want = [
        ("territory-unknown-parent", id(1)),
        ("territory-cycle", id(2)),
        ("territory-cycle", id(3)),
        ("territory-cycle", id(4)),
        ("territory-bad-range", id(5)),
        ("territory-empty-rule", id(6)),
        ("territory-bad-country", id(7)),
        ("territory-bad-range", id(8)),
        ("territory-bad-range", id(8)),
    ];
    assert_eq!(codes, want);
    // The rest still works: a rule without a condition matches nothing, a parent that is not there is none.
    let country = |code| LocateFacts { country: Some(code), ..LocateFacts::default() };
    assert_eq!(tree.locate(&country("NL")), Some(id(1)));
    assert_eq!(tree.locate(&country("BE")), Some(id(2)));
    assert_eq!(tree.locate(&country("FR")), None);
    assert_eq!(tree.ancestors(id(2)).count(), 0);
}

#[test]
fn rules_are_written_as_in_the_table() {
    let json =
        r#"{"countries":["NL"],"postcodes":[{"country":"NL","from":"1000","to":"1999"}],"segments":[],"products":["pumps"]}"#;
    let rule: TerritoryRule = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&rule).unwrap(), json);
    assert!(serde_json::from_str::<TerritoryRule>(r#"{"country":["NL"]}"#).is_err());
}

proptest! {
    /// Any parents, also cycles, make a tree in which climbing ends and everything is found.
    #[test]
    fn any_set_of_territories_becomes_a_tree(parents in prop::collection::vec(prop::option::of(0_u128..12), 1..12)) {
        let list: Vec<Territory> = parents.iter().enumerate().map(|(n, parent)| territory(n as u128, *parent, 0, "[]")).collect();
        let (tree, problems) = TerritoryTree::new(list);
        for n in 0..parents.len() {
            let above = tree.ancestors(id(n as u128)).count();
            prop_assert!(above < parents.len());
            prop_assert!(tree.with_descendants(id(n as u128)).contains(&id(n as u128)));
        }
        let (_, again) = TerritoryTree::new(tree.iter().cloned().collect());
        prop_assert!(again.is_empty(), "a mended tree is whole: {:?} then {:?}", problems, again);
    }

    /// A postcode lies in the range that it makes itself, and in no order of ends does anything break.
    #[test]
    fn any_postcodes_can_be_compared(one in "[0-9A-Z]{1,4} ?[0-9A-Z]{0,4}", other in "\\PC{0,9}", country in prop::sample::select(vec!["NL", "GB", "US"])) {
        let tree = |from: &str, to: &str| {
            let range = PostcodeRange { country: country.to_owned(), from: from.to_owned(), to: to.to_owned() };
            let rules = vec![TerritoryRule { postcodes: vec![range], ..TerritoryRule::default() }];
            TerritoryTree::new(vec![Territory { id: id(1), name: "T".to_owned(), parent: None, priority: 0, rules }]).0
        };
        let facts = |code| LocateFacts { country: Some(country), postcode: Some(code), ..LocateFacts::default() };
        if country != "GB" {
            prop_assert_eq!(tree(&one, &one).locate(&facts(&one)), Some(id(1)));
        }
        let _ = tree(&one, &other).locate(&facts(&one));
        let _ = tree(&other, &one).locate(&facts(&other));
    }
}
