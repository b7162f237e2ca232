//! Many at the same time: exactly one wins, and nothing is half seen.

use super::given::{self, conflict, together};
use super::make::{self, at};
use crate::store::{AuditFilter, Batch, Page, Store, StoreError, Write};
use std::collections::BTreeSet;
use tessera_model::contract::ContractStatus::{Active, Deprecated};

const WRITERS: usize = 16;

/// All but the winners must have been told what collided.
fn winners(answers: &[Result<(), StoreError>], what: &'static str) -> Vec<usize> {
    for answer in answers {
        assert!(matches!(answer, Ok(()) | Err(StoreError::Conflict { .. })), "{answer:?}");
        if answer.is_err() {
            assert_eq!(answer, &Err(conflict(what)));
        }
    }
    (0..answers.len()).filter(|&n| answers[n].is_ok()).collect()
}

fn put(proposal: tessera_workflow::Proposal) -> Write {
    Write::PutProposal(Box::new(proposal))
}

pub(super) async fn one_winner_per_revision(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let mut current = make::proposal(asset, &[]);
    given::write(store, vec![put(current.clone())]).await;
    for round in 0..6 {
        let candidates: Vec<_> = (0..WRITERS).map(|n| make::revised(&current, &format!("{round}.{n}"))).collect();
        let batches = candidates.iter().map(|candidate| Batch {
            writes: vec![put(candidate.clone())],
            audit: vec![make::event("p", candidate.note.as_deref().unwrap_or_default())],
            outbox: vec![make::message("p", "t", &format!("{round}:{:?}", candidate.note))],
            fence: None,
        });
        let answers = together(batches.map(|b| store.commit(b))).await;
        let won = winners(&answers, "proposal revision");
        assert_eq!(won.len(), 1, "round {round}: {answers:?}");
        current = store.proposal(current.id).await.expect("reads").expect("it is there");
        assert_eq!(current, candidates[won[0]], "the winner's state is what is stored");
    }
    let log = store.audit(&AuditFilter::default(), Page::default()).await.expect("reads");
    assert_eq!(log.items.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6], "one event for each round");
    assert_eq!(store.outbox(None, Page::default()).await.map(|l| l.total), Ok(6), "one message for each round");
}

pub(super) async fn one_active_contract(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let first = (0..WRITERS).map(|_| make::contract(asset, "1.0.0", Active));
    let insert = |contract| Batch { writes: vec![Write::InsertContract(contract)], ..Batch::default() };
    let answers = together(first.map(|c| store.commit(insert(c)))).await;
    assert_eq!(winners(&answers, "active contract").len(), 1, "a first contract");
    for round in 0..4 {
        let old = store.active_contract(asset).await.expect("reads").expect("there is one");
        let publish = |_| {
            let new = make::contract(asset, &format!("2.{round}.0"), Active);
            let retire = Write::SetContractStatus { id: old.id, expect: Active, status: Deprecated };
            Batch { writes: vec![retire, Write::InsertContract(new)], ..Batch::default() }
        };
        let answers = together((0..WRITERS).map(publish).map(|b| store.commit(b))).await;
        assert_eq!(winners(&answers, "active contract").len(), 1, "round {round}");
        let active = store.active_contracts().await.expect("reads");
        assert_eq!(active.len(), 1);
        assert_ne!(active[0].id, old.id);
    }
    assert_eq!(store.contracts(Some(asset), Page::default()).await.map(|l| l.total), Ok(5));
}

pub(super) async fn one_pending_proposal(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let open = |_| Batch { writes: vec![put(make::proposal(asset, &[]))], ..Batch::default() };
    let answers = together((0..WRITERS).map(open).map(|b| store.commit(b))).await;
    assert_eq!(winners(&answers, "pending proposal").len(), 1);
}

