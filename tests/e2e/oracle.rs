//! Slices of the oracles (tests/oracle): what an engine does with generated queries and with values of changed types, and what
//! Tessera says of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use tessera_tests::orchard::root;
use tessera_tests::{binary, postgres, say};

/// Names the Python that has `duckdb` and `psycopg`; `tests/run` prepares one.
const VARIABLE: &str = "TESSERA_TEST_PYTHON";

/// A Python with `duckdb` and `psycopg`; without one that is said.
fn python(test: &str) -> Option<PathBuf> {
    let given = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    let python = given.unwrap_or_else(|| "python3".into());
    let has = Command::new(&python).args(["-c", "import duckdb, psycopg"]).output().is_ok_and(|o| o.status.success());
    if !has {
        say::skipped(test, &format!("{} has no duckdb or no psycopg: set {VARIABLE}", python.display()));
    }
    has.then_some(python)
}

fn lineage(python: &Path, engine: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(root().join("tests/oracle/oracle.py")).args(["--engine", engine]).arg("--binary").arg(binary::path());
    command.args(["--seed", "20", "--count", "200", "--seconds", "20", "--strict"]);
    command
}

#[test]
fn duckdb_agrees_with_the_lineage_of_generated_queries() {
    let Some(python) = python("the lineage oracle") else { return };
    say::line(binary::run(&mut lineage(&python, "duckdb")).exits(0).out.trim());
}

#[test]
fn postgres_agrees_with_the_lineage_of_generated_queries() {
    let Some(python) = python("the lineage oracle") else { return };
    let Some(database) = postgres::database("the lineage oracle") else { return };
    let mut command = lineage(&python, "postgres");
    say::line(binary::run(command.env("TESSERA_TEST_POSTGRES", database.url())).exits(0).out.trim());
}

fn tables(python: &Path, engine: &str) -> Command {
    let mut command = Command::new(python);
    let batch = format!("'{}' diff --batch -", binary::path().display());
    command.arg(root().join("tests/oracle/tables.py")).args(["--batch", &batch, "--engine", engine]);
    command.args(["--seed", "7", "--pairs", "250", "--seconds", "6", "--steps", "40", "--strict"]);
    command
}

#[test]
fn duckdb_keeps_the_values_of_changes_of_type_that_are_called_safe() {
    let Some(python) = python("the tables oracle") else { return };
    say::line(binary::run(&mut tables(&python, "duckdb")).exits(0).out.trim());
}

#[test]
fn postgres_keeps_the_values_of_changes_of_type_that_are_called_safe() {
    let Some(python) = python("the tables oracle") else { return };
    let Some(database) = postgres::database("the tables oracle") else { return };
    let mut command = tables(&python, "postgres");
    let ran = binary::run(command.env("TESSERA_TEST_POSTGRES", database.url())).exits(0);
    assert!(!ran.out.contains("skipped"), "{ran}");
    say::line(ran.out.trim());
}
