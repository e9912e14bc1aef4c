//! Passwords: what they must be, and how they are kept (argon2id).
//!
//! The rules are those of NIST SP 800-63B: long enough, not the account's own words, and no demand for this or that kind of
//! character.

use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::Refusal;
use crate::coaching::seal::Key;

/// The shortest password.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// The longest password: beyond it the time of hashing would depend on the caller's patience.
pub const MAX_PASSWORD_CHARS: usize = 1_000;
/// How many passwords are hashed at once; each takes 19 MiB and a core.
const MAX_HASHING: usize = 2;
/// How many more may wait before the server says that it is busy.
const MAX_WAITING: usize = 64;

/// Refuses a password that is too short, too long, or made of the account's own words.
///
/// # Errors
/// What is wrong with it, never the password itself.
pub fn check(password: &SecretString, email: &str, name: &str) -> Result<(), Refusal> {
    let text = password.expose_secret();
    let refuse = |why: String| Err(Refusal::invalid("password", why));
    let chars = text.chars().count();
    if chars < MIN_PASSWORD_CHARS {
        return refuse(format!("a password has at least {MIN_PASSWORD_CHARS} characters. Four words in a row are good."));
    }
    if chars > MAX_PASSWORD_CHARS {
        return refuse(format!("a password has at most {MAX_PASSWORD_CHARS} characters."));
    }
    let folded = plain(text);
    let local = email.split('@').next().unwrap_or_default();
    if [email, local, name].into_iter().map(plain).any(|own| !own.is_empty() && (folded == own || folded == own.repeat(2))) {
        return refuse("it is the e-mail address or the name. Choose something that nobody can look up.".to_owned());
    }
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 4 {
        return refuse("it repeats the same few characters. Choose something that is hard to guess.".to_owned());
    }
    Ok(())
}

/// Letters and digits only, small.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Hashes passwords, a few at a time, away from the threads that answer requests.
#[derive(Debug)]
pub struct Hasher {
    places: Arc<Semaphore>,
    queue: Semaphore,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_HASHING)), queue: Semaphore::new(MAX_HASHING + MAX_WAITING) }
    }
}

impl Hasher {
    /// The hash of a password, with its own salt, as the store keeps it.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when too many wait already.
    pub async fn hash(&self, password: SecretString) -> Result<String, Refusal> {
        self.work(move || make(&password)).await?
    }

    /// Whether a password is the one that was hashed. Without a hash the answer is no, and takes as long.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when too many wait already.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Refusal> {
        self.work(move || {
            let known = hash.is_some();
            let hash = hash.map_or_else(nobodys_hash, Ok)?;
            let hash = PasswordHash::new(&hash)
                .map_err(|error| Refusal::defect(format!("a password's hash cannot be read: {error}")))?;
            Ok(Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok() && known)
        })
        .await?
    }

    /// A key that only this password gives with this salt, for what nobody else shall open.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when too many wait already.
    pub(crate) async fn derive(&self, password: SecretString, salt: Vec<u8>) -> Result<Key, Refusal> {
        self.work(move || {
            let mut key = Key::default();
            let done = Argon2::default().hash_password_into(password.expose_secret().as_bytes(), &salt, key.as_mut_slice());
            done.map_err(|error| Refusal::defect(format!("a key cannot be derived: {error}")))?;
            Ok(key)
        })
        .await?
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let _waiting = self.queue.try_acquire().map_err(|_| Refusal::Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(Refusal::defect)?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            job()
        });
        done.await.map_err(Refusal::defect)
    }
}

fn make(password: &SecretString) -> Result<String, Refusal> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.expose_secret().as_bytes())
        .map_err(|error| Refusal::defect(format!("a password cannot be hashed: {error}")))?;
    Ok(hash.to_string())
}

/// The hash that stands in for an unknown account, so that its answer takes as long as any.
fn nobodys_hash() -> Result<String, Refusal> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    match NOBODY.get() {
        Some(hash) => Ok(hash.clone()),
        None => {
            let hash = make(&super::secret::fresh()?)?;
            Ok(NOBODY.get_or_init(|| hash).clone())
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

    use super::*;

    #[test]
    fn a_password_is_long_and_not_the_accounts_own_words() {
        let cases = [
            ("correct horse battery", true),
            ("zwölf Zeichen", true),
            ("short", false),
            ("eleven char", false),
            ("ann.smith@example.com", false),
            ("Ann Smith Ann Smith", false),
            ("ann.smith.ann.smith", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("121212121212", false),
        ];
        for (password, good) in cases {
            assert_eq!(check(&password.into(), "ann.smith@example.com", "Ann Smith").is_ok(), good, "{password}");
        }
    }

    #[tokio::test]
    async fn only_the_same_password_is_verified() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(hasher.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify("correct horse batterz".into(), Some(hash)).await.unwrap());
        assert!(!hasher.verify("correct horse battery".into(), None).await.unwrap());
    }
}
