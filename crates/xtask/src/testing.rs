//! `cargo xtask test`: everything the tests need, then every test.

use anyhow::Result;

use crate::Outcome;
use crate::prerequisites::{Found, browser, engines, firefox};
use crate::process::{cargo, passes};

/// Install what the tests need, then run every test of the workspace.
///
/// The end-to-end tests drive a real Chromium, and others start a real PostgreSQL, Redis and HAProxy. On Debian and Ubuntu, as
/// root or with a sudo that asks no password, what is missing of chromium, chromium-driver, postgresql, redis-server and haproxy is
/// installed with apt-get; elsewhere the packages are named and the exit code is 2. No test is ever skipped in silence.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask test                               everything
  cargo xtask test --firefox                     everything, and the experiments in Firefox
  cargo xtask test -p token-core                 one crate
  cargo xtask test -p tests --test suite clock   the browser tests of one file
  cargo xtask test refresh -- --nocapture        tests whose name holds `refresh`, with what they print

A browser that is not on the PATH is named by CHROME and CHROMEDRIVER, an engine by SVT_POSTGRES_BIN (a folder) and SVT_REDIS_SERVER, HAProxy by HAPROXY.")]
pub(crate) struct Arguments {
    /// Run the experiments in Firefox too, installing firefox-esr and geckodriver where they are missing
    #[arg(long)]
    firefox: bool,
    /// Passed on to `cargo test`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    passed_on: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    if !all_is_here()? {
        return Ok(Outcome::MissingPrerequisite);
    }
    if !passes(cargo().args(cargo_arguments(&arguments.passed_on)))? {
        return Ok(Outcome::Failed);
    }
    if arguments.firefox {
        in_firefox()
    } else {
        Ok(Outcome::Passed)
    }
}

/// Makes sure that all is here that the tests need; says what is missing, all of it at once.
pub(crate) fn all_is_here() -> Result<bool> {
    let mut whole = true;
    for found in [browser()?, engines()?] {
        if let Found::No(advice) = found {
            eprintln!("xtask: {advice}");
            whole = false;
        }
    }
    Ok(whole)
}

/// Runs the experiments in Firefox.
pub(crate) fn in_firefox() -> Result<Outcome> {
    let (found, driver) = firefox()?;
    if let Found::No(advice) = found {
        eprintln!("xtask: {advice}");
        return Ok(Outcome::MissingPrerequisite);
    }
    let mut test = cargo();
    test.args([
        "test",
        "--package",
        "tests",
        "--all-features",
        "--test",
        "firefox",
    ])
    .env("GECKODRIVER", driver);
    Ok(if passes(&mut test)? {
        Outcome::Passed
    } else {
        Outcome::Failed
    })
}

/// The whole workspace, unless the caller names a package: Cargo would let `--workspace` win over it.
pub(crate) fn cargo_arguments(passed_on: &[String]) -> Vec<String> {
    let mut all = vec!["test".to_owned()];
    let names_a_package = passed_on
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"));
    if !names_a_package {
        all.push("--workspace".into());
    }
    all.push("--all-features".into());
    all.extend_from_slice(passed_on);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &str) -> Vec<String> {
        cargo_arguments(
            &words
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn every_crate_is_tested_unless_one_is_named() {
        assert!(arguments("").contains(&"--workspace".to_owned()));
        assert!(!arguments("-p token-core").contains(&"--workspace".to_owned()));
        assert!(!arguments("--package=lab").contains(&"--workspace".to_owned()));
    }

    #[test]
    fn what_follows_two_dashes_is_for_the_test_program() {
        assert!(arguments("-- -p").contains(&"--workspace".to_owned()));
    }
}
