//! The servers, as processes of their own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::arms::Arm;
use crate::pinning;
use crate::size::Size;

/// Why an arm has no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The temporary folder or the process could not be made.
    #[error("cannot start `svt serve`: {0}")]
    Io(#[from] std::io::Error),
    /// It ended before it listened.
    #[error("`svt serve {served}` did not come up: {said}")]
    Ended {
        /// What was asked of it.
        served: &'static str,
        /// The last line that it said.
        said: String,
    },
}

/// A running `svt serve` on a free port, with its data in a temporary folder. Dropping it ends the process and removes the folder.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Removed when this is dropped.
    folder: TempDir,
}

impl ServerProcess {
    /// Starts the server of an arm, on one core where one is given, with one worker in any case.
    pub(crate) fn start(
        program: &Path,
        arm: &Arm,
        core: Option<usize>,
    ) -> Result<Self, StartError> {
        let folder = tempfile::Builder::new().prefix("svt-bench-").tempdir()?;
        let log = folder.path().join("stderr");
        let mut command = Command::new(program);
        command
            .args([
                "serve",
                arm.served,
                "--listen",
                "127.0.0.1:0",
                "--workers",
                "1",
            ])
            .arg("--dangerously-allow")
            .arg("--data")
            .arg(folder.path())
            .args(arm.settings.iter().flat_map(|setting| ["--set", setting]))
            // A line of log for each request would be measured with it.
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?);
        // Ctrl-C goes to every process of the terminal's group. The servers are ended by the run, when it has written its report.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = spawn_on(core, command)?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("listening on http://");
        if let Some(address) = address.and_then(|text| text.parse().ok()) {
            return Ok(Self {
                child,
                address,
                folder,
            });
        }
        let _ = child.kill();
        let _ = child.wait();
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        Err(StartError::Ended {
            served: arm.served,
            said: said.lines().last().unwrap_or("it said nothing").to_owned(),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its memory and its data.
    pub(crate) fn size(&self) -> Size {
        Size::of(self.pid(), self.folder.path())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // One that has ended already needs no ending. What it kept is of no use to anybody, so it is not asked to end cleanly.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
