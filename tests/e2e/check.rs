//! `tessera check --state v1 --manifest vN` on orchard, by the artifacts of both engines.

use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;
use tessera_tests::binary::{Ran, tessera};
use tessera_tests::orchard::{manifest, orchard, root, write_manifest};

const ENGINES: [&str; 2] = ["duck", "pg"];

fn schema_of(engine: &str) -> &'static str {
    if engine == "duck" { "main" } else { "analytics" }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn check(folder: &Path, state: &Path, manifest: &Path, more: &[&str]) -> Ran {
    let mut args = vec!["check", "--state", state.to_str().unwrap(), "--manifest", manifest.to_str().unwrap()];
    args.extend(more);
    tessera(folder, args)
}

fn check_versions(engine: &str, to: u8, more: &[&str]) -> Ran {
    check(folder().path(), &orchard(1, engine), &orchard(to, engine), more)
}

fn report(engine: &str, to: u8, exit: i32) -> Value {
    check_versions(engine, to, &["--output", "json"]).exits(exit).json()
}

/// The one change of a column, by the table's last name.
fn change<'r>(report: &'r Value, table: &str, column: &str) -> &'r Value {
    let is = |c: &&Value| c["asset"].as_str().unwrap().ends_with(&format!(".{table}")) && c["column"] == column;
    let mut found = report["changes"].as_array().unwrap().iter().filter(is);
    let first = found.next().unwrap_or_else(|| panic!("no change of {table}.{column} in {report:#}"));
    assert!(found.next().is_none(), "{table}.{column} stands twice in {report:#}");
    first
}

