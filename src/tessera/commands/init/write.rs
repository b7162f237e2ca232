//! The text of the new file: few keys, each with a line on what it is for; what cannot be decided here stands there as a
//! comment.

use super::people::Team;
use super::profile::{Profile, Warehouse};
use super::{Found, line, relative};
use std::path::Path;

pub(super) fn config(found: &Found, base: &Path) -> String {
    let mut out = String::from(
        "# Written by `tessera init`. All keys, with their defaults: config.example.toml in Tessera's repository.\n\
         # Relative paths are relative to this file. `tessera doctor` checks what stands here.\n\n\
         [store]\n# One daemon: a SQLite file. Several: postgres://user@host/database.\nurl = \"sqlite:tessera.db\"\n\n\
         [server]\nlisten = \"127.0.0.1:8010\"\n# How people reach this daemon: the base of links in messages.\n# public_url = \"https://tessera.example.com\"\n\n",
    );
    out.push_str(&dbt(found, base));
    out.push_str(&warehouse(found, base));
    out.push_str(&notify(&found.people.teams));
    for team in &found.people.teams {
        out.push_str(&team_block(team));
    }
    if found.people.teams.is_empty() {
        out.push_str("# dbt names no groups yet. A team, and what it owns:\n# [[team]]\n# name = \"finance\"\n# slack_channel = \"#finance-data\"\n# owns = [\"*.marts.fct_*\"]\n\n");
    }
    if !found.people.others.is_empty() {
        let names: Vec<String> = found.people.others.iter().map(|n| quoted(n)).collect();
        out.push_str(&format!("# Also named as owners in dbt, and teams by that: {}.\n# To merge one with a team above, add it to the team's `aliases`.\n\n", names.join(", ")));
    }
    out.push_str(&ownership(found));
    out
}

fn dbt(found: &Found, base: &Path) -> String {
    let mut out = format!(
        "# Watched: dbt writes its manifest there.\n[[dbt]]\nname = {}\npath = {}\nenvironment = \"production\"\n",
        quoted(&found.project.name),
        quoted(&relative(base, &found.project.target))
    );
    if let Some(path) = &found.codeowners {
        out.push_str(&format!("codeowners = {}\n", quoted(&relative(base, path))));
    }
    out.push('\n');
    out
}

fn warehouse(found: &Found, base: &Path) -> String {
    match &found.warehouse {
        Warehouse::Scanned(profile) => {
            let mut out = String::from(
                "# Scanned on schedule. Host and credentials stay in dbt's profiles.yml; the role needs to read the catalog only.\n",
            );
            out.push_str(&block(profile, base, ""));
            out
        }
        Warehouse::NotScanned(profile) => {
            let kind = line(&profile.kind);
            let mut out = format!(
                "# Tessera cannot scan {kind} yet. Column lineage, `tessera check` and proposals work from the manifest alone;\n\
                 # what somebody changes in the warehouse by hand is not seen. Until there is an adapter, this stays a comment:\n"
            );
            out.push_str(&block(profile, base, "# "));
            out
        }
        Warehouse::None(why) => format!(
            "# No warehouse: {}.\n# [[warehouse]]\n# name = \"warehouse\"\n# kind = \"postgres\"\n# url = {{ env = \"WAREHOUSE_URL\" }}\n# cron = \"0 */15 * * * *\"\n\n",
            line(why)
        ),
    }
}

fn block(profile: &Profile, base: &Path, mark: &str) -> String {
    let mut lines = vec![
        "[[warehouse]]".to_owned(),
        format!("name = {}", quoted(&format!("{}-{}", profile.profile, profile.target))),
        format!("kind = {}", quoted(&profile.kind)),
        format!("dbt_profile = {}", quoted(&profile.profile)),
        format!("dbt_target = {}", quoted(&profile.target)),
    ];
    if !profile.others.is_empty() {
        lines.push(format!("# Other targets of this profile: {}.", profile.others.join(", ")));
    }
    if !is_home(&profile.dir) {
        lines.push(format!("profiles_dir = {}", quoted(&relative(base, &absolute(&profile.dir)))));
    }
    lines.push("# Seconds first: every 15 minutes.".to_owned());
    lines.push("cron = \"0 */15 * * * *\"".to_owned());
    lines.push("timezone = \"UTC\"".to_owned());
    let text: String =
        lines.iter().map(|l| if l.starts_with('#') { format!("{l}\n") } else { format!("{mark}{l}\n") }).collect();
    format!("{text}\n")
}

/// `~/.dbt` is where profiles are looked for anyway.
fn is_home(dir: &Path) -> bool {
    let home = std::env::var_os("HOME").map(|h| Path::new(&h).join(".dbt"));
    home.is_some_and(|h| absolute(&h) == absolute(dir))
}

fn absolute(path: &Path) -> std::path::PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn notify(teams: &[Team]) -> String {
    let channel = teams.iter().find_map(|t| t.slack.clone()).unwrap_or_else(|| "#data-changes".to_owned());
    format!(
        "# Who is told, and where. The bot needs chat:write; teams with a slack_channel are told there.\n# [[notify]]\n# name = \"slack\"\n# kind = \"slack\"\n# bot_token = {{ env = \"SLACK_BOT_TOKEN\" }}\n# default_target = {}\n\n",
        quoted(&channel)
    )
}

fn team_block(team: &Team) -> String {
    let mut out = format!("[[team]]\nname = {}\n", quoted(&team.name));
    if let Some(slack) = &team.slack {
        out.push_str(&format!("slack_channel = {}\n", quoted(slack)));
    }
    if let Some(email) = &team.email {
        out.push_str(&format!("email = {}\n", quoted(email)));
    }
    if !team.aliases.is_empty() {
        let aliases: Vec<String> = team.aliases.iter().map(|a| quoted(a)).collect();
        out.push_str(&format!("aliases = [{}]\n", aliases.join(", ")));
    }
    out.push('\n');
    out
}

fn ownership(found: &Found) -> String {
    if found.people.handles.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "# CODEOWNERS handles and the team each stands for; without a line, the handle's last part is the team.\n[ownership.codeowners]\n",
    );
    for (handle, team) in &found.people.handles {
        match team {
            Some(team) => out.push_str(&format!("{} = {}\n", quoted(handle), quoted(team))),
            None => out.push_str(&format!("# {} = \"team\"\n", quoted(handle))),
        }
    }
    out
}

/// A TOML string on one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in line(text).chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
