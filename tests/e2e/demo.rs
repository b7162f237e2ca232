//! `tessera demo --once`: the whole story, told and over, on a machine with nothing installed.

use std::time::Duration;
use tessera_tests::tessera;

#[test]
fn the_story_is_told_and_ends_well() {
    let world = tempfile::tempdir().unwrap();
    let ran = tessera(world.path(), ["demo", "--once"]).exits(0);
    assert!(ran.took < Duration::from_secs(60), "it took {:?}", ran.took);
    for part in [
        // Drift,
        "dim_customers_v1  column `email` is gone",
        "the type of `amount` changes",
        // whom it reaches, and what they read,
        "ML               exposure.orchard.churn_model  breaks (project)",
        "finance          model.orchard.rpt_revenue_by_country  reads (project)",
        // the message,
        "Slack, #data-changes:",
        "acknowledgement",
        // the answers,
        "CFO office approves: orchard.main.fct_orders",
        "ML is migrating",
        // the resolution,
        "orchard.main.fct_orders  published",
        "orchard.main.dim_customers_v1  published",
        "Open drift: 0",
        "│ Published:",
        // and the gate.
        "fct_orders.amount",
        "(exit 1)",
    ] {
        assert!(ran.out.contains(part), "the story lacks `{part}`:\n{ran}");
    }
    // Only those who are affected are asked: two things broke, and nobody hears of a third.
    let asked = ran.out.split("Each becomes a proposal").nth(1).and_then(|t| t.split("3. The message").next()).unwrap();
    for innocent in ["stg_customers", "dim_customers_v2", "platform"] {
        assert!(!asked.contains(innocent), "{innocent} was not touched, yet it is in:\n{asked}");
    }
    assert!(!ran.err.contains("panicked"), "{ran}");
}
