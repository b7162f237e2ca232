//! What a use case can answer instead of its result. Each has a stable code; the HTTP layer maps kinds to status codes and
//! adds nothing of its own.

use tessera_ports::StoreError;
use tessera_workflow::Refusal;

/// The kind decides the HTTP status: 404, 409, 400, 403, 401, 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    NotFound,
    Conflict,
    Invalid,
    Forbidden,
    Unauthorized,
    Unavailable,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    pub kind: ErrorKind,
    /// `TEAM_NOT_FOUND`, `DUPLICATE_ASSET`, `INVALID_SCHEMA`, …
    pub code: String,
    /// What is wrong, where, and how to mend it.
    pub message: String,
}

impl EngineError {
    pub fn new(kind: ErrorKind, code: &str, message: impl Into<String>) -> Self {
        EngineError { kind, code: code.to_owned(), message: message.into() }
    }
    pub fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        let code = format!("{}_NOT_FOUND", what.to_uppercase().replace(' ', "_"));
        Self::new(ErrorKind::NotFound, &code, format!("no {what} `{id}`"))
    }
    pub fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, code, message)
    }
    pub fn invalid(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, code, message)
    }
    pub fn forbidden(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, code, message)
    }
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, "STORE_UNAVAILABLE", message)
    }
}

impl From<StoreError> for EngineError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Conflict { what } => {
                let code = match what {
                    "team name" => "DUPLICATE_TEAM",
                    "asset name" => "DUPLICATE_ASSET",
                    "registration" => "DUPLICATE_REGISTRATION",
                    "dependency" => "DUPLICATE_DEPENDENCY",
                    "pending proposal" => "DUPLICATE_PROPOSAL",
                    _ => "CONFLICT",
                };
                Self::conflict(code, format!("{what}: somebody else was there first, or it exists already"))
            }
            StoreError::Fenced => Self::unavailable("another daemon leads now"),
            StoreError::Unavailable(m) => Self::unavailable(m),
            StoreError::Corrupt(m) => Self::new(ErrorKind::Unavailable, "STORE_CORRUPT", m),
        }
    }
}

impl From<Refusal> for EngineError {
    fn from(r: Refusal) -> Self {
        let kind = match &r {
            Refusal::NotPending { .. }
            | Refusal::NotApproved { .. }
            | Refusal::NeedsReason { .. }
            | Refusal::NeedsDeadline => ErrorKind::Invalid,
            Refusal::AlreadyAnswered { .. } | Refusal::StaleBase => ErrorKind::Conflict,
            _ => ErrorKind::Forbidden,
        };
        Self::new(kind, &r.code().to_uppercase(), r.to_string())
    }
}

pub type Result<T> = std::result::Result<T, EngineError>;
