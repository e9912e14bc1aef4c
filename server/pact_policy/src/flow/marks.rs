//! The scripts that a path goes through where something is stored, as a small set: enough to tell whether another is told yet.

/// The most scripts that are told apart on a path.
const MOST: usize = 6;

/// A set of scripts, each by a hash of its file's name, so that it is the same whatever else is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks([u32; MOST]);

impl Marks {
    /// The set of the one script in this file.
    pub(crate) fn of(name: &str) -> Self {
        // FNV-1a: two scripts of a path rarely share 32 bits, and then one is told only once.
        let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let mut set = Self::default();
        set.0[0] = hash.max(1);
        set
    }

    /// Both sets, as far as there is room.
    pub(crate) fn with(mut self, other: Self) -> Self {
        for mark in other.0 {
            if let (false, Some(free)) = (mark == 0 || self.0.contains(&mark), self.0.iter().position(|&mark| mark == 0)) {
                self.0[free] = mark;
            }
        }
        self
    }

    /// Whether every script of the other set is in this one.
    pub(crate) fn has(self, other: Self) -> bool {
        other.0.iter().all(|mark| *mark == 0 || self.0.contains(mark))
    }
}
