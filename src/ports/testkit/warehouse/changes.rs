//! The cases of `fixtures/warehouse/<engine>`: each change must cause exactly its drift, must move the probe, and once
//! seen must not be seen again.

use super::case::{self, Case, NONE, UNCHANGED};
use super::{BEHAVIOURS, CHANGES, Lab, differ, lacks, scan};
use crate::warehouse::ScanStatus;

/// Each name of the kit is a case file or declared as lacking, and nothing is declared that exists.
pub async fn every_name_is_covered<L: Lab>() {
    let cases: Vec<String> = case::load(L::ENGINE).into_iter().map(|c| c.name).collect();
    for (name, why) in L::LACKS {
        assert!(
            CHANGES.contains(name) || BEHAVIOURS.contains(name),
            "{}: `{name}` is not a name of the kit",
            L::ENGINE
        );
        assert!(!cases.iter().any(|c| c == name), "{}: `{name}` is declared lacking and has a case", L::ENGINE);
        assert!(why.len() > 10, "{}: `{name}` lacks without a reason", L::ENGINE);
    }
    for name in CHANGES {
        assert!(
            cases.iter().any(|c| c == name) || lacks::<L>(name),
            "fixtures/warehouse/{}/{name}.sql is missing: write it, or declare it in LACKS with the reason",
            L::ENGINE
        );
    }
}

pub async fn every_case_causes_exactly_its_drift<L: Lab>() {
    let mut failures = Vec::new();
    for mut case in case::load(L::ENGINE) {
        let Some(lab) = L::fresh().await else { return };
        let problems = run(&lab, &mut case).await;
        if case::blessing() {
            case::write(&case);
        }
        failures.extend(problems.into_iter().map(|p| format!("{}/{}: {p}", L::ENGINE, case.name)));
    }
    assert!(failures.is_empty(), "{} problems:\n{}", failures.len(), failures.join("\n"));
}

async fn run<L: Lab>(lab: &L, case: &mut Case) -> Vec<String> {
    let mut problems = Vec::new();
    let warehouse = lab.warehouse();
    lab.run(&case.before).await;
    let (mut tables, mut report) = scan(warehouse.as_ref(), None).await.expect("the first scan");
    if report.status != ScanStatus::Complete {
        problems.push(format!("the first scan is {:?}: {:?}", report.status, report.findings));
    }
    if let Some(sees) = &mut case.sees {
        compare("sees", sees, differ::render(&tables), &mut problems);
    }
    for (at, round) in case.rounds.iter_mut().enumerate() {
        let what = format!("round {}", at + 1);
        lab.run(&round.change).await;
        let probe = warehouse.probe().await.expect("a probe");
        let moved = probe != report.probe;
        let quiet = round.expect == [UNCHANGED];
        if moved == quiet {
            let not = if moved { "moved" } else { "did not move" };
            problems.push(format!("{what}: the probe {not}"));
        }
        let (seen, next) = scan(warehouse.as_ref(), Some(&report.probe)).await.expect("a scan after the change");
        if next.probe != probe {
            problems.push(format!("{what}: scan and probe answer differently"));
        }
        let expected = if quiet { ScanStatus::Unchanged } else { ScanStatus::Complete };
        if next.status != expected {
            problems.push(format!("{what}: the scan is {:?}, not {expected:?}: {:?}", next.status, next.findings));
        }
        if quiet {
            continue;
        }
        if (seen.len() as u64, columns(&seen)) != (next.tables, next.columns) {
            problems.push(format!("{what}: the report counts {} tables, {} columns", next.tables, next.columns));
        }
        let mut drift = differ::drift(&tables, &seen);
        if drift.is_empty() {
            drift.push(NONE.to_owned());
        }
        compare(&what, &mut round.expect, drift, &mut problems);

        // Seen once, it is not seen again; and a full scan says the same as the one that found it.
        let (nothing, again) = scan(warehouse.as_ref(), Some(&next.probe)).await.expect("a repeated scan");
        if again.status != ScanStatus::Unchanged || !nothing.is_empty() {
            problems.push(format!("{what}: seen again: {:?} with {} tables", again.status, nothing.len()));
        }
        let (full, _) = scan(warehouse.as_ref(), None).await.expect("a full scan");
        if fingerprints(&full) != fingerprints(&seen) {
            problems.push(format!("{what}: two scans of the same state differ"));
        }
        (tables, report) = (seen, next);
    }
    problems
}

fn columns(tables: &[crate::warehouse::ObservedTable]) -> u64 {
    tables.iter().map(|t| t.schema.columns.len() as u64).sum()
}

fn fingerprints(tables: &[crate::warehouse::ObservedTable]) -> Vec<String> {
    let mut all: Vec<String> = tables.iter().map(|t| format!("{} {}", t.name, t.fingerprint())).collect();
    all.sort();
    all
}

fn compare(what: &str, expected: &mut Vec<String>, seen: Vec<String>, problems: &mut Vec<String>) {
    if *expected == seen {
        return;
    }
    if case::blessing() {
        *expected = seen;
        return;
    }
    problems.push(format!("{what}:\n  expected\n    {}\n  seen\n    {}", expected.join("\n    "), seen.join("\n    ")));
}
