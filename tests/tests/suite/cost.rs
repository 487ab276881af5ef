//! What a request costs: times are compared by a rule that was fixed before, on the servers' own record.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::{ExperimentPage, SpawnedLab, visit, walk};

/// How many reads of each kind the experiment compares, after three to warm up.
const COUNTED: usize = 30;

/// Microseconds of authentication of each read of a server that was compared, in order.
async fn authentication(lab: &SpawnedLab, server: &str) -> Result<Vec<f64>> {
    let exchanges = lab.exchanges_of(server, "GET", "/whoami").await?;
    let first = exchanges
        .len()
        .checked_sub(COUNTED)
        .context("too few reads")?;
    let times = exchanges.iter().skip(first).map(|exchange| {
        let steps = exchange["steps"].as_array().into_iter().flatten();
        let authenticating = steps.filter(|step| step["phase"] == "authentication");
        authenticating
            .filter_map(|step| step["duration_us"].as_f64())
            .sum()
    });
    Ok(times.collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[values.len() / 2 - 1], values[values.len() / 2])
}

#[tokio::test]
async fn what_a_run_says_of_times_is_what_the_servers_recorded() -> Result<()> {
    visit(async |visit| {
        let definition = walk::definition(&visit.lab, "cost").await?;
        let page = ExperimentPage::open(&visit.browser, &visit.lab.origins().app, "cost").await?;
        let run = page.run(&definition).await?;
        assert_eq!(run.state, "done", "{}", run.line);
        let strays = run.strays();
        assert!(strays.is_empty(), "{strays:?}");

        let session = median(authentication(&visit.lab, "session").await?);
        let token = median(authentication(&visit.lab, "jwt").await?);
        let note = "return document.querySelector('[data-cell=\"time/whoami/authentication\"] .beside')?.textContent ?? '';";
        let note: String = visit.browser.run(note, json!(null)).await?;
        let medians = format!("medians: session {} µs, token {} µs", session.round(), token.round());
        assert!(note.contains(&medians), "{note}: {medians}");
        match run.outcomes()["time/whoami/authentication"].as_str() {
            "less" => assert!(token < session * 0.8, "{medians}"),
            "more" => assert!(session < token * 0.8, "{medians}"),
            other => assert_eq!(other, "no-difference"),
        }
        let dots = "return [...document.querySelectorAll('.dots-group svg')].map((strip) => strip.querySelectorAll('circle').length);";
        let dots: Vec<usize> = visit.browser.run(dots, json!(null)).await?;
        assert_eq!(dots, [COUNTED; 8], "two reads of two lanes in two figures");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn less_more_and_no_difference_are_each_found_where_they_are() -> Result<()> {
    visit(async |visit| {
        visit.page().await?;
        let compare = r#"
            const done = arguments[arguments.length - 1];
            const around = (middle) => Array.from({ length: 30 }, (_, at) => middle * (1 + ((at * 7) % 11 - 5) / 50));
            const cases = [[100, 50], [50, 100], [100, 101], [100, 100], [100, 88]];
            import("/experiments/cost/run.js").then(({ comparedWithSession }) =>
              done(cases.map(([session, token]) => comparedWithSession(around(session), around(token)).outcome)),
              (error) => done([String(error)]));
        "#;
        let found = visit.browser.driver().execute_async(compare, Vec::<Value>::new()).await?;
        // The last are apart beyond chance, and by too little to matter.
        assert_eq!(*found.json(), json!(["less", "more", "no-difference", "no-difference", "no-difference"]));
        Ok(())
    })
    .await
}
