//! What the server or the network said, as the three answers a caller acts on: later, not without a grant, or a bug.
//! Messages carry the server's own words and a remedy; none can carry a password, for the driver's errors have none.

use std::error::Error as _;
use std::fmt::Write as _;
use tessera_ports::warehouse::WarehouseError;

/// `doing` finishes the sentence "while …".
pub(crate) fn explain(doing: &str, error: &tokio_postgres::Error) -> WarehouseError {
    let Some(db) = error.as_db_error() else { return explain_transport(doing, error) };
    let code = db.code().code();
    let mut text = format!("PostgreSQL said while {doing}: {} ({code})", db.message());
    if let Some(detail) = db.detail() {
        let _ = write!(text, "; {detail}");
    }
    match code {
        "57014" => WarehouseError::Unavailable(format!(
            "{text}; raise `statement_timeout` of this warehouse if the server is merely slow"
        )),
        "55P03" => WarehouseError::Unavailable(format!("{text}; somebody holds a lock, the next slot tries again")),
        "3D000" => WarehouseError::Refused(format!("{text}; check `database`")),
        "42501" => WarehouseError::Refused(format!("{text}; run the adapter's grants.sql as an administrator")),
        c if c.starts_with("28") => {
            WarehouseError::Refused(format!("{text}; check `user`, `password` and the server's pg_hba.conf"))
        }
        // Connection trouble, lack of resources, operator intervention, a replica's recovery conflict, a system error.
        c if ["08", "53", "57", "40", "58"].iter().any(|class| c.starts_with(class)) => {
            WarehouseError::Unavailable(text)
        }
        _ => WarehouseError::Protocol(text),
    }
}

/// A second failure on the way back from a first one, which is the one to mend: both are told.
pub(crate) fn after(first: &WarehouseError, second: WarehouseError) -> WarehouseError {
    match second {
        WarehouseError::Unavailable(text) => WarehouseError::Unavailable(format!("{text}; before that: {first}")),
        WarehouseError::Refused(text) => WarehouseError::Refused(format!("{text}; before that: {first}")),
        WarehouseError::Protocol(text) => WarehouseError::Protocol(format!("{text}; before that: {first}")),
        WarehouseError::Stopped => WarehouseError::Stopped,
    }
}

fn explain_transport(doing: &str, error: &tokio_postgres::Error) -> WarehouseError {
    let mut text = format!("lost PostgreSQL while {doing}: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            let _ = write!(text, ": {inner_text}");
        }
        cause = inner.source();
    }
    if is_tls(error) {
        let remedy = "check `sslmode` and `sslrootcert` against the server's certificate";
        return WarehouseError::Refused(format!("{text}; {remedy}"));
    }
    WarehouseError::Unavailable(text)
}

/// The driver does not name the kind of its errors; its sentence about TLS is the only sign.
pub(crate) fn is_tls(error: &tokio_postgres::Error) -> bool {
    error.to_string().contains("TLS")
}

/// True when another statement on the same connection may succeed: the server answered and stayed.
pub(crate) fn is_statement_failure(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| {
        let code = db.code().code();
        code == "57014" || code == "55P03" || !["08", "53", "57", "58"].iter().any(|class| code.starts_with(class))
    })
}
