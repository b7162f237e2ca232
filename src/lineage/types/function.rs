//! Functions: which aggregate, which take words for arguments, and what they give. The aggregates' results follow the
//! engines' manuals: PostgreSQL "Aggregate Functions", DuckDB `sum`/`avg` binders, Snowflake and BigQuery references.

use super::common::common;
use crate::bind::Typed;
use tessera_model::types::Zone;
use tessera_model::{Dialect, LogicalType};

/// Does the function make one value of many rows?
pub(crate) fn is_aggregate(name: &str) -> bool {
    matches!(
        name,
        "count"
            | "sum"
            | "avg"
            | "min"
            | "max"
            | "mean"
            | "median"
            | "mode"
            | "any_value"
            | "anyvalue"
            | "arbitrary"
            | "first"
            | "last"
            | "count_if"
            | "countif"
            | "sum_if"
            | "sumif"
            | "avgif"
            | "avg_if"
            | "sum_distinct"
            | "approx_count_distinct"
            | "approx_distinct"
            | "approx_percentile"
            | "approx_quantile"
            | "approx_quantiles"
            | "approx_top_count"
            | "approx_set"
            | "hll"
            | "hll_count"
            | "uniq"
            | "uniqexact"
            | "array_agg"
            | "array_concat_agg"
            | "array_union_agg"
            | "list"
            | "string_agg"
            | "listagg"
            | "group_concat"
            | "wm_concat"
            | "collect_list"
            | "collect_set"
            | "grouparray"
            | "groupuniqarray"
            | "json_agg"
            | "jsonb_agg"
            | "json_object_agg"
            | "jsonb_object_agg"
            | "object_agg"
            | "map_agg"
            | "multimap_agg"
            | "xmlagg"
            | "json_arrayagg"
            | "json_objectagg"
            | "json_group_array"
            | "json_group_object"
            | "stddev"
            | "stddev_pop"
            | "stddev_samp"
            | "stdev"
            | "stdevp"
            | "variance"
            | "var_pop"
            | "var_samp"
            | "var"
            | "varp"
            | "corr"
            | "covar_pop"
            | "covar_samp"
            | "skewness"
            | "kurtosis"
            | "entropy"
            | "regr_slope"
            | "regr_intercept"
            | "regr_r2"
            | "regr_count"
            | "regr_avgx"
            | "regr_avgy"
            | "regr_sxx"
            | "regr_sxy"
            | "regr_syy"
            | "bool_and"
            | "bool_or"
            | "every"
            | "some"
            | "logical_and"
            | "logical_or"
            | "booland_agg"
            | "boolor_agg"
            | "bit_and"
            | "bit_or"
            | "bit_xor"
            | "bitand_agg"
            | "bitor_agg"
            | "max_by"
            | "min_by"
            | "argmax"
            | "argmin"
            | "arg_max"
            | "arg_min"
            | "percentile"
            | "percentile_approx"
            | "quantile"
            | "percentile_cont"
            | "percentile_disc"
            | "quantile_cont"
            | "quantile_disc"
            | "histogram"
            | "checksum"
            | "geometric_mean"
            | "product"
            | "fsum"
            | "kahan_sum"
            | "favg"
            | "st_union"
            | "hash_agg"
            | "total"
            | "ratio_to_report"
    )
}

/// Their value is what WITHIN GROUP orders by.
pub(crate) fn is_ordered_set(name: &str) -> bool {
    matches!(name, "percentile_cont" | "percentile_disc")
}

/// Functions that take a bare word such as MONTH.
pub(crate) fn takes_date_part(name: &str) -> bool {
    name.contains("trunc")
        || name.contains("diff")
        || name.starts_with("date")
        || name.starts_with("time")
        || matches!(name, "last_day" | "next_day" | "extract" | "generate_date_array" | "generate_timestamp_array")
}

