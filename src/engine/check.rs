//! The gate after `dbt compile`: a head project against a base (another manifest, or the accepted state), and everyone whom
//! the difference reaches. Writes nothing.

use crate::engine::Engine;
use crate::error::{EngineError, Result};
use crate::impact::{apply_waivers, verdict_of};
use crate::ingest::locate;
use crate::ownership::OwnerBook;
use crate::renames::by_lineage;
use crate::retarget::retarget;
use crate::settings::{OnNoReader, Settings};
use crate::shape::{Known, proposed};
use crate::snapshot::Snapshot;
use crate::world::{ProjectState, WorldBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tessera_dbt::codeowners::CodeOwners;
use tessera_dbt::{Node, ResourceType};
use tessera_diff::Options;
use tessera_diff::advice::advised_tables;
use tessera_graph::{Graph, GraphInput};
use tessera_lineage::Cache;
use tessera_model::change::ChangeKind;
use tessera_model::report::{AssetChange, CheckReport, Coverage, Verdict};
use tessera_model::table::Origin;
use tessera_model::{Change, Compatibility, Effect, Finding, Judgment, TableKey, TableName, TableSchema};
use tessera_ports::store::{Page, ProposalFilter};
use tessera_workflow::ProposalStatus;

/// What is compared and how strictly.
#[derive(Debug)]
pub struct CheckOptions<'a> {
    pub settings: &'a Settings,
    pub codeowners: Option<&'a CodeOwners>,
    /// dbt selection over the head project: only changes of selected nodes count.
    pub select: Option<&'a str>,
    pub exclude: Option<&'a str>,
    pub today: jiff::Timestamp,
}

/// The report, and the schema that each changed asset would have.
pub(crate) struct Compared {
    pub(crate) report: CheckReport,
    pub(crate) proposed: BTreeMap<String, TableSchema>,
}

/// Both sides, ready to be compared.
struct Sides<'a> {
    base_state: &'a ProjectState,
    head_state: &'a ProjectState,
    base: &'a Graph,
    head: &'a Graph,
}

/// Compares two projects by themselves: no store, no server.
pub fn check(base: &ProjectState, head: &ProjectState, options: &CheckOptions<'_>) -> Result<CheckReport> {
    let mut head = head.clone();
    let mut findings = head.project.findings.clone();
    let mut project = (*head.project).clone();
    if let Some(note) = retarget(&mut project, &base.project) {
        findings.push(note);
        head.project = Arc::new(project);
    }
    let mut cache = Cache::default();
    let graph = |state: &ProjectState, cache: &mut Cache, findings: Option<&mut Vec<Finding>>| {
        let mut builder = WorldBuilder::new(OwnerBook::new(options.settings, options.codeowners));
        builder.add_projects(&[state], &|_, _| None);
        let (input, _, found) = builder.finish();
        if let Some(findings) = findings {
            findings.extend(found);
        }
        Graph::build(input, cache)
    };
    let base_graph = graph(base, &mut cache, None);
    let head_graph = graph(&head, &mut cache, Some(&mut findings));
    Ok(compare(base, &head, &base_graph, &head_graph, findings, options)?.report)
}

