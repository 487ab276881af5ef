//! What a run found out, in the form in which it is written: `results.json` is this type.

mod baseline;
mod claims;
mod columns;
mod csv;
mod figures;
mod findings;
mod histogram;
mod html;
mod latency;
mod machine;
mod measures;
mod plots;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod warnings;

use std::num::NonZero;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arms::{Arm, Side};
use crate::closed_loop::Window;
use crate::cpu::CpuSource;
use crate::gate::AimReport;
use crate::plan::Plan;
use crate::scenarios::Scenario;
use crate::size::Size;
use crate::statistics::{Estimate, Latencies};
use crate::store::StoreAccess;
use crate::target::BytesEachWay;
use crate::watch;

pub use baseline::{BaselineError, Change};
pub use claims::{Bearing, ClaimReport, ClaimVerdict, Observation, claims};
pub use csv::to_csv;
pub use findings::Finding;
pub use histogram::histograms;
pub use html::to_html;
pub use latency::{LatencyReport, Quantile};
pub use machine::Machine;
pub(crate) use measures::Measure;
pub use measures::MeasureReport;
pub use plots::{Plot, plots_of};
pub use table::to_text;

/// The name and number of the form. The number rises when a reader of the last one would misread the next; members may be added.
pub const SCHEMA: &str = "svt-bench/1";

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of `svt`.
    pub version: String,
    /// Whether every round was measured; otherwise the run was stopped, and has those that were whole.
    pub complete: bool,
    /// When it began, in seconds since 1970.
    pub started_at: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// On what.
    pub machine: Machine,
    /// How.
    pub method: Method,
    /// What a reader has to know before the figures.
    pub warnings: Vec<String>,
    /// What has changed since the baseline; empty without one.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// What was aimed at, and what was reached; empty where nobody asked.
    #[serde(default)]
    pub aims: Vec<AimReport>,
    /// The tables.
    pub scenarios: Vec<ScenarioReport>,
}

/// How it was measured.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Method {
    /// How often each arm had its turn.
    pub rounds: usize,
    /// How long a turn was, in milliseconds.
    pub window_ms: u64,
    /// How many connections kept a server busy.
    pub connections: usize,
    /// At how many requests a second latencies were measured.
    pub rate: Option<u32>,
    /// How many logins an arm had, one of which was drawn for each request.
    pub credentials: usize,
    /// From what the order of the arms within each round was drawn.
    #[serde(default)]
    pub order_seed: u64,
    /// Where CPU times come from.
    pub cpu_source: CpuSource,
}

/// What is counted as the cost of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CostIs {
    /// User and system time of the server's process.
    Cpu,
    /// Time that passed.
    Wall,
}

/// One scenario: the arms by cost, cheapest first and failed ones last, and what may be said of them. Where the number of logins is
/// varied, those of one arm stand together, the fewest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioReport {
    /// The name of the scenario.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// What a cost is the cost of: a request, a day.
    #[serde(default = "a_request")]
    pub unit: String,
    /// What a cost is: `cpu` time of the server's process or, where the system has no account of it for every round, time on the
    /// `wall`.
    pub cost_is: CostIs,
    /// Half of what lies between the cheapest round of the bare arm and its dearest, as a share of its median: what this machine does by
    /// itself. None of fewer than five rounds.
    pub noise: Option<f64>,
    /// CPU time that the client itself needs for a request of the cheapest arm, in microseconds; it cannot send more than one in so many.
    pub client_cost_us: Option<f64>,
    /// The arms.
    pub arms: Vec<ArmReport>,
    /// One sentence for each question.
    pub findings: Vec<Finding>,
    /// One sentence for each arm, where something else than costs is measured.
    #[serde(default)]
    pub remarks: Vec<String>,
}

/// One arm.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ArmReport {
    /// The name of the arm.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Of which idea.
    pub side: Side,
    /// Why it has no figures.
    pub failure: Option<String>,
    /// Its figures. None of a failed arm, and of one that had no whole round.
    pub figures: Option<Figures>,
    /// Latencies at the fixed rate, all rounds together.
    pub latency: Option<LatencyReport>,
    /// Bytes on the wire.
    pub bytes: Option<BytesEachWay>,
    /// Database accesses for one request.
    pub store: Option<StoreAccess>,
    /// How many logins were live while it was measured, where that is what is varied.
    #[serde(default)]
    pub live: Option<u64>,
    /// Memory of the server's process that was in RAM after the last round, in bytes.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
    /// What the server's data take on disk after the last round, in bytes, the write-ahead log included.
    #[serde(default)]
    pub disk_bytes: Option<u64>,
    /// Which share of the server's CPU time was spent in the kernel, from its start on: logging in is in it.
    #[serde(default)]
    pub system_share: Option<f64>,
    /// What is measured besides the cost of a request, each over all rounds.
    #[serde(default)]
    pub measures: Vec<MeasureReport>,
    /// What each round has shown, in the order of the rounds.
    pub rounds: Vec<RoundReport>,
}

