//! How far `svt bench` is: a bar for the whole run, and one for each arm with what it has shown so far.

use std::io::IsTerminal;

use bench::arms::{Arm, Side};
use bench::report::{ArmReport, Report};
use bench::scenarios::Scenario;
use bench::{Observer, Plan};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Bars on standard error. Where that is no terminal, a line for each scenario that begins.
pub(crate) struct Progress {
    bars: MultiProgress,
    whole: ProgressBar,
    /// Of the scenario that is being measured.
    arms: Vec<(&'static Arm, ProgressBar)>,
    /// The scenarios that have not begun, each with the number of its servers.
    coming: std::vec::IntoIter<(&'static Scenario, usize)>,
    /// How many servers of this scenario have yet to be made ready: after the last one the next scenario begins.
    unready: usize,
    rounds: u64,
    /// How long the longest name of an arm is.
    longest: usize,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn of(plan: &Plan) -> Self {
        let lanes = plan.steps.iter().map(|step| plan.lanes_of(step));
        let lanes: Vec<_> = lanes.collect();
        let steps = plan.steps.iter().zip(&lanes);
        let coming: Vec<_> = steps
            .map(|(step, lanes)| (step.scenario, lanes.len()))
            .collect();
        let bars = MultiProgress::new();
        let whole = bars.add(ProgressBar::new(count(plan.turns())));
        whole.set_style(style("{bar:30} {pos}/{len}  {eta} left  {msg}"));
        let names = lanes.iter().flatten().map(|(arm, _)| arm.name.len());
        Self {
            bars,
            whole,
            arms: Vec::new(),
            coming: coming.into_iter(),
            unready: 0,
            rounds: count(plan.rounds),
            longest: names.max().unwrap_or(0),
            is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Takes the bars away, so that the table stands alone.
    pub(crate) fn end(self) {
        self.clear();
        self.whole.finish_and_clear();
    }

    fn clear(&self) {
        for (_, bar) in &self.arms {
            bar.finish_and_clear();
            self.bars.remove(bar);
        }
    }

    fn begin(&mut self, scenario: &'static Scenario) {
        self.clear();
        self.arms.clear();
        self.whole.set_message(scenario.name);
        if !self.is_terminal {
            eprintln!("{}: {}", scenario.name, scenario.title);
        }
    }

    fn bar(&mut self, arm: &'static Arm) -> &ProgressBar {
        let place = self
            .arms
            .iter()
            .position(|(other, _)| other.name == arm.name);
        let place = place.unwrap_or_else(|| {
            let bar = self.bars.add(ProgressBar::new(0));
            let colour = colour(arm.side);
            let template = format!(
                "{{prefix:{}}} {{bar:10{colour}}} {{pos:>3}}/{{len:3}} {{eta:>4}} left  {{msg}}",
                self.longest
            );
            bar.set_style(style(&template));
            bar.set_prefix(arm.name);
            self.arms.push((arm, bar));
            self.arms.len() - 1
        });
        &self.arms[place].1
    }
}

impl Observer for Progress {
    fn preparing(&mut self, arm: &'static Arm) {
        while self.unready == 0 {
            let Some((scenario, lanes)) = self.coming.next() else {
                return;
            };
            self.begin(scenario);
            self.unready = lanes;
        }
        self.unready -= 1;
        let rounds = self.rounds;
        let bar = self.bar(arm);
        // An arm that is measured with several numbers of logins is made ready as often, and has one bar.
        bar.inc_length(rounds);
        bar.set_message("starting");
    }

    fn turn(&mut self, arm: &'static Arm, round: usize) {
        if round == 0 {
            self.bar(arm).set_message("warming up");
        }
        self.whole.inc(1);
    }

    fn round(&mut self, report: &Report) {
        let Some(scenario) = report.scenarios.last() else {
            return;
        };
        for (arm, bar) in &self.arms {
            let same = scenario.arms.iter().filter(|other| other.name == arm.name);
            let same: Vec<&ArmReport> = same.collect();
            bar.set_position(same.iter().map(|arm| count(arm.rounds.len())).sum());
            bar.set_message(standing(&same));
        }
    }
}

/// What an arm has shown so far: "2.09 × bare", once for each number of logins; or the first of its measures.
fn standing(arms: &[&ArmReport]) -> String {
    if let Some(failure) = arms.iter().find_map(|arm| arm.failure.as_ref()) {
        return format!("failed: {failure}");
    }
    let ratios = arms
        .iter()
        .filter_map(|arm| Some(format!("{:.2}", arm.figures.as_ref()?.ratio?.median)));
    let ratios: Vec<String> = ratios.collect();
    if !ratios.is_empty() {
        return format!("{} × bare", ratios.join(", "));
    }
    let mut measures = arms.iter().flat_map(|arm| &arm.measures);
    measures.next().map_or_else(
        || "measuring".to_owned(),
        |first| {
            format!(
                "{}: {:.1} {}",
                first.name, first.estimate.median, first.unit
            )
        },
    )
}

/// The colour of a side as a part of a template; none where it is refused.
fn colour(side: Side) -> &'static str {
    match side {
        _ if super::bench_command::refuses_colour() => "",
        Side::Session => ".172",
        Side::Token => ".37",
        Side::Floor => "",
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that does not parse leaves the plain bar.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("██░")
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn arm(figures: &str, failure: &str) -> ArmReport {
        let text = format!(
            r#"{{"name":"jwt-hs256","title":"a JWT with HS256","side":"token","failure":{failure},"figures":{figures},
            "latency":null,"bytes":null,"store":null,"rounds":[]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_bar_says_the_ratio_so_far_or_why_there_is_none() {
        let estimate = r#"{"median":2.094,"low":2,"high":3}"#;
        let figures =
            format!(r#"{{"ratio":{estimate},"cost_us":{estimate},"per_second":{estimate}}}"#);
        let measured = arm(&figures, "null");
        assert_eq!(standing(&[&measured]), "2.09 × bare");
        assert_eq!(standing(&[&measured, &measured]), "2.09, 2.09 × bare");
        assert_eq!(standing(&[&arm("null", "null")]), "measuring");
        let mut started = arm("null", "null");
        started.measures.push(
            serde_json::from_str(&format!(
                r#"{{"name":"start","unit":"ms","estimate":{estimate}}}"#
            ))
            .unwrap(),
        );
        assert_eq!(standing(&[&started]), "start: 2.1 ms");
        let failed = arm("null", r#""answered with status 401""#);
        assert_eq!(standing(&[&failed]), "failed: answered with status 401");
    }

    #[test]
    fn each_scenario_has_bars_of_its_own_and_an_arm_with_several_numbers_of_logins_has_one() {
        let plan = Plan::quick("svt".into()).with_all_scenarios();
        let mut progress = Progress::of(&plan);
        let mut turns = 0;
        for step in &plan.steps {
            let lanes = plan.lanes_of(step);
            for (arm, _) in &lanes {
                progress.preparing(arm);
            }
            assert_eq!(progress.whole.message(), step.scenario.name);
            let names: BTreeSet<_> = lanes.iter().map(|(arm, _)| arm.name).collect();
            assert_eq!(progress.arms.len(), names.len());
            for (arm, bar) in &progress.arms {
                let same = lanes.iter().filter(|(other, _)| other.name == arm.name);
                assert_eq!(bar.length(), Some(count(plan.rounds * same.count())));
            }
            for round in 0..=plan.rounds {
                for (arm, _) in &lanes {
                    progress.turn(arm, round);
                    turns += 1;
                }
            }
        }
        assert_eq!(progress.whole.position(), turns);
        assert_eq!(progress.whole.length(), Some(turns));
    }
}