pub(crate) fn compare(
    base: &ProjectState,
    head: &ProjectState,
    base_graph: &Graph,
    head_graph: &Graph,
    mut findings: Vec<Finding>,
    options: &CheckOptions<'_>,
) -> Result<Compared> {
    let coverage = head_graph.coverage(None);
    for (which, state) in [("the manifest", head), ("the state", base)] {
        let models = state.project.models().count();
        if models > 0 && !tessera_dbt::has_compiled_sql(&state.project) && !options.settings.check.allow_uncompiled {
            let finding = Finding::error("no-compiled-sql", format!("{which} of `{}` holds {models} models and no compiled SQL at all: nothing can be told about columns", state.name))
                .about(state.name.clone())
                .remedy("run `dbt compile` (not `dbt parse`), or pass --allow-uncompiled to compare tables only");
            findings.insert(0, finding);
            let report = CheckReport {
                schema_version: 1,
                verdict: Verdict::Unknown,
                exit: 2,
                coverage,
                changes: Vec::new(),
                findings,
            };
            return Ok(Compared { report, proposed: BTreeMap::new() });
        }
    }
    let sides = Sides { base_state: base, head_state: head, base: base_graph, head: head_graph };
    let selected = selected_ids(head, base, options)?;
    let mut owners = OwnerBook::new(options.settings, options.codeowners);
    let compat = options.settings.check.compatibility;
    let diff_options =
        Options { policy: options.settings.diff.judge_policy(), dialect: head.project.dialect, ..Options::default() };

    let mut found: Vec<(&Node, Vec<Change>)> = Vec::new();
    let mut proposed = BTreeMap::new();
    let mut undecided = false;
    for (node, changes, next) in sides.differences(compat, &diff_options, options.today) {
        if selected.as_ref().is_some_and(|s| !s.contains(&node.unique_id)) {
            continue;
        }
        undecided |= changes.iter().any(|c| c.rule == "shape-unknown");
        if let Some(relation) = &node.relation {
            proposed.insert(relation.to_string(), next);
        }
        found.push((node, changes));
    }
    let changed: BTreeSet<(TableKey, String)> = found
        .iter()
        .filter_map(|(n, changes)| n.relation.as_ref().map(|r| (r.key(n.dialect), changes)))
        .flat_map(|(key, changes)| changes.iter().filter_map(move |c| Some((key.clone(), c.column.clone()?))))
        .collect();
    let mut reported = Vec::new();
    for (node, changes) in &found {
        let Some(relation) = &node.relation else { continue };
        let state = if head.project.node(&node.unique_id).is_some() { head } else { base };
        let owner = owners.of_node(&state.project, node).map(|o| o.team);
        for (change, readers) in tessera_graph::impact(base_graph, head_graph, relation, node.dialect, changes) {
            let (file, line) = locate(node, change.column.as_deref());
            let caused_by = change
                .column
                .as_deref()
                .map(|c| tessera_graph::causes(base_graph, head_graph, &node.unique_id, c, &changed))
                .unwrap_or_default();
            reported.push(AssetChange {
                asset: relation.to_string(),
                node: Some(node.unique_id.clone()),
                column: change.column.clone(),
                change: (&change).into(),
                file,
                line,
                team: owner.clone(),
                readers,
                acknowledged: false,
                proposal: None,
                caused_by,
            });
        }
    }
    broken_on_their_own(&sides, &reported, &mut findings);
    reported.sort_by(|a, b| {
        b.change.breaking.cmp(&a.change.breaking).then_with(|| (&a.asset, &a.column).cmp(&(&b.asset, &b.column)))
    });
    let report = conclude(options.settings, coverage, reported, findings, undecided);
    Ok(Compared { report, proposed })
}

/// Verdict and exit code over what was found.
fn conclude(
    settings: &Settings,
    coverage: Coverage,
    changes: Vec<AssetChange>,
    findings: Vec<Finding>,
    undecided: bool,
) -> CheckReport {
    let mut verdict = verdict_of(&changes, &|c| c.team.clone());
    if undecided && verdict != Verdict::Acknowledge {
        verdict = Verdict::Unknown;
    }
    let unread = changes.iter().any(|c| c.change.breaking && !c.acknowledged);
    let exit = match verdict {
        Verdict::Safe => 0,
        Verdict::Notify => u8::from(unread && settings.check.on_no_reader == OnNoReader::Block),
        Verdict::Acknowledge => 1,
        Verdict::Unknown => 2,
    };
    CheckReport { schema_version: 1, verdict, exit, coverage, changes, findings }
}

fn selected_ids(
    head: &ProjectState,
    base: &ProjectState,
    options: &CheckOptions<'_>,
) -> Result<Option<BTreeSet<String>>> {
    if options.select.is_none() && options.exclude.is_none() {
        return Ok(None);
    }
    let picked = tessera_dbt::select(
        &head.project,
        Some(&base.project),
        options.select.unwrap_or(""),
        options.exclude.unwrap_or(""),
    )
    .map_err(|e| EngineError::invalid("INVALID_SELECTION", e.to_string()))?;
    Ok(Some(picked))
}