pub(crate) fn is_date_part(word: &str) -> bool {
    matches!(
        word.to_ascii_lowercase().as_str(),
        "year"
            | "years"
            | "yyyy"
            | "yy"
            | "y"
            | "yr"
            | "quarter"
            | "quarters"
            | "qtr"
            | "q"
            | "qq"
            | "month"
            | "months"
            | "mon"
            | "mm"
            | "m"
            | "week"
            | "weeks"
            | "wk"
            | "ww"
            | "w"
            | "isoweek"
            | "isoyear"
            | "day"
            | "days"
            | "dd"
            | "d"
            | "dayofweek"
            | "dayofyear"
            | "dow"
            | "doy"
            | "dy"
            | "weekday"
            | "dw"
            | "hour"
            | "hours"
            | "hh"
            | "h"
            | "hr"
            | "minute"
            | "minutes"
            | "mi"
            | "n"
            | "min"
            | "second"
            | "seconds"
            | "sec"
            | "ss"
            | "s"
            | "millisecond"
            | "milliseconds"
            | "ms"
            | "microsecond"
            | "microseconds"
            | "us"
            | "mcs"
            | "nanosecond"
            | "nanoseconds"
            | "ns"
            | "epoch"
            | "decade"
            | "century"
            | "millennium"
            | "date"
            | "time"
            | "iso_week"
            | "week_iso"
            | "epoch_second"
            | "epoch_millisecond"
    )
}

