//! What can be wrong with the input of a diff: which side, where, and how to mend it.

use std::fmt;

/// Which of the two schemas is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Old,
    New,
    /// There is only one.
    Given,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffError {
    /// One side cannot be read as a schema of its format; `path` is a JSON pointer into it (empty: the whole).
    NotASchema { side: Side, message: String, path: String },
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Old => "old",
            Side::New => "new",
            Side::Given => "given",
        })
    }
}

impl fmt::Display for DiffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiffError::NotASchema { side, message, path } if path.is_empty() => write!(f, "{side} schema: {message}"),
            DiffError::NotASchema { side, message, path } => write!(f, "{side} schema at `{path}`: {message}"),
        }
    }
}

impl std::error::Error for DiffError {}
