//! A batch is all or nothing, in order, and its size is not a problem.

use super::given::{self, conflict};
use super::make;
use crate::records::OutboxState;
use crate::store::{AssetFilter, AuditFilter, Batch, Page, Store, Write};
use std::time::{Duration, Instant};
use tessera_model::contract::ContractStatus;

const ALL: Page = Page { limit: 0, offset: 0 };

/// Every kind of write, an audit event and a message, and then one write that cannot be.
pub(super) async fn all_or_nothing(store: &dyn Store) {
    let (asset, team) = (given::asset(store, "a").await, given::team(store, "taken").await);
    let other = given::asset(store, "b").await;
    let before = make::proposal(other, &[]);
    given::write(store, vec![Write::PutProposal(Box::new(before.clone()))]).await;
    let old = make::contract(asset, "1.0.0", ContractStatus::Active);
    given::write(store, vec![Write::InsertContract(old.clone())]).await;

    let deprecated = ContractStatus::Deprecated;
    let writes = vec![
        Write::PutTeam(make::team("new")),
        Write::PutAsset(make::asset("c", Some(team))),
        Write::SetContractStatus { id: old.id, expect: ContractStatus::Active, status: deprecated },
        Write::InsertContract(make::contract(asset, "2.0.0", ContractStatus::Active)),
        Write::PutRegistration(make::registration(asset, team)),
        Write::PutDependency(make::dependency(asset, other)),
        Write::PutProposal(Box::new(make::revised(&before, "next"))),
        Write::PutProposal(Box::new(make::proposal(asset, &[team]))),
        Write::PutDrift(Box::new(make::drift(asset, "f"))),
        Write::PutScan(make::scan("main", None)),
        Write::PutObservations(vec![make::observation("main", "t")]),
        Write::PutArtifact(make::artifact("shop", "manifest")),
        Write::PutKey(make::key("k")),
        Write::PutWaiver(make::waiver(asset)),
        Write::PutSetting { name: "s".into(), value: Some("v".into()) },
        Write::PutTeam(make::team("TAKEN")),
    ];
    let mut batch =
        Batch { writes, audit: vec![make::event("1", "x")], outbox: vec![make::message("s", "t", "d")], fence: None };
    assert_eq!(store.commit(batch.clone()).await, Err(conflict("team name")));

    assert_eq!(store.teams().await.map(|t| t.len()), Ok(1));
    assert_eq!(store.assets(&AssetFilter::default(), ALL).await.map(|l| l.total), Ok(2));
    assert_eq!(store.contracts(None, ALL).await.map(|l| l.items), Ok(vec![old]));
    assert_eq!(store.registrations(None, None).await, Ok(vec![]));
    assert_eq!(store.dependencies(None).await, Ok(vec![]));
    assert_eq!(store.proposals(&Default::default(), ALL).await.map(|l| l.items), Ok(vec![before]));
    assert_eq!(store.drifts(&Default::default(), ALL).await.map(|l| l.total), Ok(0));
    assert_eq!(store.scans(None, ALL).await.map(|l| l.total), Ok(0));
    assert_eq!(store.observations("main").await, Ok(vec![]));
    assert_eq!(store.artifacts("manifest").await, Ok(vec![]));
    assert_eq!(store.keys().await, Ok(vec![]));
    assert_eq!(store.waivers(None).await, Ok(vec![]));
    assert_eq!(store.setting("s").await, Ok(None));
    assert_eq!(store.audit(&AuditFilter::default(), ALL).await.map(|l| l.total), Ok(0));
    assert_eq!(store.outbox(None, ALL).await.map(|l| l.total), Ok(0));

    batch.writes.pop();
    assert_eq!(store.commit(batch).await, Ok(()), "without that one it goes");
    assert_eq!(store.audit(&AuditFilter::default(), ALL).await.map(|l| l.items[0].seq), Ok(1));
    assert_eq!(store.outbox(None, ALL).await.map(|l| l.total), Ok(1));
}

