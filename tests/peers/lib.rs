//! What the comparisons with peers share: seeded chance, how much of it, and a diff's worst judgments.

use serde_json::Value;
use tessera_diff::{Diff, DiffError, Options, diff};
use tessera_model::change::{Change, Judgment};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

/// A small generator of numbers (SplitMix64): the same seed gives the same run everywhere.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    #[allow(clippy::should_implement_trait)] // a source of numbers, not a sequence
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// How many values, queries or documents a run takes: `TESSERA_PEERS`, else a small slice.
pub fn wanted(slice: usize) -> usize {
    std::env::var("TESSERA_PEERS").ok().and_then(|n| n.parse().ok()).unwrap_or(slice)
}

/// The seed of a run: `TESSERA_PEERS_SEED`, else always the same.
pub fn seed() -> u64 {
    std::env::var("TESSERA_PEERS_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// The diff in the strictest mode, so that every change is there.
pub fn compare(format: SchemaFormat, old: &Value, new: &Value) -> Result<Diff, DiffError> {
    diff(format, old, new, Compatibility::new(Mode::Full), &Options::default())
}

/// The worst judgments of all changes: (reads, writes).
pub fn worst(changes: &[Change]) -> (Judgment, Judgment) {
    let of = |get: fn(&Change) -> Judgment| changes.iter().map(get).max().unwrap_or(Judgment::Ok);
    (of(|c| c.reads), of(|c| c.writes))
}
