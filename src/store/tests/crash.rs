//! Killed at any moment (SIGKILL), a writer loses nothing that was answered and leaves nothing half done. The writer is
//! this test program again, told by an environment variable which store to fill; it prints each number after its commit
//! was answered.

use super::sqlite::url;
use crate::audit::verify_audit;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use tessera_ports::store::Page;
use tessera_ports::testkit::postgres::TestPostgres;
use tessera_ports::testkit::store::numbered;
use tessera_ports::{Store, StoreError};

const STORE: &str = "TESSERA_CRASH_STORE";
const FIRST: &str = "TESSERA_CRASH_FIRST";

/// Not a test by itself: what is killed.
#[tokio::test]
#[ignore = "started by the tests of this file"]
async fn writer() {
    let Ok(address) = std::env::var(STORE) else { return };
    let first: usize = std::env::var(FIRST).unwrap().parse().unwrap();
    let store = crate::open(&address).await.unwrap();
    for n in first.. {
        store.commit(numbered(n)).await.unwrap();
        println!("\ncommitted {n}");
    }
}

/// Runs the writer and kills it so long after its first answer, or, when it is `early`, after its start; the numbers it
/// was answered.
fn run_and_kill(address: &str, first: usize, millis: u64, early: bool) -> Vec<usize> {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crash::writer", "--ignored", "--nocapture", "--test-threads=1"])
        .envs([(STORE, address), (FIRST, &first.to_string())])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(writer.stdout.take().unwrap());
    let (answer, answers) = std::sync::mpsc::channel::<usize>();
    let reader = std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("committed ").and_then(|n| n.parse().ok()) {
                answer.send(number).unwrap();
            }
        }
    });
    let mut numbers = Vec::new();
    if !early {
        numbers.extend(answers.recv_timeout(Duration::from_secs(60)));
    }
    std::thread::sleep(Duration::from_millis(millis));
    writer.kill().unwrap();
    writer.wait().unwrap();
    reader.join().unwrap();
    numbers.extend(answers);
    numbers
}

/// Every answered batch is there, wholly; at most the one in flight is there without having been answered.
async fn check(store: &dyn Store, answered: &BTreeSet<usize>) -> BTreeSet<usize> {
    assert!(verify_audit(store).await.is_ok());
    let all = Page::default();
    let events = store.audit(&Default::default(), all).await.unwrap().items;
    let number = |id: &str| id.strip_prefix('p').and_then(|n| n.parse::<usize>().ok()).unwrap();
    let audited: BTreeSet<usize> = events.iter().map(|e| number(&e.event.entity_id)).collect();
    assert_eq!(events.len(), audited.len(), "no event twice");
    let proposals = store.proposals(&Default::default(), all).await.unwrap().items;
    let stored: BTreeSet<usize> = proposals.iter().map(|p| number(p.note.as_deref().unwrap())).collect();
    let messages = store.outbox(None, all).await.unwrap().items;
    let told: BTreeSet<usize> = messages.iter().map(|m| number(&m.subject)).collect();
    assert_eq!((&stored, &told), (&audited, &audited), "proposal, message and event belong together");
    assert_eq!((proposals.len(), messages.len()), (stored.len(), told.len()), "nothing twice");
    let lost: Vec<_> = answered.difference(&stored).collect();
    assert!(lost.is_empty(), "answered and lost: {lost:?}");
    stored
}

async fn kill_many_times(address: &str, kills: u64) {
    let (mut answered, mut first, mut unanswered) = (BTreeSet::new(), 0, 0);
    for round in 0..kills {
        answered.extend(run_and_kill(address, first, round * 37 % 150, round % 4 == 0));
        let store = reopened(address).await;
        let stored = check(&*store, &answered).await;
        unanswered = stored.difference(&answered).count();
        assert!(unanswered as u64 <= round + 1, "at most the one in flight of each round");
        // The server may still be busy with the one in flight: its number is left free.
        first = stored.last().map_or(0, |n| n + 2);
    }
    assert!(answered.len() as u64 >= kills / 2, "the writer wrote {} batches in {kills} rounds", answered.len());
    println!("{kills} kills, {} batches answered, {unanswered} committed without an answer, 0 lost", answered.len());
}

/// The killed writer's lock is gone with it; only its connections may take a moment to be noticed.
async fn reopened(address: &str) -> std::sync::Arc<dyn Store> {
    loop {
        match crate::open(address).await {
            Err(StoreError::Unavailable(why)) => println!("not yet: {why}"),
            answer => return answer.unwrap(),
        }
    }
}

#[tokio::test]
async fn sqlite_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    kill_many_times(&url(&dir.path().join("store.db")), 20).await;
}

#[tokio::test]
async fn postgres_loses_nothing() {
    let Some(server) = TestPostgres::or_skip() else { return };
    kill_many_times(&server.database().unwrap().url(), 20).await;
}
