//! Moves everything from one store to another, empty one: `tessera store copy`, from a SQLite file to PostgreSQL. Rows are
//! copied as they are, table by table, in one transaction on the target, and counted again before it commits.

use crate::db::{Access, Arg, Row, Session, args};
use crate::error::Failure;
use crate::store::SqlStore;
use crate::write::placeholders;
use sqlx::AssertSqlSafe;
use tessera_ports::StoreError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Text,
    Int,
    Bytes,
}
use Kind::{Bytes, Id, Int, Text};

pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// How the rows are ordered: the primary key.
    pub(crate) key: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
    /// Rows read at once: few where one may be large.
    at_once: usize,
}

macro_rules! tables {
    ($($name:literal by $key:literal, $at_once:literal: $($column:ident $kind:ident)*;)*) => {
        &[$(Table { name: $name, key: $key, at_once: $at_once, columns: &[$((stringify!($column), $kind)),*] }),*]
    };
}

/// Every table but the list of migrations, referred ones before those that refer to them. A test compares this with what
/// the migrations make.
pub(crate) const TABLES: &[Table] = tables! {
    "team" by "id", 200: id Id name_key Text deleted_at Int doc Text;
    "asset" by "id", 200: id Id fqn_key Text fqn_search Text table_key Text environment Text owner Id project Text
        warehouse Text deleted_at Int doc Text;
    "contract" by "id", 50: id Id asset Id version_key Text status Text doc Text;
    "registration" by "id", 200: id Id asset Id team Id doc Text;
    "dependency" by "id", 200: id Id dependent Id dependency Id doc Text;
    "proposal" by "id", 50: id Id asset Id revision Int status Text proposed_by Id change_set Text doc Text;
    "proposal_team" by "proposal, team", 200: proposal Id team Id;
    "drift" by "id", 50: id Id asset Id fingerprint Text status Text warehouse Text doc Text;
    "scan" by "id", 200: id Id warehouse Text slot Int doc Text;
    "observation" by "warehouse, table_key", 200: warehouse Text table_key Text doc Text;
    "artifact" by "project, kind, environment", 1: project Text kind Text environment Text id Id hash Text
        invocation_id Text generated_at Int received_at Int bytes Bytes;
    "api_key" by "id", 200: id Text doc Text;
    "waiver" by "id", 200: id Id asset Id doc Text;
    "setting" by "name", 200: name Text value Text;
    "audit" by "seq", 50: seq Int id Id at Int entity Text entity_id Text action Text actor Text payload Text hash Text;
    "audit_head" by "id", 1: id Int seq Int hash Text;
    "outbox" by "id", 50: id Id dedupe_key Text thread Text notifier Text target Text subject Text notice Text state Text
        attempts Int created_at Int next_attempt Int lease_by Text lease_until Int last_error Text delivered_at Int
        reference Text;
    "lease" by "name", 200: name Text holder Text epoch Int until Int;
};

/// How many rows of each table were copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub tables: Vec<(&'static str, u64)>,
}

impl Copied {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Copies the store at `from` into the empty one at `to`. No daemon may have a SQLite source open: what it wrote
/// meanwhile would be lost.
pub async fn copy(from: &str, to: &str) -> Result<Copied, StoreError> {
    let source = SqlStore::open(from, Access::Exclusive).await?;
    let target = SqlStore::open(to, Access::Exclusive).await?;
    // Not retried: nothing else may be using either side.
    between(&source, &target, &crate::redact(to)).await.map_err(Failure::into_store)
}

async fn between(source: &SqlStore, target: &SqlStore, to: &str) -> Result<Copied, Failure> {
    let mut reading = source.db.snapshot().await?;
    let mut writing = target.db.write().await?;
    if target.db.is_postgres() {
        writing.script("SET LOCAL statement_timeout = '30min'").await?;
    }
    for table in TABLES.iter().filter(|t| t.name != "audit_head") {
        let rows = count(&mut writing, table).await?;
        if rows > 0 {
            return Err(Failure::unavailable(format!(
                "{to} is not empty ({rows} rows in `{}`): nothing was copied; name an empty database",
                table.name
            )));
        }
    }
    // The migration's empty end of the chain makes room for the real one.
    writing.run("DELETE FROM audit_head", args![]).await?;
    let mut copied = Copied { tables: Vec::new() };
    for table in TABLES {
        let rows = copy_table(&mut reading, &mut writing, table).await?;
        let (before, after) = (count(&mut reading, table).await?, count(&mut writing, table).await?);
        if before != after || rows != after {
            return Err(Failure::corrupt(format!(
                "of `{}` {after} rows arrived of {before}: nothing was copied",
                table.name
            )));
        }
        tracing::info!(table = table.name, rows, "copied");
        copied.tables.push((table.name, rows));
    }
    writing.commit().await?;
    Ok(copied)
}

async fn count(session: &mut Session, table: &Table) -> Result<u64, Failure> {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {}", table.name));
    session.row(sql, args![]).await?.map_or(Ok(0), |row| row.count(0))
}

async fn copy_table(reading: &mut Session, writing: &mut Session, table: &Table) -> Result<u64, Failure> {
    let names = table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let select = format!("SELECT {names} FROM {} ORDER BY {} LIMIT $1 OFFSET $2", table.name, table.key);
    let mut copied = 0;
    loop {
        let page = args![table.at_once as i64, copied as i64];
        let rows = reading.rows(AssertSqlSafe(select.clone()), page).await?;
        if rows.is_empty() {
            return Ok(copied);
        }
        let mut values = Vec::with_capacity(rows.len() * table.columns.len());
        for row in &rows {
            for (position, (_, kind)) in table.columns.iter().enumerate() {
                values.push(value(row, position, *kind)?);
            }
        }
        let places = placeholders(rows.len(), table.columns.len());
        let insert = format!("INSERT INTO {} ({names}) VALUES {places}", table.name);
        copied += writing.run(AssertSqlSafe(insert), values).await?;
    }
}

fn value(row: &Row, position: usize, kind: Kind) -> Result<Arg, Failure> {
    Ok(match kind {
        Id => Arg::Uuid(row.uuid_opt(position)?),
        Text => Arg::Text(row.text_opt(position)?),
        Int => Arg::Int(row.int_opt(position)?),
        Bytes => Arg::Bytes(row.bytes(position)?),
    })
}
