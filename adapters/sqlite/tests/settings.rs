//! Settings as people write them, rightly and wrongly; and dbt's profiles.

use crate::register;
use crate::settings::Settings;
use serde_json::json;

#[test]
fn settings_are_read_or_explained() {
    let read = Settings::read("w", &json!({"path": "data/shop.db"})).unwrap();
    assert_eq!(read.database, "shop");
    let named = Settings::read("w", &json!({"path": "data/shop.db", "database": "analytics"})).unwrap();
    assert_eq!(named.database, "analytics");
    let cases = [
        (json!({"pth": "x"}), "unknown key `pth`; did you mean `path`?"),
        (json!({}), "`path` is missing: set it to the database file"),
        (json!({"path": "a.db", "attach": {"main": "b.db"}}), "`path` and `attach.main` name the same schema"),
        (json!({"path": "a.db", "busy_timeout": "x"}), "`busy_timeout`: expected a time"),
    ];
    for (value, expected) in cases {
        let message = Settings::read("w", &value).unwrap_err().message;
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn dbt_profiles_become_settings() {
    let from = register().from_dbt_profile;
    let read = from(&json!({
        "type": "sqlite", "threads": 1, "database": "database", "schema": "main",
        "schemas_and_paths": {"main": "file.db", "etl": "etl.db"}, "schema_directory": "schemas"
    }))
    .unwrap();
    assert_eq!(read, json!({"database": "database", "path": "file.db", "attach": {"etl": "etl.db"}}));
    assert!((register().build)("w", &read).is_ok());
    for (wrong, expected) in [
        (json!({"type": "duckdb"}), "has type `duckdb`"),
        (json!({"type": "sqlite"}), "no `schemas_and_paths.main`"),
        (json!({"type": "sqlite", "schemas_and_paths": "x"}), "not a mapping"),
    ] {
        assert!(from(&wrong).unwrap_err().message.contains(expected));
    }
}
