//! PostgreSQL.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::EngineError;
use crate::instance::{Instance, Kind};
use crate::process;
use crate::programs::{Account, postgres_folder};

/// The user that owns everything in it.
const OWNER: &str = "svt";

/// A PostgreSQL with one user, `svt`, and its usual durability: a commit is on the disk before it is acknowledged.
#[derive(Debug)]
pub struct Postgres(Instance<Server>);

impl Postgres {
    /// Whether there are programs to start, and a user to run them as.
    ///
    /// # Errors
    /// [`EngineError::Missing`], which says how to install it; [`EngineError::NobodyToRunAs`].
    pub fn look_for() -> Result<(), EngineError> {
        postgres_folder()?;
        Account::for_postgres().map(|_| ())
    }

    /// Makes one and starts it, empty, and waits until it accepts.
    ///
    /// PostgreSQL does not run as root; where this program does, it runs as the user `postgres` that its package has made.
    ///
    /// *Security*: it asks for no password. It listens on the loopback interface, where every user of the machine reaches it.
    pub fn start() -> Result<Self, EngineError> {
        let server = Server {
            programs: postgres_folder()?,
            account: Account::for_postgres()?,
        };
        let folder = tempfile::Builder::new().prefix("svt-postgres-").tempdir();
        let folder = folder.map_err(EngineError::while_to("make a folder for PostgreSQL"))?;
        server.make_database(&folder)?;
        Ok(Self(Instance::start(server, folder)?))
    }

    /// Where its first database is: `postgres://svt@127.0.0.1:PORT/postgres`.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Where a database of this name is, or will be once it has been made.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://{OWNER}@127.0.0.1:{}/{database}", self.port())
    }

    /// The port that it listens on, also after a restart.
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// The first of its processes, `None` once it has been killed.
    pub fn pid(&self) -> Option<u32> {
        self.0.pid()
    }

    /// Ends all of its processes at once (SIGKILL), and waits until they are gone. Its folder stays.
    pub fn kill(&mut self) {
        self.0.kill();
    }

    /// Starts it again, killing it first if it runs: same folder, same port. Waits until it has recovered and accepts.
    pub fn restart(&mut self) -> Result<(), EngineError> {
        self.0.restart()
    }

    /// Holds all of its processes still (SIGSTOP): connections stay open and are accepted, and nothing answers.
    pub fn pause(&self) {
        self.0.pause();
    }

    /// Lets its processes go on (SIGCONT).
    pub fn resume(&self) {
        self.0.resume();
    }
}

#[derive(Debug)]
struct Server {
    programs: PathBuf,
    /// Whom it runs as, where that is not who runs this program.
    account: Option<Account>,
}

impl Server {
    /// One of its programs, run by the right user in the folder.
    fn program(&self, name: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.env("LC_ALL", "C").current_dir(folder);
        if let Some(Account { user, group }) = self.account {
            command.uid(user).gid(group);
        }
        command.arg("-D").arg(folder.join("data"));
        command
    }

    fn make_database(&self, folder: &TempDir) -> Result<(), EngineError> {
        let folder = folder.path();
        if let Some(Account { user, group }) = self.account {
            std::os::unix::fs::chown(folder, Some(user), Some(group))
                .map_err(EngineError::while_to("give the folder to PostgreSQL"))?;
        }
        // What is made is synced by nobody: until it is started, nothing depends on it.
        let made = self
            .program("initdb", folder)
            .args(["--no-sync", "--no-instructions", "--auth=trust"])
            .args(["--encoding=UTF8", "--locale=C"])
            .arg(format!("--username={OWNER}"))
            .stdin(Stdio::null())
            .output()
            .map_err(EngineError::while_to("start initdb"))?;
        if made.status.success() {
            return Ok(());
        }
        Err(EngineError::Died {
            program: "initdb",
            log: String::from_utf8_lossy(&made.stderr).trim().to_owned(),
        })
    }
}

impl Kind for Server {
    const PROGRAM: &'static str = "postgres";

    fn command(&self, folder: &Path, port: u16) -> Command {
        let mut command = self.program("postgres", folder);
        let port = format!("port={port}");
        for setting in [
            "listen_addresses=127.0.0.1",
            &port,
            "unix_socket_directories=",
            "shared_buffers=32MB",
            // In the folder, so that a kill leaves nothing of it elsewhere.
            "dynamic_shared_memory_type=mmap",
        ] {
            command.args(["-c", setting]);
        }
        command
    }

    fn is_ready(&self, folder: &Path, port: u16, pid: u32) -> bool {
        says_ready(folder, pid) && admits(port).unwrap_or(false)
    }

    fn end(&self, folder: &Path, child: Option<&mut Child>) {
        match child {
            // Its immediate shutdown, which returns the shared memory that a kill would leave to the system.
            Some(child) => {
                process::ask_to_end(child, Signal::QUIT);
            }
            None => return_shared_memory(folder),
        }
    }
}

/// What the running server writes about itself: its process on the first line, its shared memory on the seventh, its state on the eighth.
fn lock_file(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

fn says_ready(folder: &Path, pid: u32) -> bool {
    let lines = lock_file(folder);
    let line = |number: usize| lines.get(number).map(String::as_str);
    line(0) == Some(&pid.to_string()) && line(7) == Some("ready")
}

/// Whether it lets the owner in: the first byte of what it answers to a start of session is `R`, and `E` while it recovers.
fn admits(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut hello = 196_608_u32.to_be_bytes().to_vec();
    hello.extend(format!("user\0{OWNER}\0database\0postgres\0\0").bytes());
    // The length counts its own four bytes.
    let length = u32::try_from(hello.len() + 4).unwrap_or(u32::MAX);
    stream.write_all(&[&length.to_be_bytes()[..], &hello].concat())?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    // A session that is ended in due form leaves no complaint in the log.
    stream.write_all(b"X\0\0\0\x04")?;
    Ok(kind == *b"R")
}

/// Returns the few bytes of System V memory by which a killed server would have known, at its next start, that it was killed.
fn return_shared_memory(folder: &Path) {
    let lines = lock_file(folder);
    let segment = lines.get(6).and_then(|line| line.split_whitespace().nth(1));
    if let Some(segment) = segment {
        // Where there is no such program the segment stays, as it does after any kill.
        let _ = Command::new("ipcrm")
            .args(["-m", segment])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