/// The type of a call's result.
pub(crate) fn call(dialect: Dialect, name: &str, args: &[Typed]) -> Option<LogicalType> {
    use Dialect as D;
    use LogicalType as T;
    let first = args.first().and_then(|a| a.ty.clone()).filter(|t| !super::is_null(t));
    let text = || {
        // The others keep lengths in their types.
        matches!(
            dialect,
            D::Postgres
                | D::DuckDb
                | D::BigQuery
                | D::Databricks
                | D::SparkSql
                | D::Hive
                | D::Sqlite
                | D::Trino
                | D::Athena
        )
        .then_some(T::TEXT)
    };
    let whole = || match dialect {
        D::DuckDb | D::BigQuery | D::Trino | D::Athena | D::Sqlite => Some(T::BIGINT),
        D::Postgres | D::Redshift | D::Databricks | D::SparkSql | D::Hive | D::TSql => Some(T::INTEGER),
        _ => None,
    };
    match name {
        "count" | "count_if" | "countif" | "approx_count_distinct" | "approx_distinct" | "regr_count" => {
            match dialect {
                D::Snowflake => Some(T::Decimal { precision: Some(18), scale: 0 }),
                D::TSql => Some(T::INTEGER),
                D::Oracle => None,
                D::DuckDb if name == "count_if" || name == "countif" => Some(T::Int { bits: 128, signed: true }),
                D::ClickHouse => Some(T::Int { bits: 64, signed: false }),
                _ => Some(T::BIGINT),
            }
        }
        "sum" => sum(dialect, &first?),
        "avg" | "mean" => avg(dialect, &first?),
        "min" | "max" | "any_value" | "arbitrary" | "first" | "last" | "first_value" | "last_value" | "nth_value"
        | "lag" | "lead" | "max_by" | "min_by" | "arg_max" | "arg_min" | "argmax" | "argmin" | "mode" => first,
        "nullif" => first,
        "abs" => first.filter(LogicalType::is_numeric),
        "coalesce" | "ifnull" | "nvl" | "greatest" | "least" => {
            let mut all = args.iter().map(|a| a.ty.clone());
            let start = all.next()?;
            all.fold(start, |a, b| common(dialect, a, b)).filter(|t| !super::is_null(t))
        }
        "row_number" | "rank" | "dense_rank" | "ntile" => match dialect {
            D::Postgres if name == "ntile" => Some(T::INTEGER),
            D::Postgres | D::Redshift | D::DuckDb | D::BigQuery | D::Trino | D::Athena | D::TSql | D::Sqlite => {
                Some(T::BIGINT)
            }
            D::Databricks | D::SparkSql | D::Hive => Some(T::INTEGER),
            _ => None,
        },
        "percent_rank" | "cume_dist" => Some(T::DOUBLE),
        "bool_and" | "bool_or" | "every" | "logical_and" | "logical_or" | "booland_agg" | "boolor_agg"
        | "starts_with" | "startswith" | "ends_with" | "endswith" | "contains" | "regexp_like" | "regexp_contains"
        | "rlike" | "is_null_value" | "array_contains" | "list_contains" => Some(T::Bool),
        "string_agg"
        | "listagg"
        | "group_concat"
        | "upper"
        | "lower"
        | "trim"
        | "ltrim"
        | "rtrim"
        | "btrim"
        | "replace"
        | "substring"
        | "substr"
        | "left"
        | "right"
        | "concat"
        | "concat_ws"
        | "lpad"
        | "rpad"
        | "regexp_replace"
        | "split_part"
        | "initcap"
        | "reverse"
        | "translate"
        | "repeat"
        | "to_char"
        | "format_date"
        | "format_timestamp"
        | "date_format"
        | "strftime"
        | "json_extract_scalar"
        | "json_value"
        | "get_json_object"
        | "json_extract_string"
        | "regexp_extract"
        | "regexp_substr"
        | "chr"
        | "overlay"
        | "quote_literal"
        | "quote_ident" => match (&first, name) {
            // On bytes these give bytes.
            (Some(T::Bytes { .. }), _) => None,
            (Some(T::Array(_)), _) => None,
            _ => text(),
        },
        "md5" if dialect != D::BigQuery && !matches!(dialect, D::Trino | D::Athena) => text(),
        "to_hex" => text(),
        "length" | "char_length" | "character_length" | "len" | "strpos" | "position" | "instr" | "charindex"
        | "ascii" => whole(),
        "array_agg" | "list" | "collect_list" | "collect_set" => {
            first.filter(|_| dialect != D::Snowflake).map(|t| T::Array(Box::new(t)))
        }
        "sqrt" | "ln" | "exp" | "log" | "log10" | "log2" | "sin" | "cos" | "tan" | "radians" | "degrees" | "power"
        | "pow" => match (dialect, &first) {
            (D::Postgres, Some(T::Float { .. })) => Some(T::DOUBLE),
            (D::Postgres, _) => None,
            (D::BigQuery, Some(T::Decimal { .. })) => None,
            (D::Snowflake | D::DuckDb | D::BigQuery | D::Databricks | D::SparkSql | D::Trino | D::Athena, _) => {
                Some(T::DOUBLE)
            }
            _ => None,
        },
        "random" | "rand" => {
            matches!(dialect, D::Postgres | D::DuckDb | D::BigQuery | D::Trino | D::Databricks).then_some(T::DOUBLE)
        }
        "stddev" | "stddev_pop" | "stddev_samp" | "variance" | "var_pop" | "var_samp" | "corr" | "covar_pop"
        | "covar_samp" => match (dialect, &first) {
            (D::Postgres, Some(T::Float { .. })) => Some(T::DOUBLE),
            (D::Postgres, Some(T::Int { .. } | T::Decimal { .. })) if !name.starts_with("co") => {
                Some(T::Decimal { precision: None, scale: 0 })
            }
            (D::DuckDb | D::BigQuery | D::Trino | D::Athena | D::Databricks | D::SparkSql, _) => Some(T::DOUBLE),
            _ => None,
        },
        "floor" | "ceil" | "ceiling" => match (dialect, first?) {
            (D::Postgres, T::Decimal { .. }) => Some(T::Decimal { precision: None, scale: 0 }),
            (D::Postgres, _) => Some(T::DOUBLE),
            (D::DuckDb, T::Decimal { precision: Some(p), .. }) => Some(T::Decimal { precision: Some(p), scale: 0 }),
            (D::Databricks | D::SparkSql, T::Float { .. }) => Some(T::BIGINT),
            (_, t @ T::Float { .. }) => Some(t),
            _ => None,
        },
        "round" | "trunc" => match (dialect, first?) {
            (D::Postgres, T::Decimal { .. }) => Some(T::Decimal { precision: None, scale: 0 }),
            (D::Postgres, T::Float { .. }) if args.len() == 1 => Some(T::DOUBLE),
            (D::Postgres, _) => None,
            (_, t @ T::Float { .. }) => Some(t),
            _ => None,
        },
        "mod" => match (first?, args.get(1).and_then(|a| a.ty.clone())?) {
            (a @ T::Int { .. }, b @ T::Int { .. }) => common(dialect, Some(a), Some(b)),
            _ => None,
        },
        "current_date" | "to_date" | "date" | "last_day" | "curdate" | "try_to_date" | "make_date" => Some(T::Date),
        "current_timestamp" | "now" | "transaction_timestamp" => match dialect {
            D::Postgres | D::DuckDb | D::BigQuery | D::Databricks | D::SparkSql => Some(T::TIMESTAMPTZ),
            D::Trino | D::Athena => Some(T::Timestamp { precision: Some(3), zone: Zone::Instant }),
            _ => None,
        },
        "date_trunc" | "trunc_date" => {
            // (part, value) everywhere but in BigQuery, where the value comes first.
            let value = if dialect == D::BigQuery { first } else { args.get(1).and_then(|a| a.ty.clone()) }?;
            match (dialect, &value) {
                (D::Postgres, T::Date) => Some(T::TIMESTAMPTZ),
                (D::Postgres, T::Timestamp { zone, .. }) => Some(T::Timestamp { precision: None, zone: *zone }),
                (D::Snowflake | D::BigQuery | D::Trino | D::Athena, T::Date | T::Timestamp { .. }) => Some(value),
                (D::Redshift, T::Timestamp { .. }) => Some(value),
                (D::Databricks | D::SparkSql, _) => Some(T::TIMESTAMPTZ),
                (D::DuckDb, T::Date) => Some(T::Date),
                _ => None,
            }
        }
        "timestamp_trunc" if dialect == D::BigQuery => first,
        "extract" | "date_part" | "datepart" => match dialect {
            D::Postgres if name == "extract" => Some(T::Decimal { precision: None, scale: 0 }),
            D::Postgres => Some(T::DOUBLE),
            D::DuckDb | D::BigQuery | D::Trino | D::Athena => Some(T::BIGINT),
            D::Redshift => Some(T::INTEGER),
            _ => None,
        },
        "year" | "month" | "day" | "quarter" | "week" | "hour" | "minute" | "dayofweek" | "dayofyear"
        | "day_of_week" | "day_of_year" | "dayofmonth" | "weekofyear" => match dialect {
            D::DuckDb | D::Trino | D::Athena => Some(T::BIGINT),
            D::Databricks | D::SparkSql | D::Hive | D::TSql => Some(T::INTEGER),
            _ => None,
        },
        "date_diff" | "datediff" | "timestamp_diff" | "datetime_diff" => match dialect {
            D::DuckDb | D::BigQuery | D::Trino | D::Athena | D::Redshift => Some(T::BIGINT),
            D::Databricks | D::SparkSql | D::Hive | D::TSql if args.len() == 2 || dialect == D::TSql => {
                Some(T::INTEGER)
            }
            _ => None,
        },
        "date_add" | "date_sub" if dialect == D::BigQuery => first,
        "timestamp_add" | "timestamp_sub" | "datetime_add" | "datetime_sub" if dialect == D::BigQuery => first,
        "date_add" | "date_sub" if matches!(dialect, D::Databricks | D::SparkSql | D::Hive) && args.len() == 2 => {
            Some(T::Date)
        }
        "date_add" if matches!(dialect, D::Trino | D::Athena) => args.get(2).and_then(|a| a.ty.clone()),
        "split" | "string_to_array" | "string_split" | "str_split" => {
            (dialect != D::Snowflake).then(|| T::Array(Box::new(T::TEXT)))
        }
        "array_length" | "cardinality" | "array_size" | "list_length" => match dialect {
            D::BigQuery | D::DuckDb | D::Trino | D::Athena => Some(T::BIGINT),
            D::Postgres | D::Databricks | D::SparkSql => Some(T::INTEGER),
            _ => None,
        },
        "gen_random_uuid" | "uuid_generate_v4" | "uuid" if matches!(dialect, D::Postgres | D::DuckDb) => Some(T::Uuid),
        "generate_uuid" => text(),
        "parse_json" | "try_parse_json" | "object_construct" | "array_construct" | "to_variant" | "json_extract"
        | "json_query" | "to_json" | "to_jsonb" | "json_build_object" | "jsonb_build_object" | "row_to_json"
        | "json_agg" | "jsonb_agg" | "json_parse" => {
            matches!(dialect, D::Snowflake | D::Postgres | D::DuckDb).then_some(T::Json)
        }
        _ => None,
    }
}

