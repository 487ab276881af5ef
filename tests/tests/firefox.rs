//! The experiments in Firefox: `cargo xtask test --firefox` installs it, and runs this beside all other tests.

use anyhow::Result;
use tests::walk::walks_as_expected;
use tests::{Engine, ThirdPartyCookies};

#[tokio::test(flavor = "multi_thread")]
async fn every_experiment_comes_out_as_expected_where_third_party_cookies_are_blocked() -> Result<()>
{
    walks_as_expected(Engine::Firefox, ThirdPartyCookies::Blocked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_experiment_comes_out_as_expected_where_third_party_cookies_are_allowed() -> Result<()>
{
    walks_as_expected(Engine::Firefox, ThirdPartyCookies::Allowed).await
}
