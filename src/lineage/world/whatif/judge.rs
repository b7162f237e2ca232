//! The verdict on one reader: its text bound before and after.

use super::delta::{ColumnDelta, ShapeDelta, What, untyped};
use crate::bind::{self, Spelling};
use crate::catalog::{Catalog, Defaults};
use crate::world::BindError;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use tessera_model::lineage::{DirectKind, IndirectKind, QueryLineage, Resolution};
use tessera_model::{Dialect, Effect, TableName, TableSchema};
use tessera_sql::{Limits, on_wide_stack};

/// Why a reader is affected. Its `Display` is a sentence's end: what it says follows the reader's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The text no longer binds: the code (`unknown-column`, `ambiguous-column`, `union-width`, `insert-width`, …) and
    /// place are the error's.
    Error(BindError),
    /// It reads a column that is gone, of a table whose columns are not all known.
    ColumnGone {
        table: TableName,
        column: String,
    },
    TableGone(TableName),
    /// Its own output differs.
    Output(ColumnDelta),
    Reordered,
    /// It uses the changed column; its own output is as before.
    Uses {
        table: TableName,
        column: String,
    },
    /// The name is found elsewhere now, or no longer elsewhere: it binds, to something else.
    Elsewhere {
        table: TableName,
        column: String,
    },
    /// A natural join goes by other columns than before.
    Join {
        table: TableName,
        column: String,
        added: bool,
    },
    /// Whether the column changes is not known.
    Untyped {
        table: TableName,
        column: String,
    },
    /// Which columns it reads is not known.
    NotUnderstood {
        cause: String,
    },
    /// It takes all columns of tables whose columns are not all known.
    Open,
    /// What it reads is not built any more, or may not be.
    Upstream {
        id: Arc<str>,
        breaks: bool,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Error(error) => f.write_str(&error.message),
            Reason::ColumnGone { table, column } => write!(f, "reads `{column}` of {table}, which is gone"),
            Reason::TableGone(table) => write!(f, "reads {table}, which is gone"),
            Reason::Output(delta) => f.write_str(&delta.says()),
            Reason::Reordered => f.write_str("its columns come in another order"),
            Reason::Uses { table, column } => write!(f, "uses `{column}` of {table}"),
            Reason::Elsewhere { table, column } => {
                write!(f, "finds `{column}` in another place than before, because of {table}")
            }
            Reason::Join { table, column, added: true } => write!(f, "joins by `{column}` of {table} as well"),
            Reason::Join { table, column, added: false } => write!(f, "no longer joins by `{column}` of {table}"),
            Reason::Untyped { table, column } => {
                write!(f, "whether `{column}` of {table} changes for it is not known")
            }
            Reason::NotUnderstood { cause } => write!(f, "which columns it reads is not known ({cause})"),
            Reason::Open => f.write_str("it selects * and the table's columns are not fully known"),
            Reason::Upstream { id, breaks: true } => write!(f, "upstream {id} breaks"),
            Reason::Upstream { id, breaks: false } => write!(f, "upstream {id} may be affected"),
        }
    }
}

impl Reason {
    /// A stable word for the kind of reason; for errors, the error's own code.
    pub fn code(&self) -> &str {
        match self {
            Reason::Error(error) => &error.code,
            Reason::ColumnGone { .. } => "unknown-column",
            Reason::TableGone(_) => "unknown-table",
            Reason::Output(delta) => match delta.what {
                What::Removed => "output-removed",
                What::Added => "output-added",
                What::Retyped { .. } => "output-retyped",
                What::Nullability { .. } => "output-nullability",
            },
            Reason::Reordered => "output-reordered",
            Reason::Uses { .. } => "uses",
            Reason::Elsewhere { .. } => "found-elsewhere",
            Reason::Join { .. } => "natural-join",
            Reason::Untyped { .. } => "undecided",
            Reason::NotUnderstood { .. } => "not-understood",
            Reason::Open => "open-star",
            Reason::Upstream { .. } => "upstream",
        }
    }
}

/// What a changed catalog does to one query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebinding {
    /// `breaks`, `changes`, `reads`, `may_read` or `unaffected`.
    pub effect: Effect,
    pub reasons: Vec<Reason>,
    /// How its own output differs.
    pub output: ShapeDelta,
}

