//! What goes in comes out: every kind of record, with everything filled and with everything empty.

use super::{given, make};
use crate::records::{DriftStatus, OutboxState};
use crate::store::{AuditFilter, Batch, Page, Store, Write};
use crate::warehouse::{Probe, ScanStatus};
use serde_json::Value;
use tessera_model::contract::{ContractStatus, RegistrationStatus, SchemaFormat};
use tessera_model::report::Coverage;
use tessera_workflow::{Proposal, ProposalStatus};

const ALL: Page = Page { limit: 0, offset: 0 };

pub(super) async fn teams(store: &dyn Store) {
    let full = make::team("Ünïcode & Co.");
    let mut bare = make::team("bare");
    (bare.slack_channel, bare.email, bare.metadata) = (None, None, Value::Null);
    given::write(store, vec![Write::PutTeam(full.clone()), Write::PutTeam(bare.clone())]).await;
    assert_eq!(store.team(full.id).await, Ok(Some(full.clone())));
    assert_eq!(store.team(bare.id).await, Ok(Some(bare)));
    assert_eq!(store.team(make::team("x").id).await, Ok(None));
    let renamed = tessera_model::team::Team { name: "renamed".into(), ..full };
    given::write(store, vec![Write::PutTeam(renamed.clone())]).await;
    assert_eq!(store.team(renamed.id).await, Ok(Some(renamed)));
}

pub(super) async fn assets(store: &dyn Store) {
    let owner = given::team(store, "owner").await;
    let full = make::asset("Db.Main.\"Ördérs 🦀\"", Some(owner));
    let mut bare = make::asset("bare", None);
    (bare.description, bare.owner_origin, bare.project, bare.node, bare.warehouse) = (None, None, None, None, None);
    bare.metadata = Value::Null;
    given::write(store, vec![Write::PutAsset(full.clone()), Write::PutAsset(bare.clone())]).await;
    assert_eq!(store.asset(full.id).await, Ok(Some(full.clone())));
    assert_eq!(store.asset(bare.id).await, Ok(Some(bare)));
    assert_eq!(store.asset_by_key(&full.key, "prod").await, Ok(Some(full.clone())));
    assert_eq!(store.asset_by_key(&full.key, "dev").await, Ok(None));
    let mut moved = full.clone();
    (moved.key, moved.environment) = (tessera_model::TableKey("elsewhere".into()), "dev".into());
    given::write(store, vec![Write::PutAsset(moved.clone())]).await;
    assert_eq!(store.asset_by_key(&full.key, "prod").await, Ok(None));
    assert_eq!(store.asset_by_key(&moved.key, "dev").await, Ok(Some(moved)));
}

pub(super) async fn contracts(store: &dyn Store) {
    let asset = given::asset(store, "db.main.orders").await;
    let mut all = Vec::new();
    let formats = [
        SchemaFormat::JsonSchema,
        SchemaFormat::Avro,
        SchemaFormat::Protobuf,
        SchemaFormat::OpenApi,
        SchemaFormat::GraphQl,
        SchemaFormat::Table,
    ];
    for (minor, format) in formats.into_iter().enumerate() {
        let mut contract = make::contract(asset, &format!("1.{minor}.0"), ContractStatus::Deprecated);
        contract.format = format;
        all.push(contract);
    }
    (all[0].published_by, all[0].proposal, all[0].guarantees) = (None, None, Value::Null);
    all[5].status = ContractStatus::Active;
    given::write(store, all.iter().cloned().map(Write::InsertContract).collect()).await;
    for contract in &all {
        assert_eq!(store.contract(contract.id).await.as_ref(), Ok(&Some(contract.clone())));
    }
    assert_eq!(store.active_contract(asset).await, Ok(Some(all[5].clone())));
    assert_eq!(store.active_contracts().await, Ok(vec![all[5].clone()]));

    let [from, to] = [ContractStatus::Active, ContractStatus::Retired];
    given::write(store, vec![Write::SetContractStatus { id: all[5].id, expect: from, status: to }]).await;
    all[5].status = to;
    assert_eq!(store.contract(all[5].id).await, Ok(Some(all[5].clone())), "nothing but the status changes");
    assert_eq!(store.active_contract(asset).await, Ok(None));
}

