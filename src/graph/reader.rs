//! A node, an exposure or a registration as a [`Reader`]: its name, team, and what the knowledge rests on.

use crate::graph::Graph;
use crate::input::{ExposureInput, RegistrationInput};
use tessera_model::{Effect, Evidence, EvidenceSource, Reader, ReaderKind};

impl Graph {
    /// `None` for nodes that are no readers (sources, seeds).
    pub(crate) fn node_reader(&self, node: u32, effect: Effect) -> Option<Reader> {
        let entry = self.index.nodes.get(node as usize)?;
        let meta = self.meta.get(&entry.id);
        let reads_sql = self.node_input(node).is_none_or(|i| i.sql.is_some());
        let (kind, source) = match meta.and_then(|m| m.kind) {
            Some(ReaderKind::View) => (ReaderKind::View, EvidenceSource::ViewDefinition),
            Some(ReaderKind::Query) => (ReaderKind::Query, EvidenceSource::QueryHistory),
            Some(ReaderKind::Agent) => (ReaderKind::Agent, EvidenceSource::Agent),
            Some(ReaderKind::Exposure) => (ReaderKind::Exposure, EvidenceSource::Exposure),
            Some(ReaderKind::Registration) => (ReaderKind::Registration, EvidenceSource::Registration),
            Some(dbt) => (dbt, EvidenceSource::Dbt),
            // A table that is only declared to be made of others (API, OpenLineage), or SQL that nobody described.
            None if entry.reads.is_empty() => return None,
            None if reads_sql => (ReaderKind::View, EvidenceSource::ViewDefinition),
            None => (ReaderKind::Registration, EvidenceSource::OpenLineage),
        };
        let team = meta.and_then(|m| m.team.clone()).or_else(|| {
            let tested = meta?.attached_to.as_ref()?;
            self.meta.get(tested)?.team.clone()
        });
        let evidence = Evidence {
            source,
            first_seen: meta.and_then(|m| m.first_seen),
            last_seen: meta.and_then(|m| m.last_seen),
            count: meta.map_or(1, |m| m.count.max(1)),
        };
        Some(blank(entry.id.clone(), kind, team, effect, evidence))
    }

    pub(crate) fn exposure_reader(&self, exposure: &ExposureInput, effect: Effect) -> Reader {
        let evidence =
            Evidence { source: EvidenceSource::Exposure, first_seen: None, last_seen: exposure.last_seen, count: 1 };
        blank(exposure.id.clone(), ReaderKind::Exposure, exposure.team.clone(), effect, evidence)
    }

    pub(crate) fn registration_reader(&self, registration: &RegistrationInput, effect: Effect) -> Reader {
        let (kind, source) = if registration.agent {
            (ReaderKind::Agent, EvidenceSource::Agent)
        } else {
            (ReaderKind::Registration, EvidenceSource::Registration)
        };
        let evidence =
            Evidence { source, first_seen: registration.first_seen, last_seen: registration.last_seen, count: 1 };
        blank(registration.team.clone(), kind, Some(registration.team.clone()), effect, evidence)
    }
}

fn blank(name: String, kind: ReaderKind, team: Option<String>, effect: Effect, evidence: Evidence) -> Reader {
    Reader { name, kind, team, effect, columns: Vec::new(), uses: Vec::new(), evidence, via: Vec::new(), reason: None }
}
