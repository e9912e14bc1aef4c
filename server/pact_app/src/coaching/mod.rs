//! What keeps the notes of coaching periods from everybody but the two whom they are for.
//!
//! - Each of the two has a key pair (X25519). Notes are sealed for both public keys (HPKE, RFC 9180), so PACT can write a note and not read it afterwards.
//! - The private key is in the store only as the person's password opens it (argon2id, AES-256-GCM), and as their recovery code does.
//! - Whoever wants to read opens their key with their password. They get a secret, which is kept nowhere; the store keeps the private key as that secret opens
//!   it, for this session and an hour. So nothing is held in memory between two requests, any node can answer, and a copy of the database opens nothing.
//!
//! What this does not keep out: somebody who changes the running program, or listens to what passes through it, sees what is read and written meanwhile.

pub(crate) mod keys;
pub(crate) mod seal;
