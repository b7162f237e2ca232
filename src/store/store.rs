//! The `Store` trait: reads here, everything else in the module that is about it.

use crate::db::{Access, Arg, Db, Row, Session, args};
use crate::error::Failure;
use crate::query::Select;
use crate::rows::{indexed, name, record};
use crate::url::StoreUrl;
use crate::{audit, lease, migrate, outbox, write};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tessera_model::asset::{Asset, Dependency};
use tessera_model::contract::{Contract, Registration, Waiver};
use tessera_model::ids::{
    ArtifactId, AssetId, ContractId, DriftId, OutboxId, ProposalId, RegistrationId, ScanId, TeamId,
};
use tessera_model::team::Team;
use tessera_model::{Fingerprint, TableKey};
use tessera_ports::records::{
    ApiKey, Artifact, Drift, Lease, Observation, OutboxMessage, OutboxState, Scan, StoredAuditEvent,
};
use tessera_ports::store::{AssetFilter, AuditFilter, DriftFilter, Listed, Page, ProposalFilter, Settled};
use tessera_ports::{Batch, Store, StoreError};
use tessera_workflow::Proposal;

#[derive(Debug)]
pub(crate) struct SqlStore {
    pub(crate) db: Db,
}

type Result<T> = std::result::Result<T, StoreError>;

impl SqlStore {
    pub(crate) async fn open(url: &str, access: Access) -> Result<Self> {
        let mut db = Db::open(&StoreUrl::parse(url)?, access).await?;
        migrate::run(&db, access).await.map_err(|e| match e {
            StoreError::Corrupt(m) => StoreError::Corrupt(format!("{}: {m}", crate::redact(url))),
            other => other,
        })?;
        if let (Access::Shared, Db::Sqlite { lock, .. }) = (access, &mut db) {
            // Needed for migrating only: a daemon may start while a tool is at work.
            *lock = None;
        }
        Ok(SqlStore { db })
    }

    /// The records of one list of documents.
    async fn list<T: DeserializeOwned>(&self, select: Select, page: Page) -> Result<Listed<T>> {
        self.listed(select, page, |row| record(row, 0)).await
    }

    async fn listed<T>(
        &self,
        select: Select,
        page: Page,
        read: impl Fn(&Row) -> std::result::Result<T, Failure> + Send,
    ) -> Result<Listed<T>> {
        let rows = async { select.page(&mut self.db.read().await?, page).await }.await.map_err(Failure::into_store)?;
        let items = rows.items.iter().map(read).collect::<std::result::Result<_, _>>().map_err(Failure::into_store)?;
        Ok(Listed { items, total: rows.total })
    }

    async fn every<T: DeserializeOwned>(&self, select: Select) -> Result<Vec<T>> {
        Ok(self.list(select, Page::default()).await?.items)
    }

    /// One row by whatever is unique.
    async fn row(&self, sql: &'static str, args: Vec<Arg>) -> Result<Option<Row>> {
        async { self.db.read().await?.row(sql, args).await }.await.map_err(Failure::into_store)
    }

    async fn one<T: DeserializeOwned>(&self, sql: &'static str, args: Vec<Arg>) -> Result<Option<T>> {
        let row = self.row(sql, args).await?;
        row.map(|row| record(&row, 0)).transpose().map_err(Failure::into_store)
    }
}

fn assets(filter: &AssetFilter) -> Select {
    // LIKE patterns beyond 50,000 bytes are an error in SQLite; no name is that long.
    let search = filter.search.as_deref().map(|text| {
        let escaped: String = text.to_lowercase().chars().take(10_000).fold(String::new(), |mut all, c| {
            if matches!(c, '%' | '_' | '\\') {
                all.push('\\');
            }
            all.push(c);
            all
        });
        format!("%{escaped}%")
    });
    Select::new("doc", "asset", "fqn_key, environment, id")
        .only("deleted_at IS NULL")
        .when("owner = ?", filter.owner.map(|t| t.0))
        .when("project = ?", filter.project.as_deref().map(indexed))
        .when("warehouse = ?", filter.warehouse.as_deref().map(indexed))
        .when("environment = ?", filter.environment.as_deref().map(indexed))
        .when("fqn_search LIKE ? ESCAPE '\\'", search)
}

fn proposals(filter: &ProposalFilter) -> Select {
    Select::new("doc", "proposal", "id DESC")
        .when("asset = ?", filter.asset.map(|a| a.0))
        .when("status = ?", filter.status.map(|s| s.name()))
        .when("proposed_by = ?", filter.proposed_by.map(|t| t.0))
        .when("change_set = ?", filter.change_set.as_deref().map(indexed))
        .when("id IN (SELECT proposal FROM proposal_team WHERE team = ?)", filter.team.map(|t| t.0))
}

