//! Every experiment, run by a visitor in a real browser: what it observes is what it expects of this browser.

use anyhow::Result;
use tests::walk::walk;
use tests::{Engine, ThirdPartyCookies};

#[tokio::test(flavor = "multi_thread")]
async fn every_experiment_comes_out_as_expected_where_third_party_cookies_are_blocked() -> Result<()>
{
    as_expected(ThirdPartyCookies::Blocked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_experiment_comes_out_as_expected_where_third_party_cookies_are_allowed() -> Result<()>
{
    as_expected(ThirdPartyCookies::Allowed).await
}

async fn as_expected(cookies: ThirdPartyCookies) -> Result<()> {
    let walk = walk(Engine::Chromium, cookies).await?;
    assert_eq!(
        walk.facts.get("third-party-cookies").map(String::as_str),
        Some(cookies.name())
    );
    let count = walk.experiments.len();
    assert!(count >= 14, "only {count} experiments were walked");
    let complaints = walk.complaints();
    assert!(
        complaints.is_empty(),
        "{}\nin {:?} with {:?}",
        complaints.join("\n"),
        walk.browser,
        walk.facts
    );
    Ok(())
}
