//! Two dbt projects that meet in a table: orchard builds it, growth reads it as a source. Nothing in orchard says so.

use crate::common::{PATIENCE, asked, broken, contracts, pending};
use serde_json::{Value, json};
use tessera_tests::World;
use tessera_tests::orchard::{another_run, growth, manifest, manifest_text, orchard, put_manifest, write_target};

fn names(readers: &Value) -> Vec<&str> {
    readers.as_array().unwrap().iter().filter_map(|r| r["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_column_names_the_other_projects_readers() {
    let mut world = World::new();
    let (ours, theirs) = (world.path("orchard/target"), world.path("growth/target"));
    write_target(&ours, &orchard(1, "pg"), "orchard");
    write_target(&theirs, &growth("pg"), "orchard");
    world.dbt("orchard", &ours);
    world.dbt("growth", &theirs);
    let daemon = world.start().await;
    contracts(&daemon, 14).await;
    let who = daemon
        .until("growth's readers", "/who-uses?name=orchard.analytics.fct_orders.paid_cents", PATIENCE, |v| {
            let known = names(&v["readers"]).contains(&"model.mart_growth.stg_orders");
            known.then(|| v.clone())
        })
        .await;
    assert!(names(&who["readers"]).contains(&"model.mart_growth.mart_growth"), "also through its own staging: {who:#}");

    // Alone, orchard's v6 breaks nobody it knows: `check --state` says notify (TESSERA_URL is set, too: the command line
    // counts before the environment).
    let alone = daemon.tessera(&[
        "check",
        "--state",
        orchard(1, "pg").to_str().unwrap(),
        "--manifest",
        orchard(6, "pg").to_str().unwrap(),
    ]);
    alone.exits(0);
    // The daemon knows both.
    let v6 = orchard(6, "pg");
    let report = daemon
        .tessera(&["check", "--server", &daemon.url(), "--manifest", v6.to_str().unwrap(), "--output", "json"])
        .exits(1)
        .json();
    let change = report["changes"].as_array().unwrap().iter().find(|c| c["column"] == "paid_cents").unwrap();
    let readers: Vec<&Value> = change["readers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["name"].as_str().unwrap().contains("mart_growth."))
        .collect();
    let stg = readers.iter().find(|r| r["name"] == "model.mart_growth.stg_orders").unwrap();
    assert_eq!((&stg["effect"], &stg["columns"]), (&json!("breaks"), &json!(["paid_cents"])));
    assert_eq!(stg["team"], "growth-marketing");

    std::fs::remove_file(ours.join("catalog.json")).unwrap();
    put_manifest(&ours, &another_run(manifest(&v6)).to_string());
    let proposals = pending(&daemon, 1).await;
    assert_eq!(broken(&proposals[0]), ["fct_orders.paid_cents column-removed"]);
    assert!(asked(&proposals[0]).contains(&"growth-marketing".to_owned()), "{:#}", proposals[0]);
    assert!(!asked(&proposals[0]).contains(&"ML".to_owned()), "churn_model does not read it");

    // Put back: nobody has to answer any more.
    put_manifest(&ours, &manifest_text(&orchard(1, "pg")));
    pending(&daemon, 0).await;
    let id = proposals[0]["id"].as_str().unwrap();
    assert_eq!(daemon.get(&format!("/proposals/{id}")).await["status"], "withdrawn");
}
