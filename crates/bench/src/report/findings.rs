//! One sentence for each question.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ArmReport, CostIs, plots};
use crate::arms::Side;
use crate::statistics::{Comparison, Estimate, Verdict, compare};

/// Which arm is asked about, beside which other.
const QUESTIONS: [(&str, &str); 14] = [
    ("jwt-hs256", "session-sqlite"),
    ("jwt-hs256", "session-memory"),
    ("jwt-eddsa", "session-sqlite"),
    ("jwt-eddsa", "jwt-hs256"),
    ("jwt-eddsa", "jwt-eddsa-seen"),
    ("session-sqlite", "session-memory"),
    ("opaque-bearer", "session-sqlite"),
    ("jwt-cookie", "jwt-eddsa"),
    ("jwt-hs256-denylist", "jwt-hs256"),
    ("jwt-hs256-denylist", "session-sqlite"),
    ("peer-axum-jwt", "peer-axum"),
    ("peer-axum-session", "peer-axum"),
    ("peer-fastify-jwt", "peer-fastify"),
    ("peer-fastify-session", "peer-fastify"),
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
///
/// Where the arms occur with several numbers of logins, each is asked about its most beside its fewest.
pub(super) fn of(arms: &[ArmReport], cost_is: CostIs, unit: &str) -> Vec<Finding> {
    if arms.iter().any(|arm| arm.live.is_some()) {
        return by_logins(arms, cost_is, unit);
    }
    let measured = arms.iter().rev().filter(|arm| arm.figures.is_some());
    let measured: Vec<&ArmReport> = measured.collect();
    let mut asked = measured.clone();
    asked.retain(|arm| arm.side != Side::Floor);
    let pairs: Vec<(&ArmReport, &ArmReport)> = if asked.len() <= FEW {
        let each = asked.iter().enumerate();
        each.flat_map(|(index, first)| {
            let others = asked.iter().skip(index + 1);
            others.map(move |second| (*first, *second))
        })
        .collect()
    } else {
        let find = |name: &str| measured.iter().find(|arm| arm.name == name).copied();
        QUESTIONS
            .iter()
            .filter_map(|(first, second)| Some((find(first)?, find(second)?)))
            .collect()
    };
    let findings = pairs
        .into_iter()
        .filter_map(|(first, second)| compared(first, second, cost_is, unit));
    findings.collect()
}

fn by_logins(arms: &[ArmReport], cost_is: CostIs, unit: &str) -> Vec<Finding> {
    let measured = || {
        let authenticating = arms.iter().filter(|arm| arm.side != Side::Floor);
        authenticating.filter(|arm| arm.figures.is_some())
    };
    let mut names: Vec<&str> = measured().map(|arm| arm.name.as_str()).collect();
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let findings = names.into_iter().filter_map(|name| {
        let same = || measured().filter(|arm| arm.name == name);
        let most = same().max_by_key(|arm| arm.live)?;
        let fewest = same().min_by_key(|arm| arm.live)?;
        let (many, few) = (most.live?, fewest.live.filter(|few| Some(*few) != most.live)?);
        let comparison = compare(&most.costs(cost_is), &fewest.costs(cost_is))?;
        Some(Finding {
            first: most.name.clone(),
            second: fewest.name.clone(),
            sentence: format!(
                "On this machine a {unit} with {} costs {} × with {} logins live what it costs with {}: {}.",
                most.title,
                range(&comparison),
                plots::plain(many as f64),
                plots::plain(few as f64),
                said(comparison.verdict)
            ),
            comparison,
        })
    });
    findings.collect()
}

/// What two arms are to each other. None where they have no round in common.
pub(super) fn compared(
    first: &ArmReport,
    second: &ArmReport,
    cost_is: CostIs,
    unit: &str,
) -> Option<Finding> {
    let comparison = compare(&first.costs(cost_is), &second.costs(cost_is))?;
    Some(Finding {
        first: first.name.clone(),
        second: second.name.clone(),
        comparison,
        sentence: sentence(&first.title, &second.title, &comparison, unit),
    })
}

fn sentence(first: &str, second: &str, comparison: &Comparison, unit: &str) -> String {
    let said = said(comparison.verdict);
    let range = range(comparison);
    format!("On this machine a {unit} with {first} costs {range} × one with {second}: {said}.")
}

fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Less => "less",
        Verdict::More => "more",
        Verdict::NoDifferenceFound => "no difference found",
        Verdict::TooFewRounds => "too few rounds to tell",
    }
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
