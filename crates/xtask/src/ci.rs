//! `cargo xtask ci`: what a change has to pass, step by step, each with its time.

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;

use crate::Outcome;
use crate::prerequisites::{cargo_deny, toolchain_component};
use crate::process::{cargo, command, passes};
use crate::{testing, tidy};

/// Run everything that a change has to pass.
///
/// Every step runs even when an earlier one failed, so that one run tells all there is to mend. The order is from the quickest
/// answer to the slowest; clippy and doc share what they compile of the dependencies.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask ci                        all of it, as .ci/run does
  cargo xtask ci --only fmt,clippy      two steps
  cargo xtask ci --skip test            all but the slowest")]
pub(crate) struct Arguments {
    /// Run these steps alone
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<Step>,
    /// Leave these steps out
    #[arg(
        long,
        value_name = "STEP",
        value_delimiter = ',',
        conflicts_with = "only"
    )]
    skip: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// The sources are as rustfmt writes them
    Fmt,
    /// The invariants of ARCHITECTURE.md
    Tidy,
    /// No warning of rustc or clippy in any target
    Clippy,
    /// The documentation builds without a warning
    Doc,
    /// Licenses, banned crates and sources of the dependencies
    Deny,
    /// Every test, browsers and engines included
    Test,
    /// The experiments in Firefox
    Firefox,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    fn run(self) -> Result<Outcome> {
        let passed = match self {
            Self::Fmt => {
                toolchain_component("rustfmt", "fmt")?;
                passes(cargo().args(["fmt", "--all", "--check"]))?
            }
            Self::Tidy => return tidy::run(&tidy::Arguments::default()),
            Self::Clippy => {
                toolchain_component("clippy", "clippy")?;
                passes(cargo().args([
                    "clippy",
                    "--workspace",
                    "--all-features",
                    "--all-targets",
                    "--quiet",
                    "--",
                    "-Dwarnings",
                ]))?
            }
            Self::Doc => passes(
                cargo()
                    .args([
                        "doc",
                        "--workspace",
                        "--all-features",
                        "--no-deps",
                        "--quiet",
                    ])
                    // Through this variable and not RUSTFLAGS, which would compile every dependency anew.
                    .env("RUSTDOCFLAGS", "-Dwarnings"),
            )?,
            Self::Deny => passes(command(cargo_deny()?).args([
                "--all-features",
                "check",
                "licenses",
                "bans",
                "sources",
            ]))?,
            Self::Firefox => return testing::in_firefox(),
            Self::Test => {
                if !testing::all_is_here()? {
                    return Ok(Outcome::MissingPrerequisite);
                }
                passes(cargo().args(testing::cargo_arguments(&["--quiet".into()])))?
            }
        };
        Ok(if passed {
            Outcome::Passed
        } else {
            Outcome::Failed
        })
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut results = Vec::new();
    for step in chosen(arguments) {
        eprintln!("==> {}", step.name());
        let (outcome, took) = timed(|| step.run());
        let outcome = outcome.unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Outcome::Failed
        });
        eprintln!(
            "<== {} {} in {}",
            step.name(),
            verdict(&outcome),
            shown(took)
        );
        results.push((step, outcome, took));
    }
    eprintln!("\nsummary");
    for (step, outcome, took) in &results {
        eprintln!(
            "  {:<8} {:<8} {:>8}",
            step.name(),
            verdict(outcome),
            shown(*took)
        );
    }
    let total = results.iter().map(|(_, _, took)| *took).sum();
    eprintln!("  {:<17} {:>8}", "total", shown(total));
    Ok(worst(results.into_iter().map(|(_, outcome, _)| outcome)))
}

/// Checks the dependencies against the RustSec database.
pub(crate) fn advisories() -> Result<Outcome> {
    let passed = passes(command(cargo_deny()?).args(["--all-features", "check", "advisories"]))?;
    Ok(if passed {
        Outcome::Passed
    } else {
        Outcome::Failed
    })
}

fn chosen(arguments: &Arguments) -> Vec<Step> {
    Step::value_variants()
        .iter()
        .copied()
        .filter(|step| arguments.only.is_empty() || arguments.only.contains(step))
        .filter(|step| !arguments.skip.contains(step))
        .collect()
}

/// A failure outweighs something missing, which outweighs success.
fn worst(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.fold(Outcome::Passed, |so_far, next| match (so_far, next) {
        (Outcome::Failed, _) | (_, Outcome::Failed) => Outcome::Failed,
        (Outcome::MissingPrerequisite, _) | (_, Outcome::MissingPrerequisite) => {
            Outcome::MissingPrerequisite
        }
        (Outcome::Passed, Outcome::Passed) => Outcome::Passed,
    })
}

fn verdict(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "FAILED",
        Outcome::MissingPrerequisite => "MISSING",
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a step of the build took is no part of the product, whose time the clock holds"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let value = work();
    (value, start.elapsed())
}

fn shown(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", took.as_secs() / 60, took.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_step_fails_the_whole() {
        let outcomes = [
            Outcome::Passed,
            Outcome::Failed,
            Outcome::MissingPrerequisite,
        ];
        assert!(matches!(worst(outcomes.into_iter()), Outcome::Failed));
        let outcomes = [Outcome::MissingPrerequisite, Outcome::Passed];
        assert!(matches!(
            worst(outcomes.into_iter()),
            Outcome::MissingPrerequisite
        ));
        assert!(matches!(worst(std::iter::empty()), Outcome::Passed));
    }

    #[test]
    fn steps_can_be_chosen_or_left_out() {
        let only = Arguments {
            only: vec![Step::Test, Step::Fmt],
            skip: Vec::new(),
        };
        assert_eq!(chosen(&only), [Step::Fmt, Step::Test]);
        let skip = Arguments {
            only: Vec::new(),
            skip: vec![Step::Test],
        };
        assert!(!chosen(&skip).contains(&Step::Test));
        assert_eq!(chosen(&skip).len(), 6);
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(shown(Duration::from_millis(1340)), "1.3 s");
        assert_eq!(shown(Duration::from_secs(125)), "2 min 05 s");
    }
}
