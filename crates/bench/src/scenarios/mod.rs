//! What is asked of every arm. A new one is a file here, and a row in [`ALL`].

pub(crate) mod day;
pub(crate) mod growth;
mod login;
mod login_storm;
mod logout;
mod read;
mod refresh;
mod revocation_lag;
mod start;
mod write;

use std::time::Duration;

use crate::arms::{Arm, Side};
use crate::failure::Failure;
use crate::open_loop::Paced;
use crate::plan::Plan;
use crate::process::ServerProcess;
use crate::report::{ArmReport, Turned};
use crate::statistics::Latencies;
use crate::target::Target;
use crate::visitor::Visit;
use crate::{closed_loop, open_loop};

/// Something that is done to a server, and what is measured meanwhile.
#[derive(Debug)]
pub struct Scenario {
    /// By which it is chosen: `--scenario NAME`.
    pub name: &'static str,
    /// As a heading.
    pub title: &'static str,
    /// What a cost is the cost of: a request, a day.
    pub unit: &'static str,
    pub(crate) work: Work,
    /// Whether latencies are measured at the run's rate: not where no server could keep up with it.
    pub(crate) is_paced: bool,
    pub(crate) logins: Logins,
    /// Which arms can do it.
    pub(crate) suits: fn(&Arm) -> bool,
    /// Which of them are measured unless others are named; all where none is said.
    pub(crate) usual: &'static [&'static str],
    /// What the servers are told besides their own settings.
    pub(crate) settings: fn(Side) -> &'static [&'static str],
    /// What may be said of an arm, of what is measured besides costs.
    pub(crate) remark: fn(&ArmReport) -> Option<String>,
}

/// What a turn is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// As many visits as a window has room for, by so many visitors, or the run's.
    Window(Visit, Option<usize>),
    /// So many visits by each of the run's visitors.
    Each(Visit, u64),
    /// How long a login is accepted after its end.
    RevocationLag,
    /// Reads beside more logins than can be hashed.
    LoginStorm,
    /// From the start of the process to its first answer.
    Start,
}

/// In how many portions a turn is taken, each beside one of every other arm: what slows the machine for half a second then slows all of them.
const PORTIONS: u32 = 4;

/// How a server comes by the logins of its visitors.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Logins {
    /// Not at all: the user is signed up, and that is all.
    None,
    /// By logging in as often as the plan says.
    Few,
    /// By logging in so often.
    Some(usize),
    /// As many as all turns use up, seeded before the server starts.
    UsedUp,
    /// As many as the plan's populations say, seeded: a server for each.
    Populations,
}

/// Every scenario.
pub const ALL: &[Scenario] = &[
    read::SCENARIO,
    write::SCENARIO,
    login::SCENARIO,
    refresh::SCENARIO,
    logout::SCENARIO,
    day::SCENARIO,
    revocation_lag::SCENARIO,
    login_storm::SCENARIO,
    growth::SCENARIO,
    start::SCENARIO,
];

/// The scenario of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}

impl Scenario {
    /// What its visitors do; none where a turn makes logins of its own, or needs none.
    pub(crate) fn visit(&self) -> Option<Visit> {
        match self.work {
            Work::Window(visit, _) | Work::Each(visit, _) => Some(visit),
            Work::LoginStorm => Some(read::VISIT),
            Work::RevocationLag | Work::Start => None,
        }
    }

    /// Whether a server that was not started here can be asked: not where its settings, its seeds or its process are needed.
    pub(crate) fn suits_remote(&self) -> bool {
        matches!(self.logins, Logins::None | Logins::Few | Logins::Some(_))
            && matches!(self.work, Work::Window(..) | Work::Each(..))
    }

    /// Whether peers can be asked, which have a read and nothing else.
    pub(crate) fn suits_peers(&self) -> bool {
        self.name == read::SCENARIO.name
    }

    /// How many logins all turns of a plan use up, the check before and the warm-up included.
    pub(crate) fn used_up(&self, plan: &Plan) -> usize {
        match self.work {
            Work::Each(_, each) => {
                plan.connections * usize::try_from(each).unwrap_or(usize::MAX) * (plan.rounds + 1)
                    + 1
            }
            _ => plan.credentials,
        }
    }

    /// About how long a turn is.
    pub(crate) fn turn_length(&self, plan: &Plan) -> Duration {
        match self.work {
            Work::Window(..) if self.is_paced && plan.rate.is_some() => plan.window * 2,
            Work::Window(..) => plan.window,
            Work::Each(Visit::Day, each) => Duration::from_millis(200) * u32_of(each),
            Work::Each(_, each) => Duration::from_millis(2) * u32_of(each),
            Work::RevocationLag => revocation_lag::LIFETIME,
            Work::LoginStorm => login_storm::length(plan),
            Work::Start => Duration::from_millis(300),
        }
    }

    /// In how many portions a turn is taken: in one where it is watched for how long the slowest took.
    pub(crate) fn portions(&self) -> u32 {
        match self.work {
            Work::Window(Visit::Ask(_), _) => PORTIONS,
            _ => 1,
        }
    }

    /// One portion of a turn of an arm; latencies are measured in the last.
    pub(crate) async fn turn(
        &self,
        plan: &Plan,
        target: &Target,
        server: Option<&ServerProcess>,
        is_last: bool,
    ) -> Result<(Turned, Option<Latencies>), Failure> {
        let plain = |window| Turned {
            window: Some(window),
            measures: Vec::new(),
        };
        match self.work {
            Work::Window(visit, visitors) => {
                let visitors = visitors.unwrap_or(plan.connections);
                let length = plan.window / self.portions();
                let window = closed_loop::window(target, visit, visitors, length).await?;
                let latencies = match plan.rate.filter(|_| self.is_paced && is_last) {
                    Some(rate) => open_loop::window(target, visit, rate.get(), plan.window).await?,
                    None => None,
                };
                let latencies = latencies.and_then(Paced::if_kept_up);
                let measures = match visit {
                    Visit::Refresh => refresh::measures(&window),
                    _ => Vec::new(),
                };
                Ok((
                    Turned {
                        measures,
                        ..plain(window)
                    },
                    latencies,
                ))
            }
            Work::Each(visit, each) => {
                let window = closed_loop::share(target, visit, plan.connections, each).await?;
                Ok((plain(window), None))
            }
            Work::RevocationLag => Ok((revocation_lag::turn(target).await?, None)),
            Work::LoginStorm => Ok((login_storm::turn(plan, target).await?, None)),
            Work::Start => Ok((start::turn(plan, server).await?, None)),
        }
    }
}

fn u32_of(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Costs are compared, and need no words of their own.
pub(crate) fn no_remark(_: &ArmReport) -> Option<String> {
    None
}

/// Nothing besides an arm's own settings.
pub(crate) fn no_settings(_: Side) -> &'static [&'static str] {
    &[]
}

/// Logins that outlive the longest run.
pub(crate) fn long_lived(side: Side) -> &'static [&'static str] {
    match side {
        Side::Floor => &[],
        Side::Session => &["idle_timeout=12h", "absolute_timeout=12h"],
        // Who seeds does not listen yet, so the name of the issuer cannot be made of the port.
        Side::Token => &["access_lifetime=12h", "issuer=http://benchmark.localhost"],
    }
}
