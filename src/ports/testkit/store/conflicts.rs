//! Each rule that the database itself must keep, and what its violation is called.

use super::given::{self, conflict, refused};
use super::make;
use crate::records::DriftStatus;
use crate::store::{Store, Write};
use tessera_model::contract::ContractStatus::{Active, Deprecated, Retired};
use tessera_workflow::{Proposal, ProposalStatus};

pub(super) async fn one_living_team_per_name(store: &dyn Store) {
    let mut first = make::team("Ärzte Data");
    given::write(store, vec![Write::PutTeam(first.clone())]).await;
    let second = make::team("äRZTE dATA");
    assert_eq!(refused(store, vec![Write::PutTeam(second.clone())]).await, conflict("team name"));
    first.deleted_at = Some(make::at(1));
    given::write(store, vec![Write::PutTeam(first.clone()), Write::PutTeam(second)]).await;
    first.deleted_at = None;
    assert_eq!(refused(store, vec![Write::PutTeam(first)]).await, conflict("team name"), "nor by coming back");
}

pub(super) async fn one_living_asset_per_key(store: &dyn Store) {
    let mut first = make::asset("db.orders", None);
    given::write(store, vec![Write::PutAsset(first.clone())]).await;
    let mut second = make::asset("DB.Orders", None);
    assert_eq!(refused(store, vec![Write::PutAsset(second.clone())]).await, conflict("asset name"));
    second.environment = "dev".into();
    given::write(store, vec![Write::PutAsset(second.clone())]).await;
    second.environment = "prod".into();
    assert_eq!(refused(store, vec![Write::PutAsset(second.clone())]).await, conflict("asset name"), "nor by moving");
    first.deleted_at = Some(make::at(1));
    given::write(store, vec![Write::PutAsset(first), Write::PutAsset(second)]).await;
}

pub(super) async fn one_active_contract(store: &dyn Store) {
    let (asset, other) = (given::asset(store, "a").await, given::asset(store, "b").await);
    let first = make::contract(asset, "1.0.0", Active);
    given::write(store, vec![Write::InsertContract(first.clone())]).await;
    let second = make::contract(asset, "1.1.0", Active);
    let insert = Write::InsertContract(second.clone());
    assert_eq!(refused(store, vec![insert.clone()]).await, conflict("active contract"));
    given::write(store, vec![Write::InsertContract(make::contract(other, "1.0.0", Active))]).await;
    given::write(store, vec![Write::InsertContract(make::contract(asset, "0.9.0", Retired))]).await;
    let retire = Write::SetContractStatus { id: first.id, expect: Active, status: Deprecated };
    given::write(store, vec![retire, insert]).await;
    let back = Write::SetContractStatus { id: first.id, expect: Deprecated, status: Active };
    assert_eq!(refused(store, vec![back]).await, conflict("active contract"));
    assert_eq!(store.active_contract(asset).await, Ok(Some(second)));
}

pub(super) async fn contract_status_must_be_as_expected(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let contract = make::contract(asset, "1.0.0", Deprecated);
    given::write(store, vec![Write::InsertContract(contract.clone())]).await;
    let set = |id, expect| vec![Write::SetContractStatus { id, expect, status: Retired }];
    assert_eq!(refused(store, set(contract.id, Active)).await, conflict("active contract"));
    let unknown = make::contract(asset, "1.0.0", Active).id;
    assert_eq!(refused(store, set(unknown, Active)).await, conflict("active contract"));
    assert_eq!(store.contract(contract.id).await, Ok(Some(contract)));
}

pub(super) async fn one_registration_per_team(store: &dyn Store) {
    let (asset, team) = (given::asset(store, "a").await, given::team(store, "t").await);
    let first = make::registration(asset, team);
    given::write(store, vec![Write::PutRegistration(first.clone())]).await;
    let second = Write::PutRegistration(make::registration(asset, team));
    assert_eq!(refused(store, vec![second.clone()]).await, conflict("registration"));
    given::write(store, vec![Write::DeleteRegistration(first.id), second]).await;
}

