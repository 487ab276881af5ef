//! A run: all servers up, then round after round in which each arm has one turn.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::arms::Arm;
use crate::cpu::CpuSource;
use crate::failure::Failure;
use crate::login::{self, Login};
use crate::pinning::{self, Cores};
use crate::plan::Plan;
use crate::process::{ServerProcess, Service};
use crate::report::{Machine, Measured, Report, Turned};
use crate::scenarios::{Logins, Scenario};
use crate::statistics::Latencies;
use crate::store::{Counts, StoreAccess};
use crate::target::{BytesEachWay, Place, Target};
use crate::watch;

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

/// What all lanes of a step have in common.
#[derive(Clone, Copy)]
struct Stage<'a> {
    plan: &'a Plan,
    scenario: &'static Scenario,
    cores: Option<Cores>,
    stop: &'a AtomicBool,
}

/// An arm with its server and what it has shown.
struct Lane {
    arm: &'static Arm,
    /// How many logins are live, where that is varied.
    live: Option<usize>,
    /// Kept alive: dropping it ends the server.
    server: Option<ServerProcess>,
    target: Option<Target>,
    rounds: Vec<Turned>,
    latencies: Option<Latencies>,
    /// What the portions of this turn have shown until now.
    turning: Option<(Turned, Option<Latencies>)>,
    bytes: Option<BytesEachWay>,
    /// What the server had counted before the first round.
    counted: Option<Counts>,
    /// CPU time of the client for a request, in seconds: measured in the warm-up, in which it sleeps when it has to wait.
    client_cost: Option<f64>,
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
    for step in &plan.steps {
        let scenario = step.scenario;
        let stage = Stage {
            plan,
            scenario,
            cores,
            stop,
        };
        let mut lanes = Vec::new();
        for (arm, live) in plan.lanes_of(step) {
            if !stop.load(Ordering::Relaxed) {
                observer.preparing(arm);
                let lane = Lane::prepare(stage, arm, live).await;
                // An arm that was not ready when the run was stopped has not failed.
                if !stop.load(Ordering::Relaxed) {
                    lanes.push(lane);
                }
            }
        }
        rounds(stage, &mut lanes, observer, &report).await;
        let mut measured = Vec::with_capacity(lanes.len());
        for lane in lanes {
            measured.push(Measured {
                store: lane.store().await,
                ..lane.measured()
            });
        }
        // A scenario that the run was stopped before has nothing to show.
        if !measured.is_empty() {
            report.add(scenario, measured);
        }
    }
    report.finish(begun.elapsed(), !stop.load(Ordering::Relaxed));
    report
}

/// Starts the server, provides logins, and sees that every credential gets the right answer.
async fn ready(
    stage: Stage<'_>,
    arm: &'static Arm,
    live: Option<usize>,
) -> Result<(Option<ServerProcess>, Target, Option<BytesEachWay>), String> {
    let Stage { plan, scenario, .. } = stage;
    let visit = scenario.visit();
    let (server, place, logins) = match plan
        .remote
        .as_ref()
        .filter(|remote| std::ptr::eq(remote.arm, arm))
    {
        Some(remote) => {
            let logins = remote.logins(few(plan, scenario)).await;
            (
                None,
                remote.place.clone(),
                logins.map_err(|error| error.to_string())?,
            )
        }
        None => {
            let (server, logins) = served(stage, arm, live).await?;
            let place = Place::of(server.address);
            (Some(server), place, logins)
        }
    };
    let pid = server.as_ref().map(ServerProcess::pid);
    let mut target = Target::new(place, pid, arm, logins, visit);
    target.idle_memory = server.as_ref().and_then(|server| server.idle_memory);
    target.engine = server.as_ref().and_then(ServerProcess::engine);
    let bytes = match visit {
        Some(visit) => Some(
            target
                .check(visit)
                .await
                .map_err(|failure| failure.to_string())?,
        ),
        None => None,
    };
    Ok((server, target, bytes))
}

/// How many logins are made by logging in.
fn few(plan: &Plan, scenario: &Scenario) -> usize {
    match scenario.logins {
        Logins::Some(few) => few,
        Logins::None => 0,
        _ => plan.credentials,
    }
}

