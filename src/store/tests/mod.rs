//! Tests of the store.
#[tokio::test]
async fn opens() {
    let s = crate::open("sqlite::memory:").await.unwrap();
    s.ping().await.unwrap();
    assert!(s.teams().await.unwrap().is_empty());
}
