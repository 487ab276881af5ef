//! What a page may do, on every page.

use anyhow::{Context, Result};
use serde_json::json;
use tests::spawned_lab::SpawnedLab;
use tests::{Visit, visit};

/// Tries everything that the policy forbids, and says what came of each.
const TRY_EVERYTHING: &str = r#"
const done = arguments[arguments.length - 1];
// Later, when nothing of the driver is on the stack any more: what the driver itself runs may use eval.
setTimeout(() => done(tryAll()), 0);
const attempt = (work) => { try { work(); return "done"; } catch (error) { return error.name; } };
const tryAll = () => ({
  markup: attempt(() => { document.body.insertAdjacentHTML("beforeend", "<b id=planted>x</b>"); }),
  code: attempt(() => { eval("window.planted = true"); }),
  script: attempt(() => { document.createElement("script").text = "window.planted = true"; }),
  policy: attempt(() => { trustedTypes.createPolicy("mine", { createHTML: (text) => text }); }),
  style: (() => {
    document.body.setAttribute("style", "outline-color: rgb(1, 2, 3)");
    const applied = getComputedStyle(document.body).outlineColor === "rgb(1, 2, 3)";
    document.body.removeAttribute("style");
    return applied ? "done" : "refused";
  })(),
  planted: window.planted === true || document.getElementById("planted") !== null,
});
"#;

fn pages(lab: &SpawnedLab) -> [(&'static str, String); 6] {
    let app = &lab.origins().app;
    [
        ("first page", format!("{app}/")),
        ("contents", format!("{app}/experiments")),
        ("experiment", format!("{app}/experiments/samesite")),
        ("workbench", format!("{app}/workbench")),
        ("benchmark", format!("{app}/benchmark")),
        ("landing page", format!("{}/", lab.origins().landing)),
    ]
}

#[tokio::test]
async fn every_page_carries_the_strict_policy_and_the_browser_enforces_it() -> Result<()> {
    visit(async |visit| {
        for (name, url) in pages(&visit.lab) {
            let answer = visit.lab.client().get(&url).send().await?;
            let policy = answer.headers().get("content-security-policy").with_context(|| format!("{name}: no policy"))?;
            let policy = policy.to_str()?;
            for directive in [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "require-trusted-types-for 'script'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            ] {
                assert!(policy.split(';').any(|found| found.trim() == directive), "{name}: no {directive} in {policy}");
            }
            assert!(!policy.contains("unsafe"), "{name}: {policy}");
            for (header, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cache-control", "no-store")] {
                assert_eq!(answer.headers().get(header).and_then(|found| found.to_str().ok()), Some(value), "{name}: {header}");
            }
        }
        visit.page().await?;
        let came_of_it = visit.browser.driver().execute_async(TRY_EVERYTHING, Vec::new()).await?;
        let refused = json!({
            "markup": "TypeError", "code": "EvalError", "script": "TypeError", "policy": "TypeError", "style": "refused", "planted": false,
        });
        assert_eq!(*came_of_it.json(), refused);
        // Each attempt was reported to the console, and is no complaint about the page.
        let reported = visit.browser.console().await?;
        assert!(reported.len() >= 4, "{reported:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_address_that_is_printed_leads_to_the_first_page() -> Result<()> {
    visit(async |visit| {
        let app = format!("{}/", visit.lab.origins().app);
        visit.browser.driver().goto(&visit.lab.origins().landing).await?;
        let arrived = "return location.href === arguments[0] && document.querySelector('main')?.dataset.busy === 'false';";
        visit.browser.wait_for("the landing page to go on", arrived, json!(app)).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_site_reads_neither_the_record_nor_the_state_and_moves_no_clock() -> Result<()> {
    let Visit { lab, browser } = Visit::begin().await?;
    // The neighbours serve pages of their own, from which the control panel is another origin.
    browser
        .driver()
        .goto(format!("{}/", lab.origins().blog))
        .await?;
    let script = r#"
        const done = arguments[arguments.length - 1];
        const [app] = arguments[0];
        const attempt = (path, options) => fetch(app + path, options).then((answer) => `${answer.status}`, () => "withheld");
        Promise.all([
          attempt("/lab/exchanges?after=0", { credentials: "include" }),
          attempt("/lab/state"),
          attempt("/lab/clock", { method: "POST", body: '{"advance":"7d"}', headers: { "Content-Type": "text/plain" } }),
          attempt("/lab/clock", { method: "POST", body: '{"advance":"7d"}', headers: { "Content-Type": "application/json" } }),
        ]).then(done);
    "#;
    let answers = browser
        .driver()
        .execute_async(script, vec![json!([lab.origins().app])])
        .await?;
    assert_eq!(
        *answers.json(),
        json!(["withheld", "withheld", "withheld", "withheld"])
    );
    assert_eq!(lab.state().await?["offset_seconds"], 0);
    browser.quit().await;
    lab.stop().await;
    Ok(())
}
