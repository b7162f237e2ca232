//! The way from text to IR: tokens -> guards -> statements -> parser -> `lower`, all on a wide stack.

use crate::dialects::parser_dialect;
use crate::ir::{Pos, Statement};
use crate::limits::{self, Limits};
use crate::lower;
use crate::repair;
use crate::scan::{self, Scan};
use crate::split;
use crate::wide::on_wide_stack;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};
use tessera_model::Dialect;
use tessera_model::lineage::{Diagnostic, DiagnosticSeverity};

/// What became of one statement of a text.
#[derive(Debug)]
pub enum Parsed {
    Statement(Box<Statement>),
    /// Not understood, but for the tables that its words seem to name.
    Tables(Scan),
}

/// A text, statement by statement, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Script {
    pub statements: Vec<Parsed>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Script {
    fn error(&mut self, code: &str, message: impl Into<String>, pos: Pos) {
        self.diagnostics.push(Diagnostic {
            severity: DiagnosticSeverity::Error,
            code: code.to_owned(),
            message: message.into(),
            line: pos.line,
            column: pos.column,
        });
    }
}

/// Reads a text of one or several statements. Never fails and never panics: what could not be read is a diagnostic.
pub fn parse(sql: &str, dialect: Dialect, limits: &Limits) -> Script {
    on_wide_stack(|| parse_here(sql, dialect, limits))
}

fn parse_here(sql: &str, dialect: Dialect, limits: &Limits) -> Script {
    let mut script = Script::default();
    if sql.len() > limits.text {
        let message = format!("The text has {} bytes; at most {} are read.", sql.len(), limits.text);
        script.error("too-large", message, Pos { line: 1, column: 1 });
        script.statements.push(Parsed::Tables(Scan::default()));
        return script;
    }
    let reader = parser_dialect(dialect);
    let mut tokens = Vec::with_capacity(sql.len() / 4);
    if let Err(error) = Tokenizer::new(reader.as_ref(), sql).tokenize_with_location_into_buf(&mut tokens) {
        // What follows is unreadable; the statements before it are not.
        script.error("unparsed", sentence(&error.message), position(error.location));
        let ranges = split::statements(&tokens, dialect);
        let last = ranges.len().saturating_sub(1);
        for (i, range) in ranges.into_iter().enumerate() {
            if i == last {
                script.statements.push(Parsed::Tables(scan::tables(&tokens[range])));
            } else {
                statement(&mut script, &mut tokens[range], dialect, reader.as_ref(), limits);
            }
        }
        if script.statements.is_empty() {
            script.statements.push(Parsed::Tables(Scan::default()));
        }
        return script;
    }
    let ranges = split::statements(&tokens, dialect);
    for range in ranges {
        statement(&mut script, &mut tokens[range], dialect, reader.as_ref(), limits);
    }
    script
}

fn statement(
    script: &mut Script,
    tokens: &mut [TokenWithSpan],
    dialect: Dialect,
    reader: &dyn sqlparser::dialect::Dialect,
    limits: &Limits,
) {
    let start = tokens.iter().find(|t| !matches!(t.token, Token::Whitespace(_))).map(|t| position(t.span.start));
    let start = start.unwrap_or_default();
    if let Some(at) = split::jinja(tokens) {
        let message = "The text holds template marks ({{ or {%): it was not rendered. Compile it first.";
        script.error("unrendered-template", message, position(tokens[at].span.start));
        script.statements.push(Parsed::Tables(scan::tables(tokens)));
        return;
    }
    if let Some((what, at)) = limits::check(tokens, limits) {
        script.error("too-large", format!("The statement is {what}."), position(tokens[at].span.start));
        script.statements.push(Parsed::Tables(scan::tables(tokens)));
        return;
    }
    // The parser wants tokens of its own. Few statements fail, so the tables are found before rather than again after:
    // a scan is a small part of a parse.
    let fallback = scan::tables(tokens);
    let mut owned: Vec<TokenWithSpan> =
        tokens.iter_mut().map(|t| std::mem::replace(t, TokenWithSpan::new_eof())).collect();
    repair::repair(&mut owned, dialect);
    let mut parser = Parser::new(reader).with_recursion_limit(limits.recursion).with_tokens_with_locations(owned);
    let mut found = Vec::new();
    let outcome = loop {
        match parser.parse_statement() {
            Ok(parsed) => found.push(parsed),
            Err(error) => break Err(error),
        }
        if parser.peek_token_ref().token == Token::EOF {
            break Ok(());
        }
        // T-SQL needs no semicolons.
        if dialect != Dialect::TSql {
            let next = parser.peek_token();
            break Err(ParserError::ParserError(format!(
                "Expected: end of statement, found: {next}{}",
                next.span.start
            )));
        }
    };
    if let Err(error) = outcome {
        let (message, pos) = explain(&error, start);
        script.error("unparsed", message, pos);
        script.statements.push(Parsed::Tables(fallback));
        return;
    }
    for parsed in found {
        match lower::statement(parsed, dialect, limits, start) {
            Ok(statement) => script.statements.push(Parsed::Statement(Box::new(statement))),
            Err(what) => {
                script.error("too-large", what, start);
                script.statements.push(Parsed::Tables(fallback.clone()));
            }
        }
    }
}

fn position(location: Location) -> Pos {
    let short = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: short(location.line), column: short(location.column) }
}

/// The parser's message as a sentence, and the position that it ends with (` at Line: 1, Column: 2`).
fn explain(error: &ParserError, start: Pos) -> (String, Pos) {
    match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => {
            let (message, place) = text.split_once(" at Line: ").unwrap_or((text, ""));
            let mut numbers = place.split(", Column: ").map(|n| n.trim().parse::<u32>().ok());
            let pos = match (numbers.next().flatten(), numbers.next().flatten()) {
                (Some(line), Some(column)) => Pos { line, column },
                _ => start,
            };
            (sentence(message), pos)
        }
        ParserError::RecursionLimitExceeded => ("Nested too deeply to be read.".to_owned(), start),
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    format!("{text}.")
}
