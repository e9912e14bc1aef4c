//! Mutation score: each transfer rule of the analysis is switched off, one at a time, and the corpus must notice.
//!
//! `cargo nextest run -p pact_policy mutants --no-capture`

#![cfg(debug_assertions)]
#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod harness;

use harness::Case;
use pact_policy::lint;
use pact_policy::transfer::{Transfer, switch_off};

/// A case whose verdict is no longer right.
fn notices(case: &Case) -> bool {
    let report = lint(&case.sources);
    if case.marks.is_empty() {
        return !report.findings.is_empty();
    }
    !case.missing(&report).is_empty() || !case.untold(&report).is_empty()
}

#[test]
fn the_corpus_notices_every_transfer_rule_that_is_missing() {
    // What must be refused comes first: a rule that is missing lets something through.
    let (mut cases, pass): (Vec<Case>, Vec<Case>) =
        harness::cases().into_iter().filter(|case| !case.category.ends_with("fields")).partition(|case| !case.marks.is_empty());
    cases.extend(pass);
    switch_off(None);
    let wrong: Vec<_> = cases.iter().filter(|case| notices(case)).map(|case| &case.name).collect();
    assert!(wrong.is_empty(), "wrong with every rule on: {wrong:?}");
    let mut unnoticed = Vec::new();
    for transfer in Transfer::ALL {
        switch_off(Some(transfer));
        match cases.iter().position(notices) {
            Some(at) => {
                println!("{transfer:?}: noticed by {}", cases[at].name);
                // What noticed one rule may notice the next.
                let case = cases.remove(at);
                cases.insert(0, case);
            }
            None => unnoticed.push(transfer),
        }
    }
    switch_off(None);
    println!("mutation score: {} of {} transfer rules noticed", Transfer::ALL.len() - unnoticed.len(), Transfer::ALL.len());
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}
