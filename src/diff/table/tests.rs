//! The rules file itself; cases of tables live in `fixtures/diff/table.*.jsonl`.

use super::rules;

#[test]
fn every_line_of_the_rules_file_is_understood() {
    let all = rules::all().unwrap();
    assert!(all.len() >= 15, "{}", all.len());
}
