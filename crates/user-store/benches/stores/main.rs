//! What the stores cost underneath a request: looking a session up and opening one, rotating a refresh family, asking the denylist,
//! hashing a password.
//!
//! A database is a real file in a temporary folder. What is looked up is drawn at random, outside of what is timed, and what a function
//! returns is dropped within its time, as a request does. Each bench makes its own rows, so that one alone is quick.

#![expect(
    clippy::unwrap_used,
    reason = "a bench fails by panicking, and the lint does not know it for a test"
)]

mod sessions;
mod tokens;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use divan::{AllocProfiler, Bencher, black_box_drop};
use token_core::clock::{ManualClock, UnixSeconds};
use token_core::secret::SecretString;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use user_store::{PasswordHasher, PasswordHasherConfig};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// How many rows are written at once while a bench prepares: enough to fill the writer's commits.
const AT_ONCE: usize = 256;

fn main() {
    if measures() {
        divan::main();
    } else {
        // Each once, without a look at the arguments: they are meant for test programs, and divan refuses theirs (`--test-threads`).
        divan::Divan::default().test_benches();
    }
}

/// Whether Cargo benches, by the word that it says then to a bench, and does not merely test.
fn measures() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// As many as asked for where time is measured; a test runs each bench once and needs few.
fn many(asked: usize) -> usize {
    if measures() { asked } else { asked.min(8) }
}

/// Draws from a slice, in an order that is the same in every run.
fn draw<'a, T>(from: &'a [T]) -> impl FnMut() -> &'a T {
    let mut random = fastrand::Rng::with_seed(0);
    move || &from[random.usize(..from.len())]
}

/// One worker, as a server of the benchmark has.
fn worker() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap()
}

/// The answer of a read. It never waits, so that one look at the future is enough and no runtime is measured.
fn at_once<T>(read: impl Future<Output = T>) -> T {
    match pin!(read).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a read has waited"),
    }
}

/// What `make` gives for every number below `count`.
fn fill<T, F>(runtime: &Runtime, count: usize, make: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut made = Vec::with_capacity(count);
    runtime.block_on(async {
        while made.len() < count {
            let end = count.min(made.len() + AT_ONCE);
            let jobs: JoinSet<T> = (made.len()..end).map(&make).collect();
            made.extend(jobs.join_all().await);
        }
    });
    made
}

/// A clock that stands still: what is looked up stays live, and no lookup is the one in a minute that records the use of a session.
fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(UnixSeconds(1_795_428_000)))
}

/// With the parameters of production, on the thread that production hashes on.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn argon2id(bencher: Bencher<'_, '_>) {
    let runtime = worker();
    let hasher = PasswordHasher::new(PasswordHasherConfig::default());
    bencher
        .with_inputs(|| SecretString::new("white-rabbit-1865".to_owned()))
        .bench_local_values(|password| {
            black_box_drop(runtime.block_on(hasher.hash(password)).unwrap())
        });
}
