//! The clock of the benchmark: it measures, and moves no one's time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Now, for durations.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time, which no test holds still and no lab moves"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Whole seconds since 1970, for the head of a report.
#[expect(
    clippy::disallowed_methods,
    reason = "a report says when it was made, on the wall"
)]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
