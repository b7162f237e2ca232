//! Expressions that sqlparser does not read, read through its own hooks.

use super::Extra;
use sqlparser::ast::{
    Array, ArrayElemTypeDef, CastKind, DataType, Expr, MapBracketKind, StructBracketKind, StructField,
};
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

/// Trino: `ROW(a integer, varchar)` and `ARRAY<T>`.
pub(super) fn data_type(extra: Extra, parser: &mut Parser<'_>) -> Option<Result<DataType, ParserError>> {
    if !extra.row_types {
        return None;
    }
    let (Token::Word(word), next) = (&parser.peek_token_ref().token, &parser.peek_nth_token_ref(1).token) else {
        return None;
    };
    if word.value.eq_ignore_ascii_case("row") && *next == Token::LParen {
        return Some(row_type(parser));
    }
    // Trino takes `ARRAY<T>` for `ARRAY(T)` and `MAP<K, V>` for `MAP(K, V)`; Hive's own brackets are read elsewhere.
    match word.keyword {
        Keyword::ARRAY if extra.round_types && *next == Token::Lt => Some(angle_array(parser)),
        Keyword::MAP if extra.round_types && *next == Token::Lt => Some(angle_map(parser)),
        _ => None,
    }
}

fn angle_array(parser: &mut Parser<'_>) -> Result<DataType, ParserError> {
    parser.next_token();
    parser.next_token();
    let inner = parser.parse_data_type()?;
    parser.expect_token(&Token::Gt)?;
    Ok(DataType::Array(ArrayElemTypeDef::AngleBracket(Box::new(inner))))
}

fn angle_map(parser: &mut Parser<'_>) -> Result<DataType, ParserError> {
    parser.next_token();
    parser.next_token();
    let key = parser.parse_data_type()?;
    parser.expect_token(&Token::Comma)?;
    let value = parser.parse_data_type()?;
    parser.expect_token(&Token::Gt)?;
    Ok(DataType::Map(Box::new(key), Box::new(value), MapBracketKind::AngleBrackets))
}

fn row_type(parser: &mut Parser<'_>) -> Result<DataType, ParserError> {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let fields = parser.parse_comma_separated(|parser| {
        // A name, unless the word is a type that stands alone.
        let alone = matches!(parser.peek_nth_token_ref(1).token, Token::Comma | Token::RParen | Token::LParen);
        let field_name = if alone { None } else { Some(parser.parse_identifier()?) };
        Ok(StructField { field_name, field_type: parser.parse_data_type()?, options: None })
    })?;
    parser.expect_token(&Token::RParen)?;
    Ok(DataType::Struct(fields, StructBracketKind::Parentheses))
}
