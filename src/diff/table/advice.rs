//! What to do instead, in the warehouse's own words: expand first, contract when the readers have moved.

use tessera_model::dialect::Folding;
use tessera_model::{Column, Dialect};

/// For a column that goes away; `renamed` when it seems to live on under another name.
pub(crate) fn removed(dialect: Dialect, column: &Column, renamed: Option<&str>) -> String {
    let name = quoted(dialect, &column.name);
    match renamed {
        Some(new) => format!(
            "publish both for a while: keep the old name as an alias in the model or a view (`SELECT …, {} AS {name}`), then drop it when its readers have moved",
            quoted(dialect, new)
        ),
        None => format!(
            "keep {name} and mark it deprecated (in dbt: a new model version, with `deprecation_date` on the old one); drop it when its readers have moved"
        ),
    }
}

/// For a type that changes so that readers break.
pub(crate) fn retyped(dialect: Dialect, column: &str, to: &str) -> String {
    let (old, new) = (quoted(dialect, column), quoted(dialect, &format!("{column}_v2")));
    let add = match dialect {
        Dialect::BigQuery | Dialect::Snowflake | Dialect::Postgres | Dialect::Redshift | Dialect::DuckDb => {
            format!("ALTER TABLE … ADD COLUMN {new} {to}")
        }
        Dialect::Databricks | Dialect::SparkSql | Dialect::Hive => format!("ALTER TABLE … ADD COLUMNS ({new} {to})"),
        Dialect::TSql | Dialect::Oracle | Dialect::Teradata => format!("ALTER TABLE … ADD {new} {to}"),
        _ => format!("ALTER TABLE … ADD COLUMN {new} {to}"),
    };
    let mut said = format!("add a second column ({add}), fill both, move the readers, then drop {old}");
    if dialect == Dialect::Postgres {
        said.push_str("; PostgreSQL refuses to alter a column that a view uses");
    }
    said
}

pub(crate) fn nullable_added(dialect: Dialect, column: &str) -> String {
    let name = quoted(dialect, column);
    format!(
        "fill it instead (`COALESCE({name}, …)` in the model) and keep NOT NULL, or ask those who filter or join by it"
    )
}

/// Words that most engines reserve and people call columns by.
const RESERVED: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "asc",
    "between",
    "both",
    "by",
    "case",
    "cast",
    "check",
    "column",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_user",
    "default",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "except",
    "exists",
    "fetch",
    "for",
    "foreign",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "in",
    "index",
    "inner",
    "intersect",
    "into",
    "is",
    "join",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "primary",
    "qualify",
    "range",
    "references",
    "right",
    "row",
    "rows",
    "select",
    "set",
    "some",
    "start",
    "table",
    "then",
    "to",
    "true",
    "false",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
];

/// Quotes where the name needs it: other characters, a reserved word, or capitals where they would be folded away.
pub(crate) fn quoted(dialect: Dialect, name: &str) -> String {
    let folds = dialect.column_folding() == Folding::Lower && name.chars().any(|c| c.is_ascii_uppercase());
    let plain =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if name.is_empty() || plain && !folds && !RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return name.to_owned();
    }
    let q = dialect.quote();
    format!("{q}{}{q}", name.replace(q, &format!("{q}{q}")))
}
