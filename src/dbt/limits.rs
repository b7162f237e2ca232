//! How much of an artifact we are willing to hold. A manifest comes from outside, so its size is bounded before it is
//! read, and a gzipped one before it is unpacked.

/// Bounds on one artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the plain JSON text, in bytes.
    pub max_bytes: usize,
    /// Of nesting inside one node. The JSON reader's own bound of 128 is never exceeded.
    pub max_depth: usize,
}

impl Limits {
    /// The JSON reader's own bound.
    pub const DEPTH: usize = 128;
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bytes: 1 << 30, max_depth: Limits::DEPTH }
    }
}
