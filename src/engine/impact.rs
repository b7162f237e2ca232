//! "What breaks if": a proposed shape against the accepted one, and everyone it reaches. Publishing, drift and the API's
//! impact question all go through `assess`, so that they cannot disagree.

use crate::engine::Engine;
use crate::error::{EngineError, Result};
use crate::requests::ImpactReport;
use crate::snapshot::{Snapshot, contract_table};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use tessera_diff::Options;
use tessera_diff::advice::{advised, advised_tables};
use tessera_graph::Graph;
use tessera_model::asset::Asset;
use tessera_model::contract::{Contract, SchemaFormat, Waiver};
use tessera_model::ids::AssetId;
use tessera_model::report::{AssetChange, Coverage, Verdict};
use tessera_model::semver::{ChangeType, Version};
use tessera_model::{Change, Effect, Finding, TableSchema};
use tessera_workflow::Requirement;

/// A judged change of one asset.
#[derive(Debug, Clone)]
pub struct Assessment {
    pub changes: Vec<Change>,
    /// The same, with readers; waived ones are marked acknowledged.
    pub reported: Vec<AssetChange>,
    pub required: Vec<Requirement>,
    pub change_type: ChangeType,
    pub verdict: Verdict,
    pub coverage: Coverage,
    pub findings: Vec<Finding>,
}

impl Assessment {
    pub fn breaking(&self) -> bool {
        self.reported.iter().any(|c| c.change.breaking && !c.acknowledged)
    }

    /// Somebody besides the owner is affected by something breaking (a team, or a reader without a team).
    pub fn needs_answers(&self) -> bool {
        self.verdict == Verdict::Acknowledge
    }
}

/// Names the format of a schema given without one.
pub fn guess_format(schema: &Value) -> SchemaFormat {
    let Value::Object(map) = schema else {
        let text = schema.as_str().unwrap_or_default();
        let starts = |words: &[&str]| text.lines().any(|l| words.iter().any(|w| l.trim_start().starts_with(w)));
        return if starts(&["openapi:", "swagger:"]) {
            SchemaFormat::OpenApi
        } else if starts(&["syntax =", "syntax=", "edition =", "edition="]) {
            SchemaFormat::Protobuf
        } else if starts(&[
            "type ",
            "schema ",
            "interface ",
            "input ",
            "enum ",
            "union ",
            "scalar ",
            "extend ",
            "directive @",
        ]) {
            SchemaFormat::GraphQl
        } else {
            SchemaFormat::JsonSchema
        };
    };
    let kind = map.get("type").and_then(Value::as_str);
    if map.get("columns").is_some_and(Value::is_array) {
        SchemaFormat::Table
    } else if map.contains_key("openapi") || map.contains_key("swagger") {
        SchemaFormat::OpenApi
    } else if map.contains_key("__schema") || map.get("data").is_some_and(|d| d.get("__schema").is_some()) {
        SchemaFormat::GraphQl
    } else if matches!(kind, Some("record" | "fixed" | "enum")) {
        SchemaFormat::Avro
    } else {
        SchemaFormat::JsonSchema
    }
}

/// The verdict over reported changes (DESIGN §3.2). `owner` is not asked about its own readers.
pub fn verdict_of(changes: &[AssetChange], owner_of: &dyn Fn(&AssetChange) -> Option<String>) -> Verdict {
    let mut verdict = Verdict::Safe;
    for change in changes {
        if change.change.breaking && !change.acknowledged {
            let owner = owner_of(change);
            let others = change.readers.iter().any(|r| {
                r.effect != Effect::Unaffected
                    && (r.team.is_none()
                        || !owner
                            .as_deref()
                            .is_some_and(|o| r.team.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(o))))
            });
            verdict = verdict.max(if others { Verdict::Acknowledge } else { Verdict::Notify });
        } else if change.change.breaking
            || change.readers.iter().any(|r| r.effect < Effect::Reads)
            || change.change.rule.contains("widened")
        {
            verdict = verdict.max(Verdict::Notify);
        }
    }
    verdict
}

