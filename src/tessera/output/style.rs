//! Colour: whether to use it, and the few kinds of emphasis there are. NO_COLOR wins, then CLICOLOR_FORCE, then the
//! terminal.

/// Whether the stream that is a terminal (or is not) gets colour.
pub(crate) fn color(stream_is_terminal: bool) -> bool {
    decide(&|name| std::env::var(name).ok(), stream_is_terminal)
}

fn decide(env: &dyn Fn(&str) -> Option<String>, terminal: bool) -> bool {
    let set = |name: &str| env(name).filter(|v| !v.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|v| v != "0") {
        return true;
    }
    terminal && set("CLICOLOR").is_none_or(|v| v != "0") && set("TERM").is_none_or(|v| v != "dumb")
}

/// Emphasis, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
    pub(super) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }
    pub(super) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }
    pub(super) fn red(self, text: &str) -> String {
        self.wrap("1;31", text)
    }
    pub(super) fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }
    pub(super) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }
    pub(super) fn cyan(self, text: &str) -> String {
        self.wrap("36", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_wins_then_force_then_the_terminal() {
        type Case = (&'static [(&'static str, &'static str)], bool, bool);
        let cases: [Case; 8] = [
            (&[], true, true),
            (&[], false, false),
            (&[("NO_COLOR", "1")], true, false),
            (&[("NO_COLOR", "")], true, true),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false, false),
            (&[("CLICOLOR_FORCE", "1")], false, true),
            (&[("CLICOLOR_FORCE", "0"), ("CLICOLOR", "0")], true, false),
            (&[("TERM", "dumb")], true, false),
        ];
        for (env, terminal, expected) in cases {
            let get = |name: &str| env.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
            assert_eq!(decide(&get, terminal), expected, "{env:?} {terminal}");
        }
    }
}
