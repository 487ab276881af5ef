//! The benchmark's page: a run is started, watched and stopped there, and what is drawn is what the report says.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use tests::benchmark_page::svt;
use tests::browser::Viewport;
use tests::{BenchmarkPage, Browser, SpawnedLab, visit, visit_with};

use crate::keyboard::{tab_to, type_key};
use crate::language::WORDS_FROM_ELSEWHERE;
use crate::layout::{WHAT_CANNOT_BE_READ, WHAT_DOES_NOT_FIT};

/// One round of a few milliseconds: enough to have figures, and too little to believe them.
const TINY: &str = "?rounds=1&window_ms=20";

#[derive(Debug, Deserialize)]
struct Drawn {
    /// The text of each cell, by arm and column.
    cells: Vec<(String, String, String)>,
    /// Name, words, whether it was loaded, and the claims above it, or above the plots between.
    plots: Vec<(String, String, bool, Vec<String>)>,
    /// Claim, verdict, and how many observations stand below it.
    claims: Vec<(String, String, usize)>,
    warnings: Vec<String>,
}

const READ: &str = r#"
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
let above = [];
const plots = [];
for (const part of document.querySelector(".scenario").children) {
  if (part.matches("[data-claim]")) above = part.previousElementSibling?.matches("[data-claim]") ? [...above, part.dataset.claim] : [part.dataset.claim];
  if (part.matches("[data-plot]")) {
    const picture = part.querySelector("img");
    plots.push([part.dataset.plot, picture.alt, picture.complete && picture.naturalWidth > 0, above]);
  }
}
return {
  cells: all("tr[data-arm]").flatMap((row) => all("[data-column]", row).map((cell) => [row.dataset.arm, cell.dataset.column, cell.textContent])),
  plots,
  claims: all("[data-claim]").map((claim) => [claim.dataset.claim, claim.dataset.verdict, all("li", claim).length]),
  warnings: all(".warnings li").map((item) => item.textContent),
};
"#;

async fn told(lab: &SpawnedLab, path: &str) -> Result<Value> {
    let answer = lab.get(&format!("/lab/benchmark{path}")).await?;
    Ok(answer.error_for_status()?.json().await?)
}

/// The figure of a cell, as results.json has it, and half of its last digit.
fn figure(arm: &Value, column: &str) -> Option<(f64, f64)> {
    let (path, last_digit) = match column {
        "ratio" => ("/figures/ratio/median", 0.01),
        "cost" => ("/figures/cost_us/median", 0.1),
        "per-second" => ("/figures/per_second/median", 1.0),
        "bytes-out" => ("/bytes/request", 1.0),
        "bytes-in" => ("/bytes/answer", 1.0),
        "reads" => ("/store/reads", 0.01),
        "writes" => ("/store/writes", 0.01),
        _ => return None,
    };
    Some((arm.pointer(path)?.as_f64()?, last_digit * 0.501))
}

fn assert_figures(drawn: &Drawn, results: &Value) -> Result<()> {
    let arms = results["scenarios"][0]["arms"]
        .as_array()
        .context("no arms")?;
    assert_eq!(arms.len(), 7);
    for arm in arms {
        let of_arm = drawn.cells.iter().filter(|cell| arm["name"] == *cell.0);
        let mut compared = 0;
        for (name, column, text) in of_arm {
            if let Some((expected, half)) = figure(arm, column) {
                let shown: f64 = text.parse().with_context(|| format!("{column}: {text}"))?;
                assert!(
                    (shown - expected).abs() <= half,
                    "{name}, {column}: {shown} for {expected}"
                );
                compared += 1;
            }
        }
        assert!(compared >= 5, "{compared} figures of {}", arm["name"]);
    }
    Ok(())
}

/// What stands at the claims is what the lab says of them.
fn assert_claims(drawn: &Drawn, state: &Value) -> Result<()> {
    for (claim, verdict, observations) in &drawn.claims {
        let claims = state["shown"]["claims"].as_array().context("no claims")?;
        let said = claims
            .iter()
            .find(|said| said["id"] == **claim)
            .context("no such claim")?;
        assert_eq!(said["verdict"], **verdict, "{claim}");
        assert_eq!(
            said["observations"].as_array().map(Vec::len),
            Some(*observations),
            "{claim}"
        );
    }
    // One round decides nothing of times; that a session in SQLite is read from there is counted, and takes no statistics.
    assert!(
        drawn
            .claims
            .contains(&("C13".to_owned(), "half".to_owned(), 4)),
        "{:?}",
        drawn.claims
    );
    Ok(())
}

