//! `kill -9` at random moments of a scripted day: nothing that was answered is lost, nothing is doubled, every notification
//! leaves at least once and repeats carry the same key. `TESSERA_CRASH_KILLS` (default 15 per store; the claim is made with
//! 200) and `TESSERA_CRASH_SEED` say how often and when.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod afterwards;
mod day;
mod seed;

use day::Stage;
use seed::Seed;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tessera_tests::postgres::database;
use tessera_tests::webhook_sink::WebhookSink;
use tessera_tests::{World, say};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    survive("SQLite", World::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    let Some(database) = database("kills on PostgreSQL") else { return };
    let mut world = World::new();
    world.store = database.url();
    // A name of its own, so that the next life takes the lease back at once.
    world.replica = Some("the only one".into());
    survive("PostgreSQL", world).await;
}

async fn survive(store: &str, mut world: World) {
    let (kills, seed) = (number("TESSERA_CRASH_KILLS", 15), number("TESSERA_CRASH_SEED", 20_260_101));
    let begun = Instant::now();
    let sink = Arc::new(WebhookSink::start().await);
    let stage = Stage::prepare(&mut world, sink.clone()).await;
    let mut daemon = world.start().await;
    let over = Arc::new(AtomicBool::new(false));
    let script = tokio::spawn(day::live(daemon.api(), stage, over.clone()));
    let mut random = Seed::new(seed);
    for _ in 0..kills {
        // Mostly at work, sometimes while starting.
        if random.below(5) == 0 {
            daemon.kill9();
            daemon.spawn();
            tokio::time::sleep(Duration::from_millis(random.below(250))).await;
        } else {
            let longest = [120, 600, 1500, 3000][random.below(4) as usize];
            tokio::time::sleep(Duration::from_millis(random.below(longest))).await;
        }
        if script.is_finished() {
            break;
        }
        daemon.kill9();
        daemon.up().await;
    }
    over.store(true, Ordering::SeqCst);
    let lived = script.await.unwrap_or_else(|e| panic!("the day broke off (seed {seed}): {e}"));
    let numbers = afterwards::check(&daemon, &lived, &sink).await;
    say::line(&format!(
        "{store}: {kills} kills (seed {seed}) in {:.0} s, {} rounds: {numbers}",
        begun.elapsed().as_secs_f64(),
        lived.rounds
    ));
}
