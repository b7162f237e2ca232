//! What is measured: compiled dbt models, replicated under renamed schemas until there are as many as asked for; and a
//! whole project from its manifest.

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use tessera_lineage::{Defaults, NodeInput, World};
use tessera_model::{Dialect, TableName, TableSchema};

pub fn folder() -> PathBuf {
    std::env::var_os("TESSERA_CORPORA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/corpora")),
        PathBuf::from,
    )
}

pub struct Model {
    /// dbt's unique id, by round.
    pub id: String,
    pub relation: String,
    pub sql: String,
    pub depends_on: Vec<String>,
}

/// `count` models of the Fivetran packages; each round of them lives in schemas of its own.
pub fn models(count: usize) -> Result<Vec<Model>> {
    let path = folder().join("lineage/dbt_compiled_fivetran.jsonl.gz");
    let file = std::fs::File::open(&path).with_context(|| format!("{}", path.display()))?;
    let mut originals = Vec::new();
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let node: Value = serde_json::from_str(&line?)?;
        if let ("model", Some(relation), Some(sql)) =
            (node["kind"].as_str().unwrap_or_default(), node["relation"].as_str(), node["sql"].as_str())
        {
            let id = node["id"].as_str().and_then(|id| id.rsplit_once('/')).map_or("", |(_, id)| id);
            let upstream = node["depends_on"].as_array().into_iter().flatten().filter_map(Value::as_str);
            originals.push(Model {
                id: id.to_owned(),
                relation: relation.to_owned(),
                sql: sql.to_owned(),
                depends_on: upstream.map(str::to_owned).collect(),
            });
        }
    }
    let renamed = |text: &str, round: usize| text.replace("\"postgres\".\"", &format!("\"postgres\".\"r{round}_"));
    let all = originals.len();
    let out: Vec<Model> = (0..count.div_ceil(all))
        .flat_map(|round| {
            // The last round takes its part from everywhere: each count has the same mixture of small and large models.
            let taken = all.min(count - round * all);
            (0..taken).map(move |n| (round, n * all / taken))
        })
        .map(|(round, n)| (round, &originals[n]))
        .map(|(round, m)| Model {
            id: format!("r{round}/{}", m.id),
            relation: renamed(&m.relation, round),
            sql: renamed(&m.sql, round),
            depends_on: m.depends_on.iter().map(|id| format!("r{round}/{id}")).collect(),
        })
        .collect();
    Ok(out)
}

pub fn world(models: &[Model]) -> World {
    let node = |m: &Model| NodeInput {
        id: m.id.clone(),
        dialect: Dialect::Postgres,
        relation: TableName::parse(Dialect::Postgres, &m.relation),
        sql: Some(Arc::from(m.sql.as_str())),
        upstream: m.depends_on.clone(),
        ..NodeInput::default()
    };
    World { nodes: models.iter().map(node).collect() }
}

/// A dbt project as the daemon would take it: every node that has SQL, sources and seeds by their declared columns.
pub fn project(manifest: &str) -> Result<World> {
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(manifest).context(manifest.to_owned())?).read_to_end(&mut bytes)?;
    let project = tessera_dbt::parse_manifest(&bytes, &tessera_dbt::Limits::default())?;
    let mut nodes = Vec::new();
    for node in project.nodes.values().chain(project.sources.values()) {
        let relation = node.relation.clone();
        nodes.push(NodeInput {
            id: node.unique_id.clone(),
            dialect: node.dialect,
            defaults: relation.as_ref().map_or_else(Defaults::default, |r| Defaults {
                database: r.database.clone(),
                schema: r.schema.clone(),
            }),
            relation,
            sql: node.compiled_code.clone(),
            known: tessera_dbt::shape(node, None, false),
            upstream: node.depends_on.clone(),
            aliases: node.injected_ctes.clone(),
            ..NodeInput::default()
        });
    }
    Ok(World { nodes })
}

/// TPC-H: the 22 queries and the schema they read.
pub fn tpch() -> Result<(Vec<String>, Vec<(TableName, TableSchema)>)> {
    let text = std::fs::read_to_string(folder().join("lineage/tpch.jsonl"))?;
    let sql = |line: &str| -> Result<String> {
        Ok(serde_json::from_str::<Value>(line)?["sql"].as_str().context("sql")?.to_owned())
    };
    let queries = text.lines().map(sql).collect::<Result<_>>()?;
    let schemas: Value = serde_json::from_str(&std::fs::read_to_string(folder().join("lineage/tpc_schemas.json"))?)?;
    let mut tables = Vec::new();
    for (table, columns) in schemas["tpch"].as_object().context("tpch")? {
        let columns = columns.as_object().context("columns")?.iter();
        let columns =
            columns.map(|(name, ty)| tessera_model::Column::new(name, Some(ty.as_str().unwrap_or_default()))).collect();
        tables.push((TableName::new(None, None, table), TableSchema::new(Dialect::DuckDb, columns)));
    }
    Ok((queries, tables))
}
