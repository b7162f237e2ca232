//! The commands around the gate, as somebody meets them: from an empty folder to a running set-up, and what wrong input says.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tessera_tests::orchard::{orchard, root, write_target};
use tessera_tests::{binary, tessera};

/// A folder as a dbt user has it: the project, compiled.
fn project() -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    copy(&root().join("fixtures/dbt/orchard/v1/project"), &world.path().join("dbt"));
    write_target(&world.path().join("dbt/target"), &orchard(1, "pg"), "orchard");
    world
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(path, to).unwrap();
        }
    }
}

#[test]
fn init_writes_what_doctor_and_serve_need() {
    let world = project();
    let wrote = tessera(world.path(), ["init", "--dbt-dir", "dbt"]).exits(0);
    assert!(wrote.out.contains("finance, growth, platform from dbt groups"), "{wrote}");
    tessera(world.path(), ["init", "--dbt-dir", "dbt"]).exits(2);
    tessera(world.path(), ["init", "--dbt-dir", "dbt", "--force"]).exits(0);
    tessera(world.path(), ["config", "validate"]).exits(0);

    let healthy = tessera(world.path(), ["doctor", "--output", "json"]).exits(0).json();
    let codes = |report: &serde_json::Value| -> Vec<String> {
        report["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
    };
    for code in ["configuration", "compiled", "catalog", "store", "audit", "listen"] {
        assert!(codes(&healthy).iter().any(|c| c == code), "{code}: {healthy:#}");
    }

    // What is wrong is said with its remedy, and counts.
    std::fs::write(world.path().join("dbt/target/manifest.json"), "{\"metadata\": ").unwrap();
    let sick = tessera(world.path(), ["doctor"]).exits(2);
    assert!(sick.out.contains("dbt compile"), "{sick}");
    std::fs::write(world.path().join("tessera.toml"), "[serverr]\nlisten = \"x\"\n").unwrap();
    let sick = tessera(world.path(), ["doctor"]).exits(2);
    assert!(sick.out.contains("serverr") && sick.out.contains("server"), "{sick}");
}

#[test]
fn keys_and_the_store_from_a_terminal() {
    let world = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| tessera(world.path(), args.iter().copied());
    let made =
        run(&["keys", "create", "--name", "ci", "--scope", "write", "--kind", "ci", "--team", "finance"]).exits(0);
    let token = made.out.trim().to_owned();
    let id = token.split('_').nth(1).unwrap().to_owned();
    assert!(token.starts_with("tsr_"), "{made}");
    let listed = run(&["keys", "list"]).exits(0);
    assert!(listed.out.contains(&id) && !listed.out.contains(&token), "{listed}");
    run(&["keys", "revoke", &id]).exits(0);
    assert!(run(&["keys", "list"]).exits(0).out.contains("revoked"));
    run(&["keys", "create", "--name", "x", "--scope", "root"]).exits(2);
    run(&["store", "verify"]).exits(0);
    run(&["store", "copy", "sqlite:tessera.db", "sqlite:copy.db"]).exits(0);
    let copied = run(&["keys", "list", "--store", "sqlite:copy.db"]).exits(0);
    assert!(copied.out.contains(&id), "{copied}");
    // A copy never overwrites.
    run(&["store", "copy", "sqlite:tessera.db", "sqlite:copy.db"]).exits(2);
}

#[test]
fn questions_about_one_column() {
    let world = project();
    let run = |args: &[&str]| tessera(world.path(), args.iter().copied());
    let who = run(&["who-uses", "fct_orders.amount", "--manifest", "dbt/target"]).exits(0);
    for part in ["is read by 4 readers", "rpt_revenue_by_country", "ML", "filter", "may read"] {
        assert!(who.out.contains(part), "`{part}` is missing: {who}");
    }
    let way = run(&["lineage", "--manifest", "dbt/target", "--column", "fct_orders.amount"]).exits(0);
    assert!(
        way.out.contains("stg_orders.amount_cents → orchard.analytics.fct_orders.amount  (transformation)"),
        "{way}"
    );
    let lines: Vec<&str> = way.out.lines().collect();
    let mut once = lines.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), lines.len(), "a line is said twice: {way}");
    let unknown = run(&["who-uses", "nowhere.amount", "--manifest", "dbt/target"]).exits(2);
    assert!(unknown.out.contains("there is no table or column `nowhere.amount`"), "{unknown}");
}