/// Starts a server of our own, with the logins that the scenario wants of it.
async fn served(
    stage: Stage<'_>,
    arm: &'static Arm,
    live: Option<usize>,
) -> Result<(ServerProcess, Vec<Login>), String> {
    let Stage {
        plan,
        scenario,
        cores,
        stop,
    } = stage;
    let service = Service {
        arm,
        settings: (scenario.settings)(arm.side).to_vec(),
        peers: plan.peers.clone(),
        core: cores.map(|cores| cores.server),
    };
    let seeded = match (live, scenario.logins) {
        (Some(live), _) => Some(live),
        (None, Logins::UsedUp) => Some(scenario.used_up(plan)),
        _ => None,
    };
    let (server, logins) = match seeded {
        Some(count) => {
            let (server, file) = service
                .start_seeded(&plan.program, count, stop)
                .map_err(|error| error.to_string())?;
            (server, login::seeded(&file))
        }
        None => {
            let server = service
                .start(&plan.program)
                .map_err(|error| error.to_string())?;
            let logins = login::some(&Place::of(server.address), arm, few(plan, scenario)).await;
            (server, logins)
        }
    };
    let logins = logins.map_err(|error| error.to_string())?;
    Ok((server, logins))
}

/// One warm-up and then every round. A round that was broken off is left out, so that every arm has the same ones.
async fn rounds(
    stage: Stage<'_>,
    lanes: &mut [Lane],
    observer: &mut (dyn Observer + Send),
    before: &Report,
) {
    let Stage {
        plan,
        scenario,
        stop,
        ..
    } = stage;
    let portions = scenario.portions();
    // So that no arm always follows the same other, and another run has another order.
    let mut random = fastrand::Rng::with_seed(before.method.order_seed);
    for round in 0..=plan.rounds {
        for portion in 1..=portions {
            let mut order: Vec<&mut Lane> = lanes.iter_mut().collect();
            random.shuffle(&mut order);
            for lane in order {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                if portion == 1 && lane.target.is_some() {
                    observer.turn(lane.arm, round);
                }
                lane.turn(stage, round, portion == portions).await;
            }
        }
        for lane in lanes.iter_mut() {
            lane.end_turn(round);
        }
        if round > 0 {
            let mut until_now = before.clone();
            until_now.add(scenario, lanes.iter().map(Lane::measured).collect());
            observer.round(&until_now);
        }
    }
}

impl Lane {
    async fn prepare(stage: Stage<'_>, arm: &'static Arm, live: Option<usize>) -> Self {
        let mut lane = Self {
            arm,
            live,
            server: None,
            target: None,
            rounds: Vec::new(),
            latencies: None,
            turning: None,
            bytes: None,
            counted: None,
            client_cost: None,
            failure: None,
        };
        match ready(stage, arm, live).await {
            Ok((server, target, bytes)) => {
                lane.bytes = bytes;
                lane.counted = Counts::of(target.place.address).await;
                lane.server = server;
                lane.target = Some(target);
            }
            Err(reason) => lane.failure = Some(reason),
        }
        lane
    }

    /// Has a portion of its turn, unless it has failed.
    async fn turn(&mut self, stage: Stage<'_>, round: usize, is_last: bool) {
        let Some(mut target) = self.target.clone() else {
            return;
        };
        target.stays_awake = stage.cores.is_some() && self.server.is_some() && round > 0;
        let (scenario, server) = (stage.scenario, self.server.as_ref());
        match scenario.turn(stage.plan, &target, server, is_last).await {
            Ok((turned, latencies)) => {
                let until_now = self.turning.take();
                self.turning = Some(match until_now {
                    Some((before, _)) => (before.and(turned), latencies),
                    None => (turned, latencies),
                });
            }
            Err(failure) => self.fail(&failure),
        }
    }

    /// Keeps what the turn has shown; of the warm-up, what a request costs the client, which cannot be seen while it is kept awake.
    fn end_turn(&mut self, round: usize) {
        let Some((mut turned, latencies)) = self.turning.take() else {
            return;
        };
        if round == 0 {
            self.client_cost = turned.window.and_then(|window| {
                let cost = window.client_cpu?.as_secs_f64() / window.requests as f64;
                Some(cost)
            });
            return;
        }
        if let (Some(window), Some(cost)) = (&mut turned.window, self.client_cost)
            && window.client_cpu.is_none()
        {
            let client_cpu = Duration::from_secs_f64(cost * window.requests as f64);
            window.client_cpu = Some(client_cpu.min(window.elapsed));
        }
        self.keep(turned, latencies);
    }

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
        self.turning = None;
        self.latencies = None;
        self.bytes = None;
    }

    /// How often the server went to its database for a request, by its own account.
    async fn store(&self) -> Option<StoreAccess> {
        let (target, before) = (self.target.as_ref()?, self.counted?);
        Counts::of(target.place.address).await?.since(&before)
    }

    /// What there is until now, but for the store, which only the server can tell.
    fn measured(&self) -> Measured {
        Measured {
            arm: self.arm,
            live: self.live.map(|live| live as u64),
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
