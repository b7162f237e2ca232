//! What each rule id means, for formats that explain their rules. The texts are data in `rules.txt`; a rule without a line
//! is explained by its own name.

/// `RULE | what it says | why it matters and what to do`.
const TEXTS: &str = include_str!("rules.txt");

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) short: String,
    pub(super) help: String,
}

pub(super) fn explain(id: &str) -> Rule {
    let line = TEXTS.lines().filter(|l| !l.starts_with('#')).find_map(|line| {
        let mut parts = line.split('|').map(str::trim);
        (parts.next()? == id).then(|| (parts.next(), parts.next()))
    });
    match line {
        Some((Some(short), Some(help))) => Rule { short: short.to_owned(), help: help.to_owned() },
        _ => {
            let words = id.replace('-', " ");
            let mut letters = words.chars();
            let short = letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>());
            Rule {
                short: format!("{}.", short.unwrap_or_else(|| "A finding".to_owned())),
                help: "The message says what changed, who reads it, and what to do instead.".to_owned(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_three_parts_and_every_id_one_line() {
        let mut seen = std::collections::BTreeSet::new();
        for line in TEXTS.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            assert_eq!(parts.len(), 3, "{line}");
            assert!(parts.iter().all(|p| !p.is_empty()), "{line}");
            assert!(seen.insert(parts[0]), "{} stands there twice", parts[0]);
            assert!(parts[1].ends_with('.') && parts[2].ends_with('.'), "{line}");
            assert_eq!(explain(parts[0]).short, parts[1]);
        }
        assert!(seen.len() > 20);
        assert_eq!(explain("never-heard-of").short, "Never heard of.");
    }
}
