//! Literals and placeholders: texts by what they say, numbers by their digits.

use super::Lower;
use crate::ir::{Expr, ExprId, Literal, Pos};
use sqlparser::ast::Value;

impl Lower {
    pub(super) fn value(&mut self, value: Value) -> ExprId {
        let literal = match value {
            Value::Number(text, _) => number(&text),
            Value::SingleQuotedString(text)
            | Value::TripleSingleQuotedString(text)
            | Value::TripleDoubleQuotedString(text)
            | Value::EscapedStringLiteral(text)
            | Value::UnicodeStringLiteral(text)
            | Value::SingleQuotedRawStringLiteral(text)
            | Value::DoubleQuotedRawStringLiteral(text)
            | Value::TripleSingleQuotedRawStringLiteral(text)
            | Value::TripleDoubleQuotedRawStringLiteral(text)
            | Value::NationalStringLiteral(text)
            | Value::DoubleQuotedString(text) => Literal::Text(self.intern(&text, true)),
            Value::DollarQuotedString(quoted) => Literal::Text(self.intern(&quoted.value, true)),
            Value::QuoteDelimitedStringLiteral(quoted) | Value::NationalQuoteDelimitedStringLiteral(quoted) => {
                Literal::Text(self.intern(&quoted.value, true))
            }
            Value::SingleQuotedByteStringLiteral(_)
            | Value::DoubleQuotedByteStringLiteral(_)
            | Value::TripleSingleQuotedByteStringLiteral(_)
            | Value::TripleDoubleQuotedByteStringLiteral(_)
            | Value::HexStringLiteral(_) => Literal::Bytes,
            Value::Boolean(value) => Literal::Bool(value),
            Value::Null => Literal::Null,
            Value::Placeholder(text) => return self.placeholder(&text),
        };
        self.push(Expr::Literal(literal))
    }

    /// `$1` names a staged file's column in Snowflake; everywhere else a placeholder stands for a value.
    fn placeholder(&mut self, text: &str) -> ExprId {
        if self.dialect == tessera_model::Dialect::Snowflake && text.starts_with('$') {
            let name = self.intern(text, false);
            let path = self.idents(&[name]);
            return self.push(Expr::Column(path, Pos::default()));
        }
        self.push(Expr::Literal(Literal::Param))
    }
}

fn number(text: &str) -> Literal {
    if text.contains(['e', 'E']) && !text.starts_with("0x") {
        return Literal::Float;
    }
    match text.parse::<i128>() {
        Ok(value) => Literal::Int(value),
        Err(_) => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let scale = text.split_once('.').map_or(0, |(_, tail)| tail.len());
            // A leading zero before the point is not a digit of precision.
            let lead = usize::from(text.starts_with("0."));
            let precision = digits.saturating_sub(lead).max(scale).max(1);
            let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
            Literal::Decimal { precision: short(precision), scale: short(scale) }
        }
    }
}
