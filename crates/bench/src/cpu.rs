//! What a process has cost, from the system's own account of it.

use std::fs;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the figures of CPU time come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CpuSource {
    /// `/proc/<pid>/task/*/schedstat`: nanoseconds, kept by the scheduler for each thread.
    Schedstat,
    /// `/proc/<pid>/stat`: ticks, a hundred a second nearly everywhere. A window of half a second has fifty of them, so that the
    /// rounding alone is 2 % of it.
    Ticks,
    /// This system has no account that is read here; costs are then times on the wall.
    None,
}

/// How often a tick is, in the only unit that the kernel shows to programs.
const TICK: Duration = Duration::from_millis(10);

impl CpuSource {
    /// The best one that there is for a process.
    pub(crate) fn of(pid: u32) -> Self {
        [Self::Schedstat, Self::Ticks]
            .into_iter()
            .find(|source| source.used_by(pid).is_some())
            .unwrap_or(Self::None)
    }

    /// User and system time of all threads of a process until now.
    ///
    /// A thread that has ended is in the ticks and not in schedstat; the servers start theirs once and keep them.
    pub(crate) fn used_by(self, pid: u32) -> Option<Duration> {
        match self {
            Self::Schedstat => {
                let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
                let mut all = Duration::ZERO;
                for thread in threads.flatten() {
                    // One that ends while the folder is read has no file any more.
                    if let Ok(text) = fs::read_to_string(thread.path().join("schedstat")) {
                        all += run_time(&text)?;
                    }
                }
                (!all.is_zero()).then_some(all)
            }
            Self::Ticks => ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?),
            Self::None => None,
        }
    }

    /// The smallest step of the figures.
    pub(crate) fn resolution(self) -> Duration {
        match self {
            Self::Schedstat => Duration::from_nanos(1),
            Self::Ticks => TICK,
            Self::None => Duration::ZERO,
        }
    }
}

/// What the calling thread has used until now.
pub(crate) fn used_by_this_thread() -> Option<Duration> {
    run_time(&fs::read_to_string("/proc/thread-self/schedstat").ok()?)
}

/// The first number of a `schedstat`: nanoseconds on a core.
fn run_time(text: &str) -> Option<Duration> {
    let nanos = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// Which share of its CPU time a process has spent in the kernel. None before it has used enough to tell to a hundredth.
pub(crate) fn system_share(pid: u32) -> Option<f64> {
    let (user, system) = user_and_system(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    let all = user.saturating_add(system);
    (all >= 100).then(|| f64::from(system) / f64::from(all))
}

fn ticks(text: &str) -> Option<Duration> {
    let (user, system) = user_and_system(text)?;
    Some(TICK * user.saturating_add(system))
}

/// `utime` and `stime` of a `stat`, fields 14 and 15. The name of the program, field 2, may have spaces and brackets in it.
fn user_and_system(text: &str) -> Option<(u32, u32)> {
    let after_name = text.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace().skip(11);
    let user = fields.next()?.parse().ok()?;
    let system = fields.next()?.parse().ok()?;
    Some((user, system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_counted_from_behind_the_name_whatever_is_in_it() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20";
        assert_eq!(ticks(stat), Some(Duration::from_millis(1500)));
        assert_eq!(ticks("42 (svt"), None);
    }

    #[test]
    fn a_schedstat_begins_with_nanoseconds() {
        assert_eq!(
            run_time("1043612292 2403603 35"),
            Some(Duration::from_nanos(1_043_612_292))
        );
        assert_eq!(run_time(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn work_is_seen_in_the_account_of_this_process() {
        let pid = std::process::id();
        let source = CpuSource::of(pid);
        let before = source.used_by(pid).unwrap();
        let mut sum = 0_u64;
        while source.used_by(pid).unwrap() < before + TICK * 2 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(source.used_by(pid).unwrap() > before);
        assert_eq!(CpuSource::None.used_by(pid), None);
        assert_eq!(CpuSource::of(u32::MAX), CpuSource::None);
    }
}
