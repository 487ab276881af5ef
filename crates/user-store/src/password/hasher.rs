//! The threads that hash, and the limit on what may wait for them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::Params;
use token_core::secret::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::Span;

use super::hash::Memory;
use super::{PasswordError, PasswordHash, rules};
use crate::step;
use crate::step::record;

/// How passwords are hashed, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordHasherConfig {
    /// Threads that hash. Each keeps `memory_kib` for itself from its first hash on.
    pub threads: usize,
    /// Hashes that may wait for a thread; the next is refused with [`PasswordError::Busy`].
    pub queue: usize,
    /// Argon2's memory, in KiB.
    pub memory_kib: u32,
    /// Argon2's passes over the memory.
    pub passes: u32,
    /// Argon2's lanes.
    pub lanes: u32,
}

impl Default for PasswordHasherConfig {
    /// 19 MiB, 2 passes, 1 lane (OWASP's first choice for Argon2id), on half of the cores and on three at most: 57 MiB.
    ///
    /// A queue of 32 is about half a second's work of one thread: who waits longer has gone or will try again.
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            threads: (cores / 2).clamp(1, 3),
            queue: 32,
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

impl PasswordHasherConfig {
    /// The least that Argon2 allows, a thousandth of the default's work. For tests, whose passwords protect nothing.
    pub fn dangerously_cheap() -> Self {
        Self {
            memory_kib: 8,
            passes: 1,
            ..Self::default()
        }
    }

    fn params(&self) -> Result<Params, PasswordError> {
        Params::new(self.memory_kib, self.passes, self.lanes, None).map_err(failed)
    }
}

/// Hashes passwords on threads of its own. Cloning it clones a handle.
///
/// A hash takes tens of milliseconds and 19 MiB. On an async worker it would hold up everything else, and on a growing pool it would
/// take gigabytes under a storm of logins; so the threads are few, and what they cannot do soon is refused before it has cost anything.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    config: PasswordHasherConfig,
    /// One for each place on a thread or in the queue. A permit belongs to its job and not to who awaits it: a client that
    /// disconnects must not free a place whose work is still to be done.
    places: Arc<Semaphore>,
    /// The way to the threads, which are started by the first job; `Err` keeps why they could not be.
    jobs: Arc<std::sync::OnceLock<Result<Sender<Job>, PasswordError>>>,
    /// How many were refused for want of a place.
    shed: Arc<AtomicU64>,
}

/// A place among those who hash or wait for it. Dropped unused, it is free for the next.
///
/// *Security*: taken before anything is written for a login, so that a storm of them is refused at no cost.
#[derive(Debug)]
pub struct Place(OwnedSemaphorePermit);

/// A hash to be computed or compared, and who is told.
struct Job {
    task: Task,
    step: Span,
    permit: OwnedSemaphorePermit,
}

enum Task {
    Hash(
        SecretString,
        oneshot::Sender<Result<PasswordHash, PasswordError>>,
    ),
    Verify(
        SecretString,
        Option<PasswordHash>,
        oneshot::Sender<Result<bool, PasswordError>>,
    ),
}

impl PasswordHasher {
    /// A hasher. Its threads are started when they are first needed.
    pub fn new(config: PasswordHasherConfig) -> Self {
        Self {
            config,
            places: Arc::new(Semaphore::new(config.threads.max(1) + config.queue)),
            jobs: Arc::default(),
            shed: Arc::default(),
        }
    }

    /// How many passwords are being hashed, or wait for it.
    pub fn waiting(&self) -> u64 {
        let places = self.config.threads.max(1) + self.config.queue;
        u64::try_from(places.saturating_sub(self.places.available_permits())).unwrap_or(u64::MAX)
    }

