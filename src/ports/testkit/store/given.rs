//! What the cases share: committing, a store with something in it, and running things at the same time.

use super::make;
use crate::store::{Batch, Store, StoreError, Write};
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use tessera_model::ids::{AssetId, TeamId};

pub(super) async fn write(store: &dyn Store, writes: Vec<Write>) {
    store.commit(Batch { writes, ..Batch::default() }).await.expect("commits");
}

pub(super) async fn refused(store: &dyn Store, writes: Vec<Write>) -> StoreError {
    store.commit(Batch { writes, ..Batch::default() }).await.expect_err("a conflict")
}

pub(super) fn conflict(what: &'static str) -> StoreError {
    StoreError::Conflict { what }
}

/// A stored team.
pub(super) async fn team(store: &dyn Store, name: &str) -> TeamId {
    let team = make::team(name);
    let id = team.id;
    write(store, vec![Write::PutTeam(team)]).await;
    id
}

/// A stored asset without owner.
pub(super) async fn asset(store: &dyn Store, fqn: &str) -> AssetId {
    let asset = make::asset(fqn, None);
    let id = asset.id;
    write(store, vec![Write::PutAsset(asset)]).await;
    id
}

/// Runs all of them at the same time; their answers in order.
pub(super) async fn together<T>(futures: impl IntoIterator<Item = impl Future<Output = T> + Send>) -> Vec<T> {
    let mut running: Vec<(Pin<Box<_>>, Option<T>)> = futures.into_iter().map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, answer) in running.iter_mut().filter(|(_, answer)| answer.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *answer = Some(value),
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, answer)| answer).collect()
}