const ARTIFACT: &str = "id, project, kind, environment, hash, invocation_id, generated_at, received_at, bytes";

fn artifact(row: &Row) -> std::result::Result<Artifact, Failure> {
    Ok(Artifact {
        id: ArtifactId(row.uuid(0)?),
        project: row.text(1)?,
        kind: row.text(2)?,
        environment: row.text(3)?,
        hash: Fingerprint(row.text(4)?),
        invocation_id: row.text_opt(5)?,
        generated_at: row.time_opt(6)?,
        received_at: row.time(7)?,
        bytes: row.bytes(8)?,
    })
}

#[async_trait]
impl Store for SqlStore {
    async fn commit(&self, batch: Batch) -> Result<()> {
        write::commit(&self.db, &batch).await
    }

    async fn teams(&self) -> Result<Vec<Team>> {
        self.every(Select::new("doc", "team", "name_key, id").only("deleted_at IS NULL")).await
    }
    async fn team(&self, id: TeamId) -> Result<Option<Team>> {
        self.one("SELECT doc FROM team WHERE id = $1", args![id.0]).await
    }

    async fn assets(&self, filter: &AssetFilter, page: Page) -> Result<Listed<Asset>> {
        self.list(assets(filter), page).await
    }
    async fn asset(&self, id: AssetId) -> Result<Option<Asset>> {
        self.one("SELECT doc FROM asset WHERE id = $1", args![id.0]).await
    }
    async fn asset_by_key(&self, key: &TableKey, environment: &str) -> Result<Option<Asset>> {
        let sql = "SELECT doc FROM asset WHERE table_key = $1 AND environment = $2 AND deleted_at IS NULL";
        self.one(sql, args![indexed(&key.0), indexed(environment)]).await
    }

    async fn contracts(&self, asset: Option<AssetId>, page: Page) -> Result<Listed<Contract>> {
        // Versions of different assets do not compare: over all of them the newest published comes first.
        let order = if asset.is_some() { "version_key DESC, id DESC" } else { "id DESC" };
        self.list(Select::new("doc", "contract", order).when("asset = ?", asset.map(|a| a.0)), page).await
    }
    async fn contract(&self, id: ContractId) -> Result<Option<Contract>> {
        self.one("SELECT doc FROM contract WHERE id = $1", args![id.0]).await
    }
    async fn active_contract(&self, asset: AssetId) -> Result<Option<Contract>> {
        self.one("SELECT doc FROM contract WHERE asset = $1 AND status = 'active'", args![asset.0]).await
    }
    async fn active_contracts(&self) -> Result<Vec<Contract>> {
        self.every(Select::new("doc", "contract", "id").only("status = 'active'")).await
    }

    async fn registrations(&self, asset: Option<AssetId>, team: Option<TeamId>) -> Result<Vec<Registration>> {
        let select = Select::new("doc", "registration", "id");
        self.every(select.when("asset = ?", asset.map(|a| a.0)).when("team = ?", team.map(|t| t.0))).await
    }
    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>> {
        self.one("SELECT doc FROM registration WHERE id = $1", args![id.0]).await
    }
    async fn dependencies(&self, asset: Option<AssetId>) -> Result<Vec<Dependency>> {
        let select = Select::new("doc", "dependency", "id");
        self.every(select.when("(dependent = ? OR dependency = ?)", asset.map(|a| a.0))).await
    }

    async fn proposals(&self, filter: &ProposalFilter, page: Page) -> Result<Listed<Proposal>> {
        self.list(proposals(filter), page).await
    }
    async fn proposal(&self, id: ProposalId) -> Result<Option<Proposal>> {
        self.one("SELECT doc FROM proposal WHERE id = $1", args![id.0]).await
    }
    async fn pending_proposal(&self, asset: AssetId) -> Result<Option<Proposal>> {
        self.one("SELECT doc FROM proposal WHERE asset = $1 AND status = 'pending'", args![asset.0]).await
    }

    async fn drifts(&self, filter: &DriftFilter, page: Page) -> Result<Listed<Drift>> {
        let status = filter.status.map(|s| name(&s)).transpose().map_err(Failure::into_store)?;
        let select = Select::new("doc", "drift", "id DESC")
            .when("asset = ?", filter.asset.map(|a| a.0))
            .when("status = ?", status)
            .when("warehouse = ?", filter.warehouse.as_deref().map(indexed));
        self.list(select, page).await
    }
    async fn drift(&self, id: DriftId) -> Result<Option<Drift>> {
        self.one("SELECT doc FROM drift WHERE id = $1", args![id.0]).await
    }

