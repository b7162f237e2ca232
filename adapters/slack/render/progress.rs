//! Who has answered and who has not: `1 of 2 acknowledged: ✓ finance · ⏳ growth`.

use crate::text::{self, escape};
use tessera_ports::notifier::NoticeTeam;

/// At most `room` long. Empty when nobody is asked.
pub(super) fn line(teams: &[NoticeTeam], room: usize) -> String {
    let asked: Vec<&NoticeTeam> = teams.iter().filter(|t| !t.answer.is_empty()).collect();
    if asked.is_empty() {
        return String::new();
    }
    let acknowledged = asked.iter().filter(|t| matches!(t.answer.as_str(), "approved" | "migrating")).count();
    let mut line = format!("{acknowledged} of {} acknowledged: ", asked.len());
    for (i, team) in asked.iter().enumerate() {
        let name = one(team);
        if i > 0 {
            line.push_str(" · ");
        }
        if text::len(&line) + text::len(&name) + 20 > room {
            line.push_str(&format!("+{} more", asked.len() - i));
            break;
        }
        line.push_str(&name);
    }
    line
}

fn one(team: &NoticeTeam) -> String {
    let name = escape(&team.name, 80);
    match team.answer.as_str() {
        "approved" => format!("✓ {name}"),
        "migrating" => format!("✓ {name} (migrating)"),
        "missing" => format!("⏳ {name}"),
        other => format!("✗ {name} ({})", escape(other, 40)),
    }
}

pub(super) fn is_missing(team: &NoticeTeam) -> bool {
    team.answer == "missing"
}

pub(super) fn anyone_missing(teams: &[NoticeTeam]) -> bool {
    teams.iter().any(is_missing)
}
