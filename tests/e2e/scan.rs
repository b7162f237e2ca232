//! A real PostgreSQL that somebody changes by hand, and a daemon that scans it every two seconds.

use crate::common::{CHANNEL, PATIENCE, asked, broken, contracts, pending, slack_webhook};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;
use tessera_tests::fake_slack::{FakeSlack, WEBHOOK_CHANNEL, render_text};
use tessera_tests::postgres::{TestDatabase, database};
use tessera_tests::{TestDaemon, World, orchard};

struct Stage {
    database: TestDatabase,
    slack: FakeSlack,
    daemon: TestDaemon,
}

/// orchard v1, built and accepted; nothing is open and nobody was told anything.
async fn stage(database: TestDatabase, url: &str) -> Stage {
    let slack = FakeSlack::start().await.unwrap();
    let mut world = World::new();
    let target = world.path("orchard/target");
    orchard::write_target(&target, &orchard::orchard(1, "pg"), database.name());
    world.dbt("orchard", &target);
    world.section(&format!(
        "[[warehouse]]\nname = \"pg\"\nkind = \"postgres\"\ncron = \"*/2 * * * * *\"\nurl = \"{url}\"\nsslmode = \"disable\"\n"
    ));
    world.section(&slack_webhook(&slack));
    let stage = Stage { database, slack, daemon: world.start().await };
    contracts(&stage.daemon, 10).await;
    stage.slots(2).await;
    assert_eq!(stage.daemon.get("/drift").await["total"], 0, "an untouched warehouse has no drift");
    assert_eq!(stage.daemon.get("/proposals").await["total"], 0);
    assert_eq!(stage.slack.all_messages().len(), 0, "nobody is told of nothing");
    stage
}

impl Stage {
    fn sql(&self, sql: &str) -> Timestamp {
        self.database.sql(sql).unwrap();
        Timestamp::now()
    }

    /// Waits until so many scans have begun after now and ended.
    async fn slots(&self, count: usize) -> Vec<Value> {
        let now = Timestamp::now();
        self.daemon
            .until("scans", "/scans?limit=20", PATIENCE, |v| {
                let ended: Vec<Value> = v["results"]
                    .as_array()?
                    .iter()
                    .filter(|s| at(s, "started_at") >= now && s["status"] != "running")
                    .cloned()
                    .collect();
                (ended.len() >= count).then_some(ended)
            })
            .await
    }

    /// The one open drift, found by the first scan that began after the change.
    async fn found(&self, changed: Timestamp) -> Value {
        let drift = self
            .daemon
            .until("drift", "/drift?status=open", PATIENCE, |v| v["results"].as_array()?.first().cloned())
            .await;
        let first = at(&drift, "first_seen");
        let scans = self.daemon.all("/scans?warehouse=pg").await;
        let between = scans.iter().filter(|s| at(s, "started_at") >= changed && at(s, "started_at") <= first).count();
        assert!(between <= 1, "found by scan {between} after the change: {drift:#}");
        assert_eq!(self.daemon.get("/drift?status=open").await["total"], 1);
        drift
    }

    /// One proposal and one Slack message about it.
    async fn asked_once(&self, what: &str, messages: usize) -> Value {
        let proposal = pending(&self.daemon, 1).await.remove(0);
        assert_eq!(broken(&proposal), [what]);
        let text =
            self.slack.wait_for(PATIENCE, |all| (all.len() > messages).then(|| render_text(all.last().unwrap()))).await;
        let text = text.unwrap_or_else(|| panic!("Slack heard nothing of {what}"));
        let column = what.split(['.', ' ']).nth(1).unwrap();
        assert!(text.contains(column), "{text}");
        for team in asked(&proposal) {
            assert!(text.contains(&team), "{team} is asked but not named:\n{text}");
        }
        // Seen again and again, told once.
        self.slots(2).await;
        assert_eq!(self.slack.messages(WEBHOOK_CHANNEL).len(), messages + 1, "one message each time");
        assert_eq!(pending(&self.daemon, 1).await[0]["id"], proposal["id"]);
        proposal
    }

    /// After the change was put back: drift resolved, proposal withdrawn.
    async fn resolved(&self, drift: &Value, proposal: &Value) {
        let id = |v: &Value| v["id"].as_str().unwrap().to_owned();
        let path = format!("/drift/{}", id(drift));
        self.daemon.until("the drift to resolve", &path, PATIENCE, |d| (d["status"] == "resolved").then_some(())).await;
        let gone = self.daemon.get(&format!("/proposals/{}", id(proposal))).await;
        assert_eq!(gone["status"], "withdrawn", "{gone:#}");
        assert_eq!(self.daemon.get("/drift?status=open").await["total"], 0);
        // The end is told, too.
        let count = self.slack.all_messages().len();
        self.slots(1).await;
        let told = self
            .slack
            .wait_for(Duration::from_secs(10), |all| {
                all.iter().any(|m| render_text(m).to_lowercase().contains("withdrawn")).then_some(())
            })
            .await;
        assert!(told.is_some(), "{count} messages, none says that it is over");
    }
}

