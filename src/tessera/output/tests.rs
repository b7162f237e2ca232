//! Every report of fixtures/reports in every format, as reviewed snapshots; and the laws that hold for all of them.

use super::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tessera_model::Finding;
use tessera_model::report::{Coverage, UnknownModel, Verdict};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn reports() -> Vec<(String, Value, CheckReport)> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(root().join("fixtures/reports")).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
    paths.sort();
    assert!(paths.len() >= 5);
    let read = |path: PathBuf| {
        let value: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let report = serde_json::from_value(value.clone()).unwrap();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), value, report)
    };
    paths.into_iter().map(read).collect()
}

fn context() -> ReportContext {
    ReportContext {
        project: "orchard".into(),
        dialect: "postgres".into(),
        mode_sentence: tessera_model::Mode::Backward.sentence(),
        compared_with: "prod/manifest.json".into(),
    }
}

fn shown(report: &CheckReport, format: OutputFormat) -> String {
    render(report, &context(), format, false).unwrap()
}

#[test]
fn every_report_in_every_format_is_as_reviewed() {
    for (name, _, report) in reports() {
        for format in OutputFormat::ALL.into_iter().filter(|f| *f != OutputFormat::Json) {
            let text = shown(&report, format).replace(env!("CARGO_PKG_VERSION"), "[version]");
            insta::assert_snapshot!(format!("{name}.{}", format.name()), text);
        }
    }
}

#[test]
fn json_is_the_report_itself_and_the_published_schema_accepts_it() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/schema/check.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, value, report) in reports() {
        let written: Value = serde_json::from_str(&shown(&report, OutputFormat::Json)).unwrap();
        assert_eq!(written, value, "{name}");
        let errors: Vec<String> =
            validator.iter_errors(&written).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        undescribed(&schema, &schema, &written, &name);
    }
    let good = reports().into_iter().find(|(n, ..)| n == "breaking").unwrap().1;
    for (pointer, wrong) in [
        ("/schema_version", json!(2)),
        ("/verdict", json!("green")),
        ("/exit", json!(3)),
        ("/coverage/unknown/0/cause", json!("")),
        ("/changes/0/asset", json!(null)),
        ("/changes/1/readers/0/effect", json!("explodes")),
        ("/changes/1/readers/0/evidence/count", json!(-1)),
        ("/findings/0/severity", json!("fatal")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
}

/// Every key that is written is described: additions must reach the schema, too.
fn undescribed(schema: &Value, part: &Value, value: &Value, at: &str) {
    let part = match part.get("$ref").and_then(Value::as_str) {
        Some(reference) => schema.pointer(&reference[1..]).unwrap(),
        None => part,
    };
    match value {
        Value::Object(map) if part.get("properties").is_some() => {
            for (key, inner) in map {
                let described =
                    part["properties"].get(key).unwrap_or_else(|| panic!("{at}: `{key}` is not in the schema"));
                undescribed(schema, described, inner, &format!("{at}/{key}"));
            }
        }
        Value::Array(items) if part.get("items").is_some() => {
            for (i, item) in items.iter().enumerate() {
                undescribed(schema, &part["items"], item, &format!("{at}/{i}"));
            }
        }
        _ => {}
    }
}

#[test]
fn formats_for_machines_agree_with_the_exit_code() {
    for (name, _, report) in reports() {
        let junit = shown(&report, OutputFormat::Junit);
        let good = junit.contains("failures=\"0\" errors=\"0\"");
        assert_eq!(good, report.exit == 0, "{name}\n{junit}");
        let github = shown(&report, OutputFormat::Github);
        assert_eq!(
            github.contains("\n::error ") || github.starts_with("::error "),
            report.exit != 0,
            "{name}\n{github}"
        );
        let sarif: Value = serde_json::from_str(&shown(&report, OutputFormat::Sarif)).unwrap();
        let run = &sarif["runs"][0];
        assert_eq!(run["invocations"][0]["exitCode"], json!(report.exit));
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.iter().any(|r| r["level"] == "error"), report.exit != 0, "{name}");
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap() >= 1);
        }
        for format in [OutputFormat::Text, OutputFormat::Github, OutputFormat::Markdown] {
            let text = shown(&report, format);
            assert!(text.contains(&format!("exit {}", report.exit)), "{name} {format:?}");
            for unknown in report.coverage.unknown.iter().filter(|_| name != "hostile") {
                assert!(text.contains(&unknown.cause), "{name} {format:?}: {}", unknown.cause);
            }
        }
    }
}