impl<'a> Sides<'a> {
    /// Nodes whose shape differs, with judged changes. Nodes are the head's; removed ones the base's.
    fn differences(
        &self,
        compat: Compatibility,
        options: &Options,
        today: jiff::Timestamp,
    ) -> Vec<(&'a Node, Vec<Change>, TableSchema)> {
        let mut out = Vec::new();
        let relations = |s: &'a ProjectState| {
            s.project
                .nodes
                .values()
                .chain(s.project.sources.values())
                .filter(|n| n.enabled && n.resource_type.is_relation() && n.relation.is_some())
        };
        let built: BTreeMap<TableKey, &Node> = self
            .head_state
            .project
            .nodes
            .values()
            .filter_map(|n| Some((n.relation.as_ref()?.key(n.dialect), n)))
            .collect();
        for node in relations(self.head_state) {
            let Some(old) = self.base_state.project.node(&node.unique_id) else { continue };
            // A source that a node of the same project builds is compared there.
            if node.resource_type == ResourceType::Source
                && node.relation.as_ref().is_some_and(|r| built.contains_key(&r.key(node.dialect)))
            {
                continue;
            }
            let (mut changes, next) = self.changes_of(old, node, compat, options);
            changes.retain(|c| c.kind != ChangeKind::Documentation);
            if !changes.is_empty() {
                out.push((node, changes, next));
            }
        }
        for old in relations(self.base_state) {
            let gone = self.head_state.project.node(&old.unique_id).is_none_or(|n| !n.enabled || n.relation.is_none());
            let taken_over = old.relation.as_ref().is_some_and(|r| self.head.table(r).is_some());
            if gone && !taken_over && old.resource_type != ResourceType::Source {
                out.push((old, vec![removed(old, compat, options, today)], TableSchema::new(old.dialect, Vec::new())));
            }
        }
        out
    }

    fn changes_of(
        &self,
        old: &Node,
        new: &Node,
        compat: Compatibility,
        options: &Options,
    ) -> (Vec<Change>, TableSchema) {
        let lineage = |g: &'a Graph, n: &Node| n.relation.as_ref().and_then(|r: &TableName| g.table(r));
        let (Some(b), Some(a)) = (lineage(self.base, old), lineage(self.head, new)) else {
            return Default::default();
        };
        let (was, is) = (self.base_state.shape_of(old), self.head_state.shape_of(new));
        let firm = |s: &Option<TableSchema>| {
            s.clone().filter(|s| !s.open && matches!(s.origin, Some(Origin::Catalog | Origin::Contract)))
        };
        let (was_firm, is_firm) = (firm(&was), firm(&is));
        let reads_sql = !matches!(new.resource_type, ResourceType::Source | ResourceType::Seed);
        let closed = |s: &TableSchema| reads_sql && !s.open && !s.columns.is_empty();
        let before = Known { firm: was_firm.as_ref(), inferred: Some(&*b.inferred).filter(|s| closed(s)) };
        let after = Known { firm: is_firm.as_ref(), inferred: Some(&*a.inferred).filter(|s| closed(s)) };
        let mut accepted =
            was_firm.clone().filter(|s| !s.columns.is_empty()).unwrap_or_else(|| TableSchema::clone(&b.schema));
        if let (Some(inferred), Some(_)) = (before.inferred, after.inferred) {
            // Columns that only a catalog knows (of an older build) are no difference between the two SQLs.
            accepted.columns.retain(|c| inferred.column(&c.name).is_some());
        }
        let Some(mut next) = proposed(&accepted, before, after) else {
            let has_sql = |n: &Node| n.compiled_code.is_some() && !n.is_python();
            let same_text = old.checksum.is_some()
                && old.checksum == new.checksum
                && self.base_state.project.engine == self.head_state.project.engine;
            // YAML names of a source are no proof of anything; a changed model that cannot be read is unknown.
            let changes = if reads_sql && !has_sql(new) && !same_text {
                vec![shape_unknown(new, compat, options)]
            } else {
                Vec::new()
            };
            return (changes, accepted);
        };
        if let Some(is) = &is {
            next.guarantees = is.guarantees.clone();
        }
        if let Some(was) = &was {
            accepted.guarantees = was.guarantees.clone();
        }
        let options = &Options { hints: by_lineage(b, a), ..options.clone() };
        let name = new.relation.as_ref().map(ToString::to_string);
        (advised_tables(&accepted, &next, compat, options, name.as_deref()).changes, next)
    }
}

