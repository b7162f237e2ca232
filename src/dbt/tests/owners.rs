//! Who may own what, by what the project says.

use super::support::{manifest, project};
use crate::{column_owner_hint, exposure_owner_hints, owner_hints};
use serde_json::json;

#[test]
fn group_comes_before_meta_and_both_are_told() {
    let p = project("orchard/v1/duck");
    let hints = owner_hints(p.node("model.orchard.fct_orders").unwrap(), &p);
    let shown: Vec<_> = hints.iter().map(|h| (h.origin, h.team.as_str(), h.slack.as_deref())).collect();
    assert_eq!(
        shown,
        [("group", "Finance Analytics", Some("#finance-data")), ("meta", "finance", Some("#finance-data"))]
    );
    assert_eq!(hints[0].group.as_deref(), Some("finance"));
    assert_eq!(hints[0].emails, ["finance@example.com"]);
    let source = owner_hints(p.node("source.orchard.shop.orders").unwrap(), &p);
    assert_eq!((source[0].origin, source[0].team.as_str()), ("meta", "shop-backend"));
    assert_eq!(owner_hints(p.node("model.orchard.int_order_payments").unwrap(), &p), []);
}

#[test]
fn an_exposure_belongs_to_its_owner() {
    let p = project("growth/duck");
    let hints = exposure_owner_hints(&p.exposures["exposure.mart_growth.campaign_mailer"], &p);
    assert_eq!(
        (hints[0].origin, hints[0].team.as_str(), hints[0].slack.as_deref()),
        ("exposure", "Campaigns", Some("#campaigns"))
    );
}

#[test]
fn a_column_owner_is_one_only_if_it_differs_from_the_models() {
    let p = project("growth/duck");
    let audience = p.node("model.mart_growth.campaign_audience").unwrap();
    assert_eq!(column_owner_hint(audience, "email").unwrap().team, "privacy-office");
    assert_eq!(column_owner_hint(audience, "customer_id"), None);
    // Fusion lets columns inherit the model's meta.
    let fusion = project("orchard/v1/fusion-duck");
    let orders = fusion.node("model.orchard.fct_orders").unwrap();
    assert_eq!(orders.column("amount").unwrap().meta["owner"], "finance");
    assert_eq!(column_owner_hint(orders, "amount"), None);
}

#[test]
fn meta_names_owners_in_many_ways() {
    let cases = [
        (json!({"owner": "finance"}), "finance", None, None),
        (json!({"owner": "fin@example.com"}), "fin@example.com", Some("fin@example.com"), None),
        (json!({"owner": ["fin@example.com", "Finance"]}), "Finance", Some("fin@example.com"), None),
        (
            json!({"owner": {"name": "Finance", "email": "f@example.com", "slack": "#fin"}}),
            "Finance",
            Some("f@example.com"),
            Some("#fin"),
        ),
        (json!({"team": "Finance", "owner": "fin@example.com"}), "Finance", Some("fin@example.com"), None),
        (json!({"slack": "#fin"}), "fin", None, Some("#fin")),
        (json!({"owner": "@finance", "slack_channel": "#fin"}), "@finance", None, Some("#fin")),
        (json!({"owner": "Finance", "owner_email": "f@example.com"}), "Finance", Some("f@example.com"), None),
    ];
    for (meta, team, email, slack) in cases {
        let p = manifest(
            "postgres",
            &json!({"nodes": {"model.shop.a": {"resource_type": "model", "name": "a", "meta": {"owner": "older"}, "config": {"meta": meta}}}}),
        );
        let mut node = p.nodes["model.shop.a"].clone();
        if meta.get("owner").is_none() {
            node.meta.shift_remove("owner");
        }
        let hints = owner_hints(&node, &p);
        assert_eq!(hints.len(), 1, "{meta}");
        assert_eq!(hints[0].team, team, "{meta}");
        assert_eq!(hints[0].emails.first().map(String::as_str), email, "{meta}");
        assert_eq!(hints[0].slack.as_deref(), slack, "{meta}");
    }
}

#[test]
fn a_group_that_is_not_described_still_names_its_owner() {
    let p = manifest(
        "postgres",
        &json!({"nodes": {"model.shop.a": {"resource_type": "model", "name": "a", "group": "ops", "meta": {"pii": true}}}}),
    );
    let hints = owner_hints(&p.nodes["model.shop.a"], &p);
    assert_eq!(hints.iter().map(|h| (h.origin, h.team.as_str())).collect::<Vec<_>>(), [("group", "ops")]);
}
