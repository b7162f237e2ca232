//! Tokens made directly are those of the parser's tokenizer, but for blanks and comments: over every text of the fixtures
//! in every dialect, over the corpora where they are, and over random texts. The same for what the parser makes of them by
//! its short ways.

use crate::dialects::{Reader, reader};
use crate::lex::plain;
use crate::{Limits, limits, on_wide_stack};
use proptest::prelude::*;
use sqlparser::ast::Statement;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use std::path::{Path, PathBuf};
use tessera_model::Dialect;

fn trees(tokens: Vec<TokenWithSpan>, reader: &Reader, quick: bool) -> Result<Vec<Statement>, ParserError> {
    reader.fuel.fill(tokens.len());
    reader.fuel.set_quick(quick);
    let parser = Parser::new(reader.dialect.as_ref()).with_recursion_limit(Limits::default().recursion);
    parser.with_tokens_with_locations(tokens).parse_statements()
}

/// Whether the text is plain; panics when its tokens are others, or what they are parsed to.
fn compare(sql: &str, dialect: Dialect) -> bool {
    let reader = reader(dialect);
    let Some(ours) = plain(sql, dialect, &reader) else { return false };
    let theirs = Tokenizer::new(reader.dialect.as_ref(), sql).tokenize_with_location();
    let theirs = theirs.unwrap_or_else(|e| panic!("{dialect}: {e}: {sql}"));
    if limits::check(&ours, &Limits::default()).is_none()
        && let Ok(quick) = trees(ours.clone(), &reader, true)
    {
        assert_eq!(Ok(quick), trees(theirs.clone(), &reader, false), "{dialect}: {sql}");
    }
    let solid = |t: &&TokenWithSpan| !matches!(t.token, Token::Whitespace(_));
    let ours: Vec<_> = ours.iter().filter(solid).map(|t| (&t.token, t.span)).collect();
    let mut theirs: Vec<_> = theirs.iter().filter(solid).map(|t| (&t.token, t.span)).collect();
    while theirs.last().is_some_and(|(token, _)| **token == Token::SemiColon) {
        theirs.pop();
    }
    for (a, b) in ours.iter().zip(&theirs) {
        assert_eq!(a, b, "{dialect}: {sql}");
    }
    assert_eq!(ours.len(), theirs.len(), "{dialect}: {sql}");
    true
}

/// Every text of some length in the lines and files below a folder: whatever is written there as a JSON string.
fn strings(folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            strings(&path, found);
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        found.extend(text.lines().flat_map(|line| line.split("\",\"")).map(unescaped));
    }
}

fn unescaped(text: &str) -> String {
    let text = text.rsplit_once("\": \"").or_else(|| text.rsplit_once("\":\"")).map_or(text, |(_, value)| value);
    text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\")
}

#[test]
fn tokens_are_those_of_the_tokenizer() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    strings(&root.join("../../fixtures/lineage"), &mut texts);
    assert!(texts.len() > 500, "{} texts", texts.len());
    // All of the corpora only when asked for: they take a minute.
    let corpora = root.join("../../../shared/corpora/lineage");
    if std::env::var_os("TESSERA_LEX_CORPORA").is_some() {
        assert!(corpora.exists(), "the corpora are not at {}", corpora.display());
        strings(&corpora, &mut texts);
    }
    let plain: usize =
        on_wide_stack(|| texts.iter().map(|text| Dialect::ALL.iter().filter(|d| compare(text, **d)).count()).sum());
    assert!(plain > texts.len(), "{plain} of {} texts were plain", texts.len());
}

#[test]
fn plain_texts_are_plain_and_others_are_left_to_the_tokenizer() {
    let plain = [
        "select a.\"B\", 'it''s', 1.5, x->>'k' -- ünd so weiter\n/* ü */ from s.t as \"ü\" where a <> 2;\n",
        "select count(*) from t where a || b >= '%'",
    ];
    for text in plain {
        assert!(compare(text, Dialect::Postgres), "{text}");
    }
    let others = [
        "select 1; select 2",
        "select n'a'",
        "select $1",
        "select 1e5",
        "select \u{fc} from t",
        "select {{ x }}",
        "copy t from stdin;\n1\t2\n\\.\n",
        "select a -- x\ry\n",
        "select 'open",
        "  ",
    ];
    for text in others {
        assert!(!compare(text, Dialect::Postgres), "{text}");
    }
    assert!(!compare("select * from a-b.c", Dialect::BigQuery));
    assert!(compare("select a - b from t", Dialect::BigQuery));
}

proptest! {
    #[test]
    fn tokens_of_random_texts_are_those_of_the_tokenizer(
        text in "([a-z_]{1,3}|[0-9]{1,2}|[ \t\n\r]|--|/\\*|\\*/|''|'|\"|`|[-.:;,<>=!|%/*+#@$?~&^\\[\\](){}]|ü|e'|n\"|::|->){1,12}",
        which in 0..Dialect::ALL.len(),
    ) {
        compare(&text, Dialect::ALL[which]);
    }
}
