//! SQL dialects: their names and aliases, and how each folds identifiers. A dialect is how text is *read*; which
//! warehouse is asked over which wire is an adapter's business and appears nowhere here.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A SQL dialect that Tessera can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    Postgres,
    Redshift,
    DuckDb,
    Sqlite,
    Snowflake,
    BigQuery,
    Databricks,
    SparkSql,
    Hive,
    Trino,
    Athena,
    MySql,
    ClickHouse,
    TSql,
    Oracle,
    Teradata,
    #[default]
    Generic,
}

/// What a dialect does to an identifier, and how it compares two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// Unquoted names become lower case; stored names compare exactly.
    Lower,
    /// Unquoted names become upper case; stored names compare exactly.
    Upper,
    /// Names keep their spelling and compare without case, quoted or not.
    Insensitive,
    /// Names keep their spelling and compare exactly.
    Sensitive,
}

impl Dialect {
    pub const ALL: [Dialect; 17] = [
        Dialect::Postgres,
        Dialect::Redshift,
        Dialect::DuckDb,
        Dialect::Sqlite,
        Dialect::Snowflake,
        Dialect::BigQuery,
        Dialect::Databricks,
        Dialect::SparkSql,
        Dialect::Hive,
        Dialect::Trino,
        Dialect::Athena,
        Dialect::MySql,
        Dialect::ClickHouse,
        Dialect::TSql,
        Dialect::Oracle,
        Dialect::Teradata,
        Dialect::Generic,
    ];

    /// The name used in output and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::Redshift => "redshift",
            Dialect::DuckDb => "duckdb",
            Dialect::Sqlite => "sqlite",
            Dialect::Snowflake => "snowflake",
            Dialect::BigQuery => "bigquery",
            Dialect::Databricks => "databricks",
            Dialect::SparkSql => "sparksql",
            Dialect::Hive => "hive",
            Dialect::Trino => "trino",
            Dialect::Athena => "athena",
            Dialect::MySql => "mysql",
            Dialect::ClickHouse => "clickhouse",
            Dialect::TSql => "tsql",
            Dialect::Oracle => "oracle",
            Dialect::Teradata => "teradata",
            Dialect::Generic => "generic",
        }
    }

    /// Reads a dialect's name, a dbt `adapter_type` or another tool's spelling. `None` for a name nobody knows:
    /// the caller decides between an error and `Generic`, because a silent fallback hides typing errors.
    pub fn from_name(name: &str) -> Option<Dialect> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" | "pg" | "greenplum" | "materialize" | "cockroach" | "cockroachdb"
            | "risingwave" | "alloydb" | "timescaledb" => Dialect::Postgres,
            "redshift" => Dialect::Redshift,
            "duckdb" | "duck" | "motherduck" => Dialect::DuckDb,
            "sqlite" | "sqlite3" => Dialect::Sqlite,
            "snowflake" => Dialect::Snowflake,
            "bigquery" | "bq" | "google_bigquery" | "googlesql" => Dialect::BigQuery,
            "databricks" => Dialect::Databricks,
            "spark" | "spark2" | "spark3" | "sparksql" | "spark_sql" | "spark-sql" | "non-validating" => {
                Dialect::SparkSql
            }
            "hive" | "impala" => Dialect::Hive,
            "trino" | "presto" | "prestodb" | "starburst" | "dune" => Dialect::Trino,
            "athena" => Dialect::Athena,
            "mysql" | "mariadb" | "doris" | "starrocks" | "singlestore" => Dialect::MySql,
            "clickhouse" => Dialect::ClickHouse,
            "tsql" | "t-sql" | "mssql" | "sqlserver" | "sql_server" | "synapse" | "fabric" => Dialect::TSql,
            "oracle" | "exasol" => Dialect::Oracle,
            "teradata" => Dialect::Teradata,
            "generic" | "ansi" | "standard" | "vertica" | "db2" | "flink" | "soql" | "" => Dialect::Generic,
            _ => return None,
        })
    }

    /// How names of tables, schemas and databases fold.
    pub fn table_folding(self) -> Folding {
        match self {
            Dialect::Postgres => Folding::Lower,
            Dialect::Snowflake | Dialect::Oracle => Folding::Upper,
            Dialect::BigQuery => Folding::Sensitive,
            _ => Folding::Insensitive,
        }
    }

    /// How column names fold.
    pub fn column_folding(self) -> Folding {
        match self {
            Dialect::Postgres => Folding::Lower,
            Dialect::Snowflake | Dialect::Oracle => Folding::Upper,
            _ => Folding::Insensitive,
        }
    }

    /// The character that quotes an identifier when SQL is rendered.
    pub fn quote(self) -> char {
        match self {
            Dialect::BigQuery | Dialect::Databricks | Dialect::SparkSql | Dialect::Hive | Dialect::MySql => '`',
            _ => '"',
        }
    }
}

impl Folding {
    /// The name as the engine stores it.
    pub fn store(self, text: &str, quoted: bool) -> String {
        match self {
            Folding::Lower if !quoted => text.to_lowercase(),
            Folding::Upper if !quoted => text.to_uppercase(),
            _ => text.to_owned(),
        }
    }

    /// The form in which two *stored* names are compared.
    pub fn key(self, stored: &str) -> String {
        let mut out = String::with_capacity(stored.len());
        self.push_key(stored, &mut out);
        out
    }

    /// Writes the key of a stored name behind what is there.
    pub fn push_key(self, stored: &str, out: &mut String) {
        match self {
            Folding::Insensitive if stored.is_ascii() => {
                let from = out.len();
                out.push_str(stored);
                out[from..].make_ascii_lowercase();
            }
            Folding::Insensitive => out.push_str(&stored.to_lowercase()),
            _ => out.push_str(stored),
        }
    }

    /// Whether `key` is the key of a stored name; makes no copy of names in plain letters.
    pub fn is_key(self, stored: &str, key: &str) -> bool {
        match self {
            Folding::Insensitive if !stored.is_ascii() => stored.to_lowercase() == key,
            Folding::Insensitive => {
                stored.len() == key.len() && stored.bytes().zip(key.bytes()).all(|(s, k)| s.to_ascii_lowercase() == k)
            }
            _ => stored == key,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
