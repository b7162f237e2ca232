//! Short ways through the parser for what most expressions start with: it would try each as the name of a type before a
//! string first, and make an error message when it is none. Only forms that cannot be anything else are taken; a statement
//! that fails is read again without them, so its message and its repairs are the parser's own.

use sqlparser::ast::{CastKind, Expr, Ident, ObjectName};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

pub(super) fn prefix(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    let [first, second, third, fourth] = parser.peek_tokens_ref();
    match &first.token {
        Token::Word(word) => match second.token {
            Token::LParen if calls(word) && third.token != Token::Plus => {
                let name = ident(word, first);
                parser.advance_token();
                Some(parser.parse_function(ObjectName::from(vec![name])))
            }
            Token::LParen if word.keyword == Keyword::CAST => {
                parser.advance_token();
                Some(parser.parse_cast_expr(CastKind::Cast))
            }
            Token::Word(_) | Token::LParen if word.keyword == Keyword::CASE => {
                parser.advance_token();
                Some(parser.parse_case_expr())
            }
            Token::Period if is_name(word) && matches!(third.token, Token::Word(_)) && ends_value(&fourth.token) => {
                let name = ident(word, first);
                parser.advance_token();
                Some(Ok(Expr::Identifier(name)))
            }
            _ if is_name(word) && ends_value(&second.token) => {
                let name = ident(word, first);
                parser.advance_token();
                Some(Ok(Expr::Identifier(name)))
            }
            _ => None,
        },
        Token::Number(..) | Token::SingleQuotedString(_) if ends_value(&second.token) => {
            Some(parser.parse_value().map(Expr::Value))
        }
        _ => None,
    }
}

fn ident(word: &Word, token: &TokenWithSpan) -> Ident {
    Ident { value: word.value.clone(), quote_style: word.quote_style, span: token.span }
}

fn is_name(word: &Word) -> bool {
    // `xml '…'` is a value.
    word.keyword == Keyword::NoKeyword && !word.value.eq_ignore_ascii_case("xml")
}

/// Whether a bracket behind the word can only make a call of it.
fn calls(word: &Word) -> bool {
    is_name(word)
        || matches!(
            word.keyword,
            Keyword::COUNT
                | Keyword::SUM
                | Keyword::MIN
                | Keyword::MAX
                | Keyword::AVG
                | Keyword::COALESCE
                | Keyword::NULLIF
                | Keyword::LOWER
                | Keyword::UPPER
                | Keyword::ROW_NUMBER
                | Keyword::RANK
                | Keyword::LAG
                | Keyword::LEAD
        )
}

/// Whether the token before this one is a value by itself, whatever the dialect.
fn ends_value(next: &Token) -> bool {
    match next {
        Token::Comma
        | Token::RParen
        | Token::Eq
        | Token::Neq
        | Token::Lt
        | Token::LtEq
        | Token::Gt
        | Token::GtEq
        | Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::StringConcat
        | Token::DoubleColon
        | Token::EOF => true,
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AS
                | Keyword::FROM
                | Keyword::AND
                | Keyword::OR
                | Keyword::IS
                | Keyword::IN
                | Keyword::THEN
                | Keyword::ELSE
                | Keyword::END
                | Keyword::WHEN
                | Keyword::LIKE
                | Keyword::NOT
                | Keyword::ASC
                | Keyword::DESC
                | Keyword::ORDER
                | Keyword::WHERE
                | Keyword::LEFT
                | Keyword::INNER
                | Keyword::JOIN
                | Keyword::UNION
                | Keyword::LIMIT
                | Keyword::HAVING
                | Keyword::GROUP
        ),
        _ => false,
    }
}
