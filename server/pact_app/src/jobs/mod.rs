//! What runs by itself: events worked off by scripts, ticks of schedules, views by mail, leads that became quiet, and pushes whose time is over.

mod by_hand;
mod commits;
mod events;
mod evidence;
mod expiry;
mod formulas;
mod heartbeat;
mod import;
mod quiet;
pub(crate) mod schedule;
mod views;

pub use by_hand::ByHand;
pub(crate) use events::backoff_ms;
pub use events::{EVENTS_IN_FLIGHT, LEASE_MS, MAX_ATTEMPTS};
pub use heartbeat::{Jobs, start};
pub(crate) use quiet::would_be_told;
pub use views::Every;
