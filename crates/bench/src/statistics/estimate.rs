//! Medians with their intervals, and the comparison of two arms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How often the rounds are drawn anew. The ends of the interval then wander by less than the rounds do.
const RESAMPLES: usize = 2000;

/// How much of the resampled medians lies inside of an interval.
const COVERED: f64 = 0.95;

/// Of fewer rounds nothing is said: even if two arms are alike, four rounds fall on one side one time of eight.
pub(crate) const FEWEST_ROUNDS: usize = 5;

/// The same figures give the same interval, on every machine.
const SEED: u64 = 0x5e55_1045_704e_0001;

/// A median and the interval in which the median of many such runs would lie, 95 of 100 times.
///
/// The interval speaks of the noise between rounds alone. What is the same in every round of a run (this machine, this compiler, a
/// neighbour who is there from beginning to end) is not in it. From fewer than six rounds it is the whole range of them, and covers
/// less than it says: five rounds 94 of 100.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The median of the rounds.
    pub median: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// Whether `value` is inside of the interval, its ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half the width of the interval as a share of the median; how noisy the figure is.
    #[must_use]
    pub fn spread(&self) -> f64 {
        if self.median == 0.0 {
            0.0
        } else {
            (self.high - self.low) / 2.0 / self.median.abs()
        }
    }
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first costs less, in all of the interval.
    Less,
    /// The first costs more, in all of the interval.
    More,
    /// The interval has 1 in it. That is not a proof that the two are equal: a smaller difference may be there than this run can see.
    NoDifferenceFound,
    /// There were fewer than five rounds.
    TooFewRounds,
}

/// Two arms side by side: the ratio of the first to the second, round by round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The median of the ratios with its interval.
    pub ratio: Estimate,
    /// What may be said.
    pub verdict: Verdict,
}

/// The median; of an even number of values the mean of the middle two. None of no values, or where one is no number.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    median_of(&mut sorted)
}

fn median_of(values: &mut [f64]) -> Option<f64> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(f64::midpoint(lower, upper))
}

/// Half of what lies between the smallest round and the largest, as a share of the median. None of fewer than five rounds, which have not
/// shown yet how far they go.
#[must_use]
pub fn half_range(rounds: &[f64]) -> Option<f64> {
    let median = median(rounds).filter(|median| *median > 0.0)?;
    let ends = rounds
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), round| {
            (low.min(*round), high.max(*round))
        });
    (rounds.len() >= FEWEST_ROUNDS).then(|| (ends.1 - ends.0) / 2.0 / median)
}

/// Each value over the one of the same round; rounds that are not in both are left out, and so are those without a base.
#[must_use]
pub fn ratios(values: &[f64], bases: &[f64]) -> Vec<f64> {
    let pairs = values.iter().zip(bases);
    pairs
        .filter(|(_, base)| **base > 0.0)
        .map(|(value, base)| value / base)
        .collect()
}

/// The median of the rounds with its bootstrap interval (percentile method, seeded). None of no rounds.
#[must_use]
pub fn estimate(rounds: &[f64]) -> Option<Estimate> {
    let median = median(rounds)?;
    let mut random = fastrand::Rng::with_seed(SEED);
    interval(median, || resampled_median(rounds, &mut random))
}

/// The ratio of the medians of two runs that share no round, each drawn anew for itself. None where one has no rounds.
#[must_use]
pub fn compare_unpaired(first: &[f64], second: &[f64]) -> Option<Comparison> {
    let ratio = |first: f64, second: f64| (second > 0.0).then(|| first / second);
    let measured = ratio(median(first)?, median(second)?)?;
    let mut random = fastrand::Rng::with_seed(SEED);
    let estimate = interval(measured, || {
        let first = resampled_median(first, &mut random)?;
        ratio(first, resampled_median(second, &mut random)?)
    })?;
    Some(Comparison::of(estimate, first.len().min(second.len())))
}

fn interval(median: f64, mut resample: impl FnMut() -> Option<f64>) -> Option<Estimate> {
    let mut resamples: Vec<f64> = (0..RESAMPLES).map(|_| resample()).collect::<Option<_>>()?;
    resamples.sort_by(f64::total_cmp);
    let tail = ((1.0 - COVERED) / 2.0 * RESAMPLES as f64) as usize;
    Some(Estimate {
        median,
        low: *resamples.get(tail)?,
        high: *resamples.get(RESAMPLES - 1 - tail)?,
    })
}

/// The median of as many rounds, drawn from these with replacement.
fn resampled_median(rounds: &[f64], random: &mut fastrand::Rng) -> Option<f64> {
    let mut drawn = Vec::with_capacity(rounds.len());
    for _ in rounds {
        drawn.push(*rounds.get(random.usize(..rounds.len()))?);
    }
    median_of(&mut drawn)
}

/// Compares two arms by their ratio in each round. None where they have no round in common.
///
/// The intervals that two arms have over a third say nothing about this: they may overlap where the two differ in every round.
#[must_use]
pub fn compare(first: &[f64], second: &[f64]) -> Option<Comparison> {
    let rounds = ratios(first, second);
    Some(Comparison::of(estimate(&rounds)?, rounds.len()))
}

