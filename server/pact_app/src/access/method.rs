//! How somebody shows who they are. Further ways (OpenID Connect, a second factor) become further cases here, and nowhere else
//! a rule changes: whatever the way, it ends with a person who is signed in.

use pact_store::entity::person;
use secrecy::SecretString;

use super::rows;
use crate::{App, Refusal};

/// A way to show who one is.
#[derive(Debug)]
pub enum SignInMethod {
    /// E-mail address and password.
    Password {
        /// The account's e-mail address.
        email: String,
        /// Its password.
        password: SecretString,
    },
}

/// The answer to whoever does not get in: the same whether the account exists or not.
pub(crate) fn refused() -> Refusal {
    Refusal::Unauthenticated {
        why: "E-mail and password do not belong together, or the account is not active. Try again, or ask an admin for a new password."
            .into(),
    }
}

impl SignInMethod {
    /// What attempts are counted by: the account as it was named.
    pub(crate) fn account(&self) -> String {
        match self {
            Self::Password { email, .. } => email.trim().to_lowercase(),
        }
    }

    /// The person who has shown who they are.
    ///
    /// # Errors
    /// The one answer of [`refused`], after the same work, whatever was wrong.
    pub(crate) async fn person(self, app: &App) -> Result<person::Model, Refusal> {
        let account = self.account();
        match self {
            Self::Password { password, .. } => {
                let person = rows::person_by_email(app, &account).await?;
                let person = person.filter(|person| person.active);
                let hash = person.as_ref().and_then(|person| person.password_hash.clone()).map(|hash| hash.0);
                let right = app.access.hasher.verify(password, hash).await?;
                person.filter(|_| right).ok_or_else(refused)
            }
        }
    }
}
