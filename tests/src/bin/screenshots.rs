//! Takes the pictures of the documents from a running lab: `cargo xtask screenshots`.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use tests::benchmark_page::svt;
use tests::browser::Viewport;
use tests::{Browser, ExperimentPage, Lane, SpawnedLab, WirePage, walk};
use thirtyfour::By;

/// Name, size, whether dark, whether projected.
const PICTURES: [(&str, u32, u32, bool, bool); 4] = [
    ("wire-light", 1280, 800, false, false),
    ("wire-dark", 1280, 800, true, false),
    ("wire-390", 390, 844, false, false),
    ("wire-present", 1280, 800, false, true),
];

/// Exchanges are drawn in step by step, and a picture is of the end.
const AT_REST: &str =
    "return document.getAnimations().every((animation) => animation.playState === 'finished');";

/// Name, size, whether dark.
const EXPERIMENTS: [(&str, u32, u32, bool); 3] = [
    ("experiment-light", 1280, 1000, false),
    ("experiment-dark", 1280, 1000, true),
    ("experiment-390", 390, 1200, false),
];

const LAST_CELL: &str = "return document.querySelector('[data-cell=\"token-lane/form-post/from-same-site\"][data-observed]') !== null;";

#[tokio::main]
async fn main() -> Result<()> {
    let port_base = std::env::args()
        .skip_while(|argument| argument != "--port-base")
        .nth(1);
    let port_base = port_base
        .map_or(Ok(8001), |port| port.parse())
        .context("--port-base takes a port")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screenshots");
    std::fs::create_dir_all(&folder)?;
    let program = svt()?;
    let lab = SpawnedLab::start_with(|config| {
        config.port_base = port_base;
        config.program = Some(program);
        config.replicas = 3;
    })
    .await?;
    for (name, width, height, dark, projected) in PICTURES {
        let browser = Browser::start().await?;
        browser.resize(Viewport { width, height }).await?;
        if dark {
            browser.prefer_dark().await?;
        }
        let page = WirePage::open(&browser, &lab.origins().app, "").await?;
        for button in ["#log-in", "#transfer", "#read-balance"] {
            page.press(button).await?;
        }
        if projected {
            browser
                .driver()
                .active_element()
                .await?
                .send_keys("p")
                .await?;
        }
        for lane in Lane::ALL {
            page.keeps(lane, "server", "alice").await?;
        }
        browser
            .wait_for("the drawing to come to rest", AT_REST, json!(null))
            .await?;
        std::fs::write(
            folder.join(format!("{name}.png")),
            browser.driver().screenshot_as_png().await?,
        )?;
        if !projected {
            // Projected, the button is put away; and it is the last picture.
            page.press("#lab-reset").await?;
        }
        browser.quit().await;
    }
    for (name, width, height, dark) in EXPERIMENTS {
        experiment(
            &lab,
            &folder.join(format!("{name}.png")),
            Viewport { width, height },
            dark,
        )
        .await?;
    }
    attack(&lab, &folder.join("attack-light.png")).await?;
    replicas(&lab, &folder.join("replicas-light.png")).await?;
    lab.stop().await;
    Ok(())
}

/// An attack, both sides of its switch.
async fn attack(lab: &SpawnedLab, path: &Path) -> Result<()> {
    let browser = Browser::start().await?;
    let (width, height) = (1280, 1000);
    browser.resize(Viewport { width, height }).await?;
    let definition = walk::definition(lab, "logout").await?;
    let page = ExperimentPage::open(&browser, &lab.origins().app, "logout").await?;
    page.run(&definition).await?;
    std::fs::write(path, browser.driver().screenshot_as_png().await?)?;
    browser.quit().await;
    Ok(())
}

/// The live table: sessions in memory, a login at A, and C dead.
async fn replicas(lab: &SpawnedLab, path: &Path) -> Result<()> {
    let browser = Browser::start().await?;
    let (width, height) = (1280, 1400);
    browser.resize(Viewport { width, height }).await?;
    ExperimentPage::open(&browser, &lab.origins().app, "scale-out").await?;
    for (does, outcome) in [
        ("store-memory", "unknown"),
        ("log-in", "known"),
        ("kill-c", "known"),
    ] {
        let press = "document.querySelector(`[data-does='${arguments[0]}']`)?.click(); return document.querySelector('#panel .panel') !== null;";
        browser.wait_for("the table", press, json!(does)).await?;
        let shows = "return !document.querySelector('#panel').classList.contains('busy') && document.querySelector('[data-replica=\"session-a\"]').dataset.outcome === arguments[0];";
        browser.wait_for(outcome, shows, json!(outcome)).await?;
    }
    let panel = browser.driver().find(By::Css("#panel")).await?;
    std::fs::write(path, panel.screenshot_as_png().await?)?;
    browser.quit().await;
    Ok(())
}

/// The experiment whose tables a document shows, once its walk is read; the two minutes that it waits are not waited for.
async fn experiment(lab: &SpawnedLab, path: &Path, viewport: Viewport, dark: bool) -> Result<()> {
    let browser = Browser::start().await?;
    let app = &lab.origins().app;
    let passport = walk::definition(lab, "passport").await?;
    ExperimentPage::open(&browser, app, "passport")
        .await?
        .run(&passport)
        .await?;
    if dark {
        browser.prefer_dark().await?;
    }
    browser.resize(viewport).await?;
    let page = ExperimentPage::open(&browser, app, "samesite").await?;
    page.press("#run").await?;
    page.comes_to("waiting-for-tab").await?;
    page.visit_tab().await?;
    browser
        .wait_for("the walk to be read", LAST_CELL, json!(null))
        .await?;
    page.press("#stop").await?;
    page.comes_to("stopped").await?;
    std::fs::write(path, browser.driver().screenshot_as_png().await?)?;
    browser.quit().await;
    Ok(())
}
