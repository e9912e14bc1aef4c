//! How what leaves does so.

use std::time::Duration;

use ipnet::IpNet;

use super::mail::MailSettings;

/// The first wait after an attempt that failed, when nothing says otherwise.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// How what leaves does so.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The mail server; without one, mail waits in the outbox.
    pub mail: Option<MailSettings>,
    /// Networks that are not public, to which webhooks may go all the same, also without TLS.
    pub networks: Vec<IpNet>,
    /// The first wait after an attempt that failed; each further one is three times as long.
    pub first_wait: Duration,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self { mail: None, networks: Vec::new(), first_wait: FIRST_WAIT }
    }
}
