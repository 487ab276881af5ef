//! The replicas in a browser: what a run leaves behind, and the live table beside it.

use anyhow::Result;
use serde_json::{Value, json};
use tests::benchmark_page::svt;
use tests::browser::Viewport;
use tests::{Browser, ExperimentPage, Visit, visit, visit_with, walk};
use thirtyfour::Key;

use crate::keyboard::{tab_to, type_key};
use crate::layout::{WHAT_CANNOT_BE_READ, WHAT_DOES_NOT_FIT};

/// The outcome of each cell, row by row.
const TABLE: &str = r##"
const panel = document.querySelector("#panel");
if (panel.classList.contains("busy")) return null;
const found = [...panel.querySelectorAll("[data-replica]")].map(({ dataset }) => [dataset.replica, dataset.outcome]);
return JSON.stringify(found) === JSON.stringify(arguments[0]) ? found : null;
"##;

/// A visit of a lab with so many replicas of each server.
async fn visit_replicas(count: u8, test: impl AsyncFnOnce(&Visit) -> Result<()>) -> Result<()> {
    let program = svt()?;
    let change = |config: &mut lab::LabConfig| {
        config.program = Some(program);
        config.replicas = count;
    };
    visit_with(change, test).await
}

async fn open(visit: &Visit) -> Result<ExperimentPage<'_>> {
    let page = ExperimentPage::open(&visit.browser, &visit.lab.origins().app, "scale-out").await?;
    let drawn = "return document.querySelector('#panel [data-replica]') !== null;";
    visit
        .browser
        .wait_for("the table", drawn, json!(null))
        .await?;
    Ok(page)
}

/// Waits until the table says so of each replica.
async fn shows(browser: &Browser, session: [&str; 2], jwt: [&str; 2]) -> Result<()> {
    let expected = json!([
        ["session-a", session[0]],
        ["session-b", session[1]],
        ["jwt-a", jwt[0]],
        ["jwt-b", jwt[1]]
    ]);
    browser
        .wait_long_for(&format!("{expected}"), TABLE, expected.clone())
        .await?;
    Ok(())
}

/// Presses a control of the table by its name.
async fn press(browser: &Browser, does: &str) -> Result<()> {
    let press = "document.querySelector(`[data-does='${arguments[0]}']`).click();";
    browser.run::<Value>(press, json!(does)).await?;
    Ok(())
}

async fn replicas(visit: &Visit) -> Result<Value> {
    let answer = visit.lab.get("/lab/replicas").await?;
    Ok(answer.error_for_status()?.json().await?)
}

#[tokio::test]
async fn a_run_comes_out_as_expected_and_leaves_the_replicas_as_they_were() -> Result<()> {
    visit_replicas(2, async |visit| {
        let page = open(visit).await?;
        let definition = walk::definition(&visit.lab, "scale-out").await?;
        let run = page.run(&definition).await?;
        assert_eq!(run.state, "done", "{}", run.line);
        let strays = run.strays();
        assert!(strays.is_empty(), "{strays:?}");
        for claim in &run.claims {
            assert_eq!(claim.verdict, claim.expected, "{}", claim.id);
        }
        let state = replicas(visit).await?;
        assert_eq!(
            state["mode"],
            json!({ "store": "sqlite", "revocation": "none" })
        );
        assert_eq!(state["is_cut"], false);
        let living = state["replicas"].as_array().into_iter().flatten();
        assert_eq!(living.filter(|row| row["pid"].is_number()).count(), 4);
        // Nobody is logged in with the cookie that all of them share.
        press(&visit.browser, "ask").await?;
        shows(&visit.browser, ["unknown"; 2], ["known"; 2]).await
    })
    .await
}