pub(super) async fn registrations(store: &dyn Store) {
    let (asset, team) = (given::asset(store, "a").await, given::team(store, "t").await);
    let mut registration = make::registration(asset, team);
    given::write(store, vec![Write::PutRegistration(registration.clone())]).await;
    assert_eq!(store.registration(registration.id).await, Ok(Some(registration.clone())));
    (registration.contract, registration.pinned_version, registration.purpose) = (None, None, None);
    (registration.expires_at, registration.columns) = (None, Vec::new());
    registration.status = RegistrationStatus::Inactive;
    given::write(store, vec![Write::PutRegistration(registration.clone())]).await;
    assert_eq!(store.registrations(None, None).await, Ok(vec![registration.clone()]));
    given::write(store, vec![Write::DeleteRegistration(registration.id)]).await;
    assert_eq!(store.registration(registration.id).await, Ok(None));
}

pub(super) async fn dependencies(store: &dyn Store) {
    let (a, b) = (given::asset(store, "a").await, given::asset(store, "b").await);
    let mut dependency = make::dependency(a, b);
    given::write(store, vec![Write::PutDependency(dependency.clone())]).await;
    assert_eq!(store.dependencies(None).await, Ok(vec![dependency.clone()]));
    (dependency.kind, dependency.metadata) = ("references".into(), Value::Null);
    given::write(store, vec![Write::PutDependency(dependency.clone())]).await;
    assert_eq!(store.dependencies(None).await, Ok(vec![dependency.clone()]));
    given::write(store, vec![Write::DeleteDependency(dependency.id)]).await;
    assert_eq!(store.dependencies(None).await, Ok(vec![]));
}

/// Everything that may be absent, absent.
fn bare(proposal: &Proposal) -> Proposal {
    Proposal {
        change_set: None,
        base: None,
        base_fingerprint: None,
        guarantees: Value::Null,
        version: None,
        changes: Vec::new(),
        required: Vec::new(),
        acknowledgements: Vec::new(),
        proposed_by: None,
        deadline: None,
        resolved_at: None,
        stale: false,
        overridden: None,
        contract: None,
        drift: None,
        reminders: 0,
        note: None,
        coverage: Coverage::default(),
        ..proposal.clone()
    }
}

pub(super) async fn proposals(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let teams = [given::team(store, "t").await, given::team(store, "u").await];
    let full = make::proposal(asset, &teams);
    given::write(store, vec![Write::PutProposal(Box::new(full.clone()))]).await;
    assert_eq!(store.proposal(full.id).await, Ok(Some(full.clone())));
    assert_eq!(store.pending_proposal(asset).await, Ok(Some(full.clone())));
    let mut next = make::revised(&bare(&full), "x");
    next.status = ProposalStatus::Published;
    given::write(store, vec![Write::PutProposal(Box::new(next.clone()))]).await;
    assert_eq!(store.proposal(full.id).await, Ok(Some(next)));
    assert_eq!(store.pending_proposal(asset).await, Ok(None));
}

pub(super) async fn drifts(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let mut drift = make::drift(asset, "f");
    given::write(store, vec![Write::PutDrift(Box::new(drift.clone()))]).await;
    assert_eq!(store.drift(drift.id).await, Ok(Some(drift.clone())));
    for status in [DriftStatus::Held, DriftStatus::Resolved, DriftStatus::Accepted, DriftStatus::Open] {
        (drift.status, drift.proposal, drift.resolved_at) = (status, None, None);
        drift.count += 1;
        given::write(store, vec![Write::PutDrift(Box::new(drift.clone()))]).await;
        assert_eq!(store.drift(drift.id).await, Ok(Some(drift.clone())));
    }
}

