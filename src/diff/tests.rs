//! Cases as data: every line of `fixtures/diff/*.jsonl` is a `--batch` line with what is expected of it in the three
//! modes that can break, and each change as `rule path reads/writes`. `TESSERA_BLESS=1` writes what came out.

use crate::batch_line;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/diff")
}

/// What a case comes to.
fn outcome(case: &Value) -> Value {
    let mut out = Map::new();
    for mode in ["backward", "forward", "full"] {
        let mut line = case.clone();
        line["mode"] = json!(mode);
        let answer: Value = serde_json::from_str(&batch_line(&line.to_string())).unwrap();
        if !answer["error"].is_null() {
            return json!({ "error": answer["error"] });
        }
        let verdict = match answer["undecided"].as_bool() {
            Some(true) => json!("undecided"),
            _ => answer["compatible"].clone(),
        };
        out.insert(mode.to_owned(), verdict);
        if mode == "backward" {
            let words = |c: &Value, k: &str| c[k].as_str().unwrap_or_default().to_owned();
            let changes: Vec<String> = answer["changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| {
                    format!("{} {} {}/{}", words(c, "rule"), words(c, "path"), words(c, "reads"), words(c, "writes"))
                })
                .collect();
            out.insert("changes".to_owned(), json!(changes));
        }
    }
    Value::Object(out)
}

#[test]
fn every_case_of_the_fixtures_comes_out_as_written() {
    let mut cases = 0;
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "jsonl") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut blessed = String::new();
        for (number, line) in text.lines().enumerate() {
            let mut case: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{path:?}:{}: {e}", number + 1));
            let expected = case.as_object_mut().unwrap().shift_remove("expect").unwrap_or_default();
            let got = outcome(&case);
            cases += 1;
            if got != expected {
                wrong.push(format!("{}: {}\n  expected {expected}\n  got      {got}", number + 1, case["title"]));
            }
            case["expect"] = got;
            blessed.push_str(&format!("{case}\n"));
        }
        if std::env::var_os("TESSERA_BLESS").is_some() {
            std::fs::write(&path, blessed).unwrap();
        }
    }
    assert!(cases >= 120, "{cases} cases");
    assert!(
        wrong.is_empty() || std::env::var_os("TESSERA_BLESS").is_some(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_break_says_what_to_do_instead() {
    let mut breaks = 0;
    let mut lacking = Vec::new();
    for file in ["avro.jsonl", "graphql.jsonl", "openapi.jsonl"] {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        for (number, mode) in text.lines().enumerate().flat_map(|(i, _)| [(i, "backward"), (i, "forward")]) {
            let mut line: Value = serde_json::from_str(text.lines().nth(number).unwrap()).unwrap();
            line["mode"] = json!(mode);
            let answer: Value = serde_json::from_str(&batch_line(&line.to_string())).unwrap();
            let fails = |c: &&Value| c["breaking"] == true && (c["reads"] == "fails" || c["writes"] == "fails");
            for change in answer["changes"].as_array().into_iter().flatten().filter(fails) {
                breaks += 1;
                if change["suggestion"].is_null() {
                    lacking.push(format!("{file}:{} {} {}", number + 1, change["rule"], change["path"]));
                }
            }
        }
    }
    assert!(breaks > 60, "{breaks}");
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

/// The cases of a published corpus, where there is one: it is never part of the repository.
pub(crate) fn corpus(file: &str) -> Option<Vec<Value>> {
    let folder = match std::env::var_os("TESSERA_CORPORA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
    };
    let path = folder.join("diff").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no corpus at {} (set TESSERA_CORPORA)", path.display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}
