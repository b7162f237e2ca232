//! Counters and gauges in one registry, passed by value: no global.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Duration;

type Labels = Vec<(&'static str, String)>;

#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    commits: Family<Labels, Counter>,
    scans: Family<Labels, Counter>,
    scan_seconds: Family<Labels, Gauge<f64, std::sync::atomic::AtomicU64>>,
    drifts: Family<Labels, Counter>,
    proposals: Family<Labels, Counter>,
    deliveries: Family<Labels, Counter>,
    manifests: Family<Labels, Counter>,
    graph_seconds: Gauge<f64, std::sync::atomic::AtomicU64>,
    assets: Gauge,
    leader: Gauge,
    requests: Family<Labels, Counter>,
    request_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tessera");
        let m = Metrics {
            registry: Arc::default(),
            commits: Family::default(),
            scans: Family::default(),
            scan_seconds: Family::default(),
            drifts: Family::default(),
            proposals: Family::default(),
            deliveries: Family::default(),
            manifests: Family::default(),
            graph_seconds: Gauge::default(),
            assets: Gauge::default(),
            leader: Gauge::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
        };
        registry.register("store_commits", "Transactions, by outcome", m.commits.clone());
        registry.register("scans", "Warehouse scans, by warehouse and status", m.scans.clone());
        registry.register("scan_last_seconds", "Duration of the last scan, by warehouse", m.scan_seconds.clone());
        registry.register("drifts", "Drifts opened and resolved", m.drifts.clone());
        registry.register("proposal_events", "Proposal events, by kind", m.proposals.clone());
        registry.register("deliveries", "Delivery attempts, by notifier and outcome", m.deliveries.clone());
        registry.register("manifests", "dbt manifests handed in, by outcome", m.manifests.clone());
        registry.register("graph_build_seconds", "Duration of the last rebuild of the graph", m.graph_seconds.clone());
        registry.register("assets", "Living assets", m.assets.clone());
        registry.register("leader", "1 while this daemon schedules", m.leader.clone());
        registry.register("http_requests", "HTTP requests, by method, route and status", m.requests.clone());
        registry.register("http_request_seconds", "Duration of HTTP requests", m.request_seconds.clone());
        Metrics { registry: Arc::new(registry), ..m }
    }
}

impl Metrics {
    /// The OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        // Encoding into a String does not fail.
        let _ = encode(&mut out, &self.registry);
        out
    }

    pub(crate) fn commit(&self, ok: bool) {
        let outcome = if ok { "committed" } else { "refused" };
        self.commits.get_or_create(&vec![("outcome", outcome.to_owned())]).inc();
    }
    pub(crate) fn scan(&self, warehouse: &str, status: &str, took: Duration) {
        self.scans.get_or_create(&vec![("warehouse", warehouse.to_owned()), ("status", status.to_owned())]).inc();
        self.scan_seconds.get_or_create(&vec![("warehouse", warehouse.to_owned())]).set(took.as_secs_f64());
    }
    pub(crate) fn drift(&self, what: &str, n: u64) {
        self.drifts.get_or_create(&vec![("what", what.to_owned())]).inc_by(n);
    }
    pub(crate) fn proposal(&self, event: &str) {
        self.proposals.get_or_create(&vec![("event", event.to_owned())]).inc();
    }
    pub(crate) fn delivery(&self, notifier: &str, outcome: &str) {
        self.deliveries.get_or_create(&vec![("notifier", notifier.to_owned()), ("outcome", outcome.to_owned())]).inc();
    }
    pub(crate) fn manifest(&self, outcome: &str) {
        self.manifests.get_or_create(&vec![("outcome", outcome.to_owned())]).inc();
    }
    pub(crate) fn graph_built(&self, took: Duration, assets: usize) {
        self.graph_seconds.set(took.as_secs_f64());
        self.assets.set(i64::try_from(assets).unwrap_or(i64::MAX));
    }
    pub(crate) fn leading(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.requests
            .get_or_create(&vec![
                ("method", method.to_owned()),
                ("route", route.to_owned()),
                ("status", status.to_string()),
            ])
            .inc();
        self.request_seconds.observe(took.as_secs_f64());
    }
}
