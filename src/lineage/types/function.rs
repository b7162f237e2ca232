//! Functions by dialect: which aggregate, which arguments only decide or are words, and what a call gives. What is known
//! of them are the files in `functions`; a dialect's own lines come before those of the dialect that it resembles, and
//! those before the lines that hold everywhere.

use super::modifiers::Keeps;
use super::read::{Section, lines};
use super::signature::{Arg, Fits, Nulls, Param, Signature};
use crate::bind::Typed;
use std::sync::LazyLock;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::hash::FastMap;

/// All that is known of one function in one dialect.
#[derive(Debug)]
pub(crate) struct Function {
    /// Makes one value of many rows.
    pub(crate) aggregate: bool,
    /// Gives as many rows as its argument has elements.
    pub(crate) makes_rows: bool,
    /// Its value is what WITHIN GROUP orders by.
    pub(crate) ordered_set: bool,
    /// Some argument is a word such as MONTH.
    pub(crate) takes_part: bool,
    decides: bool,
    keeps: Keeps,
    signatures: Vec<Signature>,
}

type Table = FastMap<&'static str, Function>;

const COMMON: &str = include_str!("functions/common.txt");
const TEXT: &str = include_str!("functions/text.txt");

/// Do texts have one type only, whatever their length?
fn keeps_no_length(dialect: Dialect) -> bool {
    use Dialect as D;
    match dialect {
        D::Postgres
        | D::DuckDb
        | D::Sqlite
        | D::BigQuery
        | D::Databricks
        | D::SparkSql
        | D::Hive
        | D::Trino
        | D::Athena
        | D::ClickHouse
        | D::Generic => true,
        D::Redshift | D::Snowflake | D::MySql | D::TSql | D::Oracle | D::Teradata => false,
    }
}

/// A dialect's files, its own first.
fn files(dialect: Dialect) -> &'static [(Dialect, &'static str)] {
    use Dialect as D;
    macro_rules! file {
        ($dialect:expr, $name:literal) => {
            ($dialect, include_str!(concat!("functions/", $name, ".txt")))
        };
    }
    match dialect {
        D::Postgres => &[file!(D::Postgres, "postgres")],
        D::Redshift => &[file!(D::Redshift, "redshift")],
        D::DuckDb => &[file!(D::DuckDb, "duckdb")],
        D::Sqlite => &[file!(D::Sqlite, "sqlite")],
        D::Snowflake => &[file!(D::Snowflake, "snowflake")],
        D::BigQuery => &[file!(D::BigQuery, "bigquery")],
        D::Databricks | D::SparkSql => &[file!(D::Databricks, "spark")],
        D::Hive => &[file!(D::Hive, "hive"), file!(D::Hive, "spark")],
        D::Trino | D::Athena => &[file!(D::Trino, "trino")],
        D::MySql => &[file!(D::MySql, "mysql")],
        D::ClickHouse => &[file!(D::ClickHouse, "clickhouse")],
        D::TSql => &[file!(D::TSql, "tsql")],
        D::Oracle => &[file!(D::Oracle, "oracle")],
        D::Teradata => &[file!(D::Teradata, "teradata")],
        D::Generic => &[file!(D::Generic, "generic")],
    }
}

/// Each dialect's table is read once, when it is first asked for, and never changes.
static TABLES: [LazyLock<Table>; Dialect::ALL.len()] = {
    macro_rules! tables {
        ($($dialect:ident)*) => {
            [$(LazyLock::new(|| table(Dialect::$dialect))),*]
        };
    }
    tables! { Postgres Redshift DuckDb Sqlite Snowflake BigQuery Databricks SparkSql Hive Trino Athena MySql ClickHouse TSql Oracle Teradata Generic }
};

