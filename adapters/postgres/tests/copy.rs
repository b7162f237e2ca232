//! COPY's text format: what the server writes is what is read.

use crate::copy::{Fields, Garbled, leading_number};
use crate::glob::{is_literal, matches};

#[test]
fn fields_are_unescaped_and_null_is_not_empty() {
    let cases: [(&[u8], &[Option<&str>]); 9] = [
        (b"a\tb\n", &[Some("a"), Some("b")]),
        (b"a\t\t\\N\n", &[Some("a"), Some(""), None]),
        (b"\n", &[Some("")]),
        (b"\\\\N\tx", &[Some("\\N"), Some("x")]),
        (b"line\\nbreak\\ttab\\rreturn\\b\\f\\v", &[Some("line\nbreak\ttab\rreturn\u{8}\u{c}\u{b}")]),
        (b"back\\\\slash\\\\\\\\", &[Some("back\\slash\\\\")]),
        ("größe\t🦀\\n".as_bytes(), &[Some("größe"), Some("🦀\n")]),
        (b"\\N", &[None]),
        (b"odd\\", &[Some("odd\\")]),
    ];
    for (row, expected) in cases {
        let mut fields = Fields::of(row).unwrap();
        for field in expected {
            assert_eq!(fields.owned().unwrap().as_deref(), *field, "{row:?}");
        }
        assert_eq!(fields.owned(), Err(Garbled::Short), "{row:?}");
    }
}

#[test]
fn garbage_is_an_error_never_a_guess() {
    assert!(matches!(Fields::of(b"\xff\xfe"), Err(Garbled::NotUtf8)));
    assert_eq!(Fields::of(b"x").unwrap().number::<u32>(), Err(Garbled::Value));
    assert_eq!(Fields::of(b"-1").unwrap().number::<u32>(), Err(Garbled::Value));
    assert_eq!(Fields::of(b"\\N").unwrap().required(), Err(Garbled::Value));
    assert_eq!(
        Fields::of(b"t\tf\t\\N").map(|mut f| [f.flag(), f.flag(), f.flag()]),
        Ok([Ok(true), Ok(false), Ok(false)])
    );
    assert_eq!(leading_number(b"12\t\xff"), Some(12));
    assert_eq!(leading_number(b"12"), None);
    assert_eq!(leading_number(b"x\t"), None);
}

#[test]
fn patterns_match_whole_names() {
    let cases = [
        ("marts", "marts", true),
        ("marts", "marts2", false),
        ("marts*", "marts_eu", true),
        ("*_eu", "marts_eu", true),
        ("*a*b*", "xxaxxbxx", true),
        ("*a*b", "abab", true),
        ("?arts", "marts", true),
        ("?", "größe", false),
        ("gr?ße", "größe", true),
        ("*", "", true),
        ("", "", true),
        ("", "x", false),
        ("**", "x", true),
        ("a*", "b", false),
    ];
    for (pattern, name, expected) in cases {
        assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
    }
    assert!(is_literal("a.b") && !is_literal("a*") && !is_literal("a?"));
}
