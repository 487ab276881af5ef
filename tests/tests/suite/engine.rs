//! The page of an experiment itself: predictions, presenting, saving, other tabs, and a teacher's own.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::{Browser, ExperimentPage, SpawnedLab, visit, visit_with, walk};
use thirtyfour::components::SelectElement;
use thirtyfour::{By, Key};

/// Chooses a prediction.
async fn predict(browser: &Browser, cell: &str, outcome: &str) -> Result<()> {
    let script = "document.querySelector(`td[data-cell=\"${arguments[0][0]}\"] input[value=\"${arguments[0][1]}\"]`).closest('label').click();";
    browser.run::<Value>(script, json!([cell, outcome])).await?;
    Ok(())
}

/// What stands in a cell.
async fn text_of(browser: &Browser, cell: &str) -> Result<String> {
    let cell = browser
        .driver()
        .find(By::Css(format!("td[data-cell=\"{cell}\"]")))
        .await?;
    Ok(cell.text().await?)
}

#[tokio::test]
async fn predictions_are_compared_and_a_second_run_after_a_reset_gives_the_same() -> Result<()> {
    visit(async |visit| {
        let app = &visit.lab.origins().app;
        let definition = walk::definition(&visit.lab, "homemade-token").await?;
        let page = ExperimentPage::open(&visit.browser, app, "homemade-token").await?;
        predict(&visit.browser, "belief/other-user/bank", "refused").await?;
        predict(&visit.browser, "belief/elsewhere/bank", "refused").await?;
        let first = page.run(&definition).await?;
        assert_eq!(first.state, "done", "{}", first.line);
        assert!(
            text_of(&visit.browser, "belief/other-user/bank")
                .await?
                .contains("you said so")
        );
        assert!(
            text_of(&visit.browser, "belief/elsewhere/bank")
                .await?
                .contains("you said: refused")
        );

        // A result stays until it is forgotten, and is done in the contents.
        ExperimentPage::open(&visit.browser, app, "homemade-token").await?;
        assert!(
            text_of(&visit.browser, "belief/elsewhere/bank")
                .await?
                .contains("believed")
        );
        page.press("#reset-all").await?;
        page.press("#reset-experiment").await?;
        assert!(
            page.cells()
                .await?
                .iter()
                .all(|cell| cell.observed.is_none())
        );
        let second = page.run(&definition).await?;
        assert_eq!(second.outcomes(), first.outcomes());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_run_begins_with_nobody_logged_in_whoever_was() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        let definition = walk::definition(&visit.lab, "first-login").await?;
        let page =
            ExperimentPage::open(&visit.browser, &visit.lab.origins().app, "first-login").await?;
        let run = page.run(&definition).await?;
        assert_eq!(run.outcomes()["flow/without-credential/session"], "refused");
        assert!(run.strays().is_empty(), "{:?}", run.strays());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_cell_names_the_exchanges_that_decided_it_and_opens_them() -> Result<()> {
    visit(async |visit| {
        let definition = walk::definition(&visit.lab, "first-login").await?;
        let page = ExperimentPage::open(&visit.browser, &visit.lab.origins().app, "first-login").await?;
        let run = page.run(&definition).await?;
        let hidden: bool = visit.browser.run("return document.querySelector('#banner').hidden;", json!(null)).await?;
        assert!(hidden, "nobody else changed anything");
        let recorded: Vec<_> = visit.lab.exchanges().await?.iter().filter_map(|exchange| exchange["id"].as_u64()).collect();
        for cell in &run.cells {
            let ids: Vec<u64> = cell.exchanges.split(' ').map(str::parse).collect::<Result<_, _>>().with_context(|| cell.cell.clone())?;
            assert!(ids.iter().all(|id| recorded.contains(id)), "{}: {ids:?}", cell.cell);
        }
        let cell = run.cells.iter().find(|cell| cell.cell == "flow/after-logout/session").context("no such cell")?;
        page.press("td[data-cell=\"flow/after-logout/session\"] .outcome").await?;
        let drawn: Vec<String> = visit.browser
            .run("return [...document.querySelectorAll('g.exchange')].map((exchange) => exchange.dataset.exchange);", json!(null))
            .await?;
        assert_eq!(drawn.join(" "), cell.exchanges);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_run_can_be_saved_whole_as_json_and_its_picture_as_svg() -> Result<()> {
    visit(async |visit| {
        let definition = walk::definition(&visit.lab, "homemade-token").await?;
        let page = ExperimentPage::open(&visit.browser, &visit.lab.origins().app, "homemade-token").await?;
        page.run(&definition).await?;
        let catch = "URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return '#'; };";
        visit.browser.run::<Value>(catch, json!(null)).await?;
        page.press("#save-json").await?;
        let saved = visit.browser.wait_for("the file", "return window.saved;", json!(null)).await?;
        let saved: Value = serde_json::from_str(saved.as_str().unwrap_or_default())?;
        assert_eq!(saved["experiment"], "homemade-token");
        assert_eq!(saved["cells"].as_array().map(Vec::len), definition["cells"].as_array().map(Vec::len));
        assert_eq!(saved["claims"][0], json!({ "id": "C1", "verdict": "true" }));
        let exchanges = saved["exchanges"].as_array().context("no exchanges")?;
        assert!(exchanges.iter().all(|exchange| exchange["run"] == saved["run"]) && exchanges.len() > 5);

        visit.browser.run::<Value>("window.saved = null;", json!(null)).await?;
        page.press("#save-svg").await?;
        let picture = visit.browser.wait_for("the picture", "return window.saved;", json!(null)).await?;
        let picture = picture.as_str().unwrap_or_default();
        assert!(picture.starts_with("<svg ") && picture.contains("/stage/simple/verify"), "{picture:.200}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn presented_it_goes_step_by_step_by_the_arrow_keys_and_reveals_cell_by_cell() -> Result<()> {
    visit(async |visit| {
        let definition = walk::definition(&visit.lab, "homemade-token").await?;
        let page = ExperimentPage::open(&visit.browser, &visit.lab.origins().app, "homemade-token")
            .await?;
        page.run(&definition).await?;
        let press = async |key: &str| -> Result<String> {
            visit
                .browser
                .driver()
                .find(By::Tag("body"))
                .await?
                .send_keys(key)
                .await?;
            visit
                .browser
                .run(
                    "return document.querySelector('main').dataset.step;",
                    json!(null),
                )
                .await
        };
        let right = char::from(Key::Right).to_string();
        let left = char::from(Key::Left).to_string();
        assert_eq!(press("p").await?, "question");
        assert_eq!(press(&right).await?, "predict");
        assert_eq!(press(&right).await?, "run");
        assert_eq!(press(&right).await?, "observed");
        let concealed = "return document.querySelectorAll('td[data-concealed]').length;";
        let all: usize = visit.browser.run(concealed, json!(null)).await?;
        assert_eq!(all, 10);
        for left in (0..all).rev() {
            assert_eq!(press(&right).await?, "observed");
            let still: usize = visit.browser.run(concealed, json!(null)).await?;
            assert_eq!(still, left);
        }
        assert_eq!(press(&right).await?, "why");
        assert_eq!(press(&left).await?, "observed");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_run_whose_settings_changed_midway_has_no_verdict_and_other_pages_say_so() -> Result<()> {
    visit(async |visit| {
        let app = &visit.lab.origins().app;
        let watcher = Browser::start().await?;
        ExperimentPage::open(&watcher, app, "origins").await?;
        let definition = walk::definition(&visit.lab, "two-by-two").await?;
        let page = ExperimentPage::open(&visit.browser, app, "two-by-two").await?;
        page.press("#run").await?;
        page.comes_to("waiting-for-tab").await?;
        visit.lab.change_settings(json!({ "session.idle_timeout": "20m" })).await?;
        let run = page.follow(&definition).await?;
        assert_eq!(run.state, "no-verdict", "{}", run.line);
        assert!(run.claims.is_empty(), "{:?}", run.claims);
        let warned = "return document.querySelector('#banner').hidden ? null : document.querySelector('#banner').textContent;";
        watcher.wait_for("the other page to say so", warned, json!(null)).await?;
        watcher.quit().await;
        // What the run laid over is put back, and nothing of it stays.
        assert_eq!(visit.lab.state().await?["settings"], json!({}));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn runs_of_two_tabs_keep_their_records_apart() -> Result<()> {
    visit(async |visit| {
        let app = &visit.lab.origins().app;
        let other = Browser::start().await?;
        let (one, two) = ("homemade-token", "size");
        let (first, second) = (
            walk::definition(&visit.lab, one).await?,
            walk::definition(&visit.lab, two).await?,
        );
        let page = ExperimentPage::open(&visit.browser, app, one).await?;
        let beside = ExperimentPage::open(&other, app, two).await?;
        let (ran, _) = tokio::try_join!(page.run(&first), beside.run(&second))?;
        let exchanges = visit.lab.exchanges().await?;
        let runs: std::collections::BTreeSet<_> = ran
            .cells
            .iter()
            .flat_map(|cell| cell.exchanges.split(' '))
            .filter_map(|id| id.parse::<u64>().ok())
            .filter_map(|id| exchanges.iter().find(|exchange| exchange["id"] == id))
            .filter_map(|exchange| exchange["run"].as_str())
            .collect();
        assert_eq!(runs.len(), 1, "{runs:?}");
        other.quit().await;
        visit.browser.console().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_setting_of_the_page_restarts_its_server_and_changes_what_is_expected_and_observed()
-> Result<()> {
    visit(async |visit| {
        let app = &visit.lab.origins().app;
        for (id, key, value, cells) in [
            ("two-by-two", "session.store", "memory", ["restart/survives/session-cookie", "restart/survives/session-header"]),
            ("third-party", "jwt.algorithm", "HS256", ["who/recognised/token", "away/bank-away/token"]),
            ("where-bearer-cannot-go", "jwt.transport", "cookie", ["who/image/token", "credential/link/token"]),
        ] {
            let definition = walk::definition(&visit.lab, id).await?;
            let page = ExperimentPage::open(&visit.browser, app, id).await?;
            let before = page.run(&definition).await?;
            let select = visit.browser.driver().find(By::Css(format!("select[data-setting=\"{key}\"]"))).await?;
            SelectElement::new(&select).await?.select_by_value(value).await?;
            let says = "return document.querySelector('#announce').textContent.includes(arguments[0]) || null;";
            visit.browser.wait_for("the page to say so", says, json!(format!("{key} = {value}"))).await?;
            let after = page.run(&definition).await?;
            assert!(before.strays().is_empty() && after.strays().is_empty(), "{:?} {:?}", before.strays(), after.strays());
            for cell in cells {
                assert_ne!(before.outcomes()[cell], after.outcomes()[cell], "{id}: {cell}");
            }
            page.press("#as-default").await?;
            let settings = "return document.querySelector('#announce').textContent.includes('default') || null;";
            visit.browser.wait_for("the default", settings, json!(null)).await?;
        }
        let idle = "return document.querySelector('select[data-setting]').selectedIndex === 0 || null;";
        visit.browser.wait_for("the control to be as by default", idle, json!(null)).await?;
        visit.browser.console().await?; // An event stream of JSON makes a browser complain, and is one of the ways to ask.
        Ok(())
    })
    .await
}

/// Writes an experiment of a teacher's own.
fn write_own(folder: &Path, definition: &str) -> Result<()> {
    let own = folder.join("my-own");
    std::fs::create_dir_all(&own)?;
    std::fs::write(own.join("experiment.toml"), definition)?;
    let words = "# Does it answer?\n\nWe ask.\n\n## Words {#words}\n\n- `answer`: The answer\n- `asks`: we ask\n- `bank`: the bank\n- `yes`: yes\n- `no`: no\n\n## Why {#why}\n\nIt is there.\n";
    std::fs::write(own.join("en.md"), words)?;
    let script = "export async function run(bench) {\n  const { status, exchange } = await bench.send(\"session\", \"GET\", \"/healthz\");\n  bench.observe(\"answer/asks/bank\", status === 200 ? \"yes\" : \"no\", [exchange]);\n}\n";
    std::fs::write(own.join("run.js"), script)?;
    Ok(())
}

const OWN: &str = "order = 1\nminutes = 1\n\n[[matrix]]\nid = \"answer\"\nrows = [\"asks\"]\ncolumns = [\"bank\"]\noutcomes = [\"yes\", \"no\"]\n\n[[expect]]\ncells = [\"answer/*/*\"]\nis = \"yes\"\nsource = \"RFC 9110 §15.3.1\"\n";

#[tokio::test]
async fn a_teachers_own_experiment_stands_beside_the_others_and_runs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_own(folder.path(), OWN)?;
    let change = |config: &mut lab::LabConfig| config.experiments = Some(folder.path().to_owned());
    visit_with(change, async |visit| {
        let ids = walk::ids(&visit.lab).await?;
        assert!(
            ids.len() > walk::FEWEST,
            "it stands beside the others: {ids:?}"
        );
        assert_eq!(ids.last().map(String::as_str), Some("my-own"));
        let definition = walk::definition(&visit.lab, "my-own").await?;
        let page = ExperimentPage::open(&visit.browser, &visit.lab.origins().app, "my-own").await?;
        let run = page.run(&definition).await?;
        assert_eq!(
            (run.state.as_str(), run.strays().len(), run.cells.len()),
            ("done", 0, 1)
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_broken_experiment_is_named_with_file_line_and_reason_before_anything_starts()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let broken = OWN
        .replace("is = \"yes\"", "is = \"perhaps\"")
        .replace("answer/*/*", "answer/nobody/bank");
    write_own(folder.path(), &broken)?;
    let path = folder.path().to_owned();
    let started = SpawnedLab::start_with(|config| config.experiments = Some(path)).await;
    let said = started.err().context("it started")?.to_string();
    let file = folder.path().join("my-own/experiment.toml");
    assert!(
        said.contains(&format!(
            "{}:11: `answer/nobody/bank` names no cell",
            file.display()
        )),
        "{said}"
    );
    assert!(
        said.contains("nothing is expected of answer/asks/bank"),
        "{said}"
    );

    write_own(folder.path(), "order = 1\nminutes = \"one\"\n")?;
    let path = folder.path().to_owned();
    let started = SpawnedLab::start_with(|config| config.experiments = Some(path)).await;
    let said = started.err().context("it started")?.to_string();
    assert!(
        said.contains("experiment.toml:2: ") && said.contains("expected u32"),
        "{said}"
    );

    write_own(folder.path(), &format!("panel = true\n{OWN}"))?;
    let path = folder.path().to_owned();
    let started = SpawnedLab::start_with(|config| config.experiments = Some(path)).await;
    let said = started.err().context("it started")?.to_string();
    assert!(
        said.contains("panel.js:1: it exports no `function show(place, on)`"),
        "{said}"
    );
    Ok(())
}
