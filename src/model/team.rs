//! Teams: who owns assets, reads them and is asked.

use crate::ids::TeamId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Team {
    pub id: TeamId,
    /// Unique among living teams, compared without case.
    pub name: String,
    /// Where the team is told: a Slack channel (`#name` or an id); `None` falls back to the default channel.
    #[serde(default)]
    pub slack_channel: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub metadata: serde_json::Value,
    pub created_at: Timestamp,
    #[serde(default)]
    pub deleted_at: Option<Timestamp>,
}

/// Checks a team's name: 1 to 255 characters, beginning and ending with a letter or digit, spaces, `_`, `-`, `.` and
/// `&` between. The error says what is wrong.
pub fn check_team_name(name: &str) -> Result<(), String> {
    let ok_inside = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '&');
    let edge = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if name.chars().count() > 255 {
        return Err("a team's name has at most 255 characters".into());
    }
    if !edge(name.chars().next()) || !edge(name.chars().last()) || !name.chars().all(ok_inside) {
        return Err(format!(
            "`{name}` is no team name: letters, digits, spaces, `_`, `-`, `.` and `&`, beginning and ending with a letter or digit"
        ));
    }
    Ok(())
}