pub(super) async fn one_leader(store: &dyn Store) {
    let names: Vec<String> = (0..WRITERS).map(|n| format!("daemon-{n}")).collect();
    let answers = together(names.iter().map(|n| store.acquire_lease("leader", n, 60))).await;
    let leases: Vec<_> = answers.into_iter().map(|a| a.expect("asks")).collect();
    let leaders: Vec<usize> = (0..WRITERS).filter(|&n| leases[n].is_some()).collect();
    assert_eq!(leaders.len(), 1);
    store.release_lease("leader", &names[leaders[0]]).await.expect("releases");
    let again = together(names.iter().map(|n| store.acquire_lease("leader", n, 60))).await;
    let epochs: Vec<u64> = again.into_iter().filter_map(|a| a.expect("asks")).map(|l| l.epoch).collect();
    assert_eq!(epochs.len(), 1);
    assert!(epochs[0] <= 2);
}

pub(super) async fn claims_do_not_overlap(store: &dyn Store) {
    let messages: Vec<_> = (0..200).map(|n| make::message(&format!("s{}", n % 100), "t", &n.to_string())).collect();
    store.commit(Batch { outbox: messages.clone(), ..Batch::default() }).await.expect("commits");
    let names: Vec<String> = (0..8).map(|n| format!("worker-{n}")).collect();
    let claims = together(names.iter().map(|n| store.claim_outbox(n, at(100), at(160), 30))).await;
    let mut handed: Vec<_> = claims.into_iter().flat_map(|c| c.expect("claims")).collect();
    // Workers may have found rows locked; what is left must come to whoever asks next.
    handed.extend(store.claim_outbox("last", at(100), at(160), 200).await.expect("claims"));
    let ids: BTreeSet<_> = handed.iter().map(|m| m.id).collect();
    assert_eq!(ids.len(), handed.len(), "no message to two workers");
    let expected: BTreeSet<_> = messages[..100].iter().map(|m| m.id).collect();
    assert_eq!(ids, expected, "exactly the first of each thread");
}

pub(super) async fn audit_is_one_line(store: &dyn Store) {
    let batch = |n: usize| Batch {
        audit: (0..3).map(|part| make::event(&n.to_string(), &part.to_string())).collect(),
        ..Batch::default()
    };
    let answers = together((0..24).map(batch).map(|b| store.commit(b))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let log = store.audit(&AuditFilter::default(), Page::default()).await.expect("reads").items;
    assert_eq!(log.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=72).collect::<Vec<u64>>());
    for batch in log.chunks(3) {
        let shape: Vec<_> = batch.iter().map(|e| (&e.event.entity_id, e.event.action.as_str())).collect();
        let id = shape[0].0;
        assert_eq!(shape, [(id, "0"), (id, "1"), (id, "2")], "a batch's events stand together");
    }
}

pub(super) async fn messages_once(store: &dyn Store) {
    let batch = |n: usize| Batch {
        writes: vec![Write::PutSetting { name: n.to_string(), value: Some("x".into()) }],
        outbox: vec![make::message("s", "t", "the same")],
        ..Batch::default()
    };
    let answers = together((0..WRITERS).map(batch).map(|b| store.commit(b))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(store.outbox(None, Page::default()).await.map(|l| l.total), Ok(1));
    for n in 0..WRITERS {
        assert_eq!(store.setting(&n.to_string()).await, Ok(Some("x".into())), "the rest of batch {n} counts");
    }
}

/// A batch moves the active flag from one contract to the next: a reader always sees exactly one.
pub(super) async fn batches_are_seen_whole(store: &dyn Store) {
    let asset = given::asset(store, "a").await;
    let mut current = make::contract(asset, "1.0.0", Active);
    given::write(store, vec![Write::InsertContract(current.clone())]).await;
    for minor in 1..10 {
        let next = make::contract(asset, &format!("1.{minor}.0"), Active);
        let retire = Write::SetContractStatus { id: current.id, expect: Active, status: Deprecated };
        let batch = Batch { writes: vec![retire, Write::InsertContract(next.clone())], ..Batch::default() };
        let publish = async {
            store.commit(batch).await.expect("commits");
            0
        };
        let look = async || {
            for _ in 0..5 {
                let seen = store.active_contracts().await.expect("reads");
                assert_eq!(seen.len(), 1);
                assert!(seen[0].id == current.id || seen[0].id == next.id);
            }
            1
        };
        let both: Vec<std::pin::Pin<Box<dyn Future<Output = i32> + Send>>> =
            vec![Box::pin(publish), Box::pin(look()), Box::pin(look())];
        assert_eq!(together(both).await, [0, 1, 1]);
        current = next;
    }
}
