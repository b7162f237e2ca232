//! Every line of `fixtures/dbt/selectors.jsonl` comes true.

use super::support::{cases, project, strings};
use crate::select;
use std::collections::BTreeSet;

#[test]
fn expressions_select_what_their_case_says() {
    let mut wrong = Vec::new();
    for (line, case) in cases("dbt/selectors.jsonl") {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let p = project(text("project"));
        let state = case["state"].as_str().map(project);
        let result = select(&p, state.as_ref(), text("select"), text("exclude"));
        let problem = match (result, case["error"].as_str()) {
            (Err(e), Some(part)) if e.to_string().contains(part) => None,
            (Err(e), _) => Some(format!("error: {e}")),
            (Ok(got), Some(part)) => Some(format!("{got:?} instead of the error `{part}`")),
            (Ok(got), None) => {
                let tests = case["tests"] == true;
                let short = |id: String| id.replacen(&format!(".{}.", p.name), ".", 1);
                let got: BTreeSet<String> =
                    got.into_iter().filter(|id| tests || !id.starts_with("test.")).map(short).collect();
                let expected: BTreeSet<String> = strings(&case["ids"]).into_iter().collect();
                (got != expected).then(|| format!("{got:?} instead of {expected:?}"))
            }
        };
        wrong.extend(
            problem.map(|p| format!("selectors.jsonl:{line} `{}` less `{}`: {p}", text("select"), text("exclude"))),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