/// Marks changes that a living waiver covers; warns of waivers that match nothing.
pub fn apply_waivers(
    asset: &Asset,
    reported: &mut [AssetChange],
    waivers: &[Waiver],
    now: jiff::Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for waiver in waivers.iter().filter(|w| w.asset == asset.id && w.expires_at > now) {
        let mut used = false;
        for change in reported.iter_mut() {
            let same_column = waiver.column.as_ref().is_none_or(|c| Some(c) == change.column.as_ref());
            if change.asset == asset.fqn && change.change.fingerprint == waiver.change.0 && same_column {
                change.acknowledged = true;
                used = true;
            }
        }
        if !used && reported.iter().any(|c| c.asset == asset.fqn) {
            findings.push(
                Finding::warning(
                    "waiver-unused",
                    format!("a waiver of {} ({}) matches none of its changes", asset.fqn, waiver.reason),
                )
                .about(asset.fqn.clone())
                .remedy(format!("delete waiver {} when it is no longer needed", waiver.id)),
            );
        }
    }
    findings
}

impl Engine {
    pub(crate) fn diff_options(&self, dialect: tessera_model::Dialect) -> Options {
        let today = day(self.now());
        Options { policy: self.settings().diff.judge_policy(), dialect, today: Some(today), ..Options::default() }
    }

    /// Diffs two schemas of an asset under its mode.
    pub(crate) fn diff_for(
        &self,
        asset: &Asset,
        format: SchemaFormat,
        old: &Contract,
        new: &Value,
    ) -> Result<Vec<Change>> {
        let options = self.diff_options(asset.dialect);
        let (compat, name) = (asset.compatibility, Some(asset.fqn.as_str()));
        if format == old.format {
            return advised(format, &old.schema, new, compat, &options, name)
                .map(|d| d.changes)
                .map_err(|e| EngineError::invalid("INVALID_SCHEMA", e.to_string()));
        }
        // A table described once as columns and once as JSON Schema is compared as columns.
        let as_table = |format: SchemaFormat, schema: &Value| match format {
            SchemaFormat::Table => tessera_diff::table_from_value(schema, asset.dialect).ok(),
            SchemaFormat::JsonSchema => tessera_diff::table_of_json_schema(schema, asset.dialect),
            _ => None,
        };
        match (as_table(old.format, &old.schema), as_table(format, new)) {
            (Some(a), Some(b)) => Ok(advised_tables(&a, &b, compat, &options, name).changes),
            _ => Err(EngineError::invalid(
                "INVALID_SCHEMA",
                format!(
                    "{} has a contract in {}; a schema in {} cannot be compared with it",
                    asset.fqn,
                    old.format.name(),
                    format.name()
                ),
            )),
        }
    }

    /// Who is hit by `changes` of `asset`, between two graphs.
    pub(crate) fn assess(
        &self,
        snapshot: &Snapshot,
        asset: &Asset,
        changes: Vec<Change>,
        base: &Graph,
        head: &Graph,
        waivers: &[Waiver],
    ) -> Assessment {
        let table = asset.table_name();
        let owner = snapshot.team_name(asset.owner);
        let mut reported: Vec<AssetChange> = tessera_graph::impact(base, head, &table, asset.dialect, &changes)
            .into_iter()
            .map(|(change, readers)| AssetChange {
                asset: asset.fqn.clone(),
                node: asset.node.clone(),
                column: change.column.clone(),
                change: (&change).into(),
                file: None,
                line: None,
                team: owner.clone(),
                readers,
                acknowledged: false,
                proposal: None,
                caused_by: Vec::new(),
            })
            .collect();
        let mut findings = apply_waivers(asset, &mut reported, waivers, self.now());
        if asset.owner.is_none() {
            findings.push(
                Finding::warning("unowned", format!("{} has no owner", asset.fqn)).about(asset.fqn.clone()).remedy(
                    "give it a dbt group, a `meta.owner`, or an `owns` pattern under [[team]] in the configuration",
                ),
            );
        }
        let ids = |name: &str| snapshot.team_named(name).map(|t| t.id);
        let required = tessera_workflow::requirements(&reported, owner.as_deref(), &ids);
        let verdict = verdict_of(&reported, &|_| owner.clone());
        Assessment {
            change_type: tessera_diff::change_type(&changes),
            required,
            verdict,
            coverage: base.coverage(None),
            findings,
            reported,
            changes,
        }
    }

