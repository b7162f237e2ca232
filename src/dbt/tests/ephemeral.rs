//! Ephemeral models in the compiled code of their readers.

use super::support::manifest;
use serde_json::{Value, json};

fn project(ctes: &Value) -> crate::Project {
    let sql = "with __dbt__cte__ab as (select 1 as x), __dbt__cte__outer_v2 as (select * from __dbt__cte__ab) select * from __dbt__cte__outer_v2";
    let ephemeral = |name: &str, alias: &str, reads: &[&str]| json!({"resource_type": "model", "name": name, "alias": alias, "config": {"materialized": "ephemeral"}, "depends_on": {"nodes": reads}});
    manifest(
        "postgres",
        &json!({"nodes": {
            "model.shop.a": ephemeral("a", "a", &[]),
            "model.shop.ab": ephemeral("ab", "ab", &[]),
            "model.shop.outer.v2": ephemeral("outer", "outer_v2", &["model.shop.ab"]),
            "model.shop.fct": {"resource_type": "model", "name": "fct", "compiled_code": sql, "extra_ctes": ctes,
                "depends_on": {"nodes": ["model.shop.outer.v2", "model.shop.a"]}},
        }}),
    )
}

#[test]
fn both_engines_name_what_was_pasted_in() {
    let core = json!([
        {"id": "model.shop.ab", "sql": " __dbt__cte__ab as (select 1 as x)"},
        {"id": "model.shop.outer.v2", "sql": " \"__dbt__cte__outer_v2\" as (select * from __dbt__cte__ab)"},
    ]);
    let expected = [("__dbt__cte__ab", "model.shop.ab"), ("__dbt__cte__outer_v2", "model.shop.outer.v2")];
    // Fusion does not list them: the names in the SQL are matched with what is reachable through ephemeral models.
    for ctes in [core, Value::Null] {
        let p = project(&ctes);
        let found: Vec<_> =
            p.nodes["model.shop.fct"].injected_ctes.iter().map(|(c, id)| (c.as_str(), id.as_str())).collect();
        assert_eq!(found, expected, "{ctes}");
    }
}
