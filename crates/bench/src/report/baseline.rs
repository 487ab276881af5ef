//! What has changed since an earlier run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figures::bare_costs;
use super::{ArmReport, Report, SCHEMA, ScenarioReport};
use crate::arms::BARE;
use crate::statistics::{self, Comparison, Verdict, compare_unpaired};

/// Why an earlier report cannot be compared with.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no report at all.
    #[error("it is no results.json of svt bench: {0}")]
    NoReport(#[from] serde_json::Error),
    /// It is one of another form.
    #[error("it has the schema {0}, and {SCHEMA} is read")]
    OtherSchema(String),
}

/// One arm then and now, each by its ratio to the bare arm of its own run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The name of the scenario.
    pub scenario: String,
    /// The name of the arm.
    pub arm: String,
    /// The ratio of now to then.
    pub comparison: Comparison,
    /// The same in words.
    pub sentence: String,
}

impl Report {
    /// Reads an earlier report: the text of its `results.json`.
    ///
    /// # Errors
    /// [`BaselineError`]
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let report: Self = serde_json::from_str(text)?;
        if report.schema == SCHEMA {
            Ok(report)
        } else {
            Err(BaselineError::OtherSchema(report.schema))
        }
    }

    /// Adds what has changed since an earlier run, arm by arm, where both runs have it.
    ///
    /// Two runs share no round, so nothing is paired: what the machine did in one of them and not in the other is taken out by the ratio
    /// to the bare arm alone, and the intervals are wider than those within a run.
    pub fn compare_with(&mut self, before: &Self) {
        for warning in differences(self, before) {
            self.warnings.push(warning);
        }
        for scenario in &self.scenarios {
            let same = before
                .scenarios
                .iter()
                .find(|old| old.name == scenario.name);
            let Some(old) = same.filter(|old| old.cost_is == scenario.cost_is) else {
                continue;
            };
            let arms = scenario.arms.iter().filter(|arm| arm.name != BARE);
            let changes = arms.filter_map(|arm| change(scenario, arm, old));
            self.changes.extend(changes);
        }
    }
}

fn change(now: &ScenarioReport, arm: &ArmReport, then: &ScenarioReport) -> Option<Change> {
    let mut olds = then.arms.iter();
    let old = olds.find(|old| old.name == arm.name && old.live == arm.live)?;
    let (now_rounds, then_rounds) = (ratios(now, arm), ratios(then, old));
    let comparison = compare_unpaired(&now_rounds, &then_rounds)?;
    let said = match comparison.verdict {
        Verdict::Less => "less than before",
        Verdict::More => "more than before",
        Verdict::NoDifferenceFound => "no difference found",
        Verdict::TooFewRounds => "too few rounds to tell",
    };
    let sentence = format!(
        "{}, {}: {:.2} × bare then, {:.2} now, which is {:.2}–{:.2} × of then: {said}.",
        now.name,
        arm.shown_name(),
        statistics::median(&then_rounds)?,
        statistics::median(&now_rounds)?,
        comparison.ratio.low,
        comparison.ratio.high
    );
    Some(Change {
        scenario: now.name.clone(),
        arm: arm.name.clone(),
        comparison,
        sentence,
    })
}

/// The ratios to the bare arm, round by round.
fn ratios(scenario: &ScenarioReport, arm: &ArmReport) -> Vec<f64> {
    let cost_is = scenario.cost_is;
    let bare = bare_costs(&scenario.arms, arm.live, cost_is);
    statistics::ratios(&arm.costs(cost_is), &bare)
}

/// What is not the same, and may be the reason of a change.
fn differences(now: &Report, then: &Report) -> Vec<String> {
    let build = |report: &Report| {
        let kind = if report.machine.is_debug_build {
            "debug"
        } else {
            "release"
        };
        format!("{} ({kind})", report.version)
    };
    let machine = |report: &Report| {
        let processor = report.machine.processor.clone();
        let kernel = report.machine.kernel.clone();
        format!(
            "{}, {} cores, {}",
            processor.unwrap_or_default(),
            report.machine.cores,
            kernel.unwrap_or_default()
        )
    };
    let method = |report: &Report| {
        format!(
            "{} connections, windows of {} ms",
            report.method.connections, report.method.window_ms
        )
    };
    let kinds = [
        ("build", build(then), build(now)),
        ("machine", machine(then), machine(now)),
        ("method", method(then), method(now)),
    ];
    let differ = kinds.iter().filter(|(_, was, is)| was != is);
    differ
        .map(|(what, was, is)| format!("the baseline is of another {what}: {was}, now {is}"))
        .collect()
}
