//! Latencies, as a histogram.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest latency that is told from longer ones.
pub const LATENCY_LIMIT: Duration = Duration::from_secs(60);

/// Latencies to three digits, from a microsecond to a minute.
///
/// A client that sends its next request when the last one is answered sends none while the server stalls, and so counts one slow answer
/// where users would have met a thousand: *coordinated omission*. Who records a latency has to count it from the time at which the
/// request was *meant* to be sent, as the open loop does.
#[derive(Clone, Debug)]
pub struct Latencies {
    /// In microseconds.
    histogram: Histogram<u64>,
}

impl Latencies {
    /// Counts what is recorded. None only if the bounds could not be had, which are constants.
    #[must_use]
    pub fn plain() -> Option<Self> {
        let limit = u64::try_from(LATENCY_LIMIT.as_micros()).ok()?;
        Some(Self {
            histogram: Histogram::new_with_bounds(1, limit, 3).ok()?,
        })
    }

    /// Counts one answer; one that took longer than [`LATENCY_LIMIT`] counts as that.
    pub fn record(&mut self, latency: Duration) {
        let micros = in_micros(latency.min(LATENCY_LIMIT)).max(1);
        // It does not fail: what is recorded is inside of the bounds.
        let _ = self.histogram.record(micros);
    }

    /// Takes in what another thread or round has counted.
    pub fn add(&mut self, other: &Self) {
        // Bounds are the same everywhere, so nothing can lie outside of them.
        let _ = self.histogram.add(&other.histogram);
    }

    /// How many answers were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The latency that a share of the answers stayed below: 0.5 is the median, 0.999 what one of a thousand exceeds.
    #[must_use]
    pub fn at(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.histogram.value_at_quantile(quantile))
    }

    /// The whole histogram: the upper end of each filled bucket in microseconds, and how many are in it.
    #[must_use]
    pub fn buckets(&self) -> Vec<(u64, u64)> {
        self.histogram
            .iter_recorded()
            .map(|bucket| {
                (
                    bucket.value_iterated_to(),
                    bucket.count_since_last_iteration(),
                )
            })
            .collect()
    }
}

fn in_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(measured: Duration, known: Duration) -> bool {
        measured.abs_diff(known) <= known / 100
    }

    #[test]
    fn what_threads_counted_apart_is_added_up_and_nothing_is_too_long_to_count() {
        let mut one = Latencies::plain().unwrap();
        let mut other = Latencies::plain().unwrap();
        one.record(Duration::ZERO);
        other.record(Duration::from_secs(3600));
        one.add(&other);
        assert_eq!(one.count(), 2);
        assert!(is_near(one.at(1.0), LATENCY_LIMIT));
        assert_eq!(one.buckets().len(), 2);
    }
}
