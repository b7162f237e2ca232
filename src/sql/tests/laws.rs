//! Laws over random texts: made of SQL's own words, so that they get past the tokenizer, and of anything at all.

use crate::{Limits, Parsed, parse};
use proptest::prelude::*;
use tessera_model::Dialect;

const WORDS: &[&str] = &[
    "select",
    "from",
    "where",
    "join",
    "on",
    "with",
    "as",
    "(",
    ")",
    ",",
    "*",
    "a",
    "t",
    "1",
    "'x'",
    "\"Q\"",
    "`b`",
    ".",
    "=",
    "+",
    "::",
    "int",
    "union",
    "all",
    "case",
    "when",
    "then",
    "end",
    "over",
    "partition",
    "by",
    "order",
    "group",
    "insert",
    "into",
    "values",
    "update",
    "set",
    "merge",
    "using",
    "matched",
    "delete",
    "create",
    "table",
    "view",
    ";",
    "lateral",
    "unnest",
    "[",
    "]",
    "{",
    "}",
    "->",
    "in",
    "exists",
    "not",
    "null",
    "interval",
    "array",
    "<",
    ">",
    "struct",
    "qualify",
    "pivot",
    "for",
    "begin",
    "|>",
    "begin",
    "exclude",
    "$1",
    "@x",
    ":y",
    "/*",
    "*/",
    "--",
];

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(Dialect::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_never_panic_and_every_failure_is_said(words in prop::collection::vec(prop::sample::select(WORDS), 0..60), dialect in dialect()) {
        let script = parse(&words.join(" "), dialect, &Limits::default());
        let lost = script.statements.iter().filter(|p| matches!(p, Parsed::Tables(_))).count();
        prop_assert!(script.diagnostics.len() >= lost);
        script.mentions();
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", dialect in dialect()) {
        parse(&text, dialect, &Limits::default());
    }
}
