//! `tessera init`: a first tessera.toml from what a dbt project already says. Nothing is guessed and no secret is copied:
//! the warehouse's credentials stay in profiles.yml, teams are those that dbt names.

mod people;
mod profile;
mod project;
mod write;

#[cfg(test)]
mod tests;

use crate::cli::InitArgs;
use crate::{CommandResult, commands, config, wiring};
use anyhow::{Context, Result, anyhow, bail};
use people::People;
use profile::Warehouse;
use project::{DbtProject, Manifest};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Everything that was found, in the order in which it is told.
#[derive(Debug)]
struct Found {
    project: DbtProject,
    manifest: Manifest,
    warehouse: Warehouse,
    codeowners: Option<PathBuf>,
    people: People,
}

pub(crate) fn run(args: InitArgs) -> CommandResult {
    let kinds: Vec<&'static str> = wiring::warehouse_specs().iter().map(|s| s.kind).collect();
    let found = find(&args, &kinds)?;
    let text = write::config(&found, &base_of(&args.output));
    // What is written must be right by construction; if it is not, better no file than a wrong one.
    let shown = args.output.display().to_string();
    let (settings, _) = config::parse(&text, &shown, std::iter::empty()).context("what would be written is wrong")?;
    config::validate(&settings).context("what would be written is wrong")?;
    save(&args.output, &text, args.force)?;
    commands::print(&tell(&found, &args.output))
}

fn find(args: &InitArgs, kinds: &[&'static str]) -> Result<Found> {
    let project = project::read(&args.dbt_dir)?;
    let manifest = project::manifest(&project);
    let env = |name: &str| std::env::var(name).ok();
    let warehouse = profile::find(&project, args.profiles_dir.as_deref(), kinds, &env);
    let codeowners = people::codeowners(&project.root);
    let people = people::find(&project, codeowners.as_deref());
    Ok(Found { project, manifest, warehouse, codeowners, people })
}

/// The folder that relative paths in the file will be relative to.
fn base_of(output: &Path) -> PathBuf {
    let parent = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    parent.canonicalize().unwrap_or_else(|_| std::path::absolute(parent).unwrap_or_else(|_| parent.to_owned()))
}

fn save(path: &Path, text: &str, force: bool) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} exists: say --force to replace it, or --output FILE to write another", path.display());
        }
        Err(e) => return Err(anyhow!(e).context(format!("cannot write {}", path.display()))),
    };
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// What was found, what is missing, and the next two commands.
fn tell(found: &Found, output: &Path) -> String {
    let mut out = format!("wrote {}\n\nfound\n", output.display());
    let mut row = |what: &str, said: &str| out.push_str(&format!("  {what:<12} {said}\n"));
    row("dbt project", &format!("{} ({})", found.project.name, found.project.root.display()));
    row("manifest", &found.manifest.said());
    row("warehouse", &found.warehouse.said());
    match &found.codeowners {
        Some(path) => row("CODEOWNERS", &path.display().to_string()),
        None => row("CODEOWNERS", "none (looked in the repository's root, .github, .gitlab and docs)"),
    }
    row("teams", &found.people.said());
    let notes: Vec<&String> = found.project.notes.iter().chain(&found.people.notes).collect();
    for note in &notes {
        row("note", note);
    }
    let flag =
        if output == Path::new("tessera.toml") { String::new() } else { format!(" --config {}", output.display()) };
    let next = if found.manifest.is_ready() {
        [format!("tessera doctor{flag}"), format!("tessera serve{flag}")]
    } else {
        ["dbt compile".to_owned(), format!("tessera doctor{flag}")]
    };
    out.push_str(&format!("\nnext\n  {}\n  {}\n", next[0], next[1]));
    out
}

/// On one line, without control characters: for comments, messages and values of the file.
fn line(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `to` as seen from the folder `base`, with forward slashes; absolute when the two share nothing.
fn relative(base: &Path, to: &Path) -> String {
    let to = std::path::absolute(to).unwrap_or_else(|_| to.to_owned());
    let (from, into): (Vec<_>, Vec<_>) = (base.components().collect(), to.components().collect());
    let same = from.iter().zip(&into).take_while(|(a, b)| a == b).count();
    if same <= 1 && from.len() > 1 {
        return to.display().to_string();
    }
    let up = std::iter::repeat_n("..".to_owned(), from.len() - same);
    let down = into[same..].iter().map(|c| c.as_os_str().to_string_lossy().into_owned());
    let path: Vec<String> = up.chain(down).collect();
    if path.is_empty() { ".".to_owned() } else { path.join("/") }
}
