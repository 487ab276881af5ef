//! What a page may ask to be measured.

use std::path::PathBuf;
use std::time::Duration;

use bank::ApiError;
use bench::Plan;
use serde::{Deserialize, Serialize};

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Five arms.
    Quick,
    /// Every arm.
    Plain,
    /// Every arm in every scenario.
    All,
}

impl Kind {
    /// Every kind, from the shortest to the longest.
    pub(crate) const ALL: [Self; 3] = [Self::Quick, Self::Plain, Self::All];
}

/// The lengths of a run, where they are not those of its kind.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Lengths {
    /// How often each arm has its turn.
    pub(crate) rounds: Option<usize>,
    /// How long a turn is, in milliseconds.
    pub(crate) window_ms: Option<u64>,
}

/// What a page asks for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) rounds: Option<usize>,
    #[serde(default)]
    pub(super) window_ms: Option<u64>,
}

/// The plan of a kind with these lengths.
///
/// # Errors
/// [`ApiError::Invalid`] for lengths that measure nothing or never end.
pub(crate) fn plan(kind: Kind, lengths: Lengths, program: PathBuf) -> Result<Plan, ApiError> {
    let mut plan = match kind {
        Kind::Quick => Plan::quick(program),
        Kind::Plain => Plan::plain(program),
        Kind::All => Plan::plain(program).with_all_scenarios(),
    };
    plan.rounds = lengths.rounds.unwrap_or(plan.rounds);
    plan.window = lengths.window_ms.map_or(plan.window, Duration::from_millis);
    let is_long_enough = plan.window >= Duration::from_millis(10);
    if !(1..=100).contains(&plan.rounds) || !is_long_enough || plan.window > Duration::from_secs(10)
    {
        return Err(ApiError::Invalid(
            "rounds are 1 to 100, and window_ms is 10 to 10000.".to_owned(),
        ));
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_measure_nothing_or_never_end_are_refused() {
        let refused = |rounds, window_ms| {
            let lengths = Lengths {
                rounds: Some(rounds),
                window_ms: Some(window_ms),
            };
            plan(Kind::Quick, lengths, "svt".into()).is_err()
        };
        assert!(refused(0, 100) && refused(101, 100) && refused(1, 0) && refused(1, 10_001));
        assert!(!refused(1, 10) && !refused(100, 10_000));
    }
}
