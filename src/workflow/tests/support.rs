//! The little world of the workflow's tests: four teams, one asset, and changes written in one line.

use crate::*;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tessera_model::actor::{ActorKind, Scope};
use tessera_model::contract::SchemaFormat;
use tessera_model::ids::{ContractId, DriftId, TeamId};
use tessera_model::report::{AssetChange, ChangeFields, Coverage};
use tessera_model::{
    Actor, Compatibility, Effect, Evidence, EvidenceSource, Fingerprint, Judgment, Reader, ReaderKind, UseKind,
};

pub(super) const TEAMS: [&str; 4] = ["producers", "finance", "growth", "ml"];

pub(super) fn id<T: std::str::FromStr>(n: u8) -> T {
    format!("00000000-0000-7000-8000-0000000000{n:02x}").parse().ok().unwrap()
}

pub(super) fn team_id(name: &str) -> Option<TeamId> {
    let at = TEAMS.iter().position(|t| t.eq_ignore_ascii_case(name))?;
    Some(id(u8::try_from(at).unwrap()))
}

pub(super) fn team_name(team: TeamId) -> &'static str {
    TEAMS.into_iter().find(|t| team_id(t) == Some(team)).unwrap()
}

/// Day one, plus hours.
pub(super) fn at(hours: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

/// `kind:team:scope[:name]`, such as `human:finance:write`, `agent:growth:admin:copilot`, `daemon`.
pub(super) fn actor(text: &str) -> Actor {
    let mut words = text.split(':');
    let kind = match words.next().unwrap() {
        "daemon" => return Actor::daemon(),
        "human" => ActorKind::Human,
        "agent" => ActorKind::Agent,
        "ci" => ActorKind::Ci,
        other => panic!("no actor kind `{other}` in `{text}`"),
    };
    let team = words.next().filter(|t| !t.is_empty()).map(|t| team_id(t).expect(text));
    let scope = match words.next() {
        Some("read") => Scope::Read,
        Some("admin") => Scope::Admin,
        _ => Scope::Write,
    };
    let name = words.next().unwrap_or(text).to_owned();
    Actor { kind, name, scope, team, key: None, on_behalf_of: None }
}

/// `column rule after [breaking|notify|waived] : reader@team=effect, …`; no team: `reader=effect`. The asset is
/// `shop.orders` unless the column is written `asset/column`.
pub(super) fn change(text: &str) -> AssetChange {
    let (head, readers) = text.split_once(':').unwrap_or((text, ""));
    let words: Vec<&str> = head.split_whitespace().collect();
    let [path, rule, after, weight] = words[..] else { panic!("four words before the colon: `{text}`") };
    let (asset, column) = path.split_once('/').unwrap_or(("shop.orders", path));
    let readers = readers.split(',').map(str::trim).filter(|r| !r.is_empty()).map(|r| reader(r, column)).collect();
    AssetChange {
        asset: asset.into(),
        node: None,
        column: Some(column.into()),
        change: ChangeFields {
            rule: rule.into(),
            breaking: weight != "notify",
            before: json!("before"),
            after: json!(after),
            message: format!("{column} {rule}"),
            reads: Judgment::Fails,
            writes: Judgment::Ok,
            suggestion: None,
            steps: Vec::new(),
            fingerprint: String::new(),
        },
        file: None,
        line: None,
        team: Some(if asset == "shop.orders" { "producers".into() } else { "growth".into() }),
        readers,
        acknowledged: weight == "waived",
        proposal: None,
        caused_by: Vec::new(),
    }
}

fn reader(text: &str, column: &str) -> Reader {
    let (who, effect) = text.split_once('=').unwrap_or((text, "breaks"));
    let (name, team) = who.split_once('@').map_or((who, None), |(n, t)| (n, Some(t.to_owned())));
    Reader {
        name: name.into(),
        kind: ReaderKind::DbtModel,
        team,
        effect: serde_json::from_value::<Effect>(json!(effect)).expect(text),
        columns: vec![column.into()],
        uses: vec![UseKind::Filter],
        evidence: Evidence { source: EvidenceSource::Dbt, first_seen: None, last_seen: None, count: 1 },
        via: Vec::new(),
        reason: None,
    }
}

pub(super) fn changes(list: &Value) -> Vec<AssetChange> {
    list.as_array().into_iter().flatten().map(|c| change(c.as_str().unwrap())).collect()
}

pub(super) fn opening(changes: Vec<AssetChange>, opened_by: Actor, drift: bool) -> Opening {
    let required = requirements(&changes, Some("producers"), &team_id);
    Opening {
        id: id(0x50),
        asset: id(0x51),
        asset_fqn: "shop.orders".into(),
        origin: if drift { ProposalOrigin::Drift } else { ProposalOrigin::Api },
        base: Some(base(1)),
        base_fingerprint: Some(print(1)),
        target_fingerprint: Fingerprint("target".into()),
        format: SchemaFormat::Table,
        schema: json!({"columns": []}),
        guarantees: Value::Null,
        version: None,
        compatibility: Compatibility::default(),
        changes,
        required,
        opened_by,
        proposed_by: team_id("producers"),
        drift: drift.then(|| id::<DriftId>(0x52)),
        change_set: None,
        coverage: Coverage::default(),
        now: at(0),
    }
}

/// The nth contract of the asset.
pub(super) fn base(n: u8) -> ContractId {
    id(0x60 + n)
}

pub(super) fn print(n: u8) -> Fingerprint {
    Fingerprint(format!("base-{n}"))
}
