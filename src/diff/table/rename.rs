//! Which removed column may have become which added one. A suggestion with its evidence and nothing more: the verdict
//! stays remove + add.

use super::{Context, rules::TypeRules};
use crate::Options;
use std::collections::BTreeMap;
use tessera_model::{Column, Dialect, LogicalType, TableSchema};

/// At least this much evidence, and this much more than the runner-up.
const ENOUGH: i32 = 4;
const MARGIN: i32 = 2;
/// Pairs looked at; a table with more strangers than this is another table.
const MAX_PAIRS: usize = 40_000;

/// A suggested rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    pub old: String,
    pub new: String,
    pub score: i32,
    /// What speaks for it, in words.
    pub because: Vec<&'static str>,
}

impl Rename {
    pub(crate) fn evidence(&self) -> String {
        self.because.join(", ")
    }
}

/// The renames that two tables suggest. `options.hints` are decisive.
pub fn renames(old: &TableSchema, new: &TableSchema, options: &Options) -> Vec<Rename> {
    let rules = TypeRules::of(new.dialect);
    let context = Context { old, new, rules, hints: &options.hints };
    let absent = |c: &Column, other: &TableSchema| !other.columns.iter().any(|o| o.name.eq_ignore_ascii_case(&c.name));
    let removed: Vec<usize> = (0..old.columns.len()).filter(|&i| absent(&old.columns[i], new)).collect();
    let added: Vec<usize> = (0..new.columns.len()).filter(|&j| absent(&new.columns[j], old)).collect();
    suggest(&context, &removed, &added).into_values().collect()
}

/// Keyed by the old column's index.
pub(crate) fn suggest(context: &Context<'_>, removed: &[usize], added: &[usize]) -> BTreeMap<usize, Rename> {
    if removed.is_empty() || added.is_empty() || removed.len().saturating_mul(added.len()) > MAX_PAIRS {
        return BTreeMap::new();
    }
    let mut scored: Vec<(i32, usize, usize, Vec<&'static str>)> = Vec::new();
    for &i in removed {
        for &j in added {
            if let Some((score, because)) = score(context, i, j) {
                scored.push((score, i, j, because));
            }
        }
    }
    // The best pair first; a pair counts only when neither of its columns has a rival close behind.
    scored.sort_by(|a, b| (b.0, a.1, a.2).cmp(&(a.0, b.1, b.2)));
    let mut out: BTreeMap<usize, Rename> = BTreeMap::new();
    let mut used: Vec<usize> = Vec::new();
    for (score, i, j, because) in &scored {
        if *score < ENOUGH || out.contains_key(i) || used.contains(j) {
            continue;
        }
        let free = |k: &usize, l: &usize| !out.contains_key(k) && !used.contains(l);
        let rival = scored
            .iter()
            .filter(|(_, k, l, _)| (k == i) != (l == j) && free(k, l))
            .map(|(s, ..)| *s)
            .max()
            .unwrap_or(0);
        if score - rival >= MARGIN {
            let (old, new) = (context.old.columns[*i].name.clone(), context.new.columns[*j].name.clone());
            out.insert(*i, Rename { old, new, score: *score, because: because.clone() });
            used.push(*j);
        }
    }
    out
}

fn score(context: &Context<'_>, i: usize, j: usize) -> Option<(i32, Vec<&'static str>)> {
    let (old, new) = (&context.old.columns[i], &context.new.columns[j]);
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let mut points = 0;
    let mut because = Vec::new();
    let mut add = |n: i32, why: &'static str| {
        points += n;
        because.push(why);
    };
    if let Some(hint) = context.hints.iter().find(|h| same(&h.old, &old.name) && same(&h.new, &new.name)) {
        add(10, hint.why);
    } else {
        let kind = |d: Dialect, c: &Column| c.data_type.as_deref().map(|t| context.rules.parse(d, t));
        let (a, b) = (kind(context.old.dialect, old)?, kind(context.new.dialect, new)?);
        let nulls = matches!((old.nullable, new.nullable), (Some(x), Some(y)) if x != y);
        if a != b || a == LogicalType::Unknown || nulls {
            return None;
        }
    }
    if i == j {
        add(2, "same position");
    }
    if alike(&old.name, &new.name) {
        add(2, "similar name");
    }
    if old.comment.is_some() && old.comment == new.comment {
        add(1, "same comment");
    }
    Some((points, because))
}

/// Likeness of names: shared words, or nearly the same letters.
fn alike(a: &str, b: &str) -> bool {
    let (x, y) = (tokens(a), tokens(b));
    let shared = x.iter().filter(|t| y.contains(t)).count();
    let most = x.len().max(y.len());
    (shared > 0 && shared * 2 >= most) || strsim::jaro_winkler(&x.concat(), &y.concat()) >= 0.88
}

/// `customerId`, `customer_id` and `CUSTOMER-ID` are the words customer and id.
fn tokens(name: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars() {
        let boundary = !c.is_alphanumeric() || (c.is_uppercase() && lower_before);
        if boundary && out.last().is_some_and(|t| !t.is_empty()) {
            out.push(String::new());
        }
        lower_before = c.is_lowercase() || c.is_numeric();
        if let (true, Some(last)) = (c.is_alphanumeric(), out.last_mut()) {
            last.extend(c.to_lowercase());
        }
    }
    out.retain(|t| !t.is_empty());
    out
}