fn table(dialect: Dialect) -> Table {
    let mut table = Table::default();
    let own = files(dialect).iter().map(|(spelling, text)| (*spelling, *text, true));
    let text = keeps_no_length(dialect).then_some((Dialect::Generic, TEXT, false));
    for (spelling, text, own) in own.chain(text).chain([(Dialect::Generic, COMMON, false)]) {
        for line in lines(spelling, text).0 {
            let takes_part = line.signature.slots.iter().any(|s| s.param == Param::Part);
            for name in line.names {
                let function = table.entry(name).or_insert_with(|| Function {
                    aggregate: false,
                    makes_rows: false,
                    ordered_set: false,
                    takes_part: false,
                    decides: false,
                    keeps: Keeps::by_name(name),
                    signatures: Vec::new(),
                });
                // Where the word stands is the dialect's business.
                if !own && takes_part && !function.signatures.is_empty() {
                    continue;
                }
                function.aggregate |= matches!(line.section, Section::Aggregates | Section::OrderedSets);
                function.makes_rows |= line.section == Section::RowMakers;
                function.ordered_set |= line.section == Section::OrderedSets;
                function.takes_part |= takes_part;
                function.decides |=
                    line.signature.slots.iter().any(|s| s.decides || matches!(s.param, Param::Cases(_)));
                function.signatures.push(line.signature.clone());
            }
        }
    }
    table
}

/// The longest name in any file fits.
const LONGEST: usize = 48;

/// The function of that name, written in any case.
pub(crate) fn function(dialect: Dialect, name: &str) -> Option<&'static Function> {
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    TABLES[dialect as usize].get(std::str::from_utf8(lower).ok()?)
}

impl Function {
    /// Does the argument only choose between others?
    pub(crate) fn decides(&self, index: usize, count: usize) -> bool {
        self.decides && self.signatures.iter().any(|s| s.takes(count) && s.decides(index, count))
    }

    /// May the argument be a word such as MONTH?
    pub(crate) fn part_at(&self, index: usize, count: usize) -> bool {
        self.takes_part
            && self
                .signatures
                .iter()
                .any(|s| s.takes(count) && s.slot(index).is_some_and(|slot| slot.param == Param::Part))
    }

    /// What a call gives.
    pub(crate) fn call(&self, dialect: Dialect, args: &[Arg<'_>]) -> Typed {
        let typed = self.fitting(dialect, args);
        if dialect == Dialect::Postgres { self.keeps.of_call(args, typed) } else { typed }
    }

    /// What the first line that fits says. Where arguments of unknown type leave several lines open that disagree, nothing
    /// is known.
    fn fitting(&self, dialect: Dialect, args: &[Arg<'_>]) -> Typed {
        let mut open: Option<Option<LogicalType>> = None;
        for signature in &self.signatures {
            let (fits, ty) = signature.apply(dialect, args);
            match fits {
                Fits::No => {}
                Fits::Perhaps => match &open {
                    None => open = Some(ty),
                    Some(before) if *before == ty => {}
                    Some(_) => return Typed::default(),
                },
                Fits::Yes => {
                    let nullable = signature.nulls.of(args);
                    return match open {
                        Some(before) if before != ty => Typed { nullable, ..Typed::default() },
                        _ => Typed { ty, nullable, ..Typed::default() },
                    };
                }
            }
        }
        Typed { ty: open.flatten(), ..Typed::default() }
    }
}

impl Nulls {
    fn of(self, args: &[Arg<'_>]) -> Option<bool> {
        let mut all = args.iter().map(|a| a.typed.nullable);
        match self {
            Nulls::Unknown => None,
            Nulls::Never => Some(false),
            Nulls::Strict => super::strict_nullable(all),
            Nulls::All => all.any(|n| n == Some(false)).then_some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_file_can_be_read() {
        for dialect in Dialect::ALL {
            for (spelling, text) in
                files(dialect).iter().copied().chain([(Dialect::Generic, COMMON), (Dialect::Generic, TEXT)])
            {
                let bad = lines(spelling, text).1;
                assert!(bad.is_empty(), "{dialect}: {bad:#?}");
            }
            assert!(table(dialect).keys().all(|name| name.len() <= LONGEST));
            assert!(function(dialect, "COUNT").is_some_and(|f| f.aggregate));
            assert_eq!(Dialect::ALL[dialect as usize], dialect, "tables are in the order of the dialects");
        }
    }
}
