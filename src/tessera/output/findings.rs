//! Errors and findings for people: what is wrong, where, how to mend it.

use super::style::Paint;
use super::words;
use std::io::{self, IsTerminal, Write};
use tessera_model::Finding;
use tessera_model::finding::Severity;

/// Prints `error: what` and its causes to standard error, one per line. A message of several lines keeps its lines.
pub(crate) fn error(e: &anyhow::Error) {
    let mut stderr = io::stderr().lock();
    let paint = Paint(super::color(stderr.is_terminal()));
    // Nobody is left to tell when standard error is closed.
    let _ = stderr.write_all(error_text(e, paint).as_bytes());
}

pub(super) fn error_text(e: &anyhow::Error, paint: Paint) -> String {
    let mut said = String::new();
    let mut out = String::new();
    for (i, cause) in e.chain().enumerate() {
        let text = words::clean(&cause.to_string());
        // Many errors repeat their cause in their own text.
        if i > 0 && (text.trim().is_empty() || said.contains(text.trim())) {
            continue;
        }
        let mut lines = text.trim_end().lines();
        let first = lines.next().unwrap_or_default();
        if i == 0 {
            out.push_str(&format!("{} {first}\n", paint.red("error:")));
        } else {
            out.push_str(&format!("  {} {first}\n", paint.dim("because:")));
        }
        for line in lines {
            out.push_str(&format!("  {line}\n"));
        }
        said.push_str(&text);
    }
    out
}

/// Each finding on a line, its remedy on the next.
pub(crate) fn finding_lines(findings: &[Finding], w: &mut dyn Write, color: bool) -> io::Result<()> {
    w.write_all(findings_text(findings, Paint(color), "").as_bytes())
}

pub(super) fn findings_text(findings: &[Finding], paint: Paint, indent: &str) -> String {
    let mut out = String::new();
    for finding in sorted(findings) {
        let label = format!("{}:", words::severity(finding.severity));
        let label = match finding.severity {
            Severity::Error => paint.red(&label),
            Severity::Warning => paint.yellow(&label),
            Severity::Info => paint.cyan(&label),
        };
        let subject = subject(finding).map(|s| format!("{s}: ")).unwrap_or_default();
        let code = paint.dim(&format!("[{}]", words::clean_line(&finding.code)));
        out.push_str(&format!("{indent}{label} {subject}{} {code}\n", words::clean_line(&finding.message)));
        for (i, line) in finding.remedy.as_deref().map(words::clean).unwrap_or_default().lines().enumerate() {
            out.push_str(&format!("{indent}  {} {line}\n", if i == 0 { "→" } else { " " }));
        }
    }
    out
}

/// The subject, unless the message names it anyway.
pub(super) fn subject(finding: &Finding) -> Option<String> {
    let subject = words::clean_line(finding.subject.as_deref()?);
    (!subject.is_empty() && !finding.message.contains(&subject)).then_some(subject)
}

/// Worst first, otherwise as they came.
pub(super) fn sorted(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|f| f.severity);
    sorted
}
