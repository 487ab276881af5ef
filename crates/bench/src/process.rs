//! The servers, as processes of their own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use engines::EngineError;
use hyper::Method;
use tempfile::TempDir;

use crate::arms::{Arm, Program};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::peers;
use crate::pinning;
use crate::size::{self, Size};
use crate::target::{Place, Target};
use crate::visitor::{Ask, Visit};

/// `GET /healthz`: that there is somebody.
static ALIVE: Ask = Ask {
    method: Method::GET,
    path: "/healthz",
    body: "",
    status: hyper::StatusCode::OK,
    expected: |_| "",
    is_authenticated: false,
};

/// How often it is looked whether a seeding is done; a million logins take most of a minute, in which a run can be stopped.
const SEEDING_LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// Why an arm has no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The temporary folder or the process could not be made.
    #[error("cannot start `svt serve`: {0}")]
    Io(#[from] std::io::Error),
    /// The run was stopped while it was seeding.
    #[error("the run was stopped")]
    Stopped,
    /// What its state is to be kept in did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// It ended before it listened, or before it had seeded.
    #[error("`{served}` did not come up: {said}")]
    Ended {
        /// What was asked of it.
        served: String,
        /// The last line that it said.
        said: String,
    },
}

/// What to start: an arm, its further settings, and the core that it is kept on.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) arm: &'static Arm,
    pub(crate) settings: Vec<&'static str>,
    /// Where the peers are.
    pub(crate) peers: Option<PathBuf>,
    pub(crate) core: Option<usize>,
}

/// A running `svt serve` on a free port, with its data in a temporary folder. Dropping it ends the process and removes the folder.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Running,
    pub(crate) address: SocketAddr,
    service: Service,
    /// What it had in RAM when it had just come up, before anybody asked it for anything.
    pub(crate) idle_memory: Option<u64>,
    home: Home,
}

/// Where a server keeps what it has to remember. Removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    /// The engine that keeps it, if not a file in the folder.
    engine: Option<Engine>,
}

