//! Every line of `fixtures/dbt/codeowners.jsonl` comes true.

use super::support::{cases, strings};
use crate::CodeOwners;

#[test]
fn paths_have_the_owners_that_their_case_says() {
    let mut wrong = Vec::new();
    for (line, case) in cases("dbt/codeowners.jsonl") {
        let owners = CodeOwners::parse(&strings(&case["rules"]).join("\n"));
        for (path, expected) in case["owners"].as_object().unwrap() {
            let got = owners.owners(path);
            if got != strings(expected) {
                wrong.push(format!("codeowners.jsonl:{line} {path}: {got:?} instead of {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
