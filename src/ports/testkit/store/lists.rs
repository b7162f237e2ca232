//! Lists: what is in them, in which order, page by page, with the right total.

use super::{given, make};
use crate::records::{DriftStatus, OutboxState};
use crate::store::{AssetFilter, AuditFilter, Batch, DriftFilter, Page, ProposalFilter, Store, Write};
use tessera_model::contract::ContractStatus;
use tessera_workflow::{Proposal, ProposalStatus};

const ALL: Page = Page { limit: 0, offset: 0 };

fn page(limit: u32, offset: u32) -> Page {
    Page { limit, offset }
}

pub(super) async fn teams_and_assets_that_live(store: &dyn Store) {
    let mut gone = make::team("gone");
    gone.deleted_at = Some(make::at(1));
    let mut lost = make::asset("lost", None);
    lost.deleted_at = Some(make::at(1));
    given::write(store, vec![Write::PutTeam(gone.clone()), Write::PutAsset(lost.clone())]).await;
    for name in ["beta", "Alpha", "gamma"] {
        given::team(store, name).await;
    }
    let names: Vec<String> = store.teams().await.expect("reads").into_iter().map(|t| t.name).collect();
    assert_eq!(names, ["Alpha", "beta", "gamma"], "by name, without case");
    assert_eq!(store.team(gone.id).await, Ok(Some(gone)), "a deleted one by its id");
    assert_eq!(store.assets(&AssetFilter::default(), ALL).await.map(|l| (l.items, l.total)), Ok((vec![], 0)));
    assert_eq!(store.asset(lost.id).await, Ok(Some(lost.clone())));
    assert_eq!(store.asset_by_key(&lost.key, "prod").await, Ok(None));
}

async fn found(store: &dyn Store, filter: AssetFilter) -> Vec<String> {
    let list = store.assets(&filter, ALL).await.expect("reads");
    assert_eq!(list.total, list.items.len() as u64);
    list.items.into_iter().map(|a| a.fqn).collect()
}

pub(super) async fn assets_are_filtered(store: &dyn Store) {
    let owner = given::team(store, "owner").await;
    let mut assets = ["db.b", "db.A", "x.ÄRGER", "db.c"].map(|fqn| make::asset(fqn, None));
    assets[0].owner = Some(owner);
    assets[1].project = Some("growth".into());
    assets[2].warehouse = None;
    assets[3].environment = "dev".into();
    given::write(store, assets.iter().cloned().map(Write::PutAsset).collect()).await;
    let none = AssetFilter::default;
    assert_eq!(found(store, none()).await, ["db.A", "db.b", "db.c", "x.ÄRGER"], "by name, without case");
    assert_eq!(found(store, AssetFilter { owner: Some(owner), ..none() }).await, ["db.b"]);
    assert_eq!(found(store, AssetFilter { project: Some("growth".into()), ..none() }).await, ["db.A"]);
    assert_eq!(found(store, AssetFilter { warehouse: Some("main".into()), ..none() }).await, ["db.A", "db.b", "db.c"]);
    assert_eq!(found(store, AssetFilter { environment: Some("dev".into()), ..none() }).await, ["db.c"]);
    assert_eq!(found(store, AssetFilter { search: Some("DB.".into()), ..none() }).await, ["db.A", "db.b", "db.c"]);
    assert_eq!(found(store, AssetFilter { search: Some("ärg".into()), ..none() }).await, ["x.ÄRGER"]);
    let both = AssetFilter { search: Some("db".into()), environment: Some("prod".into()), ..none() };
    assert_eq!(found(store, both).await, ["db.A", "db.b"]);
}

pub(super) async fn search_takes_wildcards_by_the_letter(store: &dyn Store) {
    for fqn in ["a_b", "axb", "a%b", "a\\b", "a'b", "a?b$1"] {
        given::asset(store, fqn).await;
    }
    for (search, expected) in
        [("a_b", "a_b"), ("a%b", "a%b"), ("a\\b", "a\\b"), ("'", "a'b"), ("?b$1", "a?b$1"), ("x", "axb")]
    {
        let filter = AssetFilter { search: Some(search.into()), ..AssetFilter::default() };
        assert_eq!(found(store, filter).await, [expected], "search for {search}");
    }
    let long = AssetFilter { search: Some("a".repeat(100_000)), ..AssetFilter::default() };
    assert_eq!(found(store, long).await, [""; 0]);
}

