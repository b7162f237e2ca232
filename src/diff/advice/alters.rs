//! Reads `sql.txt`: each engine's statements, and which types it alters in place. "The engine can do it" and "the contract
//! allows it" are different questions; only steps ask the first one.

use crate::table::{RELATIONS, TypeRules};
use std::collections::HashMap;
use std::sync::LazyLock;
use tessera_model::{Dialect, LogicalType};

const TEXT: &str = include_str!("sql.txt");

/// What one engine can do.
#[derive(Debug, Clone, Default)]
pub(super) struct Engine {
    statements: HashMap<&'static str, String>,
    in_place: Vec<&'static str>,
    none: Vec<&'static str>,
}

static ENGINES: LazyLock<HashMap<&'static str, Engine>> = LazyLock::new(|| {
    let mut out = HashMap::new();
    for name in heads() {
        if let Ok(engine) = section(name, 0) {
            out.insert(name, engine);
        }
    }
    out
});

pub(super) fn engine(name: &str) -> &'static Engine {
    static NOTHING: LazyLock<Engine> = LazyLock::new(Engine::default);
    ENGINES.get(name).or_else(|| ENGINES.get("default")).unwrap_or(&NOTHING)
}

impl Engine {
    /// The statement, unless the engine has none.
    pub(super) fn statement(&self, word: &str) -> Option<&str> {
        self.statements.get(word).map(String::as_str).filter(|_| !self.none.contains(&word))
    }

    pub(super) fn alters(&self, from: &LogicalType, to: &LogicalType, digits: u8) -> bool {
        if self.none.contains(&"retype") {
            return false;
        }
        from == to || self.in_place.iter().any(|name| *name == "any" || holds(name, from, to, digits))
    }
}

fn holds(name: &str, from: &LogicalType, to: &LogicalType, digits: u8) -> bool {
    RELATIONS.iter().any(|(relation, test)| *relation == name && test(from, to, digits))
}

/// Whether an engine or table format (`snowflake`, `iceberg-v2`) changes a column's type in place, by its documentation.
/// `None` for an engine without facts.
pub fn alters_in_place(name: &str, from: &str, to: &str) -> Option<bool> {
    let name = name.trim().to_ascii_lowercase();
    let engine = ENGINES.get(name.as_str())?;
    let rules = TypeRules::named(&name).or_else(|| Dialect::from_name(&name).map(TypeRules::of))?;
    let (from, to) = (rules.parse(rules.dialect, from), rules.parse(rules.dialect, to));
    Some(engine.alters(&from, &to, rules.digits()))
}

fn heads() -> impl Iterator<Item = &'static str> {
    TEXT.lines().filter_map(|l| l.strip_prefix('[')).filter_map(|l| l.strip_suffix(']'))
}

fn section(name: &str, depth: usize) -> Result<Engine, String> {
    if depth > 4 {
        return Err(format!("`like` goes in circles at [{name}]"));
    }
    let mut engine = Engine::default();
    let (mut inside, mut found, mut last) = (false, false, None);
    for (number, line) in TEXT.lines().enumerate() {
        let bad = |why: &str| format!("sql.txt line {}: {why}", number + 1);
        if let Some(head) = line.strip_prefix('[') {
            inside = head.strip_suffix(']') == Some(name);
            found |= inside;
            continue;
        }
        if !inside || line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if let Some(more) = line.strip_prefix("  ") {
            let text = last.and_then(|w| engine.statements.get_mut(w)).ok_or_else(|| bad("nothing to go on with"))?;
            text.push('\n');
            text.push_str(more);
        } else if let Some((word, text)) = line.split_once(": ").filter(|(word, _)| !word.contains(' ')) {
            last = Some(word);
            engine.none.retain(|w| *w != word);
            engine.statements.insert(word, text.trim().to_owned());
        } else {
            let line = line.split('#').next().unwrap_or_default().trim();
            match line.split_once(' ') {
                Some(("like", other)) => engine = section(other, depth + 1)?,
                Some(("in-place", relation)) => {
                    if relation != "any" && !RELATIONS.iter().any(|(known, _)| *known == relation) {
                        return Err(bad("no such relation in table/relation.rs"));
                    }
                    engine.in_place.push(relation);
                }
                Some(("none", word)) => engine.none.push(word),
                _ => return Err(bad("not understood")),
            }
        }
    }
    if found { Ok(engine) } else { Err(format!("no section [{name}]")) }
}

/// Every section, or the first bad line: for the test.
#[cfg(test)]
pub(super) fn all() -> Result<Vec<(&'static str, Engine)>, String> {
    heads().map(|h| Ok((h, section(h, 0)?))).collect()
}