fn at(value: &Value, key: &str) -> Timestamp {
    value[key].as_str().and_then(|t| t.parse().ok()).unwrap_or_else(|| panic!("{key} of {value:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warehouse_changed_by_hand_asks_the_readers_once_and_resolves_itself() {
    let Some(database) = database("scans of a changed PostgreSQL") else { return };
    orchard::load(&database);
    let url = database.url();
    let s = stage(database, &url).await;
    let told = || s.slack.all_messages().len();

    // A dropped column that only an exposure reads.
    let before = told();
    let drift = s.found(s.sql("ALTER TABLE analytics.dim_customers_v1 DROP COLUMN email")).await;
    let proposal = s.asked_once("dim_customers_v1.email column-removed", before).await;
    assert_eq!(asked(&proposal), ["ML"], "churn_model declares that it reads email");
    s.sql("ALTER TABLE analytics.dim_customers_v1 ADD COLUMN email text");
    s.resolved(&drift, &proposal).await;

    // A retyped one.
    let before = told();
    let drift = s.found(s.sql("ALTER TABLE analytics.dim_customers_v1 ALTER COLUMN customer_id TYPE text")).await;
    let proposal = s.asked_once("dim_customers_v1.customer_id type-changed", before).await;
    assert_eq!(asked(&proposal), ["ML"]);
    s.sql("ALTER TABLE analytics.dim_customers_v1 ALTER COLUMN customer_id TYPE integer USING customer_id::integer");
    s.resolved(&drift, &proposal).await;

    // NOT NULL dropped: the contract of dbt has it, and a test of growth's model joins by it.
    let drop = "ALTER TABLE analytics.fct_orders DROP CONSTRAINT fct_orders_pkey; ALTER TABLE analytics.fct_orders ALTER COLUMN order_id DROP NOT NULL";
    let changed = s.sql(drop);
    let drift = s.found(changed).await;
    let proposal = pending(&s.daemon, 1).await.remove(0);
    assert!(broken(&proposal).contains(&"fct_orders.order_id nullable-added".to_owned()), "{proposal:#}");
    assert!(
        asked(&proposal).contains(&"growth".to_owned()),
        "dim_customers v2 counts order_id: {:?}",
        asked(&proposal)
    );
    s.sql("ALTER TABLE analytics.fct_orders ADD PRIMARY KEY (order_id)");
    s.resolved(&drift, &proposal).await;

    assert_eq!(s.slack.violations(), Vec::<String>::new(), "Slack's documented limits");
    assert!(s.slack.messages(CHANNEL).is_empty(), "an incoming webhook has one channel");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_is_suspect_and_drops_nothing() {
    let Some(database) = database("scans of a PostgreSQL with a revoked grant") else { return };
    let role = format!("tessera_role_{}", database.name().rsplit('_').next().unwrap());
    database.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'")).unwrap();
    orchard::load(&database);
    let grants = |verb: &str, preposition: &str| {
        format!(
            "{verb} USAGE ON SCHEMA analytics {preposition} {role}; {verb} SELECT ON ALL TABLES IN SCHEMA analytics {preposition} {role}"
        )
    };
    database.sql(&grants("GRANT", "TO")).unwrap();
    let url = database.url().replacen("postgres://", "", 1);
    let host = url.split_once('@').map_or(url.as_str(), |(_, host)| host).to_owned();
    let s = stage(database, &format!("postgres://{role}:secret@{host}")).await;

    s.sql(&grants("REVOKE", "FROM"));
    let suspect = s
        .daemon
        .until("a suspect scan", "/scans?limit=5", PATIENCE, |v| {
            v["results"].as_array()?.iter().find(|s| s["status"] == "suspect").cloned()
        })
        .await;
    assert_eq!((&suspect["dropped"], &suspect["drifts_opened"]), (&0.into(), &0.into()), "{suspect:#}");
    assert!(
        suspect["findings"].as_array().unwrap().iter().any(|f| f.to_string().contains("GRANT")),
        "the remedy is named: {suspect:#}"
    );
    s.slots(3).await;
    assert_eq!(s.daemon.get("/drift").await["total"], 0, "a missing grant is no drop");
    assert_eq!(s.daemon.get("/proposals").await["total"], 0);
    assert_eq!(s.slack.all_messages().len(), 1, "people are told once that the scan is not believed");

    s.sql(&grants("GRANT", "TO"));
    let now = Timestamp::now();
    s.daemon
        .until("a trusted scan", "/scans?limit=5", PATIENCE, |v| {
            let newest =
                v["results"].as_array()?.iter().find(|s| at(s, "started_at") > now && s["status"] != "running")?;
            (newest["status"] == "complete" || newest["status"] == "unchanged").then_some(())
        })
        .await;
    assert_eq!(s.daemon.get("/drift").await["total"], 0);
    drop(s.daemon);
    s.database.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
}