#[test]
fn names_from_outside_steer_nothing() {
    let (_, _, report) = reports().into_iter().find(|(n, ..)| n == "hostile").unwrap();
    for format in OutputFormat::ALL.into_iter().filter(|f| *f != OutputFormat::Json) {
        let text = shown(&report, format);
        let bad: Vec<char> = text.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
        // SARIF is JSON: what it repeats as data is escaped there.
        assert!(
            bad.is_empty() || format == OutputFormat::Sarif && bad.iter().all(|c| *c == '\u{202e}'),
            "{format:?}: {bad:?}"
        );
    }
    let github = shown(&report, OutputFormat::Github);
    assert!(github.lines().all(|l| l.starts_with("::error ") || l.starts_with("::warning ")), "{github}");
    let markdown = shown(&report, OutputFormat::Markdown);
    // Outside code spans (all of them between double backticks here) no markup of theirs is left.
    let outside: String = markdown.split("``").step_by(2).collect();
    assert!(!outside.contains("<b>[") && !outside.contains("@org"), "{outside}");
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    for line in markdown.lines().filter(|l| l.starts_with('|')) {
        assert!(matches!(columns(line), 7 | 8), "{line}");
    }
    let junit = shown(&report, OutputFormat::Junit);
    assert!(!junit.contains("]]>") && !junit.contains("<b>"), "{junit}");
}

/// A report that is far too long for a comment.
fn huge() -> CheckReport {
    let (_, _, mut report) = reports().into_iter().find(|(n, ..)| n == "breaking").unwrap();
    let template = report.changes.clone();
    report.changes = (0..900)
        .flat_map(|i| {
            template.iter().map(move |c| {
                let mut c = c.clone();
                c.asset = format!("{}_{i:03}", c.asset);
                c.readers = c.readers.iter().cloned().cycle().take(c.readers.len() * 8).collect();
                c
            })
        })
        .collect();
    let unknown = |i: usize| UnknownModel {
        model: format!("model.orchard.a_model_with_a_long_name_{i:05}"),
        cause: if i.is_multiple_of(3) { "python" } else { "uncompiled" }.into(),
    };
    report.coverage =
        Coverage { models: 9000, compiled: 1500, resolved: 1500, unknown: (0..7500).map(unknown).collect() };
    report.findings = (0..2000).map(|i| Finding::warning("unowned", format!("finding {i} of many"))).collect();
    report
}

#[test]
fn a_comment_never_exceeds_the_limit_and_never_hides_the_unknown() {
    let report = huge();
    let text = shown(&report, OutputFormat::Markdown);
    assert!(text.len() <= markdown::LIMIT && text.len() > markdown::LIMIT * 9 / 10, "{}", text.len());
    assert!(text.starts_with(markdown::MARKER));
    assert!(
        text.contains("7500 models could not be read")
            && text.contains("**uncompiled** (5000)")
            && text.contains("**python** (2500)")
    );
    assert!(text.contains("further changes are not shown") && text.contains("exit 1"));
    let rows: Vec<&str> = text.lines().filter(|l| l.starts_with("| ✗") || l.starts_with("| ✓")).collect();
    assert!(!rows.is_empty() && rows.iter().all(|r| r.starts_with("| ✗")), "the worst first");

    let mut medium = report;
    medium.changes.truncate(120);
    let text = shown(&medium, OutputFormat::Markdown);
    assert!(text.len() <= markdown::LIMIT);
    assert_eq!(
        text.lines()
            .filter(|l| l.starts_with("| ✗")
                || l.starts_with("| !")
                || l.starts_with("| ·")
                || l.starts_with("| ~")
                || l.starts_with("| ✓"))
            .count(),
        120
    );
    assert!(text.contains("more readers**") && text.contains("Details of"));
}

#[test]
fn an_empty_report_says_that_nothing_was_analysed() {
    let report = CheckReport {
        schema_version: 1,
        verdict: Verdict::Unknown,
        exit: 2,
        coverage: Coverage::default(),
        changes: vec![],
        findings: vec![],
    };
    for format in OutputFormat::ALL {
        let text = shown(&report, format);
        assert!(
            format == OutputFormat::Json || text.contains("nothing was analysed") || text.contains("could not decide"),
            "{text}"
        );
    }
}

