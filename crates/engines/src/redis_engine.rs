//! Redis, or Valkey.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use crate::EngineError;
use crate::instance::{Instance, Kind};
use crate::programs::redis_server;

/// A Redis that keeps what it is told: a log of every change, which it has written before it answers and syncs every second. What was
/// acknowledged survives a kill, and all but the last second of it a loss of power.
#[derive(Debug)]
pub struct Redis(Instance<Server>);

impl Redis {
    /// Whether there is a program to start.
    ///
    /// # Errors
    /// [`EngineError::Missing`], which says how to install it.
    pub fn look_for() -> Result<(), EngineError> {
        redis_server().map(|_| ())
    }

    /// Starts one, empty, and waits until it accepts.
    ///
    /// *Security*: it asks for no password. It listens on the loopback interface, where every user of the machine reaches it.
    pub fn start() -> Result<Self, EngineError> {
        let program = redis_server()?;
        let folder = tempfile::Builder::new().prefix("svt-redis-").tempdir();
        let folder = folder.map_err(EngineError::while_to("make a folder for Redis"))?;
        Ok(Self(Instance::start(Server { program }, folder)?))
    }

    /// Where it is: `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// The port that it listens on, also after a restart.
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Its process, `None` once it has been killed.
    pub fn pid(&self) -> Option<u32> {
        self.0.pid()
    }

    /// Ends it at once (SIGKILL), and waits until it is gone. Its folder stays.
    pub fn kill(&mut self) {
        self.0.kill();
    }

    /// Starts it again, killing it first if it runs: same folder, same port. Waits until it accepts.
    pub fn restart(&mut self) -> Result<(), EngineError> {
        self.0.restart()
    }

    /// Holds it still (SIGSTOP): connections stay open and are accepted, and nothing answers.
    pub fn pause(&self) {
        self.0.pause();
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) {
        self.0.resume();
    }
}

#[derive(Debug)]
struct Server {
    program: PathBuf,
}

impl Kind for Server {
    const PROGRAM: &'static str = "redis-server";

    fn command(&self, folder: &Path, port: u16) -> Command {
        let mut command = Command::new(&self.program);
        command.env("LC_ALL", "C").current_dir(folder);
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
        command.arg("--dir").arg(folder);
        command.args(["--daemonize", "no", "--save", ""]);
        command.args(["--appendonly", "yes", "--appendfsync", "everysec"]);
        command
    }

    fn is_ready(&self, _: &Path, port: u16, pid: u32) -> bool {
        let said = info(port).unwrap_or_default();
        let has = |line: &str| said.lines().any(|found| found == line);
        has(&format!("process_id:{pid}")) && has("loading:0")
    }

    fn end(&self, _: &Path, _: Option<&mut Child>) {}
}

/// What the server says of itself.
fn info(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    // It closes after the second, so everything up to the end is the answer.
    stream.write_all(b"INFO\r\nQUIT\r\n")?;
    let mut said = Vec::new();
    stream.read_to_end(&mut said)?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}
