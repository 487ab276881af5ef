//! The page of an experiment as its visitor uses it: press Run, follow it into the tabs that it asks for, and read the cells.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use thirtyfour::{By, WindowHandle};

use crate::Browser;

/// A cell of a table after a run.
#[derive(Clone, Debug, Deserialize)]
pub struct Observed {
    /// `matrix/row/column`.
    pub cell: String,
    /// What was observed; `None` where nothing was.
    pub observed: Option<String>,
    /// What is expected of this browser; `None` where nothing is.
    pub expected: Option<String>,
    /// The ids of the exchanges that decided it, apart by spaces.
    #[serde(default)]
    pub exchanges: String,
}

impl Observed {
    /// Whether it came out as expected, or nothing was expected, or nothing can be observed here.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        match (&self.observed, &self.expected) {
            (Some(observed), _) if observed == "not-observable" => true,
            (Some(observed), Some(expected)) => observed == expected,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

/// What a page says of a claim, and what the experiment's own text expects it to say.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct ClaimVerdict {
    /// `C1` to `C21`.
    pub id: String,
    /// `true`, `half`, `false` or `none`.
    pub verdict: String,
    /// What the definition says.
    pub expected: String,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// `done`, `stopped`, `failed`, `no-verdict`.
    pub state: String,
    /// The line that the page said.
    pub line: String,
    /// Every cell, in the order of the page.
    pub cells: Vec<Observed>,
    /// Every claim, in the order of the page.
    pub claims: Vec<ClaimVerdict>,
}

impl Run {
    /// What was observed, by cell.
    #[must_use]
    pub fn outcomes(&self) -> BTreeMap<String, String> {
        let cells = self.cells.iter();
        cells
            .filter_map(|cell| Some((cell.cell.clone(), cell.observed.clone()?)))
            .collect()
    }

    /// The cells that did not come out as expected.
    #[must_use]
    pub fn strays(&self) -> Vec<&Observed> {
        self.cells
            .iter()
            .filter(|cell| !cell.is_as_expected())
            .collect()
    }
}

/// How often a window is looked at whose page comes and goes, and how many times at most.
const LOOK: Duration = Duration::from_millis(40);
const LOOKS: u32 = 3_000;

const STATE: &str = "return document.querySelector('main').dataset.state;";
const SETTLED: &str = "const state = document.querySelector('main').dataset.state; return ['loading', 'running'].includes(state) ? null : state;";
const CELLS: &str =
    "return [...document.querySelectorAll('td[data-cell]')].map((cell) => ({ ...cell.dataset }));";
const CLAIMS: &str = "
const expected = Object.fromEntries(arguments[0].claims.map(({ id, verdict }) => [id, verdict]));
return [...document.querySelectorAll('[data-claim]')].map(({ dataset }) =>
  ({ id: dataset.claim, verdict: dataset.verdict, expected: expected[dataset.claim] }));";
/// A page on the stage is over, or waits for a click of its visitor.
const STAGE: &str = "
const click = document.querySelector('[data-step-click]');
if (click) { click.removeAttribute('data-step-click'); return { click: click.id }; }
return document.querySelector('main')?.dataset.over === 'true' ? { over: true } : null;";

/// The page of an experiment, open in a browser.
#[derive(Clone, Copy, Debug)]
pub struct ExperimentPage<'a> {
    browser: &'a Browser,
}

impl<'a> ExperimentPage<'a> {
    /// Opens it, and waits until it can be used.
    ///
    /// # Errors
    /// When the page does not come up.
    pub async fn open(browser: &'a Browser, app_origin: &str, id: &str) -> Result<Self> {
        browser
            .driver()
            .goto(format!("{app_origin}/experiments/{id}"))
            .await?;
        let state = browser
            .wait_for("the experiment to be ready", SETTLED, json!(null))
            .await?;
        ensure!(state == "ready", "{id} is {state}");
        Ok(Self { browser })
    }

