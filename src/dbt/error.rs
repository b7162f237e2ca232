//! Why an artifact as a whole cannot be used. Anything smaller (one odd node, an unknown version) is a finding of the
//! project, not an error.

use thiserror::Error;

/// Each message says what is wrong, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArtifactError {
    #[error("the file is empty: dbt is about to write it, or was stopped; run `dbt compile` again")]
    Empty,
    #[error(
        "incomplete JSON at byte {at_byte}: dbt is still writing it, or was stopped; wait for dbt to finish, or run `dbt compile` again"
    )]
    Incomplete { at_byte: usize },
    #[error("not UTF-8 at byte {at_byte}: {hint}")]
    NotUtf8 { at_byte: usize, hint: String },
    #[error("not JSON at byte {at_byte} (line {line}, column {column}): {why}")]
    NotJson { at_byte: usize, line: usize, column: usize, why: String },
    #[error("this is no {expected}: it looks like {looks_like}; pass the {expected} that dbt writes into `target/`")]
    NotA { expected: String, looks_like: String },
    #[error("larger than {limit} bytes of JSON: raise the limit for artifacts, or pass a smaller project")]
    TooLarge { limit: usize },
    #[error("nested deeper than {limit} levels in `{at}`: no dbt artifact is; check which program wrote it")]
    TooDeep { limit: usize, at: String },
    #[error("damaged gzip data: {why}; copy or compress the file again")]
    BadGzip { why: String },
}

impl ArtifactError {
    /// Whether waiting may help: dbt writes its artifacts in place.
    pub fn is_transient(&self) -> bool {
        matches!(self, ArtifactError::Empty | ArtifactError::Incomplete { .. })
    }

    /// Stable kebab-case code for machine-readable output.
    pub fn code(&self) -> &'static str {
        match self {
            ArtifactError::Empty => "empty",
            ArtifactError::Incomplete { .. } => "incomplete",
            ArtifactError::NotUtf8 { .. } => "not-utf8",
            ArtifactError::NotJson { .. } => "not-json",
            ArtifactError::NotA { .. } => "wrong-artifact",
            ArtifactError::TooLarge { .. } => "too-large",
            ArtifactError::TooDeep { .. } => "too-deep",
            ArtifactError::BadGzip { .. } => "bad-gzip",
        }
    }
}
