use std::collections::BTreeSet;

use pact_core::pact::{BadSettings, Lacks, ORDERS, People, Settings, Signature, Weaker, lacks, weaker};
use pact_core::time::Instant;
use uuid::Uuid;

use crate::{all_hold, id};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

fn people(ids: &[u128]) -> BTreeSet<Uuid> {
    ids.iter().map(|number| id(*number)).collect()
}

fn settings() -> Settings {
    Settings { representatives: people(&[1, 2]), management: people(&[8, 9]), ..Settings::built_in() }
}

#[test]
fn what_weakens_is_known_and_what_strengthens_is_free() {
    let same = settings();
    // (the new text, the new settings, in what it is weaker)
    let cases: Vec<(&str, Settings, Vec<Weaker>)> = vec![
        ("we", same.clone(), vec![]),
        ("We", same.clone(), vec![Weaker::Text]),
        ("we", Settings { k: 6, ..same.clone() }, vec![]),
        ("we", Settings { k: 4, ..same.clone() }, vec![Weaker::SmallerGroups]),
        ("we", Settings { retention_days: 10, ..same.clone() }, vec![]),
        ("we", Settings { retention_days: 31, ..same.clone() }, vec![Weaker::LongerRetention]),
        ("we", Settings { waiting_days: 15, ..same.clone() }, vec![]),
        ("we", Settings { waiting_days: 1, ..same.clone() }, vec![Weaker::ShorterWaiting]),
        ("we", Settings { coaching_days: 30, ..same.clone() }, vec![]),
        ("we", Settings { coaching_days: 91, ..same.clone() }, vec![Weaker::LongerCoaching]),
        ("we", Settings { coaching_per_year: 0, ..same.clone() }, vec![]),
        ("we", Settings { coaching_per_year: 3, ..same.clone() }, vec![Weaker::MoreCoaching]),
        ("we", Settings { representatives: people(&[1, 2, 3]), ..same.clone() }, vec![]),
        ("we", Settings { representatives: people(&[1, 3]), ..same.clone() }, vec![Weaker::FewerRepresentatives]),
        ("we", Settings { management: people(&[7, 8, 9]), ..same.clone() }, vec![Weaker::OtherManagement]),
        ("we", Settings { k: 6, retention_days: 31, ..same.clone() }, vec![Weaker::LongerRetention]),
    ];
    all_hold(cases.into_iter().filter_map(|(text, after, wanted)| {
        let found = weaker(("we", &same), (text, &after));
        (found != wanted).then(|| format!("{text} {after:?}: {found:?}, not {wanted:?}"))
    }));
    assert_eq!(ORDERS.map(|order| order.weaker).to_vec(), Weaker::ALL, "every setting has its order");
}

