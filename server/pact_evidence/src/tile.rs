//! Tiles: how hashes and entries are cut into pieces of 256 that never change once they are full (C2SP tlog-tiles).
//!
//! Only the hashes at each eighth level are kept; those between follow from at most 128 of them ([`kept`]).

use crate::tree::{Hash, Node};

/// Hashes or entries of a full tile.
pub const WIDTH: u64 = 256;
/// Levels of the tree that one tile spans.
pub const HEIGHT: u8 = 8;
/// The longest entry that a bundle can hold, in bytes.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Where a piece stands: its number, and how many it holds when it is not full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which piece of its level, from 0.
    pub number: u64,
    /// How many hashes or entries it holds.
    pub width: u64,
}

/// The hashes of kept levels over which a node stands: the kept level, the first hash and how many.
#[must_use]
pub fn kept(node: Node) -> (u8, u64, u64) {
    let above = node.level % HEIGHT;
    (node.level / HEIGHT, node.index << above, 1 << above)
}

/// Whether the hash of a node is kept.
#[must_use]
pub fn is_kept(node: Node) -> bool {
    node.level.is_multiple_of(HEIGHT)
}

impl Place {
    /// The place that a path names: `000`, `x001/234`, `234.p/17`.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let (number, width) = match path.split_once(".p/") {
            Some((number, width)) => (number, Some(width)),
            None => (path, None),
        };
        let mut parts = number.split('/').rev();
        let digits = |part: &str| (part.len() == 3).then(|| part.parse::<u64>().ok()).flatten();
        let (mut number, mut factor) = (digits(parts.next()?)?, 1_000_u64);
        for part in parts {
            number = digits(part.strip_prefix('x')?)?.checked_mul(factor)?.checked_add(number)?;
            factor = factor.checked_mul(1_000)?;
        }
        let width = match width {
            Some(width) => width.parse().ok().filter(|width| (1..WIDTH).contains(width))?,
            None => WIDTH,
        };
        let place = Self { number, width };
        (place.path() == path).then_some(place)
    }

    /// The path of this place.
    #[must_use]
    pub fn path(self) -> String {
        let mut path = format!("{:03}", self.number % 1_000);
        let mut rest = self.number / 1_000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1_000);
            rest /= 1_000;
        }
        if self.width == WIDTH { path } else { format!("{path}.p/{}", self.width) }
    }

    /// Its first hash or entry.
    #[must_use]
    pub fn first(self) -> Option<u64> {
        self.number.checked_mul(WIDTH)
    }

    /// Whether a tree of this size has it at this kept level.
    #[must_use]
    pub fn is_in(self, level: u8, size: u64) -> bool {
        let hashes = size.checked_shr(u32::from(level) * u32::from(HEIGHT)).unwrap_or(0);
        self.first().and_then(|first| first.checked_add(self.width)).is_some_and(|end| end <= hashes)
    }
}

/// A tile as it is served: its hashes, one after the other.
#[must_use]
pub fn tile(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// A bundle of entries as it is served: each with its length before it.
#[must_use]
pub fn bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
        bundle.extend(length.to_be_bytes());
        bundle.extend(&entry[..usize::from(length)]);
    }
    bundle
}
