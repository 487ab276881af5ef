//! One visit of a page: everything a test needs, and everything put away afterwards.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use futures_util::FutureExt;
use lab::LabConfig;

use crate::{Browser, SpawnedLab, WirePage};

/// A lab, a browser, and the first page open in it.
#[derive(Debug)]
pub struct Visit {
    /// The lab that is visited.
    pub lab: SpawnedLab,
    /// The visitor's browser.
    pub browser: Browser,
}

impl Visit {
    /// Starts a lab and a browser, with no page open.
    ///
    /// # Errors
    /// When either does not start.
    pub async fn begin() -> Result<Self> {
        let lab = SpawnedLab::start().await?;
        let browser = Browser::start().await?;
        Ok(Self { lab, browser })
    }

    /// Opens the first page.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn page(&self) -> Result<WirePage<'_>> {
        WirePage::open(&self.browser, &self.lab.origins().app, "").await
    }
}

/// Runs a test on a visit. When it fails, what the page showed is in `target/e2e/<test>.png`. When it passes, the console of
/// the browser must have stayed silent: a page that works by accident is not held to work.
///
/// # Errors
/// What the test returns, and a console with anything in it.
pub async fn visit(test: impl AsyncFnOnce(&Visit) -> Result<()>) -> Result<()> {
    visit_with(|_| {}, test).await
}

/// As [`visit`], in a lab whose configuration differs by `change`.
///
/// # Errors
/// As [`visit`].
pub async fn visit_with(
    change: impl FnOnce(&mut LabConfig),
    test: impl AsyncFnOnce(&Visit) -> Result<()>,
) -> Result<()> {
    let lab = SpawnedLab::start_with(change).await?;
    let browser = Browser::start().await?;
    let visit = Visit { lab, browser };
    let result = AssertUnwindSafe(test(&visit)).catch_unwind().await;
    let console = visit.browser.console().await.unwrap_or_default();
    if !matches!(result, Ok(Ok(()))) {
        photograph(&visit.browser, &console).await;
    }
    let Visit { lab, browser } = visit;
    browser.quit().await;
    lab.stop().await;
    match result {
        Ok(result) => result?,
        Err(panic) => resume_unwind(panic),
    }
    ensure!(console.is_empty(), "the console is not empty: {console:#?}");
    Ok(())
}

/// Keeps what a failed test saw; a failure to do so must not hide why the test failed.
async fn photograph(browser: &Browser, console: &[String]) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("test").replace("::", "-");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/e2e");
    let kept = async {
        std::fs::create_dir_all(&folder)?;
        std::fs::write(
            folder.join(format!("{name}.console.txt")),
            console.join("\n"),
        )?;
        let picture = browser.driver().screenshot_as_png().await?;
        std::fs::write(folder.join(format!("{name}.png")), picture)
            .context("the picture could not be kept")
    };
    let _ = kept.await;
}
