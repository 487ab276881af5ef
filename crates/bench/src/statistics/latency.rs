//! Latencies, and what a client that waits for its answers leaves out of them.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest latency that is told from longer ones.
pub const LATENCY_LIMIT: Duration = Duration::from_secs(60);

/// Latencies to three digits, from a microsecond to a minute.
///
/// A client that sends its next request when the last one is answered sends none while the server stalls, and so counts one slow answer
/// where users would have met a thousand: *coordinated omission*. There are two ways to get them back. A client that means to send at
/// fixed times counts from the time that it *meant* to send ([`Self::plain`]). Where only the time of sending is known, the omitted
/// requests are added that a client at a fixed pace would have sent meanwhile ([`Self::corrected_for`]).
#[derive(Clone, Debug)]
pub struct Latencies {
    /// In microseconds.
    histogram: Histogram<u64>,
    pace: Option<Duration>,
}

impl Latencies {
    /// Counts what is recorded, and nothing else. None only if the bounds could not be had, which are constants.
    #[must_use]
    pub fn plain() -> Option<Self> {
        let limit = u64::try_from(LATENCY_LIMIT.as_micros()).ok()?;
        Some(Self {
            histogram: Histogram::new_with_bounds(1, limit, 3).ok()?,
            pace: None,
        })
    }

    /// Adds to a latency longer than `pace` those of the requests that a client would have sent meanwhile, one every `pace`.
    #[must_use]
    pub fn corrected_for(pace: Duration) -> Option<Self> {
        Some(Self {
            pace: Some(pace),
            ..Self::plain()?
        })
    }

    /// Counts one answer; one that took longer than [`LATENCY_LIMIT`] counts as that.
    pub fn record(&mut self, latency: Duration) {
        let micros = in_micros(latency.min(LATENCY_LIMIT)).max(1);
        // Neither fails: what is recorded is inside of the bounds.
        let _ = match self.pace {
            Some(pace) => self.histogram.record_correct(micros, in_micros(pace)),
            None => self.histogram.record(micros),
        };
    }

    /// Takes in what another thread or round has counted.
    pub fn add(&mut self, other: &Self) {
        // Bounds are the same everywhere, so nothing can lie outside of them.
        let _ = self.histogram.add(&other.histogram);
    }

    /// How many answers were counted, those that were added by a correction included.
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

    const PACE: Duration = Duration::from_millis(1);
    const SERVICE: Duration = Duration::from_micros(100);
    const STALL: Duration = Duration::from_secs(1);
    /// Answers before the stall and after it: with the thousand of the stalled second ten thousand users, a tenth of them delayed.
    const ANSWERED_AT_ONCE: u32 = 9000;

    /// What a client sees that waits for each answer, of a server that answers at once but for one second in ten.
    fn waiting_client(mut latencies: Latencies) -> Latencies {
        for _ in 0..ANSWERED_AT_ONCE {
            latencies.record(SERVICE);
        }
        latencies.record(STALL);
        latencies
    }

    /// What users see who come every millisecond, whatever the server does.
    fn users() -> Latencies {
        let mut latencies = Latencies::plain().unwrap();
        for _ in 0..ANSWERED_AT_ONCE {
            latencies.record(SERVICE);
        }
        for late in 0..1000 {
            latencies.record(STALL - PACE * late);
        }
        latencies
    }

    fn is_near(measured: Duration, known: Duration) -> bool {
        measured.abs_diff(known) <= known / 100
    }

    #[test]
    fn a_client_that_waits_omits_the_stall() {
        let seen = waiting_client(Latencies::plain().unwrap());
        assert!(is_near(seen.at(0.99), SERVICE));
        assert!(is_near(seen.at(0.999), SERVICE));
        assert!(is_near(seen.at(1.0), STALL));
    }

    #[test]
    fn corrected_it_says_of_a_stall_of_known_length_what_its_users_saw() {
        let corrected = waiting_client(Latencies::corrected_for(PACE).unwrap());
        let users = users();
        assert_eq!(corrected.count(), users.count());
        for quantile in [0.5, 0.89, 0.91, 0.95, 0.99, 0.999, 1.0] {
            let (measured, known) = (corrected.at(quantile), users.at(quantile));
            assert!(
                is_near(measured, known),
                "{quantile}: {measured:?} {known:?}"
            );
        }
        // A tenth of the users came while the server stood for a second: the slowest hundredth of all waited 0.9 s or more.
        assert!(is_near(corrected.at(0.99), Duration::from_millis(900)));
        assert!(is_near(corrected.at(0.95), Duration::from_millis(500)));
    }

    #[test]
    fn a_server_that_never_stalls_is_not_corrected() {
        let mut plain = Latencies::plain().unwrap();
        let mut corrected = Latencies::corrected_for(PACE).unwrap();
        for micros in 1..1000 {
            plain.record(Duration::from_micros(micros));
            corrected.record(Duration::from_micros(micros));
        }
        assert_eq!(plain.buckets(), corrected.buckets());
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
