//! Every line of `fixtures/broken/cases.jsonl` comes true.

use super::support::{bytes, cases, strings};
use crate::{Limits, coverage, parse_catalog, parse_manifest, parse_run_results, peek};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::io::Write as _;
use tessera_model::Finding;

#[test]
fn bad_input_does_what_its_case_says() {
    let mut wrong = Vec::new();
    let mut ran = 0;
    for (line, case) in cases("broken/cases.jsonl") {
        let whole = bytes(&format!("broken/{}", case["file"].as_str().unwrap()));
        let cuts: Vec<Option<usize>> = match case["cut"].as_array() {
            Some(cuts) => cuts.iter().map(|c| Some(c.as_u64().unwrap() as usize)).collect(),
            None => vec![None],
        };
        for cut in cuts {
            ran += 1;
            let mut input = whole[..cut.unwrap_or(whole.len())].to_vec();
            if case["gzip"] == true {
                let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
                packer.write_all(&input).unwrap();
                input = packer.finish().unwrap();
            }
            for problem in check(&case, &input, cut) {
                wrong.push(format!("cases.jsonl:{line} {} {cut:?}: {problem}", case["file"]));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(ran > 50, "only {ran} cases");
}

fn check(case: &Value, input: &[u8], cut: Option<usize>) -> Vec<String> {
    let mut limits = Limits::default();
    if let Some(n) = case["max_bytes"].as_u64() {
        limits.max_bytes = n as usize;
    }
    if let Some(n) = case["max_depth"].as_u64() {
        limits.max_depth = n as usize;
    }
    let (got, text) = match run(case["as"].as_str().unwrap_or("manifest"), input, &limits) {
        Ok((value, findings)) => {
            let texts = findings.iter().map(|f| format!("{} {}", f.message, f.remedy.as_deref().unwrap_or_default()));
            (value, texts.collect::<Vec<_>>().join("\n"))
        }
        Err(e) => (json!({ "error": e.code() }), e.to_string()),
    };
    let mut problems = Vec::new();
    let facts = ["error", "findings", "nodes", "models", "compiled", "unknown", "name", "engine"];
    for key in facts {
        let says = case.get(key).or(if key == "error" { Some(&Value::Null) } else { None });
        if let Some(expected) = says
            && *expected != got[key]
        {
            problems.push(format!("{key} is {} instead of {expected} ({text})", got[key]));
        }
    }
    for part in strings(&case["says"]) {
        let part = part.replace("{cut}", &cut.unwrap_or_default().to_string());
        if !text.contains(&part) {
            problems.push(format!("does not say `{part}`: {text}"));
        }
    }
    problems
}

fn run(kind: &str, input: &[u8], limits: &Limits) -> Result<(Value, Vec<Finding>), crate::ArtifactError> {
    let codes = |findings: &[Finding]| {
        let mut codes: Vec<String> =
            findings.iter().map(|f| f.subject.as_ref().map_or(f.code.clone(), |s| format!("{} {s}", f.code))).collect();
        codes.sort();
        codes
    };
    Ok(match kind {
        "manifest" => {
            let p = parse_manifest(input, limits)?;
            let c = coverage(&p);
            let unknown: Vec<String> = c.unknown.iter().map(|u| format!("{} {}", u.model, u.cause)).collect();
            let value = json!({
                "findings": codes(&p.findings), "nodes": p.nodes.len(), "models": c.models, "compiled": c.compiled,
                "unknown": unknown, "name": p.name, "engine": p.engine.name(),
            });
            (value, p.findings)
        }
        "catalog" => {
            let c = parse_catalog(input, limits)?;
            (json!({ "findings": codes(&c.findings), "nodes": c.nodes.len() }), c.findings)
        }
        "run_results" => {
            let r = parse_run_results(input, limits)?;
            (json!({ "findings": codes(&r.findings), "nodes": r.results.len() }), r.findings)
        }
        "peek" => (json!({ "name": peek(input)?.project_name }), Vec::new()),
        other => panic!("no such artifact: {other}"),
    })
}
