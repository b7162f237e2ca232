//! `tessera demo`: the whole story on embedded data, with the real daemon. Everything lives in a temporary folder: a SQLite
//! store, a SQLite warehouse, a dbt project's artifacts, a Slack that only listens. No network, no account, no server.

use crate::CommandResult;
use crate::cli::{DemoArgs, ServerArgs};
use crate::client::Client;
use crate::commands::{logs, print, serve};
use crate::output::{self, ReportContext};
use crate::wiring;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use sqlx::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tessera_engine::check::{CheckOptions, check};
use tessera_engine::settings::{
    DbtSettings, LogFormat, LogSettings, NotifierSettings, Settings, Track, WarehouseSettings,
};
use tessera_engine::{Engine, world::ProjectState};
use tessera_model::Mode;
use tessera_ports::{SystemClock, UuidIds};
use tessera_slack::fake::{FakeSlack, render_text};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const MANIFEST_V1: &[u8] = include_bytes!("../../../fixtures/demo/orchard-v1.json.gz");
const MANIFEST_V5: &[u8] = include_bytes!("../../../fixtures/demo/orchard-v5.json.gz");
const CATALOG_V1: &[u8] = include_bytes!("../../../fixtures/demo/catalog-v1.json.gz");
const CATALOG_V5: &[u8] = include_bytes!("../../../fixtures/demo/catalog-v5.json.gz");
const WAREHOUSE: &str = include_str!("../../../fixtures/demo/warehouse.sql");
const INCIDENT: &str = include_str!("../../../fixtures/demo/incident.sql");
const CHANNEL: &str = "#data-changes";
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the story happens, and who tells it.
struct Stage {
    folder: std::path::PathBuf,
    client: Client,
    slack: FakeSlack,
    begun: Instant,
    chapter: usize,
}