    /// The graph in which `asset` has this shape (or is gone).
    pub(crate) async fn graph_with(
        &self,
        snapshot: &Snapshot,
        asset: &Asset,
        shape: Option<TableSchema>,
    ) -> Result<Arc<Graph>> {
        let base = snapshot.graph()?;
        let shape = shape.map(|mut s| {
            s.origin = Some(tessera_model::table::Origin::Observed);
            s.open = false;
            s
        });
        Ok(Arc::new(self.override_graph(base, vec![(asset.table_name(), asset.dialect, shape)]).await?))
    }

    /// Base and head as the accepted and the proposed schema show `asset`.
    pub(crate) async fn assess_schema(
        &self,
        snapshot: &Snapshot,
        asset: &Asset,
        format: SchemaFormat,
        schema: &Value,
    ) -> Result<Assessment> {
        let Some(active) = snapshot.contracts.get(&asset.id) else {
            return Ok(Assessment {
                changes: Vec::new(),
                reported: Vec::new(),
                required: Vec::new(),
                change_type: ChangeType::Minor,
                verdict: Verdict::Safe,
                coverage: snapshot.graph()?.coverage(None),
                findings: Vec::new(),
            });
        };
        let changes = self.changes_under_mode(asset, format, active, schema).await?;
        let proposed = match format {
            SchemaFormat::Table => tessera_diff::table_from_value(schema, asset.dialect).ok(),
            SchemaFormat::JsonSchema => tessera_diff::table_of_json_schema(schema, asset.dialect),
            _ => None,
        };
        let base = snapshot.graph()?.clone();
        let head = match (&proposed, changes.is_empty()) {
            (Some(_), false) => {
                // Both sides are what-ifs, so that they differ in nothing but the proposal.
                let base = self.graph_with(snapshot, asset, contract_table(active, asset.dialect)).await?;
                let head = self.graph_with(snapshot, asset, proposed).await?;
                let waivers = self.store().waivers(Some(asset.id)).await?;
                return Ok(self.assess(snapshot, asset, changes, &base, &head, &waivers));
            }
            _ => base.clone(),
        };
        let waivers = self.store().waivers(Some(asset.id)).await?;
        Ok(self.assess(snapshot, asset, changes, &base, &head, &waivers))
    }

    pub async fn impact(&self, asset: AssetId, schema: &Value, format: Option<SchemaFormat>) -> Result<ImpactReport> {
        let snapshot = self.fresh().await?;
        let asset = self.asset(asset).await?;
        let format = format.unwrap_or_else(|| guess_format(schema));
        check_schema(format, schema, &asset)?;
        let assessment = self.assess_schema(&snapshot, &asset, format, schema).await?;
        let current = snapshot.contracts.get(&asset.id).map(|c| c.version.clone());
        let teams: BTreeSet<String> = assessment.required.iter().map(|r| r.team_name.clone()).collect();
        Ok(ImpactReport {
            asset: asset.id,
            verdict: assessment.verdict,
            safe_to_publish: !assessment.breaking(),
            change_type: assessment.change_type,
            compatibility: asset.compatibility,
            compatibility_sentence: asset.compatibility.mode.sentence(),
            changes: assessment.reported,
            teams: teams.into_iter().collect(),
            coverage: assessment.coverage,
            suggested_version: current.map_or(Version::new(1, 0, 0), |v| v.next(assessment.change_type)),
            findings: assessment.findings,
        })
    }
}

/// Refuses what is no schema of that format.
pub(crate) fn check_schema(format: SchemaFormat, schema: &Value, asset: &Asset) -> Result<()> {
    let options = Options { dialect: asset.dialect, ..Options::default() };
    tessera_diff::diff(format, schema, schema, asset.compatibility, &options)
        .map(|_| ())
        .map_err(|e| EngineError::invalid("INVALID_SCHEMA", e.to_string()))
}

/// YYYY-MM-DD, in UTC.
pub fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