fn judged(mut change: Change, compat: Compatibility, options: &Options) -> Change {
    compat.judge(std::slice::from_mut(&mut change), &options.policy);
    change
}

fn removed(old: &Node, compat: Compatibility, options: &Options, today: jiff::Timestamp) -> Change {
    let date = today.strftime("%Y-%m-%d").to_string();
    // dbt's own rule: a version may go once its deprecation date has passed.
    let retired = old.deprecation_date.is_some_and(|d| d.to_string() <= date);
    let change = Change {
        rule: if retired { "deprecated-table-removed" } else { "table-removed" }.into(),
        path: String::new(),
        column: None,
        kind: if retired { ChangeKind::Documentation } else { ChangeKind::Structural },
        reads: if retired { Judgment::Risky } else { Judgment::Fails },
        writes: Judgment::Fails,
        breaking: false,
        before: serde_json::json!(old.short_name()),
        after: serde_json::Value::Null,
        message: format!("{} is no longer built", old.short_name()),
        witness: None,
        suggestion: Some(
            "keep it as a version with a deprecation_date, or as a view, until its readers have moved".into(),
        ),
        steps: Vec::new(),
        source_rules: Vec::new(),
    };
    judged(change, compat, options)
}

fn shape_unknown(node: &Node, compat: Compatibility, options: &Options) -> Change {
    let change = Change {
        rule: "shape-unknown".into(),
        path: String::new(),
        column: None,
        kind: ChangeKind::Structural,
        reads: Judgment::Undecided,
        writes: Judgment::Undecided,
        breaking: false,
        before: serde_json::Value::Null,
        after: serde_json::Value::Null,
        message: format!("{} changed, and its columns cannot be told without compiled SQL", node.short_name()),
        witness: None,
        suggestion: Some("compile it: `dbt compile --select` it, or without the selector that leaves it out".into()),
        steps: Vec::new(),
        source_rules: Vec::new(),
    };
    judged(change, compat, options)
}

/// A node that no longer binds although nothing it reads changed its shape: its own SQL was broken. Said, never silent.
fn broken_on_their_own(sides: &Sides<'_>, reported: &[AssetChange], findings: &mut Vec<Finding>) {
    let told: BTreeSet<&str> = reported
        .iter()
        .flat_map(|c| c.readers.iter())
        .filter(|r| r.effect == Effect::Breaks)
        .map(|r| r.name.as_str())
        .collect();
    for (id, effect) in Graph::effects(sides.base, sides.head).nodes {
        if effect.effect == Effect::Breaks && effect.sql_changed && effect.via.is_empty() && !told.contains(id.as_str())
        {
            findings.push(
                Finding::warning("does-not-bind", format!("{id}: {}", effect.reason))
                    .about(id)
                    .remedy("mend the model's SQL; `dbt build` will fail on it"),
            );
        }
    }
}

impl Engine {
    /// The head manifest against the accepted state, with every reader the daemon knows, and with what was agreed on.
    pub async fn check(&self, manifest: &[u8], catalog: Option<&[u8]>, select: Option<&str>) -> Result<CheckReport> {
        let snapshot = self.fresh().await?;
        Ok(self.compare_with_accepted(&snapshot, manifest, catalog, select).await?.report)
    }

