//! From what the arms have shown, round by round, to the figures of a report.

use super::latency::LatencyReport;
use super::{
    ArmReport, CostIs, Figures, Measured, RoundReport, ScenarioReport, findings, measures, plots,
};
use crate::arms::{BARE, PEERS, REMOTE};
use crate::scenarios::Scenario;
use crate::statistics;

impl ScenarioReport {
    pub(super) fn of(scenario: &Scenario, measured: Vec<Measured>) -> Self {
        let mut arms: Vec<ArmReport> = measured.into_iter().map(ArmReport::of).collect();
        let mut rounds = arms.iter().flat_map(|arm| &arm.rounds);
        // All costs of a table are of one kind, or their ratios would mean nothing.
        let cost_is = if rounds.all(|round| round.server_cpu_seconds.is_some()) {
            CostIs::Cpu
        } else {
            CostIs::Wall
        };
        let each = arms.iter();
        let bares: Vec<Vec<f64>> = each
            .map(|arm| bare_costs(&arms, arm.live, cost_is))
            .collect();
        for (arm, bare) in arms.iter_mut().zip(&bares) {
            // Over our bare bank nothing but our own arms says what authentication costs.
            let bare = if arm.is_foreign() {
                &[]
            } else {
                bare.as_slice()
            };
            arm.fill(bare, cost_is);
        }
        let bare = bare_costs(&arms, None, cost_is);
        let bare_cost = statistics::median(&bare).unwrap_or(1.0);
        let cost = |arm: &ArmReport| {
            let figures = arm.figures.as_ref();
            figures.map_or(f64::INFINITY, |figures| {
                let by_cost = figures.cost_us.median / bare_cost;
                figures.ratio.map_or(by_cost, |ratio| ratio.median)
            })
        };
        arms.sort_by(|one, other| cost(one).total_cmp(&cost(other)));
        by_logins(&mut arms);
        Self {
            name: scenario.name.to_owned(),
            title: scenario.title.to_owned(),
            unit: scenario.unit.to_owned(),
            cost_is,
            client_cost_us: arms.first().and_then(ArmReport::client_cost_us),
            noise: statistics::half_range(&bare),
            findings: findings::of(&arms, cost_is, scenario.unit),
            remarks: arms.iter().filter_map(scenario.remark).collect(),
            arms,
        }
    }

    /// What may be said, in words.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        let findings = self.findings.iter().map(|finding| &finding.sentence);
        findings.chain(&self.remarks).map(String::as_str)
    }
}

impl ArmReport {
    fn of(measured: Measured) -> Self {
        Self {
            name: measured.arm.name.to_owned(),
            title: measured.arm.title.to_owned(),
            side: measured.arm.side,
            failure: measured.failure,
            figures: None,
            latency: measured.latencies.as_ref().map(LatencyReport::of),
            bytes: measured.bytes,
            store: measured.store,
            live: measured.live,
            memory_bytes: measured.size.memory_bytes,
            disk_bytes: measured.size.disk_bytes,
            system_share: measured.size.system_share,
            measures: measures::of(&measured.rounds),
            rounds: measured.rounds.iter().map(RoundReport::from).collect(),
        }
    }

    fn fill(&mut self, bare: &[f64], cost_is: CostIs) {
        let costs = self.costs(cost_is);
        let per_second: Vec<f64> = self
            .rounds
            .iter()
            .filter_map(RoundReport::per_second)
            .collect();
        self.figures = statistics::estimate(&costs)
            .zip(statistics::estimate(&per_second))
            .map(|(cost_us, per_second)| Figures {
                ratio: statistics::estimate(&statistics::ratios(&costs, bare)),
                cost_us,
                per_second,
            });
    }

    /// Whether it is another program than `svt serve`, or elsewhere.
    pub(super) fn is_foreign(&self) -> bool {
        let mut peers = PEERS.iter();
        self.name == REMOTE || peers.any(|peer| peer.name == self.name)
    }

    /// The name, and the number of logins where that is varied.
    pub(super) fn shown_name(&self) -> String {
        self.live.map_or_else(
            || self.name.clone(),
            |live| format!("{} at {}", self.name, plots::plain(live as f64)),
        )
    }

    fn client_cost_us(&self) -> Option<f64> {
        let rounds = self.rounds.iter();
        let costs: Option<Vec<f64>> = rounds
            .map(|round| Some(round.client_cpu_seconds? * 1e6 / round.requests as f64))
            .collect();
        statistics::median(&costs?)
    }

    pub(crate) fn costs(&self, cost_is: CostIs) -> Vec<f64> {
        let rounds = self.rounds.iter();
        rounds.filter_map(|round| round.cost_us(cost_is)).collect()
    }
}

/// Brings the arms of one name together where the number of logins is varied, the fewest first; the others stay where they are.
fn by_logins(arms: &mut [ArmReport]) {
    if arms.iter().any(|arm| arm.live.is_some()) {
        let names: Vec<String> = arms.iter().map(|arm| arm.name.clone()).collect();
        arms.sort_by_key(|arm| {
            let first = names.iter().position(|name| *name == arm.name);
            (arm.failure.is_some(), first, arm.live)
        });
    }
}

/// The costs of the bare arm, round by round: of the one with as many logins where there are several. None where there is none.
pub(super) fn bare_costs(arms: &[ArmReport], live: Option<u64>, cost_is: CostIs) -> Vec<f64> {
    let bares = || arms.iter().filter(|arm| arm.name == BARE);
    let bare = bares().find(|arm| arm.live == live).or(bares().next());
    bare.map_or_else(Vec::new, |arm| arm.costs(cost_is))
}
