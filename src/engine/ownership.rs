//! Who owns a model, who stands behind an exposure. By priority (DESIGN §4): configuration, exposure, group, meta,
//! CODEOWNERS, path rules, default; nobody is a visible finding. Every name goes through the configured aliases, so that
//! `Finance Analytics`, `finance` and `@org/finance` can be one team.

use crate::settings::Settings;
use serde_json::Value;
use std::collections::BTreeMap;
use tessera_dbt::codeowners::CodeOwners;
use tessera_dbt::{Exposure, Node, Owner, Project};
use tessera_model::TableName;

/// A team's name and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    pub team: String,
    /// `config`, `exposure`, `group`, `meta`, `codeowners`, `path`, `default`.
    pub origin: &'static str,
}

/// How to reach a team that dbt names: kept when the team is created.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TeamHint {
    pub slack: Option<String>,
    pub email: Option<String>,
}

/// The rules of one configuration, and what was learned about teams on the way.
#[derive(Debug)]
pub struct OwnerBook<'a> {
    settings: &'a Settings,
    codeowners: Option<&'a CodeOwners>,
    pub hints: BTreeMap<String, TeamHint>,
}

impl<'a> OwnerBook<'a> {
    pub fn new(settings: &'a Settings, codeowners: Option<&'a CodeOwners>) -> Self {
        let hints = settings
            .team
            .iter()
            .map(|t| (t.name.clone(), TeamHint { slack: t.slack_channel.clone(), email: t.email.clone() }))
            .collect();
        OwnerBook { settings, codeowners, hints }
    }

    /// The configured name for a name found somewhere, or that name itself, made acceptable.
    pub fn canonical(&self, name: &str) -> String {
        let name = name.trim();
        let same = |a: &str| a.eq_ignore_ascii_case(name);
        if let Some(team) = self.settings.team.iter().find(|t| same(&t.name) || t.aliases.iter().any(|a| same(a))) {
            return team.name.clone();
        }
        let cleaned: String = name
            .chars()
            .map(|c| if c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '&') { c } else { '-' })
            .collect();
        cleaned.trim_matches(|c: char| !c.is_alphanumeric()).chars().take(255).collect()
    }

    fn learn(&mut self, team: &str, slack: Option<&str>, email: Option<&str>) {
        let hint = self.hints.entry(team.to_owned()).or_default();
        if hint.slack.is_none() {
            hint.slack = slack.filter(|s| !s.is_empty()).map(str::to_owned);
        }
        if hint.email.is_none() {
            hint.email = email.filter(|s| s.contains('@') && !s.starts_with('@')).map(str::to_owned);
        }
    }

    fn found(
        &mut self,
        name: &str,
        origin: &'static str,
        slack: Option<&str>,
        email: Option<&str>,
    ) -> Option<Ownership> {
        let team = self.canonical(name);
        if team.is_empty() {
            return None;
        }
        self.learn(&team, slack, email);
        Some(Ownership { team, origin })
    }

    pub fn of_table(&self, name: &TableName) -> Option<Ownership> {
        let fqn = name.to_string();
        let hit = self.settings.team.iter().find(|t| t.owns.iter().any(|glob| glob_matches(glob, &fqn)))?;
        Some(Ownership { team: hit.name.clone(), origin: "config" })
    }

    pub fn default_team(&mut self) -> Option<Ownership> {
        let name = self.settings.ownership.default_team.clone()?;
        self.found(&name, "default", None, None)
    }

    pub fn of_node(&mut self, project: &Project, node: &Node) -> Option<Ownership> {
        if let Some(hit) = node.relation.as_ref().and_then(|r| self.of_table(r)) {
            return Some(hit);
        }
        if let Some(name) = &node.group {
            let owner = project.group(name).map(|g| g.owner.clone()).unwrap_or_default();
            if let Some(hit) = self.found(name, "group", owner.slack(), owner.email()) {
                return Some(hit);
            }
        }
        let text = |key: &str| node.meta.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(name) = text("owner").or_else(|| text("team")).or_else(|| text("owner_team")) {
            let (slack, email) = (text("slack").or_else(|| text("slack_channel")), text("email"));
            if let Some(hit) = self.found(&name, "meta", slack.as_deref(), email.as_deref()) {
                return Some(hit);
            }
        }
        if let Some(hit) = self.of_path(node.path.as_deref()) {
            return Some(hit);
        }
        self.default_team()
    }

    fn of_path(&mut self, path: Option<&str>) -> Option<Ownership> {
        let path = path?.replace('\\', "/");
        let handles: Vec<String> =
            self.codeowners.map(|c| c.owners(&path).iter().map(ToString::to_string).collect()).unwrap_or_default();
        if let Some(handle) = handles.first() {
            let map = &self.settings.ownership.codeowners;
            let name = map.get(handle).cloned().unwrap_or_else(|| {
                let bare = handle.trim_start_matches('@');
                bare.rsplit('/').next().unwrap_or(bare).to_owned()
            });
            let email = Some(handle.as_str()).filter(|h| h.contains('@') && !h.starts_with('@'));
            if let Some(hit) = self.found(&name, "codeowners", None, email) {
                return Some(hit);
            }
        }
        let rule = self.settings.ownership.paths.iter().find(|r| glob_matches(&r.path, &path))?.team.clone();
        self.found(&rule, "path", None, None)
    }

    pub fn of_exposure(&mut self, exposure: &Exposure) -> Option<Ownership> {
        let Owner { name, .. } = &exposure.owner;
        let email = exposure.owner.email().map(str::to_owned);
        if let Some(name) = name.clone().or_else(|| email.clone()) {
            let slack = exposure.owner.slack().map(str::to_owned);
            if let Some(hit) = self.found(&name, "exposure", slack.as_deref(), email.as_deref()) {
                return Some(hit);
            }
        }
        if let Some(group) = exposure.group.clone() {
            return self.found(&group, "group", None, None);
        }
        self.of_path(exposure.path.as_deref()).or_else(|| self.default_team())
    }
}

