//! What to measure, and how long it takes.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use crate::arms::{self, Arm, BARE};
use crate::scenarios::{self, Scenario};

/// A tenth of what the slowest arm can do on a small machine, so that latency is not the length of a queue.
const RATE: u32 = 1000;

/// How much there is besides the windows: starting the servers, logging in, connecting.
const PER_ARM: Duration = Duration::from_millis(1500);
const PER_WINDOW: Duration = Duration::from_millis(120);

/// A run, decided on.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The `svt` that serves.
    pub program: PathBuf,
    /// The arms, the bare one among them.
    pub arms: Vec<&'static Arm>,
    /// What is asked of each.
    pub scenarios: Vec<&'static Scenario>,
    /// How often each arm has its turn.
    pub rounds: usize,
    /// How long a turn is.
    pub window: Duration,
    /// How many connections keep a server busy.
    pub connections: usize,
    /// At how many requests a second latencies are measured, the same for all arms; none where they are not.
    pub rate: Option<NonZero<u32>>,
    /// How many logins an arm has, one of which is drawn for each request.
    pub credentials: usize,
}

/// A name that nothing has.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no {kind} `{name}`; there are {existing}")]
pub struct Unknown {
    kind: &'static str,
    name: String,
    existing: String,
}

impl Plan {
    /// The plain run: every arm, the authenticated read, ten rounds of a second and another at a fixed rate.
    #[must_use]
    pub fn plain(program: PathBuf) -> Self {
        Self {
            program,
            arms: arms::ALL.iter().collect(),
            scenarios: scenarios::ALL.iter().take(1).collect(),
            rounds: 10,
            window: Duration::from_secs(1),
            connections: 8,
            rate: NonZero::new(RATE),
            credentials: 32,
        }
    }

    /// The quick run: five arms, five rounds of half a second, no latencies. From five rounds an interval is their whole range.
    #[must_use]
    pub fn quick(program: PathBuf) -> Self {
        Self {
            arms: arms::QUICK.into_iter().filter_map(arms::named).collect(),
            rounds: 5,
            window: Duration::from_millis(500),
            rate: None,
            ..Self::plain(program)
        }
    }

    /// Only these arms, and the bare one, which every ratio is over.
    ///
    /// # Errors
    /// [`Unknown`] with the names that exist.
    pub fn with_arms(mut self, names: &[String]) -> Result<Self, Unknown> {
        let mut chosen: Vec<&Arm> = arms::named(BARE).into_iter().collect();
        for name in names {
            let arm = arms::named(name).ok_or_else(|| Unknown {
                kind: "arm",
                name: name.clone(),
                existing: list(arms::ALL.iter().map(|arm| arm.name)),
            })?;
            if chosen.iter().all(|other| other.name != arm.name) {
                chosen.push(arm);
            }
        }
        self.arms = chosen;
        Ok(self)
    }

    /// Only these scenarios.
    ///
    /// # Errors
    /// [`Unknown`] with the names that exist.
    pub fn with_scenarios(mut self, names: &[String]) -> Result<Self, Unknown> {
        let chosen = names.iter().map(|name| {
            scenarios::named(name).ok_or_else(|| Unknown {
                kind: "scenario",
                name: name.clone(),
                existing: list(scenarios::ALL.iter().map(|scenario| scenario.name)),
            })
        });
        self.scenarios = chosen.collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// How many turns there are in all.
    #[must_use]
    pub fn windows(&self) -> usize {
        self.lanes() * self.rounds
    }

    /// How many arms there are in all scenarios together.
    #[must_use]
    pub fn lanes(&self) -> usize {
        let each = self.scenarios.iter();
        each.map(|scenario| self.arms.iter().filter(|arm| scenario.suits(arm)).count())
            .sum()
    }

    /// Every scenario.
    #[must_use]
    pub fn with_all_scenarios(self) -> Self {
        Self {
            scenarios: scenarios::ALL.iter().collect(),
            ..self
        }
    }

    /// About how long it takes.
    #[must_use]
    pub fn estimated(&self) -> Duration {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        // Each arm has one turn before the first round, to warm up.
        let turns = count(self.windows() + self.lanes());
        let per_turn = if self.rate.is_some() { 2 } else { 1 };
        (self.window + PER_WINDOW) * turns * per_turn + PER_ARM * count(self.lanes())
    }
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(plan: &Plan) -> Vec<&str> {
        plan.arms.iter().map(|arm| arm.name).collect()
    }

    #[test]
    fn the_bare_arm_is_in_every_choice_and_none_is_in_it_twice() {
        let chosen = ["jwt-es256", "bare", "jwt-es256"].map(str::to_owned);
        let plan = Plan::quick("svt".into()).with_arms(&chosen).unwrap();
        assert_eq!(names(&plan), ["bare", "jwt-es256"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_that_exist() {
        let plan = Plan::quick("svt".into());
        let error = plan.clone().with_arms(&["jwt".to_owned()]).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("there is no arm `jwt`; there are naked, bare, session-memory, ")
        );
        let error = plan.with_scenarios(&["reads".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no scenario `reads`; there are read, write, login"
        );
    }

    #[test]
    fn the_quick_run_is_meant_to_end_within_a_minute_and_the_plain_one_within_ten() {
        assert!(Plan::quick("svt".into()).estimated() < Duration::from_secs(60));
        assert!(Plan::plain("svt".into()).estimated() < Duration::from_secs(600));
    }
}
