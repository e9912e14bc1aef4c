//! Rates and percentiles.

use std::time::Duration;

/// Durations, to be asked for percentiles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durations(Vec<Duration>);

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// Requests a second.
    pub(crate) rate: f64,
    /// How long each took.
    pub(crate) took: Durations,
    /// Requests that were refused.
    pub(crate) refused: usize,
}

impl Durations {
    /// These durations, in any order.
    pub(crate) fn new(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// The duration that this part of all does not exceed; zero when there is none.
    pub(crate) fn percentile(&self, part: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }

    /// The median and the 99th percentile in words.
    pub(crate) fn words(&self) -> String {
        if self.0.is_empty() {
            return "nothing measured".to_owned();
        }
        format!("p50 {}, p99 {}", short(self.percentile(0.5)), short(self.percentile(0.99)))
    }
}

/// A duration in a few characters.
pub(crate) fn short(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    match micros {
        ..1_000.0 => format!("{micros:.0} µs"),
        ..100_000.0 => format!("{:.1} ms", micros / 1e3),
        ..1_000_000.0 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.1} s", micros / 1e6),
    }
}