pub(crate) async fn run(args: DemoArgs, verbose: u8) -> CommandResult {
    let level = ["error", "info", "debug"][usize::from(verbose.min(2))];
    logs(&LogSettings { format: LogFormat::Text, level: level.into() });
    let folder = tempfile::Builder::new().prefix("tessera-demo-").tempdir().context("no temporary folder")?;
    let slack = FakeSlack::start().await.context("the fake Slack cannot listen")?;
    let settings = prepare(folder.path(), &slack, &args).await?;
    let adapters = wiring::adapters(&settings)?;
    let store = wiring::open_store(&settings.store.url).await?;
    let listener = TcpListener::bind(&settings.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
    let url = format!("http://{}", listener.local_addr()?);
    let settings = Settings {
        server: tessera_engine::settings::ServerSettings { public_url: Some(url.clone()), ..settings.server },
        ..settings
    };
    let engine = Engine::new(store, Arc::new(SystemClock), Arc::new(UuidIds), settings, adapters);
    let stop = CancellationToken::new();
    let (_keep, reloads) = mpsc::channel(1);
    let daemon = tokio::spawn(serve::run_daemon(engine.clone(), listener, reloads, stop.clone()));
    let client = Client::new(&ServerArgs { server: Some(url.clone()), key: None }, None)?;
    let mut stage = Stage { folder: folder.path().to_owned(), client, slack, begun: Instant::now(), chapter: 0 };
    let told = stage.story().await;
    if let Err(e) = told {
        stop.cancel();
        let _ = daemon.await;
        return Err(e.context("the demo's story broke off"));
    }
    stage.ending(&url, args.once)?;
    if !args.once {
        serve::GRACEFUL.store(true, Ordering::SeqCst);
        let _ = tokio::signal::ctrl_c().await;
        print("stopping …")?;
    }
    stop.cancel();
    let _ = daemon.await;
    Ok(0)
}

/// Fills the folder and describes it, as a tessera.toml would.
async fn prepare(folder: &Path, slack: &FakeSlack, args: &DemoArgs) -> Result<Settings> {
    let target = folder.join("orchard/target");
    std::fs::create_dir_all(&target)?;
    std::fs::write(target.join("catalog.json.gz"), CATALOG_V1)?;
    std::fs::write(target.join("manifest.json.gz"), MANIFEST_V1)?;
    run_sql(&folder.join("orchard.db"), WAREHOUSE).await.context("the demo's warehouse cannot be made")?;
    let map = |value: Value| match value {
        Value::Object(map) => map,
        _ => serde_json::Map::default(),
    };
    let mut settings = Settings::default();
    settings.store.url = format!("sqlite:{}", folder.join("tessera.db").display());
    settings.server.listen = format!("127.0.0.1:{}", args.port);
    settings.server.auth = false;
    settings.dbt = vec![DbtSettings {
        name: "orchard".into(),
        path: target.display().to_string(),
        environment: "production".into(),
        codeowners: None,
        poll_seconds: 1,
    }];
    settings.warehouse = vec![WarehouseSettings {
        name: "orchard-db".into(),
        kind: "sqlite".into(),
        cron: Some("*/2 * * * * *".into()),
        timezone: "UTC".into(),
        jitter_seconds: 0,
        environment: "production".into(),
        track: Track::Known,
        full_scan_hours: 24,
        adapter: map(json!({"path": folder.join("orchard.db").display().to_string(), "database": "orchard"})),
    }];
    settings.notify = vec![NotifierSettings {
        name: "slack".into(),
        kind: "slack".into(),
        default_target: Some(CHANNEL.into()),
        adapter: map(slack.bot_settings(CHANNEL)),
    }];
    Ok(settings)
}

async fn run_sql(path: &Path, sql: &'static str) -> Result<()> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql(sql).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

impl Stage {
    fn chapter(&mut self, title: &str) -> Result<()> {
        self.chapter += 1;
        self.line(&format!("\n{}. {title}", self.chapter))
    }

    fn line(&self, text: &str) -> Result<()> {
        print(text).map(|_| ())
    }

    /// Asks the daemon until the answer is there.
    async fn until<T>(
        &self,
        what: &str,
        path: &str,
        query: &[(&str, &str)],
        found: impl Fn(&Value) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.client.get(path, query).await?;
            if let Some(out) = found(&answer) {
                return Ok(out);
            }
            if Instant::now() > deadline {
                bail!("waited {} s for {what}", PATIENCE.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn story(&mut self) -> Result<()> {
        self.line(
            "Tessera demo: a dbt project (orchard, 8 models), the warehouse it builds, four teams, one bad night.",
        )?;
        self.line(&format!(
            "Everything is in {}, with the real daemon; Slack is a local stand-in.",
            self.folder.display()
        ))?;
        self.baseline().await?;
        let proposals = self.incident().await?;
        self.message().await?;
        self.answers(&proposals).await?;
        self.resolution().await?;
        self.gate()
    }

    async fn baseline(&mut self) -> Result<()> {
        self.chapter("The baseline. The daemon reads the manifest and the warehouse, and accepts what it sees.")?;
        let contracts = self
            .until("contracts", "/contracts", &[("status", "active"), ("limit", "100")], |v| {
                v["total"].as_u64().filter(|n| *n >= 7)
            })
            .await?;
        self.until("the first scan", "/scans", &[], |v| {
            v["results"].as_array()?.iter().find(|s| s["status"] == "complete").map(|_| ())
        })
        .await?;
        let who = self.client.get("/who-uses", &[("name", "fct_orders.amount")]).await?;
        self.line(&format!(
            "   {contracts} contracts are active, one for each table and view; nobody had to write them."
        ))?;
        self.line("   Who uses fct_orders.amount? From the SQL alone:")?;
        for r in who["readers"].as_array().into_iter().flatten() {
            self.line(&format!("     {}", reader_line(r)))?;
        }
        Ok(())
    }

    async fn incident(&mut self) -> Result<Vec<Value>> {
        self.chapter("The night. Somebody changes the warehouse by hand, past dbt and past every review:")?;
        self.line("     ALTER TABLE dim_customers_v1 DROP COLUMN email;")?;
        self.line("     fct_orders.amount rebuilt: NUMERIC(18,2) becomes DOUBLE")?;
        run_sql(&self.folder.join("orchard.db"), INCIDENT).await.context("the incident did not happen")?;
        let drifts = self
            .until("drift", "/drift", &[("status", "open")], |v| {
                let all = v["results"].as_array()?.clone();
                (all.len() >= 2).then_some(all)
            })
            .await?;
        self.line("   The next scheduled scan finds it:")?;
        for drift in &drifts {
            for change in changes_of(drift) {
                self.line(&format!("     {}  {}", text(drift, "asset_fqn"), text(change, "message")))?;
            }
        }
        let proposals = self
            .until("proposals", "/proposals", &[("status", "pending")], |v| {
                let all = v["results"].as_array()?.clone();
                (all.len() >= 2).then_some(all)
            })
            .await?;
        self.line("   Each becomes a proposal that asks exactly the teams that read the column, and says why:")?;
        for p in &proposals {
            self.line(&format!("     {}", text(p, "asset_fqn")))?;
            for change in changes_of(p).iter().filter(|c| c["breaking"] == json!(true)) {
                for r in change["readers"].as_array().into_iter().flatten() {
                    self.line(&format!("       {}", reader_line(r)))?;
                }
            }
        }
        Ok(proposals)
    }

    async fn message(&mut self) -> Result<()> {
        self.chapter("The message. One per channel for the whole night, not one per column:")?;
        let shown = self
            .slack
            .wait_for(PATIENCE, |all| {
                all.iter().find(|m| m.channel == CHANNEL).map(|m| (m.channel.clone(), render_text(m)))
            })
            .await
            .ok_or_else(|| anyhow!("Slack heard nothing"))?;
        self.line(&format!("   Slack, {}:", shown.0))?;
        for line in shown.1.lines() {
            self.line(&format!("   │ {line}"))?;
        }
        Ok(())
    }

    async fn answers(&mut self, proposals: &[Value]) -> Result<()> {
        self.chapter("The answers. Each asked team says whether it has read it:")?;
        for p in proposals {
            let id = text(p, "id");
            let status = self.client.get(&format!("/proposals/{id}/status"), &[]).await?;
            for team in missing_teams(&status) {
                let migrating = team.contains("ML");
                let body = if migrating {
                    json!({"consumer_team": team, "response": "migrating", "migration_deadline": "2099-01-31T00:00:00Z", "notes": "the churn model moves first"})
                } else {
                    json!({"consumer_team": team, "response": "approved"})
                };
                self.client.post(&format!("/proposals/{id}/acknowledge"), &[], &body).await?;
                let what = if migrating { "is migrating (the churn model moves first)" } else { "approves" };
                self.line(&format!("     {team} {what}: {}", text(p, "asset_fqn")))?;
            }
        }
        Ok(())
    }

    async fn resolution(&mut self) -> Result<()> {
        self.chapter("The resolution. Everybody has agreed, so what stands in the warehouse is the contract now:")?;
        let settled = self
            .until("the proposals to settle", "/proposals", &[], |v| {
                let all = v["results"].as_array()?.clone();
                all.iter().all(|p| matches!(text(p, "status"), "published")).then_some(all)
            })
            .await?;
        for p in &settled {
            self.line(&format!("     {}  {}", text(p, "asset_fqn"), text(p, "status")))?;
        }
        let open = self.client.get("/drift", &[("status", "open")]).await?;
        self.line(&format!("   Open drift: {}. The Slack message was updated in place:", open["total"]))?;
        let title = self.slack.wait_for(PATIENCE, |all| {
            let text = render_text(all.iter().find(|m| m.channel == CHANNEL)?);
            // Its title: the message in between says already which of the two is published.
            text.lines().next().filter(|title| title.starts_with("Published")).map(str::to_owned)
        });
        if let Some(line) = title.await {
            self.line(&format!("   │ {line}"))?;
        }
        Ok(())
    }

    /// The same question before anything is deployed.
    fn gate(&mut self) -> Result<()> {
        self.chapter("The gate. Next time the change comes through a pull request, and CI runs `tessera check`:")?;
        let state = |manifest: &[u8], catalog: &[u8]| -> Result<ProjectState> {
            let limits = tessera_dbt::Limits::default();
            let project = tessera_dbt::parse_manifest(manifest, &limits)?;
            let catalog = Some(Arc::new(tessera_dbt::parse_catalog(catalog, &limits)?));
            Ok(ProjectState {
                name: project.name.clone(),
                environment: "production".into(),
                seen: project.generated_at,
                project: Arc::new(project),
                catalog,
            })
        };
        let settings = Settings::default();
        let options = CheckOptions {
            settings: &settings,
            codeowners: None,
            select: None,
            exclude: None,
            today: jiff::Timestamp::now(),
        };
        let report = check(&state(MANIFEST_V1, CATALOG_V1)?, &state(MANIFEST_V5, CATALOG_V5)?, &options)
            .map_err(|e| anyhow!("{e}"))?;
        let context = ReportContext {
            project: "orchard".into(),
            dialect: "sqlite".into(),
            mode_sentence: Mode::Backward.sentence(),
            compared_with: "production".into(),
        };
        output::write_report(&report, &context, &output::parse_outputs(&[])?)?;
        if report.exit != 1 {
            bail!("the gate should have closed (exit 1), it said {}", report.exit);
        }
        Ok(())
    }

    fn ending(&self, url: &str, once: bool) -> Result<()> {
        self.line(&format!("\nThat was the story, in {:.1} s.", self.begun.elapsed().as_secs_f64()))?;
        if once {
            return Ok(());
        }
        self.line(&format!("\nThe daemon is still running: {url}  (API: {url}/docs)"))?;
        self.line("Try, in another terminal:")?;
        self.line(&format!("  tessera who-uses stg_customers.status --server {url}"))?;
        self.line(&format!("  tessera inbox --server {url}"))?;
        self.line(&format!(
            "  sqlite3 {} 'ALTER TABLE dim_customers_v2 DROP COLUMN order_count'   # and watch {url}",
            self.folder.join("orchard.db").display()
        ))?;
        self.line("  tessera init --dbt-dir path/to/your/dbt/project")?;
        self.line("Ctrl-C ends the demo and removes its folder.")
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or("?")
}

fn changes_of(value: &Value) -> Vec<&Value> {
    ["breaking_changes", "changes"]
        .iter()
        .find_map(|k| value.get(*k).and_then(Value::as_array))
        .into_iter()
        .flatten()
        .collect()
}

fn reader_line(r: &Value) -> String {
    let words =
        |key: &str| r[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    let via =
        r["via"].as_array().filter(|v| !v.is_empty()).map(|_| format!(", via {}", words("via"))).unwrap_or_default();
    let uses = words("use");
    let how = if uses.is_empty() {
        text(r, "effect").replace('_', " ")
    } else {
        format!("{} ({uses})", text(r, "effect").replace('_', " "))
    };
    format!("{:<16} {}  {how}{via}", r["team"].as_str().unwrap_or("(no team)"), text(r, "name"))
}

fn missing_teams(status: &Value) -> Vec<String> {
    let proposal = status.get("proposal").unwrap_or(status);
    ["pending_consumers", "missing"]
        .iter()
        .find_map(|k| status.get(*k).or_else(|| proposal.get(*k)).and_then(Value::as_array))
        .into_iter()
        .flatten()
        .filter_map(|t| {
            t.as_str()
                .or_else(|| ["team_name", "name", "team"].iter().find_map(|k| t.get(*k)?.as_str()))
                .map(str::to_owned)
        })
        .collect()
}
