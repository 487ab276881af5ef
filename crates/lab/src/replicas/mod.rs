//! Replicas of both servers: processes of `svt serve` on ports of one host, which a page kills, starts again and cuts off from what
//! they share.
//!
//! They are an installation of their own, in the folder `replicas` of the lab's data, with keys and a file of their own: what is done to
//! them reaches no other page. They are given the lab's clock, and hand it what they record.

mod command;
mod link;
mod mode;
mod process;
mod routes;
mod state;
mod stores;

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jwt_server::JwtConfig;
use session_server::SessionConfig;
use token_core::clock::{Clock, ShiftableClock};
use token_core::key_folder::KeyFolder;
use tokio::runtime::Handle;
use user_store::PasswordHash;
use wiretap::Record;

pub use link::{FromReplica, ToReplica};
pub use process::ReplicaError;
pub(crate) use routes::routes;

use crate::LabError;
use crate::origins::{Origins, Place};
use crate::servers::Server;
use command::Common;
use mode::{Mode, Order, Store};
use process::Process;
use stores::Shared;

/// For how long the former signing key verifies, at least.
const OVERLAP: Duration = Duration::from_secs(60 * 60);

/// What the replicas of a lab are made from: all that does not change while it runs.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) program: Option<PathBuf>,
    /// The data folder of the lab.
    pub(crate) data: PathBuf,
    pub(crate) places: Vec<Place>,
    pub(crate) origins: Origins,
    /// The settings that the lab was started with.
    pub(crate) session: SessionConfig,
    pub(crate) jwt: JwtConfig,
    pub(crate) clock: Arc<ShiftableClock>,
    pub(crate) record: Arc<Record>,
    pub(crate) demo_passwords: Vec<PasswordHash>,
}

/// The replicas of a lab, and what they share.
#[derive(Debug)]
pub(crate) struct Replicas {
    made: Made,
    program: PathBuf,
    folder: PathBuf,
    keys: KeyFolder,
    /// Drives the connections to the engines, which outlive the request that asked for one.
    runtime: Handle,
    /// Held for the length of an order: one after another.
    shared: tokio::sync::Mutex<Shared>,
    /// Read by every look at the state, for no longer than that takes.
    shown: Mutex<Shown>,
}

/// What a page is shown, and what an order has last come to.
#[derive(Debug)]
struct Shown {
    mode: Mode,
    is_cut: bool,
    /// Counts the orders, so that an experiment notices one in the middle of its run.
    version: u64,
    /// One for each place.
    runs: Vec<Run>,
}

/// What runs at a place.
#[derive(Debug, Default)]
struct Run {
    command: String,
    /// `None` once it has been killed.
    process: Option<Process>,
}

impl Replicas {
    /// Starts them; each answers when it returns. `None` where the lab is to have none.
    pub(crate) async fn start(made: Made) -> Result<Option<Self>, LabError> {
        if made.places.is_empty() {
            return Ok(None);
        }
        let program = made.program.clone().ok_or(ReplicaError::NoProgram)?;
        let folder = made.data.join("replicas");
        std::fs::create_dir_all(&folder).map_err(ReplicaError::System)?;
        let clock = Arc::clone(&made.clock) as Arc<dyn Clock>;
        let passwords = made.demo_passwords.clone();
        let shared = Shared::open(&folder, clock, made.session.timeouts(), passwords).await?;
        let replicas = Self {
            program,
            keys: KeyFolder::open_or_create(&folder.join("keys"))?,
            folder,
            runtime: Handle::current(),
            shown: Mutex::new(Shown {
                mode: Mode::default(),
                is_cut: false,
                version: 0,
                runs: made.places.iter().map(|_| Run::default()).collect(),
            }),
            made,
            shared: tokio::sync::Mutex::new(shared),
        };
        let shared = replicas.shared.lock().await;
        replicas.run(&shared, Mode::default(), |_| true).await?;
        drop(shared);
        Ok(Some(replicas))
    }

    /// Does what a page has ordered, to its end even if the page goes away.
    ///
    /// # Errors
    /// When an engine or a replica does not come up. What was begun stays, and [`Order::PutBack`] mends it.
    async fn carry_out(self: &Arc<Self>, order: Order) -> Result<(), LabError> {
        let replicas = Arc::clone(self);
        let work = self.runtime.spawn(async move {
            let mut shared = replicas.shared.lock().await;
            let done = replicas.obey(&mut shared, order).await;
            let mut shown = replicas.shown();
            shown.version += 1;
            shown.is_cut = shared.is_cut();
            drop(shown);
            replicas.made.record.changed("replicas");
            done
        });
        work.await.map_err(std::io::Error::other)?
    }

