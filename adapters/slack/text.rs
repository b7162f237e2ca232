//! Untrusted words made harmless for Slack: control and invisible characters go, `& < >` are escaped so that nothing can
//! become a link or a mention, `@here` and its like are broken up, and every piece is cut to a length that counts what
//! Slack counts. Everything that comes from a notice passes through here before it stands in a message.

/// Stands between `@` and a broadcast word, so that no client takes it for a mention.
const BREAK: char = '\u{200B}';
const BROADCASTS: [&str; 4] = ["channel", "here", "everyone", "group"];

/// Length as Slack's clients count it (UTF-16 units): never less than the number of characters.
pub(crate) fn len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// One line of visible characters: controls and line ends become single spaces, direction overrides, zero-width and tag
/// characters are dropped, `@channel` and its like are broken up.
pub(crate) fn clean(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || c.is_whitespace() {
            if !visible.is_empty() && !visible.ends_with(' ') {
                visible.push(' ');
            }
        } else if !invisible(c) {
            visible.push(c);
        }
    }
    let visible = visible.trim_end();
    let mut out = String::with_capacity(visible.len());
    let mut rest = visible;
    while let Some(at) = rest.find('@') {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        if BROADCASTS.iter().any(|word| after.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))) {
            out.push(BREAK);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}')
}

/// For mrkdwn: cleaned, escaped, at most `max` long *after* escaping (an entity is never cut in two). Inline code stays
/// code; a backtick that would leave it open, or open a block, becomes an apostrophe.
pub(crate) fn escape(text: &str, max: usize) -> String {
    let escaped = fit(&clean(text), max, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    });
    if escaped.matches('`').count() % 2 == 1 || escaped.contains("```") { escaped.replace('`', "'") } else { escaped }
}

/// For plain_text objects, which know no markup; what would be a mention elsewhere is broken up all the same.
pub(crate) fn plain(text: &str, max: usize) -> String {
    let text = clean(text).replace("<!", "‹!").replace("<@", "‹@").replace("<#", "‹#");
    fit(&text, max, |_| None)
}

/// A name as inline code; backticks inside become apostrophes.
pub(crate) fn code(text: &str, max: usize) -> String {
    let inner = escape(&text.replace('`', "'"), max.saturating_sub(2));
    if inner.is_empty() { "`?`".to_owned() } else { format!("`{inner}`") }
}

/// A name in bold; asterisks inside are replaced, so that the bold ends where it should.
pub(crate) fn bold(text: &str, max: usize) -> String {
    let inner = escape(&text.replace('*', "\u{2217}"), max.saturating_sub(2));
    if inner.is_empty() { "*?*".to_owned() } else { format!("*{inner}*") }
}

/// A line inside a code block.
pub(crate) fn code_line(text: &str, max: usize) -> String {
    escape(&text.replace('`', "'"), max)
}

fn fit(text: &str, max: usize, entity: fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut used = 0;
    // Where the text would have to end so that an ellipsis still fits.
    let mut cut = 0;
    for c in text.chars() {
        let width = entity(c).map_or(c.len_utf16(), str::len);
        if used + width > max {
            out.truncate(cut);
            if max > 0 {
                out.push('…');
            }
            return out;
        }
        match entity(c) {
            Some(e) => out.push_str(e),
            None => out.push(c),
        }
        used += width;
        if used < max {
            cut = out.len();
        }
    }
    out
}

/// A moment as Slack shows it in the reader's time zone, with a fallback in UTC.
pub(crate) fn date(at: jiff::Timestamp) -> String {
    let fallback = at.strftime("%Y-%m-%d %H:%M UTC");
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{fallback}>", at.as_second())
}

/// An http(s) address that may stand in a link or a button: re-written by a URL parser, so that it holds none of `< > |`,
/// backticks, `@` or spaces; `None` if it is no such address, holds a password, or is longer than any of ours.
pub(crate) fn web_url(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok().filter(|u| u.username().is_empty() && u.password().is_none())?;
    let mut written = String::from(url);
    for (odd, encoded) in [('|', "%7C"), ('<', "%3C"), ('>', "%3E"), ('`', "%60"), ('*', "%2A"), ('@', "%40")] {
        written = written.replace(odd, encoded);
    }
    let fits = written.len() < MAX_URL && (written.starts_with("https://") || written.starts_with("http://"));
    fits.then_some(written)
}

/// Slack takes 3,000 in a button, but a message's blocks must also stay short together.
const MAX_URL: usize = 1_000;

/// [`web_url`], if it is also short enough to stand in the middle of a text.
pub(crate) fn inline_url(text: &str) -> Option<String> {
    web_url(text).filter(|url| url.len() <= 600)
}

/// A mrkdwn link. `url` comes from [`inline_url`].
pub(crate) fn link(url: &str, label: &str) -> String {
    format!("<{}|{}>", url.replace('&', "&amp;"), escape(&label.replace('|', "/"), 80))
}

/// `1 table`, `3 tables`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    if n == 1 {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) => format!("{n} {stem}ies"),
        None => format!("{n} {noun}s"),
    }
}

/// `a, b and c`.
pub(crate) fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}
