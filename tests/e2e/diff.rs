//! `tessera diff` from every source and in every output, `import` and `export`; the registry is a server that speaks the
//! documented protocol.

use axum::extract::{Path as At, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router, routing::get};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tessera_tests::binary::{self, Ran};
use tessera_tests::orchard::{orchard, write_target};
use tessera_tests::tessera;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const OLD: &str = r#"{"dialect": "postgres", "columns": [{"name": "id", "type": "bigint", "nullable": false}, {"name": "amount", "type": "numeric(18,2)"}]}"#;
const NEW: &str = r#"{"dialect": "postgres", "columns": [{"name": "id", "type": "bigint", "nullable": false}, {"name": "amount", "type": "text"}]}"#;

#[test]
fn every_output_says_the_mode_the_format_and_the_way_out() {
    let world = tempfile::tempdir().unwrap();
    write(world.path(), "old/orders.json", OLD);
    write(world.path(), "new/orders.json", NEW);
    let run = |args: &[&str]| {
        tessera(world.path(), ["diff", "old/orders.json", "new/orders.json"].iter().chain(args).copied())
    };
    let text = run(&[]).exits(1);
    for said in [
        "format: table",
        "backward: old readers must be able to read new data (Confluent: FORWARD)",
        "numeric(18,2) → text",
        "ALTER TABLE orders ADD COLUMN amount_v2 text;",
        "contract",
        "breaking: 1 of 1 change",
    ] {
        assert!(text.out.contains(said), "{said}: {text}");
    }
    assert!(!text.out.contains('\u{1b}'), "{text}");
    let many =
        run(&["--output", "json", "--output", "markdown=out/diff.md", "--output", "sarif=out/diff.sarif"]).exits(1);
    let value = many.json();
    assert_eq!((&value["schema_version"], &value["compatible"]), (&json!(1), &json!(false)), "{value:#}");
    let steps = value["changes"][0]["steps"].as_array().unwrap();
    assert!(steps.iter().any(|s| s["phase"] == "expand" && s["language"] == "sql"), "{value:#}");
    assert!(steps.iter().any(|s| s["language"] == "dbt"), "{value:#}");
    let markdown = std::fs::read_to_string(world.path().join("out/diff.md")).unwrap();
    assert!(markdown.contains("```sql") && markdown.contains("`amount`"), "{markdown}");
    let sarif: Value =
        serde_json::from_str(&std::fs::read_to_string(world.path().join("out/diff.sarif")).unwrap()).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "type-changed");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "new/orders.json");
    assert!(!markdown.contains("\n\n\n"), "{markdown}");
    run(&["--mode", "none"]).exits(0);
    // What the table is called is not guessed from two different files.
    write(world.path(), "t2.json", NEW);
    let unnamed = tessera(world.path(), ["diff", "old/orders.json", "t2.json"]).exits(1);
    assert!(unnamed.out.contains("ALTER TABLE <table> ADD COLUMN amount_v2"), "{unnamed}");
    let named = tessera(world.path(), ["diff", "old/orders.json", "t2.json", "--name", "shop.orders"]).exits(1);
    assert!(named.out.contains("ALTER TABLE shop.orders ADD COLUMN amount_v2"), "{named}");
    run(&["--output", "junit"]).exits(2);
    let coloured = binary::run(
        binary::command(world.path())
            .args(["diff", "old/orders.json", "new/orders.json"])
            .env_remove("NO_COLOR")
            .env("CLICOLOR_FORCE", "1"),
    );
    assert!(coloured.out.contains("\u{1b}[1;31m"), "{coloured}");
}

