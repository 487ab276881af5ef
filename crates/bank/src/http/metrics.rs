//! What `/metrics` tells, in Prometheus' text format (OpenMetrics 1.0).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use token_core::clock::Clock;
use user_store::{Engine, PasswordHasher, RevocationCounts, Stores};

/// The counters of one server.
#[derive(Debug)]
pub struct Metrics {
    clock: Arc<dyn Clock>,
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, DurationBuckets>,
    in_flight: Gauge,
    logins: Family<LoginLabels, Counter<u64, AtomicU64>>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LoginLabels {
    outcome: &'static str,
}

/// Upper bounds in seconds: from a signature check to an Argon2id queue.
#[derive(Clone, Debug)]
struct DurationBuckets;

impl MetricConstructor<Histogram> for DurationBuckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new([
            0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0,
            5.0,
        ])
    }
}

impl Metrics {
    /// Empty counters, and those that the stores keep; durations by the clock's monotonic time.
    #[must_use]
    pub fn new(stores: &Stores, server: &'static str) -> Self {
        let mut registry = Registry::with_labels([("server".into(), server.into())].into_iter());
        let requests = Family::<RequestLabels, Counter>::default();
        let durations = Family::<RouteLabels, Histogram, DurationBuckets>::new_with_constructor(
            DurationBuckets,
        );
        let in_flight = Gauge::default();
        let logins = Family::<LoginLabels, Counter<u64, AtomicU64>>::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time to the complete answer",
            durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests being answered",
            in_flight.clone(),
        );
        registry.register(
            "logins",
            "Logins by outcome: accepted, refused, throttled, shed",
            logins.clone(),
        );
        registry.register_collector(Box::new(StoreCollector {
            engine: stores.engine.clone(),
            passwords: stores.passwords.clone(),
        }));
        Self {
            clock: Arc::clone(&stores.clock),
            registry,
            requests,
            durations,
            in_flight,
            logins,
        }
    }

    pub(super) fn begin(&self) -> Duration {
        self.in_flight.inc();
        self.clock.monotonic()
    }

    pub(super) fn end(
        &self,
        started: Duration,
        method: &'static str,
        route: &str,
        status: u16,
    ) -> Duration {
        self.in_flight.dec();
        let elapsed = self.clock.monotonic().saturating_sub(started);
        self.requests
            .get_or_create(&RequestLabels {
                method,
                route: route.to_owned(),
                status,
            })
            .inc();
        self.durations
            .get_or_create(&RouteLabels {
                route: route.to_owned(),
            })
            .observe(elapsed.as_secs_f64());
        elapsed
    }

    /// Counts a login: `accepted`, `refused`, `throttled` or `shed`.
    pub(crate) fn count_login(&self, outcome: &'static str) {
        self.logins.get_or_create(&LoginLabels { outcome }).inc();
    }

    /// The text of `/metrics`.
    ///
    /// # Errors
    /// Only when formatting into a string fails, which it does not.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// What the stores count by themselves, read when it is asked for: nothing is added to the path of a request.
#[derive(Debug)]
struct StoreCollector {
    engine: Engine,
    passwords: PasswordHasher,
}

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let counts = self.engine.counts();
        for (name, help, value) in [
            ("store_reads", "Reads of the database", counts.reads),
            (
                "store_reads_spared",
                "Reads of a row that was remembered, since nobody has changed it",
                counts.recalled,
            ),
            ("store_writes", "Writes that were committed", counts.writes),
            (
                "store_commits",
                "Commits that carried them; fewer than writes under load",
                counts.commits,
            ),
            (
                "password_hashes_shed",
                "Logins refused because the queue of password hashes was full",
                self.passwords.shed(),
            ),
        ] {
            let counter = ConstCounter::new(value);
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        for (name, help, value) in [
            (
                "store_writes_waiting",
                "Writes that wait for their commit",
                counts.waiting,
            ),
            (
                "password_hashes_waiting",
                "Passwords being hashed or waiting for it",
                self.passwords.waiting(),
            ),
        ] {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let metric = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            gauge.encode(metric)?;
        }
        if let Some(revocations) = self.engine.revocations() {
            encode_revocations(revocations, &mut encoder)?;
        }
        Ok(())
    }
}

/// How far a verifier is behind that follows revocations in its memory, and how far it may be.
fn encode_revocations(
    revocations: RevocationCounts,
    encoder: &mut DescriptorEncoder<'_>,
) -> Result<(), std::fmt::Error> {
    for (name, help, value) in [
        (
            "revocations_behind_seconds",
            "Time since the database was last looked at for revocations",
            revocations.behind.as_secs_f64(),
        ),
        (
            "revocations_behind_most_seconds",
            "Beyond this no token is accepted that would have to be looked up",
            revocations.most.as_secs_f64(),
        ),
        (
            "revocations_known",
            "Families and users of which something was taken back",
            revocations.known as f64,
        ),
    ] {
        let gauge = ConstGauge::new(value);
        let metric = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
        gauge.encode(metric)?;
    }
    let looks = ConstCounter::new(revocations.looks);
    let metric = encoder.encode_descriptor(
        "revocation_looks",
        "Looks at the database for revocations",
        None,
        looks.metric_type(),
    )?;
    looks.encode(metric)
}
