//! One sentence for each question.

use serde::{Deserialize, Serialize};

use super::{ArmReport, CostIs, costs};
use crate::statistics::{Comparison, Verdict, compare};

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
#[derive(Clone, Debug, Serialize, Deserialize)]
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

/// The questions of which both arms have figures.
pub(super) fn of(arms: &[ArmReport], cost_is: CostIs) -> Vec<Finding> {
    let find = |name: &str| arms.iter().find(|arm| arm.name == name);
    let answers = QUESTIONS.iter().filter_map(|(first, second)| {
        let (first, second) = (find(first)?, find(second)?);
        let comparison = compare(
            &costs(arms, &first.name, cost_is),
            &costs(arms, &second.name, cost_is),
        )?;
        Some(Finding {
            first: first.name.clone(),
            second: second.name.clone(),
            comparison,
            sentence: sentence(&first.title, &second.title, &comparison),
        })
    });
    answers.collect()
}

fn sentence(first: &str, second: &str, comparison: &Comparison) -> String {
    let said = match comparison.verdict {
        Verdict::Less => "less",
        Verdict::More => "more",
        Verdict::NoDifferenceFound => "no difference found",
    };
    let (low, high) = (comparison.ratio.low, comparison.ratio.high);
    format!(
        "On this machine a request with {first} costs {low:.2}–{high:.2} × one with {second}: {said}."
    )
}