pub(super) async fn writes_in_order(store: &dyn Store) {
    let mut team = make::team("first");
    let mut writes = vec![Write::PutTeam(team.clone())];
    team.name = "second".into();
    writes.push(Write::PutTeam(team.clone()));
    writes.push(Write::PutTeam(make::team("first")));
    given::write(store, writes).await;
    let names: Vec<String> = store.teams().await.expect("reads").into_iter().map(|t| t.name).collect();
    assert_eq!(names, ["first", "second"]);
}

pub(super) async fn known_messages_are_ignored(store: &dyn Store) {
    let first = make::message("s", "t", "d");
    let twin = make::message("other", "elsewhere", "d");
    let outbox = |messages: &[_]| Batch { outbox: messages.to_vec(), ..Batch::default() };
    store.commit(outbox(&[first.clone(), twin.clone(), make::message("s", "t", "e")])).await.expect("commits");
    store.commit(outbox(&[twin])).await.expect("commits");
    store.commit(outbox(std::slice::from_ref(&first))).await.expect("the very same one again, as after a lost answer");
    let list = store.outbox(Some(OutboxState::Waiting), ALL).await.expect("reads");
    assert_eq!(list.total, 2);
    assert_eq!(list.items[1], first, "the first one stays as it was");
}

pub(super) async fn nothing_is_fine(store: &dyn Store) {
    store.commit(Batch::default()).await.expect("commits");
    let empty = vec![
        Write::PutObservations(vec![]),
        Write::DeleteObservations { warehouse: "main".into(), keys: vec![] },
        Write::DeleteWaiver(make::waiver(make::asset("a", None).id).id),
    ];
    given::write(store, empty).await;
}

/// A large warehouse's first scan in one transaction: well under two seconds where it is optimised; the bound here is for
/// a busy machine and a build that is not.
pub(super) async fn many_observations(store: &dyn Store) {
    let model = make::observation("main", "t");
    let table = |n: usize| {
        let mut observation = model.clone();
        observation.table.name.name = format!("table_{n:05}");
        observation.key = observation.table.name.key(tessera_model::Dialect::Postgres);
        observation
    };
    let all: Vec<_> = (0..10_000).map(table).collect();
    let begun = Instant::now();
    given::write(store, vec![Write::PutObservations(all.clone())]).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 10 }), "10,000 tables took {took:?}");
    #[expect(clippy::print_stderr, reason = "a figure to look at, with --no-capture")]
    {
        eprintln!("{}: 10,000 tables written in {took:?}", store.backend());
    }
    let read = store.observations("main").await.expect("reads");
    assert!(read == all, "all of them come back, by key");
    let keys = all.iter().skip(1).map(|o| o.key.clone()).collect();
    given::write(store, vec![Write::DeleteObservations { warehouse: "main".into(), keys }]).await;
    assert_eq!(store.observations("main").await.map(|o| o.len()), Ok(1));
}

pub(super) async fn the_last_observation_counts(store: &dyn Store) {
    let mut all = vec![make::observation("main", "a"), make::observation("main", "b"), make::observation("main", "a")];
    all[2].table.definition = Some("select 2".into());
    given::write(store, vec![Write::PutObservations(all.clone())]).await;
    assert_eq!(store.observations("main").await, Ok(vec![all[2].clone(), all[1].clone()]));
}

pub(super) async fn deletes(store: &dyn Store) {
    let names = ["a", "b", "c"];
    given::write(store, vec![Write::PutObservations(names.map(|t| make::observation("main", t)).to_vec())]).await;
    given::write(store, vec![Write::PutObservations(vec![make::observation("other", "a")])]).await;
    let key = |t: &str| make::observation("main", t).key;
    let keys = vec![key("a"), key("c"), key("unknown")];
    given::write(store, vec![Write::DeleteObservations { warehouse: "main".into(), keys }]).await;
    let left = store.observations("main").await.expect("reads");
    assert_eq!(left.iter().map(|o| o.key.clone()).collect::<Vec<_>>(), [key("b")]);
    assert_eq!(store.observations("other").await.map(|o| o.len()), Ok(1));
}