fn breaking(report: &Value) -> Vec<String> {
    let mut names: Vec<String> = report["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["breaking"] == true)
        .map(|c| {
            format!("{}.{}", c["asset"].as_str().unwrap().rsplit('.').next().unwrap(), c["column"].as_str().unwrap())
        })
        .collect();
    names.sort();
    names
}

/// Name and effect of the readers that are not dbt tests, sorted.
fn readers(change: &Value) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = change["readers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["kind"] != "dbt_test")
        .map(|r| (r["name"].as_str().unwrap().to_owned(), r["effect"].as_str().unwrap().to_owned()))
        .collect();
    all.sort();
    all
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn reader<'c>(change: &'c Value, name: &str) -> &'c Value {
    change["readers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["name"] == name)
        .unwrap_or_else(|| panic!("{name} does not read {change:#}"))
}

#[test]
fn nothing_changed_and_something_added_are_safe() {
    for engine in ENGINES {
        let same = report(engine, 1, 0);
        assert_eq!(
            (&same["verdict"], same["changes"].as_array().unwrap().len()),
            (&json!("safe"), 0),
            "{engine}: {same:#}"
        );
        let added = report(engine, 2, 0);
        assert_eq!(added["verdict"], "safe", "{engine}: {added:#}");
        assert_eq!(change(&added, "stg_customers", "loyalty_tier")["rule"], "column-added");
        assert_eq!(breaking(&added), Vec::<String>::new());
    }
}

#[test]
fn a_renamed_column_breaks_those_who_read_it() {
    for engine in ENGINES {
        let report = report(engine, 3, 1);
        assert_eq!(report["verdict"], "acknowledge");
        let gone = change(&report, "stg_orders", "order_state");
        assert_eq!((&gone["rule"], &gone["breaking"]), (&json!("column-removed"), &json!(true)));
        let steps = gone["steps"].as_array().unwrap();
        assert!(steps.iter().any(|s| s["phase"] == "contract" && s["language"] == "sql"), "{gone:#}");
        assert_eq!(
            readers(gone),
            pairs(&[
                ("exposure.orchard.churn_model", "breaks"),
                ("exposure.orchard.revenue_dashboard", "breaks"),
                ("model.orchard.dim_customers.v2", "breaks"),
                ("model.orchard.fct_orders", "breaks"),
                ("model.orchard.int_order_payments", "breaks"),
                ("model.orchard.rpt_revenue_by_country", "breaks"),
                ("snapshot.orchard.orders_snapshot", "changes"),
            ]),
            "{engine}"
        );
        // dim_customers v1 reads no order: it must not be named.
        assert_eq!(reader(gone, "exposure.orchard.revenue_dashboard")["team"], "CFO office");
        assert_eq!(reader(gone, "model.orchard.int_order_payments")["use"], json!(["project", "group"]));
    }
}

#[test]
fn a_retyped_column_names_finance_and_ml_and_what_it_causes() {
    for engine in ENGINES {
        let report = report(engine, 5, 1);
        assert_eq!(breaking(&report), ["fct_orders.amount", "rpt_revenue_by_country.revenue"], "{engine}");
        let amount = change(&report, "fct_orders", "amount");
        assert_eq!(amount["rule"], "type-changed");
        assert_eq!(amount["team"], "finance");
        let (before, after) =
            (amount["before"].as_str().unwrap().to_lowercase(), amount["after"].as_str().unwrap().to_lowercase());
        assert!(before.contains("18,2") && after.starts_with("double"), "{engine}: {before} → {after}");
        assert_eq!(amount["file"], "models/marts/fct_orders.sql");
        assert_eq!(
            readers(amount),
            pairs(&[
                ("exposure.orchard.churn_model", "reads"),
                ("exposure.orchard.revenue_dashboard", "may_read"),
                ("model.orchard.rpt_revenue_by_country", "changes"),
            ]),
            "{engine}"
        );
        assert_eq!(reader(amount, "model.orchard.rpt_revenue_by_country")["team"], "finance");
        assert_eq!(reader(amount, "exposure.orchard.churn_model")["team"], "ML");
        assert_eq!(reader(amount, "exposure.orchard.churn_model")["columns"], json!(["amount"]));
        let revenue = change(&report, "rpt_revenue_by_country", "revenue");
        assert_eq!(revenue["rule"], "type-changed");
        assert_eq!(
            revenue["caused_by"],
            json!([format!("orchard.{}.fct_orders.amount", schema_of(engine))]),
            "{engine}"
        );
        assert_eq!(readers(revenue), pairs(&[("exposure.orchard.revenue_dashboard", "may_read")]));
    }
}

#[test]
fn a_dropped_column_without_a_known_reader_is_a_notice_or_by_setting_an_error() {
    for engine in ENGINES {
        let report = report(engine, 6, 0);
        assert_eq!(report["verdict"], "notify");
        assert_eq!(breaking(&report), ["fct_orders.paid_cents"]);
        let gone = change(&report, "fct_orders", "paid_cents");
        assert_eq!((&gone["rule"], &gone["acknowledged"]), (&json!("column-removed"), &json!(false)));
        assert_eq!(readers(gone), [], "{engine}");
        assert_eq!(report["coverage"]["resolved"], report["coverage"]["models"], "what the answer rests on");

        let blocked = check_versions(engine, 6, &["--on-no-reader", "block", "--output", "json"]).exits(1).json();
        assert_eq!(blocked["exit"], 1);
        let world = folder();
        std::fs::write(world.path().join("tessera.toml"), "[check]\non_no_reader = \"block\"\n").unwrap();
        check(world.path(), &orchard(1, engine), &orchard(6, engine), &[]).exits(1);
    }
}

#[test]
fn a_manifest_without_compiled_sql_is_undecided() {
    for engine in ENGINES {
        let world = folder();
        let mut parsed = manifest(&orchard(2, engine));
        for node in parsed["nodes"].as_object_mut().unwrap().values_mut() {
            let node = node.as_object_mut().unwrap();
            node.remove("compiled_code");
            node.insert("compiled".into(), json!(false));
        }
        write_manifest(&world.path().join("manifest.json"), &parsed);
        let ran = check(world.path(), &orchard(1, engine), &world.path().join("manifest.json"), &["--output", "json"])
            .exits(2);
        let report = ran.json();
        assert_eq!((&report["verdict"], &report["exit"]), (&json!("unknown"), &json!(2)), "{engine}");
        assert_eq!(report["coverage"]["compiled"], 0);
        let text = check(world.path(), &orchard(1, engine), &world.path().join("manifest.json"), &[]).exits(2);
        assert!(text.out.contains("dbt compile"), "the remedy is named:\n{text}");
    }
}

#[test]
fn readers_without_compiled_sql_may_read() {
    for engine in ENGINES {
        let world = folder();
        let uncompiled = |version: u8| {
            let mut m = manifest(&orchard(version, engine));
            m["nodes"]["model.orchard.rpt_revenue_by_country"].as_object_mut().unwrap().remove("compiled_code");
            let path = world.path().join(format!("v{version}"));
            std::fs::create_dir(&path).unwrap();
            std::fs::copy(orchard(version, engine).join("catalog.json"), path.join("catalog.json")).unwrap();
            write_manifest(&path.join("manifest.json"), &m);
            path
        };
        let (base, head) = (uncompiled(1), uncompiled(5));
        let report = check(world.path(), &base, &head, &["--output", "json"]).exits(1).json();
        let amount = change(&report, "fct_orders", "amount");
        let rpt = reader(amount, "model.orchard.rpt_revenue_by_country");
        assert_eq!((&rpt["effect"], &rpt["columns"]), (&json!("may_read"), &json!([])), "{engine}");
        let unknown = report["coverage"]["unknown"].as_array().unwrap();
        assert_eq!(unknown.len(), 1, "{engine}: {unknown:?}");
        assert_eq!(
            (&unknown[0]["model"], &unknown[0]["cause"]),
            (&json!("model.orchard.rpt_revenue_by_country"), &json!("uncompiled"))
        );
        assert_eq!(report["coverage"]["compiled"], 8);
    }
}

/// `status` is used in a WHERE only: tools that follow projections miss it.
#[test]
fn a_column_that_only_filters_has_readers() {
    for engine in ENGINES {
        let world = folder();
        let mut m = manifest(&orchard(1, engine));
        let node = &mut m["nodes"]["model.orchard.stg_customers"];
        for key in ["compiled_code", "raw_code"] {
            let sql = node[key].as_str().unwrap();
            let cut = sql.replace(", status", "");
            assert_ne!(sql, cut, "the fixture has the column where it is expected");
            node[key] = json!(cut);
        }
        node["checksum"]["checksum"] = json!("another");
        let head = world.path().join("manifest.json");
        write_manifest(&head, &m);
        let report = check(world.path(), &orchard(1, engine), &head, &["--output", "json"]).exits(1).json();
        assert_eq!(breaking(&report), ["stg_customers.status"], "{engine}");
        let status = change(&report, "stg_customers", "status");
        assert_eq!(
            readers(status),
            pairs(&[
                ("exposure.orchard.revenue_dashboard", "breaks"),
                ("model.orchard.dim_customers.v2", "breaks"),
                ("model.orchard.rpt_revenue_by_country", "breaks"),
            ]),
            "{engine}"
        );
        assert_eq!(reader(status, "model.orchard.dim_customers.v2")["use"], json!(["filter"]));
    }
}

#[test]
fn json_is_as_its_published_schema_says() {
    let text = std::fs::read_to_string(root().join("docs/schema/check.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    for engine in ENGINES {
        for (version, exit) in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 0)] {
            let report = report(engine, version, exit);
            let errors: Vec<String> =
                schema.iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{engine} v{version}: {errors:#?}");
        }
    }
}

#[test]
fn all_formats_at_once_each_to_its_file() {
    let world = folder();
    let formats = ["text", "json", "markdown", "github", "sarif", "junit"];
    let specs: Vec<String> = formats.iter().map(|f| format!("{f}={f}.out")).collect();
    let mut more = Vec::new();
    for spec in &specs {
        more.extend(["--output", spec.as_str()]);
    }
    let ran = check(world.path(), &orchard(1, "pg"), &orchard(5, "pg"), &more).exits(1);
    assert_eq!(ran.out, "", "standard output carries only what was asked for on it");
    for format in formats {
        let text = std::fs::read_to_string(world.path().join(format!("{format}.out"))).unwrap();
        assert!(text.contains("amount") && text.contains("churn_model"), "{format}:\n{text}");
        assert!(!text.contains('\u{1b}'), "{format} holds colours");
    }
    let read = |name: &str| std::fs::read_to_string(world.path().join(name)).unwrap();
    let json: Value = serde_json::from_str(&read("json.out")).unwrap();
    assert_eq!(json["verdict"], "acknowledge");
    let sarif: Value = serde_json::from_str(&read("sarif.out")).unwrap();
    assert_eq!(
        (&sarif["version"], sarif["runs"][0]["results"].as_array().unwrap().len() >= 2),
        (&json!("2.1.0"), true)
    );
    assert!(read("junit.out").trim_start().starts_with("<?xml"));
    assert!(read("github.out").contains("::error file=models/marts/fct_orders.sql"), "{}", read("github.out"));
}

#[test]
fn wrong_input_is_exit_2_with_a_remedy() {
    let world = folder();
    let here = world.path();
    let v1 = orchard(1, "pg");
    let nothing = tessera(here, ["check", "--manifest", v1.to_str().unwrap()]).exits(2);
    assert!(nothing.err.contains("--state") && nothing.out.is_empty(), "{nothing}");
    let absent = check(here, &v1, Path::new("nowhere/manifest.json"), &[]).exits(2);
    assert!(absent.err.contains("nowhere/manifest.json"), "{absent}");
    let whole = tessera_tests::orchard::manifest_text(&v1);
    let half = here.join("manifest.json");
    std::fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let cut = check(here, &v1, &half, &[]).exits(2);
    assert!(cut.out.is_empty() && !cut.err.contains("panicked"), "{cut}");
    let format = check(here, &v1, &v1, &["--output", "yaml"]).exits(2);
    assert!(format.err.contains("sarif"), "the formats are named: {format}");
    std::fs::write(here.join("tessera.toml"), "[check]\non_no_readers = \"block\"\n").unwrap();
    let key = check(here, &v1, &v1, &[]).exits(2);
    assert!(key.err.contains("on_no_reader"), "a suggestion is made: {key}");
}
