//! A walk through all experiments in one browser, in the order of the contents, as a visitor would take it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::benchmark_page::svt;
use crate::experiment_page::Run;
use crate::{Browser, Engine, ExperimentPage, Settings, SpawnedLab, ThirdPartyCookies};

/// How many experiments there are at least: a walk of an empty folder would find nothing wrong.
pub const FEWEST: usize = 26;

/// What came of one experiment.
#[derive(Clone, Debug)]
pub struct Walked {
    /// The experiment.
    pub id: String,
    /// How the run ended, and what was observed.
    pub run: Run,
    /// What the console said during the run, but for what experiments provoke.
    pub console: Vec<String>,
}

/// Everything that came of a walk.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Its name and version.
    pub browser: (&'static str, String),
    /// The passport, as its experiment found it.
    pub facts: BTreeMap<String, String>,
    /// Each experiment.
    pub experiments: Vec<Walked>,
}

/// The ids of all experiments, the passport first.
///
/// # Errors
/// When the lab does not answer in this shape.
pub async fn ids(lab: &SpawnedLab) -> Result<Vec<String>> {
    let list: Value = lab
        .get("/lab/experiments")
        .await?
        .error_for_status()?
        .json()
        .await?;
    let ids = list["experiments"].as_array().context("no list")?.iter();
    Ok(ids
        .filter_map(|entry| Some(entry["id"].as_str()?.to_owned()))
        .collect())
}

/// The definition of an experiment, as its page gets it.
///
/// # Errors
/// When there is none.
pub async fn definition(lab: &SpawnedLab, id: &str) -> Result<Value> {
    Ok(lab
        .get(&format!("/experiments/{id}.json"))
        .await?
        .error_for_status()?
        .json()
        .await?)
}

/// A lab in which every experiment can be seen.
///
/// # Errors
/// When it does not start.
pub async fn whole_lab() -> Result<SpawnedLab> {
    let program = svt()?;
    SpawnedLab::start_with(|config| {
        config.program = Some(program);
        config.replicas = 3;
    })
    .await
}

/// Runs every experiment once, in a browser of its own.
///
/// # Errors
/// When the lab or the browser fails, or a run comes to no end.
pub async fn walk(engine: Engine, cookies: ThirdPartyCookies) -> Result<Walk> {
    let lab = whole_lab().await?;
    let mut browser = Browser::launch(Settings::fresh(engine, Some(cookies))?).await?;
    let mut experiments = Vec::new();
    for id in ids(&lab).await? {
        let walked = one(&lab, browser, &id).await.with_context(|| id.clone());
        let (next, run) = walked?;
        browser = next;
        let console = browser.console().await?;
        experiments.push(Walked { id, run, console });
    }
    let name = browser.name_and_version().await?;
    browser.quit().await;
    lab.stop().await;
    let facts = experiments
        .iter()
        .find(|walked| walked.id == "passport")
        .map(|walked| walked.run.outcomes())
        .unwrap_or_default();
    Ok(Walk {
        browser: name,
        facts: facts
            .into_iter()
            .filter_map(|(cell, found)| Some((cell.split('/').nth(1)?.to_owned(), found)))
            .collect(),
        experiments,
    })
}

/// Walks, and demands that everything came out as expected.
///
/// # Errors
/// When something did not, each thing a line; and when the walk itself fails.
pub async fn walks_as_expected(engine: Engine, cookies: ThirdPartyCookies) -> Result<()> {
    let walk = walk(engine, cookies).await?;
    let found = walk.facts.get("third-party-cookies").map(String::as_str);
    ensure!(
        found == Some(cookies.name()),
        "third-party cookies were to be {} and are {found:?}",
        cookies.name()
    );
    let count = walk.experiments.len();
    ensure!(count >= FEWEST, "only {count} experiments were walked");
    let complaints = walk.complaints();
    ensure!(
        complaints.is_empty(),
        "{}\nin {:?} with {:?}",
        complaints.join("\n"),
        walk.browser,
        walk.facts
    );
    Ok(())
}

/// Runs one experiment; where it asks for it, the browser is started again, and the run goes on.
async fn one(lab: &SpawnedLab, browser: Browser, id: &str) -> Result<(Browser, Run)> {
    let definition = definition(lab, id).await?;
    let page = ExperimentPage::open(&browser, &lab.origins().app, id).await?;
    let run = page.run(&definition).await?;
    if run.state != "unfinished" {
        return Ok((browser, run));
    }
    let browser = browser.restart().await?;
    let page = ExperimentPage::open(&browser, &lab.origins().app, id).await?;
    page.press("#continue").await?;
    let run = page.follow(&definition).await?;
    Ok((browser, run))
}

/// What experiments provoke the console to say: refusals, which are what is looked at, and whatever pages beside the lab say.
const PROVOKED: [&str; 5] = [
    "security ",
    "blocked by CORS policy",
    "/stage",
    "intervention",
    "Clear-Site-Data header",
];

impl Walk {
    /// Everything that did not come out as expected, a line each: runs, cells, claims, the console.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for Walked { id, run, console } in &self.experiments {
            if run.state != "done" {
                wrong.push(format!("{id} is {}: {}", run.state, run.line));
            }
            for cell in run.strays() {
                wrong.push(format!(
                    "{id}: {} is {:?}, expected {:?}",
                    cell.cell, cell.observed, cell.expected
                ));
            }
            for claim in run
                .claims
                .iter()
                .filter(|claim| claim.verdict != claim.expected)
            {
                wrong.push(format!(
                    "{id}: {} is {}, expected {}",
                    claim.id, claim.verdict, claim.expected
                ));
            }
            let said = console
                .iter()
                .filter(|line| !PROVOKED.iter().any(|provoked| line.contains(provoked)));
            wrong.extend(said.map(|line| format!("{id}: the console says {line}")));
        }
        wrong
    }

    /// The walk as one pass of the evidence.
    #[must_use]
    pub fn as_evidence(&self, cookies: ThirdPartyCookies) -> Value {
        let experiments: BTreeMap<_, _> = self
            .experiments
            .iter()
            .map(|walked| (walked.id.clone(), walked.run.outcomes()))
            .collect();
        json!({ "third-party-cookies": cookies.name(), "facts": self.facts, "experiments": experiments })
    }
}