/// Binds a query against two catalogs and says what the difference does to it. Tables are matched by name.
pub fn rebind(sql: &str, dialect: Dialect, before: &Catalog, after: &Catalog, defaults: &Defaults) -> Rebinding {
    on_wide_stack(|| {
        let script = tessera_sql::parse(sql, dialect, &Limits::default());
        let bound = |catalog: &Catalog| bind::script(&script, dialect, catalog, defaults, Spelling::Stored, None);
        let (was, is) = (bound(before), bound(after));
        let mut incoming = Vec::new();
        for (name, shape) in before.iter() {
            let now = after.get(name);
            let delta = now.map(|now| ShapeDelta::between(shape, now, dialect)).unwrap_or_default();
            if now.is_none() || !delta.is_empty() {
                let open = shape.open || shape.columns.is_empty();
                incoming.push(Incoming { gone: now.is_none(), open, ..Incoming::new(name.clone(), delta) });
            }
        }
        let new = after.iter().filter(|(name, _)| before.get(name).is_none());
        incoming.extend(new.map(|(name, _)| Incoming::new(name.clone(), ShapeDelta::default())));
        let sides = [&was, &is].map(|b| Side { lineage: &b.lineage, shape: &b.shape, errors: &b.errors });
        let verdict = judge(&sides, &incoming.iter().collect::<Vec<_>>(), dialect);
        Rebinding { effect: verdict.effect, reasons: verdict.reasons, output: verdict.output }
    })
}

/// A change of something that a reader reads.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub(super) table: TableName,
    pub(super) gone: bool,
    pub(super) delta: ShapeDelta,
    /// Keys of columns that are gone for certain, though the table may hold others than are known.
    pub(super) away: Vec<String>,
    /// Names of columns of which it is not known whether they change.
    pub(super) untyped: Vec<String>,
    /// A node without a relation, which its readers look through: its name is not among their reads.
    pub(super) hidden: bool,
    /// The table may hold columns that are not known.
    pub(super) open: bool,
}

impl Incoming {
    pub(super) fn new(table: TableName, delta: ShapeDelta) -> Self {
        Incoming { table, gone: false, delta, away: Vec::new(), untyped: Vec::new(), hidden: false, open: false }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) lineage: &'a QueryLineage,
    pub(super) shape: &'a TableSchema,
    pub(super) errors: &'a [BindError],
}

#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) effect: Effect,
    pub(super) reasons: Vec<Reason>,
    pub(super) output: ShapeDelta,
    /// Output columns that may change, nobody knows.
    pub(super) untyped: Vec<String>,
}

impl Verdict {
    pub(super) fn new(effect: Effect, reasons: Vec<Reason>) -> Self {
        Verdict { effect, reasons, output: ShapeDelta::default(), untyped: Vec::new() }
    }
}

/// How a lineage reads one column of one table.
struct Use<'a> {
    read: bool,
    /// Output columns that its value gets into, and whether as it is.
    into: Vec<(&'a str, bool)>,
}

fn uses<'a>(lineage: &'a QueryLineage, table: &TableName, key: &str, dialect: Dialect) -> Use<'a> {
    let folding = dialect.column_folding();
    let hits = |t: &TableName, c: &str| folding.is_key(c, key) && t == table;
    let mut found = Use { read: false, into: Vec::new() };
    for column in &lineage.columns {
        for read in column.direct.iter().filter(|r| hits(&r.table, &r.column)) {
            found.read = true;
            found.into.push((&column.name, read.kind == DirectKind::Identity));
        }
        found.read |= column.indirect.iter().any(|r| hits(&r.table, &r.column));
    }
    found.read = found.read
        || lineage.indirect.iter().any(|r| hits(&r.table, &r.column))
        || lineage.unused.iter().any(|r| hits(&r.table, &r.column));
    found
}

/// Whether a lineage reads that column.
pub(super) fn reads_column(lineage: &QueryLineage, table: &TableName, key: &str, dialect: Dialect) -> bool {
    uses(lineage, table, key, dialect).read
}

/// Messages and positions may differ between two bindings of one mistake.
fn error_key(error: &BindError, dialect: Dialect) -> (&str, Option<&TableName>, Option<String>) {
    let column = error.column.as_ref().map(|c| dialect.column_folding().key(c));
    // Types that do not go together are of no one column: what is said of them tells two such errors apart.
    let said = (error.code == "type-error").then(|| error.message.clone());
    (&error.code, error.table.as_ref(), column.or(said))
}

