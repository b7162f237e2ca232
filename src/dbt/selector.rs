//! dbt's node selection (`--select`, `--exclude`) over a project: spaces unite, commas intersect, `+` walks the graph.
//! The grammar is dbt's ("Node selector syntax", "Graph operators", "Set operators", "Methods"); methods that need what an
//! artifact does not hold are refused by name rather than read as an empty selection.

mod method;
mod state;

use crate::project::Project;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

pub use state::modified;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SelectError {
    #[error("`{part}` is no selector: {why}")]
    Syntax { part: String, why: String },
    #[error(
        "the method `{method}:` is not supported; use one of name, fqn, tag, path, file, package, resource_type, source, group, exposure, metric, access, config, version, test_type, state"
    )]
    UnknownMethod { method: String },
    #[error("`{part}` compares with another manifest, and none was given; pass --state")]
    NoState { part: String },
    #[error("`state:{value}` is not supported; use state:modified, state:new or state:old")]
    UnknownState { value: String },
}

/// A parsed `--select` or `--exclude`: a union of intersections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    union: Vec<Vec<Atom>>,
}

/// One criterion with its graph operators.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Atom {
    /// `@`: children, and all parents of those children.
    at: bool,
    parents: Option<usize>,
    children: Option<usize>,
    method: String,
    value: String,
    text: String,
}

impl Selector {
    pub fn parse(expression: &str) -> Result<Self, SelectError> {
        let mut union = Vec::new();
        for part in expression.split_whitespace() {
            union.push(part.split(',').map(|p| Atom::parse(p, part)).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(Selector { union })
    }

    /// Unique ids selected, sorted. `state` is the manifest that `state:` compares with.
    pub fn select(&self, project: &Project, state: Option<&Project>) -> Result<BTreeSet<String>, SelectError> {
        let graph = Graph::new(project);
        let mut out = BTreeSet::new();
        for intersection in &self.union {
            let mut common: Option<BTreeSet<String>> = None;
            for atom in intersection {
                let found = graph.expand(atom, &method::matching(project, state, atom)?);
                common = Some(match common {
                    None => found,
                    Some(common) => common.intersection(&found).cloned().collect(),
                });
            }
            out.extend(common.unwrap_or_default());
        }
        Ok(out)
    }
}

/// `--select` less `--exclude`. An empty `select` means everything, as for dbt.
pub fn select(
    project: &Project,
    state: Option<&Project>,
    select: &str,
    exclude: &str,
) -> Result<BTreeSet<String>, SelectError> {
    let mut out = if select.trim().is_empty() {
        all_ids(project).map(str::to_owned).collect()
    } else {
        Selector::parse(select)?.select(project, state)?
    };
    if !exclude.trim().is_empty() {
        for id in Selector::parse(exclude)?.select(project, state)? {
            out.remove(&id);
        }
    }
    Ok(out)
}

pub(crate) fn all_ids(project: &Project) -> impl Iterator<Item = &str> {
    project.all_nodes().map(|n| n.unique_id.as_str()).chain(project.exposures.keys().map(String::as_str))
}

impl Atom {
    fn parse(part: &str, whole: &str) -> Result<Self, SelectError> {
        let syntax = |why: &str| SelectError::Syntax { part: whole.to_owned(), why: why.to_owned() };
        let (at, rest) = part.strip_prefix('@').map_or((false, part), |r| (true, r));
        let (parents, rest) = leading(rest).ok_or_else(|| syntax("the number before `+` is too large"))?;
        let (children, rest) = trailing(rest).ok_or_else(|| syntax("the number after `+` is too large"))?;
        if at && (parents.is_some() || children.is_some()) {
            return Err(syntax("`@` cannot be combined with `+`"));
        }
        if rest.is_empty() {
            return Err(syntax("a name or method is missing"));
        }
        let (method, value) = match rest.split_once(':') {
            Some((method, value)) if !value.is_empty() => (method.to_ascii_lowercase(), value),
            Some(_) => return Err(syntax("nothing stands after the colon")),
            None => (String::new(), rest),
        };
        Ok(Atom { at, parents, children, method, value: value.to_owned(), text: part.to_owned() })
    }
}

/// `+x` is any distance, `2+x` two steps.
fn leading(text: &str) -> Option<(Option<usize>, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text[digits..].strip_prefix('+') {
        Some(rest) if digits == 0 => Some((Some(usize::MAX), rest)),
        Some(rest) => Some((Some(text[..digits].parse().ok()?), rest)),
        None => Some((None, text)),
    }
}

/// `x+` is any distance, `x+2` two steps.
fn trailing(text: &str) -> Option<(Option<usize>, &str)> {
    let kept = text.trim_end_matches(|c: char| c.is_ascii_digit());
    match kept.strip_suffix('+') {
        Some(rest) if kept.len() == text.len() => Some((Some(usize::MAX), rest)),
        Some(rest) => Some((Some(text[kept.len()..].parse().ok()?), rest)),
        None => Some((None, text)),
    }
}

struct Graph<'p> {
    parents: BTreeMap<&'p str, Vec<&'p str>>,
    children: BTreeMap<&'p str, Vec<&'p str>>,
}

impl<'p> Graph<'p> {
    fn new(project: &'p Project) -> Self {
        let known: BTreeSet<&str> = all_ids(project).collect();
        let children = project.children();
        let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (parent, readers) in &children {
            for child in readers {
                if known.contains(parent) {
                    parents.entry(child).or_default().push(parent);
                }
            }
        }
        Graph { parents, children }
    }

    fn expand(&self, atom: &Atom, found: &BTreeSet<String>) -> BTreeSet<String> {
        let mut out = found.clone();
        if let Some(steps) = atom.parents {
            out.extend(walk(&self.parents, found, steps));
        }
        if let Some(steps) = atom.children {
            out.extend(walk(&self.children, found, steps));
        }
        if atom.at {
            out.extend(walk(&self.children, found, usize::MAX));
            let parents = walk(&self.parents, &out, usize::MAX);
            out.extend(parents);
        }
        out
    }
}

fn walk(edges: &BTreeMap<&str, Vec<&str>>, from: &BTreeSet<String>, steps: usize) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut front: Vec<&str> = from.iter().map(String::as_str).collect();
    for _ in 0..steps {
        let mut next = Vec::new();
        for id in front {
            for neighbour in edges.get(id).into_iter().flatten() {
                if seen.insert((*neighbour).to_owned()) {
                    next.push(*neighbour);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        front = next;
    }
    seen
}
