//! One sentence for each question.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ArmReport, CostIs};
use crate::arms::Side;
use crate::statistics::{Comparison, Estimate, Verdict, compare};

/// Which arm is asked about, beside which other.
const QUESTIONS: [(&str, &str); 9] = [
    ("jwt-hs256", "session-sqlite"),
    ("jwt-hs256", "session-memory"),
    ("jwt-eddsa", "session-sqlite"),
    ("jwt-eddsa", "jwt-hs256"),
    ("session-sqlite", "session-memory"),
    ("opaque-bearer", "session-sqlite"),
    ("jwt-cookie", "jwt-eddsa"),
    ("jwt-hs256-denylist", "jwt-hs256"),
    ("jwt-hs256-denylist", "session-sqlite"),
];

/// What two arms are to each other.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The arm that is asked about.
    pub first: String,
    /// The arm beside it.
    pub second: String,
    /// The ratio of the first to the second, round by round.
    pub comparison: Comparison,
    /// The same in words.
    pub sentence: String,
}

/// So few arms were asked for by name, and each is compared with each.
const FEW: usize = 3;

/// The questions of which both arms have figures; of a few arms, every pair, the dearer one first.
pub(super) fn of(arms: &[ArmReport], cost_is: CostIs) -> Vec<Finding> {
    let asked: Vec<&ArmReport> = arms
        .iter()
        .rev()
        .filter(|arm| arm.side != Side::Floor && arm.figures.is_some())
        .collect();
    let pairs: Vec<(&ArmReport, &ArmReport)> = if asked.len() <= FEW {
        let each = asked.iter().enumerate();
        each.flat_map(|(index, first)| {
            let others = asked.iter().skip(index + 1);
            others.map(move |second| (*first, *second))
        })
        .collect()
    } else {
        let find = |name: &str| asked.iter().find(|arm| arm.name == name).copied();
        QUESTIONS
            .iter()
            .filter_map(|(first, second)| Some((find(first)?, find(second)?)))
            .collect()
    };
    let findings = pairs
        .into_iter()
        .filter_map(|(first, second)| compared(first, second, cost_is));
    findings.collect()
}

fn compared(first: &ArmReport, second: &ArmReport, cost_is: CostIs) -> Option<Finding> {
    let comparison = compare(&first.costs(cost_is), &second.costs(cost_is))?;
    Some(Finding {
        first: first.name.clone(),
        second: second.name.clone(),
        comparison,
        sentence: sentence(&first.title, &second.title, &comparison),
    })
}

fn sentence(first: &str, second: &str, comparison: &Comparison) -> String {
    let said = match comparison.verdict {
        Verdict::Less => "less",
        Verdict::More => "more",
        Verdict::NoDifferenceFound => "no difference found",
        Verdict::TooFewRounds => "too few rounds to tell",
    };
    let range = range(comparison);
    format!("On this machine a request with {first} costs {range} × one with {second}: {said}.")
}

/// The interval to two digits; to three where an end that is not 1 would read as 1.00.
fn range(comparison: &Comparison) -> String {
    let Estimate { low, high, .. } = comparison.ratio;
    let is_found = matches!(comparison.verdict, Verdict::Less | Verdict::More);
    let reads_as_one = |end: f64| (end - 1.0).abs() < 0.005;
    let digits = if is_found && (reads_as_one(low) || reads_as_one(high)) {
        3
    } else {
        2
    };
    format!("{low:.digits$}–{high:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_is_found_not_to_be_one_does_not_read_as_one() {
        let ratio = Estimate {
            median: 0.9,
            low: 0.86,
            high: 0.998,
        };
        let found = Comparison {
            ratio,
            verdict: Verdict::Less,
        };
        assert_eq!(range(&found), "0.860–0.998");
        let not = Comparison {
            verdict: Verdict::NoDifferenceFound,
            ..found
        };
        assert_eq!(range(&not), "0.86–1.00");
    }
}
