//! Security records: what happened to an account, seen by whom it belongs to, and opened to others by an admin and an auditor together (`policy.md` §6).
//!
//! That somebody signed in is a trace, so the rules are narrow: one person or one entry of the log, a window of days, a few hours to read, two people of
//! two roles who have held these for a while.

use chrono::{Days, NaiveDate};

use crate::role::Role;
use crate::time::Instant;
pub use crate::window::Window;

/// Days for which security records are kept, and the longest window of days that can be opened.
pub const KEPT_DAYS: u32 = 90;
/// Hours for which they stay open once both agreed.
pub const OPEN_HOURS: i64 = 24;
/// Days for which a request waits for the other of the two.
pub const WAITING_DAYS: i64 = 7;
/// Days for which somebody must have had their role and their password. Otherwise an admin could make the auditor who agrees.
pub const SETTLED_DAYS: i64 = 7;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

crate::words::words! {
    /// What happened to an account.
    pub enum Happened, "security record" {
        /// Somebody signed in.
        SignedIn = "signed_in",
        /// Somebody tried to, with a wrong password. Several tries within a few minutes are one record.
        SignInRefused = "sign_in_refused",
        /// They signed out.
        SignedOut = "signed_out",
        /// A refresh token came twice: somebody had a copy, and the session was ended.
        TokenReused = "token_reused",
        /// The person changed their own password.
        PasswordChanged = "password_changed",
        /// An admin, or whoever has the machine, set it.
        PasswordSet = "password_set",
        /// An admin, or whoever has the machine, gave them their role.
        RoleGiven = "role_given",
        /// They made an API key.
        KeyMade = "key_made",
        /// They revoked an API key.
        KeyRevoked = "key_revoked",
    }
}

crate::words::words! {
    /// What is opened.
    pub enum Opens, "thing that can be opened" {
        /// The security records of one person, over a window of days.
        Records = "records",
        /// Whom one pseudonym of one entry of the audit log stands for.
        Name = "name",
    }
}

crate::words::words! {
    /// How a request to open something stands.
    pub enum State, "state" {
        /// One of the two asked, and the other has not answered.
        Asked = "asked",
        /// Both agreed; the two may read.
        Open = "open",
        /// It is over: withdrawn, not answered in time, or read for long enough.
        Closed = "closed",
    }
}

/// Why there can be no such window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWindow {
    /// It ends before it begins.
    #[error("the last day is before the first.")]
    Backwards,
    /// It reaches into days that are still to come.
    #[error("this day is still to come. Only what was recorded already can be opened: choose today or an earlier day.")]
    Ahead,
    /// It reaches back further than records are kept.
    #[error("security records are kept for {KEPT_DAYS} days. Choose a later first day.")]
    TooFarBack,
}

impl NoWindow {
    /// The field that is to blame.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::TooFarBack => "first_on",
            Self::Backwards | Self::Ahead => "last_on",
        }
    }
}

/// Whether such a window may be opened.
///
/// # Errors
/// Why not.
pub fn check(window: Window, today: NaiveDate) -> Result<(), NoWindow> {
    if window.is_backwards() {
        return Err(NoWindow::Backwards);
    }
    if window.last > today {
        return Err(NoWindow::Ahead);
    }
    let oldest = today.checked_sub_days(Days::new(u64::from(KEPT_DAYS))).unwrap_or(NaiveDate::MIN);
    if window.first < oldest { Err(NoWindow::TooFarBack) } else { Ok(()) }
}

/// Whether these two roles are an admin and an auditor.
#[must_use]
pub const fn together(one: Role, other: Role) -> bool {
    matches!((one, other), (Role::Admin, Role::Auditor) | (Role::Auditor, Role::Admin))
}

/// Whether somebody whose role was given and whose password was set by somebody else at these instants has had both for long enough.
#[must_use]
pub fn is_settled(given_or_set: Option<Instant>, now: Instant) -> bool {
    given_or_set.is_none_or(|at| at.millis() + SETTLED_DAYS * DAY_MS <= now.millis())
}

/// Until when something that both agreed to open is open.
#[must_use]
pub fn open_until(agreed: Instant) -> Instant {
    Instant::from_millis(agreed.millis() + OPEN_HOURS * HOUR_MS)
}

/// How a request stands now that stood like this when it was touched last.
#[must_use]
pub fn stands(state: State, asked: Instant, open_until: Option<Instant>, now: Instant) -> State {
    let is_over = match state {
        State::Asked => asked.millis() + WAITING_DAYS * DAY_MS <= now.millis(),
        State::Open => open_until.is_none_or(|until| until <= now),
        State::Closed => true,
    };
    if is_over { State::Closed } else { state }
}

/// The instant before which nothing is kept.
#[must_use]
pub fn kept_from(now: Instant) -> Instant {
    Instant::from_millis(now.millis() - i64::from(KEPT_DAYS) * DAY_MS)
}
