//! Expressions that sqlparser does not read, read through its own hooks.

use super::Extra;
use sqlparser::ast::{Array, CastKind, Expr};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// What an expression may start with beyond what the parser knows.
pub(super) fn prefix(extra: Extra, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    if !extra.typed_arrays {
        return None;
    }
    let typed_array = matches!(&parser.peek_token_ref().token, Token::Word(w) if w.keyword == Keyword::ARRAY)
        && parser.peek_nth_token_ref(1).token == Token::Lt;
    typed_array.then(|| array_constructor(parser))
}

/// BigQuery: `ARRAY<STRUCT<a STRING>>[…]`.
fn array_constructor(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    let data_type = parser.parse_data_type()?;
    parser.expect_token(&Token::LBracket)?;
    let elem = if parser.consume_token(&Token::RBracket) {
        Vec::new()
    } else {
        let elem = parser.parse_comma_separated(Parser::parse_expr)?;
        parser.expect_token(&Token::RBracket)?;
        elem
    };
    Ok(Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(Expr::Array(Array { elem, named: true })),
        data_type,
        format: None,
    })
}
