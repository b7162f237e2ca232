//! The way from text to IR: tokens -> guards -> statements -> parser -> `lower`, all on a wide stack.

use crate::dialects::{self, Reader};
use crate::embed::{self, Embedded};
use crate::ir::{Alias, Arena, Pos, Statement, StatementBody, StatementKind};
use crate::lex;
use crate::limits::{self, Limits};
use crate::lower;
use crate::repair::{self, Repairs};
use crate::scan::{self, Scan};
use crate::split;
use crate::wide::{contained, on_wide_stack};
use sqlparser::ast;
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
    on_wide_stack(|| {
        contained(|| parse_here(sql, dialect, limits, Inside::default())).unwrap_or_else(|reason| {
            let mut script = Script::default();
            script.error("internal-error", internal("reading", &reason), Pos { line: 1, column: 1 });
            script.statements.push(Parsed::Tables(Scan::default()));
            script
        })
    })
}

/// The message for a text that showed a mistake of ours.
pub fn internal(doing: &str, reason: &str) -> String {
    format!("{doing} this text failed inside of tessera ({reason}). Nothing is known of it; please report the text.")
}

/// Where the statements of a text start, as they would be read; nothing is parsed.
pub fn starts(sql: &str, dialect: Dialect, limits: &Limits) -> Vec<Pos> {
    if sql.len() > limits.text {
        return Vec::new();
    }
    let reader = dialects::reader(dialect);
    let mut tokens = Vec::with_capacity(sql.len() / 4);
    // What follows an unreadable token is lost; what stands before it counts.
    let _ = Tokenizer::new(reader.dialect.as_ref(), sql).tokenize_with_location_into_buf(&mut tokens);
    split::statements(&tokens, dialect).into_iter().map(|piece| start_of(&tokens[piece.range])).collect()
}

/// Texts in texts.
const MAX_EMBEDDING: usize = 3;

/// Where a text stands that is read.
#[derive(Debug, Clone, Copy, Default)]
struct Inside {
    /// How many strings it is in.
    strings: usize,
    /// In a routine's body INTO fills variables.
    routine: bool,
}

fn parse_here(sql: &str, dialect: Dialect, limits: &Limits, inside: Inside) -> Script {
    let mut script = Script::default();
    if sql.len() > limits.text {
        let message = format!("The text has {} bytes; at most {} are read.", sql.len(), limits.text);
        script.error("too-large", message, Pos { line: 1, column: 1 });
        script.statements.push(Parsed::Tables(Scan::default()));
        return script;
    }
    let reader = dialects::reader(dialect);
    let repairs = Repairs::new(dialect);
    let work = Work { dialect, reader: &reader, repairs: &repairs, limits, inside };
    if let Some(tokens) = lex::plain(sql, dialect, &reader)
        && work.plain(&mut script, tokens)
    {
        return script;
    }
    let mut tokens = Vec::with_capacity(sql.len() / 4);
    let broken = Tokenizer::new(reader.dialect.as_ref(), sql).tokenize_with_location_into_buf(&mut tokens).err();
    let pieces = split::statements(&tokens, dialect);
    let last = pieces.len().saturating_sub(1);
    for (i, piece) in pieces.into_iter().enumerate() {
        match piece.inert {
            // What follows an unreadable token is lost; the statements before it are not.
            _ if broken.is_some() && i == last => {
                script.statements.push(Parsed::Tables(scan::tables(&tokens[piece.range])));
            }
            Some(kind) => script.statements.push(inert(kind, start_of(&tokens[piece.range]))),
            None => work.statement(&mut script, &mut tokens[piece.range]),
        }
    }
    if let Some(error) = broken {
        script.error("unparsed", sentence(&error.message), position(error.location));
        if script.statements.is_empty() {
            script.statements.push(Parsed::Tables(Scan::default()));
        }
    }
    script
}

fn start_of(tokens: &[TokenWithSpan]) -> Pos {
    tokens.iter().find(|t| !crate::tokens::is_blank(t)).map(|t| position(t.span.start)).unwrap_or_default()
}

/// A statement that moves no data.
fn inert(kind: StatementKind, pos: Pos) -> Parsed {
    let body = StatementBody::Other { queries: Vec::new(), alias: Alias::default() };
    Parsed::Statement(Box::new(Statement { kind, arena: Arena::default(), body, nested: Vec::new(), pos }))
}

/// What the statements of a text are read with.
#[derive(Clone, Copy)]
struct Work<'a> {
    dialect: Dialect,
    reader: &'a Reader,
    repairs: &'a Repairs,
    limits: &'a Limits,
    inside: Inside,
}

/// A failed parse: why, and the tokens.
type Failed = (ParserError, Vec<TokenWithSpan>);