pub(super) async fn one_dependency_per_pair(store: &dyn Store) {
    let (a, b) = (given::asset(store, "a").await, given::asset(store, "b").await);
    given::write(store, vec![Write::PutDependency(make::dependency(a, b))]).await;
    let mut second = make::dependency(a, b);
    second.kind = "references".into();
    assert_eq!(refused(store, vec![Write::PutDependency(second)]).await, conflict("dependency"));
    given::write(store, vec![Write::PutDependency(make::dependency(b, a))]).await;
}

fn put(proposal: &Proposal) -> Vec<Write> {
    vec![Write::PutProposal(Box::new(proposal.clone()))]
}

pub(super) async fn one_pending_proposal(store: &dyn Store) {
    let (asset, other) = (given::asset(store, "a").await, given::asset(store, "b").await);
    let first = make::proposal(asset, &[]);
    given::write(store, put(&first)).await;
    let second = make::proposal(asset, &[]);
    assert_eq!(refused(store, put(&second)).await, conflict("pending proposal"));
    given::write(store, put(&make::proposal(other, &[]))).await;
    let done = Proposal { status: ProposalStatus::Withdrawn, ..make::revised(&first, "x") };
    given::write(store, put(&done)).await;
    given::write(store, put(&second)).await;
    let again = Proposal { status: ProposalStatus::Pending, ..make::revised(&done, "x") };
    assert_eq!(refused(store, put(&again)).await, conflict("pending proposal"));
}

pub(super) async fn proposal_revisions(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let first = make::proposal(asset, &[]);
    let revision = |n: u64| Proposal { revision: n, note: Some(format!("revision {n}")), ..first.clone() };
    for n in [0, 2, 7] {
        assert_eq!(refused(store, put(&revision(n))).await, conflict("proposal revision"), "{n} of an unknown one");
    }
    given::write(store, put(&first)).await;
    for n in [0, 1, 3] {
        assert_eq!(refused(store, put(&revision(n))).await, conflict("proposal revision"), "{n} after 1");
    }
    given::write(store, put(&revision(2))).await;
    assert_eq!(refused(store, put(&revision(2))).await, conflict("proposal revision"), "2 twice");
    assert_eq!(store.proposal(first.id).await, Ok(Some(revision(2))));
}

pub(super) async fn one_open_drift(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let mut first = make::drift(asset, "f");
    let second = make::drift(asset, "f");
    let write = |d: &crate::records::Drift| vec![Write::PutDrift(Box::new(d.clone()))];
    given::write(store, write(&first)).await;
    assert_eq!(refused(store, write(&second)).await, conflict("open drift"));
    first.status = DriftStatus::Held;
    given::write(store, write(&first)).await;
    assert_eq!(refused(store, write(&second)).await, conflict("open drift"), "a held one counts");
    given::write(store, write(&make::drift(asset, "g"))).await;
    first.status = DriftStatus::Resolved;
    given::write(store, write(&first)).await;
    given::write(store, write(&second)).await;
    first.status = DriftStatus::Open;
    assert_eq!(refused(store, write(&first)).await, conflict("open drift"), "nor by reopening");
}

pub(super) async fn one_scan_per_slot(store: &dyn Store) {
    let slot = Some(make::at(0));
    let first = make::scan("main", slot);
    let write = |s: crate::records::Scan| vec![Write::PutScan(s)];
    given::write(store, write(first.clone())).await;
    given::write(store, write(first)).await;
    assert_eq!(refused(store, write(make::scan("main", slot))).await, conflict("scan slot"));
    given::write(store, write(make::scan("other", slot))).await;
    given::write(store, write(make::scan("main", Some(make::at(1))))).await;
    given::write(store, write(make::scan("main", None))).await;
    given::write(store, write(make::scan("main", None))).await;
}