pub(super) async fn pages_and_their_totals(store: &dyn Store) {
    for n in 0..7 {
        given::asset(store, &format!("t{n}")).await;
    }
    let names = async |page| {
        let list = store.assets(&AssetFilter::default(), page).await.expect("reads");
        assert_eq!(list.total, 7, "the total is that without paging: {page:?}");
        list.items.into_iter().map(|a| a.fqn).collect::<Vec<_>>()
    };
    assert_eq!(names(page(3, 0)).await, ["t0", "t1", "t2"]);
    assert_eq!(names(page(3, 3)).await, ["t3", "t4", "t5"]);
    assert_eq!(names(page(3, 6)).await, ["t6"]);
    assert_eq!(names(page(0, 5)).await, ["t5", "t6"]);
    assert_eq!(names(page(7, 0)).await.len(), 7);
    assert_eq!(names(page(3, 7)).await, [""; 0]);
    assert_eq!(names(page(u32::MAX, u32::MAX)).await, [""; 0]);
}

pub(super) async fn contracts_by_version(store: &dyn Store) {
    let (asset, other) = (given::asset(store, "a").await, given::asset(store, "b").await);
    let published = ["1.0.0", "10.0.0", "2.0.0", "2.0.0-rc.2", "2.0.0-rc.10", "2.0.0-alpha", "1.9.0", "0.1.0"];
    for version in published {
        let contract = make::contract(asset, version, ContractStatus::Retired);
        given::write(store, vec![Write::InsertContract(contract)]).await;
    }
    let newest = make::contract(other, "1.0.0", ContractStatus::Active);
    given::write(store, vec![Write::InsertContract(newest.clone())]).await;
    let list = store.contracts(Some(asset), ALL).await.expect("reads");
    let versions: Vec<String> = list.items.iter().map(|c| c.version.to_string()).collect();
    let expected = ["10.0.0", "2.0.0", "2.0.0-rc.10", "2.0.0-rc.2", "2.0.0-alpha", "1.9.0", "1.0.0", "0.1.0"];
    assert_eq!(versions, expected, "newest version first");
    let cut = store.contracts(Some(asset), page(2, 1)).await.expect("reads");
    assert_eq!((cut.items.as_slice(), cut.total), (&list.items[1..3], 8));
    let all = store.contracts(None, page(1, 0)).await.expect("reads");
    assert_eq!((all.items, all.total), (vec![newest], 9), "over all assets the last published first");
}

pub(super) async fn registrations_and_dependencies(store: &dyn Store) {
    let (a, b) = (given::asset(store, "a").await, given::asset(store, "b").await);
    let (t, u) = (given::team(store, "t").await, given::team(store, "u").await);
    let all = [make::registration(a, t), make::registration(a, u), make::registration(b, t)];
    given::write(store, all.iter().cloned().map(Write::PutRegistration).collect()).await;
    assert_eq!(store.registrations(None, None).await.as_deref(), Ok(&all[..]), "by creation");
    assert_eq!(store.registrations(Some(a), None).await.as_deref(), Ok(&all[..2]));
    assert_eq!(store.registrations(None, Some(t)).await, Ok(vec![all[0].clone(), all[2].clone()]));
    assert_eq!(store.registrations(Some(b), Some(u)).await, Ok(vec![]));

    let c = given::asset(store, "c").await;
    let edges = [make::dependency(a, b), make::dependency(b, c), make::dependency(a, c)];
    given::write(store, edges.iter().cloned().map(Write::PutDependency).collect()).await;
    assert_eq!(store.dependencies(None).await.as_deref(), Ok(&edges[..]));
    assert_eq!(store.dependencies(Some(b)).await.as_deref(), Ok(&edges[..2]), "either end");
}

pub(super) async fn proposals_are_filtered(store: &dyn Store) {
    let (a, b) = (given::asset(store, "a").await, given::asset(store, "b").await);
    let (t, u) = (given::team(store, "t").await, given::team(store, "u").await);
    let mut all = [make::proposal(a, &[t]), make::proposal(a, &[t, u]), make::proposal(b, &[u])];
    all[0].status = ProposalStatus::Published;
    all[1].proposed_by = Some(u);
    all[2].change_set = Some("other".into());
    let put = |p: &Proposal| Write::PutProposal(Box::new(p.clone()));
    given::write(store, all.iter().map(put).collect()).await;
    let ids = async |filter: ProposalFilter| {
        let list = store.proposals(&filter, ALL).await.expect("reads");
        assert_eq!(list.total, list.items.len() as u64);
        let place = |p: &Proposal| all.iter().position(|q| q.id == p.id).expect("one of them");
        list.items.iter().map(place).collect::<Vec<_>>()
    };
    let none = ProposalFilter::default;
    assert_eq!(ids(none()).await, [2, 1, 0], "newest first");
    assert_eq!(ids(ProposalFilter { asset: Some(a), ..none() }).await, [1, 0]);
    assert_eq!(ids(ProposalFilter { status: Some(ProposalStatus::Pending), ..none() }).await, [2, 1]);
    assert_eq!(ids(ProposalFilter { team: Some(t), ..none() }).await, [1, 0]);
    assert_eq!(ids(ProposalFilter { team: Some(u), ..none() }).await, [2, 1]);
    assert_eq!(ids(ProposalFilter { proposed_by: Some(u), ..none() }).await, [1]);
    assert_eq!(ids(ProposalFilter { change_set: Some("other".into()), ..none() }).await, [2]);
    let cut = store.proposals(&none(), page(1, 1)).await.expect("reads");
    assert_eq!((cut.items[0].id, cut.total), (all[1].id, 3));
    // Whom it requires may change with a new state.
    let mut next = make::revised(&all[1], "re-diffed");
    next.required.retain(|r| r.team == u);
    given::write(store, vec![Write::PutProposal(Box::new(next))]).await;
    assert_eq!(ids(ProposalFilter { team: Some(t), ..none() }).await, [0]);
}

