//! What the service counts, as Prometheus reads it.
//!
//! Labels have few values by construction: kinds of TEE, verdicts, services. None comes from a client.

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The media type of [`Metrics::encode`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds: from one signature out of a cache to a fetch that was tried again.
const BUCKETS: [f64; 14] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

type Labels<const N: usize> = [(&'static str, &'static str); N];

/// Every counter there is.
pub(crate) struct Metrics {
    registry: Registry,
    verdicts: Family<Labels<2>, Counter>,
    seconds: Histogram,
    /// Verdicts whose platform was verified before.
    pub(crate) cache_hits: Counter,
    /// Verdicts whose platform was not.
    pub(crate) cache_misses: Counter,
    /// Requests that were the same as one under way.
    pub(crate) coalesced: Counter,
    problems: Family<Labels<1>, Counter>,
    /// Requests that wait or are in work.
    pub(crate) queue_depth: Gauge,
    fetches: Family<Labels<2>, Counter>,
    /// Sets of collateral that were put in force.
    pub(crate) generation: Gauge<i64, AtomicI64>,
    /// When the present one was (Unix time).
    pub(crate) collateral_since: Gauge<i64, AtomicI64>,
    /// When the first piece of it expires (Unix time).
    pub(crate) collateral_expiry: Gauge<i64, AtomicI64>,
    /// Whether a piece of it has expired.
    pub(crate) collateral_expired: Gauge<i64, AtomicI64>,
    /// Verdicts that were taken back.
    pub(crate) revocations: Counter<u64, AtomicU64>,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("casemate_attest");
        let this = Self {
            verdicts: Family::default(),
            seconds: Histogram::new(BUCKETS),
            cache_hits: Counter::default(),
            cache_misses: Counter::default(),
            coalesced: Counter::default(),
            problems: Family::default(),
            queue_depth: Gauge::default(),
            fetches: Family::default(),
            generation: Gauge::default(),
            collateral_since: Gauge::default(),
            collateral_expiry: Gauge::default(),
            collateral_expired: Gauge::default(),
            revocations: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("verdicts", "Evidence judged, by TEE and verdict", this.verdicts.clone());
        let help = "From evidence read to verdict, waiting included";
        registry.register_with_unit("verify", help, Unit::Seconds, this.seconds.clone());
        registry.register("cache_hits", "Platforms found verified", this.cache_hits.clone());
        registry.register("cache_misses", "Platforms verified anew", this.cache_misses.clone());
        registry.register("coalesced", "Requests answered by the same one under way", this.coalesced.clone());
        registry.register("problems", "Requests not answered, by cause", this.problems.clone());
        registry.register("queue_depth", "Requests that wait or are in work", this.queue_depth.clone());
        registry.register("fetches", "Collateral fetched, by service and outcome", this.fetches.clone());
        registry.register(
            "collateral_generation",
            "Which set of collateral is in force",
            this.generation.clone(),
        );
        let help = "Since when it is in force, in Unix time";
        registry.register_with_unit("collateral_since", help, Unit::Seconds, this.collateral_since.clone());
        let help = "When its first piece expires, in Unix time";
        registry.register_with_unit("collateral_expiry", help, Unit::Seconds, this.collateral_expiry.clone());
        registry.register(
            "collateral_expired",
            "1 where a piece of it has expired",
            this.collateral_expired.clone(),
        );
        registry.register("revocations", "Verdicts taken back", this.revocations.clone());
        Self { registry, ..this }
    }

    /// One piece of evidence was judged.
    pub(crate) fn judged(&self, tee: &'static str, verdict: &'static str, after: Duration) {
        self.verdicts.get_or_create(&[("tee", tee), ("verdict", verdict)]).inc();
        self.seconds.observe(after.as_secs_f64());
    }

    /// One request was not answered.
    pub(crate) fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&[("code", code)]).inc();
    }

    /// One document was fetched, or was not.
    pub(crate) fn fetched(&self, service: &'static str, outcome: &'static str) {
        self.fetches.get_or_create(&[("service", service), ("outcome", outcome)]).inc();
    }

    /// The page that Prometheus scrapes.
    pub(crate) fn encode(&self) -> String {
        let mut page = String::new();
        match encode(&mut page, &self.registry) {
            Ok(()) => page,
            Err(error) => {
                tracing::error!(%error, "the metrics could not be written");
                String::new()
            }
        }
    }
}
