//! What to measure, and how long it takes.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use crate::arms::{self, Arm, BARE, Side};
use crate::remote::Remote;
use crate::scenarios::{self, Logins, Scenario, growth};

/// A tenth of what the slowest arm can do on a small machine, so that latency is not the length of a queue.
pub(crate) const RATE: u32 = 1000;

/// How much there is besides the windows: starting the servers, logging in, connecting.
const PER_ARM: Duration = Duration::from_millis(1500);
const PER_WINDOW: Duration = Duration::from_millis(240);
/// To write a login to the disk, sign its token, and read it again.
const PER_SEED: Duration = Duration::from_micros(50);

/// A run, decided on.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The `svt` that serves.
    pub program: PathBuf,
    /// What is done, one after another.
    pub steps: Vec<Step>,
    /// A server that runs already, measured beside the arms.
    pub remote: Option<Remote>,
    /// Where the peers were built that are among the arms.
    pub peers: Option<PathBuf>,
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
    /// How many live logins growth is measured with, each number by a server of its own.
    pub populations: Vec<usize>,
}

/// One scenario and the arms that it is for.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is asked of each.
    pub scenario: &'static Scenario,
    /// The arms that were named, the bare one among them; none where the scenario takes its usual ones.
    pub arms: Option<Vec<&'static Arm>>,
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
            steps: scenarios::ALL.iter().take(1).map(Step::usual).collect(),
            remote: None,
            peers: None,
            rounds: 10,
            window: Duration::from_secs(1),
            connections: 8,
            rate: NonZero::new(RATE),
            credentials: 32,
            populations: growth::POPULATIONS.to_vec(),
        }
    }

    /// The quick run: seven arms, five rounds of half a second, no latencies. From five rounds an interval is their whole range.
    #[must_use]
    pub fn quick(program: PathBuf) -> Self {
        let arms: Vec<_> = arms::QUICK.into_iter().filter_map(arms::named).collect();
        let read = scenarios::ALL.iter().take(1);
        Self {
            steps: read.map(|scenario| Step::of(scenario, &arms)).collect(),
            rounds: 5,
            window: Duration::from_millis(500),
            rate: None,
            ..Self::plain(program)
        }
    }

    /// Only these arms, and the bare one, which every ratio is over; in each scenario that the plan has by then.
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
        for step in &mut self.steps {
            step.arms = Some(chosen.clone());
        }
        Ok(self)
    }

    /// Only these scenarios, each with its usual arms.
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
        let chosen: Vec<&Scenario> = chosen.collect::<Result<_, _>>()?;
        self.steps = chosen.into_iter().map(Step::usual).collect();
        Ok(self)
    }

    /// With a server that runs already; alone, or beside the arms of each step.
    #[must_use]
    pub fn with_remote(mut self, remote: Remote, alone: bool) -> Self {
        self.remote = Some(remote);
        if alone {
            for step in &mut self.steps {
                step.arms = Some(Vec::new());
            }
        }
        self
    }

    /// With the arms beside the others whose state is in PostgreSQL or Redis, in each scenario that suits them.
    #[must_use]
    pub fn with_engines(mut self) -> Self {
        for step in &mut self.steps {
            let own = step.lanes(&self.populations).into_iter();
            let mut arms: Vec<&'static Arm> = own.map(|(arm, _)| arm).collect();
            arms.extend(arms::ALL.iter().filter(|arm| arm.needs_engine()));
            arms.sort_by_key(|arm| arms::ALL.iter().position(|other| other.name == arm.name));
            arms.dedup_by_key(|arm| arm.name);
            step.arms = Some(arms);
        }
        self
    }

    /// With peers from this folder beside the arms of the read. They have nothing else.
    #[must_use]
    pub fn with_peers(mut self, folder: PathBuf, peers: &[&'static Arm]) -> Self {
        for step in &mut self.steps {
            if step.scenario.suits_peers() {
                let own = step
                    .lanes(&self.populations)
                    .into_iter()
                    .map(|(arm, _)| arm);
                step.arms = Some(own.chain(peers.iter().copied()).collect());
            }
        }
        self.peers = Some(folder);
        self
    }

    /// How many turns there are in all, the warm-ups included.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.lanes() * (self.rounds + 1)
    }

    /// How many servers there are, in all scenarios together.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.steps
            .iter()
            .map(|step| self.lanes_of(step).len())
            .sum()
    }

    /// The lanes of a step: its arms, and the remote server if the scenario can be asked of one.
    #[must_use]
    pub fn lanes_of(&self, step: &Step) -> Vec<(&'static Arm, Option<usize>)> {
        let remote = self.remote.iter().map(|remote| (remote.arm, None));
        let remote = remote.filter(|_| step.scenario.suits_remote());
        let own = step.lanes(&self.populations);
        own.into_iter().chain(remote).collect()
    }

    /// Every scenario.
    #[must_use]
    pub fn with_all_scenarios(self) -> Self {
        Self {
            steps: scenarios::ALL.iter().map(Step::usual).collect(),
            ..self
        }
    }

    /// About how long it takes.
    #[must_use]
    pub fn estimated(&self) -> Duration {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let each = self.steps.iter().map(|step| {
            let (scenario, lanes) = (step.scenario, self.lanes_of(step));
            let seeded = match scenario.logins {
                Logins::UsedUp => scenario.used_up(self) * lanes.len(),
                _ => lanes.iter().filter_map(|(_, live)| *live).sum(),
            };
            let turns = count(lanes.len() * (self.rounds + 1));
            (scenario.turn_length(self) + PER_WINDOW) * turns
                + PER_ARM * count(lanes.len())
                + PER_SEED * count(seeded)
        });
        each.sum()
    }
}