    /// How many were refused because the queue was full.
    pub fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    /// Hashes a new password, if it is acceptable.
    ///
    /// # Errors
    /// [`PasswordError::TooShort`], [`PasswordError::TooLong`], [`PasswordError::TooCommon`] before any work; [`PasswordError::Busy`].
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, PasswordError> {
        rules::check(password.expose())?;
        let place = self.place()?;
        let (answer, answered) = oneshot::channel();
        self.queue(place, Task::Hash(password, answer))?;
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Whether a password is the one that was hashed. `None` is a user who does not exist: the same work is done, and the answer is no.
    ///
    /// A password of a length that no user's can have is answered with no before any work, whoever the user.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], or [`PasswordError::Failed`] if the hash is not a PHC string of Argon2.
    pub async fn verify(
        &self,
        password: SecretString,
        hash: Option<PasswordHash>,
    ) -> Result<bool, PasswordError> {
        if rules::check_length(password.expose()).is_err() {
            return Ok(false);
        }
        self.verify_in(self.place()?, password, hash).await
    }

    /// Takes a place for [`Self::verify_in`].
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when there is none.
    pub fn place(&self) -> Result<Place, PasswordError> {
        // Taken or refused before anything else: under a storm a refusal must cost nothing.
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            self.shed.fetch_add(1, Ordering::Relaxed);
            PasswordError::Busy
        })?;
        Ok(Place(permit))
    }

    /// [`Self::verify`], in a place that was taken before.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] if the hash is not a PHC string of Argon2.
    pub async fn verify_in(
        &self,
        place: Place,
        password: SecretString,
        hash: Option<PasswordHash>,
    ) -> Result<bool, PasswordError> {
        if rules::check_length(password.expose()).is_err() {
            return Ok(false);
        }
        let (answer, answered) = oneshot::channel();
        self.queue(place, Task::Verify(password, hash, answer))?;
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    fn queue(&self, place: Place, task: Task) -> Result<(), PasswordError> {
        let step = step!(authentication, compute, "Argon2id");
        let jobs = self
            .jobs
            .get_or_init(|| start(self.config))
            .as_ref()
            .map_err(Clone::clone)?;
        jobs.send(Job {
            task,
            step,
            permit: place.0,
        })
        .map_err(|_| lost())
    }
}

/// Starts the threads. They end when every handle is gone and the queue is empty.
fn start(config: PasswordHasherConfig) -> Result<Sender<Job>, PasswordError> {
    let params = config.params()?;
    let (sender, receiver) = channel();
    // Shared by the threads: one waits in it for a job while the others wait for the lock.
    let jobs = Arc::new(Mutex::new(receiver));
    for _ in 0..config.threads.max(1) {
        let (jobs, params) = (Arc::clone(&jobs), params.clone());
        thread::Builder::new()
            .name("argon2".to_owned())
            .spawn(move || run(&jobs, &params))
            .map_err(failed)?;
    }
    Ok(sender)
}

fn run(jobs: &Mutex<Receiver<Job>>, params: &Params) {
    yield_to_others();
    let mut memory = Memory::default();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            // A panic would be a defect of the hash; it costs the one request, whose answer is dropped, and not the thread.
            Ok(job) => drop(catch_unwind(AssertUnwindSafe(|| {
                perform(job, &mut memory, params);
            }))),
            Err(_) => return,
        }
    }
}

/// Lowers the priority of this thread, so that a storm of logins does not slow down those who are logged in.
///
/// As low as there is: a read that arrives does not wait for a hash to have had its turn. A storm of logins gets what is left of the
/// core, and where nothing is left, it waits.
///
/// Only on Linux, where the priority is the thread's; elsewhere it would be that of the whole process.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(19) {
        tracing::debug!(%error, "hashing runs at normal priority");
    }
}

fn perform(job: Job, memory: &mut Memory, params: &Params) {
    let Job { task, step, permit } = job;
    match task {
        Task::Hash(password, answer) => {
            // Nobody waits any more, and the place was held until its turn came.
            if answer.is_closed() {
                return;
            }
            let result = step.in_scope(|| memory.hash(password.expose(), params.clone()));
            record(&step, || "hashed".to_owned());
            // Closed before the caller hears of it, so that the request cannot end before its step does.
            drop((step, permit));
            let _ = answer.send(result.map_err(failed));
        }
        Task::Verify(password, hash, answer) => {
            if answer.is_closed() {
                return;
            }
            let result = step.in_scope(|| match &hash {
                Some(hash) => memory.verify(password.expose(), hash),
                None => memory
                    .verify_nobody(password.expose(), params.clone())
                    .map(|()| false),
            });
            record(&step, || match result {
                Ok(true) => "match".to_owned(),
                _ => "no match".to_owned(),
            });
            drop((step, permit));
            let _ = answer.send(result.map_err(failed));
        }
    }
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PasswordError {
    PasswordError::Failed(Arc::from(source.into()))
}

/// A hashing thread has gone, which only a defect in it can cause.
fn lost() -> PasswordError {
    failed("the hashing thread has ended")
}
