//! Two labs in one process.

use anyhow::Result;
use serde_json::{Value, json};
use tests::{SpawnedLab, Visit, WirePage};

/// Logs in and reads, as a program, at both servers of a lab.
async fn use_both_servers(lab: &SpawnedLab, run: &str) -> Result<()> {
    let login = json!({ "username": "alice", "password": "white-rabbit-1865" });
    let origins = lab.origins();
    let answer = lab
        .client()
        .post(format!("{}/login?run={run}", origins.session))
        .json(&login)
        .send()
        .await?;
    let cookie = answer.headers()["set-cookie"]
        .to_str()?
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    let me = format!("{}/me?run={run}", origins.session);
    lab.client()
        .get(me)
        .header("cookie", cookie)
        .send()
        .await?
        .error_for_status()?;
    let answer = lab
        .client()
        .post(format!("{}/login?run={run}", origins.jwt))
        .json(&login)
        .send()
        .await?;
    let tokens: Value = answer.error_for_status()?.json().await?;
    let token = tokens["access_token"].as_str().unwrap_or_default();
    let me = format!("{}/me?run={run}", origins.jwt);
    lab.client()
        .get(me)
        .bearer_auth(token)
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}

/// The steps of each exchange, which must be the same whatever else the process does.
async fn steps(lab: &SpawnedLab) -> Result<Vec<(String, Vec<String>)>> {
    let exchanges = lab.exchanges().await?.into_iter();
    Ok(exchanges
        .map(|exchange| {
            let steps = exchange["steps"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            let names = steps
                .iter()
                .filter_map(|step| step["name"].as_str().map(str::to_owned))
                .collect();
            let target = exchange["request"]["target"].as_str().unwrap_or_default();
            (
                format!(
                    "{} {target}",
                    exchange["server"].as_str().unwrap_or_default()
                ),
                names,
            )
        })
        .collect())
}

#[tokio::test]
async fn two_labs_keep_their_records_apart_down_to_the_steps_on_writer_and_hashing_threads()
-> Result<()> {
    let (one, other) = tokio::try_join!(SpawnedLab::start(), SpawnedLab::start())?;
    for _ in 0..8 {
        tokio::try_join!(
            use_both_servers(&one, "one"),
            use_both_servers(&other, "other")
        )?;
    }
    let (in_one, in_other) = (steps(&one).await?, steps(&other).await?);
    for (lab, own) in [(&in_one, "run=one"), (&in_other, "run=other")] {
        assert_eq!(
            lab.len(),
            32,
            "an exchange is missing, or belongs to the other lab"
        );
        assert!(lab.iter().all(|(target, _)| target.ends_with(own)));
        for (target, names) in lab {
            let expected = lab
                .iter()
                .find(|(same, _)| same == target)
                .map(|(_, names)| names);
            assert_eq!(
                Some(names),
                expected,
                "{target} has not always the same steps"
            );
            let is_login = target.contains("/login");
            assert_eq!(
                names.iter().filter(|name| *name == "Argon2id").count(),
                usize::from(is_login),
                "{target}: {names:?}"
            );
        }
        let written = |target: &str, step: &str| {
            lab.iter().any(|(found, names)| {
                found.starts_with(target) && names.iter().any(|name| name == step)
            })
        };
        assert!(
            written("session /login", "INSERT session"),
            "the step of the writer thread is not in its record: {lab:?}"
        );
    }
    one.stop().await;
    other.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_page_of_one_lab_shows_nothing_of_another() -> Result<()> {
    let Visit { lab, browser } = Visit::begin().await?;
    let other = SpawnedLab::start().await?;
    let page = WirePage::open(&browser, &lab.origins().app, "").await?;
    use_both_servers(&other, "other").await?;
    page.press("#log-in").await?;
    other.advance("7d").await?;
    for lane in tests::Lane::ALL {
        let here = lab
            .exchanges()
            .await?
            .iter()
            .filter(|exchange| exchange["server"] == lane.server())
            .count();
        assert_eq!(page.drawn(lane).await?.len(), here);
    }
    assert_eq!(lab.state().await?["offset_seconds"], 0);
    browser.quit().await;
    lab.stop().await;
    other.stop().await;
    Ok(())
}
