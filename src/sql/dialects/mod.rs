//! Which parser dialect reads which of our dialects, and what is added to it.

mod hooks;
mod wrapped;

use sqlparser::dialect as d;
use tessera_model::Dialect;
use wrapped::Wrapped;

/// Switches added to a parser dialect.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extra {
    always: bool,
    shifts: bool,
    round_types: bool,
    trailing_commas: bool,
    values: bool,
    typed_arrays: bool,
    lambdas: bool,
}

/// The parser dialect for `dialect`. Trino and Athena have none of their own: the generic one with Trino's types.
pub(crate) fn parser_dialect(dialect: Dialect) -> Box<dyn d::Dialect> {
    let base = Extra { always: true, ..Extra::default() };
    fn boxed<D: d::Dialect>(inner: D, extra: Extra) -> Box<dyn d::Dialect> {
        Box::new(Wrapped { inner, extra })
    }
    match dialect {
        Dialect::Postgres => boxed(d::PostgreSqlDialect {}, base),
        Dialect::Redshift => boxed(d::RedshiftSqlDialect {}, base),
        Dialect::DuckDb => boxed(d::DuckDbDialect {}, Extra { trailing_commas: true, ..base }),
        Dialect::Sqlite => boxed(d::SQLiteDialect {}, Extra { shifts: true, ..base }),
        Dialect::Snowflake => boxed(d::SnowflakeDialect {}, base),
        Dialect::BigQuery => {
            boxed(d::BigQueryDialect {}, Extra { shifts: true, typed_arrays: true, trailing_commas: true, ..base })
        }
        Dialect::Databricks => boxed(d::DatabricksDialect {}, Extra { shifts: true, values: true, ..base }),
        Dialect::SparkSql => boxed(d::SparkSqlDialect {}, Extra { shifts: true, values: true, ..base }),
        Dialect::Hive => boxed(d::HiveDialect {}, Extra { shifts: true, values: true, ..base }),
        Dialect::Trino | Dialect::Athena => {
            boxed(d::GenericDialect {}, Extra { shifts: true, round_types: true, values: true, lambdas: true, ..base })
        }
        Dialect::MySql => boxed(d::MySqlDialect {}, Extra { shifts: true, ..base }),
        Dialect::ClickHouse => boxed(d::ClickHouseDialect {}, base),
        Dialect::TSql => boxed(d::MsSqlDialect {}, base),
        Dialect::Oracle => boxed(d::OracleDialect {}, base),
        Dialect::Teradata => boxed(d::TeradataDialect {}, base),
        Dialect::Generic => boxed(d::GenericDialect {}, Extra { shifts: true, values: true, ..base }),
    }
}