pub(super) async fn drifts_and_scans_newest_first(store: &dyn Store) {
    let (a, b) = (given::asset(store, "a").await, given::asset(store, "b").await);
    let mut drifts = [make::drift(a, "1"), make::drift(a, "2"), make::drift(b, "1")];
    drifts[0].status = DriftStatus::Resolved;
    drifts[2].warehouse = "other".into();
    given::write(store, drifts.iter().cloned().map(|d| Write::PutDrift(Box::new(d))).collect()).await;
    let ids = async |filter: DriftFilter, page| {
        let list = store.drifts(&filter, page).await.expect("reads");
        (list.items.iter().map(|d| d.id).collect::<Vec<_>>(), list.total)
    };
    let [first, second, third] = drifts.each_ref().map(|d| d.id);
    let none = DriftFilter::default;
    assert_eq!(ids(none(), ALL).await, (vec![third, second, first], 3));
    assert_eq!(ids(none(), page(1, 0)).await, (vec![third], 3));
    assert_eq!(ids(DriftFilter { asset: Some(a), ..none() }, ALL).await, (vec![second, first], 2));
    assert_eq!(ids(DriftFilter { status: Some(DriftStatus::Open), ..none() }, ALL).await, (vec![third, second], 2));
    assert_eq!(ids(DriftFilter { warehouse: Some("other".into()), ..none() }, ALL).await, (vec![third], 1));

    let scans = [make::scan("main", None), make::scan("other", None), make::scan("main", None)];
    given::write(store, scans.iter().cloned().map(Write::PutScan).collect()).await;
    let [first, second, third] = scans;
    let all = store.scans(None, ALL).await.expect("reads");
    assert_eq!(all.items, [third.clone(), second, first.clone()]);
    let main = store.scans(Some("main"), page(1, 1)).await.expect("reads");
    assert_eq!((main.items, main.total), (vec![first], 2));
}

pub(super) async fn outbox_by_state(store: &dyn Store) {
    let mut messages = ["1", "2", "3"].map(|n| make::message("s", "t", n));
    messages[1].state = OutboxState::Dead;
    store.commit(Batch { outbox: messages.to_vec(), ..Batch::default() }).await.expect("commits");
    let ids = async |state| {
        let list = store.outbox(state, ALL).await.expect("reads");
        list.items.iter().map(|m| m.id).collect::<Vec<_>>()
    };
    let [first, second, third] = messages.each_ref().map(|m| m.id);
    assert_eq!(ids(None).await, [third, second, first], "newest first");
    assert_eq!(ids(Some(OutboxState::Waiting)).await, [third, first]);
    assert_eq!(ids(Some(OutboxState::Dead)).await, [second]);
    assert_eq!(ids(Some(OutboxState::Done)).await, []);
}

pub(super) async fn audit_is_filtered(store: &dyn Store) {
    let mut events = ["1", "2", "1"].map(|id| make::event(id, "x"));
    events[2].entity = "asset".into();
    store.commit(Batch { audit: events.to_vec(), ..Batch::default() }).await.expect("commits");
    let seqs = async |filter: AuditFilter, page| {
        let list = store.audit(&filter, page).await.expect("reads");
        (list.items.iter().map(|e| e.seq).collect::<Vec<_>>(), list.total)
    };
    let none = AuditFilter::default;
    assert_eq!(seqs(none(), ALL).await, (vec![1, 2, 3], 3), "oldest first");
    assert_eq!(seqs(none(), page(1, 1)).await, (vec![2], 3));
    assert_eq!(seqs(AuditFilter { entity: Some("proposal".into()), ..none() }, ALL).await, (vec![1, 2], 2));
    assert_eq!(seqs(AuditFilter { entity_id: Some("1".into()), ..none() }, ALL).await, (vec![1, 3], 2));
    assert_eq!(seqs(AuditFilter { after: Some(2), ..none() }, ALL).await, (vec![3], 1));
    assert_eq!(seqs(AuditFilter { after: Some(u64::MAX), ..none() }, ALL).await, (vec![], 0));
}