#[test]
fn outputs_are_read_or_refused_with_the_remedy() {
    let read = |specs: &[&str]| parse_outputs(&specs.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
    let text = Sink { format: OutputFormat::Text, path: None };
    assert_eq!(read(&[]).unwrap(), vec![text.clone()]);
    assert_eq!(read(&["text=-"]).unwrap(), vec![text.clone()]);
    let several = read(&["TEXT", "sarif=out/x.sarif", "md=a=b.md"]).unwrap();
    assert_eq!(several[0], text);
    assert_eq!(several[1], Sink { format: OutputFormat::Sarif, path: Some("out/x.sarif".into()) });
    assert_eq!(several[2], Sink { format: OutputFormat::Markdown, path: Some("a=b.md".into()) });
    for (specs, part) in [
        (vec!["yaml"], "text, json, markdown, github, sarif, junit"),
        (vec!["json="], "json=FILE"),
        (vec!["text", "json"], "standard output"),
        (vec!["text=x", "json=x"], "two outputs go to x"),
    ] {
        let error = format!("{:#}", read(&specs).unwrap_err());
        assert!(error.contains(part), "{specs:?}: {error}");
    }
}

#[test]
fn reports_are_written_where_they_are_wanted_and_one_failure_keeps_no_other_back() {
    let dir = tempfile::tempdir().unwrap();
    let (_, _, report) = reports().remove(0);
    let path = |name: &str| Some(dir.path().join(name));
    std::fs::write(dir.path().join("file"), "").unwrap();
    let sinks = [
        Sink { format: OutputFormat::Json, path: path("file/below.json") },
        Sink { format: OutputFormat::Junit, path: path("deep/er/junit.xml") },
        Sink { format: OutputFormat::Text, path: path("out.txt") },
    ];
    let error = format!("{:#}", write_report(&report, &context(), &sinks).unwrap_err());
    assert!(error.contains("cannot create"), "{error}");
    assert_eq!(
        std::fs::read_to_string(dir.path().join("deep/er/junit.xml")).unwrap(),
        shown(&report, OutputFormat::Junit)
    );
    assert_eq!(std::fs::read_to_string(dir.path().join("out.txt")).unwrap(), shown(&report, OutputFormat::Text));
}

#[test]
fn errors_keep_their_lines_and_repeat_nothing() {
    let io = std::io::Error::other("permission denied");
    let e = anyhow::Error::new(io)
        .context("cannot read x.toml: permission denied")
        .context("t.toml:2:1: unknown key\n  listn = 5\u{1b}[2J");
    let text = findings::error_text(&e, style::Paint(false));
    assert_eq!(
        text,
        "error: t.toml:2:1: unknown key\n    listn = 5[2J\n  because: cannot read x.toml: permission denied\n"
    );
}

#[test]
fn findings_are_listed_worst_first_with_their_remedy() {
    let findings = [
        Finding::info("a-note", "all is well").about("here"),
        Finding::error("bad-grant", "no access to schema `raw`")
            .about("warehouse `w`")
            .remedy("GRANT USAGE ON SCHEMA raw TO t;\nGRANT SELECT ON ALL TABLES IN SCHEMA raw TO t;"),
    ];
    let mut out = Vec::new();
    finding_lines(&findings, &mut out, false).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
    error: warehouse `w`: no access to schema `raw` [bad-grant]
      → GRANT USAGE ON SCHEMA raw TO t;
        GRANT SELECT ON ALL TABLES IN SCHEMA raw TO t;
    note: here: all is well [a-note]
    ");
    let mut colored = Vec::new();
    finding_lines(&findings, &mut colored, true).unwrap();
    assert!(String::from_utf8(colored).unwrap().contains("\u{1b}[1;31merror:"));
}

#[test]
fn every_change_has_one_mark_in_the_text() {
    for (name, _, report) in reports() {
        let text = shown(&report, OutputFormat::Text);
        let labels: BTreeSet<usize> = text
            .lines()
            .filter(|l| {
                ["✗ ", "! ", "✓ ", "~ ", "· "].iter().any(|m| l.starts_with(m))
                    || l.starts_with("? ") && l.contains('[')
            })
            .map(str::len)
            .collect();
        assert!(labels.len() <= report.changes.len(), "{name}");
        for change in &report.changes {
            assert!(text.contains(&words::clean_line(&change.change.rule)), "{name}");
        }
    }
}
