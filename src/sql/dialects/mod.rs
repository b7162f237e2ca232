//! Which parser dialect reads which of our dialects, and what is added to it.

mod hooks;
mod quick;
mod wrapped;

use crate::tokens::{keyword, solid};
use sqlparser::dialect as d;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::TokenWithSpan;
use std::cell::Cell;
use std::rc::Rc;
use tessera_model::Dialect;
use wrapped::Wrapped;

/// Switches added to a parser dialect.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extra {
    always: bool,
    shifts: bool,
    /// Hive's family: double quotes hold strings with backslashes, rows come from several columns at once.
    hive: bool,
    /// `ROW(a INT)`, `ARRAY<T>` and `MAP<K, V>` as types.
    row_types: bool,
    round_types: bool,
    trailing_commas: bool,
    values: bool,
    typed_arrays: bool,
    lambdas: bool,
    bang: bool,
    wildcard_rename: bool,
}

/// Steps that one parse may still take. The parser goes back and tries again where it cannot tell forms apart, and some
/// texts make that exponential; a limit in steps stops them after the same work on every machine.
#[derive(Debug, Default)]
pub(crate) struct Fuel {
    left: Cell<u64>,
    quick: Cell<bool>,
}

impl Fuel {
    /// Sets the limit for a statement of so many tokens.
    pub(crate) fn fill(&self, tokens: usize) {
        self.left.set(STEPS_BASE.saturating_add(STEPS_PER_TOKEN.saturating_mul(tokens as u64)));
    }

    /// Takes a step; true when there was none left.
    fn burn(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left == 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left.get() == 0
    }

    /// Whether `quick` may be taken: what fails that way is read again without.
    pub(crate) fn set_quick(&self, quick: bool) {
        self.quick.set(quick);
    }
}

const STEPS_BASE: u64 = 20_000;
const STEPS_PER_TOKEN: u64 = 20;

/// A parser dialect and its limit.
pub(crate) struct Reader {
    pub(crate) dialect: Box<dyn d::Dialect>,
    pub(crate) fuel: Rc<Fuel>,
}

/// The parser dialect for `dialect`. Trino and Athena have none of their own: the generic one with Trino's types.
pub(crate) fn reader(dialect: Dialect) -> Reader {
    let base = Extra { always: true, ..Extra::default() };
    let hive = Extra { shifts: true, values: true, hive: true, bang: true, row_types: true, ..base };
    fn boxed<D: d::Dialect>(inner: D, extra: Extra) -> Reader {
        let fuel = Rc::new(Fuel::default());
        fuel.fill(0);
        Reader { dialect: Box::new(Wrapped { inner, extra, fuel: Rc::clone(&fuel) }), fuel }
    }
    match dialect {
        Dialect::Postgres => boxed(d::PostgreSqlDialect {}, base),
        Dialect::Redshift => boxed(d::RedshiftSqlDialect {}, Extra { trailing_commas: true, ..base }),
        Dialect::DuckDb => boxed(d::DuckDbDialect {}, Extra { trailing_commas: true, wildcard_rename: true, ..base }),
        Dialect::Sqlite => boxed(d::SQLiteDialect {}, Extra { shifts: true, ..base }),
        Dialect::Snowflake => boxed(d::SnowflakeDialect {}, base),
        Dialect::BigQuery => {
            boxed(d::BigQueryDialect {}, Extra { shifts: true, typed_arrays: true, trailing_commas: true, ..base })
        }
        Dialect::Databricks => boxed(d::DatabricksDialect {}, hive),
        Dialect::SparkSql => boxed(d::SparkSqlDialect {}, hive),
        Dialect::Hive => boxed(d::HiveDialect {}, hive),
        Dialect::Trino | Dialect::Athena => {
            let trino = Extra { shifts: true, values: true, lambdas: true, row_types: true, round_types: true, ..base };
            boxed(d::GenericDialect {}, trino)
        }
        Dialect::MySql => boxed(d::MySqlDialect {}, Extra { shifts: true, bang: true, ..base }),
        Dialect::ClickHouse => boxed(d::ClickHouseDialect {}, base),
        Dialect::TSql => boxed(d::MsSqlDialect {}, base),
        Dialect::Oracle => boxed(d::OracleDialect {}, base),
        Dialect::Teradata => boxed(d::TeradataDialect {}, base),
        Dialect::Generic => boxed(d::GenericDialect {}, Extra { shifts: true, values: true, ..base }),
    }
}

/// The dialect whose form a statement is written in, where the parser reads that form in another dialect only.
pub(crate) fn lender(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<Dialect> {
    let first = solid(tokens, 0);
    let second = tokens.get(solid(tokens, first + 1));
    let snowflake = match keyword(tokens.get(first)) {
        Keyword::COPY => keyword(second) == Keyword::INTO,
        Keyword::INSERT => matches!(keyword(second), Keyword::ALL | Keyword::FIRST),
        _ => false,
    };
    (snowflake && dialect != Dialect::Snowflake).then_some(Dialect::Snowflake)
}
