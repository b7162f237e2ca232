//! From a database's error to the store's: what is a conflict (and of what), what is worth a retry, what means that the
//! store cannot be reached, and what means that it is not what we think it is.

use tessera_ports::StoreError;

/// Why an attempt failed, inside this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The database asks to run the whole transaction again (serialisation failure, deadlock).
    Again(String),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl Failure {
    pub(crate) fn conflict(what: &'static str) -> Self {
        Failure::Store(StoreError::Conflict { what })
    }
    pub(crate) fn corrupt(message: impl Into<String>) -> Self {
        Failure::Store(StoreError::Corrupt(message.into()))
    }
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Failure::Store(StoreError::Unavailable(message.into()))
    }

    pub(crate) fn into_store(self) -> StoreError {
        match self {
            Failure::Again(message) => StoreError::Unavailable(message),
            Failure::Store(error) => error,
        }
    }
}

/// Each unique rule: its index, what SQLite calls it in a message (the columns), and what the conflict is called.
const UNIQUE: [(&str, &str, &str); 18] = [
    ("team_name", "team.name_key", "team name"),
    ("asset_name", "asset.table_key, asset.environment", "asset name"),
    ("contract_active", "contract.asset", "active contract"),
    ("registration_pair", "registration.asset, registration.team", "registration"),
    ("dependency_pair", "dependency.dependent, dependency.dependency", "dependency"),
    ("proposal_pending", "proposal.asset", "pending proposal"),
    ("drift_open", "drift.asset, drift.fingerprint", "open drift"),
    ("scan_slot", "scan.warehouse, scan.slot", "scan slot"),
    ("contract_pkey", "contract.id", "contract id"),
    ("audit_id_key", "audit.id", "audit event id"),
    ("audit_pkey", "audit.seq", "audit sequence"),
    ("outbox_pkey", "outbox.id", "outbox id"),
    // The rest are written with ON CONFLICT and cannot collide; they are here so that the list is whole.
    ("outbox_dedupe", "outbox.dedupe_key", "outbox dedupe key"),
    ("proposal_team_pkey", "proposal_team.proposal, proposal_team.team", "proposal team"),
    ("observation_pkey", "observation.warehouse, observation.table_key", "observation"),
    ("artifact_pkey", "artifact.project, artifact.kind, artifact.environment", "artifact"),
    ("setting_pkey", "setting.name", "setting"),
    ("lease_pkey", "lease.name", "lease"),
];

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => classify(database.as_ref()),
            sqlx::Error::PoolTimedOut => {
                Failure::unavailable("no connection in time: the database is down, unreachable or too busy")
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Configuration(_) => Failure::unavailable(error.to_string()),
            _ => Failure::corrupt(error.to_string()),
        }
    }
}

fn classify(error: &dyn sqlx::error::DatabaseError) -> Failure {
    let message = error.message();
    if error.is_unique_violation() {
        let named = |(index, columns, _): &&(&str, &str, &str)| match error.constraint() {
            Some(constraint) => constraint == *index,
            None => message.strip_prefix("UNIQUE constraint failed: ").is_some_and(|c| c == *columns),
        };
        return Failure::conflict(UNIQUE.iter().find(named).map_or("duplicate id", |(.., what)| what));
    }
    let code = error.code().unwrap_or_default().into_owned();
    if error.is_foreign_key_violation() {
        return Failure::corrupt(format!("the batch names a record that is not stored ({message})"));
    }
    let sqlite = error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
    let full = format!("{message} (code {code})");
    if sqlite {
        // The low byte is the primary result code: busy, locked, read-only, interrupted, I/O, full, cannot open, protocol.
        return match code.parse::<u32>().unwrap_or(0) & 0xff {
            5 | 6 | 8 | 9 | 10 | 13 | 14 | 15 => Failure::unavailable(full),
            _ => Failure::corrupt(full),
        };
    }
    match code.as_str() {
        "40001" | "40P01" => Failure::Again(full),
        // Undefined tables, columns, types, syntax, wrong data: the schema or the data is not what we know.
        c if c.starts_with("42") && c != "42501" => Failure::corrupt(full),
        c if c.starts_with("22") || c.starts_with("23") || c.starts_with("54") || c.starts_with("XX") => {
            Failure::corrupt(full)
        }
        _ => Failure::unavailable(full),
    }
}
