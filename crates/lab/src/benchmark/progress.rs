//! How far a run is, and how long it will take.

use std::time::Duration;

use bench::Plan;
use bench::arms::Arm;
use serde::Serialize;

/// How far the run is.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    arm: Option<&'static Arm>,
    /// The warm-up is round 0; none while a server is made ready.
    round: Option<usize>,
    rounds: usize,
    turns: usize,
    begun: usize,
    estimated: Duration,
    /// On the monotonic clock of the lab.
    first_turn: Option<Duration>,
}

impl Progress {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            arm: None,
            round: None,
            rounds: plan.rounds,
            turns: plan.turns(),
            begun: 0,
            estimated: plan.estimated(),
            first_turn: None,
        }
    }

    /// A server is being made ready for this arm.
    pub(super) fn preparing(&mut self, arm: &'static Arm) {
        self.arm = Some(arm);
        self.round = None;
    }

    /// A turn begins.
    pub(super) fn turn(&mut self, arm: &'static Arm, round: usize, now: Duration) {
        self.arm = Some(arm);
        self.round = Some(round);
        self.begun += 1;
        self.first_turn.get_or_insert(now);
    }

    fn done(&self) -> usize {
        self.begun.saturating_sub(1)
    }

    /// From what the turns took until now; before there is one, what the plan expects.
    fn left(&self, now: Duration) -> Duration {
        match self.first_turn.filter(|_| self.done() > 0) {
            Some(first) => {
                let each = now.saturating_sub(first).as_secs_f64() / self.done() as f64;
                let left = self.turns.saturating_sub(self.done());
                Duration::from_secs_f64(each * left as f64)
            }
            None => self.estimated,
        }
    }
}

/// The same, as a page is told.
#[derive(Serialize)]
pub(super) struct ProgressNow {
    arm: Option<&'static str>,
    round: Option<usize>,
    rounds: usize,
    turns_done: usize,
    turns: usize,
    seconds_left: u64,
}

impl ProgressNow {
    pub(super) fn of(progress: &Progress, now: Duration) -> Self {
        Self {
            arm: progress.arm.map(|arm| arm.title),
            round: progress.round,
            rounds: progress.rounds,
            turns_done: progress.done(),
            turns: progress.turns,
            seconds_left: progress.left(now).as_secs() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_reckoned_from_the_turns_that_were_had() {
        let plan = Plan::quick("svt".into());
        let mut progress = Progress::of(&plan);
        assert_eq!(progress.left(Duration::ZERO), plan.estimated());
        progress.first_turn = Some(Duration::from_secs(10));
        progress.begun = 11;
        assert_eq!(progress.turns, plan.turns());
        // Ten turns in five seconds, and the others as fast.
        let others = u32::try_from(plan.turns()).unwrap() - 10;
        assert_eq!(
            progress.left(Duration::from_secs(15)),
            Duration::from_millis(500) * others
        );
    }
}
