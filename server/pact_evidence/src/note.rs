//! Signed notes (C2SP signed-note) with Ed25519, and the cosignatures of witnesses (C2SP tlog-cosignature, version 1).
//!
//! A note is a text, an empty line, and lines of signatures. Signatures of keys that nobody asks for are kept and say nothing.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// The longest note, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;
/// The most signatures of a note.
pub const MAX_SIGNATURES: usize = 64;
/// What a line of a signature begins with.
const DASH: &str = "\u{2014} ";

/// Why a text is no note, or no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNote {
    /// No text, an empty line and lines of signatures.
    #[error("this is no signed note: it needs a text, an empty line, and lines that begin with \u{2014}")]
    Form,
    /// A line of a signature that cannot be read.
    #[error("a line of a signature cannot be read: it is \u{2014}, the key's name, and base64")]
    Line,
    /// A key that cannot be read.
    #[error("this is no verifier key: it is NAME+ID+KEY, as `pact audit key` prints it")]
    Key,
    /// A name that no key may have.
    #[error("a key's name has no space and no plus sign")]
    Name,
}

/// What a key's signatures say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The log's own word for a text.
    Log,
    /// A witness saw this checkpoint at an instant, and that it continues what it saw before.
    Witness,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }
}

/// A public key with its name: `NAME+ID+KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    kind: Kind,
    key: VerifyingKey,
}

/// A private key with its name.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: SigningKey,
}

/// One signature of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The first bytes of the hash of name and key, by which keys of one name are told apart.
    pub id: [u8; 4],
    /// What follows: the signature, after an instant when it is a witness's.
    bytes: Vec<u8>,
}

/// A text with its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text; it ends with a line break.
    pub text: String,
    /// The signatures, in the order of their lines.
    pub signatures: Vec<NoteSignature>,
}

fn key_id(name: &str, kind: Kind, key: &VerifyingKey) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([b'\n', kind.byte()]);
    hash.update(key.as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn check_name(name: &str) -> Result<(), BadNote> {
    let bad = name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
    if bad { Err(BadNote::Name) } else { Ok(()) }
}

/// What a witness signs: the instant in seconds, and the text.
fn cosigned(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

impl Verifier {
    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its signatures say.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether a signature names this key.
    #[must_use]
    pub fn is_named_by(&self, signature: &NoteSignature) -> bool {
        signature.name == self.name && signature.id == key_id(&self.name, self.kind, &self.key)
    }

    /// Whether a signature is this key's, over this text.
    #[must_use]
    pub fn holds(&self, text: &str, signature: &NoteSignature) -> bool {
        if !self.is_named_by(signature) {
            return false;
        }
        let (signed, bytes) = match self.kind {
            Kind::Log => (text.to_owned(), signature.bytes.as_slice()),
            Kind::Witness => match signature.bytes.split_first_chunk::<8>() {
                Some((seconds, rest)) => (cosigned(text, u64::from_be_bytes(*seconds)), rest),
                None => return false,
            },
        };
        Signature::from_slice(bytes).is_ok_and(|bytes| self.key.verify_strict(signed.as_bytes(), &bytes).is_ok())
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(key_id(&self.name, self.kind, &self.key));
        let key: Vec<u8> = std::iter::once(self.kind.byte()).chain(self.key.to_bytes()).collect();
        write!(out, "{}+{id:08x}+{}", self.name, BASE64_STANDARD.encode(key))
    }
}

impl FromStr for Verifier {
    type Err = BadNote;

    fn from_str(text: &str) -> Result<Self, BadNote> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return Err(BadNote::Key) };
        check_name(name)?;
        let key = BASE64_STANDARD.decode(key).map_err(|_| BadNote::Key)?;
        let (kind, key) = match key.split_first() {
            Some((1, key)) => (Kind::Log, key),
            Some((4, key)) => (Kind::Witness, key),
            Some(_) | None => return Err(BadNote::Key),
        };
        let key = key.try_into().map_err(|_| BadNote::Key)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| BadNote::Key)?;
        let of_key = u32::from_be_bytes(key_id(name, kind, &key));
        if u32::from_str_radix(id, 16) != Ok(of_key) {
            return Err(BadNote::Key);
        }
        Ok(Self { name: name.to_owned(), kind, key })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Signer {
    /// A key under a name.
    ///
    /// # Errors
    /// A name that no key may have.
    pub fn new(name: impl Into<String>, key: SigningKey) -> Result<Self, BadNote> {
        let name = name.into();
        check_name(&name)?;
        Ok(Self { name, key })
    }

    /// The public key, for signatures of this kind.
    #[must_use]
    pub fn verifier(&self, kind: Kind) -> Verifier {
        Verifier { name: self.name.clone(), kind, key: self.key.verifying_key() }
    }

    /// The log's signature of a text.
    #[must_use]
    pub fn sign(&self, text: &str) -> NoteSignature {
        let bytes = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        self.signature(Kind::Log, bytes)
    }

    /// A witness's signature of a checkpoint that it saw at this instant, in seconds since 1970.
    #[must_use]
    pub fn cosign(&self, text: &str, seconds: u64) -> NoteSignature {
        let signature = self.key.sign(cosigned(text, seconds).as_bytes()).to_bytes();
        self.signature(Kind::Witness, seconds.to_be_bytes().into_iter().chain(signature).collect())
    }

    fn signature(&self, kind: Kind, bytes: Vec<u8>) -> NoteSignature {
        NoteSignature { name: self.name.clone(), id: key_id(&self.name, kind, &self.key.verifying_key()), bytes }
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: Vec<u8> = self.id.iter().chain(&self.bytes).copied().collect();
        write!(out, "{DASH}{} {}", self.name, BASE64_STANDARD.encode(bytes))
    }
}

impl FromStr for NoteSignature {
    type Err = BadNote;

    fn from_str(line: &str) -> Result<Self, BadNote> {
        let (name, bytes) = line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or(BadNote::Line)?;
        check_name(name)?;
        let bytes = BASE64_STANDARD.decode(bytes).map_err(|_| BadNote::Line)?;
        let (id, bytes) = bytes.split_first_chunk::<4>().ok_or(BadNote::Line)?;
        Ok(Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
    }
}

impl Note {
    /// Whether one of the signatures is this key's.
    #[must_use]
    pub fn is_signed_by(&self, key: &Verifier) -> bool {
        self.signatures.iter().any(|signature| key.holds(&self.text, signature))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(out, "{signature}"))
    }
}

impl FromStr for Note {
    type Err = BadNote;

    fn from_str(note: &str) -> Result<Self, BadNote> {
        if note.len() > MAX_NOTE_BYTES || note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(BadNote::Form);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(BadNote::Form)?;
        let lines = lines.strip_suffix('\n').ok_or(BadNote::Form)?;
        let signatures: Vec<NoteSignature> = lines.split('\n').map(str::parse).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(BadNote::Form);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }
}
