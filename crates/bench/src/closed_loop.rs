//! The closed loop: a few visitors, each of whom sends the next request when the last one is answered.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::cpu;
use crate::failure::Failure;
use crate::statistics::Latencies;
use crate::store;
use crate::target::Target;
use crate::visitor::{Visit, Visitor};
use crate::watch;

/// How long the visitors run before anything is counted.
const SETTLING: Duration = Duration::from_millis(50);

/// How long a server may take for one answer, within a window and at its end.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long all visits of a share may take: many times what they do.
const LONGEST_SHARE: Duration = Duration::from_secs(120);

/// What one window has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Window {
    /// Visits, all of them answered rightly.
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// Of the server's process. None where the system has no account of it.
    pub(crate) server_cpu: Option<Duration>,
    /// Of the thread that sends; none where it was kept awake, and so took all of its core.
    pub(crate) client_cpu: Option<Duration>,
    /// How long one of a hundred visits took longer than, with all visitors at it; none where too few were seen to tell, and of several
    /// windows together.
    pub(crate) p99: Option<Duration>,
}

impl Window {
    /// Both windows as one.
    pub(crate) fn and(self, more: Self) -> Self {
        let both = |one: Option<Duration>, other: Option<Duration>| Some(one? + other?);
        Self {
            requests: self.requests + more.requests,
            elapsed: self.elapsed + more.elapsed,
            server_cpu: both(self.server_cpu, more.server_cpu),
            client_cpu: both(self.client_cpu, more.client_cpu),
            p99: None,
        }
    }
}

/// Fewer visits than this, and the slowest hundredth of them is less than ten.
const ENOUGH: u64 = 1000;

/// What the visitors of a window have in common.
#[derive(Default)]
struct Shared {
    // Added to by every visitor and read twice a window: on one thread, so no order is asked of it.
    answered: AtomicU64,
    is_counting: AtomicBool,
    stop: AtomicBool,
    failure: OnceLock<Failure>,
    /// Of the visits that were counted; a visitor adds its own when it ends.
    latencies: Mutex<Option<Latencies>>,
}

/// Keeps a server busy for a window, and says what that cost. The connections are made anew, since servers close those that wait while
/// other arms have their turn.
///
/// # Errors
/// The first answer that was wrong; then nothing was measured.
pub(crate) async fn window(
    target: &Target,
    visit: Visit,
    visitors: usize,
    length: Duration,
) -> Result<Window, Failure> {
    let shared = Arc::new(Shared::default());
    let _awake = stay_awake(target);
    let mut loops = JoinSet::new();
    for _ in 0..visitors {
        let visitor = target.visitor().await?;
        loops.spawn(keep_visiting(visitor, visit, None, Arc::clone(&shared)));
    }
    tokio::time::sleep(SETTLING).await;
    shared.is_counting.store(true, Ordering::Relaxed);
    let before = Reading::take(target, &shared);
    // A window without an answer is made longer: on a machine with much else to do a turn may come late.
    let mut after;
    loop {
        tokio::time::sleep(length).await;
        after = Reading::take(target, &shared);
        let waited = after.at.duration_since(before.at);
        if after.answered > before.answered || waited > PATIENCE || shared.failure.get().is_some() {
            break;
        }
    }
    shared.is_counting.store(false, Ordering::Relaxed);
    shared.stop.store(true, Ordering::Relaxed);
    // A server that does not answer one of them has failed, however many others it answered.
    let all_ended = async { while loops.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, all_ended).await.is_err() {
        return Err(Failure::Silence);
    }
    // What the server has put off until it has time for it is part of what it was asked for.
    if target.pid.is_some() && store::settle(target.place.address).await {
        after.server = target.used();
    }
    after.since(&before, &shared)
}

