//! The mail server, as the configuration has it.

use std::net::IpAddr;

use lettre::message::Mailbox;
use secrecy::SecretString;
use serde::Deserialize;

/// The mail server and how it is spoken to.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Its name, which its certificate must hold.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Certificates, in PEM, that are trusted beside the public ones: those of an authority of one's own.
    pub trusted: Option<String>,
    /// The account, where the server asks for one.
    pub account: Option<(String, SecretString)>,
    /// The address that mail comes from, with the name beside it.
    pub sender: Mailbox,
    /// What becomes of mail that may have arrived although no answer came.
    pub in_doubt: InDoubt,
}

/// How a connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Encrypted from the first byte (port 465).
    Tls,
    /// Encrypted before anything is said that matters; refused where the server does not offer it (port 587).
    #[default]
    StartTls,
    /// Not at all: only for a server on the same machine.
    None,
}

/// What becomes of mail that may have arrived although no answer came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InDoubt {
    /// It is sent again with the same `Message-ID`: at least once.
    #[default]
    SendAgain,
    /// It is put aside for an admin: at most once.
    PutAside,
}

/// What a configuration says about mail.
#[derive(Clone, Debug, Default)]
pub struct MailWish {
    /// The server's name.
    pub host: String,
    /// Its port; the usual one when it is left out.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Security,
    /// Certificates that are trusted beside the public ones, in PEM.
    pub trusted: Option<String>,
    /// The account.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<SecretString>,
    /// The address that mail comes from: `PACT <pact@example.com>`.
    pub sender: Option<String>,
    /// What becomes of mail that may have arrived although no answer came.
    pub in_doubt: InDoubt,
}

/// Why a configuration of mail is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailSettingsError {
    /// Nobody would know from whom it comes.
    #[error("mail has no sender. Set sender in [mail], or PACT_MAIL_SENDER, such as \"PACT <pact@example.com>\".")]
    NoSender,
    /// The sender is no address.
    #[error("the sender of mail is no e-mail address. Write it as \"PACT <pact@example.com>\".")]
    BadSender,
    /// Passwords and customers' names would travel in the open.
    #[error(
        "mail to {host} would not be encrypted. Set security to \"starttls\" or \"tls\"; \"none\" is for a server on this machine."
    )]
    Open {
        /// The server.
        host: String,
    },
    /// Only one half of an account is there.
    #[error("mail has a user without a password, or a password without a user. Set both, or neither.")]
    HalfAccount,
}

impl MailSettings {
    /// Reads what a configuration says.
    ///
    /// # Errors
    /// What is missing, or would not be safe.
    pub fn read(wish: MailWish) -> Result<Self, MailSettingsError> {
        let sender = wish.sender.ok_or(MailSettingsError::NoSender)?;
        let is_here = wish.host == "localhost" || wish.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if wish.security == Security::None && !is_here {
            return Err(MailSettingsError::Open { host: wish.host });
        }
        Ok(Self {
            port: wish.port.unwrap_or(match wish.security {
                Security::Tls => 465,
                Security::StartTls => 587,
                Security::None => 25,
            }),
            account: match (wish.user, wish.password) {
                (Some(user), Some(password)) => Some((user, password)),
                (None, None) => None,
                (Some(_), None) | (None, Some(_)) => return Err(MailSettingsError::HalfAccount),
            },
            sender: sender.parse().map_err(|_| MailSettingsError::BadSender)?,
            host: wish.host,
            security: wish.security,
            trusted: wish.trusted,
            in_doubt: wish.in_doubt,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    fn wish() -> MailWish {
        let sender = Some("PACT <pact@example.com>".to_owned());
        MailWish { host: "mail.example.com".into(), sender, ..MailWish::default() }
    }

    #[test]
    fn what_is_missing_or_open_is_refused() {
        let open = MailWish { security: Security::None, ..wish() };
        for (wish, wanted) in [
            (wish(), Ok(587)),
            (MailWish { security: Security::Tls, ..wish() }, Ok(465)),
            (MailWish { port: Some(2525), ..wish() }, Ok(2525)),
            (MailWish { host: "127.0.0.1".into(), ..open.clone() }, Ok(25)),
            (MailWish { host: "localhost".into(), ..open.clone() }, Ok(25)),
            (open, Err(MailSettingsError::Open { host: "mail.example.com".into() })),
            (MailWish { sender: None, ..wish() }, Err(MailSettingsError::NoSender)),
            (MailWish { sender: Some("PACT".into()), ..wish() }, Err(MailSettingsError::BadSender)),
            (MailWish { user: Some("pact".into()), ..wish() }, Err(MailSettingsError::HalfAccount)),
        ] {
            assert_eq!(MailSettings::read(wish).map(|read| read.port), wanted);
        }
        assert_eq!(MailSettings::read(wish()).unwrap().sender.email.to_string(), "pact@example.com");
    }
}
