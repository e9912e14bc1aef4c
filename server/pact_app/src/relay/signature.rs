//! Signatures of messages to webhooks, as [Standard Webhooks](https://www.standardwebhooks.com) has them: HMAC-SHA256 over id, time and content.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use pact_core::time::Instant;
use pact_store::entity::webhook;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::Refusal;
use crate::access::random;

/// What every secret starts with, so that it is known for what it is where it turns up.
const MARK: &str = "whsec_";
/// Bytes of chance in a secret; the specification asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// A new secret: `whsec_` and random bytes in base64.
///
/// # Errors
/// A machine without a source of chance.
pub(crate) fn new_secret() -> Result<SecretString, Refusal> {
    Ok(format!("{MARK}{}", BASE64_STANDARD.encode(random::<SECRET_BYTES>()?)).into())
}

/// The value of `webhook-signature`: one signature for each secret that is good at `now`, the newest first.
///
/// # Errors
/// A secret that cannot be read, which is a defect.
pub(super) fn header(webhook: &webhook::Model, id: &str, now: Instant, body: &str) -> Result<String, Refusal> {
    let old = webhook.old_secret.as_ref().filter(|_| webhook.old_secret_until.is_some_and(|until| until > now.millis()));
    let secrets = std::iter::once(&webhook.secret).chain(old);
    let signed: Result<Vec<String>, Refusal> =
        secrets.map(|secret| sign(&secret.0.clone().into(), id, seconds(now), body)).collect();
    Ok(signed?.join(" "))
}

/// The time of an attempt as `webhook-timestamp` has it: seconds since 1970.
pub(super) const fn seconds(now: Instant) -> i64 {
    now.millis().div_euclid(1_000)
}

/// One signature, with its version before it.
fn sign(secret: &SecretString, id: &str, seconds: i64, body: &str) -> Result<String, Refusal> {
    let key = secret.expose_secret().strip_prefix(MARK).and_then(|text| BASE64_STANDARD.decode(text).ok());
    let key = key.ok_or_else(|| Refusal::defect("the secret of a webhook cannot be read"))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(Refusal::defect)?;
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    Ok(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into();
        let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_none_is_a_defect() {
        for secret in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_&&&"] {
            let signed = sign(&secret.to_owned().into(), "msg_1", 0, "{}");
            assert_eq!(signed.is_ok(), secret == "whsec_", "{secret}");
        }
    }
}