    async fn scans(&self, warehouse: Option<&str>, page: Page) -> Result<Listed<Scan>> {
        self.list(Select::new("doc", "scan", "id DESC").when("warehouse = ?", warehouse.map(indexed)), page).await
    }
    async fn scan(&self, id: ScanId) -> Result<Option<Scan>> {
        self.one("SELECT doc FROM scan WHERE id = $1", args![id.0]).await
    }
    async fn observations(&self, warehouse: &str) -> Result<Vec<Observation>> {
        let select = Select::new("doc", "observation", "table_key");
        self.every(select.when("warehouse = ?", Some(indexed(warehouse)))).await
    }

    async fn artifact(&self, project: &str, kind: &str, environment: &str) -> Result<Option<Artifact>> {
        let select = Select::new(ARTIFACT, "artifact", "project")
            .when("project = ?", Some(indexed(project)))
            .when("kind = ?", Some(indexed(kind)))
            .when("environment = ?", Some(indexed(environment)));
        Ok(self.listed(select, Page::default(), artifact).await?.items.pop())
    }
    async fn artifacts(&self, kind: &str) -> Result<Vec<Artifact>> {
        let select = Select::new(ARTIFACT, "artifact", "project, environment").when("kind = ?", Some(indexed(kind)));
        Ok(self.listed(select, Page::default(), artifact).await?.items)
    }

    async fn keys(&self) -> Result<Vec<ApiKey>> {
        self.every(Select::new("doc", "api_key", "id")).await
    }
    async fn key(&self, id: &str) -> Result<Option<ApiKey>> {
        self.one("SELECT doc FROM api_key WHERE id = $1", args![indexed(id)]).await
    }
    async fn waivers(&self, asset: Option<AssetId>) -> Result<Vec<Waiver>> {
        self.every(Select::new("doc", "waiver", "id").when("asset = ?", asset.map(|a| a.0))).await
    }
    async fn setting(&self, name: &str) -> Result<Option<String>> {
        let row = self.row("SELECT value FROM setting WHERE name = $1", args![indexed(name)]).await?;
        row.map(|row| row.text(0)).transpose().map_err(Failure::into_store)
    }

    async fn audit(&self, filter: &AuditFilter, page: Page) -> Result<Listed<StoredAuditEvent>> {
        let after = filter.after.map(|seq| i64::try_from(seq).unwrap_or(i64::MAX));
        let select = Select::new(audit::COLUMNS, "audit", "seq")
            .when("entity = ?", filter.entity.as_deref().map(indexed))
            .when("entity_id = ?", filter.entity_id.as_deref().map(indexed))
            .when("seq > ?", after);
        self.listed(select, page, audit::read).await
    }

    async fn outbox(&self, state: Option<OutboxState>, page: Page) -> Result<Listed<OutboxMessage>> {
        let state = state.map(|s| name(&s)).transpose().map_err(Failure::into_store)?;
        let select = Select::new(outbox::COLUMNS, "outbox", "id DESC").when("state = ?", state);
        self.listed(select, page, outbox::read).await
    }
    async fn claim_outbox(
        &self,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>> {
        outbox::claim(&self.db, holder, now, until, limit).await
    }
    async fn settle_outbox(&self, id: OutboxId, holder: &str, settled: Settled) -> Result<()> {
        outbox::settle(&self.db, id, holder, &settled).await
    }
    async fn outbox_reference(&self, subject: &str, notifier: &str, target: &str) -> Result<Option<String>> {
        let sql = "SELECT reference FROM outbox WHERE thread = $1 AND state = 'done' AND reference IS NOT NULL
                   ORDER BY delivered_at DESC, id DESC LIMIT 1";
        let row = self.row(sql, args![outbox::thread(subject, notifier, target)]).await?;
        row.map(|row| row.text(0)).transpose().map_err(Failure::into_store)
    }

    async fn acquire_lease(&self, name: &str, holder: &str, seconds: u32) -> Result<Option<Lease>> {
        lease::acquire(&self.db, name, holder, seconds).await
    }
    async fn release_lease(&self, name: &str, holder: &str) -> Result<()> {
        lease::release(&self.db, name, holder).await
    }

    async fn ping(&self) -> Result<()> {
        let write = async {
            let mut session: Session = self.db.write().await?;
            // Changes nothing, and is refused by a read-only database all the same.
            session.run("DELETE FROM setting WHERE name IS NULL", args![]).await?;
            session.rollback().await
        };
        write.await.map_err(Failure::into_store)
    }
    fn backend(&self) -> &'static str {
        if self.db.is_postgres() { "postgres" } else { "sqlite" }
    }
}
