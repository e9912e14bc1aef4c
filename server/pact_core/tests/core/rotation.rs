//! Whose turn it is.

use pact_core::rotation::{Candidate, Filters, next};
use proptest::prelude::*;

use crate::id;

const fn person(number: u128, given_seq: i64) -> Candidate {
    Candidate { id: id(number), on_duty: true, open: 0, capacity: None, starts_in_ms: Some(0), given_seq }
}

const HOUR_MS: i64 = 3_600_000;

#[test]
fn least_recently_given_goes_first() {
    let group = [person(1, 12), person(2, 7), person(3, 9)];
    assert_eq!(next(&group, &Filters::default()), Some(id(2)));
    // Who never had a turn goes first; among these the order of ids decides.
    let group = [person(3, 0), person(1, 5), person(2, 0)];
    assert_eq!(next(&group, &Filters::default()), Some(id(2)));
    assert_eq!(next(&[], &Filters::default()), None);
}

#[test]
fn each_filter_leaves_out_its_people() {
    let group = [
        Candidate { on_duty: false, ..person(1, 0) },
        Candidate { open: 5, capacity: Some(5), ..person(2, 1) },
        Candidate { open: 4, capacity: Some(5), ..person(3, 2) },
        Candidate { open: 99, capacity: None, ..person(4, 3) },
        Candidate { open: 0, capacity: Some(0), on_duty: false, ..person(5, 4) },
    ];
    let cases = [
        (Filters::default(), Some(id(1))),
        (Filters { on_duty: true, ..Filters::default() }, Some(id(2))),
        (Filters { with_room: true, ..Filters::default() }, Some(id(1))),
        (Filters { with_room: true, on_duty: true, ..Filters::default() }, Some(id(3))),
        (Filters { with_room: true, on_duty: true, tried: [id(3)].into(), ..Filters::default() }, Some(id(4))),
        (Filters { with_room: true, on_duty: true, tried: [id(3)].into(), except: [id(4)].into(), ..Filters::default() }, None),
    ];
    for (filters, want) in cases {
        assert_eq!(next(&group, &filters), want, "{filters:?}");
    }
}

#[test]
fn at_night_those_of_the_first_morning_take_turns() {
    // It is eleven in the evening: one begins at eight, one at nine, one in the afternoon, one in two days, one never.
    let group = [
        Candidate { on_duty: false, starts_in_ms: Some(9 * HOUR_MS), ..person(1, 7) },
        Candidate { on_duty: false, starts_in_ms: Some(10 * HOUR_MS), ..person(2, 3) },
        Candidate { on_duty: false, starts_in_ms: Some(14 * HOUR_MS), ..person(3, 0) },
        Candidate { on_duty: false, starts_in_ms: Some(57 * HOUR_MS), ..person(4, 0) },
        Candidate { on_duty: false, starts_in_ms: None, ..person(5, 0) },
    ];
    let within = |hours: i64| Filters { on_duty_within_ms: Some(hours * HOUR_MS), ..Filters::default() };
    let without = |filters: Filters, people: &[u128]| Filters { except: people.iter().map(|n| id(*n)).collect(), ..filters };
    let cases = [
        (within(16), Some(id(2))),
        (without(within(16), &[2]), Some(id(1))),
        (without(within(16), &[1, 2]), Some(id(3))),
        (without(within(16), &[1, 2, 3]), None),
        (without(within(72), &[1, 2, 3]), Some(id(4))),
        (without(within(i64::MAX / HOUR_MS), &[1, 2, 3, 4]), None),
        (within(8), None),
    ];
    for (filters, want) in cases {
        assert_eq!(next(&group, &filters), want, "{filters:?}");
    }
    // Whoever is at work now goes before those who begin tomorrow, however long they had no turn.
    let at_work = [group[1], person(6, 99)];
    assert_eq!(next(&at_work, &within(16)), Some(id(6)));
}

proptest! {
    /// Where all are admitted, everybody has had a turn before anybody has the second.
    #[test]
    fn turns_go_round(people in 1_usize..12, seed in prop::collection::vec(0_i64..5, 12)) {
        let mut group: Vec<Candidate> =
            (0..people).map(|n| person(n as u128 + 1, seed[n])).collect();
        let mut turns = Vec::new();
        for turn in 0..people * 2 {
            let given = next(&group, &Filters::default()).unwrap();
            group.iter_mut().filter(|one| one.id == given).for_each(|one| one.given_seq = 10 + turn as i64);
            turns.push(given);
        }
        prop_assert_eq!(&turns[..people], &turns[people..]);
        let mut once = turns[..people].to_vec();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), people);
    }

    #[test]
    fn nobody_left_out_gets_a_turn(
        people in prop::collection::vec((any::<bool>(), 0_i64..6, prop::option::of(0_i64..6), 0_i64..9), 0..10),
        with_room: bool, on_duty: bool, except in prop::collection::btree_set(1_u128..11, 0..4), tried in prop::collection::btree_set(1_u128..11, 0..4),
    ) {
        let group: Vec<Candidate> = people.iter().enumerate().map(|(n, (on_duty, open, capacity, given_seq))| Candidate {
            id: id(n as u128 + 1), on_duty: *on_duty, open: *open, capacity: *capacity, starts_in_ms: Some(0), given_seq: *given_seq,
        }).collect();
        let filters = Filters { with_room, on_duty, except: except.into_iter().map(id).collect(), tried: tried.into_iter().map(id).collect(), ..Filters::default() };
        let admitted: Vec<&Candidate> = group.iter().filter(|one| {
            (!with_room || one.capacity.is_none_or(|capacity| one.open < capacity)) && (!on_duty || one.on_duty)
                && !filters.except.contains(&one.id) && !filters.tried.contains(&one.id)
        }).collect();
        let got = next(&group, &filters);
        prop_assert_eq!(got.is_some(), !admitted.is_empty());
        if let Some(got) = got {
            let got = admitted.iter().find(|one| one.id == got).unwrap();
            prop_assert!(admitted.iter().all(|one| got.given_seq <= one.given_seq));
        }
    }
}
