//! The configuration: found, read, overridden from the environment, checked as a whole. A wrong key is an error with the
//! place and a suggestion; nothing is guessed.

mod profiles;

pub(crate) use profiles::{profile_output, read_profiles};

use anyhow::{Context, Result, anyhow, bail};
use std::path::{Path, PathBuf};
use tessera_engine::Settings;
use tessera_engine::schedule::Schedule;

/// A configuration and where it came from (`None`: built-in defaults).
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    pub(crate) path: Option<PathBuf>,
    /// Environment variables that overrode something.
    pub(crate) overrides: Vec<String>,
}

/// `--config` > `TESSERA_CONFIG` (both come as `explicit`) > `./tessera.toml`, walking up to the repository's root > user directory.
pub(crate) fn find(explicit: Option<&Path>) -> Result<Option<PathBuf>> {
    if let Some(path) = explicit {
        if !path.is_file() {
            bail!("there is no configuration file {}", path.display());
        }
        return Ok(Some(path.to_owned()));
    }
    let mut dir = std::env::current_dir().context("the current directory cannot be told")?;
    loop {
        let candidate = dir.join("tessera.toml");
        if candidate.is_file() {
            return Ok(Some(candidate));
        }
        if dir.join(".git").exists() || !dir.pop() {
            break;
        }
    }
    let base = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".config")));
    Ok(base.map(|b| b.join("tessera/tessera.toml")).filter(|p| p.is_file()))
}

pub(crate) fn load(explicit: Option<&Path>) -> Result<Loaded> {
    let path = find(explicit)?;
    let text = match &path {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
        None => String::new(),
    };
    let shown = path.as_ref().map_or_else(|| "the environment".to_owned(), |p| p.display().to_string());
    let (mut settings, overrides) = parse(&text, &shown, std::env::vars())?;
    if let Some(path) = &path {
        let base = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        anchor(&mut settings, base);
    }
    validate(&settings).with_context(|| shown)?;
    Ok(Loaded { settings, path, overrides })
}

/// Text and environment -> settings. Errors carry line and column of the text, or the variable's name.
pub(crate) fn parse(
    text: &str,
    shown: &str,
    env: impl Iterator<Item = (String, String)>,
) -> Result<(Settings, Vec<String>)> {
    // First by itself, because only then errors know their place in the file.
    let settings: Settings = toml::from_str(text).map_err(|e| explain(&e, text, shown))?;
    let mut overrides: Vec<(String, String)> = env.filter(|(k, _)| k.starts_with("TESSERA__")).collect();
    if overrides.is_empty() {
        return Ok((settings, Vec::new()));
    }
    overrides.sort();
    let mut table: toml::Table = toml::from_str(text).map_err(|e| explain(&e, text, shown))?;
    for (name, value) in &overrides {
        set(&mut table, name, value)?;
    }
    let names: Vec<String> = overrides.into_iter().map(|(k, _)| k).collect();
    let settings = serde_path_to_error::deserialize(toml::Value::Table(table)).map_err(|e| {
        let path = e.path().to_string();
        anyhow!("{}: {} (set through {})", path, suggest(&e.inner().to_string()), names.join(", "))
    })?;
    Ok((settings, names))
}