/// Lets each visitor pay so many visits and no more, and says what all of them together cost. For visits that use something up, or that
/// are too long for the edges of a window not to matter.
///
/// # Errors
/// The first answer that was wrong; then nothing was measured.
pub(crate) async fn share(
    target: &Target,
    visit: Visit,
    visitors: usize,
    each: u64,
) -> Result<Window, Failure> {
    let shared = Arc::new(Shared::default());
    let mut ready = Vec::new();
    for _ in 0..visitors {
        ready.push(target.visitor().await?);
    }
    let _awake = stay_awake(target);
    shared.is_counting.store(true, Ordering::Relaxed);
    let before = Reading::take(target, &shared);
    let mut loops = JoinSet::new();
    for visitor in ready {
        loops.spawn(keep_visiting(
            visitor,
            visit,
            Some(each),
            Arc::clone(&shared),
        ));
    }
    let all_ended = async { while loops.join_next().await.is_some() {} };
    if tokio::time::timeout(LONGEST_SHARE, all_ended)
        .await
        .is_err()
    {
        return Err(Failure::Silence);
    }
    let after = Reading::take(target, &shared);
    after.since(&before, &shared)
}

/// Keeps the thread from going to sleep for as long as the result is held, where it has a core for itself.
///
/// A client that waits for a slow server sleeps between two answers, and whoever sends it one pays for waking it: on a virtual machine a fifth
/// to a half of a bare request. The bare server is as fast as its client, and pays nothing. In life the client is another machine.
fn stay_awake(target: &Target) -> JoinSet<()> {
    let mut awake = JoinSet::new();
    if target.stays_awake {
        awake.spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
    }
    awake
}

async fn keep_visiting(mut visitor: Visitor, visit: Visit, most: Option<u64>, shared: Arc<Shared>) {
    let mut latencies = Latencies::plain();
    let mut visits = 0;
    let is_over = |visits| {
        most.is_some_and(|most| visits == most)
            || shared.stop.load(Ordering::Relaxed)
            || shared.failure.get().is_some()
    };
    while !is_over(visits) {
        let sent_at = watch::now();
        match visitor.visit(visit).await {
            Ok(()) => {
                visits += 1;
                shared.answered.fetch_add(1, Ordering::Relaxed);
                if shared.is_counting.load(Ordering::Relaxed)
                    && let Some(latencies) = &mut latencies
                {
                    latencies.record(watch::now().duration_since(sent_at));
                }
            }
            Err(failure) => {
                // The first one is kept.
                let _ = shared.failure.set(failure);
            }
        }
    }
    if let Some(own) = latencies {
        let mut all = shared
            .latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match all.as_mut() {
            Some(all) => all.add(&own),
            None => *all = Some(own),
        }
    }
}

/// All counters at one moment.
struct Reading {
    at: Instant,
    answered: u64,
    server: Option<Duration>,
    client: Option<Duration>,
}

impl Reading {
    fn take(target: &Target, shared: &Shared) -> Self {
        Self {
            server: target.used(),
            client: (!target.stays_awake)
                .then(cpu::used_by_this_thread)
                .flatten(),
            answered: shared.answered.load(Ordering::Relaxed),
            at: watch::now(),
        }
    }

    fn since(&self, before: &Self, shared: &Shared) -> Result<Window, Failure> {
        if let Some(failure) = shared.failure.get() {
            return Err(failure.clone());
        }
        // No answer costs nothing: an account that has not moved is none.
        let difference = |after: Option<Duration>, before: Option<Duration>| {
            let used = after?.checked_sub(before?)?;
            (!used.is_zero()).then_some(used)
        };
        let requests = self.answered - before.answered;
        if requests == 0 {
            return Err(Failure::Silence);
        }
        let latencies = shared
            .latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let enough = latencies
            .as_ref()
            .filter(|latencies| latencies.count() >= ENOUGH);
        Ok(Window {
            requests,
            elapsed: self.at.duration_since(before.at),
            server_cpu: difference(self.server, before.server),
            client_cpu: difference(self.client, before.client),
            p99: enough.map(|latencies| latencies.at(0.99)),
        })
    }
}
