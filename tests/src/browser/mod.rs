//! A browser that this process started and that ends with it.

mod driver_process;
mod engine;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::WebDriver;

use driver_process::DriverProcess;

pub use engine::{Engine, ThirdPartyCookies};

/// How long anything may take that a page is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many times as long one step of an experiment may take: the two-minute rule is the longest.
const LONG_PATIENCE: u32 = 9;
const NOTHING: &str = "it did not happen";

/// A running browser. Dropping it ends the browser, then its driver, then removes its profile.
#[derive(Debug)]
pub struct Browser {
    // The order is the order in which they are dropped.
    driver: WebDriver,
    _process: DriverProcess,
    settings: Settings,
}

/// What a browser is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which browser.
    pub engine: Engine,
    /// Whether it sends cookies across sites on request by a page; `None` leaves it as the browser comes.
    pub third_party_cookies: Option<ThirdPartyCookies>,
    /// Where it keeps what it keeps. Browsers with the same profile are the same visitor, one after the other.
    profile: Arc<TempDir>,
}

impl Settings {
    /// An empty profile.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn fresh(engine: Engine, third_party_cookies: Option<ThirdPartyCookies>) -> Result<Self> {
        Ok(Self {
            engine,
            third_party_cookies,
            profile: Arc::new(tempfile::tempdir()?),
        })
    }
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
    /// Starts a Chromium with an empty profile.
    ///
    /// # Errors
    /// When there is no browser or no driver (see `cargo xtask test`), or they do not work together.
    pub async fn start() -> Result<Self> {
        Self::launch(Settings::fresh(Engine::Chromium, None)?).await
    }

    /// Starts the browser that the settings describe.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub async fn launch(settings: Settings) -> Result<Self> {
        let process = DriverProcess::start(settings.engine)?;
        let capabilities = settings
            .engine
            .capabilities(settings.profile.path(), settings.third_party_cookies)?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", process.port()), capabilities)
            .await
            .context("the driver could not start the browser: are both of the same version?")?;
        driver
            .set_script_timeout(PATIENCE + Duration::from_secs(5))
            .await?;
        let browser = Self {
            driver,
            _process: process,
            settings,
        };
        browser.resize(Viewport::DESKTOP).await?;
        Ok(browser)
    }

    /// Ends the browser and starts it again, with all that it keeps on disk.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub async fn restart(self) -> Result<Self> {
        let settings = self.settings.clone();
        self.quit().await;
        Self::launch(settings).await
    }

    /// Its name and version, as the driver tells them: `("Chromium", "156.0.8078.73")`.
    ///
    /// # Errors
    /// When the driver does not tell.
    pub async fn name_and_version(&self) -> Result<(&'static str, String)> {
        let agent: String = self.run("return navigator.userAgent;", json!(null)).await?;
        let version = ["Firefox/", "Chrome/", "HeadlessChrome/"]
            .iter()
            .find_map(|name| agent.split_once(name))
            .and_then(|(_, rest)| rest.split([' ', '.']).next())
            .with_context(|| format!("no version in {agent}"))?;
        Ok((self.settings.engine.name(), version.to_owned()))
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
        if self.settings.engine == Engine::Firefox {
            self.driver.set_window_rect(0, 0, width, height).await?;
            return Ok(());
        }
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
        self.prefer("dark").await
    }

    /// Makes the browser prefer light pages.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn prefer_light(&self) -> Result<()> {
        self.prefer("light").await
    }

    async fn prefer(&self, scheme: &str) -> Result<()> {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
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
        let answer = self.look_for(condition, argument).await?;
        match answer.get("value") {
            Some(value) => Ok(value.clone()),
            None => Err(anyhow!("waiting for {what}: {answer}")),
        }
    }

    /// As [`Browser::wait_for`], as long as the longest step of an experiment takes: asked again and again, since one
    /// request to the driver may not last that long.
    ///
    /// # Errors
    /// When it does not happen within that time.
    pub async fn wait_long_for(
        &self,
        what: &str,
        condition: &str,
        argument: Value,
    ) -> Result<Value> {
        for _ in 0..LONG_PATIENCE {
            let answer = self.look_for(condition, argument.clone()).await?;
            if let Some(value) = answer.get("value") {
                return Ok(value.clone());
            }
            ensure!(answer["error"] == NOTHING, "waiting for {what}: {answer}");
        }
        Err(anyhow!("waiting for {what}: {NOTHING}"))
    }

    /// What a condition came to, as `{value}` or `{error}`.
    async fn look_for(&self, condition: &str, argument: Value) -> Result<Value> {
        // Asked in the page itself, once a frame: what is waited for is seen when it happens, and costs no round trips.
        let script = format!(
            "const [argument, patience, nothing, done] = arguments;
             const condition = function () {{ {condition} }};
             const end = performance.now() + patience;
             (function look() {{
               let value;
               try {{ value = condition.call(null, argument); }} catch (error) {{ return done({{ error: String(error) }}); }}
               if (value) return done({{ value }});
               if (performance.now() > end) return done({{ error: nothing }});
               setTimeout(look, 15);
             }})();"
        );
        let patience = u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
        let arguments = vec![argument, json!(patience), json!(NOTHING)];
        let answer = self.driver.execute_async(&script, arguments).await?;
        Ok(answer.json().clone())
    }

    /// What the console has received since this was last asked, as `LEVEL source message`, without the lines that Chromium
    /// writes for every answer of 400 and above: those are expected of a lab.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn console(&self) -> Result<Vec<String>> {
        if self.settings.engine == Engine::Firefox {
            return Ok(Vec::new()); // Its driver tells nothing of the console.
        }
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
