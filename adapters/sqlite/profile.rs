//! dbt-sqlite's `profiles.yml` output as settings of this adapter: `schemas_and_paths` names one file per schema.

use serde_json::{Map, Value};
use tessera_ports::adapter::SettingsError;

pub(crate) fn from_dbt_profile(output: &Value) -> Result<Value, SettingsError> {
    let Some(output) = output.as_object() else {
        return Err(SettingsError::new("profiles.yml: the output is not a mapping of keys"));
    };
    if let Some(kind) = output.get("type").and_then(Value::as_str).filter(|k| *k != "sqlite") {
        return Err(SettingsError::new(format!("profiles.yml: the output has type `{kind}`, expected `sqlite`")));
    }
    let mut settings = Map::new();
    if let Some(database) = output.get("database").filter(|d| d.is_string()) {
        settings.insert("database".to_owned(), database.clone());
    }
    let mut attach = Map::new();
    if let Some(files) = output.get("schemas_and_paths") {
        let Some(files) = files.as_object() else {
            return Err(SettingsError::new("profiles.yml: `schemas_and_paths` is not a mapping from schema to file"));
        };
        for (schema, path) in files {
            if !path.is_string() {
                return Err(SettingsError::new(format!("profiles.yml: `schemas_and_paths.{schema}` is not a path")));
            }
            attach.insert(schema.clone(), path.clone());
        }
    }
    let main = attach.remove("main").or_else(|| output.get("path").filter(|p| p.is_string()).cloned());
    let Some(main) = main else {
        return Err(SettingsError::new("profiles.yml: the output has no `schemas_and_paths.main`"));
    };
    settings.insert("path".to_owned(), main);
    if !attach.is_empty() {
        settings.insert("attach".to_owned(), Value::Object(attach));
    }
    Ok(Value::Object(settings))
}
