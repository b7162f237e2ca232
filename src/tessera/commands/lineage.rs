//! `tessera lineage`: of a whole dbt project, of one query, of one column, or of a batch of queries.

use crate::cli::{Format, LineageArgs};
use crate::commands::{batch, print};
use crate::{CommandResult, artifacts, config};
use anyhow::{Context, Result, anyhow};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;
use tessera_engine::world::ProjectState;
use tessera_graph::{Edge, EdgeKind, Graph};
use tessera_lineage::{Cache, Catalog, Defaults};
use tessera_model::lineage::{QueryLineage, Resolution};
use tessera_model::{Column, Dialect, TableName, TableSchema};

pub(crate) fn run(args: LineageArgs, config_path: Option<&Path>) -> CommandResult {
    if let Some(path) = &args.batch {
        return batch(path, tessera_lineage::batch_line);
    }
    if let Some(path) = &args.sql {
        return one_query(&args, path);
    }
    let settings = config::load(config_path)?.settings;
    let state = artifacts::read(&args.artifacts.location(), args.artifacts.catalog.as_deref())?.state()?;
    let (graph, _) = tessera_engine::check::project_graph(&state, &settings, &mut Cache::default());
    if let Some(name) = &args.column {
        return one_column(&graph, name, args.output);
    }
    match args.output {
        Format::Json => print(&serde_json::to_string_pretty(&project_json(&state, &graph))?),
        Format::Text => print(&project_text(&state, &graph)?),
    }
}

fn one_query(args: &LineageArgs, path: &Path) -> CommandResult {
    let sql = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        text
    } else {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
    };
    let name = args.dialect.as_deref().unwrap_or("generic");
    let dialect = Dialect::from_name(name).ok_or_else(|| {
        anyhow!(
            "--dialect: Tessera knows no SQL dialect `{name}`; it knows {}",
            Dialect::ALL.map(Dialect::name).join(", ")
        )
    })?;
    let mut catalog = Catalog::new(dialect);
    if let Some(file) = &args.schema {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let tables: BTreeMap<String, Map<String, Value>> = serde_json::from_str(&text)
            .with_context(|| format!("{}: expected {{\"schema.table\": {{\"column\": \"type\"}}}}", file.display()))?;
        for (table, columns) in tables {
            let name = TableName::parse(dialect, &table)
                .ok_or_else(|| anyhow!("{}: `{table}` is no table name", file.display()))?;
            let columns = columns.iter().map(|(c, t)| Column::new(c, t.as_str())).collect();
            catalog.insert(name, TableSchema::new(dialect, columns));
        }
    }
    let lineage = tessera_lineage::analyze(&sql, dialect, &catalog, &Defaults::default());
    match args.output {
        Format::Json => print(&serde_json::to_string_pretty(&lineage)?)?,
        Format::Text => print(&query_text(&lineage)?)?,
    };
    Ok(if lineage.resolution == Resolution::Unparsed { 2 } else { 0 })
}