pub(super) async fn scans(store: &dyn Store) {
    let mut scan = make::scan("main", Some(make::at(0)));
    given::write(store, vec![Write::PutScan(scan.clone())]).await;
    assert_eq!(store.scan(scan.id).await, Ok(Some(scan.clone())));
    (scan.slot, scan.finished_at, scan.error, scan.status) = (None, None, None, ScanStatus::Running);
    (scan.probe, scan.findings) = (Probe::default(), Vec::new());
    given::write(store, vec![Write::PutScan(scan.clone())]).await;
    assert_eq!(store.scan(scan.id).await, Ok(Some(scan)));
}

pub(super) async fn observations(store: &dyn Store) {
    let mut all: Vec<_> = ["b", "a", "Ç"].iter().map(|t| make::observation("main", t)).collect();
    given::write(store, vec![Write::PutObservations(all.clone())]).await;
    given::write(store, vec![Write::PutObservations(vec![make::observation("other", "a")])]).await;
    all.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(store.observations("main").await, Ok(all.clone()));
    all[0].table.definition = None;
    all[0].last_changed = make::at(99);
    given::write(store, vec![Write::PutObservations(vec![all[0].clone()])]).await;
    assert_eq!(store.observations("main").await, Ok(all));
    assert_eq!(store.observations("nowhere").await, Ok(vec![]));
}

pub(super) async fn artifacts(store: &dyn Store) {
    let first = make::artifact("shop", "manifest");
    let mut second = make::artifact("shop", "manifest");
    (second.bytes, second.invocation_id, second.generated_at) = (Vec::new(), None, None);
    let others = [make::artifact("shop", "catalog"), make::artifact("growth", "manifest")];
    given::write(store, vec![Write::PutArtifact(first.clone())]).await;
    assert_eq!(store.artifact("shop", "manifest", "prod").await, Ok(Some(first)));
    given::write(store, vec![Write::PutArtifact(second.clone())]).await;
    given::write(store, others.iter().cloned().map(Write::PutArtifact).collect()).await;
    assert_eq!(store.artifact("shop", "manifest", "prod").await, Ok(Some(second.clone())), "the same place: replaced");
    assert_eq!(store.artifact("shop", "manifest", "dev").await, Ok(None));
    assert_eq!(store.artifacts("manifest").await, Ok(vec![others[1].clone(), second]), "by project");
}

pub(super) async fn keys(store: &dyn Store) {
    let mut key = make::key("b1");
    let other = make::key("a1");
    given::write(store, vec![Write::PutKey(key.clone()), Write::PutKey(other.clone())]).await;
    assert_eq!(store.key("b1").await, Ok(Some(key.clone())));
    (key.team, key.on_behalf_of, key.expires_at, key.revoked_at) = (None, None, None, None);
    given::write(store, vec![Write::PutKey(key.clone())]).await;
    assert_eq!(store.keys().await, Ok(vec![other, key]));
    assert_eq!(store.key("B1").await, Ok(None), "ids are compared by the letter");
}

pub(super) async fn waivers(store: &dyn Store) {
    let (a, b) = (given::asset(store, "a").await, given::asset(store, "b").await);
    let mut waiver = make::waiver(a);
    given::write(store, vec![Write::PutWaiver(waiver.clone()), Write::PutWaiver(make::waiver(b))]).await;
    assert_eq!(store.waivers(Some(a)).await, Ok(vec![waiver.clone()]));
    (waiver.column, waiver.team) = (None, None);
    given::write(store, vec![Write::PutWaiver(waiver.clone())]).await;
    assert_eq!(store.waivers(Some(a)).await, Ok(vec![waiver.clone()]));
    assert_eq!(store.waivers(None).await.map(|w| w.len()), Ok(2));
    given::write(store, vec![Write::DeleteWaiver(waiver.id)]).await;
    assert_eq!(store.waivers(Some(a)).await, Ok(vec![]));
}

