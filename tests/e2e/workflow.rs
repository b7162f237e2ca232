//! From a breaking change to its acknowledgement: who is told, who may answer, and what comes of it.

use crate::common::{CHANNEL, PATIENCE, asked, broken, contracts, pending, slack_bot};
use serde_json::{Value, json};
use tessera_tests::fake_slack::{FakeSlack, render_text};
use tessera_tests::orchard::{another_run, manifest, orchard, put_manifest, write_target};
use tessera_tests::{TestDaemon, World};

async fn orchard_with(slack: &FakeSlack, auth: bool) -> (TestDaemon, std::path::PathBuf) {
    let mut world = World::new();
    world.auth = auth;
    let target = world.path("orchard/target");
    write_target(&target, &orchard(1, "pg"), "orchard");
    world.dbt("orchard", &target);
    world.section(&slack_bot(slack));
    (world.start().await, target)
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breaking_manifest_asks_the_affected_teams_and_is_published_when_they_agree() {
    let slack = FakeSlack::start().await.unwrap();
    let (daemon, target) = orchard_with(&slack, false).await;
    contracts(&daemon, 10).await;
    put_manifest(&target, &another_run(manifest(&orchard(5, "pg"))).to_string());
    let proposals = pending(&daemon, 2).await;
    let of = |table: &str| proposals.iter().find(|p| p["asset_fqn"].as_str().unwrap().ends_with(table)).unwrap();
    let (orders, report) = (of("fct_orders"), of("rpt_revenue_by_country"));
    assert_eq!(
        (broken(orders), asked(orders)),
        (vec!["fct_orders.amount type-changed".to_owned()], vec!["CFO office".to_owned(), "ML".to_owned()])
    );
    assert_eq!(asked(report), ["CFO office"]);

    // One message per channel, naming exactly the teams that are asked, and why.
    let message =
        slack.wait_for(PATIENCE, |all| all.iter().find(|m| m.channel == CHANNEL).cloned()).await.expect("a message");
    let text = render_text(&message);
    for part in ["ML", "CFO office", "amount", "churn_model"] {
        assert!(text.contains(part), "`{part}` is missing:\n{text}");
    }
    for innocent in ["growth", "platform", "Data Platform"] {
        assert!(!text.contains(innocent), "{innocent} is not affected:\n{text}");
    }

    // By HTTP, and from a terminal.
    let (status, answer) = daemon
        .post(
            &format!("/proposals/{}/acknowledge", id(orders)),
            &json!({"consumer_team": "ML", "response": "migrating", "migration_deadline": "2099-01-31T00:00:00Z"}),
        )
        .await;
    assert_eq!((status, &answer["waiting_for"]), (201, &json!(["CFO office"])), "{answer:#}");
    let inbox = daemon.tessera(&["inbox", "--team", "CFO office"]).exits(0);
    assert!(inbox.out.contains(&id(orders)) && inbox.out.contains(&id(report)), "{inbox}");
    for proposal in [orders, report] {
        daemon.tessera(&["ack", &id(proposal), "--team", "CFO office", "--approve"]).exits(0);
    }
    for proposal in [orders, report] {
        let settled = daemon.get(&format!("/proposals/{}", id(proposal))).await;
        assert_eq!(settled["status"], "published", "{settled:#}");
    }
    let audit = daemon.all(&format!("/audit?entity=proposal&entity_id={}", id(orders))).await;
    let actions: Vec<&str> = audit.iter().filter_map(|e| e["action"].as_str()).collect();
    assert_eq!(actions.iter().filter(|a| **a == "proposal.acknowledged").count(), 2, "{actions:?}");

    // The same message was updated in place.
    let done = slack
        .wait_for(PATIENCE, |all| {
            all.iter().find(|m| m.channel == CHANNEL && render_text(m).contains("Published")).cloned()
        })
        .await
        .expect("the message says how it ended");
    assert_eq!(done.ts, message.ts, "chat.update, not another message");
    assert!(!done.history.is_empty());
    assert_eq!(slack.messages(CHANNEL).len(), 1);
    assert_eq!(slack.violations(), Vec::<String>::new());
    daemon.tessera(&["store", "verify"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_decide_who_may_do_what() {
    let slack = FakeSlack::start().await.unwrap();
    let (mut daemon, target) = orchard_with(&slack, true).await;
    let (status, refused) = daemon.call(reqwest::Method::GET, "/proposals", None).await;
    assert_eq!((status, &refused["error"]["code"]), (401, &json!("MISSING_API_KEY")));
    let key = |args: &[&str]| {
        let mut all = vec!["keys", "create"];
        all.extend(args);
        daemon.tessera(&all).exits(0).out.trim().to_owned()
    };
    let admin = key(&["--name", "admin", "--scope", "admin"]);
    let reader = key(&["--name", "reader", "--scope", "read"]);
    let agent = key(&["--name", "agent", "--scope", "write", "--kind", "agent", "--team", "ML"]);
    let too_much =
        daemon.tessera(&["keys", "create", "--name", "agent2", "--scope", "admin", "--kind", "agent"]).exits(2);
    assert!(
        too_much.out.is_empty() && too_much.err.contains("administrator"),
        "no agent is an administrator: {too_much}"
    );
    daemon.use_key(Some("tsr_wrong_key"));
    assert_eq!(daemon.call(reqwest::Method::GET, "/proposals", None).await.0, 401);
    daemon.use_key(Some(&admin));
    contracts(&daemon, 10).await;
    put_manifest(&target, &another_run(manifest(&orchard(5, "pg"))).to_string());
    let proposals = pending(&daemon, 2).await;
    let orders = proposals.iter().find(|p| p["asset_fqn"].as_str().unwrap().ends_with("fct_orders")).unwrap();
    let (force, acknowledge) =
        (format!("/proposals/{}/force", id(orders)), format!("/proposals/{}/acknowledge", id(orders)));
    let reason = json!({"reason": "the deploy window closes"});
    let approve = |team: &str| json!({"consumer_team": team, "response": "approved"});

    daemon.use_key(Some(&reader));
    assert_eq!(daemon.post(&acknowledge, &approve("ML")).await.0, 403, "a reading key answers for nobody");
    assert_eq!(daemon.post(&force, &reason).await.0, 403);
    daemon.use_key(Some(&agent));
    let (status, body) = daemon.post(&force, &reason).await;
    assert_eq!(status, 403, "an agent never forces: {body:#}");
    let (status, body) = daemon.post(&acknowledge, &approve("ML")).await;
    assert_eq!(status, 403, "agents answer only where the policy lets them: {body:#}");
    daemon.use_key(Some(&admin));
    let pending_still = daemon.get(&format!("/proposals/{}", id(orders))).await;
    assert_eq!((&pending_still["status"], &pending_still["received_acknowledgments"]), (&json!("pending"), &json!(0)));

    let (status, body) = daemon.post(&force, &json!({})).await;
    assert_eq!(status, 422, "force needs a reason: {body:#}");
    let (status, forced) = daemon.post(&force, &reason).await;
    assert_eq!(status, 200, "{forced:#}");
    assert_eq!(
        (&forced["override"]["kind"], &forced["override"]["reason"]),
        (&json!("force"), &json!("the deploy window closes"))
    );
    let announced =
        slack.wait_for(PATIENCE, |all| all.iter().any(|m| render_text(m).contains("Forced")).then_some(())).await;
    assert!(announced.is_some(), "an override is announced");

    // Revoked means at once.
    let list = daemon.tessera(&["keys", "list"]).exits(0).out;
    let public = list.lines().find(|l| l.contains("reader")).unwrap().split_whitespace().next().unwrap().to_owned();
    daemon.tessera(&["keys", "revoke", &public]).exits(0);
    daemon.use_key(Some(&reader));
    assert_eq!(daemon.call(reqwest::Method::GET, "/proposals", None).await.0, 401);
}
