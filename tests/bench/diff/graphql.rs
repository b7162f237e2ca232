//! GitHub's GraphQL schema (1.2 MB of SDL) against an edited copy, parsing of both included. `GITHUB_GRAPHQL` names the
//! file; `diff-bench cases graphql` prints the pair for peers that are no Rust.

use crate::Measured;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tessera_diff::{Options, diff};
use tessera_model::change::Judgment;
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

/// The schema before and after: of every 50th field with a plain type the type changes, of every 50th the name, and one
/// in 50 must not be null any more.
pub fn pair() -> Result<(String, String)> {
    let file = std::env::var("GITHUB_GRAPHQL").context("set GITHUB_GRAPHQL to the SDL of @octokit/graphql-schema")?;
    let old = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    let mut seen = 0;
    let lines = old.lines().map(|line| {
        let Some((name, ty)) = line.split_once(": ").filter(|(n, t)| plain(n, t)) else {
            return line.to_owned();
        };
        seen += 1;
        match seen % 50 {
            7 => format!("{name}: {}", ty.replacen("String", "Int", 1)),
            17 => format!("{name}Renamed: {ty}"),
            27 => format!("{name}: {}", ty.trim_end_matches('!')),
            _ => line.to_owned(),
        }
    });
    let new = lines.collect::<Vec<_>>().join("\n");
    Ok((old, new))
}

/// A field without arguments, of a standard type.
fn plain(name: &str, ty: &str) -> bool {
    let word = name.trim_start();
    let indented = name.len() - word.len() == 2;
    indented && word.bytes().all(|b| b.is_ascii_alphanumeric()) && ["String", "String!", "Int", "Int!"].contains(&ty)
}

pub fn measure(name: &str) -> Result<Measured> {
    let (old, new) = pair()?;
    let (old, new) = (Value::from(old), Value::from(new));
    if name != "tessera" {
        bail!("no measurement `{name}`");
    }
    Ok(Measured::over(|| {
        let answer = diff(SchemaFormat::GraphQl, &old, &new, Compatibility::new(Mode::Backward), &Options::default());
        let said = match answer {
            Ok(d) => {
                let with = |j: Judgment| d.changes.iter().filter(|c| c.reads == j).count();
                let shown = d.changes.iter().filter(|c| c.witness.is_some()).count();
                format!(
                    "{} changes, {} break, {} risky, {shown} shown with a query",
                    d.changes.len(),
                    with(Judgment::Fails),
                    with(Judgment::Risky)
                )
            }
            Err(e) => e.to_string(),
        };
        (1, said)
    }))
}

pub fn print_pair() -> Result<()> {
    let (old, new) = pair()?;
    println!("{}", json!({"old": old, "new": new}));
    Ok(())
}
