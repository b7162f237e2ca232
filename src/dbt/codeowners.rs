//! CODEOWNERS: which owners a path has. Rules are GitHub's (patterns as in gitignore, the last match wins, a match
//! without owners means nobody), with GitLab's sections: a section's own owners stand in for rules that name none.

/// A parsed CODEOWNERS file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeOwners {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    pattern: Pattern,
    owners: Vec<String>,
    line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// Path segments; `**` stands for any number of them.
    segments: Vec<String>,
    /// Matches folders only, and so everything in them.
    folder: bool,
}

impl CodeOwners {
    /// Reads a file's text. Lines that are no rule are passed over, as the code hosts do.
    pub fn parse(text: &str) -> Self {
        let mut rules = Vec::new();
        let mut section_owners: Vec<String> = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let words = words(line);
            let Some((first, rest)) = words.split_first() else { continue };
            if let Some(owners) = section(line) {
                section_owners = owners;
                continue;
            }
            // GitHub knows neither negation nor character classes.
            if first.starts_with('!') {
                continue;
            }
            let Some(pattern) = Pattern::parse(first) else { continue };
            let owners = if rest.is_empty() { section_owners.clone() } else { rest.to_vec() };
            rules.push(Rule { pattern, owners, line: i + 1 });
        }
        CodeOwners { rules }
    }

    /// The owners of a file, relative to the repository's root; empty when nobody owns it.
    pub fn owners(&self, path: &str) -> &[String] {
        self.matching(path).map_or(&[], |(owners, _)| owners)
    }

    /// The deciding rule's owners and its 1-based line.
    pub fn matching(&self, path: &str) -> Option<(&[String], usize)> {
        let path = path.replace('\\', "/");
        let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty() && *s != ".").collect();
        let rule = self.rules.iter().rev().find(|r| r.pattern.matches(&segments))?;
        Some((&rule.owners, rule.line))
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// Splits at blanks that no backslash protects; a `#` at a word's beginning starts a comment.
fn words(line: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.extend(chars.next()),
            '#' if word.is_empty() => break,
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// `[Section][2] @default` or `^[Optional]`: the owners after the brackets.
fn section(line: &str) -> Option<Vec<String>> {
    let rest = line.trim();
    let mut rest = rest.strip_prefix('^').unwrap_or(rest).strip_prefix('[')?;
    loop {
        let (_, after) = rest.split_once(']')?;
        match after.strip_prefix('[') {
            Some(next) => rest = next,
            None if after.is_empty() || after.starts_with(char::is_whitespace) => return Some(words(after)),
            None => return None,
        }
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let folder = text.ends_with('/');
        let inner = text.trim_matches('/');
        if inner.is_empty() {
            // A lone `/` or `//` owns the whole repository.
            return folder.then(|| Pattern { segments: vec!["**".into()], folder: false });
        }
        let mut segments: Vec<String> = inner.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect();
        let anchored = text.starts_with('/') || segments.len() > 1;
        if !anchored {
            segments.insert(0, "**".into());
        }
        Some(Pattern { segments, folder })
    }

    fn matches(&self, path: &[&str]) -> bool {
        let last = self.segments.last().map(String::as_str).unwrap_or_default();
        // `docs/*` means the files directly in docs, while `docs` and `docs/` mean everything below.
        let below = last != "*" || self.segments.len() == 2 && self.segments[0] == "**";
        (1..=path.len()).any(|n| {
            let allowed = if n == path.len() { !self.folder } else { below };
            allowed && glob_path(&self.segments, &path[..n])
        })
    }
}

fn glob_path(pattern: &[String], path: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((first, rest)) if first == "**" => (0..=path.len()).any(|n| glob_path(rest, &path[n..])),
        Some((first, rest)) => path
            .split_first()
            .is_some_and(|(head, tail)| glob(first.as_bytes(), head.as_bytes()) && glob_path(rest, tail)),
    }
}

/// `*` for any run and `?` for one byte, within one segment. Linear: it goes back to the last star only.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((sp, st)) => {
                    p = sp + 1;
                    t = st + 1;
                    star = Some((sp, st + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}