    pub(crate) async fn compare_with_accepted(
        &self,
        snapshot: &Snapshot,
        manifest: &[u8],
        catalog: Option<&[u8]>,
        select: Option<&str>,
    ) -> Result<Compared> {
        let limits = tessera_dbt::Limits::default();
        let bad = |e: tessera_dbt::ArtifactError| EngineError::invalid("INVALID_ARTIFACT", e.to_string());
        let mut project = tessera_dbt::parse_manifest(manifest, &limits).map_err(bad)?;
        let catalog = catalog.map(|c| tessera_dbt::parse_catalog(c, &limits)).transpose().map_err(bad)?;
        let same = |p: &&Arc<ProjectState>| p.project.name == project.name;
        let Some(base) = snapshot.projects.iter().find(same).cloned() else {
            let known: Vec<_> = snapshot.projects.iter().map(|p| p.name.as_str()).collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            return Err(EngineError::not_found("dbt project", format!("{} (known: {known})", project.name)));
        };
        let mut findings = project.findings.clone();
        findings.extend(retarget(&mut project, &base.project));
        let head = ProjectState {
            name: base.name.clone(),
            environment: base.environment.clone(),
            project: Arc::new(project),
            catalog: catalog.map(Arc::new),
            seen: base.seen,
        };
        let settings = self.settings();
        let (input, _, found) = snapshot.graph_input(&settings, None, Some(&head));
        findings.extend(found);
        let head_graph = self.build_graph(input).await?;
        let options = CheckOptions { settings: &settings, codeowners: None, select, exclude: None, today: self.now() };
        let Compared { mut report, proposed } =
            compare(&base, &head, snapshot.graph()?, &head_graph, findings, &options)?;
        self.mark_acknowledged(&mut report, snapshot).await?;
        let undecided = report.verdict == Verdict::Unknown;
        let report = conclude(&settings, report.coverage, report.changes, report.findings, undecided);
        Ok(Compared { report, proposed })
    }

    async fn mark_acknowledged(&self, report: &mut CheckReport, snapshot: &Snapshot) -> Result<()> {
        let waivers = self.store().waivers(None).await?;
        let mut findings = Vec::new();
        for change in &mut report.changes {
            let Some(asset) = snapshot.asset_by_fqn(&change.asset) else { continue };
            let filter = ProposalFilter { asset: Some(asset.id), ..ProposalFilter::default() };
            let open = self.store().proposals(&filter, Page { limit: 20, offset: 0 }).await?.items;
            for proposal in open.iter().filter(|p| !p.status.is_final() || p.status == ProposalStatus::Published) {
                let same = proposal.changes.iter().any(|c| {
                    c.change.rule == change.change.rule
                        && c.column == change.column
                        && c.change.before == change.change.before
                        && c.change.after == change.change.after
                });
                if same {
                    change.proposal = Some(proposal.id.to_string());
                    change.acknowledged |=
                        matches!(proposal.status, ProposalStatus::Approved | ProposalStatus::Published);
                }
            }
        }
        let assets: BTreeSet<String> = report.changes.iter().map(|c| c.asset.clone()).collect();
        for asset in assets.iter().filter_map(|a| snapshot.asset_by_fqn(a)) {
            findings.extend(apply_waivers(asset, &mut report.changes, &waivers, self.now()));
        }
        report.findings.extend(findings);
        Ok(())
    }
}

/// A graph of one project by itself: `tessera lineage --manifest`, `who-uses --manifest`.
pub fn project_graph(state: &ProjectState, settings: &Settings, cache: &mut Cache) -> (Graph, Vec<Finding>) {
    let (input, findings) = project_input(state, settings);
    (Graph::build(input, cache), findings)
}

pub fn project_input(state: &ProjectState, settings: &Settings) -> (GraphInput, Vec<Finding>) {
    let mut builder = WorldBuilder::new(OwnerBook::new(settings, None));
    builder.add_projects(&[state], &|_, _| None);
    let (input, _, findings) = builder.finish();
    (input, findings)
}
