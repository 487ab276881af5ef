//! A run: all servers up, then round after round in which each arm has one turn.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::account;
use crate::arms::Arm;
use crate::client::{BytesEachWay, Failure, Target};
use crate::cpu::CpuSource;
use crate::open_loop;
use crate::pinning::{self, Cores};
use crate::plan::Plan;
use crate::process::ServerProcess;
use crate::report::{Machine, Measured, Report, Turned};
use crate::scenarios::Scenario;
use crate::statistics::Latencies;
use crate::store::{Counts, StoreAccess};
use crate::watch;

/// The order of the arms within a round is drawn from this, so that no arm always follows the same other.
const ORDER_SEED: u64 = 0x0a_b0_c0;

/// Is told how far the run is.
pub trait Observer {
    /// An arm is being made ready.
    fn preparing(&mut self, arm: &'static Arm);
    /// A turn begins: of this arm, in this round, counted from 1; round 0 is the warm-up.
    fn turn(&mut self, arm: &'static Arm, round: usize);
    /// A round is whole. The report has the scenarios that are done and the rounds of this one, and is not `complete`.
    fn round(&mut self, _report: &Report) {}
}

/// Why nothing could be measured at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The client has no runtime.
    #[error("the client could not be started: {0}")]
    Client(#[from] std::io::Error),
    /// The thread that sends came to a bad end.
    #[error("the client ended before its time")]
    Gone,
}

/// An arm with its server and what it has shown.
struct Lane {
    arm: &'static Arm,
    /// Kept alive: dropping it ends the server.
    server: Option<ServerProcess>,
    target: Option<Target>,
    rounds: Vec<Turned>,
    latencies: Option<Latencies>,
    bytes: Option<BytesEachWay>,
    /// What the server had counted before the first round.
    counted: Option<Counts>,
    failure: Option<String>,
}

/// Runs a plan to its end, or until `stop` is set: then the report has the rounds that were whole by then.
///
/// An arm that gives one wrong answer is reported as failed, with no figures.
///
/// # Errors
/// [`RunError`] where the client itself could not run. What goes wrong with an arm is in the report.
pub fn run(
    plan: &Plan,
    observer: &mut (dyn Observer + Send),
    stop: &AtomicBool,
) -> Result<Report, RunError> {
    // A thread of its own, so that pinning it leaves the caller's where they are.
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let cores = Cores::of(&pinning::usable_cores())
                .filter(|cores| pinning::pin_this_thread(cores.client));
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            Ok(runtime.block_on(measure(plan, cores, observer, stop)))
        });
        client.join().map_err(|_| RunError::Gone)?
    })
}

async fn measure(
    plan: &Plan,
    cores: Option<Cores>,
    observer: &mut (dyn Observer + Send),
    stop: &AtomicBool,
) -> Report {
    let begun = watch::now();
    let mut report = Report::begin(plan, Machine::this(cores));
    for scenario in &plan.scenarios {
        let mut lanes = Vec::new();
        for arm in plan.arms.iter().filter(|arm| scenario.suits(arm)) {
            if !stop.load(Ordering::Relaxed) {
                observer.preparing(arm);
                lanes.push(prepare(plan, arm, scenario, cores).await);
            }
        }
        rounds(plan, scenario, &mut lanes, observer, stop, &report).await;
        let mut measured = Vec::with_capacity(lanes.len());
        for lane in lanes {
            measured.push(Measured {
                store: lane.store().await,
                ..lane.measured()
            });
        }
        report.add(scenario, measured);
    }
    report.finish(begun.elapsed(), !stop.load(Ordering::Relaxed));
    report
}

async fn prepare(
    plan: &Plan,
    arm: &'static Arm,
    scenario: &'static Scenario,
    cores: Option<Cores>,
) -> Lane {
    let mut lane = Lane {
        arm,
        server: None,
        target: None,
        rounds: Vec::new(),
        latencies: None,
        bytes: None,
        counted: None,
        failure: None,
    };
    match ready(plan, arm, scenario, cores).await {
        Ok((server, target, bytes)) => {
            lane.bytes = Some(bytes);
            lane.counted = Counts::of(server.address).await;
            lane.server = Some(server);
            lane.target = Some(target);
        }
        Err(reason) => lane.failure = Some(reason),
    }
    lane
}