impl Comparison {
    fn of(ratio: Estimate, rounds: usize) -> Self {
        let verdict = if rounds < FEWEST_ROUNDS {
            Verdict::TooFewRounds
        } else if ratio.contains(1.0) {
            Verdict::NoDifferenceFound
        } else if ratio.median < 1.0 {
            Verdict::Less
        } else {
            Verdict::More
        };
        Self { ratio, verdict }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds of two arms on a machine that slows down and recovers by a third between rounds, with 3 % of noise for each arm alone.
    fn two_arms(seed: u64, rounds: usize, planted: f64) -> (Vec<f64>, Vec<f64>) {
        let mut random = fastrand::Rng::with_seed(seed);
        // The sum of twelve even draws is close to a normal one.
        let mut noise = |deviation: f64| {
            let sum: f64 = (0..12).map(|_| random.f64()).sum();
            1.0 + deviation * (sum - 6.0)
        };
        let mut first = Vec::new();
        let mut second = Vec::new();
        for round in 0..rounds {
            let machine = 10.0 * (1.0 + (round % 4) as f64 / 9.0);
            first.push(machine * planted * noise(0.03));
            second.push(machine * noise(0.03));
        }
        (first, second)
    }

    fn share_of(verdict: Verdict, rounds: usize, planted: f64) -> f64 {
        let found = (0..200).filter(|seed| {
            let (first, second) = two_arms(*seed, rounds, planted);
            compare(&first, &second).unwrap().verdict == verdict
        });
        found.count() as f64 / 200.0
    }

    #[test]
    fn a_median_is_the_middle_and_of_nothing_there_is_none() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1.0, f64::NAN]), None);
        assert_eq!(estimate(&[]), None);
    }

    #[test]
    fn a_planted_tenth_is_found_though_the_machine_wanders_by_a_third() {
        assert!(share_of(Verdict::More, 10, 1.1) > 0.97);
        assert!(share_of(Verdict::Less, 10, 0.9) > 0.97);
    }

    #[test]
    fn where_nothing_is_planted_no_difference_is_found() {
        let share = share_of(Verdict::NoDifferenceFound, 10, 1.0);
        assert!(share > 0.88, "{share}");
    }

    #[test]
    fn the_interval_has_the_planted_ratio_in_it_about_as_often_as_it_says() {
        for rounds in [5, 6, 10, 20] {
            let covered = (0..200).filter(|seed| {
                let (first, second) = two_arms(*seed, rounds, 1.25);
                compare(&first, &second).unwrap().ratio.contains(1.25)
            });
            let share = covered.count() as f64 / 200.0;
            assert!(share > 0.88, "{share} of {rounds} rounds");
        }
    }

    #[test]
    fn two_runs_are_compared_by_the_ratios_of_each_to_its_own_base() {
        let run = |seed, planted| {
            let (first, base) = two_arms(seed, 10, planted);
            ratios(&first, &base)
        };
        let verdict = |then: &[f64], now: &[f64]| compare_unpaired(now, then).unwrap().verdict;
        let share = |planted: f64, expected: Verdict| {
            let found = (0..40).filter(|seed| {
                verdict(&run(*seed, 1.5), &run(seed + 1000, 1.5 * planted)) == expected
            });
            found.count()
        };
        assert!(share(1.1, Verdict::More) > 33);
        assert!(share(1.0, Verdict::NoDifferenceFound) > 33);
        assert_eq!(compare_unpaired(&[1.0; 5], &[]), None);
    }

    #[test]
    fn of_a_few_rounds_nothing_is_said_however_far_apart_they_are() {
        let comparison = compare(&[9.0; 4], &[1.0; 4]).unwrap();
        assert_eq!(comparison.verdict, Verdict::TooFewRounds);
        assert_eq!(
            compare(&[9.0; 5], &[1.0; 5]).unwrap().verdict,
            Verdict::More
        );
    }

    #[test]
    fn unpaired_figures_would_have_hidden_what_pairs_show() {
        let (first, second) = two_arms(7, 12, 1.1);
        let (alone, other) = (estimate(&first).unwrap(), estimate(&second).unwrap());
        assert!(alone.low < other.high, "they overlap: {alone:?} {other:?}");
        assert_eq!(compare(&first, &second).unwrap().verdict, Verdict::More);
    }

    #[test]
    fn the_same_rounds_give_the_same_interval() {
        let (first, _) = two_arms(1, 8, 1.0);
        assert_eq!(estimate(&first), estimate(&first));
    }

    #[test]
    fn equal_rounds_have_no_spread_and_rounds_without_a_base_are_left_out() {
        let steady = estimate(&[2.0; 6]).unwrap();
        assert_eq!((steady.low, steady.high, steady.spread()), (2.0, 2.0, 0.0));
        assert_eq!(ratios(&[2.0, 3.0, 4.0], &[1.0, 0.0]), [2.0]);
        assert_eq!(compare(&[1.0], &[]), None);
    }
}
