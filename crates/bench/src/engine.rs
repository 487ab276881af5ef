//! PostgreSQL and Redis of an arm's own, which are paid for with it.

use std::fs;
use std::time::Duration;

use engines::{EngineError, Postgres, Redis};

use crate::arms::Needs;
use crate::cpu::CpuSource;
use crate::pinning;

/// An engine, started for one arm. Dropping it ends it and removes what it kept.
#[derive(Debug)]
pub(crate) enum Engine {
    Postgres(Postgres),
    Redis(Redis),
}

impl Engine {
    /// Starts it on one core, where one is given: its server's, so that one core does the work of both.
    pub(crate) fn start(needs: Needs, core: Option<usize>) -> Result<Self, EngineError> {
        let start = move || match needs {
            Needs::Postgres => Postgres::start().map(Self::Postgres),
            Needs::Redis => Redis::start().map(Self::Redis),
        };
        // A process inherits the cores of the thread that starts it.
        let pinned = std::thread::spawn(move || {
            if let Some(core) = core {
                pinning::pin_this_thread(core);
            }
            start()
        });
        match pinned.join() {
            Ok(started) => started,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Where it is, as `svt serve` is told of it.
    pub(crate) fn arguments(&self) -> [String; 2] {
        match self {
            Self::Postgres(postgres) => ["--database".to_owned(), postgres.url()],
            Self::Redis(redis) => ["--sessions".to_owned(), redis.url()],
        }
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        match self {
            Self::Postgres(postgres) => postgres.pid(),
            Self::Redis(redis) => redis.pid(),
        }
    }
}

/// What an engine has used until now, with the processes that it has started: PostgreSQL has one for each connection.
pub(crate) fn used_by(source: CpuSource, pid: u32) -> Option<Duration> {
    let own = source.used_by(pid)?;
    // One that has ended meanwhile counts no more; in a window they stay.
    let children = children_of(pid).into_iter();
    Some(
        own + children
            .filter_map(|child| source.used_by(child))
            .sum::<Duration>(),
    )
}

fn children_of(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let numbers = text.split_whitespace();
    numbers.filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_work_of_a_connection_counts_with_its_postgres() {
        let engine = Engine::start(Needs::Postgres, None).unwrap();
        let pid = engine.pid().unwrap();
        let source = CpuSource::of(pid);
        assert!(!children_of(pid).is_empty());
        assert!(used_by(source, pid) > source.used_by(pid));
    }
}
