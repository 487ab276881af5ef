//! The benchmark that a page starts: one run at a time, in a thread of its own, whose servers are processes of `svt serve`.

mod order;
mod progress;
mod routes;
mod shown;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use bank::ApiError;
use bench::arms::Arm;
use bench::report::Report;
use bench::{Observer, Plan};
use serde::Serialize;
use token_core::clock::Clock;

pub(crate) use order::{Kind, Lengths, Order, plan};
pub(crate) use routes::routes;

use progress::{Progress, ProgressNow};
use shown::{Shown, ShownNow};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    /// Nothing was started yet.
    #[default]
    Idle,
    Running,
    Done,
}

#[derive(Debug, Default)]
struct Current {
    phase: Phase,
    progress: Option<Progress>,
    shown: Option<Arc<Shown>>,
    version: u64,
    failure: Option<String>,
    /// Ends the run; each run has one of its own.
    stop: Arc<AtomicBool>,
}

impl Current {
    fn show(&mut self, report: Report) {
        self.version += 1;
        self.shown = Some(Arc::new(Shown::of(report, self.version)));
    }
}

/// The one run of a lab. Dropping it ends the run, and with it the servers.
#[derive(Debug)]
pub(crate) struct Benchmark {
    /// The `svt` that serves; without it nothing can be measured here.
    program: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    // The handlers read it; the thread of the run writes it when a turn begins and when a round is whole.
    current: Arc<Mutex<Current>>,
    // Taken by who starts the next run or ends the lab, to wait for it.
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Benchmark {
    pub(crate) fn new(program: Option<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            program,
            clock,
            current: Arc::default(),
            thread: Mutex::default(),
        }
    }

    pub(crate) fn can_run(&self) -> bool {
        self.program.is_some()
    }

    /// The last report, with what is drawn from it.
    fn shown(&self) -> Option<Arc<Shown>> {
        lock(&self.current).shown.clone()
    }

    /// Starts a run.
    ///
    /// # Errors
    /// [`ApiError::Conflict`] when one is running, or when there is no `svt` to measure; [`ApiError::Invalid`] for an order that cannot
    /// be carried out.
    fn start(&self, order: Order) -> Result<(), ApiError> {
        let program = self.program.clone().ok_or_else(|| {
            ApiError::Conflict(
                "This lab was not started by svt, which is what a benchmark measures.".to_owned(),
            )
        })?;
        let lengths = Lengths {
            rounds: order.rounds,
            window_ms: order.window_ms,
        };
        let plan = plan(order.kind, lengths, program)?;
        let mut current = lock(&self.current);
        if current.phase == Phase::Running {
            return Err(ApiError::Conflict(
                "A benchmark is running. DELETE /lab/benchmark stops it.".to_owned(),
            ));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let watcher = Watcher {
            current: Arc::clone(&self.current),
            clock: Arc::clone(&self.clock),
        };
        let before = std::mem::take(&mut *current);
        *current = Current {
            phase: Phase::Running,
            progress: Some(Progress::of(&plan)),
            version: before.version,
            stop: Arc::clone(&stop),
            ..Current::default()
        };
        let thread = std::thread::Builder::new()
            .name("benchmark".to_owned())
            .spawn(move || watcher.measure(&plan, &stop));
        match thread {
            Ok(thread) => *lock(&self.thread) = Some(thread),
            Err(error) => {
                *current = before;
                return Err(ApiError::internal(error));
            }
        }
        Ok(())
    }

    /// Asks the run to end; what was measured by then stays.
    pub(crate) fn stop(&self) {
        lock(&self.current).stop.store(true, Ordering::Relaxed);
    }

    /// Ends the run and waits until its servers are gone.
    pub(crate) async fn end(&self) {
        self.stop();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // A run that came to a bad end has ended as well.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    /// What a page is told.
    fn state(&self) -> State {
        let current = lock(&self.current);
        let running = current.progress.as_ref();
        let running = running.filter(|_| current.phase == Phase::Running);
        State {
            can_run: self.can_run(),
            phase: current.phase,
            stopping: running.is_some() && current.stop.load(Ordering::Relaxed),
            progress: running.map(|progress| ProgressNow::of(progress, self.clock.monotonic())),
            failure: current.failure.clone(),
            shown: current.shown.as_deref().map(ShownNow::of),
        }
    }
}

impl Drop for Benchmark {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Nothing is left half done under this lock, so a thread that panicked with it has broken nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries a run out, and tells of it.
struct Watcher {
    current: Arc<Mutex<Current>>,
    clock: Arc<dyn Clock>,
}

impl Watcher {
    fn measure(mut self, plan: &Plan, stop: &AtomicBool) {
        let ended = bench::run(plan, &mut self, stop);
        let mut current = lock(&self.current);
        current.phase = Phase::Done;
        match ended {
            Ok(report) => current.show(report),
            Err(error) => current.failure = Some(error.to_string()),
        }
    }

    fn progress(&self, change: impl FnOnce(&mut Progress)) {
        if let Some(progress) = &mut lock(&self.current).progress {
            change(progress);
        }
    }
}

impl Observer for Watcher {
    fn preparing(&mut self, arm: &'static Arm) {
        self.progress(|progress| progress.preparing(arm));
    }

    fn turn(&mut self, arm: &'static Arm, round: usize) {
        let now = self.clock.monotonic();
        self.progress(|progress| progress.turn(arm, round, now));
    }

    fn round(&mut self, report: &Report) {
        lock(&self.current).show(report.clone());
    }
}

/// `GET /lab/benchmark`.
#[derive(Serialize)]
struct State {
    can_run: bool,
    phase: Phase,
    /// Whether it was asked to end, and has not yet.
    stopping: bool,
    progress: Option<ProgressNow>,
    failure: Option<String>,
    shown: Option<ShownNow>,
}

#[cfg(test)]
mod tests {
    use token_core::clock::{ManualClock, UnixSeconds};

    use super::*;

    fn order(kind: Kind) -> Order {
        Order {
            kind,
            rounds: Some(1),
            window_ms: Some(10),
        }
    }

    #[test]
    fn a_lab_that_svt_did_not_start_measures_nothing_and_says_so() {
        let clock = Arc::new(ManualClock::at(UnixSeconds(0)));
        let benchmark = Benchmark::new(None, clock);
        let refused = benchmark.start(order(Kind::Quick));
        assert!(
            matches!(refused, Err(ApiError::Conflict(why)) if why.contains("not started by svt"))
        );
        let state = serde_json::to_value(benchmark.state()).unwrap();
        assert_eq!(
            (&state["can_run"], &state["phase"]),
            (&false.into(), &"idle".into())
        );
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_fails_every_arm_and_the_run_ends() {
        let clock = Arc::new(ManualClock::at(UnixSeconds(0)));
        let benchmark = Benchmark::new(Some("/no/such/svt".into()), clock);
        benchmark.start(order(Kind::Quick)).unwrap();
        let thread = lock(&benchmark.thread).take().unwrap();
        thread.join().unwrap();
        let state = serde_json::to_value(benchmark.state()).unwrap();
        assert_eq!(state["phase"], "done");
        let shown = benchmark.shown().unwrap();
        assert!(shown.report.complete && shown.report.has_failures());
        assert!(
            benchmark.start(order(Kind::Quick)).is_ok(),
            "and another may begin"
        );
        benchmark.end().await;
    }
}
