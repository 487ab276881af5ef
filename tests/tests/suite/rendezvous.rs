//! Pages of several origins keep step by what comes into the record.

use anyhow::Result;
use reqwest::StatusCode;
use tests::SpawnedLab;

/// Waits at the attacker's origin for a label in a run.
async fn wait(lab: &SpawnedLab, label: &str, run: &str) -> Result<StatusCode> {
    let url = format!("{}/stage/wait/{label}?run={run}", lab.origins().evil);
    Ok(lab.client().get(url).send().await?.status())
}

async fn post(lab: &SpawnedLab, address: String) -> Result<()> {
    lab.client().post(address).body("{}").send().await?;
    Ok(())
}

#[tokio::test]
async fn whoever_waits_goes_on_when_another_origin_reports_in_the_same_run() -> Result<()> {
    let lab = SpawnedLab::start().await?;
    let report = |run: &str| format!("{}/stage/report/ready?run={run}", lab.origins().blog);
    post(&lab, report("another")).await?;
    let reports = async {
        // A run of another name and another label are not what is waited for.
        post(&lab, report("another")).await?;
        post(&lab, report("mine").replace("ready", "steady")).await?;
        post(&lab, report("mine")).await
    };
    let (waited, reported) = tokio::join!(wait(&lab, "ready", "mine"), reports);
    reported?;
    assert_eq!(waited?, StatusCode::NO_CONTENT);
    let exchanges = lab
        .exchanges_of("blog", "POST", "/stage/report/ready")
        .await?;
    assert!(exchanges.iter().any(|exchange| exchange["run"] == "mine"));
    lab.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_has_come_already_is_not_waited_for_and_any_request_may_bear_a_label() -> Result<()> {
    let lab = SpawnedLab::start().await?;
    let forged = format!("{}/transfers?label=forged&run=mine", lab.origins().session);
    post(&lab, forged).await?;
    assert_eq!(wait(&lab, "forged", "mine").await?, StatusCode::NO_CONTENT);
    lab.stop().await;
    Ok(())
}
