//! What dbt itself says of a changed contract (`state:modified.contract`), as dbt judges it: for comparison, beside our own
//! judgment. Rules read in dbt-core 1.x (`ModelNode.same_contract`) and dbt 2.0 (`dbt-schemas`, nodes.rs); where the two
//! differ, either one's break counts and the reason says whose it is.

use serde::Serialize;
use serde_json::Value;

/// dbt's verdict. Empty reasons: no breaking contract change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DbtVerdict {
    pub breaking: bool,
    /// What dbt names, one a line.
    pub reasons: Vec<String>,
}

/// Judges two models, each `{"enforced": bool, "materialized": "table", "columns": [{"name", "type", "constraints": […]}],
/// "constraints": […], "adapter": "snowflake"}`; constraints are names or objects with a `type`. A versioned model's break is an
/// error in dbt, another one's a warning.
pub fn dbt_contract(old: &Value, new: &Value) -> DbtVerdict {
    let mut reasons = Vec::new();
    // Only a model whose old contract was enforced is looked at.
    if enforced(old) {
        if !enforced(new) {
            reasons.push("the contract is not enforced any more".to_owned());
        }
        columns(old, new, &mut reasons);
        constraints(old, new, &mut reasons);
    }
    DbtVerdict { breaking: !reasons.is_empty(), reasons }
}

fn enforced(model: &Value) -> bool {
    model["enforced"].as_bool().unwrap_or(false)
}

fn listed<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn columns(old: &Value, new: &Value, reasons: &mut Vec<String>) {
    for column in listed(old, "columns") {
        let Some(name) = column["name"].as_str() else { continue };
        let Some(now) = listed(new, "columns").find(|c| c["name"].as_str() == Some(name)) else {
            reasons.push(format!("column `{name}` is removed"));
            continue;
        };
        // dbt compares the text as it stands: a size, another case or an alias is another type.
        let (was, is) = (column["type"].as_str(), now["type"].as_str());
        if was != is {
            let said = |t: Option<&str>| t.unwrap_or("unknown").to_owned();
            reasons.push(format!("the data_type of `{name}` changes from {} to {}", said(was), said(is)));
        }
    }
}

fn constraints(old: &Value, new: &Value, reasons: &mut Vec<String>) {
    // dbt writes constraints into the DDL of these only.
    let held = |model: &Value| matches!(model["materialized"].as_str(), Some("table" | "incremental"));
    if !held(old) {
        return;
    }
    let (before, after) = (all_constraints(old), all_constraints(new));
    if !held(new) {
        if !before.is_empty() {
            let now = new["materialized"].as_str().unwrap_or("something else");
            reasons.push(format!("the model becomes a {now}, and its constraints are not enforced any more"));
        }
        return;
    }
    for (column, kind) in before.iter().filter(|c| !after.contains(c)) {
        // What was promised of a removed column is told with the column.
        let gone = !column.is_empty() && !listed(new, "columns").any(|c| c["name"].as_str() == Some(column));
        if !gone {
            let of = if column.is_empty() { "the model".to_owned() } else { format!("`{column}`") };
            let adapter = old["adapter"].as_str().unwrap_or_default();
            let only = if enforces(adapter, kind) {
                String::new()
            } else {
                format!(" (dbt 1.x lets that pass: {adapter} does not enforce it)")
            };
            reasons.push(format!("the constraint {kind} of {of} is removed{only}"));
        }
    }
}

/// Which constraints an adapter calls enforced (`CONSTRAINT_SUPPORT`): dbt 1.x looks at these only. An adapter nobody names
/// enforces all.
fn enforces(adapter: &str, constraint: &str) -> bool {
    let word = constraint.split_whitespace().next().unwrap_or_default();
    match adapter {
        "snowflake" | "redshift" | "trino" | "athena" => word == "not_null",
        "bigquery" => matches!(word, "not_null" | "primary_key" | "foreign_key"),
        "databricks" => matches!(word, "not_null" | "check"),
        "sparksql" | "hive" => false,
        _ => true,
    }
}

/// (column, kind); a constraint of the whole model has no column.
fn all_constraints(model: &Value) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = listed(model, "constraints").map(|c| (String::new(), kind(c))).collect();
    for column in listed(model, "columns") {
        let name = column["name"].as_str().unwrap_or_default();
        out.extend(listed(column, "constraints").map(|c| (name.to_owned(), kind(c))));
    }
    out
}

fn kind(constraint: &Value) -> String {
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let word = text(constraint).or_else(|| text(&constraint["type"])).unwrap_or_default();
    match (text(&constraint["expression"]), constraint["columns"].as_array()) {
        (Some(expression), _) => format!("{word} {expression}"),
        (None, Some(columns)) if !columns.is_empty() => {
            format!("{word} ({})", columns.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::dbt_contract;
    use crate::tests::corpus;
    use serde_json::json;

    #[test]
    fn the_published_rules_come_out_as_dbt_has_them() {
        let Some(cases) = corpus("warehouse.dbt_contract_rules.jsonl") else { return };
        for case in &cases {
            let verdict = dbt_contract(&case["old"], &case["new"]);
            assert_eq!(verdict.breaking, case["expected"] == "breaking", "{}: {verdict:?}", case["id"]);
        }
        assert_eq!(cases.len(), 10);
    }

    #[test]
    fn types_are_compared_as_they_are_written() {
        let model = |t: &str| json!({"enforced": true, "materialized": "table", "columns": [{"name": "a", "type": t}]});
        for (was, is) in [("varchar(10)", "varchar(5)"), ("int", "integer"), ("text", "TEXT")] {
            assert!(dbt_contract(&model(was), &model(is)).breaking, "{was} {is}");
        }
        assert!(!dbt_contract(&model("text"), &model("text")).breaking);
        let loose = json!({"enforced": false, "columns": [{"name": "a", "type": "int"}]});
        assert!(!dbt_contract(&loose, &json!({"enforced": true, "columns": []})).breaking);
    }
    #[test]
    fn constraints_count_as_each_dbt_counts_them() {
        let model = |adapter: &str, materialized: &str, own: serde_json::Value| {
            json!({"enforced": true, "materialized": materialized, "adapter": adapter,
                   "columns": [{"name": "a", "type": "int", "constraints": own}], "constraints": []})
        };
        let key = || json!([{"type": "primary_key"}, {"type": "not_null"}]);
        let removed = |adapter| dbt_contract(&model(adapter, "table", key()), &model(adapter, "table", json!([])));
        let told = removed("snowflake").reasons;
        assert_eq!(told.iter().filter(|r| r.contains("dbt 1.x lets that pass")).count(), 1, "{told:?}");
        assert!(removed("postgres").reasons.iter().all(|r| !r.contains("lets that pass")));
        // A view never held them, and a table that becomes one lets go of them.
        assert!(!dbt_contract(&model("postgres", "view", key()), &model("postgres", "view", json!([]))).breaking);
        assert!(dbt_contract(&model("postgres", "incremental", key()), &model("postgres", "view", key())).breaking);
        assert!(!dbt_contract(&model("postgres", "table", key()), &model("postgres", "incremental", key())).breaking);
        // Turning the contract off hides nothing else.
        let off = json!({"enforced": false, "materialized": "table", "columns": []});
        let reasons = dbt_contract(&model("postgres", "table", key()), &off).reasons;
        assert!(reasons.len() == 2 && reasons[1].contains("`a` is removed"), "{reasons:?}");
    }
}