pub(super) fn understood(lineage: &QueryLineage) -> Option<&'static str> {
    match lineage.resolution {
        Resolution::Resolved | Resolution::Inferred | Resolution::Ambiguous => None,
        Resolution::TableOnly => Some("table_only"),
        Resolution::Unparsed => Some("unparsed"),
    }
}

/// `sides`: before and after. `incoming`: what changed among the things that the text reads or might read.
pub(super) fn judge(sides: &[Side<'_>; 2], incoming: &[&Incoming], dialect: Dialect) -> Verdict {
    let [before, after] = sides;
    // A positional insert depends on the columns of the table that it writes.
    let reads =
        |table: &TableName| sides.iter().any(|s| s.lineage.reads.contains(table) || s.lineage.writes.contains(table));
    let touched: Vec<&Incoming> = incoming.iter().copied().filter(|i| i.hidden || reads(&i.table)).collect();
    if touched.is_empty() {
        return Verdict::new(Effect::Unaffected, Vec::new());
    }
    if let Some(cause) = understood(before.lineage).or_else(|| understood(after.lineage)) {
        let reason = Reason::NotUnderstood { cause: cause.to_owned() };
        return Verdict::new(Effect::MayRead, vec![reason]);
    }
    let mut broken: Vec<Reason> =
        touched.iter().filter(|i| i.gone).map(|i| Reason::TableGone(i.table.clone())).collect();
    let known: HashSet<_> = before.errors.iter().map(|e| error_key(e, dialect)).collect();
    let new = after.errors.iter().filter(|e| !known.contains(&error_key(e, dialect)));
    broken.extend(new.cloned().map(Reason::Error));
    for i in &touched {
        // A table that may hold anything binds whatever is asked of it.
        let removed = i.delta.columns.iter().filter(|c| c.what == What::Removed).map(|c| &c.key);
        for key in removed.chain(&i.away) {
            let named = broken.iter().any(|r| matches!(r, Reason::Error(e) if e.code == "unknown-column"));
            if !named && uses(after.lineage, &i.table, key, dialect).read {
                broken.push(Reason::ColumnGone { table: i.table.clone(), column: key.clone() });
            }
        }
    }
    let output = ShapeDelta::between(before.shape, after.shape, dialect);
    if !broken.is_empty() {
        return Verdict { effect: Effect::Breaks, reasons: broken, output, untyped: Vec::new() };
    }
    let (maybe, mut unknown) = undecided(sides, &touched, dialect);
    let mut reasons: Vec<Reason> = output.columns.iter().cloned().map(Reason::Output).collect();
    if output.reordered {
        reasons.push(Reason::Reordered);
    }
    reasons.extend(joins(sides, &touched, dialect));
    if !reasons.is_empty() {
        unknown.retain(|name| output.columns.iter().all(|c| c.name != *name));
        return Verdict { effect: Effect::Changes, reasons, output, untyped: unknown };
    }
    if !maybe.is_empty() {
        return Verdict { effect: Effect::MayRead, reasons: maybe, output, untyped: unknown };
    }
    let used = used(sides, &touched, dialect);
    if !used.is_empty() {
        return Verdict { effect: Effect::Reads, reasons: used, output, untyped: unknown };
    }
    // Nothing is known to be used; a star over an unknown table may use anything.
    let more_than_added = |i: &&&Incoming| {
        !i.away.is_empty() || !i.untyped.is_empty() || i.delta.columns.iter().any(|c| c.what != What::Added)
    };
    if before.lineage.open && after.lineage.open && touched.iter().any(|i| i.open && more_than_added(&i)) {
        // The star may have handed on just these.
        let named = |i: &&Incoming| {
            let known = i.delta.columns.iter().filter(|c| c.what != What::Added).map(|c| c.name.clone());
            known.chain(i.away.iter().chain(&i.untyped).cloned()).collect::<Vec<_>>()
        };
        let mut untyped: Vec<String> = touched.iter().filter(|i| i.open).flat_map(named).collect();
        untyped.sort();
        untyped.dedup();
        return Verdict { untyped, ..Verdict::new(Effect::MayRead, vec![Reason::Open]) };
    }
    Verdict::new(Effect::Unaffected, Vec::new())
}

/// What binds, but perhaps to something else than before; and outputs whose types may change, nobody knows.
fn undecided(sides: &[Side<'_>; 2], touched: &[&Incoming], dialect: Dialect) -> (Vec<Reason>, Vec<String>) {
    let [before, after] = sides;
    let mut reasons = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    let untyped_output = |name: &str| {
        let of = |shape: &TableSchema| shape.column(name).is_none_or(|c| untyped(c, dialect));
        of(before.shape) || of(after.shape)
    };
    for i in touched {
        for column in &i.delta.columns {
            let (was, is) = [before, after].map(|side| uses(side.lineage, &i.table, &column.key, dialect)).into();
            // The name is found in another table on one side, and in this one on the other.
            let moved = |from: &QueryLineage, to: &QueryLineage| {
                named(to, &column.key, dialect)
                    .any(|t| *t != i.table && !named(from, &column.key, dialect).any(|f| f == t))
            };
            let elsewhere = || Reason::Elsewhere { table: i.table.clone(), column: column.name.clone() };
            match &column.what {
                What::Removed if was.read && moved(before.lineage, after.lineage) => reasons.push(elsewhere()),
                What::Added if is.read && moved(after.lineage, before.lineage) => reasons.push(elsewhere()),
                What::Retyped { .. } => {
                    unknown.extend(
                        is.into.into_iter().map(|(name, _)| name).filter(|n| untyped_output(n)).map(str::to_owned),
                    );
                }
                What::Removed | What::Added | What::Nullability { .. } => {}
            }
        }
        for name in &i.untyped {
            let is = uses(after.lineage, &i.table, &dialect.column_folding().key(name), dialect);
            if is.read {
                reasons.push(Reason::Untyped { table: i.table.clone(), column: name.clone() });
                unknown.extend(is.into.into_iter().filter(|(_, copied)| *copied).map(|(name, _)| name.to_owned()));
            }
        }
    }
    unknown.sort();
    unknown.dedup();
    (reasons, unknown)
}

/// Natural joins that go by other columns: nothing else can lose a column that it joins by, or get one, and still bind.
fn joins(sides: &[Side<'_>; 2], touched: &[&Incoming], dialect: Dialect) -> Vec<Reason> {
    let [before, after] = sides.map(|s| s.lineage);
    let folding = dialect.column_folding();
    // Both tables' columns of that name, so that one that is merely found elsewhere does not count.
    let by = |lineage: &QueryLineage, table: &TableName, key: &str| {
        let mut joins = lineage.indirect.iter().filter(|r| r.kind == IndirectKind::Join);
        let mut twins = joins.clone().filter(|r| *r.table != *table);
        joins.any(|r| folding.is_key(&r.column, key) && *r.table == *table)
            && twins.any(|r| folding.is_key(&r.column, key))
    };
    let mut reasons = Vec::new();
    for i in touched {
        for column in &i.delta.columns {
            let added = match column.what {
                What::Added => true,
                What::Removed => false,
                What::Retyped { .. } | What::Nullability { .. } => continue,
            };
            let (was, is) = (by(before, &i.table, &column.key), by(after, &i.table, &column.key));
            if was != is && is == added {
                reasons.push(Reason::Join { table: i.table.clone(), column: column.name.clone(), added });
            }
        }
    }
    reasons
}

/// The tables of which a column of that name is read.
fn named<'a>(lineage: &'a QueryLineage, key: &'a str, dialect: Dialect) -> impl Iterator<Item = &'a TableName> {
    let folding = dialect.column_folding();
    let direct = lineage.columns.iter().flat_map(|c| &c.direct).chain(&lineage.unused).map(|r| (&*r.table, &*r.column));
    let own =
        lineage.columns.iter().flat_map(|c| &c.indirect).chain(&lineage.indirect).map(|r| (&*r.table, &*r.column));
    direct.chain(own).filter(move |(_, c)| folding.is_key(c, key)).map(|(t, _)| t)
}

fn used(sides: &[Side<'_>; 2], touched: &[&Incoming], dialect: Dialect) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for i in touched {
        for column in &i.delta.columns {
            if sides.iter().any(|s| uses(s.lineage, &i.table, &column.key, dialect).read) {
                reasons.push(Reason::Uses { table: i.table.clone(), column: column.name.clone() });
            }
        }
    }
    reasons
}
