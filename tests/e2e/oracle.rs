//! A slice of the lineage oracle (tests/oracle): generated queries run in DuckDB, and what the engine says of them.

use std::path::PathBuf;
use std::process::Command;
use tessera_tests::orchard::root;
use tessera_tests::{binary, say};

/// Names the Python that has `duckdb`; `tests/run` prepares one.
const VARIABLE: &str = "TESSERA_TEST_PYTHON";

#[test]
fn duckdb_agrees_with_the_lineage_of_generated_queries() {
    let given = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    let python = given.unwrap_or_else(|| "python3".into());
    let has = Command::new(&python).args(["-c", "import duckdb"]).output().is_ok_and(|o| o.status.success());
    if !has {
        say::skipped("the lineage oracle", &format!("{} has no duckdb: set {VARIABLE}", python.display()));
        return;
    }
    let mut command = Command::new(&python);
    command.arg(root().join("tests/oracle/oracle.py")).arg("--binary").arg(binary::path());
    command.args(["--seed", "20", "--count", "200", "--seconds", "20", "--strict"]);
    let ran = binary::run(&mut command).exits(0);
    say::line(ran.out.trim());
}