pub(super) async fn settings(store: &dyn Store) {
    let put = |value: Option<&str>| vec![Write::PutSetting { name: "a:b".into(), value: value.map(str::to_owned) }];
    assert_eq!(store.setting("a:b").await, Ok(None));
    for value in ["1", "", make::TEXT] {
        given::write(store, put(Some(value))).await;
        assert_eq!(store.setting("a:b").await, Ok(Some(value.into())));
    }
    given::write(store, put(None)).await;
    given::write(store, put(None)).await;
    assert_eq!(store.setting("a:b").await, Ok(None));
}

pub(super) async fn audit_events(store: &dyn Store) {
    let mut events = vec![make::event(make::TEXT, "proposal.opened"), make::event("2", "x")];
    events[1].payload = Value::Null;
    (events[1].actor.team, events[1].actor.key, events[1].actor.on_behalf_of) = (None, None, None);
    store.commit(Batch { audit: events.clone(), ..Batch::default() }).await.expect("commits");
    let stored = store.audit(&AuditFilter::default(), ALL).await.expect("reads");
    let read: Vec<_> = stored.items.into_iter().map(|s| s.event).collect();
    assert_eq!(read, events);
}

pub(super) async fn messages(store: &dyn Store) {
    let mut messages = vec![make::message(make::TEXT, make::TEXT, "1"), make::message("s", "t", "2")];
    let bare = &mut messages[1];
    (bare.state, bare.attempts) = (OutboxState::Dead, 7);
    (bare.last_error, bare.delivered_at) = (Some(make::TEXT.into()), Some(make::at(101)));
    let notice = &mut bare.notice;
    (notice.asset, notice.owner, notice.opened_by, notice.deadline) = (None, None, None, None);
    (notice.coverage, notice.status, notice.url) = (None, None, None);
    (notice.changes, notice.teams, notice.commands) = (Vec::new(), Vec::new(), Vec::new());
    store.commit(Batch { outbox: messages.clone(), ..Batch::default() }).await.expect("commits");
    messages.reverse();
    assert_eq!(store.outbox(None, ALL).await.map(|l| l.items), Ok(messages));
}

/// A schema of some megabytes, as a generated one may be.
pub(super) async fn big_documents(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let mut contract = make::contract(asset, "1.0.0", ContractStatus::Active);
    let properties =
        (0..20_000).map(|n| (format!("field_{n}_é"), serde_json::json!({"type": "string", "maxLength": n})));
    contract.schema = Value::Object(properties.collect());
    contract.schema["text"] = Value::String("x\u{1F980}".repeat(1_000_000));
    given::write(store, vec![Write::InsertContract(contract.clone())]).await;
    assert!(store.contract(contract.id).await == Ok(Some(contract)), "a big document comes back as it was");
}

/// Longer than what databases put into an index.
pub(super) async fn long_names(store: &dyn Store) {
    let long = |end: &str| format!("{}{end}", "näme.".repeat(4_000));
    let team = make::team(&long("t"));
    let mut asset = make::asset(&long("a"), None);
    asset.environment = long("e");
    let (same, other) = (make::observation(&long("w"), &long("o")), make::observation(&long("w"), &long("p")));
    let writes = vec![
        Write::PutTeam(team.clone()),
        Write::PutAsset(asset.clone()),
        Write::PutObservations(vec![same.clone(), other.clone()]),
        Write::PutSetting { name: long("s"), value: Some(long("v")) },
    ];
    let outbox = vec![make::message(&long("s"), &long("t"), "d")];
    store.commit(Batch { writes, outbox, ..Batch::default() }).await.expect("commits");
    assert_eq!(store.team(team.id).await, Ok(Some(team)));
    assert_eq!(store.asset_by_key(&asset.key, &asset.environment).await, Ok(Some(asset)));
    assert_eq!(store.observations(&long("w")).await.map(|o| o.len()), Ok(2), "told apart by their ends");
    assert_eq!(store.setting(&long("s")).await, Ok(Some(long("v"))));
    assert_eq!(store.setting(&long("z")).await, Ok(None));
}

pub(super) async fn ready(store: &dyn Store) {
    assert_eq!(store.ping().await, Ok(()));
    assert_eq!(store.ping().await, Ok(()));
    assert!(!store.backend().is_empty());
}
