//! The program between a test and its browser.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::Engine;

/// A driver on a port that it chose itself.
#[derive(Debug)]
pub(super) struct DriverProcess {
    child: Child,
    port: u16,
}

impl DriverProcess {
    pub(super) fn start(engine: Engine) -> Result<Self> {
        let path = engine.driver().with_context(|| {
            format!("there is no driver for {} on the PATH: run `{}`, which installs or names what is missing", engine.name(), engine.installer())
        })?;
        let mut child = Command::new(&path)
            .arg("--port=0")
            // Pages show UTC, but what a browser logs or a date field shows should not depend on the machine either.
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", path.display()))?;
        let output = child.stdout.take().context("the driver has no output")?;
        let mut process = Self { child, port: 0 };
        let mut lines = BufReader::new(output).lines();
        for line in lines.by_ref() {
            let line = line?;
            // "… was started successfully on port 40123." and "… Listening on 127.0.0.1:40123".
            let port = line
                .split_once("started successfully on port ")
                .or_else(|| line.split_once("Listening on 127.0.0.1:"));
            if let Some((_, port)) = port {
                process.port = port.trim_end_matches('.').parse()?;
                break;
            }
        }
        ensure!(
            process.port != 0,
            "{} did not say on which port it listens",
            path.display()
        );
        // Read on, so that the driver never waits for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(process)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for DriverProcess {
    fn drop(&mut self) {
        // The session has ended the browser by now. A driver that is gone already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
