//! Reads `rules.txt`: which relation between two types is worth what in a warehouse. The file is part of the program and
//! a test reads every line of it, so a bad line cannot reach a user.

use super::relation::RELATIONS;
use std::sync::LazyLock;
use tessera_model::types::Zone;
use tessera_model::{Dialect, LogicalType};

const TEXT: &str = include_str!("rules.txt");

/// What a change of type does, see `rules.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Widening,
    Fits,
    MayFit,
    No,
}

/// The rules of one warehouse or table format.
#[derive(Debug, Clone)]
pub struct TypeRules {
    /// How type spellings are read.
    pub dialect: Dialect,
    effects: Vec<(usize, Effect)>,
    aliases: Vec<(String, String)>,
    digits: u8,
}

impl TypeRules {
    /// The rules of a section of `rules.txt`, by its name; `None` when there is no such section.
    pub fn named(name: &str) -> Option<TypeRules> {
        let name = name.trim().to_ascii_lowercase();
        (name != "default").then(|| known(&name)).flatten()
    }

    /// The rules of a dialect: its own section, or the defaults.
    pub fn of(dialect: Dialect) -> TypeRules {
        let none = || TypeRules { dialect, effects: Vec::new(), aliases: Vec::new(), digits: 6 };
        let mut rules = known(dialect.name()).or_else(|| known("default")).unwrap_or_else(none);
        rules.dialect = dialect;
        rules
    }

    /// Fractional digits of a time without its own precision.
    pub(crate) fn digits(&self) -> u8 {
        self.digits
    }

    /// Parses a spelling, the section's own aliases first.
    pub(crate) fn parse(&self, dialect: Dialect, spelling: &str) -> LogicalType {
        let lower = spelling.trim();
        match self.aliases.iter().find(|(from, _)| from.eq_ignore_ascii_case(lower)) {
            Some((_, to)) => self.canonical(LogicalType::parse(dialect, to)),
            None => self.canonical(LogicalType::parse(dialect, spelling)),
        }
    }

    /// `TIMESTAMP` and `TIMESTAMP(6)` are one type where 6 is the default.
    fn canonical(&self, t: LogicalType) -> LogicalType {
        match t {
            LogicalType::Timestamp { precision: None, zone } => {
                LogicalType::Timestamp { precision: Some(self.digits), zone }
            }
            LogicalType::Time { precision: None, zone } => LogicalType::Time { precision: Some(self.digits), zone },
            LogicalType::Array(inner) => LogicalType::Array(Box::new(self.canonical(*inner))),
            LogicalType::Map(k, v) => LogicalType::Map(Box::new(self.canonical(*k)), Box::new(self.canonical(*v))),
            LogicalType::Struct(fields) => LogicalType::Struct(
                fields
                    .into_iter()
                    .map(|mut f| {
                        f.data_type = self.canonical(f.data_type);
                        f
                    })
                    .collect(),
            ),
            other => other,
        }
    }

    /// What a change from `a` to `b` does; two equal types are not asked about.
    pub(crate) fn effect(&self, a: &LogicalType, b: &LogicalType) -> Effect {
        let found = self.effects.iter().filter(|(i, _)| RELATIONS[*i].1(a, b, self.digits)).map(|(_, e)| *e);
        found.min_by_key(|e| *e as u8).unwrap_or(Effect::No)
    }

    /// The zone matters to a message.
    pub(crate) fn zone(t: &LogicalType) -> Option<Zone> {
        match t {
            LogicalType::Timestamp { zone, .. } | LogicalType::Time { zone, .. } => Some(*zone),
            _ => None,
        }
    }
}

/// The file never changes, so it is read once.
static SECTIONS: LazyLock<Vec<(&'static str, TypeRules)>> =
    LazyLock::new(|| heads().filter_map(|name| section(name, 0).ok().flatten().map(|rules| (name, rules))).collect());

fn heads() -> impl Iterator<Item = &'static str> {
    TEXT.lines().filter_map(|l| l.strip_prefix('[')).filter_map(|l| l.split(']').next())
}

fn known(name: &str) -> Option<TypeRules> {
    SECTIONS.iter().find(|(n, _)| *n == name).map(|(_, rules)| rules.clone())
}

fn section(name: &str, depth: usize) -> Result<Option<TypeRules>, String> {
    if depth > 4 {
        return Err(format!("`like` goes in circles at [{name}]"));
    }
    let mut rules: Option<TypeRules> = None;
    let mut inside = false;
    for (number, line) in TEXT.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        if let Some(head) = line.strip_prefix('[') {
            inside = head.trim_end_matches(']') == name;
            if inside {
                let dialect = Dialect::from_name(name).unwrap_or_default();
                rules = Some(TypeRules { dialect, effects: Vec::new(), aliases: Vec::new(), digits: 6 });
            }
        } else if let (true, false, Some(rules)) = (inside, line.is_empty(), rules.as_mut()) {
            apply(line, rules, depth).map_err(|e| format!("rules.txt line {}: {e}", number + 1))?;
        }
    }
    Ok(rules)
}

fn apply(line: &str, rules: &mut TypeRules, depth: usize) -> Result<(), String> {
    let (word, rest) = line.split_once(char::is_whitespace).ok_or("a line has at least two words")?;
    let rest = rest.trim();
    match word {
        "reads" => rules.dialect = Dialect::from_name(rest).ok_or_else(|| format!("no dialect `{rest}`"))?,
        "like" => {
            let base = section(rest, depth + 1)?.ok_or_else(|| format!("no section [{rest}]"))?;
            let dialect = rules.dialect;
            *rules = TypeRules { dialect, ..base };
        }
        "alias" => {
            let (from, to) = rest.split_once('=').ok_or("alias SPELLING = SPELLING")?;
            rules.aliases.push((from.trim().to_owned(), to.trim().to_owned()));
        }
        "timestamp-digits" => rules.digits = rest.parse().map_err(|_| format!("`{rest}` is not a number of digits"))?,
        relation => {
            let index = RELATIONS
                .iter()
                .position(|(name, _)| *name == relation)
                .ok_or_else(|| format!("no relation `{relation}` in table/relation.rs"))?;
            let effect = match rest {
                "widening" => Effect::Widening,
                "fits" => Effect::Fits,
                "may-fit" => Effect::MayFit,
                "no" => Effect::No,
                other => return Err(format!("no effect `{other}`")),
            };
            rules.effects.retain(|(i, _)| *i != index);
            rules.effects.push((index, effect));
        }
    }
    Ok(())
}

/// Every section, or the first bad line: for the test.
#[cfg(test)]
pub(crate) fn all() -> Result<Vec<(String, TypeRules)>, String> {
    heads().map(|h| Ok((h.to_owned(), section(h, 0)?.ok_or("empty")?))).collect()
}
