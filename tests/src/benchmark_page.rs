//! The benchmark's page as an object.

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{Browser, SpawnedLab};

/// The `svt` that is built beside these tests.
///
/// # Errors
/// When it is not there: `cargo xtask test` builds it with everything else, and a run of this package alone does not.
pub fn svt() -> Result<PathBuf> {
    let mut folder = std::env::current_exe()?;
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let program = folder.join(format!("svt{EXE_SUFFIX}"));
    ensure!(
        program.is_file(),
        "{} is missing: `cargo build -p svt` makes it",
        program.display()
    );
    Ok(program)
}

/// The page, open in a browser.
#[derive(Clone, Copy, Debug)]
pub struct BenchmarkPage<'a>(&'a Browser);

impl<'a> BenchmarkPage<'a> {
    /// Opens the page of a lab, and waits until it knows what the lab is doing.
    ///
    /// # Errors
    /// When the page does not answer.
    pub async fn open(browser: &'a Browser, lab: &SpawnedLab, query: &str) -> Result<Self> {
        let url = format!("{}/benchmark{query}", lab.origins().app);
        browser.driver().goto(url).await?;
        let knows =
            "return (document.querySelector('main')?.dataset.phase ?? 'loading') !== 'loading';";
        browser
            .wait_for("the page to know", knows, json!(null))
            .await?;
        Ok(Self(browser))
    }

    /// Waits until the run is so far: `idle`, `running`, `done`.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn comes_to(self, phase: &str) -> Result<()> {
        let is_there = "return document.querySelector('main').dataset.phase === arguments[0];";
        self.0.wait_long_for(phase, is_there, json!(phase)).await?;
        Ok(())
    }

    /// Presses a button.
    ///
    /// # Errors
    /// When there is none.
    pub async fn press(self, button: &str) -> Result<()> {
        let press = "document.querySelector(arguments[0]).click();";
        self.0.run::<Value>(press, json!(button)).await?;
        Ok(())
    }

    /// What is said to who listens.
    ///
    /// # Errors
    /// When the page does not answer.
    pub async fn announced(self) -> Result<String> {
        let said = "return document.querySelector('#announce').textContent;";
        self.0.run(said, json!(null)).await
    }
}
