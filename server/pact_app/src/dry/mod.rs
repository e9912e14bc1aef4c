//! Dry runs: what a script would do, or would have done last quarter, without doing any of it.
//!
//! A dry run is the same run without the commit: the same workers, the same limits, the same questions, answered from the past where it looks at that
//! ([`crate::past`]). It writes nothing, so it leaves nothing: no run, no event, no turn, no entry in any log. What came of it is kept in memory
//! ([`DryRuns`]) until somebody has read it, on the node that did it.
//!
//! What it shows are effects on records. It sums by effect and never by person, names nobody in what really happened, and tells of events that acts of staff
//! fire the hour alone and not how many there are (`policy.md` §6).

mod ask;
mod case;
mod compare;
mod decide;
mod dues;
mod kept;
mod nameless;
mod presence;
mod work;

pub use self::ask::{LeadsAsked, Over, StartDryRun, What, start_dry_run};
pub(crate) use self::ask::{made_ready, sums_of};
pub use self::case::case_of;
pub use self::compare::{Difference, Line};
pub(crate) use self::kept::DryRuns;
pub use self::kept::{DryRun, Progress, Status, Sum, cancel_dry_run, dry_run, lines, lines_for};
pub(crate) use self::work::look_at;
