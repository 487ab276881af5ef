//! The one place that reads the wall clock.
//!
//! Servers, stores and tokens all take their time from a [`Clock`], so a test can hold it still and the lab can move it a month ahead.

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment in whole seconds since 1970-01-01T00:00:00Z, as the claims of a JWT count them.
///
/// *Spec*: `NumericDate`, RFC 7519 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub i64);

impl UnixSeconds {
    /// The moment `duration` later; fractions of a second are dropped, and the result stops at the end of time.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_seconds(duration)))
    }

    /// The moment `duration` earlier; fractions of a second are dropped, and the result stops at the beginning of time.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(whole_seconds(duration)))
    }

    /// How long after `earlier` this moment is, or zero if it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let seconds = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }

    /// The moment as RFC 3339 in UTC, or `@seconds` when it lies outside the years that RFC 3339 can write.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp(self.0)
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_else(|| format!("@{}", self.0))
    }

    /// Reads RFC 3339 with any offset; fractions of a second are dropped.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .map(|moment| Self(moment.unix_timestamp()))
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// Where the time comes from. Shared as `Arc<dyn Clock>`.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time that sessions and tokens live by. The lab may shift it.
    fn now(&self) -> UnixSeconds;

    /// Time since this clock was made; never shifted and never goes back. For durations, caches and throttles.
    fn monotonic(&self) -> Duration;

    /// The time on the wall, never shifted: for sweeping alone, so that a walk into the future deletes nothing.
    fn wall(&self) -> UnixSeconds;
}

/// The clock of the machine.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts counting [`Clock::monotonic`] from now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is where the machine's clocks are read for everybody else"
    )]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> UnixSeconds {
        self.wall()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this module is where the machine's clocks are read for everybody else"
    )]
    fn wall(&self) -> UnixSeconds {
        let moment = SystemTime::now();
        UnixSeconds(match moment.duration_since(UNIX_EPOCH) {
            Ok(since) => whole_seconds(since),
            Err(before) => -whole_seconds(before.duration()),
        })
    }
}

/// A clock that moves only when it is told to: for tests.
#[derive(Debug)]
pub struct ManualClock {
    // Read by every `now()`; written by the one test that owns the clock, so a plain atomic is enough.
    now: AtomicI64,
    // Whole and fractional seconds move together, so `monotonic` needs a lock rather than an atomic.
    monotonic: Mutex<Duration>,
}

impl ManualClock {
    /// A clock standing at `start`.
    #[must_use]
    pub fn at(start: UnixSeconds) -> Self {
        Self {
            now: AtomicI64::new(start.0),
            monotonic: Mutex::new(Duration::ZERO),
        }
    }

    /// Moves both times forward; `now` moves by the whole seconds of `duration`.
    pub fn advance(&self, duration: Duration) {
        self.now
            .store(self.now().plus(duration).0, Ordering::Relaxed);
        let mut monotonic = self
            .monotonic
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *monotonic = monotonic.saturating_add(duration);
    }

    /// Puts `now` at any moment, also an earlier one; the monotonic time stays where it is.
    pub fn set(&self, now: UnixSeconds) {
        self.now.store(now.0, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixSeconds {
        UnixSeconds(self.now.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        *self
            .monotonic
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn wall(&self) -> UnixSeconds {
        self.now()
    }
}

/// The lab's clock: the machine's, with an offset that a visitor may add to.
#[derive(Debug, Default)]
pub struct ShiftableClock {
    machine: SystemClock,
    // Read by every request, written by the control panel: a lone counter, so no lock.
    offset_seconds: AtomicU64,
}

impl ShiftableClock {
    /// A clock that agrees with the machine until it is advanced.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves `now` further ahead of the wall by the whole seconds of `duration`.
    pub fn advance(&self, duration: Duration) {
        // The closure always returns a value, so the update cannot fail.
        let _ = self
            .offset_seconds
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |offset| {
                Some(offset.saturating_add(duration.as_secs()))
            });
    }

    /// How far `now` is ahead of the wall.
    #[must_use]
    pub fn offset(&self) -> Duration {
        Duration::from_secs(self.offset_seconds.load(Ordering::Relaxed))
    }

    /// Puts `now` so far ahead of the wall, in whole seconds: for a process that follows the clock of another.
    pub fn set_offset(&self, offset: Duration) {
        self.offset_seconds
            .store(offset.as_secs(), Ordering::Relaxed);
    }

    /// Back to the wall. Time then runs backwards for whoever looked before: the caller ends every session and family.
    pub fn reset(&self) {
        self.offset_seconds.store(0, Ordering::Relaxed);
    }
}

impl Clock for ShiftableClock {
    fn now(&self) -> UnixSeconds {
        self.wall().plus(self.offset())
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn wall(&self) -> UnixSeconds {
        self.machine.wall()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixSeconds = UnixSeconds(1_700_000_000);

    #[test]
    fn moments_are_written_and_read_as_rfc_3339() {
        assert_eq!(NOON.to_rfc3339(), "2023-11-14T22:13:20Z");
        assert_eq!(
            UnixSeconds::from_rfc3339("2023-11-15T00:13:20+02:00"),
            Some(NOON)
        );
        assert_eq!(UnixSeconds(i64::MAX).to_rfc3339(), format!("@{}", i64::MAX));
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        let end = UnixSeconds(i64::MAX);
        assert_eq!(end.plus(Duration::from_secs(1)), end);
        assert_eq!(
            UnixSeconds(i64::MIN).minus(Duration::MAX),
            UnixSeconds(i64::MIN)
        );
        assert_eq!(NOON.since(end), Duration::ZERO);
        assert_eq!(
            end.since(UnixSeconds(i64::MIN)),
            Duration::from_secs(u64::MAX)
        );
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(NOON);
        clock.advance(Duration::from_secs(61));
        assert_eq!(clock.now(), UnixSeconds(NOON.0 + 61));
        assert_eq!(clock.monotonic(), Duration::from_secs(61));
        clock.set(NOON);
        assert_eq!(clock.now(), NOON);
        assert_eq!(clock.monotonic(), Duration::from_secs(61));
    }

    #[test]
    fn advancing_the_labs_clock_shifts_now_and_leaves_the_wall() {
        let clock = ShiftableClock::new();
        clock.advance(Duration::from_secs(86_400));
        assert_eq!(clock.offset(), Duration::from_secs(86_400));
        assert!(clock.now().since(clock.wall()) >= Duration::from_secs(86_399));
        assert!(clock.monotonic() < Duration::from_secs(86_400));
        clock.set_offset(Duration::from_secs(60));
        assert_eq!(clock.offset(), Duration::from_secs(60));
        clock.reset();
        assert_eq!(clock.offset(), Duration::ZERO);
    }
}
