//! Developer tasks: `cargo xtask test`, `ci`, `tidy`, `advisories`, `screenshots`,
//! `evidence`.
//!
//! Kept light on purpose: whoever checks out the workspace compiles this first, so it depends on neither the servers nor the
//! browser driver. What needs them is a program of the `tests` crate, which this one starts.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on its standard streams"
)]

mod ci;
mod evidence;
mod prerequisites;
mod process;
mod screenshots;
mod testing;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Developer tasks of Session vs Token.
///
/// Exit codes: 0 everything passed, 1 something failed, 2 something this machine lacks has to be installed first.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
#[command(after_help = "\
The usual order of a working day:
  cargo xtask test            everything that can be tested, browsers included
  cargo xtask tidy            the invariants of ARCHITECTURE.md, in a second
  cargo xtask ci              all of what a change has to pass, as .ci/run does it")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Test(testing::Arguments),
    Ci(ci::Arguments),
    Tidy(tidy::Arguments),
    /// Check the dependencies against the RustSec advisory database.
    ///
    /// Not a part of `ci`, because the database is fetched from GitHub: a change should not fail because a network does, nor
    /// because of an advisory that was published since. Run it on a schedule.
    Advisories,
    Screenshots(screenshots::Arguments),
    Evidence(evidence::Arguments),
}

/// What a task ends with; anything unforeseen is an `Err` and exits with 1 as well.
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// This machine lacks something, and what to do about it has been printed.
    MissingPrerequisite,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(Outcome::Passed) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        Ok(Outcome::MissingPrerequisite) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn run(task: Task) -> Result<Outcome> {
    match task {
        Task::Test(arguments) => testing::run(&arguments),
        Task::Ci(arguments) => ci::run(&arguments),
        Task::Tidy(arguments) => tidy::run(&arguments),
        Task::Advisories => ci::advisories(),
        Task::Screenshots(arguments) => screenshots::run(&arguments),
        Task::Evidence(arguments) => evidence::run(&arguments),
    }
}
