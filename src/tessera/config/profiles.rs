//! dbt's profiles.yml, so that credentials stand in one place. Only `env_var` and dbt's cast filters are understood; any
//! other Jinja is refused with its name. Values are never printed.

use anyhow::{Context, Result, anyhow, bail};
use minijinja::{Environment, Error, ErrorKind, Value as Jinja};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// `--profiles-dir`, `DBT_PROFILES_DIR`, the project's own directory, `~/.dbt`.
fn locate(dir: Option<&Path>, project: Option<&Path>) -> Result<PathBuf> {
    let given = dir.map(Path::to_owned).or_else(|| std::env::var_os("DBT_PROFILES_DIR").map(PathBuf::from));
    let home = std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".dbt"));
    let places: Vec<PathBuf> = match given {
        Some(dir) => vec![dir],
        None => {
            project.map(Path::to_owned).into_iter().chain(std::iter::once(PathBuf::from("."))).chain(home).collect()
        }
    };
    places.iter().map(|p| p.join("profiles.yml")).find(|p| p.is_file()).ok_or_else(|| {
        anyhow!("no profiles.yml in {}", places.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))
    })
}

/// The whole file, with its strings still templates.
pub(crate) fn read_profiles(dir: Option<&Path>, project: Option<&Path>) -> Result<(PathBuf, Value)> {
    let path = locate(dir, project)?;
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let value: Value = serde_norway::from_str(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
    Ok((path, value))
}

/// One output of one profile, rendered. Its `type` says which adapter it is for.
pub(crate) fn profile_output(
    profiles: &Value,
    profile: &str,
    target: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Value> {
    let names = |v: &Value| v.as_object().map(|m| m.keys().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default();
    let entry = profiles
        .get(profile)
        .ok_or_else(|| anyhow!("profiles.yml has no profile `{profile}`; it has {}", names(profiles)))?;
    let from_env = env("DBT_TARGET");
    let fallback = match entry.get("target") {
        Some(t) => Some(render(t, env, "target")?),
        None => None,
    };
    let target = target
        .map(str::to_owned)
        .or(from_env)
        .or_else(|| fallback.and_then(|t| t.as_str().map(str::to_owned)))
        .unwrap_or_else(|| "default".into());
    let outputs = entry.get("outputs").ok_or_else(|| anyhow!("profile `{profile}` has no outputs"))?;
    let output = outputs
        .get(&target)
        .ok_or_else(|| anyhow!("profile `{profile}` has no output `{target}`; it has {}", names(outputs)))?;
    render(output, env, &format!("{profile}.{target}"))
}

fn render(value: &Value, env: &dyn Fn(&str) -> Option<String>, at: &str) -> Result<Value> {
    Ok(match value {
        Value::String(text) if text.contains("{{") || text.contains("{%") => template(text, env, at)?,
        Value::Array(items) => Value::Array(
            items.iter().enumerate().map(|(i, v)| render(v, env, &format!("{at}.{i}"))).collect::<Result<_>>()?,
        ),
        Value::Object(map) => Value::Object(
            map.iter().map(|(k, v)| Ok((k.clone(), render(v, env, &format!("{at}.{k}"))?))).collect::<Result<_>>()?,
        ),
        other => other.clone(),
    })
}

fn template(text: &str, env: &dyn Fn(&str) -> Option<String>, at: &str) -> Result<Value> {
    if text.contains("{%") {
        bail!("profiles.yml, {at}: only {{{{ env_var('NAME') }}}} is understood, no Jinja blocks");
    }
    // Which variables it asks for is found by asking: each missing one is looked up and the text rendered again.
    let mut jinja = Environment::new();
    let names = env_names(text);
    let values: Vec<(String, Option<String>)> = names.into_iter().map(|n| (n.clone(), env(&n))).collect();
    jinja.add_function("env_var", move |name: String, default: Option<String>| -> Result<String, Error> {
        let found = values.iter().find(|(n, _)| *n == name).and_then(|(_, v)| v.clone()).or(default);
        found
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("environment variable `{name}` is not set")))
    });
    for filter in ["as_number", "int", "as_native"] {
        jinja.add_filter(filter, |v: Jinja| -> Jinja {
            v.as_str().and_then(|s| s.trim().parse::<i64>().ok()).map_or(v, Jinja::from)
        });
    }
    jinja.add_filter("as_bool", |v: Jinja| -> Jinja {
        Jinja::from(matches!(v.as_str().map(str::to_lowercase).as_deref(), Some("true" | "1" | "yes" | "on")))
    });
    jinja.add_filter("as_text", |v: Jinja| -> String { v.to_string() });
    let whole = text.trim().strip_prefix("{{").and_then(|t| t.strip_suffix("}}")).filter(|t| !t.contains("{{"));
    let wrong = |e: Error| match e.kind() {
        ErrorKind::UnknownFunction | ErrorKind::UnknownFilter | ErrorKind::UndefinedError => {
            anyhow!(
                "profiles.yml, {at}: only env_var with the filters int, as_number, as_bool, as_native and as_text is understood ({})",
                e.detail().unwrap_or("other Jinja")
            )
        }
        _ => anyhow!("profiles.yml, {at}: {}", e.detail().unwrap_or("this template cannot be rendered")),
    };
    if let Some(expression) = whole {
        let value = jinja.compile_expression(expression).and_then(|e| e.eval(())).map_err(wrong)?;
        if value.is_undefined() {
            bail!("profiles.yml, {at}: only env_var('NAME') is understood here");
        }
        return Ok(serde_json::to_value(&value).unwrap_or_else(|_| Value::String(value.to_string())));
    }
    Ok(Value::String(jinja.render_str(text, ()).map_err(wrong)?))
}

/// Names between the quotes of `env_var('…'`.
fn env_names(text: &str) -> Vec<String> {
    text.split("env_var")
        .skip(1)
        .filter_map(|rest| {
            let rest = rest.trim_start().strip_prefix('(')?.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            rest[1..].split(quote).next().map(str::to_owned)
        })
        .collect()
}
