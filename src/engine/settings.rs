//! Settings of the engine, one struct per section of the configuration file. Every struct refuses unknown keys; defaults
//! stand here and nowhere else (config.example.toml repeats them, and a test compares the two).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tessera_model::Compatibility;
use tessera_model::mode::{JudgePolicy, RuleSeverities};
use tessera_workflow::Policy;

/// The whole configuration file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub store: StoreSettings,
    pub server: ServerSettings,
    pub log: LogSettings,
    pub dbt: Vec<DbtSettings>,
    pub warehouse: Vec<WarehouseSettings>,
    pub notify: Vec<NotifierSettings>,
    pub team: Vec<TeamSettings>,
    pub ownership: OwnershipSettings,
    pub check: CheckSettings,
    pub diff: DiffSettings,
    pub drift: DriftSettings,
    pub proposals: Policy,
    pub delivery: DeliverySettings,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// `sqlite:PATH` or `postgres://user:password@host/database`.
    pub url: String,
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings { url: "sqlite:tessera.db".into() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    pub listen: String,
    /// How people reach this daemon: the base of links in messages.
    pub public_url: Option<String>,
    /// `false` only on loopback addresses, and said loudly.
    pub auth: bool,
    /// Bytes; larger request bodies are refused.
    pub max_body: usize,
    /// Name of this daemon among several on one store; must be unique. Absent: a new one at each start.
    pub replica: Option<String>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        ServerSettings {
            listen: "127.0.0.1:8010".into(),
            public_url: None,
            auth: true,
            max_body: 256 * 1024 * 1024,
            replica: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    pub format: LogFormat,
    /// A tracing filter such as `info` or `tessera_engine=debug,info`.
    pub level: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        LogSettings { format: LogFormat::Text, level: "info".into() }
    }
}

/// One dbt project to watch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DbtSettings {
    pub name: String,
    /// The `target/` directory, or a manifest.json (also gzipped).
    pub path: String,
    #[serde(default = "production")]
    pub environment: String,
    /// CODEOWNERS file, if owners are to be read from one.
    #[serde(default)]
    pub codeowners: Option<String>,
    /// Seconds between two looks at the file beside file events (network file systems have no events).
    #[serde(default = "sixty")]
    pub poll_seconds: u32,
}

fn production() -> String {
    "production".into()
}

fn sixty() -> u32 {
    60
}

/// One warehouse to scan. Keys that are not listed here go to the adapter.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct WarehouseSettings {
    pub name: String,
    /// The adapter: `postgres`, `sqlite`, …
    pub kind: String,
    /// Six fields (seconds first) or five; e.g. `0 */15 * * * *`. Absent: only scanned by hand.
    #[serde(default)]
    pub cron: Option<String>,
    /// IANA name.
    #[serde(default = "utc")]
    pub timezone: String,
    /// Up to so many seconds are added to each slot, so that many daemons do not ask at once.
    #[serde(default)]
    pub jitter_seconds: u32,
    #[serde(default = "production")]
    pub environment: String,
    /// `all` relations become assets, or only those that dbt, an API client or a consumer `known` names.
    #[serde(default)]
    pub track: Track,
    /// A full scan at least so often, whatever the probe says.
    #[serde(default = "day_of_hours")]
    pub full_scan_hours: u32,
    #[serde(flatten)]
    pub adapter: Map<String, Value>,
}

fn utc() -> String {
    "UTC".into()
}

fn day_of_hours() -> u32 {
    24
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    #[default]
    All,
    Known,
}

/// One channel through which people are told. Keys that are not listed here go to the adapter.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct NotifierSettings {
    pub name: String,
    /// The adapter: `slack`, `webhook`.
    pub kind: String,
    /// Where a message goes that no team's channel receives. Slack: a channel; webhook: unused.
    #[serde(default)]
    pub default_target: Option<String>,
    #[serde(flatten)]
    pub adapter: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TeamSettings {
    pub name: String,
    #[serde(default)]
    pub slack_channel: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    /// Other names of the same team in dbt groups, exposures and meta.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Globs over asset names (`shop.analytics.fct_*`) that this team owns, before any other rule.
    #[serde(default)]
    pub owns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnershipSettings {
    /// Globs over model file paths -> team, tried in order after CODEOWNERS.
    pub paths: Vec<PathRule>,
    /// CODEOWNERS handles -> team (`@org/data-finance` -> `finance`).
    pub codeowners: std::collections::BTreeMap<String, String>,
    /// Owner of what nothing else names. Absent: unowned, which is a finding.
    pub default_team: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PathRule {
    pub path: String,
    pub team: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNoReader {
    /// Breaking and nobody known to read it: said, exit 0.
    #[default]
    Notify,
    /// The same exits 1.
    Block,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckSettings {
    pub on_no_reader: OnNoReader,
    /// Exit 2 when a manifest holds no compiled SQL at all, unless this is set.
    pub allow_uncompiled: bool,
    /// Mode under which assets without their own are judged.
    pub compatibility: Compatibility,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Widening {
    #[default]
    Notify,
    Breaking,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiffSettings {
    pub widening: Widening,
    /// Rules that are judged otherwise than the mode judges them.
    pub rules: RuleSeverities,
}

impl DiffSettings {
    pub fn judge_policy(&self) -> JudgePolicy {
        JudgePolicy { widening_breaks: self.widening == Widening::Breaking, rules: self.rules.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftSettings {
    /// A scan that lost more than this share of a warehouse's relations is suspect…
    pub vanish_percent: f64,
    /// …if it also lost at least so many.
    pub vanish_objects: u64,
    /// More breaking drifts in one scan than this are one message, held for a person.
    pub mass_change: usize,
    /// When every affected team has consented, the observed schema becomes the contract.
    pub publish_when_approved: bool,
}

impl Default for DriftSettings {
    fn default() -> Self {
        DriftSettings { vanish_percent: 20.0, vanish_objects: 10, mass_change: 25, publish_when_approved: true }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverySettings {
    /// Longest pause between two attempts.
    pub max_backoff_seconds: u32,
    /// Give up after so long; the message stays visible as dead.
    pub give_up_hours: u32,
    /// Seconds between two looks for due messages, beside the wake-up at each commit.
    pub poll_seconds: u32,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        DeliverySettings { max_backoff_seconds: 3600, give_up_hours: 72, poll_seconds: 5 }
    }
}