impl Step {
    /// A scenario with its usual arms.
    #[must_use]
    pub fn usual(scenario: &'static Scenario) -> Self {
        Self {
            scenario,
            arms: None,
        }
    }

    /// A scenario with these arms.
    #[must_use]
    pub fn of(scenario: &'static Scenario, arms: &[&'static Arm]) -> Self {
        Self {
            scenario,
            arms: Some(arms.to_vec()),
        }
    }

    /// The arms that can do what is asked, each with its live logins where those are varied. The bare one is always among the usual
    /// ones, since every ratio is over it.
    fn lanes(&self, populations: &[usize]) -> Vec<(&'static Arm, Option<usize>)> {
        let scenario = self.scenario;
        let is_usual = |arm: &&Arm| match scenario.usual {
            [] => !arm.is_for_writes_alone() && !arm.needs_engine(),
            usual => arm.name == BARE || usual.contains(&arm.name),
        };
        let arms: Vec<&'static Arm> = match &self.arms {
            Some(named) => named.clone(),
            None => arms::ALL.iter().filter(is_usual).collect(),
        };
        let mut lanes = Vec::new();
        for arm in arms.into_iter().filter(|arm| (scenario.suits)(arm)) {
            let is_varied =
                matches!(scenario.logins, Logins::Populations) && arm.side != Side::Floor;
            if is_varied {
                let populations = growth::populations(arm, populations);
                lanes.extend(populations.into_iter().map(|live| (arm, Some(live))));
            } else {
                lanes.push((arm, None));
            }
        }
        lanes
    }
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(plan: &Plan) -> Vec<&'static str> {
        let lanes = plan.lanes_of(&plan.steps[0]);
        lanes.iter().map(|(arm, _)| arm.name).collect()
    }

    #[test]
    fn arms_that_need_an_engine_are_there_when_they_are_asked_for() {
        let plan = Plan::plain("svt".into());
        let without = names(&plan);
        assert!(!without.contains(&"session-redis"));
        let with = names(&plan.with_engines());
        let needing = arms::ALL.iter().filter(|arm| arm.needs_engine());
        assert_eq!(with.len(), without.len() + needing.count());
        assert_eq!(with.iter().filter(|name| **name == BARE).count(), 1);
        let refreshing = Plan::plain("svt".into()).with_scenarios(&["refresh".to_owned()]);
        let refreshing = names(&refreshing.unwrap().with_engines());
        assert!(refreshing.contains(&"jwt-eddsa-postgres"));
        assert!(!refreshing.contains(&"session-redis"));
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
            "there is no scenario `reads`; there are read, write, login, refresh, logout, day, revocation-lag, login-storm, growth, start"
        );
    }

    #[test]
    fn the_quick_run_is_meant_to_end_within_a_minute_and_the_plain_one_within_eleven() {
        assert!(Plan::quick("svt".into()).estimated() < Duration::from_secs(60));
        assert!(Plan::plain("svt".into()).estimated() < Duration::from_secs(660));
    }
}
