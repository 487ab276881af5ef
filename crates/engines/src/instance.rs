//! What all engines have in common: a folder, a port, a process, and the way from one state to another.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::EngineError;
use crate::process::{self, wait_until};

/// How many ports are tried: between finding one that is free and using it, another program may take it.
const PORTS: usize = 5;

/// How often is looked whether an engine is ready: for about fifteen seconds.
const LOOKS: usize = 750;

/// What one kind of engine has of its own.
pub(crate) trait Kind {
    /// The name of its program.
    const PROGRAM: &'static str;
    /// The program with its arguments, to run on what is in the folder.
    fn command(&self, folder: &Path, port: u16) -> Command;
    /// Whether it accepts, and is this process and not another engine on the same port.
    fn is_ready(&self, folder: &Path, port: u16, pid: u32) -> bool;
    /// Ends it for good. Whatever of it still runs is killed afterwards.
    fn end(&self, folder: &Path, child: Option<&mut Child>);
}

/// An engine in its folder.
#[derive(Debug)]
pub(crate) struct Instance<K: Kind> {
    kind: K,
    port: u16,
    /// `None` once it has been killed.
    child: Option<Child>,
    /// Removed when dropped, after the engine.
    folder: TempDir,
}

impl<K: Kind> Instance<K> {
    /// Starts on a free port.
    pub(crate) fn start(kind: K, folder: TempDir) -> Result<Self, EngineError> {
        let mut tried = 0;
        loop {
            let port = free_port().map_err(EngineError::while_to("find a free port"))?;
            tried += 1;
            match run(&kind, folder.path(), port) {
                Ok(child) => {
                    return Ok(Self {
                        kind,
                        port,
                        child: Some(child),
                        folder,
                    });
                }
                Err(EngineError::Died { log, .. }) if tried < PORTS && says_port_taken(&log) => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The first of its processes, `None` once it has been killed.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::kill(&mut child);
        }
    }

    pub(crate) fn restart(&mut self) -> Result<(), EngineError> {
        self.kill();
        self.child = Some(run(&self.kind, self.folder.path(), self.port)?);
        Ok(())
    }

    pub(crate) fn pause(&self) {
        if let Some(child) = &self.child {
            process::pause(child);
        }
    }

    pub(crate) fn resume(&self) {
        if let Some(child) = &self.child {
            process::resume(child);
        }
    }
}

impl<K: Kind> Drop for Instance<K> {
    fn drop(&mut self) {
        self.kind.end(self.folder.path(), self.child.as_mut());
        self.kill();
    }
}

/// Starts the program and waits until it accepts.
fn run<K: Kind>(kind: &K, folder: &Path, port: u16) -> Result<Child, EngineError> {
    let log = folder.join("log");
    let starting = EngineError::while_to("start the engine");
    let mut child = spawn(kind.command(folder, port), &log).map_err(starting)?;
    let pid = child.id();
    let mut ended = false;
    let ready = wait_until(LOOKS, || {
        ended = !matches!(child.try_wait(), Ok(None));
        ended || kind.is_ready(folder, port, pid)
    });
    if ready && !ended {
        return Ok(child);
    }
    process::kill(&mut child);
    let (program, log) = (K::PROGRAM, last_lines(&log));
    Err(if ended {
        EngineError::Died { program, log }
    } else {
        EngineError::Silent { program, log }
    })
}

fn spawn(mut command: Command, log: &Path) -> io::Result<Child> {
    let log = File::create(log)?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Both engines run in the C locale and so end with the system's words for it.
fn says_port_taken(log: &str) -> bool {
    log.contains("Address already in use")
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that ends at once, with something on its lips.
    struct Failing;

    impl Kind for Failing {
        const PROGRAM: &'static str = "sh";
        fn command(&self, _: &Path, _: u16) -> Command {
            let mut command = Command::new("sh");
            command.args(["-c", "seq 30; echo no space left on device; exit 1"]);
            command
        }
        fn is_ready(&self, _: &Path, _: u16, _: u32) -> bool {
            false
        }
        fn end(&self, _: &Path, _: Option<&mut Child>) {}
    }

    #[test]
    fn an_engine_that_dies_early_is_an_error_with_the_last_that_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let Err(error) = Instance::start(Failing, folder) else {
            panic!("it cannot have started");
        };
        assert!(matches!(error, EngineError::Died { .. }));
        let said = error.to_string();
        assert!(said.contains("\n12\n") && said.ends_with("\nno space left on device"));
        assert!(!said.contains("\n11\n"), "the last lines alone: {said}");
        assert!(!path.exists());
    }
}