fn query_text(lineage: &QueryLineage) -> Result<String> {
    let mut out = String::new();
    writeln!(
        out,
        "{}: {}",
        lineage.statements.iter().map(|s| s.kind.as_str()).collect::<Vec<_>>().join(", "),
        word(&lineage.resolution)
    )?;
    let list = |names: &[TableName]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !lineage.reads.is_empty() {
        writeln!(out, "reads  {}", list(&lineage.reads))?;
    }
    if !lineage.writes.is_empty() {
        writeln!(out, "writes {}", list(&lineage.writes))?;
    }
    for column in &lineage.columns {
        let data_type = column.data_type.as_deref().unwrap_or("unknown");
        let mut from: Vec<String> =
            column.direct.iter().map(|d| format!("{}.{} ({})", d.table, d.column, word(&d.kind))).collect();
        from.extend(column.indirect.iter().map(|d| format!("{}.{} ({})", d.table, d.column, word(&d.kind))));
        writeln!(
            out,
            "  {} {data_type} ← {}",
            column.name,
            if from.is_empty() { "nothing".into() } else { from.join(", ") }
        )?;
    }
    if !lineage.indirect.is_empty() {
        let all: Vec<String> =
            lineage.indirect.iter().map(|d| format!("{}.{} ({})", d.table, d.column, word(&d.kind))).collect();
        writeln!(out, "every row depends on {}", all.join(", "))?;
    }
    for d in &lineage.diagnostics {
        writeln!(out, "{}:{}: {} [{}]", d.line, d.column, d.message, d.code)?;
    }
    Ok(out)
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn one_column(graph: &Graph, name: &str, format: Format) -> CommandResult {
    let (asset, column) = name.rsplit_once('.').ok_or_else(|| anyhow!("--column: write ASSET.COLUMN"))?;
    let tables = graph.find_tables(asset);
    let [table] = tables.as_slice() else {
        return Err(anyhow!(
            "--column: `{asset}` is {}",
            if tables.is_empty() {
                "not in this project".to_owned()
            } else {
                format!("any of {}", tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
        ));
    };
    let (up, down) = (graph.upstream(table, Some(column), 50), graph.downstream(table, Some(column), 50));
    match format {
        Format::Json => print(&serde_json::to_string_pretty(
            &json!({"asset": table, "column": column, "upstream": up, "downstream": down}),
        )?),
        Format::Text => {
            let mut out = format!("{table}.{column}\n");
            for (title, edges) in [("made from", &up), ("goes into", &down)] {
                writeln!(out, "{title}:{}", if edges.is_empty() { " nothing" } else { "" })?;
                for (from, to, uses) in grouped(edges) {
                    writeln!(out, "  {from} → {to}  ({uses})")?;
                }
            }
            print(&out)
        }
    }
}

/// One line for each pair of columns, with all the ways in which the one uses the other.
fn grouped(edges: &[Edge]) -> Vec<(String, String, String)> {
    let mut lines: Vec<(String, String, Vec<String>)> = Vec::new();
    for e in edges {
        let from = format!("{}.{}", e.from_table, e.from_column);
        let to = e.to_table.as_ref().map_or_else(|| e.node.clone(), ToString::to_string);
        let to = format!("{to}.{}", e.to_column.as_deref().unwrap_or("(every row)"));
        let kind = match &e.kind {
            EdgeKind::Direct(kind) => word(kind),
            EdgeKind::Indirect(kind) => word(kind),
        };
        match lines.iter_mut().find(|(f, t, _)| *f == from && *t == to) {
            Some((_, _, kinds)) if kinds.contains(&kind) => {}
            Some((_, _, kinds)) => kinds.push(kind),
            None => lines.push((from, to, vec![kind])),
        }
    }
    lines.into_iter().map(|(f, t, kinds)| (f, t, kinds.join(", "))).collect()
}

/// How much of a project was understood.
#[derive(Default)]
struct Tally {
    models: usize,
    by_resolution: BTreeMap<String, usize>,
    columns: usize,
    with_source: usize,
    documented: usize,
    documented_with_source: usize,
    direct: usize,
    indirect: usize,
}

fn tally(state: &ProjectState, graph: &Graph) -> Tally {
    let mut t = Tally::default();
    for node in state.project.models() {
        let Some(found) = graph.node(&node.unique_id) else { continue };
        t.models += 1;
        *t.by_resolution.entry(found.cause.clone().unwrap_or_else(|| word(&found.lineage.resolution))).or_default() +=
            1;
        t.columns += found.lineage.columns.len();
        t.with_source += found.lineage.columns.iter().filter(|c| !c.direct.is_empty()).count();
        t.direct += found.lineage.columns.iter().map(|c| c.direct.len()).sum::<usize>();
        t.indirect +=
            found.lineage.indirect.len() + found.lineage.columns.iter().map(|c| c.indirect.len()).sum::<usize>();
        for declared in &node.columns {
            t.documented += 1;
            let stored = declared.stored(node.dialect).to_lowercase();
            let sourced = found.lineage.columns.iter().any(|c| c.name.to_lowercase() == stored && !c.direct.is_empty());
            t.documented_with_source += usize::from(sourced);
        }
    }
    t
}

fn project_text(state: &ProjectState, graph: &Graph) -> Result<String> {
    let t = tally(state, graph);
    let mut out = String::new();
    for node in state.project.models() {
        let Some(found) = graph.node(&node.unique_id) else { continue };
        let how = found.cause.clone().unwrap_or_else(|| word(&found.lineage.resolution));
        let sourced = found.lineage.columns.iter().filter(|c| !c.direct.is_empty()).count();
        let reads: Vec<String> = found.lineage.reads.iter().take(4).map(|r| r.name.clone()).collect();
        let more =
            if found.lineage.reads.len() > 4 { format!(", +{}", found.lineage.reads.len() - 4) } else { String::new() };
        writeln!(
            out,
            "{:<44} {how:<10} {sourced:>4} of {:>4} columns have a source; reads {}{more}",
            node.short_name(),
            found.lineage.columns.len(),
            reads.join(", ")
        )?;
    }
    let percent = |a: usize, b: usize| if b == 0 { 0.0 } else { 100.0 * a as f64 / b as f64 };
    writeln!(out, "\n{} ({}): {} models", state.project.name, state.project.dialect, t.models)?;
    let levels: Vec<String> = t.by_resolution.iter().map(|(k, n)| format!("{k} {n}")).collect();
    writeln!(out, "understood: {}", levels.join(", "))?;
    writeln!(
        out,
        "output columns: {}, with a source: {} ({:.1} %)",
        t.columns,
        t.with_source,
        percent(t.with_source, t.columns)
    )?;
    writeln!(
        out,
        "documented columns: {}, with a source: {} ({:.1} %)",
        t.documented,
        t.documented_with_source,
        percent(t.documented_with_source, t.documented)
    )?;
    writeln!(
        out,
        "column reads: {} direct, {} indirect (filters, joins, grouping, ordering, windows, conditions)",
        t.direct, t.indirect
    )?;
    if !tessera_dbt::has_compiled_sql(&state.project) {
        writeln!(out, "nothing is compiled in this manifest: tables only; run `dbt compile`")?;
    }
    Ok(out)
}

fn project_json(state: &ProjectState, graph: &Graph) -> Value {
    let t = tally(state, graph);
    let nodes: Vec<Value> = state
        .project
        .nodes
        .values()
        .filter_map(|node| {
            let found = graph.node(&node.unique_id)?;
            let mut value = serde_json::to_value(&*found.lineage).ok()?;
            if let Value::Object(map) = &mut value {
                map.insert("id".into(), json!(node.unique_id));
                map.insert("relation".into(), json!(node.relation));
                map.insert("cause".into(), json!(found.cause));
            }
            Some(value)
        })
        .collect();
    json!({
        "schema_version": 1,
        "project": state.project.name,
        "dialect": state.project.dialect,
        "coverage": graph.coverage(None),
        "summary": {"models": t.models, "resolution": t.by_resolution, "columns": t.columns, "columns_with_source": t.with_source, "documented_columns": t.documented, "documented_with_source": t.documented_with_source, "direct_reads": t.direct, "indirect_reads": t.indirect},
        "nodes": nodes,
    })
}