/// `*` matches within a segment of a path (`/`) and `**` across; in dotted names `*` matches anything but a dot, too.
/// Without case.
pub(crate) fn glob_matches(glob: &str, text: &str) -> bool {
    fn go(g: &[char], t: &[char], ends: &dyn Fn(char) -> bool) -> bool {
        match g.first() {
            None => t.is_empty(),
            Some('*') if g.get(1) == Some(&'*') => {
                let rest = g.get(2..).unwrap_or_default();
                let rest = rest.strip_prefix(&['/']).unwrap_or(rest);
                (0..=t.len()).any(|i| go(rest, &t[i..], ends))
            }
            Some('*') => {
                let end = t.iter().position(|c| ends(*c)).unwrap_or(t.len());
                (0..=end).any(|i| go(&g[1..], &t[i..], ends))
            }
            Some('?') => !t.is_empty() && go(&g[1..], &t[1..], ends),
            Some(c) => t.first() == Some(c) && go(&g[1..], &t[1..], ends),
        }
    }
    let lower = |s: &str| s.to_lowercase().chars().take(1000).collect::<Vec<_>>();
    // A dot ends a segment of a name, not of a file: `models/*.sql` and `db.schema.fct_*` both work.
    let path = glob.contains('/') || text.contains('/');
    let ends = |c: char| c == '/' || (c == '.' && !path);
    go(&lower(glob), &lower(text), &ends)
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn globs() {
        for (glob, text, expected) in [
            ("shop.analytics.fct_*", "shop.analytics.fct_orders", true),
            ("shop.analytics.fct_*", "shop.analytics.dim_orders", false),
            ("*.analytics.*", "SHOP.Analytics.x", true),
            ("*.analytics.*", "shop.x.analytics.y", false),
            ("models/marts/**", "models/marts/finance/a.sql", true),
            ("models/*/a.sql", "models/marts/a.sql", true),
            ("models/*/a.sql", "models/marts/x/a.sql", false),
            ("models/marts/*.sql", "models/marts/fct.orders.sql", true),
            ("**", "anything/at.all", true),
            ("", "x", false),
        ] {
            assert_eq!(glob_matches(glob, text), expected, "{glob} {text}");
        }
    }
}