#[tokio::test]
async fn the_live_table_tells_who_still_knows_you() -> Result<()> {
    visit_replicas(2, async |visit| {
        open(visit).await?;
        let browser = &visit.browser;
        shows(browser, ["not-asked"; 2], ["not-asked"; 2]).await?;
        press(browser, "store-memory").await?;
        shows(browser, ["unknown"; 2], ["not-asked"; 2]).await?;
        press(browser, "log-in").await?;
        shows(browser, ["known", "unknown"], ["known"; 2]).await?;
        press(browser, "kill-a").await?;
        shows(browser, ["dead", "unknown"], ["dead", "known"]).await?;
        press(browser, "restart-a").await?;
        shows(browser, ["unknown"; 2], ["known"; 2]).await?;

        press(browser, "store-redis").await?;
        shows(browser, ["unknown"; 2], ["known"; 2]).await?;
        press(browser, "log-in").await?;
        shows(browser, ["known"; 2], ["known"; 2]).await?;
        press(browser, "cut").await?;
        shows(browser, ["unavailable"; 2], ["known"; 2]).await?;
        press(browser, "mend").await?;
        shows(browser, ["known"; 2], ["known"; 2]).await?;
        press(browser, "rotate").await?;
        shows(browser, ["known"; 2], ["known"; 2]).await?;
        press(browser, "log-out").await?;
        shows(browser, ["unknown"; 2], ["known"; 2]).await?;

        // The ending was written down, and now somebody asks for it.
        press(browser, "revocation-denylist").await?;
        shows(browser, ["unknown"; 2], ["unknown"; 2]).await?;
        press(browser, "log-in").await?;
        shows(browser, ["known"; 2], ["known"; 2]).await?;
        press(browser, "log-out").await?;
        shows(browser, ["unknown"; 2], ["unknown"; 2]).await
    })
    .await
}

#[tokio::test]
async fn a_replica_that_is_killed_elsewhere_is_shown_as_dead() -> Result<()> {
    visit_replicas(2, async |visit| {
        open(visit).await?;
        press(&visit.browser, "log-in").await?;
        shows(&visit.browser, ["known"; 2], ["known"; 2]).await?;
        let state = replicas(visit).await?;
        let rows = state["replicas"].as_array().into_iter().flatten();
        let mut of_b = rows.filter(|row| row["name"] == "session-b");
        let pid = of_b.next().and_then(|row| row["pid"].as_u64()).unwrap_or(0);
        let sent = std::process::Command::new("kill")
            .args(["-9", &pid.to_string()])
            .status()?;
        assert!(sent.success());
        shows(&visit.browser, ["known", "dead"], ["known"; 2]).await
    })
    .await
}

#[tokio::test]
async fn the_live_table_is_worked_by_keys_fits_and_can_be_read() -> Result<()> {
    visit_replicas(2, async |visit| {
        open(visit).await?;
        let browser = &visit.browser;
        tab_to(browser, "[data-does='log-in']").await?;
        type_key(browser, Key::Enter).await?;
        shows(browser, ["known"; 2], ["known"; 2]).await?;
        tab_to(browser, "[data-does='kill-b']").await?;
        type_key(browser, Key::Enter).await?;
        shows(browser, ["known", "dead"], ["known", "dead"]).await?;
        for (size, viewport) in [("390 px", Viewport::PHONE), ("1280 px", Viewport::DESKTOP)] {
            browser.resize(viewport).await?;
            for dark in [false, true] {
                if dark {
                    browser.prefer_dark().await?;
                } else {
                    browser.prefer_light().await?;
                }
                for script in [WHAT_DOES_NOT_FIT, WHAT_CANNOT_BE_READ] {
                    let faults: Vec<String> = browser.run(script, json!(null)).await?;
                    assert!(faults.is_empty(), "{size}, dark {dark}: {faults:#?}");
                }
            }
        }
        tab_to(browser, "[data-does='restart-b']").await?;
        type_key(browser, Key::Enter).await?;
        shows(browser, ["known"; 2], ["known"; 2]).await?;
        let focus = "return document.activeElement.dataset.does ?? '';";
        let focus: String = browser.run(focus, json!(null)).await?;
        assert_eq!(focus, "restart-b", "the focus stays where it was");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_lab_without_replicas_says_how_to_have_some() -> Result<()> {
    visit(async |visit| {
        let page = format!("{}/experiments/scale-out", visit.lab.origins().app);
        visit.browser.driver().goto(page).await?;
        let there = "return document.querySelector('main').dataset.state === 'not-observable';";
        visit.browser.wait_for("the page", there, json!(null)).await?;
        let said = "return [document.querySelector('#banner').textContent, document.querySelector('#run').disabled];";
        let (said, disabled): (String, bool) = visit.browser.run(said, json!(null)).await?;
        assert!(said.ends_with("svt lab --replicas 3"), "{said}");
        assert!(disabled, "there is nothing to run");
        Ok(())
    })
    .await
}
