//! `tessera diff`: two schemas of any supported format, from wherever they come.

use crate::cli::DiffArgs;
use crate::commands::batch;
use crate::output::{self, DiffReport};
use crate::schemas::{self, Source, Wanted};
use crate::{CommandResult, config};
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use tessera_diff::advice::advised;
use tessera_diff::{DbtVerdict, Options, TypeRules};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Dialect};
use tessera_ports::{Clock, SystemClock};

pub(crate) async fn run(args: DiffArgs, config_path: Option<&Path>) -> CommandResult {
    if let Some(path) = &args.batch {
        return batch(path, tessera_diff::batch_line);
    }
    let sinks = output::parse_outputs(&args.output)?;
    if sinks.iter().any(|s| s.format == output::OutputFormat::Junit) {
        bail!("--output junit: a diff has no test cases; say text, json, markdown, github or sarif");
    }
    let settings = config::load(config_path)?.settings;
    let compat = Compatibility::parse(&args.mode).map_err(|e| anyhow!("--mode: {e}"))?;
    let asked = match args.format.as_deref() {
        None => None,
        Some(name) => Some(SchemaFormat::from_name(name).ok_or_else(|| {
            anyhow!("--format: `{name}` is none of json-schema, avro, protobuf, openapi, graphql, table")
        })?),
    };
    let (dialect, type_rules) = spelled(args.dialect.as_deref())?;
    let wanted = Wanted { format: asked, dialect, model: args.model.as_deref() };
    let (old, new) = sides(&args, wanted).await?;
    let (format, because) = schemas::agree(asked, &old, &new)?;
    let dialect = match dialect {
        Dialect::Generic => new.dialect.or(old.dialect).unwrap_or_default(),
        given => given,
    };
    let today = Some(tessera_engine::impact::day(SystemClock.now()));
    let options = Options { policy: settings.diff.judge_policy(), dialect, type_rules, today, ..Options::default() };
    let mut report = compare(&old, &new, args.name.as_deref(), format, compat, &options)?;
    report.because = because;
    if compat.transitive {
        report.notes.push(
            "`_transitive` asks for every retained version, and there is only one here: name each of them in turn, or ask the daemon".to_owned(),
        );
    }
    output::write_all(&sinks, |format, color| output::render_diff(&report, format, color))?;
    Ok(report.exit())
}

/// A dialect's name, or that of a table format (`iceberg-v2`).
fn spelled(name: Option<&str>) -> Result<(Dialect, Option<String>)> {
    let Some(name) = name else { return Ok((Dialect::Generic, None)) };
    match TypeRules::named(name) {
        Some(rules) => Ok((rules.dialect, Some(name.to_owned()))),
        None => Dialect::from_name(name)
            .map(|d| (d, None))
            .ok_or_else(|| anyhow!("--dialect: Tessera knows no SQL dialect or table format `{name}`")),
    }
}

/// What a registry holds is the old side, what a manifest describes the new one, where only one is named.
async fn sides(args: &DiffArgs, wanted: Wanted<'_>) -> Result<(Source, Source)> {
    let of_registry = match (&args.registry, &args.subject) {
        (Some(url), Some(subject)) => Some((url.as_str(), subject.as_str())),
        _ => None,
    };
    let version = args.version.as_deref().unwrap_or("latest");
    let manifest = args.manifest.as_ref().map(|m| m.to_string_lossy().into_owned());
    let named: Vec<&str> = [&args.old, &args.new].into_iter().flatten().map(String::as_str).collect();
    if named.iter().filter(|n| n.split('#').next() == Some("-")).count() > 1 {
        bail!("standard input can be one side only: give the other as a file");
    }
    let old = async |spec: &str| schemas::load(spec, wanted).await.context("the old schema");
    let new = async |spec: &str| schemas::load(spec, wanted).await.context("the new schema");
    let published = async |(url, subject): (&str, &str)| {
        schemas::of_registry(url, subject, version).await.context("the old schema")
    };
    match (named.as_slice(), of_registry, manifest) {
        ([a, b], None, None) => Ok((old(a).await?, new(b).await?)),
        ([b], Some(subject), None) => Ok((published(subject).await?, new(b).await?)),
        ([a], None, Some(m)) => Ok((old(a).await?, new(&m).await?)),
        ([], Some(subject), Some(m)) => Ok((published(subject).await?, new(&m).await?)),
        ([_, _], ..) => bail!("two schemas are named already: leave out --registry and --manifest, or one of the two"),
        _ => bail!(
            "two sides are needed: OLD NEW, or --registry URL --subject S with NEW, or OLD with --manifest FILE --model NAME"
        ),
    }
}

/// What the table is called where the steps run: as it is now. A file's name counts only where both sides, or the only file, have it.
fn called<'a>(old: &'a Source, new: &'a Source) -> Option<&'a str> {
    let guessed = match (old.stem.as_deref(), new.stem.as_deref()) {
        (Some(a), Some(b)) => (a == b).then_some(a),
        (a, b) => a.or(b),
    };
    old.table.as_deref().or(new.table.as_deref()).or(guessed)
}

fn compare(
    old: &Source,
    new: &Source,
    name: Option<&str>,
    format: SchemaFormat,
    compat: Compatibility,
    options: &Options,
) -> Result<DiffReport> {
    let is_table = format == SchemaFormat::Table;
    let name = name.or_else(|| called(old, new));
    let diff = advised(format, &old.value, &new.value, compat, options, name).map_err(|e| anyhow!("{e}"))?;
    let dbt: Option<DbtVerdict> =
        old.contract.as_ref().zip(new.contract.as_ref()).map(|(a, b)| tessera_diff::dbt_contract(a, b));
    let note = |s: &Source| s.notes.iter().map(|n| format!("{}: {n}", s.label)).collect::<Vec<_>>();
    let mut notes = note(old);
    notes.extend(note(new));
    Ok(DiffReport {
        old: old.label.clone(),
        new: new.label.clone(),
        file: new.file.clone(),
        format: schemas::format_name(format),
        because: String::new(),
        dialect: is_table.then(|| options.type_rules.clone().unwrap_or_else(|| options.dialect.to_string())),
        compat,
        changes: diff.changes,
        undecided: diff.undecided,
        dbt,
        notes,
    })
}
