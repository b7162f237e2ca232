//! What a change would do: impact of one schema, and the check of a whole dbt project.

use crate::compat::SdkShape;
use crate::resolve::Names;
use crate::views::change::{ChangeView, breaking};
use crate::views::reader::{CoverageView, FindingView, ReaderView, findings};
use crate::views::{plain_mode, words};
use serde::Serialize;
use std::collections::BTreeMap;
use tessera_engine::requests::{ImpactReport, IngestReport, ProposalRef};
use tessera_model::Verdict;
use tessera_model::semver::ChangeType;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Impact)]
pub(crate) struct ImpactView {
    pub(crate) asset_id: Uuid,
    #[schema(value_type = words::Verdict)]
    pub(crate) verdict: Verdict,
    /// No breaking change. (A breaking one that nobody is known to read is not safe either; it only needs nobody's answer.)
    pub(crate) safe_to_publish: bool,
    /// Publishing would open a proposal that the `teams` have to answer.
    pub(crate) requires_acknowledgment: bool,
    #[schema(value_type = words::ChangeType)]
    pub(crate) change_type: ChangeType,
    pub(crate) compatibility_mode: String,
    pub(crate) compatibility_sentence: &'static str,
    /// The asset's own.
    pub(crate) breaking_changes: Vec<ChangeView>,
    /// The asset's own first, then those they cause downstream.
    pub(crate) changes: Vec<ChangeView>,
    /// Teams that would have to answer.
    pub(crate) teams: Vec<String>,
    pub(crate) impacted_consumers: Vec<Consumer>,
    /// Downstream assets whose own schema changes.
    pub(crate) impacted_assets: Vec<String>,
    #[schema(example = "2.0.0")]
    pub(crate) suggested_version: String,
    pub(crate) coverage: CoverageView,
    pub(crate) findings: Vec<FindingView>,
}

/// A team with its readers of what changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImpactedConsumer)]
pub(crate) struct Consumer {
    pub(crate) team_id: Option<Uuid>,
    /// Absent for readers that nobody owns.
    pub(crate) team_name: Option<String>,
    pub(crate) readers: Vec<ReaderView>,
}

impl ImpactView {
    pub(crate) fn new(report: ImpactReport, asset_fqn: &str, names: &Names) -> Self {
        let changes: Vec<ChangeView> = report.changes.iter().map(ChangeView::from).collect();
        let own = |change: &ChangeView| change.asset.as_deref().is_none_or(|asset| asset == asset_fqn);
        let breaking_changes: Vec<ChangeView> = breaking(&changes).into_iter().filter(own).collect();
        let mut impacted_assets: Vec<String> =
            changes.iter().filter(|change| !own(change)).filter_map(|change| change.asset.clone()).collect();
        impacted_assets.dedup();
        ImpactView {
            asset_id: report.asset.0,
            verdict: report.verdict,
            safe_to_publish: report.safe_to_publish,
            requires_acknowledgment: !report.safe_to_publish
                && matches!(report.verdict, Verdict::Acknowledge | Verdict::Unknown),
            change_type: report.change_type,
            compatibility_mode: report.compatibility.to_string(),
            compatibility_sentence: report.compatibility_sentence,
            impacted_consumers: consumers(&changes, names),
            breaking_changes,
            changes,
            teams: report.teams,
            impacted_assets,
            suggested_version: report.suggested_version.to_string(),
            coverage: CoverageView::from(&report.coverage),
            findings: findings(&report.findings),
        }
    }
}

fn consumers(changes: &[ChangeView], names: &Names) -> Vec<Consumer> {
    let mut teams: BTreeMap<Option<String>, Vec<ReaderView>> = BTreeMap::new();
    for reader in changes.iter().flat_map(|change| &change.readers) {
        let readers = teams.entry(reader.team.clone()).or_default();
        if !readers.iter().any(|r| r.name == reader.name && r.effect == reader.effect) {
            readers.push(reader.clone());
        }
    }
    let consumer = |(team_name, readers): (Option<String>, _)| Consumer {
        team_id: team_name.as_deref().and_then(|name| names.id_of(name)).map(|id| id.0),
        team_name,
        readers,
    };
    teams.into_iter().map(consumer).collect()
}

impl SdkShape for ImpactView {
    fn to_sdk(&mut self) {
        plain_mode(&mut self.compatibility_mode);
        self.breaking_changes.iter_mut().for_each(SdkShape::to_sdk);
    }
}

/// What came of handing in dbt artifacts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(crate) struct UploadView {
    pub(crate) project: String,
    /// `unchanged`, `accepted`, or `held` (a guard wants a person; the findings say why).
    pub(crate) outcome: String,
    pub(crate) models: usize,
    pub(crate) assets_created: usize,
    pub(crate) contracts_published: usize,
    pub(crate) proposals: Vec<ProposalRefView>,
    pub(crate) coverage: CoverageView,
    pub(crate) findings: Vec<FindingView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProposalRef)]
pub(crate) struct ProposalRefView {
    pub(crate) id: String,
    pub(crate) asset: String,
    pub(crate) status: String,
}

impl From<ProposalRef> for ProposalRefView {
    fn from(proposal: ProposalRef) -> Self {
        ProposalRefView { id: proposal.id, asset: proposal.asset, status: proposal.status }
    }
}

impl From<IngestReport> for UploadView {
    fn from(report: IngestReport) -> Self {
        UploadView {
            project: report.project,
            outcome: report.outcome,
            models: report.models,
            assets_created: report.assets_created,
            contracts_published: report.contracts_published,
            proposals: report.proposals.into_iter().map(ProposalRefView::from).collect(),
            coverage: CoverageView::from(&report.coverage),
            findings: findings(&report.findings),
        }
    }
}

impl SdkShape for UploadView {}
