//! One measurement: the CPU time of the whole process between two points, and the most memory it ever held.

use crate::corpus;
use anyhow::{Context, Result, bail};
use cpu_time::ProcessTime;
use serde_json::{Value, json};
use std::sync::Arc;
use tessera_lineage::{
    Cache, Catalog, Defaults, Project, ShapeChange, TableChange, analyze, analyze_world, on_wide_stack,
};
use tessera_model::{Column, Dialect, Effect};

pub fn measure(args: &[String]) -> Result<Value> {
    let name = args.first().context("which measurement?")?.as_str();
    let count = || -> Result<usize> { Ok(args.get(1).context("how many models?")?.parse()?) };
    match name {
        "sqlparser" => {
            let models = corpus::models(count()?)?;
            let dialect = sqlparser::dialect::PostgreSqlDialect {};
            let mut parsed = 0;
            let time = ProcessTime::now();
            for model in &models {
                parsed += usize::from(sqlparser::parser::Parser::parse_sql(&dialect, &model.sql).is_ok());
            }
            done(time, &models, format!("{parsed} parsed"))
        }
        "tessera" => {
            let models = corpus::models(count()?)?;
            let world = corpus::world(&models);
            on_wide_stack(|| {
                let time = ProcessTime::now();
                let lineage = analyze_world(&world, &mut Cache::default());
                let (mut edges, mut typed, mut columns, mut lost) = (0, 0, 0, 0);
                for node in lineage.nodes.values() {
                    let q = &node.lineage;
                    edges +=
                        q.indirect.len() + q.columns.iter().map(|c| c.direct.len() + c.indirect.len()).sum::<usize>();
                    columns += q.columns.len();
                    typed += q.columns.iter().filter(|c| c.data_type.is_some()).count();
                    lost += usize::from(node.cause.is_some());
                }
                drop(lineage);
                done(time, &models, format!("{columns} columns, {typed} typed, {edges} edges, {lost} not understood"))
            })
        }
        "sqllineage" => {
            let models = corpus::models(count()?)?;
            let time = ProcessTime::now();
            let (mut edges, mut failed) = (0, 0);
            for model in &models {
                let options =
                    sqllineage::AnalyzeOptions { dialect: sqllineage::Dialect::PostgreSql, ..Default::default() };
                match sqllineage::analyze(&model.sql, options) {
                    Ok(results) => {
                        edges +=
                            results.iter().flat_map(|r| &r.columns.mappings).map(|m| m.sources.len()).sum::<usize>();
                    }
                    Err(_) => failed += 1,
                }
            }
            done(time, &models, format!("{edges} edges, {failed} failed"))
        }
        "flowscope" => {
            let models = corpus::models(count()?)?;
            let time = ProcessTime::now();
            let mut edges = 0;
            for model in &models {
                let result = flowscope_core::analyze(&flowscope_core::AnalyzeRequest {
                    sql: model.sql.clone(),
                    files: None,
                    dialect: flowscope_core::Dialect::Postgres,
                    source_name: None,
                    options: None,
                    schema: None,
                });
                edges += result.edges.len();
            }
            done(time, &models, format!("{edges} edges of all kinds"))
        }
        "stages" => {
            let models = corpus::models(count()?)?;
            let world = corpus::world(&models);
            on_wide_stack(|| {
                let mut said = Vec::new();
                let whole = ProcessTime::now();
                let mut stage = |name: &str, work: &mut dyn FnMut()| {
                    let time = ProcessTime::now();
                    work();
                    said.push(format!("{name} {:.0} ms", time.elapsed().as_secs_f64() * 1e3));
                };
                let dialect = sqlparser::dialect::PostgreSqlDialect {};
                stage("sqlparser", &mut || {
                    for model in &models {
                        drop(sqlparser::parser::Parser::parse_sql(&dialect, &model.sql));
                    }
                });
                let limits = tessera_sql::Limits::default();
                stage("parse and lower", &mut || {
                    for model in &models {
                        drop(tessera_sql::parse(&model.sql, Dialect::Postgres, &limits));
                    }
                });
                stage("+ mentions", &mut || {
                    for model in &models {
                        drop(tessera_sql::parse(&model.sql, Dialect::Postgres, &limits).mentions());
                    }
                });
                let catalog = Catalog::new(Dialect::Postgres);
                stage("parse, bind, without shapes", &mut || {
                    for model in &models {
                        drop(analyze(&model.sql, Dialect::Postgres, &catalog, &Defaults::default()));
                    }
                });
                stage("world", &mut || drop(analyze_world(&world, &mut Cache::default())));
                done(whole, &models, said.join(", "))
            })
        }
        "tpch" => {
            let (queries, tables) = corpus::tpch()?;
            on_wide_stack(|| {
                let time = ProcessTime::now();
                let mut catalog = Catalog::new(Dialect::DuckDb);
                for (name, schema) in tables {
                    catalog.insert(name, schema);
                }
                let mut columns = 0;
                for sql in &queries {
                    columns += analyze(sql, Dialect::DuckDb, &catalog, &Defaults::default()).columns.len();
                }
                done(time, &[], format!("{} queries, {columns} columns", queries.len()))
            })
        }
        "changed" => {
            let models = corpus::models(count()?)?;
            let mut world = corpus::world(&models);
            let mut cache = Cache::default();
            analyze_world(&world, &mut cache);
            // One that others read: a column more than before.
            let at = models.len() / 2;
            let text = models[at].sql.as_str();
            let from = text.rfind("from ").context("a model without FROM")?;
            let changed = format!("{}, 1 as one_more {}", text[..from].trim_end().trim_end_matches(','), &text[from..]);
            world.nodes[at].sql = Some(Arc::from(changed));
            let time = ProcessTime::now();
            let lineage = analyze_world(&world, &mut cache);
            let value = done(time, &models, format!("{} nodes", lineage.nodes.len()));
            drop(lineage);
            value
        }
        "project" => {
            let world = corpus::project(args.get(1).context("which manifest?")?)?;
            let time = ProcessTime::now();
            let lineage = analyze_world(&world, &mut Cache::default());
            let columns: usize = lineage.nodes.values().map(|n| n.schema.columns.len()).sum();
            done(time, &[], format!("{} nodes, {columns} columns", lineage.nodes.len()))
        }
        "whatif" => {
            let question = args.get(1).context("which question?")?;
            let world = Arc::new(corpus::project(args.get(2).context("which manifest?")?)?);
            on_wide_stack(|| {
                let time = ProcessTime::now();
                let project = Project::new(Arc::clone(&world), &mut Cache::default());
                let ready = time.elapsed();
                // The columns that the project's own SQL makes; those of sources come from YAML.
                let built = world.nodes.iter().filter(|n| n.sql.is_some());
                let tables: Vec<_> = built.filter_map(|n| Some((n.relation.as_ref()?, n.dialect))).collect();
                let (mut asked, mut rebound) = (0, 0);
                // Few kinds, many readers: they are counted without making texts of them.
                let mut effects: Vec<(Effect, String, usize)> = Vec::new();
                for (table, dialect) in tables {
                    let columns = project.shape(table, dialect).map(|s| s.columns.clone()).unwrap_or_default();
                    for column in columns {
                        let change = match question.as_str() {
                            "drop" => ShapeChange::DropColumn(column.name),
                            "add" => {
                                ShapeChange::AddColumn(Column::new(format!("{}_too", column.name), Some("varchar")))
                            }
                            "rename" => {
                                let to = format!("{}_too", column.name);
                                ShapeChange::RenameColumn { from: column.name, to }
                            }
                            "retype" => ShapeChange::RetypeColumn { column: column.name, data_type: "real".into() },
                            other => bail!("what is {other}?"),
                        };
                        let impact = project.what_if(&[TableChange { table: table.clone(), dialect, change }]);
                        asked += 1;
                        rebound += impact.rebound;
                        for reader in &impact.affected {
                            let why = reader.reasons.first().map(|r| r.code()).unwrap_or_default();
                            match effects.iter_mut().find(|e| e.0 == reader.effect && e.1 == why) {
                                Some(known) => known.2 += 1,
                                None => effects.push((reader.effect, why.to_owned(), 1)),
                            }
                        }
                    }
                }
                let ready = ready.as_secs_f64() * 1e3;
                effects.sort();
                let effects: Vec<_> = effects.iter().map(|(effect, why, n)| format!("{effect:?} {why}: {n}")).collect();
                let said = format!(
                    "{asked} columns, {rebound} bound again, readers {effects:?}; {ready:.0} ms of it the first analysis"
                );
                done(time, &[], said)
            })
        }
        other => bail!("no measurement is called {other}"),
    }
}

fn done(time: ProcessTime, models: &[corpus::Model], said: String) -> Result<Value> {
    let cpu = time.elapsed().as_secs_f64() * 1e3;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    let bytes: usize = models.iter().map(|m| m.sql.len()).sum();
    Ok(json!({"cpu_ms": cpu, "peak_mb": peak.map(|kb| kb / 1024.0), "bytes": bytes, "said": said}))
}