/// Starts the server, logs in, and sees that every credential gets the right answer.
async fn ready(
    plan: &Plan,
    arm: &'static Arm,
    scenario: &'static Scenario,
    cores: Option<Cores>,
) -> Result<(ServerProcess, Target, BytesEachWay), String> {
    let server = ServerProcess::start(&plan.program, arm, cores.map(|cores| cores.server))
        .map_err(|error| error.to_string())?;
    let credentials = account::credentials(server.address, arm, plan.credentials)
        .await
        .map_err(|error| error.to_string())?;
    let target = Target::new(server.address, server.pid(), scenario, arm, credentials)
        .ok_or_else(|| "the address of the scenario is none".to_owned())?;
    let bytes = target
        .check()
        .await
        .map_err(|failure| failure.to_string())?;
    Ok((server, target, bytes))
}

/// One warm-up and then every round. A round that was broken off is left out, so that every arm has the same ones.
async fn rounds(
    plan: &Plan,
    scenario: &'static Scenario,
    lanes: &mut [Lane],
    observer: &mut (dyn Observer + Send),
    stop: &AtomicBool,
    before: &Report,
) {
    let mut random = fastrand::Rng::with_seed(ORDER_SEED);
    for round in 0..=plan.rounds {
        let mut order: Vec<usize> = (0..lanes.len()).collect();
        random.shuffle(&mut order);
        let mut this_round = Vec::new();
        for index in order {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let Some(lane) = lanes.get_mut(index) else {
                continue;
            };
            let Some(target) = lane.target.clone() else {
                continue;
            };
            observer.turn(lane.arm, round);
            match turn(plan, scenario, &target).await {
                Ok((window, latencies)) => this_round.push((index, window, latencies)),
                Err(failure) => lane.fail(&failure),
            }
        }
        if round > 0 {
            for (index, window, latencies) in this_round {
                if let Some(lane) = lanes.get_mut(index) {
                    lane.keep(window, latencies);
                }
            }
            let mut until_now = before.clone();
            until_now.add(scenario, lanes.iter().map(Lane::measured).collect());
            observer.round(&until_now);
        }
    }
}

/// One arm's turn: at saturation, and then at the fixed rate.
async fn turn(
    plan: &Plan,
    scenario: &Scenario,
    target: &Target,
) -> Result<(Turned, Option<Latencies>), Failure> {
    let window = target.window(plan.connections, plan.window).await?;
    let latencies = match plan.rate.filter(|_| scenario.is_paced) {
        Some(rate) => open_loop::window(target, rate.get(), plan.window).await?,
        None => None,
    };
    let turned = Turned {
        window: Some(window),
        measures: Vec::new(),
    };
    Ok((turned, latencies))
}

impl Lane {
    /// Latencies are those of all rounds, or there are none.
    fn keep(&mut self, turned: Turned, latencies: Option<Latencies>) {
        let is_first = self.rounds.is_empty();
        self.rounds.push(turned);
        self.latencies = match (self.latencies.take(), latencies) {
            (Some(mut all), Some(more)) => {
                all.add(&more);
                Some(all)
            }
            (None, more) if is_first => more,
            _ => None,
        };
    }

    /// Ends the arm: whatever it showed before, some of its answers are wrong.
    fn fail(&mut self, failure: &Failure) {
        self.failure = Some(failure.to_string());
        self.target = None;
        self.server = None;
        self.rounds.clear();
        self.latencies = None;
    }

    /// How often the server went to its database for a request, by its own account.
    async fn store(&self) -> Option<StoreAccess> {
        let (server, before) = (self.server.as_ref()?, self.counted?);
        Counts::of(server.address).await?.since(&before)
    }

    /// What there is until now, but for the store, which only the server can tell.
    fn measured(&self) -> Measured {
        Measured {
            arm: self.arm,
            live: None,
            source: self
                .target
                .as_ref()
                .map_or(CpuSource::None, |target| target.source),
            rounds: self.rounds.clone(),
            latencies: self.latencies.clone(),
            bytes: self.bytes,
            store: None,
            size: self
                .server
                .as_ref()
                .map(ServerProcess::size)
                .unwrap_or_default(),
            failure: self.failure.clone(),
        }
    }
}