fn sum(dialect: Dialect, arg: &LogicalType) -> Option<LogicalType> {
    use Dialect as D;
    use LogicalType as T;
    let free = T::Decimal { precision: None, scale: 0 };
    match (dialect, arg) {
        (D::DuckDb, T::Int { .. } | T::Bool) => Some(T::Int { bits: 128, signed: true }),
        (D::DuckDb | D::Snowflake | D::Trino | D::Athena | D::Redshift, T::Decimal { precision: Some(_), scale }) => {
            Some(T::Decimal { precision: Some(38), scale: *scale })
        }
        (D::Postgres, T::Int { bits: 64, .. } | T::Decimal { .. }) => Some(free),
        (D::Postgres, T::Int { .. }) => Some(T::BIGINT),
        (D::Postgres, T::Interval) => Some(T::Interval),
        (D::Redshift, T::Int { bits: 64, .. }) => Some(T::Decimal { precision: Some(38), scale: 0 }),
        (
            D::BigQuery | D::Trino | D::Athena | D::Databricks | D::SparkSql | D::Hive | D::Redshift | D::Sqlite,
            T::Int { .. },
        ) => Some(T::BIGINT),
        (D::BigQuery, T::Decimal { .. }) => Some(arg.clone()),
        (D::Databricks | D::SparkSql | D::Hive, T::Decimal { precision: Some(p), scale }) => {
            Some(T::Decimal { precision: Some((p + 10).min(38)), scale: *scale })
        }
        (D::Postgres | D::Trino | D::Athena, T::Float { .. }) => Some(arg.clone()),
        (_, T::Float { .. }) => Some(T::DOUBLE),
        _ => None,
    }
}

