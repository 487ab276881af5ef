//! `cargo xtask screenshots`: the pictures of the documents, taken from the running lab.

use anyhow::Result;

use crate::Outcome;
use crate::prerequisites::{Found, browser};
use crate::process::{cargo, passes};

/// Take the screenshots of the documents into docs/screenshots.
///
/// Starts a lab with an empty data folder, logs in on both lanes, reads the balance and transfers, and photographs the first
/// page: light, dark, at 390 px, and projected; then experiments, an attack and the replicas. Needs the same browser as the tests.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// First of the ports of the lab; the default is the one visitors see
    #[arg(long, default_value_t = 8001)]
    port_base: u16,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    if let Found::No(advice) = browser()? {
        eprintln!("xtask: {advice}");
        return Ok(Outcome::MissingPrerequisite);
    }
    // The driver and the whole lab are linked into that program, not into xtask, which everybody compiles first.
    let mut take = cargo();
    take.args([
        "run",
        "--quiet",
        "--package",
        "tests",
        "--bin",
        "screenshots",
        "--",
    ]);
    take.args(["--port-base", &arguments.port_base.to_string()]);
    // The replicas are processes of it.
    if passes(cargo().args(["build", "--package", "svt"]))? && passes(&mut take)? {
        Ok(Outcome::Passed)
    } else {
        Ok(Outcome::Failed)
    }
}