/// On a telephone and on a desktop, in the light and in the dark.
async fn assert_it_can_be_used(browser: &Browser) -> Result<()> {
    for (size, viewport) in [("390 px", Viewport::PHONE), ("1280 px", Viewport::DESKTOP)] {
        browser.resize(viewport).await?;
        for dark in [false, true] {
            if dark {
                browser.prefer_dark().await?
            } else {
                browser.prefer_light().await?
            }
            for script in [WHAT_DOES_NOT_FIT, WHAT_CANNOT_BE_READ] {
                let faults: Vec<String> = browser.run(script, json!(null)).await?;
                assert!(faults.is_empty(), "{size}, dark {dark}: {faults:#?}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_run_that_is_started_from_the_page_draws_what_the_report_says() -> Result<()> {
    let program = svt()?;
    visit_with(
        |config| config.program = Some(program),
        async |visit| {
            let (lab, browser) = (&visit.lab, &visit.browser);
            let page = BenchmarkPage::open(browser, lab, TINY).await?;
            assert_eq!(page.announced().await?, "Nothing was measured yet.");
            tab_to(browser, "#start").await?;
            type_key(browser, thirtyfour::Key::Enter).await?;
            page.comes_to("running").await?;
            let on_stop: bool = browser
                .run("return document.activeElement?.id === 'stop';", json!(null))
                .await?;
            assert!(on_stop, "the focus goes from one button to the other");
            page.comes_to("done").await?;
            assert_eq!(page.announced().await?, "Done. Below is what was found.");

            let drawn: Drawn = browser.run(READ, json!(null)).await?;
            let results = told(lab, "/results.json").await?;
            assert_figures(&drawn, &results)?;
            let warnings: Vec<String> = serde_json::from_value(results["warnings"].clone())?;
            assert_eq!(drawn.warnings, warnings);

            for name in ["cost", "bytes", "store"] {
                assert!(drawn.plots.iter().any(|plot| plot.0 == name), "no {name}");
            }
            for (name, _, loaded, above) in &drawn.plots {
                assert!(loaded, "{name}");
                let expected: &[&str] = if name == "store" {
                    &["C2", "C13"]
                } else {
                    &["C8"]
                };
                assert_eq!(above, expected, "{name}");
            }
            let says = |name: &str| {
                drawn
                    .plots
                    .iter()
                    .find(|plot| plot.0 == name)
                    .map(|plot| plot.1.clone())
            };
            let finding = results["scenarios"][0]["findings"][0]["sentence"]
                .as_str()
                .context("no finding")?;
            assert!(says("cost").context("no plot")?.contains(finding));

            assert_claims(&drawn, &told(lab, "").await?)?;
            assert_it_can_be_used(browser).await?;
            BenchmarkPage::open(browser, lab, "?lang=qps").await?;
            let faults: Vec<String> = browser.run(WORDS_FROM_ELSEWHERE, json!(null)).await?;
            assert!(faults.is_empty(), "{faults:#?}");
            Ok(())
        },
    )
    .await
}

#[tokio::test]
async fn a_run_that_is_stopped_from_the_page_keeps_its_whole_rounds_and_says_so() -> Result<()> {
    let program = svt()?;
    visit_with(
        |config| config.program = Some(program),
        async |visit| {
            let (lab, browser) = (&visit.lab, &visit.browser);
            let page = BenchmarkPage::open(browser, lab, "?rounds=100&window_ms=10").await?;
            page.press("#start").await?;
            page.comes_to("running").await?;
            let order = json!({ "kind": "quick" });
            let address = format!("{}/lab/benchmark", lab.origins().app);
            let second = lab.client().post(address).json(&order).send().await?;
            assert_eq!(second.status(), 409);
            let so_far = "return document.querySelector('.so-far, .warnings') !== null && document.querySelector('#stop:not(:disabled)') !== null;";
            browser
                .wait_long_for("a whole round", so_far, json!(null))
                .await?;
            page.press("#stop").await?;
            page.comes_to("done").await?;
            assert_eq!(
                page.announced().await?,
                "Stopped. Below is what was measured until then."
            );
            let drawn: Drawn = browser.run(READ, json!(null)).await?;
            assert!(
                drawn.warnings[0].contains("was stopped"),
                "{:?}",
                drawn.warnings
            );
            let results = told(lab, "/results.json").await?;
            assert_eq!(results["complete"], false);
            assert_figures(&drawn, &results)
        },
    )
    .await
}

#[tokio::test]
async fn a_lab_without_svt_says_that_it_can_measure_nothing_and_why() -> Result<()> {
    visit(async |visit| {
        BenchmarkPage::open(&visit.browser, &visit.lab, "").await?;
        let warned = "return [document.querySelector('[data-warns=no-program]')?.textContent ?? '', document.querySelector('#start') === null];";
        let (text, no_button): (String, bool) = visit.browser.run(warned, json!(null)).await?;
        assert!(text.contains("was not started by it"), "{text}");
        assert!(no_button);
        Ok(())
    })
    .await
}
