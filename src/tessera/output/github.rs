//! GitHub workflow commands: annotations on the changed lines. GitHub shows ten of each kind per step, so the worst come
//! first and the verdict is a line of its own.

use super::findings::{sorted, subject};
use super::view::{self, Item, Level, View};
use super::words::{self, clean, clean_line};
use tessera_model::finding::Severity;

pub(super) fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    for item in &view.items {
        let kind = match item.level {
            _ if view.stops(item) => "error",
            Level::Blocking | Level::Undecided | Level::Unread => "warning",
            Level::Acknowledged | Level::Affecting | Level::Compatible => "notice",
        };
        let title = format!("{}: {}", clean_line(&item.change.change.rule), view::short(item.change));
        out.push_str(&command(kind, item.change.file.as_deref(), item.change.line, &title, &body(item)));
    }
    for finding in sorted(&view.report.findings) {
        let kind = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut text = subject(finding).map(|s| format!("{s}: ")).unwrap_or_default();
        text.push_str(&clean(&finding.message));
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("\n→ {}", clean(remedy)));
        }
        out.push_str(&command(kind, None, None, &clean_line(&finding.code), &text));
    }
    if !view.report.coverage.unknown.is_empty() {
        let causes: Vec<String> = view
            .causes()
            .into_iter()
            .map(|(cause, models)| format!("{cause} ({}): {}", models.len(), words::list(&models, 20)))
            .collect();
        out.push_str(&command(
            "warning",
            None,
            None,
            "unknown",
            &format!("{}\n{}", view.coverage(), causes.join("\n")),
        ));
    }
    let kind = if view.report.exit == 0 { "notice" } else { "error" };
    out.push_str(&command(kind, None, None, "tessera check", &view.verdict()));
    out
}

fn body(item: &Item<'_>) -> String {
    let c = item.change;
    let mut lines = vec![clean(&c.change.message)];
    let transition = words::transition(&c.change.rule, &c.change.before, &c.change.after);
    if !transition.is_empty() {
        lines.push(format!("{}: {transition} [{}]", view::full(c), item.level.label()));
    }
    for effect in view::EFFECTS {
        let readers = view::readers(c, effect);
        if !readers.is_empty() {
            let names: Vec<String> =
                readers.iter().map(|r| format!("{} ({})", clean_line(&r.name), words::team(r))).collect();
            lines.push(format!("{}: {}", view::effect(effect), words::list(&names, 10)));
        }
    }
    if c.readers.is_empty() {
        lines.push("no known reader".to_owned());
    }
    if !c.caused_by.is_empty() {
        lines.push(format!("caused by {}", c.caused_by.iter().map(|c| clean_line(c)).collect::<Vec<_>>().join(", ")));
    }
    lines.extend(c.change.suggestion.as_deref().filter(|_| !c.acknowledged).map(|s| format!("→ {}", clean(s))));
    lines.join("\n")
}

pub(super) fn command(kind: &str, file: Option<&str>, line: Option<u32>, title: &str, text: &str) -> String {
    let mut properties = Vec::new();
    if let Some(file) = file.filter(|f| !f.is_empty()) {
        properties.push(format!("file={}", property(file)));
        properties.extend(line.map(|l| format!("line={l}")));
    }
    properties.push(format!("title={}", property(title)));
    format!("::{kind} {}::{}\n", properties.join(","), data(text))
}

/// Escaping as GitHub's runner reads it: a value ends at a line end, a property also at `:` and `,`.
fn data(text: &str) -> String {
    clean(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&clean_line(text)).replace(':', "%3A").replace(',', "%2C")
}
