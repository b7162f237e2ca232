//! Reads `rules/*.txt`, one file for each warehouse or table format: which relation between two types is worth what there, and
//! which names stand for one type. The files are part of the program and a test reads every line, so a bad one cannot reach a
//! user. `rules/README.md` says how they are written.

use super::relation::RELATIONS;
use std::sync::LazyLock;
use tessera_model::types::Zone;
use tessera_model::{Dialect, LogicalType};

const FILES: &[(&str, &str)] = &[
    ("default", include_str!("rules/default.txt")),
    ("postgres", include_str!("rules/postgres.txt")),
    ("redshift", include_str!("rules/redshift.txt")),
    ("duckdb", include_str!("rules/duckdb.txt")),
    ("sqlite", include_str!("rules/sqlite.txt")),
    ("snowflake", include_str!("rules/snowflake.txt")),
    ("bigquery", include_str!("rules/bigquery.txt")),
    ("databricks", include_str!("rules/databricks.txt")),
    ("sparksql", include_str!("rules/sparksql.txt")),
    ("hive", include_str!("rules/hive.txt")),
    ("trino", include_str!("rules/trino.txt")),
    ("athena", include_str!("rules/athena.txt")),
    ("mysql", include_str!("rules/mysql.txt")),
    ("clickhouse", include_str!("rules/clickhouse.txt")),
    ("tsql", include_str!("rules/tsql.txt")),
    ("oracle", include_str!("rules/oracle.txt")),
    ("teradata", include_str!("rules/teradata.txt")),
    ("iceberg-v2", include_str!("rules/iceberg-v2.txt")),
    ("iceberg-v3", include_str!("rules/iceberg-v3.txt")),
    ("delta-3.2", include_str!("rules/delta-3.2.txt")),
    ("delta-4.0", include_str!("rules/delta-4.0.txt")),
];

/// Deeper arrays are left to the parser of types, which has its own bound.
const MAX_DEPTH: usize = 32;

/// What a change of type does, mildest first; see `rules/README.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    Widening,
    InRange,
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
    opaque: Vec<String>,
    wide_texts: Vec<String>,
    wide_units: Vec<String>,
    sized_arrays: bool,
    digits: u8,
}

impl TypeRules {
    fn none(dialect: Dialect) -> TypeRules {
        TypeRules {
            dialect,
            effects: Vec::new(),
            aliases: Vec::new(),
            opaque: Vec::new(),
            wide_texts: Vec::new(),
            wide_units: Vec::new(),
            sized_arrays: false,
            digits: 6,
        }
    }

    /// The rules of a file of `rules/`, by its name; `None` when there is no such file.
    pub fn named(name: &str) -> Option<TypeRules> {
        let name = name.trim().to_ascii_lowercase();
        (name != "default").then(|| known(&name)).flatten()
    }

    /// The rules of a dialect: its own file, or the defaults.
    pub fn of(dialect: Dialect) -> TypeRules {
        let mut rules = known(dialect.name()).or_else(|| known("default")).unwrap_or_else(|| TypeRules::none(dialect));
        rules.dialect = dialect;
        rules
    }

    /// Fractional digits of a time without its own precision.
    pub(crate) fn digits(&self) -> u8 {
        self.digits
    }

    /// Does a text of this spelling hold characters that another of the same length may not? The name of the type says so, or
    /// the unit of its length.
    pub(crate) fn is_wide(&self, spelling: &str) -> bool {
        let mut words = spelling.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let among = |all: &[String], word: &str| all.iter().any(|w| w.eq_ignore_ascii_case(word));
        words.next().is_some_and(|name| among(&self.wide_texts, name))
            || spelling.trim_end().ends_with(')') && words.next_back().is_some_and(|unit| among(&self.wide_units, unit))
    }

    /// Parses a spelling; the file's own aliases and opaque types first.
    pub(crate) fn parse(&self, dialect: Dialect, spelling: &str) -> LogicalType {
        let spelling = spelling.trim();
        match self.aliases.iter().find(|(from, _)| from.eq_ignore_ascii_case(spelling)) {
            Some((_, to)) => self.parse_named(dialect, to, 0),
            None => self.parse_named(dialect, spelling, 0),
        }
    }

    fn parse_named(&self, dialect: Dialect, spelling: &str, depth: usize) -> LogicalType {
        let element = spelling.strip_suffix("[]").filter(|_| depth < MAX_DEPTH && self.speaks_of(spelling));
        if let Some(element) = element {
            return LogicalType::Array(Box::new(self.parse_named(dialect, element.trim_end(), depth + 1)));
        }
        let word = spelling.split(|c: char| c == '(' || c.is_whitespace()).next().unwrap_or(spelling);
        if self.opaque.iter().any(|o| o.eq_ignore_ascii_case(word)) {
            return LogicalType::Other(spelling.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase());
        }
        if self.sized_arrays
            && depth < MAX_DEPTH
            && let Some((element, length)) = sized(spelling)
        {
            let element = self.parse_named(dialect, element, depth + 1).spell(dialect);
            return LogicalType::Other(format!("{}[{length}]", element.to_lowercase()));
        }
        self.canonical(LogicalType::parse(dialect, spelling))
    }