/// The figures of an arm.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// Cost over that of the bare arm of the same round.
    pub ratio: Option<Estimate>,
    /// Cost of a request in microseconds.
    pub cost_us: Estimate,
    /// Answers in a second, all connections together.
    pub per_second: Estimate,
}

/// One turn of an arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoundReport {
    /// Answers, all of them right.
    pub requests: u64,
    /// How long the turn was, in seconds.
    pub seconds: f64,
    /// CPU time of the server's process, in seconds.
    pub server_cpu_seconds: Option<f64>,
    /// CPU time of the client's thread, in seconds. A client with a core for itself never sleeps, so this is what its requests would have
    /// cost it: reckoned from the warm-up, in which it does.
    pub client_cpu_seconds: Option<f64>,
    /// The values of [`ArmReport::measures`] in this round, in the same order.
    #[serde(default)]
    pub measures: Vec<f64>,
}

impl RoundReport {
    /// Microseconds a request.
    #[must_use]
    pub fn cost_us(&self, cost_is: CostIs) -> Option<f64> {
        let seconds = match cost_is {
            CostIs::Cpu => self.server_cpu_seconds?,
            CostIs::Wall => self.seconds,
        };
        (self.requests > 0).then(|| seconds * 1e6 / self.requests as f64)
    }

    pub(crate) fn per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.requests as f64 / self.seconds)
    }
}

impl From<&Turned> for RoundReport {
    fn from(turned: &Turned) -> Self {
        let window = turned.window.unwrap_or_default();
        Self {
            requests: window.requests,
            seconds: window.elapsed.as_secs_f64(),
            server_cpu_seconds: window.server_cpu.map(|time| time.as_secs_f64()),
            client_cpu_seconds: window.client_cpu.map(|time| time.as_secs_f64()),
            measures: turned.measures.iter().map(|(_, value)| *value).collect(),
        }
    }
}

/// What one turn of an arm has shown. A turn that loads no server for a while has no window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turned {
    pub(crate) window: Option<Window>,
    /// The same ones in every turn of a scenario, in the same order.
    pub(crate) measures: Vec<(Measure, f64)>,
}

impl Turned {
    /// Two portions as one; only what has no measures of its own is taken in portions.
    pub(crate) fn and(self, more: Self) -> Self {
        let windows = self.window.zip(more.window);
        Self {
            window: windows.map(|(one, other)| one.and(other)),
            measures: more.measures,
        }
    }
}

/// What a run has of one arm.
#[derive(Clone)]
pub(crate) struct Measured {
    pub(crate) arm: &'static Arm,
    pub(crate) live: Option<u64>,
    pub(crate) source: CpuSource,
    pub(crate) rounds: Vec<Turned>,
    pub(crate) latencies: Option<Latencies>,
    pub(crate) bytes: Option<BytesEachWay>,
    pub(crate) store: Option<StoreAccess>,
    pub(crate) size: Size,
    pub(crate) failure: Option<String>,
}

impl Report {
    pub(crate) fn begin(plan: &Plan, machine: Machine) -> Self {
        let millis = u64::try_from(plan.window.as_millis());
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            complete: false,
            started_at: watch::unix_seconds(),
            seconds: 0.0,
            machine,
            method: Method {
                rounds: plan.rounds,
                window_ms: millis.unwrap_or(u64::MAX),
                connections: plan.connections,
                rate: plan.rate.map(NonZero::get),
                credentials: plan.credentials,
                // Few enough digits for a reader of JSON that has floating-point numbers alone.
                order_seed: fastrand::u32(..).into(),
                cpu_source: CpuSource::None,
            },
            warnings: Vec::new(),
            changes: Vec::new(),
            aims: Vec::new(),
            scenarios: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, scenario: &Scenario, measured: Vec<Measured>) {
        let up = measured.iter().filter(|arm| arm.failure.is_none());
        if let Some(source) = up.map(|arm| arm.source).next() {
            self.method.cpu_source = source;
        }
        self.scenarios.push(ScenarioReport::of(scenario, measured));
    }

    pub(crate) fn finish(&mut self, took: Duration, complete: bool) {
        self.seconds = took.as_secs_f64();
        self.complete = complete;
        self.warnings = warnings::of(self);
    }

    /// The form of `results.json` as a JSON Schema (draft 2020-12).
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Whether every aim that was asked about is reached.
    #[must_use]
    pub fn meets_its_aims(&self) -> bool {
        self.aims.iter().all(|aim| aim.is_met)
    }

    /// Whether an arm failed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        let mut arms = self.scenarios.iter().flat_map(|scenario| &scenario.arms);
        arms.any(|arm| arm.failure.is_some())
    }
}

fn a_request() -> String {
    "request".to_owned()
}
