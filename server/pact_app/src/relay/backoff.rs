//! How long to wait before the next attempt.

use std::time::Duration;

/// The longest wait between two attempts.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3 * 3_600);
/// How often a row is tried before it is put aside: for about two days, with the usual first wait.
pub const MAX_ATTEMPTS: i64 = 24;
/// How much longer than the one before a wait is.
const FACTOR: u32 = 3;
/// A wait is up to this part longer or shorter, so that what failed together does not come back together.
const JITTER: f64 = 0.2;

/// The wait after so many attempts; `chance` is from 0 to 1.
pub(super) fn wait(attempts: i64, first: Duration, chance: f64) -> Duration {
    let times = u32::try_from(attempts.clamp(1, MAX_ATTEMPTS) - 1).unwrap_or(0);
    let plain = FACTOR.checked_pow(times).and_then(|factor| first.checked_mul(factor)).unwrap_or(LONGEST_WAIT);
    plain.min(LONGEST_WAIT).mul_f64(1.0 + JITTER * (2.0 * chance.clamp(0.0, 1.0) - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_up_to_the_longest() {
        let first = Duration::from_secs(5);
        for (attempts, chance, seconds) in [
            (0, 0.5, 5.0),
            (1, 0.5, 5.0),
            (1, 0.0, 4.0),
            (1, 1.0, 6.0),
            (2, 0.5, 15.0),
            (3, 0.5, 45.0),
            (4, 0.5, 135.0),
            (8, 0.5, 10_800.0),
            (MAX_ATTEMPTS, 1.0, 12_960.0),
            (i64::MAX, 0.5, 10_800.0),
        ] {
            let waited = wait(attempts, first, chance).as_secs_f64();
            assert!((waited - seconds).abs() < 1e-6, "{attempts} attempts, {chance}: {waited}");
        }
    }
}