impl Work<'_> {
    /// Reads a text of one healthy statement without looking at its blanks. False: it has to be looked at again.
    fn plain(&self, script: &mut Script, mut tokens: Vec<TokenWithSpan>) -> bool {
        let pieces = split::statements(&tokens, self.dialect);
        let whole = matches!(pieces.as_slice(), [one] if one.inert.is_none() && one.range == (0..tokens.len()));
        if !whole || limits::check(&tokens, self.limits).is_some() || embed::embedded(&tokens).is_some() {
            return false;
        }
        let start = start_of(&tokens);
        repair::before(&mut tokens, self.dialect);
        self.reader.fuel.set_quick(true);
        let found = self.read(tokens);
        self.reader.fuel.set_quick(false);
        found.map(|found| self.lower(script, found, start)).is_ok()
    }

    fn statement(&self, script: &mut Script, tokens: &mut [TokenWithSpan]) {
        let start = start_of(tokens);
        if let Some(at) = split::jinja(tokens) {
            let message = "The text holds template marks ({{ or {%): it was not rendered. Compile it first.";
            script.error("unrendered-template", message, position(tokens[at].span.start));
            script.statements.push(Parsed::Tables(scan::tables(tokens)));
            return;
        }
        if let Some((what, at)) = limits::check(tokens, self.limits) {
            script.error("too-large", format!("The statement is {what}."), position(tokens[at].span.start));
            script.statements.push(Parsed::Tables(scan::tables(tokens)));
            return;
        }
        if let Some(embedded) = embed::embedded(tokens) {
            return self.embedded(script, tokens, embedded, start);
        }
        // The parser wants tokens of its own, and gives them back.
        let mut owned: Vec<TokenWithSpan> =
            tokens.iter_mut().map(|t| std::mem::replace(t, TokenWithSpan::new_eof())).collect();
        repair::before(&mut owned, self.dialect);
        let (error, owned) = match self.read(owned) {
            Ok(found) => return self.lower(script, found, start),
            Err(failed) => failed,
        };
        if matches!(error, ParserError::RecursionLimitExceeded) {
            let message = match self.reader.fuel.is_empty() {
                true => "The statement takes too many steps to be read.",
                false => "The statement is nested too deeply to be read.",
            };
            script.error("too-large", message, start);
            script.statements.push(Parsed::Tables(scan::tables(&owned)));
            return;
        }
        let mut repaired = owned.clone();
        if self.repairs.after(&mut repaired) && limits::check(&repaired, self.limits).is_none() {
            match self.read(repaired) {
                Ok(found) => return self.lower(script, found, start),
                Err((_, tokens)) => repaired = tokens,
            }
        }
        if let Some(lender) = dialects::lender(&owned, self.dialect) {
            let reader = dialects::reader(lender);
            let lent = Work { reader: &reader, ..*self };
            if let Ok(found) = lent.read(repaired) {
                return self.lower(script, found, start);
            }
        }
        if let Some(kind) = scan::inert(&owned) {
            script.statements.push(inert(kind, start));
            return;
        }
        let (message, pos) = explain(&error, start);
        script.error("unparsed", message, pos);
        script.statements.push(Parsed::Tables(scan::tables(&owned)));
    }

    fn embedded(&self, script: &mut Script, tokens: &[TokenWithSpan], embedded: Embedded, start: Pos) {
        let (text, at, head) = match embedded {
            Embedded::Text { text, start, head } if self.inside.strings < MAX_EMBEDDING => (text, start, head),
            Embedded::Text { .. } | Embedded::Unknown => {
                let message = "The text that is executed is made at run time: what it reads is not known.";
                script.error("dynamic-sql", message, start);
                script.statements.push(Parsed::Tables(scan::tables(tokens)));
                return;
            }
        };
        if let Some(kind) = head {
            script.statements.push(inert(kind, start));
        }
        let inside = Inside { strings: self.inside.strings + 1, routine: self.inside.routine || head.is_some() };
        let mut inner = parse_here(&text, self.dialect, self.limits, inside);
        for diagnostic in &mut inner.diagnostics {
            if diagnostic.line == 1 {
                diagnostic.column = diagnostic.column.saturating_add(at.column);
            }
            diagnostic.line = diagnostic.line.saturating_add(at.line.saturating_sub(1));
        }
        script.statements.extend(inner.statements);
        script.diagnostics.extend(inner.diagnostics);
    }

    /// Parses the tokens to their end.
    fn read(&self, tokens: Vec<TokenWithSpan>) -> Result<Vec<ast::Statement>, Failed> {
        self.reader.fuel.fill(tokens.len());
        let mut parser = Parser::new(self.reader.dialect.as_ref())
            .with_recursion_limit(self.limits.recursion)
            .with_tokens_with_locations(tokens);
        let mut found = Vec::new();
        loop {
            match parser.parse_statement() {
                Ok(parsed) => found.push(parsed),
                Err(error) => return Err((error, parser.into_tokens())),
            }
            // A repair may have made several statements of one.
            let separated = parser.consume_token(&Token::SemiColon);
            let next = parser.peek_token_ref();
            if next.token == Token::EOF {
                return Ok(found);
            }
            // T-SQL needs no semicolons.
            if !separated && self.dialect != Dialect::TSql {
                let text = format!("Expected: end of statement, found: {}{}", next, next.span.start);
                return Err((ParserError::ParserError(text), parser.into_tokens()));
            }
        }
    }

    fn lower(&self, script: &mut Script, found: Vec<ast::Statement>, start: Pos) {
        for parsed in found {
            match lower::statement(parsed, self.dialect, self.limits, start, self.inside.routine) {
                Ok(statement) => script.statements.push(Parsed::Statement(Box::new(statement))),
                Err(what) => {
                    script.error("too-large", what, start);
                    script.statements.push(Parsed::Tables(Scan::default()));
                }
            }
        }
    }
}

pub(crate) fn position(location: Location) -> Pos {
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
