//! `cargo xtask evidence`: what a browser does in every experiment, recorded with its version and the date.

use anyhow::Result;
use clap::ValueEnum;

use crate::Outcome;
use crate::prerequisites::{Found, browser, firefox};
use crate::process::{cargo, passes};

/// Run every experiment in a browser and write what it did to docs/evidence.
///
/// Each experiment is run twice, with third-party cookies blocked and allowed, against a lab of its own. What is written is
/// what was observed, whether it was expected or not. Takes about five minutes: one experiment waits for two of them.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which browser
    #[arg(value_enum)]
    browser: Browser,
}

#[derive(Clone, Copy, ValueEnum)]
enum Browser {
    /// Chromium, by chromedriver
    Chromium,
    /// Firefox, by geckodriver
    Firefox,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut record = cargo();
    record.args([
        "run",
        "--quiet",
        "--package",
        "tests",
        "--bin",
        "evidence",
        "--",
    ]);
    let found = match arguments.browser {
        Browser::Chromium => {
            record.arg("chromium");
            browser()?
        }
        Browser::Firefox => {
            let (found, driver) = firefox()?;
            record.arg("firefox").env("GECKODRIVER", driver);
            found
        }
    };
    if let Found::No(advice) = found {
        eprintln!("xtask: {advice}");
        return Ok(Outcome::MissingPrerequisite);
    }
    // The replicas are processes of it.
    let built = passes(cargo().args(["build", "--package", "svt"]))?;
    Ok(if built && passes(&mut record)? {
        Outcome::Passed
    } else {
        Outcome::Failed
    })
}
