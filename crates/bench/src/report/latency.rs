//! Latencies of an arm, in the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::statistics::Latencies;

/// The shares that are reported: the median, and what one of ten, a hundred, a thousand exceeds.
const SHARES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// Fewer answers than this beyond a quantile, and it is a matter of luck.
const BEYOND: f64 = 10.0;

/// Latencies at a fixed rate, counted from the time that each request was meant to be sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LatencyReport {
    /// How many answers were counted.
    pub count: u64,
    /// The quantiles that so many answers can tell.
    pub quantiles: Vec<Quantile>,
    /// The whole histogram: the upper end of each bucket in microseconds, and how many are in it.
    pub buckets: Vec<(u64, u64)>,
}

/// The latency that a share of the answers stayed below.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantile {
    /// The share: 0.99 is all but one of a hundred.
    pub share: f64,
    /// Microseconds.
    pub micros: u64,
}

impl LatencyReport {
    pub(super) fn of(latencies: &Latencies) -> Self {
        let count = latencies.count();
        let told = SHARES
            .into_iter()
            .filter(|share| count as f64 * (1.0 - share) >= BEYOND);
        Self {
            count,
            quantiles: told
                .map(|share| Quantile {
                    share,
                    micros: u64::try_from(latencies.at(share).as_micros()).unwrap_or(u64::MAX),
                })
                .collect(),
            buckets: latencies.buckets(),
        }
    }

    /// The quantile of this share, if enough answers were counted to tell.
    #[must_use]
    pub fn at(&self, share: f64) -> Option<u64> {
        let mut quantiles = self.quantiles.iter();
        let found = quantiles.find(|quantile| (quantile.share - share).abs() < 1e-9);
        found.map(|quantile| quantile.micros)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_quantile_is_reported_only_where_enough_answers_lie_beyond_it() {
        let mut latencies = Latencies::plain().unwrap();
        for micros in 1..=1000 {
            latencies.record(Duration::from_micros(micros));
        }
        let report = LatencyReport::of(&latencies);
        assert_eq!(report.at(0.5), Some(500));
        assert_eq!(report.at(0.99), Some(990));
        assert_eq!(report.at(0.999), None);
    }
}
