//! A replica as a process: started, listened to, killed.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use wiretap::Record;

use super::link::{FromReplica, ToReplica};

/// A replica that says nothing for so long will not come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a replica does not run.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// There is nothing to start.
    #[error("--replicas starts processes of svt, and this lab was not started by one")]
    NoProgram,
    /// The process, or its log, could not be made.
    #[error("a replica could not be started: {0}")]
    System(#[from] io::Error),
    /// The sessions are in the processes themselves, or in a file.
    #[error("there is nothing to cut: only Redis and PostgreSQL are processes of their own")]
    NothingToCut,
    /// It ended before it answered.
    #[error("replica {name} did not come up: {said}")]
    Ended {
        /// Which one.
        name: String,
        /// The last line that it said.
        said: String,
    },
}

/// A running `svt serve`, or one that has ended by itself. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Its end tells the child that the lab is gone, however the lab has ended.
    input: ChildStdin,
    /// Cleared by the thread that reads its output, when that ends.
    alive: Arc<AtomicBool>,
}

/// A process that was started and has not answered yet.
pub(super) struct Starting {
    name: String,
    process: Process,
    listening: oneshot::Receiver<()>,
    log: PathBuf,
}

impl Process {
    /// Starts it; its exchanges go to the record under its name, and its end is told there.
    pub(super) fn start(
        mut command: Command,
        name: &str,
        log: PathBuf,
        ahead: Duration,
        record: Arc<Record>,
    ) -> Result<Starting, ReplicaError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        };
        let alive = Arc::new(AtomicBool::new(true));
        let mut process = Self {
            child,
            input,
            alive: Arc::clone(&alive),
        };
        process.tell(ToReplica::ClockAhead {
            seconds: ahead.as_secs(),
        });
        let (tell, listening) = oneshot::channel();
        let owner = name.to_owned();
        std::thread::Builder::new()
            .name(format!("replica {name}"))
            .spawn(move || {
                listen(BufReader::new(output), &owner, tell, &record);
                alive.store(false, Ordering::Release);
                record.changed("replicas");
            })?;
        Ok(Starting {
            name: name.to_owned(),
            process,
            listening,
            log,
        })
    }

    /// Says a line to it. One that has ended hears nothing any more, which its output tells.
    pub(super) fn tell(&mut self, line: ToReplica) {
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        let _ = self.input.write_all(&text);
    }

    /// Its number, as long as it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.alive.load(Ordering::Acquire).then(|| self.child.id())
    }
}

impl Drop for Process {
    /// At once, as a loss of power would: whatever a replica holds in its memory alone is what there is to lose.
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.alive.store(false, Ordering::Release);
    }
}

impl Starting {
    /// Waits until it answers.
    pub(super) async fn ready(self) -> Result<Process, ReplicaError> {
        match tokio::time::timeout(PATIENCE, self.listening).await {
            Ok(Ok(())) => Ok(self.process),
            _ => Err(ReplicaError::Ended {
                said: last_line(&self.log),
                name: self.name,
            }),
        }
    }
}

/// Reads what a replica says, until it ends.
fn listen(
    output: BufReader<impl io::Read>,
    name: &str,
    tell: oneshot::Sender<()>,
    record: &Record,
) {
    let mut tell = Some(tell);
    for line in output.lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(FromReplica::Listening) => {
                // Whoever waited may have given up.
                let _ = tell.take().map(|tell| tell.send(()));
            }
            Ok(FromReplica::Exchange(mut exchange)) => {
                name.clone_into(&mut exchange.server);
                record.file(*exchange);
            }
            Err(error) => tracing::warn!(replica = name, %error, "a line that is none of ours"),
        }
    }
}

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let said = text.trim().lines().next_back().unwrap_or_default();
    match said.strip_prefix("svt: ").unwrap_or(said) {
        "" => "it said nothing".to_owned(),
        said => said.to_owned(),
    }
}
