//! Readers, coverage and findings: what an answer rests on.

use crate::views::words;
use jiff::Timestamp;
use serde::Serialize;
use tessera_model::reader::UseKind;
use tessera_model::{Actor, ActorKind, Coverage, Effect, EvidenceSource, Finding, Reader, ReaderKind, Severity};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who reads, how, and what that knowledge rests on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Reader)]
pub(crate) struct ReaderView {
    #[schema(example = "model.shop.rpt_revenue")]
    pub(crate) name: String,
    #[schema(value_type = words::ReaderKind)]
    pub(crate) kind: ReaderKind,
    /// The team to ask.
    pub(crate) team: Option<String>,
    #[schema(value_type = words::Effect)]
    pub(crate) effect: Effect,
    /// Which columns it uses; empty when only the table is known.
    pub(crate) columns: Vec<String>,
    #[serde(rename = "use")]
    #[schema(value_type = Vec<words::UseKind>)]
    pub(crate) uses: Vec<UseKind>,
    pub(crate) evidence: EvidenceView,
    /// The path from the changed asset to an indirect reader, nearest first.
    pub(crate) via: Vec<String>,
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(crate) struct EvidenceView {
    #[schema(value_type = words::EvidenceSource)]
    pub(crate) source: EvidenceSource,
    pub(crate) first_seen: Option<Timestamp>,
    pub(crate) last_seen: Option<Timestamp>,
    pub(crate) count: u64,
}

impl From<&Reader> for ReaderView {
    fn from(reader: &Reader) -> Self {
        ReaderView {
            name: reader.name.clone(),
            kind: reader.kind,
            team: reader.team.clone(),
            effect: reader.effect,
            columns: reader.columns.clone(),
            uses: reader.uses.clone(),
            evidence: EvidenceView {
                source: reader.evidence.source,
                first_seen: reader.evidence.first_seen,
                last_seen: reader.evidence.last_seen,
                count: reader.evidence.count,
            },
            via: reader.via.clone(),
            reason: reader.reason.clone(),
        }
    }
}

/// How much of what was analysed an answer rests on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Coverage)]
pub(crate) struct CoverageView {
    pub(crate) models: usize,
    pub(crate) compiled: usize,
    /// Models whose every column was resolved or inferred.
    pub(crate) resolved: usize,
    pub(crate) unknown: Vec<UnknownView>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = UnknownModel)]
pub(crate) struct UnknownView {
    pub(crate) model: String,
    #[schema(example = "uncompiled")]
    pub(crate) cause: String,
}

impl From<&Coverage> for CoverageView {
    fn from(coverage: &Coverage) -> Self {
        let unknown = coverage.unknown.iter();
        CoverageView {
            models: coverage.models,
            compiled: coverage.compiled,
            resolved: coverage.resolved,
            unknown: unknown.map(|u| UnknownView { model: u.model.clone(), cause: u.cause.clone() }).collect(),
        }
    }
}

/// Something a person should know, and how to mend it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Finding)]
pub(crate) struct FindingView {
    #[schema(value_type = words::Severity)]
    pub(crate) severity: Severity,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) subject: Option<String>,
    pub(crate) remedy: Option<String>,
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        FindingView {
            severity: finding.severity,
            code: finding.code.clone(),
            message: finding.message.clone(),
            subject: finding.subject.clone(),
            remedy: finding.remedy.clone(),
        }
    }
}

pub(crate) fn findings(findings: &[Finding]) -> Vec<FindingView> {
    findings.iter().map(FindingView::from).collect()
}

/// Who did something.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Actor)]
pub(crate) struct ActorView {
    #[schema(value_type = words::ActorKind)]
    pub(crate) kind: ActorKind,
    pub(crate) name: String,
    pub(crate) team_id: Option<Uuid>,
    /// Public id of the API key used.
    pub(crate) key_id: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
}

impl From<&Actor> for ActorView {
    fn from(actor: &Actor) -> Self {
        ActorView {
            kind: actor.kind,
            name: actor.name.clone(),
            team_id: actor.team.map(|team| team.0),
            key_id: actor.key.clone(),
            on_behalf_of: actor.on_behalf_of.clone(),
        }
    }
}
