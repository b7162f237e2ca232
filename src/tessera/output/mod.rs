//! What the program says: reports in six formats, findings, errors, tables. Each format is a pure function from a report
//! to a text; only this file writes. Standard output carries data, standard error everything else.
//!
//! Reading order: `view` (judgments that all formats share), `words`, then the formats.

mod diff;
mod findings;
mod github;
mod json;
mod junit;
mod markdown;
mod rules;
mod sarif;
mod style;
mod table;
mod text;
mod view;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use diff::{DiffReport, render as render_diff};
pub(crate) use findings::{error, finding_lines};
pub(crate) use style::color;
pub(crate) use table::table;

use anyhow::{Context, Result, bail};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use tessera_model::report::CheckReport;
use view::View;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    Text,
    Json,
    Markdown,
    Github,
    Sarif,
    Junit,
}

impl OutputFormat {
    pub(crate) const ALL: [OutputFormat; 6] = [
        OutputFormat::Text,
        OutputFormat::Json,
        OutputFormat::Markdown,
        OutputFormat::Github,
        OutputFormat::Sarif,
        OutputFormat::Junit,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            OutputFormat::Text => "text",
            OutputFormat::Json => "json",
            OutputFormat::Markdown => "markdown",
            OutputFormat::Github => "github",
            OutputFormat::Sarif => "sarif",
            OutputFormat::Junit => "junit",
        }
    }
}

/// One place that a report goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sink {
    pub(crate) format: OutputFormat,
    /// `None`: standard output.
    pub(crate) path: Option<PathBuf>,
}

/// What a report does not know about itself.
#[derive(Debug, Clone)]
pub(crate) struct ReportContext {
    pub(crate) project: String,
    pub(crate) dialect: String,
    /// `Mode::sentence`.
    pub(crate) mode_sentence: &'static str,
    /// For people: `prod/manifest.json`, or the server's URL.
    pub(crate) compared_with: String,
}

/// Reads `FMT[=PATH]`; nothing at all means text to standard output, and so does `-` for a path.
pub(crate) fn parse_outputs(specs: &[String]) -> Result<Vec<Sink>> {
    let mut sinks: Vec<Sink> = Vec::new();
    for spec in specs {
        let (name, path) = match spec.split_once('=') {
            Some((name, path)) => (name, Some(path)),
            None => (spec.as_str(), None),
        };
        let known = || OutputFormat::ALL.map(OutputFormat::name).join(", ");
        let wanted = match name.trim().to_ascii_lowercase().as_str() {
            "md" => "markdown".to_owned(),
            other => other.to_owned(),
        };
        let Some(format) = OutputFormat::ALL.into_iter().find(|f| f.name() == wanted) else {
            bail!("--output {spec}: there is no format `{name}`; there are {}", known());
        };
        if path == Some("") {
            bail!("--output {spec}: the path after `=` is missing; write {name}=FILE, or {name} for standard output");
        }
        let sink = Sink { format, path: path.filter(|p| *p != "-").map(PathBuf::from) };
        if let Some(other) = sinks.iter().find(|s| s.path == sink.path) {
            let place = sink.path.as_deref().map_or_else(|| "standard output".to_owned(), |p| p.display().to_string());
            bail!(
                "two outputs go to {place} ({} and {}): give one a file of its own, as in --output {}=FILE",
                other.format.name(),
                format.name(),
                format.name()
            );
        }
        sinks.push(sink);
    }
    if sinks.is_empty() {
        sinks.push(Sink { format: OutputFormat::Text, path: None });
    }
    Ok(sinks)
}

/// The report in one format. Colour is for text on a terminal only.
pub(crate) fn render(
    report: &CheckReport,
    context: &ReportContext,
    format: OutputFormat,
    color: bool,
) -> Result<String> {
    let view = View::new(report, context);
    Ok(match format {
        OutputFormat::Text => text::render(&view, color),
        OutputFormat::Json => json::render(report)?,
        OutputFormat::Markdown => markdown::render(&view),
        OutputFormat::Github => github::render(&view),
        OutputFormat::Sarif => sarif::render(&view)?,
        OutputFormat::Junit => junit::render(&view),
    })
}

pub(crate) fn write_report(report: &CheckReport, context: &ReportContext, sinks: &[Sink]) -> Result<()> {
    write_all(sinks, |format, color| render(report, context, format, color))
}

/// Writes every sink; a file that cannot be written does not keep the others from being written.
pub(crate) fn write_all(sinks: &[Sink], render: impl Fn(OutputFormat, bool) -> Result<String>) -> Result<()> {
    let mut failed = None;
    for sink in sinks {
        let colored = sink.path.is_none() && color(io::stdout().is_terminal());
        let written = render(sink.format, colored).and_then(|text| match &sink.path {
            Some(path) => write_file(path, &text),
            None => write_stdout(&text),
        });
        if let Err(e) = written {
            failed.get_or_insert(e);
        }
    }
    failed.map_or(Ok(()), Err)
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Data to standard output. A reader that has seen enough (`| head`) is no error.
pub(crate) fn write_stdout(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}