    /// Has the file something of its own to say about the elements of an array?
    fn speaks_of(&self, spelling: &str) -> bool {
        let word = spelling.split(|c: char| matches!(c, '(' | '[') || c.is_whitespace()).next().unwrap_or(spelling);
        self.opaque.iter().any(|o| o.eq_ignore_ascii_case(word)) || self.sized_arrays
    }

    /// `TIMESTAMP` and `TIMESTAMP(6)` are one type where 6 is the default.
    pub(crate) fn canonical(&self, t: LogicalType) -> LogicalType {
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
        found.min().unwrap_or(Effect::No)
    }

    /// The zone matters to a message.
    pub(crate) fn zone(t: &LogicalType) -> Option<Zone> {
        match t {
            LogicalType::Timestamp { zone, .. } | LogicalType::Time { zone, .. } => Some(*zone),
            _ => None,
        }
    }
}

/// `INTEGER[3]`: the element and the length.
fn sized(spelling: &str) -> Option<(&str, &str)> {
    let (inner, length) = spelling.strip_suffix(']')?.rsplit_once('[')?;
    (!length.is_empty() && length.chars().all(|c| c.is_ascii_digit())).then_some((inner, length))
}

/// The files never change, so they are read once.
static RULES: LazyLock<Vec<(&'static str, TypeRules)>> =
    LazyLock::new(|| FILES.iter().filter_map(|(name, _)| read(name, 0).ok().map(|rules| (*name, rules))).collect());

fn known(name: &str) -> Option<TypeRules> {
    RULES.iter().find(|(n, _)| *n == name).map(|(_, rules)| rules.clone())
}

fn read(name: &str, depth: usize) -> Result<TypeRules, String> {
    if depth > 4 {
        return Err(format!("`like` goes in circles at {name}.txt"));
    }
    let (_, text) = FILES.iter().find(|(n, _)| *n == name).ok_or_else(|| format!("no file {name}.txt"))?;
    let mut rules = TypeRules::none(Dialect::from_name(name).unwrap_or_default());
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        if !line.is_empty() {
            apply(line, &mut rules, depth).map_err(|e| format!("{name}.txt line {}: {e}", number + 1))?;
        }
    }
    Ok(rules)
}

fn apply(line: &str, rules: &mut TypeRules, depth: usize) -> Result<(), String> {
    if line == "sized-arrays" {
        rules.sized_arrays = true;
        return Ok(());
    }
    let (word, rest) = line.split_once(char::is_whitespace).ok_or("a line has at least two words")?;
    let rest = rest.trim();
    match word {
        "reads" => rules.dialect = Dialect::from_name(rest).ok_or_else(|| format!("no dialect `{rest}`"))?,
        "like" => *rules = TypeRules { dialect: rules.dialect, ..read(rest, depth + 1)? },
        "alias" => {
            let (from, to) = rest.split_once('=').ok_or("alias SPELLING = SPELLING")?;
            rules.aliases.push((from.trim().to_owned(), to.trim().to_owned()));
        }
        "opaque" => rules.opaque.extend(rest.split_whitespace().map(str::to_owned)),
        "wide-text" => rules.wide_texts.extend(rest.split_whitespace().map(str::to_owned)),
        "wide-unit" => rules.wide_units.extend(rest.split_whitespace().map(str::to_owned)),
        "timestamp-digits" => rules.digits = rest.parse().map_err(|_| format!("`{rest}` is not a number of digits"))?,
        relation => {
            let index = RELATIONS
                .iter()
                .position(|(name, _)| *name == relation)
                .ok_or_else(|| format!("no relation `{relation}` in table/relation.rs"))?;
            let effect = match rest {
                "widening" => Effect::Widening,
                "in-range" => Effect::InRange,
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

#[cfg(test)]
pub(crate) mod of_files {
    //! What the tests ask of the files.
    use super::{FILES, TypeRules, read};

    pub(crate) fn texts() -> &'static [(&'static str, &'static str)] {
        FILES
    }

    /// Every file's rules, or the first bad line.
    pub(crate) fn all() -> Result<Vec<(&'static str, TypeRules)>, String> {
        FILES.iter().map(|(name, _)| Ok((*name, read(name, 0)?))).collect()
    }

    pub(crate) fn aliases(rules: &TypeRules) -> &[(String, String)] {
        &rules.aliases
    }
}
