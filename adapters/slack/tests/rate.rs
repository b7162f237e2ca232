//! The bucket, on a clock that stands still until someone waits.

use crate::rate::Buckets;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn one_a_second_for_each_channel() {
    let buckets = Buckets::new(Duration::from_secs(1));
    let start = Instant::now();
    for _ in 0..4 {
        buckets.take("C1").await.unwrap();
    }
    assert_eq!(start.elapsed().as_secs(), 3);
    buckets.take("C2").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 3, "another channel does not wait");
}

#[tokio::test(start_paused = true)]
async fn waiting_is_bounded() {
    let buckets = std::sync::Arc::new(Buckets::new(Duration::from_secs(1)));
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let buckets = buckets.clone();
            tokio::spawn(async move { buckets.take("C1").await })
        })
        .collect();
    let mut refused = 0;
    for task in waiting {
        if let Err(after) = task.await.unwrap() {
            assert!(after > Duration::from_secs(5), "{after:?}");
            refused += 1;
        }
    }
    assert_eq!(refused, 14, "six within five seconds, the rest comes back later");
}

#[tokio::test(start_paused = true)]
async fn a_held_channel_is_left_alone() {
    let buckets = Buckets::new(Duration::from_millis(1));
    buckets.hold("C1", Duration::from_secs(30));
    assert_eq!(buckets.take("C1").await, Err(Duration::from_secs(30)));
    buckets.take("C2").await.unwrap();
    tokio::time::advance(Duration::from_secs(28)).await;
    let start = Instant::now();
    buckets.take("C1").await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(1_900), "{:?}", start.elapsed());
}
