//! Watching a dbt project's `target/` as dbt really treats it: written slowly, deleted, rewritten without compiled SQL,
//! damaged; and the daemon's own configuration, reloaded while it runs.

use crate::common::{PATIENCE, broken, contracts, pending};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;
use tessera_tests::orchard::{
    another_run, manifest, manifest_text, orchard, put_manifest, write_manifest, write_target,
};
use tessera_tests::{TestDaemon, World};

/// A daemon that watches orchard v1 and has accepted it.
async fn watching() -> (TestDaemon, std::path::PathBuf) {
    let mut world = World::new();
    let target = world.path("orchard/target");
    write_target(&target, &orchard(1, "pg"), "orchard");
    world.dbt("orchard", &target);
    let daemon = world.start().await;
    contracts(&daemon, 10).await;
    (daemon, target)
}

async fn log_says(daemon: &TestDaemon, part: &str, times: usize) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while daemon.log().matches(part).count() < times {
        assert!(std::time::Instant::now() < deadline, "the daemon never said `{part}` {times} times");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn without_sql(mut manifest: Value) -> Value {
    for node in manifest["nodes"].as_object_mut().unwrap().values_mut() {
        node.as_object_mut().unwrap().remove("compiled_code");
    }
    manifest
}

fn refusals(daemon: &TestDaemon) -> usize {
    daemon.log().matches("manifest refused").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_is_being_written_is_waited_for() {
    let (daemon, target) = watching().await;
    let v3 = another_run(manifest(&orchard(3, "pg"))).to_string();
    // As dbt does: truncate, write a part, be slow, write the rest.
    let mut file = std::fs::File::create(target.join("manifest.json")).unwrap();
    file.write_all(&v3.as_bytes()[..v3.len() / 2]).unwrap();
    file.sync_all().unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(daemon.get("/proposals").await["total"], 0, "half a manifest says nothing");
    file.write_all(&v3.as_bytes()[v3.len() / 2..]).unwrap();
    drop(file);
    let found = daemon
        .until("the proposal", "/proposals?status=pending", PATIENCE, |v| {
            v["results"]
                .as_array()?
                .iter()
                .find(|p| broken(p).contains(&"stg_orders.order_state column-removed".to_owned()))
                .cloned()
        })
        .await;
    assert_eq!(found["origin"], "dbt");
    assert_eq!(refusals(&daemon), 0, "an unfinished file is waited for, not complained about");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_and_recreated_target_is_found_again() {
    let (daemon, target) = watching().await;
    std::fs::remove_dir_all(target.parent().unwrap()).unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(daemon.get("/proposals").await["total"], 0, "no file is no change");
    contracts(&daemon, 10).await;
    write_target(&target, &orchard(6, "pg"), "orchard");
    // Nobody reads paid_cents: it is published at once, as a new major version.
    daemon
        .until("the new contract", "/proposals?status=published", PATIENCE, |v| {
            v["results"].as_array()?.iter().find(|p| broken(p) == ["fct_orders.paid_cents column-removed"]).map(|_| ())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewrite_without_compiled_sql_keeps_what_was_known() {
    let (daemon, target) = watching().await;
    let who = "/who-uses?name=orchard.analytics.stg_customers.status";
    let reads = |v: &Value| {
        v["readers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["name"] == "model.orchard.dim_customers.v2" && r["use"] == json!(["filter"]))
    };
    assert!(reads(&daemon.get(who).await));
    let before = daemon.log().matches("outcome=accepted").count();
    put_manifest(&target, &without_sql(another_run(manifest(&orchard(1, "pg")))).to_string());
    log_says(&daemon, "outcome=accepted", before + 1).await;
    assert!(reads(&daemon.get(who).await), "the SQL of an unchanged node is still known");
    assert_eq!(daemon.get("/proposals").await["total"], 0);
    assert_eq!(daemon.get("/drift").await["total"], 0);
    // Also by a daemon that starts only now.
    let mut daemon = daemon;
    daemon.restart().await;
    assert!(reads(&daemon.get(who).await), "and after a restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_keeps_the_last_good_one() {
    let (daemon, target) = watching().await;
    for (i, bad) in
        ["[1, 2, 3]", "<html>not found</html>", "{\"name\": \"not-dbt\", \"manifest_version\": 3}"].iter().enumerate()
    {
        put_manifest(&target, bad);
        log_says(&daemon, "manifest refused", i + 1).await;
    }
    // A manifest of which everything is gone looks like a failed run, not like a decision.
    let mut empty = manifest(&orchard(1, "pg"));
    empty["nodes"] = json!({});
    put_manifest(&target, &another_run(empty).to_string());
    log_says(&daemon, "outcome=held", 1).await;
    contracts(&daemon, 10).await;
    assert!(
        !daemon.get("/who-uses?name=orchard.analytics.fct_orders.amount").await["readers"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    write_manifest(&target.join("manifest.json"), &another_run(manifest(&orchard(5, "pg"))));
    let proposals = pending(&daemon, 2).await;
    assert!(proposals.iter().any(|p| broken(p) == ["fct_orders.amount type-changed"]), "{proposals:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_is_reloaded_and_a_bad_one_refused() {
    let mut world = World::new();
    let (ours, theirs) = (world.path("orchard/target"), world.path("growth/target"));
    write_target(&ours, &orchard(1, "pg"), "orchard");
    write_target(&theirs, &tessera_tests::orchard::growth("pg"), "orchard");
    world.dbt("orchard", &ours);
    let mut daemon = world.start().await;
    contracts(&daemon, 10).await;
    assert_eq!(daemon.get("/contracts?status=active&limit=1").await["total"], 11);

    // A bad one, by the file's change: refused, and the old one keeps running.
    let port = daemon.port();
    let good = daemon.world().sections.clone();
    daemon.world().section("[check]\non_no_reader = \"perhaps\"");
    daemon.world().write(port);
    log_says(&daemon, "the new configuration is refused", 1).await;
    put_manifest(&ours, &another_run(manifest(&orchard(5, "pg"))).to_string());
    pending(&daemon, 2).await;

    // A good one, by SIGHUP: a second project is watched.
    daemon.world().sections = good;
    daemon.world().dbt("growth", &theirs);
    daemon.world().write(port);
    daemon.signal("HUP");
    log_says(&daemon, "configuration reloaded", 1).await;
    daemon
        .until("growth's contracts", "/contracts?status=active&limit=1", PATIENCE, |v| {
            v["total"].as_u64().filter(|n| *n >= 15)
        })
        .await;
    // And the first one still is.
    put_manifest(&ours, &manifest_text(&orchard(1, "pg")));
    pending(&daemon, 0).await;

    let (code, took) = daemon.term().await;
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(10), "it took {took:?} to stop");
}
