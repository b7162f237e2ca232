//! Texts from outside inside Markdown. A name must neither become markup nor HTML, nor call people: `@team` and `#12` in a
//! comment would notify strangers.

use crate::output::words::clean_line;

/// Breaks up what GitHub would link or notify, without a visible trace.
const BREAK: &str = "<!-- -->";

/// A sentence. What stands between single backticks stays code, because our own advice quotes commands so.
pub(in crate::output) fn prose(text: &str) -> String {
    let text = clean_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks pairs with nothing.
    if parts.len().is_multiple_of(2) {
        return plain(&text);
    }
    let quoted = |(i, part): (usize, &&str)| match i % 2 {
        0 => plain(part),
        _ if part.trim().is_empty() => String::new(),
        _ => code(part),
    };
    parts.iter().enumerate().map(quoted).collect()
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' | '#' => {
                out.push(c);
                out.push_str(BREAK);
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    // An address becomes a link otherwise.
    out.replace("://", &format!(":{BREAK}//"))
}

/// A sentence in a table's cell.
pub(in crate::output) fn cell(text: &str) -> String {
    prose(text)
}

/// A name, shown as it is.
pub(in crate::output) fn code(text: &str) -> String {
    let text = clean_line(text);
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The same in a table, where a bar ends a cell even inside code.
pub(in crate::output) fn code_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// For the inside of an HTML element, where Markdown does not look.
pub(in crate::output) fn html(text: &str) -> String {
    let text = clean_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('@', &format!("@{BREAK}")).replace('#', &format!("#{BREAK}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let cases = [
            ("a <img src=x> b", "a &lt;img src=x&gt; b"),
            ("ask @org/finance in #12", "ask @<!-- -->org/finance in #<!-- -->12"),
            ("see https://evil.example", "see https:<!-- -->//evil.example"),
            ("[click](x) **now** _x_ |", "\\[click\\](x) \\*\\*now\\*\\* \\_x\\_ \\|"),
            ("run `dbt compile` first: it helps", "run `dbt compile` first: it helps"),
            ("one ` backtick", "one \\` backtick"),
            ("line\nend\u{1b}[31m\u{202e}: :x:", "line end\\[31m: :x:"),
        ];
        for (text, expected) in cases {
            assert_eq!(prose(text), expected, "{text}");
        }
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a`"), "`` `a` ``");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(code(""), "");
        assert_eq!(html("a_b <i> @x|"), "a_b &lt;i&gt; @<!-- -->x|");
    }
}