#[test]
fn a_weaker_version_lacks_signatures_then_time_and_then_nothing() {
    let (old, new) = (settings(), Settings { k: 4, representatives: people(&[3]), ..settings() });
    let built_in = Settings::built_in();
    let all = People { active: people(&[1, 2, 3, 4, 5, 8, 9]), admins: people(&[5]) };
    let without = |gone: &[u128]| People { active: &all.active - &people(gone), admins: all.admins.clone() };
    let signed = |ids: &[(u128, i64)]| -> Vec<Signature> {
        ids.iter().map(|(person, day)| Signature { person: id(*person), at: Instant::from_millis(day * DAY_MS) }).collect()
    };
    let signatures = |staff: &[u128], majority, management| Lacks::Signatures {
        staff: staff.iter().map(|it| id(*it)).collect(),
        majority,
        management,
    };
    let until = |day: i64| Lacks::Time { until: Instant::from_millis(day * DAY_MS) };
    let is_weaker = [Weaker::SmallerGroups, Weaker::FewerRepresentatives];
    // (what holds, in what the new one is weaker, who is there, the signatures by day, today, what it lacks)
    type Case<'a> = (&'a Settings, &'a [Weaker], People, &'a [(u128, i64)], i64, Lacks);
    let cases: Vec<Case<'_>> = vec![
        (&old, &[], all.clone(), &[], 0, Lacks::Nothing),
        (&old, &is_weaker, all.clone(), &[], 0, signatures(&[1, 2], false, true)),
        // Whom the proposal names cannot sign for those who are named now; nor can the crowd.
        (&old, &is_weaker, all.clone(), &[(3, 0), (4, 0), (5, 0), (9, 0)], 0, signatures(&[1, 2], false, false)),
        (&old, &is_weaker, all.clone(), &[(1, 0), (2, 1)], 1, signatures(&[], false, true)),
        (&old, &is_weaker, all.clone(), &[(1, 0), (2, 1), (9, 3)], 3, until(17)),
        (&old, &is_weaker, all.clone(), &[(1, 0), (2, 5), (9, 3), (8, 4)], 18, until(19)),
        (&old, &is_weaker, all.clone(), &[(1, 0), (2, 5), (9, 3)], 19, Lacks::Nothing),
        // One who left: the other signs, and more than half of the staff (1, 3, 4 and 5 are four).
        (&old, &is_weaker, without(&[2]), &[(1, 0), (9, 0)], 0, signatures(&[], true, false)),
        (&old, &is_weaker, without(&[2]), &[(3, 0), (4, 0), (5, 0), (9, 0)], 0, signatures(&[1], false, false)),
        (&old, &is_weaker, without(&[2]), &[(1, 0), (3, 0), (9, 0)], 0, signatures(&[], true, false)),
        (&old, &is_weaker, without(&[2]), &[(1, 0), (3, 0), (4, 6), (9, 0)], 6, until(20)),
        (&old, &is_weaker, without(&[1, 2]), &[(3, 0), (4, 1), (9, 0)], 15, Lacks::Nothing),
        // All of management left: an admin stands in.
        (&old, &is_weaker, all.clone(), &[(1, 0), (2, 0), (5, 0)], 0, signatures(&[], false, true)),
        (&old, &is_weaker, without(&[8, 9]), &[(1, 0), (2, 0), (5, 0)], 0, until(14)),
        // Where nobody is named yet, those sign whom the proposal names; and it waits all the same.
        (&built_in, &is_weaker, all.clone(), &[], 0, signatures(&[3], false, true)),
        (&built_in, &is_weaker, all.clone(), &[(3, 0), (8, 0)], 0, until(14)),
    ];
    all_hold(cases.into_iter().filter_map(|(in_force, weaker, people, signed_by, today, wanted)| {
        let now = Instant::from_millis(today * DAY_MS);
        let found = lacks(in_force, &new, weaker, &signed(signed_by), &people, now);
        (found != wanted).then(|| format!("{signed_by:?} on day {today}: {found:?}, not {wanted:?}"))
    }));
}

#[test]
fn settings_that_are_no_pact_are_refused() {
    let same = settings();
    let many: Vec<u128> = (100..200).collect();
    // (the settings, the setting that is to blame)
    let cases = [
        (same.clone(), None),
        (Settings { k: 2, ..same.clone() }, Some("k")),
        (Settings { retention_days: 366, ..same.clone() }, Some("retention_days")),
        (Settings { waiting_days: 0, ..same.clone() }, Some("waiting_days")),
        (Settings { coaching_days: 91, ..same.clone() }, Some("coaching_days")),
        (Settings { coaching_per_year: 5, ..same.clone() }, Some("coaching_per_year")),
        (Settings { representatives: people(&[]), ..same.clone() }, Some("representatives")),
        (Settings { management: people(&many), ..same.clone() }, Some("management")),
        (Settings { management: people(&[1]), ..same.clone() }, Some("management")),
        (Settings::built_in(), Some("representatives")),
    ];
    all_hold(cases.into_iter().filter_map(|(settings, wanted)| {
        let found = settings.check().err().as_ref().map(BadSettings::setting);
        (found != wanted).then(|| format!("{settings:?}: {found:?}, not {wanted:?}"))
    }));
}