#[test]
fn sources_that_do_not_fit_are_refused_with_a_remedy() {
    let world = tempfile::tempdir().unwrap();
    write(world.path(), "table.json", OLD);
    write(world.path(), "a.avsc", r#"{"type": "record", "name": "R", "fields": []}"#);
    write(world.path(), "empty.json", "");
    std::fs::create_dir(world.path().join("folder")).unwrap();
    let run = |args: &[&str]| tessera(world.path(), ["diff"].iter().chain(args).copied());
    for (args, said) in [
        (vec!["table.json", "a.avsc"], "different formats"),
        (vec!["table.json", "empty.json"], "empty"),
        (vec!["table.json", "folder"], ".proto"),
        (vec!["table.json"], "two sides"),
        (vec!["-", "-"], "standard input"),
        (vec!["table.json", "gone.json"], "gone.json"),
        (vec!["table.json", "registry:nonsense"], "names no subject"),
        (vec!["table.json", "registry:http://u:p@h/subjects/s/versions/1"], "TESSERA_REGISTRY_USER"),
        (vec!["table.json", "table.json", "--dialect", "klingon"], "klingon"),
        (vec!["table.json#orders", "table.json"], "`#orders` cannot be looked up"),
        (vec!["table.json", "a.avsc#R"], "neither a dbt manifest nor a data contract"),
    ] {
        let ran = run(&args).exits(2);
        assert!(ran.err.contains(said), "{said}: {ran}");
    }
    // A folder of files, and two files that are named.
    write(world.path(), "v1/a.proto", "syntax = \"proto3\"; message A { string x = 1; int32 y = 2; }");
    write(world.path(), "v2/a.proto", "syntax = \"proto3\"; message A { string x = 1; }");
    let gone = run(&["v1", "v2"]).exits(1);
    assert!(gone.out.contains("format: protobuf") && gone.out.contains("reserved"), "{gone}");
}

#[test]
fn models_of_dbt_and_contracts() {
    let world = tempfile::tempdir().unwrap();
    for version in [1u8, 6] {
        write_target(&world.path().join(format!("v{version}")), &orchard(version, "pg"), "orchard");
    }
    let run = |args: &[&str]| tessera(world.path(), args.iter().copied());
    let dbt = run(&["diff", "v1/manifest.json", "v6/manifest.json", "--model", "fct_orders", "--output", "json"]);
    let value = dbt.json();
    assert_eq!(value["format"], "table", "{value:#}");
    assert!(value["dbt_contract"]["breaking"].is_boolean(), "{value:#}");
    assert!(value["changes"].as_array().unwrap().iter().any(|c| c["rule"] == "column-removed"), "{value:#}");
    let unknown = run(&["diff", "v1/manifest.json#fct_order", "v6/manifest.json#fct_orders"]).exits(2);
    assert!(unknown.err.contains("fct_orders"), "{unknown}");
    run(&["diff", "v1/manifest.json", "v6/manifest.json"]).exits(2);

    // Out as a data contract, in again: nothing has changed.
    let contract = run(&["export", "fct_orders", "--manifest", "v1/manifest.json", "--format", "odcs"]).exits(0);
    assert!(contract.out.contains("kind: DataContract") && contract.out.contains("physicalType"), "{contract}");
    write(world.path(), "orders.odcs.yaml", &contract.out);
    let same = run(&["diff", "orders.odcs.yaml", "--manifest", "v1/manifest.json", "--model", "fct_orders"]).exits(0);
    assert!(same.out.contains("no change"), "{same}");
    run(&["diff", "orders.odcs.yaml", "--manifest", "v6/manifest.json", "--model", "fct_orders"]).exits(1);
    let table = run(&["import", "orders.odcs.yaml"]).exits(0).json();
    assert!(table["columns"].as_array().unwrap().len() > 3, "{table:#}");
    write(world.path(), "no.yaml", "a: 1\n");
    assert!(run(&["import", "no.yaml"]).exits(2).err.contains("DataContract"));
}

type Subjects = Arc<BTreeMap<(&'static str, i64), Value>>;

async fn version(
    State(subjects): State<Subjects>,
    At((subject, version)): At<(String, String)>,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    let error = |status, code: i64, message: &str| (status, Json(json!({"error_code": code, "message": message})));
    // "u:p" and the token "t".
    let known = ["Basic dTpw", "Bearer t"];
    if !headers.get("authorization").and_then(|h| h.to_str().ok()).is_some_and(|h| known.contains(&h)) {
        return error(StatusCode::UNAUTHORIZED, 401, "Unauthorized");
    }
    let versions: Vec<i64> = subjects.keys().filter(|(s, _)| *s == subject).map(|(_, v)| *v).collect();
    if versions.is_empty() {
        return error(StatusCode::NOT_FOUND, 40401, "Subject not found.");
    }
    let wanted = if version == "latest" { versions.last().copied() } else { version.parse().ok() };
    if wanted == Some(99) {
        return error(StatusCode::NOT_FOUND, 40403, "Schema not found.");
    }
    match wanted.and_then(|v| subjects.iter().find(|((s, n), _)| *s == subject && *n == v)) {
        Some(((name, number), body)) => {
            let mut answer = json!({"subject": name, "version": number, "id": 7});
            answer.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            (StatusCode::OK, Json(answer))
        }
        None => error(StatusCode::NOT_FOUND, 40402, "Version not found."),
    }
}

fn registry() -> String {
    let money =
        r#"{"type": "record", "name": "Money", "namespace": "m", "fields": [{"name": "cents", "type": "long"}]}"#;
    let order = r#"{"type": "record", "name": "Order", "namespace": "o", "fields": [{"name": "id", "type": "long"}, {"name": "total", "type": "m.Money"}]}"#;
    let subjects: Subjects = Arc::new(BTreeMap::from([
        (("money", 1), json!({"schema": money})),
        (
            ("orders-value", 1),
            json!({"schema": r#"{"type": "record", "name": "Order", "namespace": "o", "fields": [{"name": "id", "type": "long"}]}"#}),
        ),
        (
            ("orders-value", 2),
            json!({"schema": order, "references": [{"name": "m.Money", "subject": "money", "version": 1}]}),
        ),
        (
            ("a/b", 1),
            json!({"schemaType": "JSON", "schema": r#"{"$ref": "part.json"}"#, "references": [{"name": "part.json", "subject": "part", "version": 1}]}),
        ),
        (
            ("part", 1),
            json!({"schemaType": "JSON", "schema": r#"{"type": "object", "properties": {"x": {"type": "string"}}}"#}),
        ),
        (("p", 1), json!({"schemaType": "PROTOBUF", "schema": "syntax = \"proto3\"; message A { string x = 1; }"})),
        (("odd", 1), json!({"schemaType": "XML", "schema": "<a/>"})),
    ]));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let app = Router::new().route("/subjects/{subject}/versions/{version}", get(version)).with_state(subjects);
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await.unwrap();
        });
    });
    format!("http://{address}")
}

#[test]
fn subjects_of_a_registry() {
    let world = tempfile::tempdir().unwrap();
    let base = registry();
    let with = |env: &[(&str, &str)], args: &[&str]| -> Ran {
        let mut command = binary::command(world.path());
        binary::run(command.arg("diff").args(args).envs(env.iter().copied()))
    };
    let user = [("TESSERA_REGISTRY_USER", "u"), ("TESSERA_REGISTRY_PASSWORD", "p")];
    let token = [("TESSERA_REGISTRY_TOKEN", "t")];
    let of = |subject: &str, version: &str| format!("registry:{base}/subjects/{subject}/versions/{version}");
    // References are whole: a field of the referenced record counts.
    let added = with(&user, &[&of("orders-value", "1"), &of("orders-value", "latest"), "--mode", "confluent:BACKWARD"])
        .exits(1);
    assert!(
        added.out.contains("format: avro") && added.out.contains("field-added") && added.out.contains("version 2"),
        "{added}"
    );
    write(
        world.path(),
        "new.avsc",
        r#"{"type": "record", "name": "Order", "namespace": "o", "fields": [{"name": "id", "type": "long"}, {"name": "total", "type": {"type": "record", "name": "Money", "namespace": "m", "fields": [{"name": "cents", "type": "int"}]}}]}"#,
    );
    let flags = ["--registry", &base, "--subject", "orders-value", "new.avsc", "--mode", "forward"];
    let narrowed = with(&token, &flags).exits(1);
    assert!(narrowed.out.contains("/fields/total") && narrowed.out.contains("type-changed"), "{narrowed}");
    let json = with(&token, &[&of("a%2Fb", "1"), &of("a%2Fb", "1"), "--output", "json"]).exits(0).json();
    assert_eq!(json["format"], "json-schema");
    with(&token, &[&of("p", "1"), &of("p", "latest")]).exits(0);
    for (env, spec, said) in [
        (&[][..], of("orders-value", "1"), "TESSERA_REGISTRY_TOKEN"),
        (&[("TESSERA_REGISTRY_TOKEN", "wrong")][..], of("orders-value", "1"), "refuses the credentials"),
        (&token[..], of("nobody", "1"), "no subject `nobody`"),
        (&token[..], of("orders-value", "7"), "no version 7"),
        (&token[..], of("orders-value", "99"), "is gone"),
        (&token[..], of("odd", "1"), "XML"),
        (&token[..], "registry:http://127.0.0.1:9/subjects/s/versions/1".to_owned(), "no registry answers"),
        (&token[..], format!("registry:{base}/wrong/subjects/s/versions/1"), "path missing"),
    ] {
        let ran = with(env, &[&spec, "new.avsc"]).exits(2);
        assert!(ran.err.contains(said), "{said}: {ran}");
    }
}
