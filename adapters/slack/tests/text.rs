//! Untrusted words, one case a line: what goes in and what stands in the message.

use crate::text::{bold, clean, code, count, escape, inline_url, len, link, plain, web_url};

#[test]
fn escaping() {
    let cases = [
        ("a & b <c>", "a &amp; b &lt;c&gt;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("@channel @Here @everyone @group", "@\u{200b}channel @\u{200b}Here @\u{200b}everyone @\u{200b}group"),
        ("@\u{200b}channel", "@\u{200b}channel"),
        ("mail me@example.com", "mail me@example.com"),
        ("two\nlines\tand\u{0}more", "two lines and more"),
        ("\u{202e}right\u{feff}", "right"),
        ("  spaces  ", "spaces"),
        ("", ""),
        ("@@here", "@@\u{200b}here"),
        ("@hér", "@hér"),
        ("`amount` is gone", "`amount` is gone"),
        ("`amount is gone", "'amount is gone"),
        ("```fence``` `x`", "'''fence''' 'x'"),
    ];
    for (given, wanted) in cases {
        assert_eq!(escape(given, 500), wanted, "{given:?}");
    }
}

#[test]
fn cutting_never_splits_an_entity_and_always_fits() {
    let text = "ab&<>💥cd&";
    for max in 0..40 {
        let cut = escape(text, max);
        assert!(len(&cut) <= max, "{max}: {cut}");
        assert_eq!(cut.matches('&').count(), cut.matches(';').count(), "{max}: {cut}");
    }
    assert_eq!(escape("abcdef", 6), "abcdef");
    assert_eq!(escape("abcdef", 5), "abcd…");
    assert_eq!(escape("ab&cd", 8), "ab&amp;…");
    assert_eq!(escape("ab&cd", 7), "ab…");
    assert_eq!(plain("💥💥", 3), "💥…");
}

#[test]
fn names_stay_closed() {
    assert_eq!(code("or`ders", 50), "`or'ders`");
    assert_eq!(code("\u{0}", 50), "`?`");
    assert_eq!(code("abcdef", 6), "`abc…`");
    assert_eq!(bold("a*b", 50), "*a\u{2217}b*");
    assert_eq!(clean("a\u{e0041}b"), "ab");
}

#[test]
fn addresses() {
    let good =
        [("https://x.example/a?b=1&c=2", "https://x.example/a?b=1&c=2"), ("http://x.example", "http://x.example/")];
    for (given, wanted) in good {
        assert_eq!(web_url(given).as_deref(), Some(wanted));
    }
    for bad in
        ["", "x", "javascript:alert(1)", "ftp://x.example/", "data:text/html,x", "/p/1", "https://a:b@x.example/"]
    {
        assert_eq!(web_url(bad), None, "{bad}");
    }
    assert_eq!(web_url(&format!("https://x.example/{}", "a".repeat(3_000))), None);
    assert_eq!(inline_url(&format!("https://x.example/{}", "a".repeat(600))), None);
    let odd = web_url("https://x.example/a|b<c>d e`f").unwrap();
    assert!(!odd.contains(['|', '<', '>', ' ']), "{odd}");
    assert_eq!(link("https://x.example/?a=1&b=2", "go | <here>"), "<https://x.example/?a=1&amp;b=2|go / &lt;here&gt;>");
}

#[test]
fn counting() {
    assert_eq!(
        (count(1, "query"), count(2, "query"), count(0, "model")),
        ("1 query".into(), "2 queries".into(), "0 models".into())
    );
}
