//! The day: dbt builds a column now as numeric, now as double; somebody drops columns of a warehouse table, and sometimes
//! puts them back; the teams answer. Whoever asks the daemon asks again until it answers, as clients do.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tessera_tests::orchard::{another_run, manifest, orchard, put_manifest};
use tessera_tests::webhook_sink::WebhookSink;
use tessera_tests::{Api, World};

/// Between kills, anything is done within this.
const PATIENCE: Duration = Duration::from_secs(120);
/// Columns of the warehouse table, one for each round.
const COLUMNS: usize = 900;
const TABLE: &str = "shop.main.clicks";

/// Where the day happens.
#[derive(Debug)]
pub(crate) struct Stage {
    target: PathBuf,
    warehouse: PathBuf,
    sink: Arc<WebhookSink>,
}

/// One change that must have led to exactly one proposal: asset, column, rule, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Expected {
    pub(crate) asset: String,
    pub(crate) change: String,
    pub(crate) end: &'static str,
}

/// An answer that the daemon has confirmed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    pub(crate) proposal: String,
    pub(crate) team: String,
}

#[derive(Debug, Default)]
pub(crate) struct Lived {
    pub(crate) rounds: usize,
    pub(crate) expected: Vec<Expected>,
    pub(crate) answers: Vec<Answer>,
}

impl Stage {
    pub(crate) async fn prepare(world: &mut World, sink: Arc<WebhookSink>) -> Stage {
        let stage = Stage { target: world.path("orchard/target"), warehouse: world.path("shop.db"), sink };
        std::fs::create_dir_all(&stage.target).unwrap();
        put_manifest(&stage.target, &manifest(&orchard(1, "pg")).to_string());
        let columns: Vec<String> = (0..COLUMNS).map(|i| format!("c{i} TEXT")).collect();
        stage.sql(&format!("CREATE TABLE clicks (id INTEGER NOT NULL, {})", columns.join(", "))).await;
        world.dbt("orchard", &stage.target);
        world.section(&format!(
            "[[warehouse]]\nname = \"shop\"\nkind = \"sqlite\"\ncron = \"* * * * * *\"\npath = \"{}\"\n",
            stage.warehouse.display()
        ));
        world.section(&stage.sink.toml());
        world.section("[delivery]\npoll_seconds = 1\nmax_backoff_seconds = 1\n");
        stage
    }

