//! Dry runs: what a script would do, or would have done last quarter, without doing any of it.
//!
//! A dry run is the same run without the commit: the same workers, the same limits, the same questions, answered from the past where it looks at that
//! ([`crate::past`]). It writes nothing of what it does: no run, no event, no turn, no entry in any log. What came of it can be read on every node for an
//! hour: it is kept in two tables of its own ([`results`]), which are empty again afterwards.
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
mod prepare;
mod presence;
mod ready;
mod results;
mod told;
mod work;

pub(crate) use self::ask::sums_of;
pub use self::ask::{LeadsAsked, Over, StartDryRun, What, start_dry_run, try_here};
pub use self::case::{case_of, case_of_this};
pub use self::compare::{Difference, Line};
pub use self::kept::DryRun;
pub(crate) use self::kept::DryRuns;
pub(crate) use self::ready::made_ready;
pub use self::results::{cancel_dry_run, dry_run, forget_results, lines_for};
pub use self::told::{About, Progress, Shown, Status, Sum};
pub(crate) use self::work::look_at;
