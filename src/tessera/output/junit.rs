//! JUnit XML, for dashboards that know nothing else: one test case for each changed column. A case fails where the exit
//! code does; what is breaking but allowed is skipped with its reason, so that a green build does not hide it.

use super::findings::sorted;
use super::view::{self, EFFECTS, Item, Level, View};
use super::words::{self, clean, clean_line};
use std::collections::BTreeMap;
use tessera_model::finding::Severity;
use tessera_model::report::Verdict;

pub(super) fn render(view: &View<'_>) -> String {
    let mut cases: BTreeMap<(&str, Option<&str>), Vec<Item<'_>>> = BTreeMap::new();
    for item in &view.items {
        cases.entry((&item.change.asset, item.change.column.as_deref())).or_default().push(*item);
    }
    let (mut failures, mut errors, mut skipped) = (0, 0, 0);
    let mut body = String::new();
    for ((asset, column), items) in &cases {
        body.push_str(&format!(
            "    <testcase classname=\"{}\" name=\"{}\"{}>\n",
            attribute(asset),
            attribute(column.unwrap_or("(table)")),
            items
                .iter()
                .find_map(|i| i.change.file.as_deref())
                .map(|f| format!(" file=\"{}\"", attribute(f)))
                .unwrap_or_default(),
        ));
        // Items are sorted, so the first is the worst; a case has one outcome, and the text holds them all.
        let Some(worst) = items.first() else { continue };
        let message = attribute(&worst.change.change.message);
        let kind = attribute(&worst.change.change.rule);
        let text = element(&items.iter().map(describe).collect::<Vec<_>>().join("\n\n"));
        match worst.level {
            Level::Undecided if view.stops(worst) => {
                errors += 1;
                body.push_str(&format!("      <error type=\"{kind}\" message=\"{message}\">{text}</error>\n"));
            }
            _ if view.stops(worst) => {
                failures += 1;
                body.push_str(&format!("      <failure type=\"{kind}\" message=\"{message}\">{text}</failure>\n"));
            }
            Level::Blocking | Level::Undecided | Level::Unread | Level::Acknowledged => {
                skipped += 1;
                body.push_str(&format!("      <skipped message=\"{}\"/>\n", attribute(worst.level.label())));
                body.push_str(&format!("      <system-out>{text}</system-out>\n"));
            }
            Level::Affecting | Level::Compatible => {
                body.push_str(&format!("      <system-out>{text}</system-out>\n"));
            }
        }
        body.push_str("    </testcase>\n");
    }
    // A case of its own for what the answer rests on: a suite without cases would look like success.
    let outcome = if view.report.verdict == Verdict::Unknown || view.report.exit > 1 {
        errors += 1;
        format!("      <error type=\"unknown\" message=\"{}\"/>\n", attribute(&view.verdict()))
    } else if view.report.coverage.unknown.is_empty() {
        String::new()
    } else {
        skipped += 1;
        format!("      <skipped message=\"{}\"/>\n", attribute(&view.coverage()))
    };
    body.push_str("    <testcase classname=\"tessera\" name=\"coverage\">\n");
    body.push_str(&outcome);
    body.push_str(&format!("      <system-out>{}</system-out>\n    </testcase>\n", element(&rests_on(view))));
    let counts =
        format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"", cases.len() + 1);
    let name = attribute(&format!("tessera check: {}", view.headline()));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"{name}\" {counts}>\n{body}    <system-out>{}</system-out>\n  </testsuite>\n</testsuites>\n",
        element(&view.verdict())
    )
}

fn describe(item: &Item<'_>) -> String {
    let c = item.change;
    let mut lines = vec![format!("{} {} [{}]", view::full(c), clean_line(&c.change.rule), item.level.label())];
    let transition = words::transition(&c.change.rule, &c.change.before, &c.change.after);
    lines.extend((!transition.is_empty()).then_some(transition));
    lines.push(clean(&c.change.message));
    lines.extend(view::place(c));
    for effect in EFFECTS {
        for reader in view::readers(c, effect) {
            let reason = reader.reason.as_deref().map(|r| format!(": {}", clean_line(r))).unwrap_or_default();
            lines.push(format!(
                "{} {} ({}){reason}",
                view::effect(effect),
                clean_line(&reader.name),
                view::about(c, reader)
            ));
        }
    }
    lines.extend(c.change.suggestion.as_deref().filter(|_| !c.acknowledged).map(|s| format!("→ {}", clean(s))));
    lines.join("\n")
}

fn rests_on(view: &View<'_>) -> String {
    let mut lines = vec![view.coverage()];
    for (cause, models) in view.causes() {
        lines.push(format!("{cause} ({}): {}", models.len(), models.join(", ")));
    }
    for finding in sorted(&view.report.findings).into_iter().filter(|f| f.severity != Severity::Info) {
        lines.push(format!("{}: {}", words::severity(finding.severity), clean_line(&finding.message)));
    }
    lines.join("\n")
}

fn escape(text: &str) -> String {
    // XML 1.0 has no way at all to write most control characters and the two last code points of the basic plane.
    let legal = |c: &char| !matches!(c, '\u{fffe}' | '\u{ffff}');
    clean(text)
        .chars()
        .filter(legal)
        .collect::<String>()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn element(text: &str) -> String {
    escape(text)
}

fn attribute(text: &str) -> String {
    escape(&clean_line(text)).replace('"', "&quot;")
}