    async fn sql(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(&self.warehouse).create_if_missing(true);
        let mut connection =
            SqliteConnection::connect_with(&options.busy_timeout(Duration::from_secs(30))).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// Round after round, at least four, until it is `over`; the last one is lived to its end.
pub(crate) async fn live(api: Api, stage: Stage, over: Arc<AtomicBool>) -> Lived {
    let mut day = Day { api, stage, lived: Lived::default() };
    day.morning().await;
    while (!over.load(Ordering::SeqCst) || day.lived.rounds < 4) && day.lived.rounds < COLUMNS {
        day.round().await;
    }
    day.lived
}

struct Day {
    api: Api,
    stage: Stage,
    lived: Lived,
}

impl Day {
    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.api.insist(Method::GET, path, None, PATIENCE).await;
        assert_eq!(status, 200, "GET {path}: {body:#}");
        body
    }

    async fn until<T>(&self, what: &str, path: &str, found: impl Fn(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path).await;
            if let Some(found) = found(&answer) {
                return found;
            }
            assert!(
                Instant::now() < deadline,
                "round {}: waited for {what}; {path} says {answer:#}",
                self.lived.rounds
            );
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Both baselines are accepted, and somebody reads the warehouse table.
    async fn morning(&self) {
        self.until("orchard's contracts", "/contracts?status=active", |v| v["total"].as_u64().filter(|n| *n >= 8))
            .await;
        self.until("the table", &format!("/assets?search={TABLE}"), |v| v["results"].as_array()?.first().map(|_| ()))
            .await;
        let desk = json!({"name": "desk"});
        let (status, body) = self.api.insist(Method::POST, "/teams", Some(&desk), PATIENCE).await;
        assert!(status == 201 || status == 409, "{body:#}");
        let reads = json!({"asset": TABLE, "consumer_team": "desk", "purpose": "the weekly count"});
        let (status, body) = self.api.insist(Method::POST, "/registrations", Some(&reads), PATIENCE).await;
        assert!(status == 201 || status == 200 || status == 409, "{body:#}");
    }

    /// dbt and the warehouse change at once; everybody answers; every other time the warehouse is put back instead.
    async fn round(&mut self) {
        let round = self.lived.rounds;
        let (version, rule) =
            if round.is_multiple_of(2) { (5, "numeric → double") } else { (1, "double → numeric") };
        let column = format!("c{round}");
        if round % 3 == 2 {
            self.stage.sink.refuse(2);
        }
        self.stage.sql(&format!("ALTER TABLE clicks DROP COLUMN {column}")).await;
        put_manifest(&self.stage.target, &another_run(manifest(&orchard(version, "pg"))).to_string());

        let amount = self.pending("orchard.analytics.fct_orders", "amount").await;
        let revenue = self.pending("orchard.analytics.rpt_revenue_by_country", "revenue").await;
        let clicks = self.pending(TABLE, &column).await;
        for (proposal, what) in [(&amount, "amount"), (&revenue, "revenue")] {
            self.expect(proposal, &format!("{what} {rule}"), "published");
        }
        if version == 1 {
            // v5 has one column more than v1, which nobody reads: gone, agreed by nobody being there to ask.
            let (asset, change) = ("orchard.analytics.stg_customers".to_owned(), "loyalty_tier gone".to_owned());
            self.lived.expected.push(Expected { asset, change, end: "published" });
        }
        if round % 4 == 3 {
            self.stage.sql(&format!("ALTER TABLE clicks ADD COLUMN {column} TEXT")).await;
            self.expect(&clicks, &format!("{column} gone"), "withdrawn");
        } else {
            self.expect(&clicks, &format!("{column} gone"), "published");
            self.answer(&clicks).await;
        }
        self.answer(&amount).await;
        self.answer(&revenue).await;
        let end = if round % 4 == 3 { "withdrawn" } else { "published" };
        for (proposal, end) in [(&amount, "published"), (&revenue, "published"), (&clicks, end)] {
            let path = format!("/proposals/{}", id(proposal));
            self.until(&format!("{} to be {end}", proposal["asset_fqn"]), &path, |p| {
                (p["status"] == end).then_some(())
            })
            .await;
        }
        self.lived.rounds += 1;
    }

    /// The pending proposal for one column of an asset.
    async fn pending(&self, asset: &str, column: &str) -> Value {
        self.until(
            &format!("a proposal for {asset}.{column}"),
            &format!("/proposals?status=pending&asset={asset}"),
            |v| {
                let is = |p: &&Value| {
                    p["breaking_changes"].as_array().is_some_and(|c| c.iter().any(|c| c["column"] == column))
                };
                v["results"].as_array()?.iter().find(is).cloned()
            },
        )
        .await
    }

    fn expect(&mut self, proposal: &Value, change: &str, end: &'static str) {
        let asset = proposal["asset_fqn"].as_str().unwrap().to_owned();
        self.lived.expected.push(Expected { asset, change: change.to_owned(), end });
    }

    /// Every team that is asked answers, until it hears that it was heard.
    async fn answer(&mut self, proposal: &Value) {
        for team in proposal["affected_teams"].as_array().unwrap() {
            let team = team["team_name"].as_str().unwrap().to_owned();
            let path = format!("/proposals/{}/acknowledge", id(proposal));
            let body = json!({"consumer_team": team, "response": "approved"});
            let (status, said) = self.api.insist(Method::POST, &path, Some(&body), PATIENCE).await;
            if status != 201 {
                // The answer to an earlier attempt was cut off: what counts is that it is on record.
                let now = self.get(&format!("/proposals/{}", id(proposal))).await;
                let heard =
                    now["acknowledgments"].as_array().unwrap().iter().any(|a| a["consumer_team"] == team.as_str());
                assert!(heard, "{team}'s answer was refused with {status} {said:#}, and is not on record: {now:#}");
            }
            self.lived.answers.push(Answer { proposal: id(proposal).to_owned(), team });
        }
    }
}

fn id(proposal: &Value) -> &str {
    proposal["id"].as_str().unwrap()
}
