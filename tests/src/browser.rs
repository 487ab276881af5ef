//! A Chromium that this process started and that ends with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

/// Flags that work as root, in a container, and without a network.
const FLAGS: [&str; 11] = [
    "--headless",
    // The pages are ours, and root, as in a container, has no other way.
    "--no-sandbox",
    "--disable-gpu",
    // A container's /dev/shm is too small for more than one browser.
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
];

/// How long anything may take that a page is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running browser. Dropping it ends the browser, then its driver, then removes its profile.
#[derive(Debug)]
pub struct Browser {
    // The order is the order in which they are dropped.
    driver: WebDriver,
    _process: DriverProcess,
    _profile: TempDir,
}

/// The part of a window that shows the page.
#[derive(Clone, Copy, Debug)]
pub struct Viewport {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
}

impl Viewport {
    /// A desktop.
    pub const DESKTOP: Self = Self {
        width: 1280,
        height: 900,
    };
    /// A telephone.
    pub const PHONE: Self = Self {
        width: 390,
        height: 844,
    };
}

impl Browser {
    /// Starts a browser with an empty profile.
    ///
    /// # Errors
    /// When there is no Chromium or no driver (see `cargo xtask test`), or they do not work together.
    pub async fn start() -> Result<Self> {
        let process = DriverProcess::start()?;
        let profile = tempfile::tempdir()?;
        let mut capabilities = DesiredCapabilities::chrome();
        if let Some(binary) = program(
            "CHROME",
            &["chromium", "chromium-browser", "google-chrome", "chrome"],
        ) {
            capabilities.set_binary(&binary.to_string_lossy())?;
        }
        for flag in FLAGS {
            capabilities.add_arg(flag)?;
        }
        let Viewport { width, height } = Viewport::DESKTOP;
        capabilities.add_arg(&format!("--window-size={width},{height}"))?;
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", process.port), capabilities)
            .await
            .context("the driver could not start Chromium: are both of the same version?")?;
        driver
            .set_script_timeout(PATIENCE + Duration::from_secs(5))
            .await?;
        let browser = Self {
            driver,
            _process: process,
            _profile: profile,
        };
        browser.resize(Viewport::DESKTOP).await?;
        Ok(browser)
    }

    /// Ends the browser without blocking; dropping it does the same, but holds up everything else on this thread.
    pub async fn quit(self) {
        // One that has crashed has ended too.
        let _ = self.driver.clone().quit().await;
    }

    /// The WebDriver session, for what has no method here.
    #[must_use]
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Gives the page this size. A window cannot be as narrow as a telephone, so the page is told so.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn resize(&self, Viewport { width, height }: Viewport) -> Result<()> {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.driver
            .cdp()
            .send_raw("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        Ok(())
    }

    /// Makes the browser prefer dark pages, as a visitor's system may.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn prefer_dark(&self) -> Result<()> {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.driver
            .cdp()
            .send_raw("Emulation.setEmulatedMedia", media)
            .await?;
        Ok(())
    }

    /// What a script returns. `arguments` is the script's `arguments[0]`.
    ///
    /// # Errors
    /// When the script throws, or returns another shape.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, argument: Value) -> Result<T> {
        let returned = self.driver.execute(script, vec![argument]).await?;
        Ok(serde_json::from_value(returned.json().clone())?)
    }

    /// Waits until a script returns something that is neither false nor null, and returns that.
    ///
    /// # Errors
    /// When it does not within twenty seconds; `what` says what was waited for.
    pub async fn wait_for(&self, what: &str, condition: &str, argument: Value) -> Result<Value> {
        // Asked in the page itself, once a frame: what is waited for is seen when it happens, and costs no round trips.
        let script = format!(
            "const [argument, patience, done] = arguments;
             const condition = function () {{ {condition} }};
             const end = performance.now() + patience;
             (function look() {{
               let value;
               try {{ value = condition.call(null, argument); }} catch (error) {{ return done({{ error: String(error) }}); }}
               if (value) return done({{ value }});
               if (performance.now() > end) return done({{ error: 'it did not happen' }});
               setTimeout(look, 15);
             }})();"
        );
        let patience = u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
        let answer = self
            .driver
            .execute_async(&script, vec![argument, json!(patience)])
            .await?;
        match answer.json().get("value") {
            Some(value) => Ok(value.clone()),
            None => Err(anyhow!("waiting for {what}: {}", answer.json())),
        }
    }

    /// What the console has received since this was last asked, as `LEVEL source message`, without the lines that Chromium
    /// writes for every answer of 400 and above: those are expected of a lab.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn console(&self) -> Result<Vec<String>> {
        let entries = self.driver.browser_log().await?;
        Ok(entries
            .into_iter()
            .filter(|entry| entry.source.as_deref() != Some("network"))
            .map(|entry| {
                format!(
                    "{} {} {}",
                    entry.level,
                    entry.source.unwrap_or_default(),
                    entry.message
                )
            })
            .collect())
    }
}

/// A chromedriver on a port that it chose itself.
#[derive(Debug)]
struct DriverProcess {
    child: Child,
    port: u16,
}

impl DriverProcess {
    fn start() -> Result<Self> {
        let path = program("CHROMEDRIVER", &["chromedriver"])
            .context("there is no chromedriver on the PATH: run `cargo xtask test`, which installs or names what is missing")?;
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
            if let Some((_, port)) = line.split_once("started successfully on port ") {
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
}

impl Drop for DriverProcess {
    fn drop(&mut self) {
        // The session has ended the browser by now. A driver that is gone already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program named by a variable, or the first of these on the PATH.
fn program(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(given) = std::env::var_os(variable) {
        return Some(given.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| {
            folders
                .iter()
                .map(move |folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        })
        .find(|candidate| candidate.is_file())
}
