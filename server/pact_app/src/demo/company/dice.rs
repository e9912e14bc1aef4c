//! Every choice of the demo, from its seed.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use pact_core::time::Instant;
use uuid::{Builder, Uuid};

/// A source of choices. Each part of the company has its own, so that a longer list in one part does not change the others.
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    /// The dice of a part.
    pub(super) fn of(seed: u64, part: &str) -> Self {
        // FNV-1a: the same on every machine and in every version, unlike the standard library's hashes.
        let mixed = part
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self(fastrand::Rng::with_seed(mixed))
    }

    /// A whole number between two, both included.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        self.0.i64(from..=to.max(from))
    }

    /// Yes, so many times in a hundred.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.0.u32(0..100) < percent
    }

    /// One of a list, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.0.usize(0..list.len())]
    }

    /// One of a list, each as likely as its weight.
    pub(super) fn weighted<'a, T>(&mut self, list: &'a [T], weight: impl Fn(&T) -> u32) -> &'a T {
        let total: u32 = list.iter().map(&weight).sum();
        let mut left = self.0.u32(0..total.max(1));
        for one in list {
            match left.checked_sub(weight(one)) {
                Some(rest) => left = rest,
                None => return one,
            }
        }
        &list[0]
    }

    /// The list in another order.
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        self.0.shuffle(list);
    }

    /// An id.
    pub(super) fn id(&mut self) -> Uuid {
        Builder::from_random_bytes(self.0.u128(..).to_be_bytes()).into_uuid()
    }

    /// An id that sorts by its instant, for append-only rows.
    pub(super) fn id_at(&mut self, at: Instant) -> Uuid {
        let mut random = [0; 10];
        self.0.fill(&mut random);
        Builder::from_unix_timestamp_millis(u64::try_from(at.millis()).unwrap_or(0), &random).into_uuid()
    }

    /// The random token of a record's content.
    pub(super) fn revision(&mut self) -> String {
        format!("{:032x}", self.0.u128(..))
    }

    /// Replaces each `#` by a digit.
    pub(super) fn digits(&mut self, pattern: &str) -> String {
        pattern.chars().map(|c| if c == '#' { self.0.digit(10) } else { c }).collect()
    }

    /// A text from a template: `{name}` is filled from `slots`, `{one|another}` becomes one of them, and may hold slots itself.
    pub(super) fn say(&mut self, template: &str, slots: &[(&str, &str)]) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            text.push_str(&rest[..open]);
            let (inside, after) = braced(&rest[open..]);
            let options = alternatives(inside);
            if options.len() > 1 {
                let chosen = *self.pick(&options);
                text.push_str(&self.say(chosen, slots));
            } else {
                let value = slots.iter().find(|(name, _)| *name == inside).map_or(inside, |(_, value)| value);
                text.push_str(value);
            }
            rest = after;
        }
        text + rest
    }

    /// A moment of a day on the clock of a zone, between two hours.
    pub(super) fn moment(&mut self, day: NaiveDate, zone: Tz, hours: (i64, i64)) -> Instant {
        let seconds = self.between(hours.0 * 3_600, hours.1 * 3_600 - 1);
        let local = day.and_time(NaiveTime::MIN) + TimeDelta::seconds(seconds);
        // An hour that daylight saving skips is taken for UTC; nobody will miss it.
        let at = local.and_local_timezone(zone).earliest().map_or_else(|| local.and_utc(), |at| at.to_utc());
        Instant::from(at)
    }
}

/// What stands between the brace that opens the text and the one that closes it, and what follows.
fn braced(text: &str) -> (&str, &str) {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return (&text[1..at], &text[at + 1..]),
            '}' => depth -= 1,
            _ => {}
        }
    }
    (&text[1..], "")
}

/// The parts between bars that stand in no inner braces.
fn alternatives(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