#[test]
fn comparing_two_schemas() {
    let world = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(world.path().join(name), text).unwrap();
    write("old.json", r#"{"type": "object", "properties": {"a": {"type": "integer"}}}"#);
    write("new.json", r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#);
    write("broken.json", r#"{"type": "#);
    let run = |args: &[&str]| tessera(world.path(), args.iter().copied());
    let broken = run(&["diff", "old.json", "new.json"]).exits(1);
    assert!(broken.out.contains("type-changed") && broken.out.contains("proof:"), "{broken}");
    run(&["diff", "old.json", "old.json"]).exits(0);
    // The format is told from the files.
    write("old.graphql", "type Query { a: Int b: String }");
    write("new.graphql", "type Query { a: Int }");
    let graphql = run(&["diff", "old.graphql", "new.graphql"]).exits(1);
    assert!(graphql.out.contains("format: graphql") && graphql.out.contains("field-removed"), "{graphql}");
    write("old.avsc", r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}"#);
    write("new.avsc", r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}"#);
    let avro = run(&["diff", "old.avsc", "new.avsc"]).exits(1);
    assert!(avro.out.contains("format: avro"), "{avro}");
    let old = "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths:\n  /a: {get: {responses: {'200': {description: ok}}}}\n";
    write("old.yaml", old);
    write("new.yaml", &old.replace("/a", "/b"));
    run(&["diff", "old.yaml", "new.yaml"]).exits(1);
    run(&["diff", "old.yaml", "old.yaml"]).exits(0);
    run(&["diff", "old.json", "new.json", "--mode", "none"]).exits(0);
    for (args, said) in [
        (["diff", "old.json", "gone.json"], "gone.json"),
        (["diff", "old.json", "broken.json"], "broken.json"),
        (["diff", "old.json", "--mode=sideways"], "sideways"),
    ] {
        let ran = run(&args).exits(2);
        assert!(ran.err.to_lowercase().contains(said), "{ran}");
    }
}

#[test]
fn wrong_input_says_what_where_and_how_to_mend_it() {
    let world = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| tessera(world.path(), args.iter().copied());
    for (args, said) in [
        (vec!["check", "--manifest", "nowhere"], "nowhere"),
        (vec!["inbox", "--server", "http://127.0.0.1:9"], "tessera serve"),
        (vec!["scan", "--dry-run"], "[[warehouse]]"),
        (vec!["lineage", "--sql", "nowhere.sql", "--dialect", "postgres"], "nowhere.sql"),
        (vec!["who-use", "x"], "who-uses"),
        (vec!["ack", "not-an-id"], "--approve"),
    ] {
        let ran = run(&args).exits(2);
        assert!(ran.err.contains(said), "`{said}` is missing: {ran}");
        assert!(ran.out.is_empty() && !ran.err.contains("panicked"), "{ran}");
    }
}

#[test]
fn completions_and_help_are_there() {
    let world = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ran = tessera(world.path(), ["completions", shell]).exits(0);
        assert!(ran.out.contains("who-uses"), "{shell}");
    }
    let help = tessera(world.path(), ["--help"]).exits(0);
    for command in ["demo", "serve", "check", "lineage", "diff", "doctor"] {
        assert!(help.out.contains(command), "{help}");
    }
}

/// A command that waits for standard input ends at once when it is interrupted, with the code that shells expect.
#[test]
fn an_interrupt_ends_a_command_with_130() {
    let world = tempfile::tempdir().unwrap();
    let mut child = binary::command(world.path())
        .args(["lineage", "--sql", "-", "--dialect", "postgres"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    let begun = Instant::now();
    let status = loop {
        std::thread::sleep(Duration::from_millis(100));
        std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("it does not hear the interrupt");
        }
    };
    // Before the handler stands, the signal itself ends the process.
    use std::os::unix::process::ExitStatusExt;
    assert!(status.code() == Some(130) || status.signal() == Some(2), "{status:?}");
}
