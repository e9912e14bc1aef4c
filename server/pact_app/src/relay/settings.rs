//! How what leaves does so.

use std::time::Duration;

use ipnet::IpNet;

use super::mail::MailSettings;

/// The first wait after an attempt that failed, when nothing says otherwise.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How long mail with a digest waits, when nothing says otherwise.
const DIGEST_WAIT: Duration = Duration::from_secs(60);

/// How what leaves does so.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The mail server; without one, mail waits in the outbox.
    pub mail: Option<MailSettings>,
    /// Networks that are not public, to which webhooks may go all the same, also without TLS.
    pub networks: Vec<IpNet>,
    /// The first wait after an attempt that failed; each further one is three times as long.
    pub first_wait: Duration,
    /// Where people reach this server, such as `https://pact.example.com`, without a slash at the end; without it, mail has no links.
    pub public_url: Option<String>,
    /// How long mail with a digest waits before it leaves, so that what other plugins say at the same tick goes with it.
    pub digest_wait: Duration,
}

impl Outgoing {
    /// Reads where people reach this server.
    ///
    /// # Errors
    /// It is no address of a server, in words.
    pub fn read_public_url(text: &str) -> Result<String, String> {
        let wrong = || format!("{text} is no address of a server. Write it like https://pact.example.com, without ? and #.");
        let url = reqwest::Url::parse(text).map_err(|_| wrong())?;
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        match (url.scheme(), url.has_host() && is_plain) {
            ("https" | "http", true) => Ok(url.as_str().trim_end_matches('/').to_owned()),
            _ => Err(wrong()),
        }
    }
}

impl Default for Outgoing {
    fn default() -> Self {
        Self { mail: None, networks: Vec::new(), first_wait: FIRST_WAIT, public_url: None, digest_wait: DIGEST_WAIT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_address_is_one_of_a_server() {
        for (text, wanted) in [
            ("https://pact.example.com/", Some("https://pact.example.com")),
            ("https://intra.example.com/pact/", Some("https://intra.example.com/pact")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("pact.example.com", None),
            ("ftp://pact.example.com", None),
            ("https://ann:secret@pact.example.com", None),
            ("https://pact.example.com/?a=b", None),
            ("https://", None),
        ] {
            assert_eq!(Outgoing::read_public_url(text).ok().as_deref(), wanted, "{text}");
        }
    }
}