    /// The state that the page is in.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn state(self) -> Result<String> {
        self.browser.run(STATE, json!(null)).await
    }

    /// Runs the experiment to its end, following it into every tab that it asks for.
    ///
    /// # Errors
    /// When it comes to no end, or a tab does not.
    pub async fn run(self, definition: &Value) -> Result<Run> {
        self.press("#run").await?;
        self.follow(definition).await
    }

    /// Presses a button of the page.
    ///
    /// # Errors
    /// When there is none.
    pub async fn press(self, selector: &str) -> Result<()> {
        let button = self.browser.driver().find(By::Css(selector)).await?;
        button.click().await?;
        Ok(())
    }

    /// What is to be seen now.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn cells(self) -> Result<Vec<Observed>> {
        self.browser.run(CELLS, json!(null)).await
    }

    /// Waits until the page is in this state.
    ///
    /// # Errors
    /// When it does not get there.
    pub async fn comes_to(self, state: &str) -> Result<()> {
        let condition = "return document.querySelector('main').dataset.state === arguments[0];";
        self.browser
            .wait_for(&format!("the state {state}"), condition, json!(state))
            .await?;
        Ok(())
    }

    /// Follows a run that is under way to its end.
    ///
    /// # Errors
    /// As [`ExperimentPage::run`].
    pub async fn follow(self, definition: &Value) -> Result<Run> {
        loop {
            let state = self
                .browser
                .wait_long_for("the run to go on", SETTLED, json!(null))
                .await?;
            match state.as_str().unwrap_or_default() {
                "waiting-for-tab" => self.visit_tab().await?,
                state => {
                    return Ok(Run {
                        state: state.to_owned(),
                        line: self
                            .browser
                            .driver()
                            .find(By::Id("announce"))
                            .await?
                            .text()
                            .await?,
                        cells: self.browser.run(CELLS, json!(null)).await?,
                        claims: self.browser.run(CLAIMS, definition.clone()).await?,
                    });
                }
            }
        }
    }

    /// Opens the tab that is asked for, waits until its walk is over, and comes back.
    ///
    /// # Errors
    /// When it comes to no end.
    pub async fn visit_tab(self) -> Result<()> {
        let driver = self.browser.driver();
        let home = driver.window().await?;
        let before = driver.windows().await?;
        self.press("[data-open-tab]").await?;
        let tab = self.new_window(&before).await?;
        // A walk of few steps may be over, and its tab closed, before anybody looks.
        let is_open = driver.switch_to_window(tab.clone()).await.is_ok();
        let mut looks = tokio::time::interval(LOOK);
        for look in 0.. {
            if !is_open {
                break;
            }
            ensure!(
                look < LOOKS,
                "the page on the stage came to no end: {}",
                driver.current_url().await?
            );
            looks.tick().await;
            // The page moves on under the question; then the question is asked again. It may also close itself.
            if !driver.windows().await?.contains(&tab) {
                break;
            }
            match self.browser.run::<Option<Value>>(STAGE, json!(null)).await {
                Ok(Some(found)) if found["over"] == true => break,
                Ok(Some(found)) => {
                    let id = found["click"].as_str().context("a button without id")?;
                    driver.find(By::Id(id)).await?.click().await?;
                }
                Ok(None) | Err(_) => {}
            }
        }
        for window in driver.windows().await? {
            if window != home {
                driver.switch_to_window(window).await?;
                driver.close_window().await?;
            }
        }
        driver.switch_to_window(home).await?;
        Ok(())
    }

    async fn new_window(self, before: &[WindowHandle]) -> Result<WindowHandle> {
        let mut looks = tokio::time::interval(LOOK);
        for _ in 0..LOOKS {
            looks.tick().await;
            let now = self.browser.driver().windows().await?;
            if let Some(new) = now.into_iter().find(|window| !before.contains(window)) {
                return Ok(new);
            }
        }
        bail!("no tab was opened")
    }
}
