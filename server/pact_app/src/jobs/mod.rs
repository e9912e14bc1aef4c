//! What runs by itself: events worked off by scripts, ticks of schedules, views by mail, leads that became quiet, and pushes whose time is over.

mod commits;
mod events;
mod evidence;
mod expiry;
mod heartbeat;
mod import;
mod quiet;
mod schedule;
mod views;

pub use events::{EVENTS_IN_FLIGHT, LEASE_MS, MAX_ATTEMPTS};
pub use heartbeat::{Jobs, start};
pub use views::Every;
