//! The workbench as an object.

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Browser, SpawnedLab};

/// What the page says.
#[derive(Debug, Deserialize)]
pub struct Said {
    /// `good`, `bad`, `open`.
    pub mark: String,
    /// The messages of what was found, in order.
    pub findings: Vec<String>,
    /// The same in words.
    pub text: String,
    /// The token, as it stands in its field.
    pub token: String,
}

impl Said {
    /// Whether this was found.
    #[must_use]
    pub fn has(&self, finding: &str) -> bool {
        self.findings.iter().any(|found| found == finding)
    }
}

const READ: &str = "const list = [...document.querySelectorAll('#findings li')];
return { mark: document.querySelector('#verdict').dataset.mark, findings: list.map((item) => item.dataset.finding.replace('workbench-', '')),
  text: list.map((item) => item.textContent).join(' '), token: document.querySelector('#token').value };";

/// The page, open in a browser.
#[derive(Clone, Copy, Debug)]
pub struct WorkbenchPage<'a>(&'a Browser);

impl<'a> WorkbenchPage<'a> {
    /// Opens the page of a lab.
    ///
    /// # Errors
    /// When the page does not answer.
    pub async fn open(browser: &'a Browser, lab: &SpawnedLab, query: &str) -> Result<Self> {
        let url = format!("{}/workbench{query}", lab.origins().app);
        browser.driver().goto(url).await?;
        let page = Self(browser);
        page.said().await?;
        Ok(page)
    }

    /// What is said once nothing is being checked.
    ///
    /// # Errors
    /// When the page does not answer.
    pub async fn said(self) -> Result<Said> {
        let idle = "return document.querySelector('main')?.dataset.busy === 'false';";
        self.0.wait_for("the check", idle, json!(null)).await?;
        self.0.run(READ, json!(null)).await
    }

    /// Puts a text into a field, as if it were pasted.
    ///
    /// # Errors
    /// When the page does not answer.
    pub async fn paste(self, field: &str, text: &str) -> Result<Said> {
        let paste = "const [id, text] = arguments[0]; const field = document.getElementById(id);
            field.value = text; field.dispatchEvent(new Event('input', { bubbles: true }));";
        let _: Value = self.0.run(paste, json!([field, text])).await?;
        self.said().await
    }

    /// Presses a button, and waits until it says what it did.
    ///
    /// # Errors
    /// When the page does not answer.
    pub async fn press(self, button: &str) -> Result<Said> {
        let press = "document.querySelector('#did').textContent = ''; document.getElementById(arguments[0]).click();";
        let _: Value = self.0.run(press, json!(button)).await?;
        let did = "return document.querySelector('#did').textContent !== '';";
        self.0.wait_for(button, did, json!(null)).await?;
        self.said().await
    }

    /// What stands in a field.
    ///
    /// # Errors
    /// When the page does not answer.
    pub async fn value(self, field: &str) -> Result<String> {
        let value = "return document.getElementById(arguments[0]).value;";
        self.0.run(value, json!(field)).await
    }
}
