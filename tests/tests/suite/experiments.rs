//! Every experiment, run by a visitor in a real browser: what it observes is what it expects of this browser.

use anyhow::Result;
use tests::walk::walks_as_expected;
use tests::{Engine, ThirdPartyCookies};

#[tokio::test(flavor = "multi_thread")]
async fn every_experiment_comes_out_as_expected_where_third_party_cookies_are_blocked() -> Result<()>
{
    walks_as_expected(Engine::Chromium, ThirdPartyCookies::Blocked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_experiment_comes_out_as_expected_where_third_party_cookies_are_allowed() -> Result<()>
{
    walks_as_expected(Engine::Chromium, ThirdPartyCookies::Allowed).await
}
