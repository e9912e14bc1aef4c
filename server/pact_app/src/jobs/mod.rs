//! What runs by itself: events worked off by scripts, and pushes whose time is over.

mod commits;
mod events;
mod expiry;
mod heartbeat;
mod import;

pub use events::{EVENTS_IN_FLIGHT, LEASE_MS, MAX_ATTEMPTS};
pub use heartbeat::{Jobs, start};
