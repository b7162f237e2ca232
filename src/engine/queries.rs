//! Questions: contracts, lineage, who uses what, the audit log, the outbox.

use crate::engine::Engine;
use crate::error::{EngineError, Result};
use crate::impact::guess_format;
use crate::requests::{LineageAnswer, LineageEdge, UseStatus, WhoUsesAnswer};
use serde::Serialize;
use serde_json::Value;
use tessera_diff::advice::advised;
use tessera_graph::WhoStatus;
use tessera_model::contract::{Contract, SchemaFormat};
use tessera_model::ids::{AssetId, ContractId};
use tessera_model::{Change, Compatibility, Dialect, TableName};
use tessera_ports::records::{OutboxMessage, OutboxState, Scan, StoredAuditEvent};
use tessera_ports::store::{AuditFilter, Listed, Page};

/// A configured warehouse, for people.
#[derive(Debug, Clone, Serialize)]
pub struct WarehouseInfo {
    pub name: String,
    pub kind: String,
    pub cron: Option<String>,
    pub next_slot: Option<jiff::Timestamp>,
    #[serde(skip)]
    pub last_scan: Option<Scan>,
}

impl Engine {
    pub async fn contracts(&self, asset: Option<AssetId>, page: Page) -> Result<Listed<Contract>> {
        Ok(self.store().contracts(asset, page).await?)
    }

    pub async fn contract(&self, id: ContractId) -> Result<Contract> {
        self.store().contract(id).await?.ok_or_else(|| EngineError::not_found("contract", id))
    }

    pub async fn diff_versions(&self, asset: AssetId, from: &str, to: &str) -> Result<Vec<Change>> {
        let asset = self.asset(asset).await?;
        let all = self.store().contracts(Some(asset.id), Page::default()).await?.items;
        let find = |v: &str| {
            all.iter()
                .find(|c| c.version.to_string() == v)
                .ok_or_else(|| EngineError::not_found("contract version", format!("{} {v}", asset.fqn)))
        };
        let (old, new) = (find(from)?, find(to)?);
        self.diff_for(&asset, new.format, old, &new.schema)
    }

    /// Two schemas that nobody has published.
    pub fn compare(
        &self,
        format: Option<SchemaFormat>,
        old: &Value,
        new: &Value,
        compatibility: Compatibility,
    ) -> Result<Vec<Change>> {
        let format = format.unwrap_or_else(|| guess_format(new));
        let options = self.diff_options(Dialect::Generic);
        advised(format, old, new, compatibility, &options, None)
            .map(|d| d.changes)
            .map_err(|e| EngineError::invalid("INVALID_SCHEMA", e.to_string()))
    }

    pub async fn lineage(&self, asset: AssetId, column: Option<&str>, depth: usize) -> Result<LineageAnswer> {
        let snapshot = self.fresh().await?;
        let asset = self.asset(asset).await?;
        let graph = snapshot.graph()?;
        let table = asset.table_name();
        let depth = depth.clamp(1, 50);
        let edges = |list: Vec<tessera_graph::Edge>| -> Vec<LineageEdge> {
            let id = |name: &TableName| snapshot.asset_by_fqn(&name.to_string()).map(|a| a.id);
            let mut out: Vec<LineageEdge> = list
                .into_iter()
                .map(|e| LineageEdge {
                    from_asset: id(&e.from_table),
                    to_asset: e.to_table.as_ref().and_then(&id),
                    from: e.from_table.to_string(),
                    from_column: Some(e.from_column).filter(|c| !c.is_empty()),
                    to: e.to_table.map_or_else(|| e.node.clone(), |t| t.to_string()),
                    to_column: e.to_column,
                    kind: kind_name(e.kind),
                })
                .collect();
            out.sort();
            out.dedup();
            out
        };
        let readers = graph.who_uses(&table, column, true).readers;
        Ok(LineageAnswer {
            upstream: edges(graph.upstream(&table, column, depth)),
            downstream: edges(graph.downstream(&table, column, depth)),
            readers,
            coverage: graph.coverage(None),
            asset,
        })
    }

    /// `ASSET` or `ASSET.COLUMN`; assets by full name or unique suffix.
    pub async fn who_uses(&self, name: &str) -> Result<WhoUsesAnswer> {
        let snapshot = self.fresh().await?;
        Ok(who_uses(snapshot.graph()?, name))
    }

    pub async fn audit(&self, filter: AuditFilter, page: Page) -> Result<Listed<StoredAuditEvent>> {
        Ok(self.store().audit(&filter, page).await?)
    }

    pub async fn outbox(&self, state: Option<OutboxState>, page: Page) -> Result<Listed<OutboxMessage>> {
        Ok(self.store().outbox(state, page).await?)
    }

    pub async fn warehouses(&self) -> Result<Vec<WarehouseInfo>> {
        let settings = self.settings();
        let mut out = Vec::new();
        for w in &settings.warehouse {
            let last_scan =
                self.store().scans(Some(&w.name), Page { limit: 1, offset: 0 }).await?.items.into_iter().next();
            let next_slot = w
                .cron
                .as_deref()
                .and_then(|c| crate::schedule::Schedule::parse(c, &w.timezone).ok())
                .and_then(|s| s.next_after(self.now()));
            out.push(WarehouseInfo {
                name: w.name.clone(),
                kind: w.kind.clone(),
                cron: w.cron.clone(),
                next_slot,
                last_scan,
            });
        }
        Ok(out)
    }
}

/// The same question over any graph: the daemon's, or one built from a manifest on the spot.
pub fn who_uses(graph: &tessera_graph::Graph, name: &str) -> WhoUsesAnswer {
    let mut candidates = graph.find_tables(name);
    let mut column = None;
    if candidates.is_empty()
        && let Some((asset, last)) = name.rsplit_once('.')
    {
        candidates = graph.find_tables(asset);
        column = (!candidates.is_empty()).then(|| last.to_owned());
    }
    let [table] = candidates.as_slice() else {
        let candidates: Vec<String> = candidates.iter().map(ToString::to_string).collect();
        let status = if candidates.is_empty() { UseStatus::NotFound } else { UseStatus::Ambiguous };
        return WhoUsesAnswer {
            status,
            asset: None,
            column,
            candidates,
            readers: Vec::new(),
            coverage: graph.coverage(None),
        };
    };
    let found = graph.who_uses(table, column.as_deref(), true);
    WhoUsesAnswer {
        status: match found.status {
            WhoStatus::Found => UseStatus::Found,
            WhoStatus::NotFound => UseStatus::NotFound,
            WhoStatus::Ambiguous => UseStatus::Ambiguous,
            WhoStatus::NoReadersKnown => UseStatus::NoReadersKnown,
            WhoStatus::NotCovered => UseStatus::NotCovered,
        },
        asset: Some(table.to_string()),
        column: found.column,
        candidates: found.candidates.iter().map(ToString::to_string).collect(),
        readers: found.readers,
        coverage: found.coverage,
    }
}

fn kind_name(kind: tessera_graph::EdgeKind) -> String {
    use tessera_graph::EdgeKind;
    let value = match kind {
        EdgeKind::Direct(k) => serde_json::to_value(k),
        EdgeKind::Indirect(k) => serde_json::to_value(k),
    };
    value.ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}