    async fn obey(&self, shared: &mut Shared, order: Order) -> Result<(), LabError> {
        let mode = self.shown().mode;
        match order {
            Order::Kill { letter } => drop(self.take(|place| place.letter == letter)),
            Order::Restart { letter } => {
                self.run(shared, mode, |place| place.letter == letter)
                    .await?;
            }
            Order::Use { mode: next } => self.change(shared, next).await?,
            Order::RotateKey => {
                let jwt = &self.made.jwt;
                let overlap = OVERLAP.max(jwt.access_lifetime.saturating_add(jwt.leeway));
                self.keys
                    .rotate(jwt.algorithm, self.made.clock.now(), overlap)?;
            }
            Order::CutStore => {
                if !shared.cut(mode.store).await? {
                    return Err(ReplicaError::NothingToCut.into());
                }
            }
            Order::MendStore => shared.mend().await?,
            Order::PutBack => self.change(shared, Mode::default()).await?,
        }
        Ok(())
    }

    /// Has them run in this mode, all of them: those that it changes are started anew, and those that were dead.
    async fn change(&self, shared: &mut Shared, next: Mode) -> Result<(), LabError> {
        shared.mend().await?;
        shared.need(next.store).await?;
        let before = self.shown().mode;
        self.shown().mode = next;
        let moves = |mode: Mode| mode.store == Store::Postgres;
        let (session, jwt) = (
            before.store != next.store,
            before.revocation != next.revocation || moves(before) != moves(next),
        );
        let dead = self.dead();
        self.run(shared, next, |place| {
            dead.contains(&place.name())
                || match place.server {
                    Server::Session => session,
                    Server::Jwt => jwt,
                }
        })
        .await
    }

    /// Starts the replicas at some places, killing those first that run there; each answers when it returns.
    async fn run(
        &self,
        shared: &Shared,
        mode: Mode,
        which: impl Fn(&Place) -> bool,
    ) -> Result<(), LabError> {
        drop(self.take(&which));
        let engine = shared.url_of(mode.store);
        let common = Common {
            origins: &self.made.origins,
            folder: &self.folder,
            session: &self.made.session,
            jwt: &self.made.jwt,
            mode,
            engine: engine.as_deref(),
        };
        let mut starting = Vec::new();
        for (at, place) in self.made.places.iter().enumerate() {
            if !which(place) {
                continue;
            }
            let arguments = command::arguments(&common, place)?;
            self.at(at, |run| run.command = command::shown(&arguments));
            let mut command = Command::new(&self.program);
            command.args(arguments).arg("--under-lab");
            let log = self.folder.join(format!("{}.log", place.name()));
            let record = Arc::clone(&self.made.record);
            let ahead = self.made.clock.offset();
            let started = Process::start(command, &place.name(), log, ahead, record)?;
            starting.push((at, started));
        }
        for (at, started) in starting {
            let process = started.ready().await?;
            self.at(at, |run| run.process = Some(process));
        }
        // The clock may have been moved while they were coming up.
        self.tell_the_time();
        Ok(())
    }

    /// Takes processes from some places; dropping what is returned kills them.
    fn take(&self, which: impl Fn(&Place) -> bool) -> Vec<Process> {
        let mut shown = self.shown();
        let runs = shown.runs.iter_mut().zip(&self.made.places);
        runs.filter(|(_, place)| which(place))
            .filter_map(|(run, _)| run.process.take())
            .collect()
    }

    fn dead(&self) -> Vec<String> {
        let state = self.state();
        let dead = state.replicas.into_iter().filter(|row| row.pid.is_none());
        dead.map(|row| row.name).collect()
    }

    /// Tells every replica how far the lab's clock is ahead.
    pub(crate) fn tell_the_time(&self) {
        let seconds = self.made.clock.offset().as_secs();
        for run in &mut self.shown().runs {
            if let Some(process) = &mut run.process {
                process.tell(ToReplica::ClockAhead { seconds });
            }
        }
    }

    /// Ends every login, wherever it is kept.
    pub(crate) async fn end_logins(&self) -> Result<(), LabError> {
        let mut shared = self.shared.lock().await;
        shared.end_logins().await?;
        let mode = self.shown().mode;
        if mode.store == Store::Memory {
            let of_sessions = |place: &Place| place.server == Server::Session;
            self.run(&shared, mode, of_sessions).await?;
        }
        self.tell_the_time();
        self.shown().is_cut = false;
        Ok(())
    }

    /// As the lab was started, with nobody logged in.
    pub(crate) async fn reset(&self) -> Result<(), LabError> {
        let mut shared = self.shared.lock().await;
        drop(self.take(|_| true));
        shared.reset().await?;
        self.run(&shared, Mode::default(), |_| true).await?;
        let mut shown = self.shown();
        shown.version += 1;
        (shown.mode, shown.is_cut) = (Mode::default(), false);
        Ok(())
    }

    /// Ends them, and their engines.
    pub(crate) async fn stop(&self) {
        let mut shared = self.shared.lock().await;
        drop(self.take(|_| true));
        shared.close().await;
    }

    /// Whether there are replicas of this letter.
    fn has(&self, letter: char) -> bool {
        self.made.places.iter().any(|place| place.letter == letter)
    }

    fn at(&self, at: usize, change: impl FnOnce(&mut Run)) {
        if let Some(run) = self.shown().runs.get_mut(at) {
            change(run);
        }
    }

    /// Nothing is left half done under this lock, so a thread that panicked with it has broken nothing.
    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
