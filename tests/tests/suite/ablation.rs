//! Take one rule away from a server, and exactly the cells that hang on it turn: a page cannot say what did not happen.

use std::collections::BTreeMap;

use anyhow::Result;
use bank::CsrfDefence;
use lab::LabConfig;
use tests::experiment_page::Observed;
use tests::{ExperimentPage, visit_with, walk};

/// The cells that did not come out as expected, with what they came out as.
fn turned(cells: &[Observed]) -> BTreeMap<&str, &str> {
    let strays = cells
        .iter()
        .filter(|cell| cell.observed.is_some() && !cell.is_as_expected());
    strays
        .map(|cell| {
            (
                cell.cell.as_str(),
                cell.observed.as_deref().unwrap_or_default(),
            )
        })
        .collect()
}

fn strip(what: &str) -> Vec<String> {
    vec![what.to_owned()]
}

/// Runs an experiment, after the passport, in a lab that lacks something.
async fn cells_without(change: impl FnOnce(&mut LabConfig), id: &str) -> Result<Vec<Observed>> {
    let mut cells = Vec::new();
    let result = visit_with(change, async |visit| {
        for id in ["passport", id] {
            let definition = walk::definition(&visit.lab, id).await?;
            let page = ExperimentPage::open(&visit.browser, &visit.lab.origins().app, id).await?;
            cells = page.run(&definition).await?.cells;
        }
        visit.browser.console().await?; // A broken server makes a browser complain, and that is as it should be.
        Ok(())
    });
    result.await?;
    Ok(cells)
}

#[tokio::test]
async fn without_httponly_the_cookie_is_readable_and_nothing_else_turns() -> Result<()> {
    let broken = |config: &mut LabConfig| {
        config.session.http.dangerously_strip_headers = strip("set-cookie:httponly");
    };
    let cells = cells_without(broken, "two-by-two").await?;
    assert_eq!(
        turned(&cells),
        BTreeMap::from([("theft/script/session-cookie", "readable")])
    );
    Ok(())
}

#[tokio::test]
async fn without_its_header_the_browser_clears_nothing() -> Result<()> {
    let broken = |config: &mut LabConfig| {
        config.session.http.dangerously_strip_headers = strip("clear-site-data");
    };
    let cells = cells_without(broken, "clean-logout").await?;
    let expected = BTreeMap::from([
        ("clear/own-cookie/with-clear-site-data", "left"),
        ("clear/own-storage/with-clear-site-data", "left"),
    ]);
    assert_eq!(turned(&cells), expected);
    Ok(())
}

#[tokio::test]
async fn without_no_store_the_back_button_shows_the_secret() -> Result<()> {
    let broken = |config: &mut LabConfig| {
        config.session.http.dangerously_strip_headers = strip("cache-control");
    };
    let cells = cells_without(broken, "clean-logout").await?;
    assert_eq!(
        turned(&cells),
        BTreeMap::from([("back/no-store/page-shows", "secret")])
    );
    Ok(())
}

#[tokio::test]
async fn without_samesite_strict_and_lax_come_along_where_only_none_may() -> Result<()> {
    let broken = |config: &mut LabConfig| {
        config.session.http.dangerously_strip_headers = strip("set-cookie:samesite");
    };
    visit_with(broken, async |visit| {
        let app = &visit.lab.origins().app;
        let definition = walk::definition(&visit.lab, "passport").await?;
        ExperimentPage::open(&visit.browser, app, "passport").await?.run(&definition).await?;
        let page = ExperimentPage::open(&visit.browser, app, "samesite").await?;
        page.press("#run").await?;
        page.comes_to("waiting-for-tab").await?;
        page.visit_tab().await?;
        // The rest waits for two minutes to pass, which this test does not need.
        let observed = "return document.querySelector('[data-cell=\"token-lane/form-post/from-same-site\"][data-observed]') !== null;";
        visit.browser.wait_for("the walk to be read", observed, serde_json::json!(null)).await?;
        page.press("#stop").await?;
        page.comes_to("stopped").await?;
        let cells = page.cells().await?;
        let expected = BTreeMap::from([
            ("cross-site/link/strict", "sent"),
            ("cross-site/form-get/strict", "sent"),
            ("cross-site/form-post/strict", "sent"),
            ("cross-site/form-post/lax", "sent"),
        ]);
        assert_eq!(turned(&cells), expected);
        visit.browser.console().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn without_an_answer_to_preflights_no_bearer_token_arrives() -> Result<()> {
    let broken = |config: &mut LabConfig| {
        config.jwt.http.dangerously_strip_headers = strip("access-control-allow-origin");
    };
    let cells = cells_without(broken, "cors").await?;
    let turned = turned(&cells);
    assert!(
        !turned.is_empty() && turned.keys().all(|cell| cell.contains("bearer")),
        "{turned:?}"
    );
    let read = cells
        .iter()
        .filter(|cell| cell.cell.starts_with("happens/bearer"));
    assert!(
        read.clone().count() == 6
            && read
                .clone()
                .all(|cell| cell.observed.as_deref() != Some("read"))
    );
    Ok(())
}

#[tokio::test]
async fn without_httponly_and_policies_an_injected_script_takes_everything_and_nothing_is_kept_in()
-> Result<()> {
    let broken = |config: &mut LabConfig| {
        config.session.http.dangerously_strip_headers = strip("set-cookie:httponly");
        // Without the policy this one would keep the page out of its frame.
        config.jwt.http.dangerously_strip_headers = vec![
            "content-security-policy".to_owned(),
            "x-frame-options".to_owned(),
        ];
    };
    let cells = cells_without(broken, "xss").await?;
    let turned = turned(&cells);
    let http_only = [
        "theft/http-only-cookie/broken",
        "replayed/http-only-cookie/broken",
    ];
    assert_eq!(http_only.map(|cell| turned[cell]), ["stolen", "accepted"]);
    let all: Vec<&str> = cells
        .iter()
        .filter(|cell| cell.cell.starts_with("channels/") || cell.cell.starts_with("runs/"))
        .filter_map(|cell| cell.observed.as_deref())
        .collect();
    assert_eq!(all.len(), 42);
    assert!(
        all.iter().all(|found| ["leaked", "ran"].contains(found)),
        "{all:?}"
    );
    let sound = turned.keys().filter(|cell| cell.ends_with("/sound"));
    assert_eq!(sound.count(), 0, "what is escaped needs neither");
    Ok(())
}

#[tokio::test]
async fn without_the_check_of_the_origin_the_sibling_moves_money_past_lax() -> Result<()> {
    let broken = |config: &mut LabConfig| {
        config.session.http.csrf = CsrfDefence::DangerouslyNone;
    };
    let cells = cells_without(broken, "csrf").await?;
    assert_eq!(
        turned(&cells),
        BTreeMap::from([("attack/blog-sound/session", "moved")])
    );
    Ok(())
}

#[tokio::test]
async fn without_a_new_id_at_login_the_prefix_alone_keeps_a_session_from_being_fixed() -> Result<()>
{
    let broken = |config: &mut LabConfig| config.session.dangerously_adopt_session_id = true;
    let cells = cells_without(broken, "fixation-and-tossing").await?;
    assert_eq!(
        turned(&cells),
        BTreeMap::from([("fixation/fixation-renewal/session", "is-you")])
    );
    Ok(())
}