fn avg(dialect: Dialect, arg: &LogicalType) -> Option<LogicalType> {
    use Dialect as D;
    use LogicalType as T;
    match (dialect, arg) {
        (D::DuckDb, T::Int { .. } | T::Decimal { .. } | T::Float { .. }) => Some(T::DOUBLE),
        (D::Postgres, T::Int { .. } | T::Decimal { .. }) => Some(T::Decimal { precision: None, scale: 0 }),
        (D::Postgres, T::Float { .. }) => Some(T::DOUBLE),
        (D::BigQuery, T::Int { .. }) => Some(T::DOUBLE),
        (D::BigQuery, T::Decimal { .. }) => Some(arg.clone()),
        (D::Trino | D::Athena, T::Decimal { .. } | T::Float { bits: 32 }) => Some(arg.clone()),
        (D::Trino | D::Athena | D::Databricks | D::SparkSql | D::Hive | D::Sqlite, T::Int { .. }) => Some(T::DOUBLE),
        (D::Databricks | D::SparkSql | D::Hive, T::Decimal { precision: Some(p), scale }) => {
            Some(T::Decimal { precision: Some((p + 4).min(38)), scale: (*scale + 4).min(38) })
        }
        (D::Snowflake, T::Decimal { precision: Some(_), scale }) => {
            Some(T::Decimal { precision: Some(38), scale: (*scale).max((*scale + 6).min(12)) })
        }
        (_, T::Float { .. }) => Some(T::DOUBLE),
        _ => None,
    }
}
