//! The text by which some dialects name a column that has no alias. DuckDB's rules are its binder's rendering of an
//! expression (`ParsedExpression::ToString`); the others keep the text as it was written, to which the parser's
//! rendering comes close.

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, InTarget, Value,
};
use tessera_model::Dialect;

/// The name's text; `None` where the dialect does not name by text or the expression is a plain column.
pub(super) fn text(dialect: Dialect, expr: &Expr) -> Option<Box<str>> {
    if matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
        return None;
    }
    match dialect {
        Dialect::DuckDb => duck(expr, 0).map(Into::into),
        Dialect::Snowflake | Dialect::Oracle => Some(expr.to_string().to_uppercase().into()),
        Dialect::Databricks | Dialect::SparkSql => Some(spark(expr).into()),
        Dialect::Sqlite | Dialect::MySql | Dialect::ClickHouse | Dialect::Generic | Dialect::Teradata => {
            Some(expr.to_string().into())
        }
        Dialect::Postgres
        | Dialect::Redshift
        | Dialect::BigQuery
        | Dialect::Hive
        | Dialect::Trino
        | Dialect::Athena
        | Dialect::TSql => None,
    }
}

/// Spark writes the analysed expression: function names in lower case, `count(1)` for `count(*)`.
fn spark(expr: &Expr) -> String {
    match expr {
        Expr::Function(function) if function.over.is_none() => {
            let name = function.name.to_string().to_lowercase();
            let args = match &function.args {
                FunctionArguments::List(list) => list.args.iter().map(|a| match a {
                    FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => "1".to_owned(),
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => spark(e),
                    other => other.to_string(),
                }),
                _ => return expr.to_string(),
            };
            format!("{name}({})", args.collect::<Vec<_>>().join(", "))
        }
        Expr::BinaryOp { left, op, right } => format!("({} {op} {})", spark(left), spark(right)),
        Expr::Nested(inner) => spark(inner),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => text.clone(),
            other => other.to_string(),
        },
        other => other.to_string(),
    }
}

fn duck(expr: &Expr, depth: usize) -> Option<String> {
    if depth > 200 {
        return None;
    }
    let d = |e: &Expr| duck(e, depth + 1);
    let list = |items: &[Expr]| Some(items.iter().map(d).collect::<Option<Vec<_>>>()?.join(", "));
    Some(match expr {
        Expr::Identifier(ident) => quoted(&ident.value),
        Expr::CompoundIdentifier(parts) => parts.iter().map(|p| quoted(&p.value)).collect::<Vec<_>>().join("."),
        Expr::Nested(inner) => d(inner)?,
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => format!("'{}'", text.replace('\'', "''")),
            Value::Boolean(true) => "CAST('t' AS BOOLEAN)".to_owned(),
            Value::Boolean(false) => "CAST('f' AS BOOLEAN)".to_owned(),
            Value::Null => "NULL".to_owned(),
            other => other.to_string(),
        },
        Expr::BinaryOp { left, op, right } => {
            // Runs of AND are one conjunction: `(a AND b AND c)`.
            if matches!(op, BinaryOperator::And | BinaryOperator::Or) {
                let mut terms = vec![right.as_ref()];
                let mut rest = left.as_ref();
                while let Expr::BinaryOp { left, op: inner, right } = rest {
                    if inner != op {
                        break;
                    }
                    terms.push(right.as_ref());
                    rest = left.as_ref();
                }
                terms.push(rest);
                terms.reverse();
                let terms = terms.into_iter().map(d).collect::<Option<Vec<_>>>()?;
                format!("({})", terms.join(&format!(" {op} ")))
            } else {
                let op = op.to_string();
                let op = if op == "<>" { "!=".to_owned() } else { op };
                format!("({} {op} {})", d(left)?, d(right)?)
            }
        }
        Expr::UnaryOp { op, expr } => match op.to_string().as_str() {
            "NOT" => format!("(NOT {})", d(expr)?),
            "-" => match expr.as_ref() {
                Expr::Value(_) => format!("-{}", d(expr)?),
                other => format!("-({})", d(other)?),
            },
            "+" => format!("+({})", d(expr)?),
            _ => return None,
        },
        Expr::IsNull(e) => format!("({} IS NULL)", d(e)?),
        Expr::IsNotNull(e) => format!("({} IS NOT NULL)", d(e)?),
        Expr::Between { expr, negated, low, high } => {
            let between = format!("({} BETWEEN {} AND {})", d(expr)?, d(low)?, d(high)?);
            if *negated { format!("(NOT {between})") } else { between }
        }
        Expr::In { expr, target: InTarget::List(items), negated, global: _ } => {
            format!("({} {}IN ({}))", d(expr)?, if *negated { "NOT " } else { "" }, list(items)?)
        }
        Expr::Like { negated, expr, pattern, any: false, escape_char: None } => {
            format!("({} {} {})", d(expr)?, if *negated { "!~~" } else { "~~" }, d(pattern)?)
        }
        Expr::Cast { kind, expr, data_type, format: _ } => {
            let ty = tessera_model::LogicalType::parse(Dialect::DuckDb, &data_type.to_string());
            let word = if matches!(kind, CastKind::TryCast | CastKind::SafeCast) { "TRY_CAST" } else { "CAST" };
            format!("{word}({} AS {})", d(expr)?, ty.spell(Dialect::DuckDb))
        }
        Expr::Case { operand: None, conditions, else_result, .. } => {
            let mut out = "CASE ".to_owned();
            for when in conditions {
                out.push_str(&format!(" WHEN ({}) THEN ({})", strip(&d(&when.condition)?), strip(&d(&when.result)?)));
            }
            let tail = else_result.as_ref().map_or(Some("NULL".to_owned()), |e| d(e))?;
            out.push_str(&format!(" ELSE {tail} END"));
            out
        }
        Expr::Function(function) if function.over.is_none() && function.filter.is_none() => {
            let name = function.name.to_string().to_lowercase();
            let FunctionArguments::List(args) = &function.args else { return Some(format!("{name}()")) };
            let mut parts = Vec::new();
            for arg in &args.args {
                match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if name == "count" => {
                        return Some("count_star()".to_owned());
                    }
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => parts.push(d(e)?),
                    _ => return None,
                }
            }
            let distinct = matches!(args.duplicate_treatment, Some(sqlparser::ast::DuplicateTreatment::Distinct));
            format!("{name}({}{})", if distinct { "DISTINCT " } else { "" }, parts.join(", "))
        }
        Expr::Array(array) => format!("main.list_value({})", list(&array.elem)?),
        other => other.to_string(),
    })
}

fn strip(text: &str) -> &str {
    text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).filter(|t| balanced(t)).unwrap_or(text)
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    text.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    })
}

fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain || name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