/// A process that ends when it is dropped. What it kept is of no use to anybody, so it is not asked to end cleanly.
#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Service {
    /// Starts the server, on one core where one is given, with one worker in any case.
    pub(crate) fn start(&self, program: &Path) -> Result<ServerProcess, StartError> {
        self.start_in(program, self.home()?, &[])
    }

    fn home(&self) -> Result<Home, StartError> {
        let start = |needs| Engine::start(needs, self.core);
        Ok(Home {
            folder: new_folder()?,
            engine: self.arm.needs.map(start).transpose()?,
        })
    }

    /// Starts it with so many logins in its store, and says in which file they are.
    pub(crate) fn start_seeded(
        &self,
        program: &Path,
        logins: usize,
        stop: &AtomicBool,
    ) -> Result<(ServerProcess, PathBuf), StartError> {
        let home = self.home()?;
        let file = home.folder.path().join("credentials");
        let count = logins.to_string();
        let seeding = [
            "--dangerously-seed".as_ref(),
            count.as_ref(),
            "--credentials".as_ref(),
            file.as_os_str(),
        ];
        if self.arm.keeps_in_memory() {
            // Nobody else would find what it seeds, so it seeds and serves.
            let server = self.start_in(program, home, &seeding)?;
            return Ok((server, file));
        }
        let mut command = self.command(program, &home)?;
        command.args(seeding).stdout(Stdio::null());
        let mut seeder = Running(command.spawn()?);
        let status = loop {
            if let Some(status) = seeder.0.try_wait()? {
                break status;
            }
            if stop.load(Ordering::Relaxed) {
                return Err(StartError::Stopped);
            }
            std::thread::sleep(SEEDING_LOOK);
        };
        if !status.success() {
            return Err(self.ended(home.folder.path()));
        }
        let server = self.start_in(program, home, &[])?;
        Ok((server, file))
    }

    fn start_in(
        &self,
        program: &Path,
        home: Home,
        more: &[&std::ffi::OsStr],
    ) -> Result<ServerProcess, StartError> {
        let mut command = self.command(program, &home)?;
        command.args(more);
        let mut child = Running(spawn_on(self.core, command)?);
        let mut line = String::new();
        if let Some(out) = child.0.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("listening on http://");
        match address.and_then(|text| text.parse().ok()) {
            Some(address) => Ok(ServerProcess {
                idle_memory: size::resident(child.0.id()),
                child,
                address,
                service: self.clone(),
                home,
            }),
            None => {
                drop(child);
                Err(self.ended(home.folder.path()))
            }
        }
    }

    fn command(&self, program: &Path, home: &Home) -> Result<Command, StartError> {
        let folder = home.folder.path();
        let peers = self.peers.as_deref().unwrap_or(Path::new("."));
        let mut command = match self.arm.program {
            Program::Ours => Command::new(program),
            Program::Axum => Command::new(peers::axum(peers)),
            Program::Actix => Command::new(peers::actix(peers)),
            Program::Fastify => Command::new("node"),
        };
        match self.arm.program {
            Program::Ours => command.arg("serve"),
            Program::Axum | Program::Actix => &mut command,
            Program::Fastify => command.arg(peers::fastify(peers)),
        };
        command.args([self.arm.served, "--listen", "127.0.0.1:0"]);
        if self.arm.program == Program::Ours {
            let settings = self.arm.settings.iter().chain(&self.settings);
            command
                .args(["--workers", "1", "--dangerously-allow", "--data"])
                .arg(folder)
                .args(settings.flat_map(|setting| ["--set", setting]))
                .args(self.arm.flags);
        }
        if let Some(engine) = &home.engine {
            command.args(engine.arguments());
        }
        command
            // A line of log for each request would be measured with it.
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("stderr"))?);
        // Ctrl-C goes to every process of the terminal's group. The servers are ended by the run, when it has written its report.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(command)
    }

    fn ended(&self, folder: &Path) -> StartError {
        let said = std::fs::read_to_string(folder.join("stderr")).unwrap_or_default();
        StartError::Ended {
            served: match self.arm.program {
                Program::Ours => format!("svt serve {}", self.arm.served),
                Program::Axum | Program::Actix | Program::Fastify => self.arm.name.to_owned(),
            },
            said: said.lines().last().unwrap_or("it said nothing").to_owned(),
        }
    }
}

fn new_folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("svt-bench-").tempdir()
}

impl ServerProcess {
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Its memory and its data.
    pub(crate) fn size(&self) -> Size {
        Size::of(self.pid(), self.home.folder.path())
    }

    /// The process of its engine.
    pub(crate) fn engine(&self) -> Option<u32> {
        self.home.engine.as_ref()?.pid()
    }

    /// One more of the same kind, with a home of its own.
    pub(crate) fn another(&self, program: &Path) -> Result<Self, StartError> {
        self.service.start(program)
    }

    /// One more of the same kind, with what another one has left.
    pub(crate) fn another_in(&self, program: &Path, home: Home) -> Result<Self, StartError> {
        self.service.start_in(program, home, &[])
    }

    /// Asks whether it is alive, and waits for the answer.
    pub(crate) async fn first_answer(&self) -> Result<(), Failure> {
        let visit = Visit::Ask(&ALIVE);
        let place = Place::of(self.address);
        let target = Target::new(place, None, self.service.arm, Vec::new(), Some(visit));
        target.visitor().await?.visit(visit).await
    }

    /// Ends it at once, as a power cut would, and keeps what it kept.
    pub(crate) fn kill(self) -> Home {
        drop(self.child);
        self.home
    }
}

/// A process inherits the cores of the thread that starts it, so a thread that is pinned and then gone starts it.
fn spawn_on(core: Option<usize>, mut command: Command) -> std::io::Result<Child> {
    let starter = std::thread::spawn(move || {
        if let Some(core) = core {
            pinning::pin_this_thread(core);
        }
        command.spawn()
    });
    let gone = |_| std::io::Error::other("the thread that starts it ended");
    starter.join().map_err(gone)?
}
