//! What dbt itself says of a changed contract (`state:modified.contract`), as dbt judges it: for comparison, beside our own
//! judgment. Rules read in dbt-core 1.12 (`ModelNode.same_contract`) and dbt 2.0 (`dbt-schemas`, nodes.rs).

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
/// "constraints": […]}`; constraints are names or objects with a `type`.
pub fn dbt_contract(old: &Value, new: &Value) -> DbtVerdict {
    let mut reasons = Vec::new();
    // Only a model whose old contract was enforced is looked at.
    if enforced(old) {
        if enforced(new) {
            columns(old, new, &mut reasons);
            constraints(old, new, &mut reasons);
        } else {
            reasons.push("the contract is not enforced any more".to_owned());
        }
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
        let (was, is) = (base(&column["type"]), base(&now["type"]));
        if was != is {
            reasons.push(format!("the data_type of `{name}` changes from {was} to {is}"));
        }
    }
}

/// dbt compares the text before the bracket without case: sizes do not count, and aliases are other types.
fn base(spelling: &Value) -> String {
    let text = spelling.as_str().unwrap_or_default();
    text.split('(').next().unwrap_or_default().trim().to_lowercase()
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
            reasons.push(format!("the constraint {kind} of {of} is removed"));
        }
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
    fn sizes_do_not_count_and_aliases_do() {
        let model = |t: &str| json!({"enforced": true, "materialized": "table", "columns": [{"name": "a", "type": t}]});
        assert!(!dbt_contract(&model("varchar(10)"), &model("VARCHAR(5)")).breaking);
        assert!(dbt_contract(&model("int"), &model("integer")).breaking);
        let loose = json!({"enforced": false, "columns": [{"name": "a", "type": "int"}]});
        assert!(!dbt_contract(&loose, &json!({"enforced": true, "columns": []})).breaking);
    }
}