/// `TESSERA__SECTION__KEY=value`; `TESSERA__WAREHOUSE__0__CRON` for the first of a list.
fn set(table: &mut toml::Table, name: &str, value: &str) -> Result<()> {
    let path: Vec<String> = name.trim_start_matches("TESSERA__").split("__").map(str::to_lowercase).collect();
    let Some((last, sections)) = path.split_last().filter(|(l, s)| !l.is_empty() && !s.is_empty()) else {
        bail!("{name}: write TESSERA__SECTION__KEY");
    };
    let mut node = table;
    let mut i = 0;
    while i < sections.len() {
        let entry = node.entry(sections[i].clone()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        node = match entry {
            toml::Value::Table(t) => t,
            toml::Value::Array(list) => {
                i += 1;
                let at = sections.get(i).and_then(|s| s.parse::<usize>().ok());
                let len = list.len();
                match at.and_then(|n| list.get_mut(n)) {
                    Some(toml::Value::Table(t)) => t,
                    _ => bail!(
                        "{name}: `{}` is a list of {len}: write its number, from 0, as in TESSERA__{}__0__KEY",
                        sections[i - 1],
                        sections[i - 1].to_uppercase()
                    ),
                }
            }
            _ => bail!("{name}: `{}` is a value, not a section", sections[i]),
        };
        i += 1;
    }
    let parsed = toml::from_str::<toml::Table>(&format!("v = {value}"))
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    node.insert(last.clone(), parsed);
    Ok(())
}

fn explain(error: &toml::de::Error, text: &str, shown: &str) -> anyhow::Error {
    let message = suggest(error.message());
    match error.span() {
        Some(span) => {
            let before = &text[..span.start.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
            let source = text.lines().nth(line - 1).unwrap_or_default().trim_end();
            anyhow!("{shown}:{line}:{column}: {message}\n  {source}")
        }
        None => anyhow!("{shown}: {message}"),
    }
}

/// Adds "did you mean" to serde's "unknown field `x`, expected one of `a`, `b`".
fn suggest(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field `") else { return message.to_owned() };
    let Some((wrong, rest)) = rest.split_once('`') else { return message.to_owned() };
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let best = known.iter().map(|k| (strsim::jaro_winkler(wrong, k), *k)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((score, name)) if score > 0.7 => format!("unknown key `{wrong}`: did you mean `{name}`?"),
        _ => format!("unknown key `{wrong}`; known here: {}", known.join(", ")),
    }
}

/// Relative paths in the file are relative to the file.
fn anchor(settings: &mut Settings, base: &Path) {
    let fix = |path: &mut String| {
        if Path::new(path.as_str()).is_relative() && path != "-" {
            *path = base.join(&*path).display().to_string();
        }
    };
    for project in &mut settings.dbt {
        fix(&mut project.path);
        if let Some(owners) = &mut project.codeowners {
            fix(owners);
        }
    }
    if let Some(file) =
        settings.store.url.strip_prefix("sqlite:").filter(|f| !f.starts_with(':') && !f.starts_with("//"))
    {
        let mut file = file.to_owned();
        fix(&mut file);
        settings.store.url = format!("sqlite:{file}");
    }
    for warehouse in &mut settings.warehouse {
        for key in ["path", "profiles_dir"] {
            if let Some(serde_json::Value::String(path)) = warehouse.adapter.get_mut(key) {
                fix(path);
            }
        }
    }
}

/// What serde cannot see: names that clash, schedules that never fire.
pub(crate) fn validate(settings: &Settings) -> Result<()> {
    let unique = |what: &str, names: Vec<&str>| -> Result<()> {
        let mut seen = std::collections::BTreeSet::new();
        for name in names {
            if name.trim().is_empty() {
                bail!("[[{what}]] needs a name");
            }
            if !seen.insert(name.to_lowercase()) {
                bail!("[[{what}]] `{name}` stands there twice: names are unique");
            }
        }
        Ok(())
    };
    unique("dbt", settings.dbt.iter().map(|d| d.name.as_str()).collect())?;
    unique("warehouse", settings.warehouse.iter().map(|w| w.name.as_str()).collect())?;
    unique("notify", settings.notify.iter().map(|n| n.name.as_str()).collect())?;
    unique("team", settings.team.iter().map(|t| t.name.as_str()).collect())?;
    for warehouse in &settings.warehouse {
        let schedule = Schedule::parse(warehouse.cron.as_deref().unwrap_or("0 0 * * * *"), &warehouse.timezone);
        let schedule = schedule.map_err(|e| anyhow!("[[warehouse]] `{}`: {e}", warehouse.name))?;
        if warehouse.cron.is_some() && schedule.next_after(jiff::Timestamp::now()).is_none() {
            bail!("[[warehouse]] `{}`: the schedule never fires again", warehouse.name);
        }
    }
    for team in &settings.team {
        tessera_model::team::check_team_name(&team.name).map_err(|e| anyhow!("[[team]]: {e}"))?;
    }
    if !(0.0..=100.0).contains(&settings.drift.vanish_percent) {
        bail!("[drift] vanish_percent lies between 0 and 100");
    }
    settings.server.listen.parse::<std::net::SocketAddr>().map_err(|_| {
        anyhow!("[server] listen = \"{}\": write address:port, such as 127.0.0.1:8010", settings.server.listen)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests;
