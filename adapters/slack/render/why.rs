//! *Why you*: for each team what it reads of the changed asset, how, and what the change does to it. This is the part of
//! the message people act on, so it names columns and readers rather than counting them only.

use super::Size;
use crate::blocks::Lines;
use crate::text::{self, and, bold, code, count, date, escape};
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::{Effect, EvidenceSource, Reader, ReaderKind, UseKind};
use tessera_ports::notifier::NoticeTeam;

const COLUMNS: usize = 5;
const NAMES: usize = 4;
/// Room for the `+N more teams` that may have to follow.
const MORE: usize = 40;

pub(super) fn sections(teams: &[NoticeTeam], size: Size) -> Vec<Lines> {
    let mut done = Vec::new();
    let mut lines = Lines::new(size.room);
    for (index, team) in teams.iter().enumerate() {
        let line = team_text(team, (size.room - MORE - 1).min(1_600));
        if text::len(&line) + MORE <= lines.room() && lines.push(&line) {
            continue;
        }
        if done.len() + 1 == size.sections {
            lines.push(&format!("+{}", count(teams.len() - index, "more team")));
            break;
        }
        done.push(std::mem::replace(&mut lines, Lines::new(size.room)));
        lines.push(&line);
    }
    done.push(lines);
    done
}

/// At most `most` long, so that it always fits into an empty section: first why, then the note, then the names of readers.
fn team_text(team: &NoticeTeam, most: usize) -> String {
    let mut text = format!("{}: {}", bold(&team.name, 100), because(&team.because));
    let mut room = most.saturating_sub(text::len(&text));
    let mut note = None;
    if let Some(said) = team.note.as_deref().filter(|_| room > 150) {
        let answer = if team.answer.is_empty() { "note" } else { &team.answer };
        let said = format!("\n> {}: {}", escape(answer, 40), escape(said, 300.min(room - 60)));
        room -= text::len(&said);
        note = Some(said);
    }
    for line in effects(&team.because) {
        let more = "\n• and more readers";
        if text::len(&line) + 1 + text::len(more) > room {
            text.push_str(if text::len(more) <= room { more } else { "" });
            break;
        }
        room -= text::len(&line) + 1;
        text.push('\n');
        text.push_str(&line);
    }
    text + note.as_deref().unwrap_or("")
}

fn because(readers: &[Reader]) -> String {
    if readers.is_empty() {
        return "asked, although no reader is known by name".to_owned();
    }
    // One reader may use several of the changed tables.
    let known: BTreeSet<(ReaderKind, &str)> = readers.iter().map(|r| (r.kind, r.name.as_str())).collect();
    let mut kinds: BTreeMap<ReaderKind, usize> = BTreeMap::new();
    for (kind, _) in &known {
        *kinds.entry(*kind).or_default() += 1;
    }
    let who: Vec<String> = kinds.iter().map(|(kind, n)| count(*n, noun(*kind))).collect();
    let verb = match (readers.iter().all(|r| r.effect == Effect::MayRead), known.len()) {
        (true, _) => "may read",
        (false, 1) => "reads",
        (false, _) => "read",
    };
    let mut text = format!("your {} {verb} {}{}", and(&who), columns(readers), uses(readers));
    if let Some(seen) = readers.iter().filter_map(|r| r.evidence.last_seen).max() {
        text.push_str(&format!("; last seen {}", date(seen)));
    }
    let queries = readers.iter().filter(|r| r.evidence.source == EvidenceSource::QueryHistory);
    let queries = queries.fold(0_u64, |sum, r| sum.saturating_add(r.evidence.count));
    if queries > 0 {
        text.push_str(&format!("; {}", count(usize::try_from(queries).unwrap_or(usize::MAX), "query")));
    }
    text
}

/// One line per effect, worst first, with the readers' names.
fn effects(readers: &[Reader]) -> Vec<String> {
    let mut lines = Vec::new();
    for (effect, says) in [
        (Effect::Breaks, "breaks"),
        (Effect::Changes, "changes the output of"),
        (Effect::MayRead, "cannot be told for"),
        (Effect::Reads, "is read, unharmed, by"),
    ] {
        let hit: Vec<&Reader> = readers.iter().filter(|r| r.effect == effect).collect();
        if !hit.is_empty() {
            lines.push(format!("• {says} {}", names(&hit)));
        }
    }
    lines
}

fn noun(kind: ReaderKind) -> &'static str {
    match kind {
        ReaderKind::DbtModel => "model",
        ReaderKind::DbtSnapshot => "snapshot",
        ReaderKind::DbtTest => "test",
        ReaderKind::Exposure => "exposure",
        ReaderKind::Registration => "registration",
        ReaderKind::View => "view",
        ReaderKind::Query => "query",
        ReaderKind::Agent => "agent",
    }
}

fn columns(readers: &[Reader]) -> String {
    let all: BTreeSet<&str> = readers.iter().flat_map(|r| r.columns.iter().map(String::as_str)).collect();
    if all.is_empty() {
        return "this table (columns not known)".to_owned();
    }
    let shown: Vec<String> = all.iter().take(COLUMNS).map(|c| code(c, 80)).collect();
    match all.len().saturating_sub(COLUMNS) {
        0 => and(&shown),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn uses(readers: &[Reader]) -> String {
    let all: BTreeSet<UseKind> = readers.iter().flat_map(|r| r.uses.iter().copied()).collect();
    if all.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = all.iter().map(|u| if *u == UseKind::Project { "select" } else { u.name() }).collect();
    format!(" ({})", names.join(", "))
}

fn names(readers: &[&Reader]) -> String {
    let shown: Vec<String> = readers.iter().take(NAMES).map(|r| name(r)).collect();
    match readers.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{}, +{more} more", shown.join(", ")),
    }
}

fn name(reader: &Reader) -> String {
    let mut aside = Vec::new();
    if let Some(nearest) = reader.via.first() {
        aside.push(format!("via {}", code(short(nearest), 60)));
    }
    if let Some(reason) = reader.reason.as_deref().map(|r| escape(r, 80)).filter(|r| !r.is_empty()) {
        aside.push(reason);
    }
    let name = code(short(&reader.name), 60);
    if aside.is_empty() { name } else { format!("{name} ({})", aside.join("; ")) }
}

/// What people call a dbt node: `model.shop.dim_customers.v2` is `dim_customers.v2`.
fn short(name: &str) -> &str {
    let mut parts = name.splitn(3, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("model" | "snapshot" | "seed" | "source" | "test" | "exposure" | "analysis"), Some(_), Some(rest))
            if !rest.is_empty() =>
        {
            rest
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tessera_model::Evidence;

    #[test]
    fn a_reader_of_two_changed_tables_is_one_reader() {
        let reader = |column: &str, effect| Reader {
            name: "exposure.shop.churn".to_owned(),
            kind: ReaderKind::Exposure,
            team: None,
            effect,
            columns: vec![column.to_owned()],
            uses: vec![UseKind::Filter],
            evidence: Evidence { source: EvidenceSource::Exposure, first_seen: None, last_seen: None, count: 0 },
            via: Vec::new(),
            reason: None,
        };
        let said = because(&[reader("email", Effect::Breaks), reader("amount", Effect::Reads)]);
        assert_eq!(said, "your 1 exposure reads `amount` and `email` (filter)");
    }
}
