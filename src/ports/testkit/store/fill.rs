//! A store with one or more of everything in it: for tests of copying, upgrading and checking.

use super::make::{self, at};
use crate::records::DriftStatus;
use crate::store::{Batch, Settled, Store, Write};
use tessera_model::contract::ContractStatus;
use tessera_workflow::ProposalStatus;

/// Puts some of every kind of record into an empty store, and `events` audit events.
pub async fn fill(store: &dyn Store, events: usize) {
    let teams = [make::team("finance"), make::team("shop")];
    let assets = [make::asset("db.main.orders", Some(teams[1].id)), make::asset("db.main.\"Kunden\"", None)];
    let [orders, customers] = assets.each_ref().map(|a| a.id);
    let pending = make::proposal(orders, &[teams[0].id, teams[1].id]);
    let next = make::revised(&pending, "answered");
    let mut published = make::proposal(orders, &[teams[0].id]);
    published.status = ProposalStatus::Published;
    let mut resolved = make::drift(orders, "f");
    resolved.status = DriftStatus::Resolved;

    let mut writes: Vec<Write> = teams.iter().cloned().map(Write::PutTeam).collect();
    writes.extend(assets.iter().cloned().map(Write::PutAsset));
    for n in 0..120 {
        let contract = make::contract(orders, &format!("1.{n}.0"), ContractStatus::Deprecated);
        writes.push(Write::InsertContract(contract));
    }
    writes.extend([
        Write::InsertContract(make::contract(orders, "2.0.0", ContractStatus::Active)),
        Write::InsertContract(make::contract(customers, "1.0.0", ContractStatus::Active)),
        Write::PutRegistration(make::registration(orders, teams[0].id)),
        Write::PutDependency(make::dependency(orders, customers)),
        Write::PutProposal(Box::new(pending)),
        Write::PutProposal(Box::new(next)),
        Write::PutProposal(Box::new(published)),
        Write::PutDrift(Box::new(resolved)),
        Write::PutDrift(Box::new(make::drift(orders, "f"))),
        Write::PutScan(make::scan("main", Some(at(0)))),
        Write::PutScan(make::scan("main", None)),
        Write::PutObservations((0..250).map(|n| make::observation("main", &format!("t{n}"))).collect()),
        Write::PutArtifact(make::artifact("shop", "manifest")),
        Write::PutArtifact(make::artifact("shop", "catalog")),
        Write::PutKey(make::key("k1")),
        Write::PutWaiver(make::waiver(orders)),
        Write::PutSetting { name: "slot:main".into(), value: Some(make::TEXT.into()) },
    ]);
    let outbox = ["1", "2", "3"].map(|n| make::message(n, "#data", n)).to_vec();
    store.commit(Batch { writes, outbox: outbox.clone(), ..Batch::default() }).await.expect("commits");

    store.claim_outbox("worker", at(100), at(160), 2).await.expect("claims");
    let done = Settled::Done { reference: Some("C1:1".into()), at: at(101) };
    store.settle_outbox(outbox[0].id, "worker", done).await.expect("settles");
    store.acquire_lease("leader", "worker", 60).await.expect("asks");
    fill_audit(store, events).await;
}

/// Adds audit events.
pub async fn fill_audit(store: &dyn Store, events: usize) {
    for begin in (0..events).step_by(100) {
        let audit =
            (begin..events.min(begin + 100)).map(|n| make::event(&format!("p{n}"), "proposal.opened")).collect();
        store.commit(Batch { audit, ..Batch::default() }).await.expect("commits");
    }
}

/// A use case's batch: asset `p<n>` with a proposal, its message and its audit event.
pub fn numbered(n: usize) -> Batch {
    let name = format!("p{n}");
    let asset = make::asset(&name, None);
    let mut proposal = make::proposal(asset.id, &[]);
    proposal.note = Some(name.clone());
    Batch {
        writes: vec![Write::PutAsset(asset), Write::PutProposal(Box::new(proposal))],
        audit: vec![make::event(&name, "proposal.opened")],
        outbox: vec![make::message(&name, "#data", &name)],
        fence: None,
    }
}
