//! Every scenario of `svt bench` against real servers. What is asserted is what the servers did, never how fast.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

use std::num::NonZero;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bench::arms::Arm;
use bench::report::{ArmReport, Report, ScenarioReport};
use bench::{Observer, Plan};

struct Nobody;

impl Observer for Nobody {
    fn preparing(&mut self, _: &'static Arm) {}
    fn turn(&mut self, _: &'static Arm, _: usize) {}
}

const ARMS: [&str; 6] = [
    "session-memory",
    "session-sqlite",
    "session-cookie",
    "jwt-hs256",
    "jwt-eddsa-denylist",
    "jwt-cookie",
];

/// One run of all scenarios, as short as it can be, for all tests of this file.
static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let plan = Plan {
        rounds: 1,
        window: Duration::from_millis(50),
        connections: 1,
        credentials: 2,
        rate: NonZero::new(40),
        populations: vec![20, 200],
        ..Plan::plain(env!("CARGO_BIN_EXE_svt").into()).with_all_scenarios()
    };
    let plan = plan.with_arms(&ARMS.map(str::to_owned)).unwrap();
    bench::run(&plan, &mut Nobody, &AtomicBool::new(false)).unwrap()
});

fn scenario(name: &str) -> &'static ScenarioReport {
    let mut scenarios = REPORT.scenarios.iter();
    scenarios.find(|scenario| scenario.name == name).unwrap()
}

fn arm(of: &str, name: &str) -> &'static ArmReport {
    let mut arms = scenario(of).arms.iter();
    arms.find(|arm| arm.name == name).unwrap()
}

fn measure(of: &str, name: &str, measure: &str) -> f64 {
    let mut measures = arm(of, name).measures.iter();
    let found = measures.find(|found| found.name == measure).unwrap();
    found.estimate.median
}

/// Reads and writes of the store for each request, rounded: signing up and logging in are a few among many.
fn store(of: &str, name: &str) -> (f64, f64) {
    let store = arm(of, name).store.unwrap();
    (store.reads.round(), store.writes.round())
}

#[test]
fn every_scenario_runs_with_every_arm_that_can_do_it() {
    for scenario in &REPORT.scenarios {
        for arm in &scenario.arms {
            assert_eq!(arm.failure, None, "{}, {}", scenario.name, arm.name);
            assert_eq!(arm.rounds.len(), 1, "{}, {}", scenario.name, arm.name);
            let has_something = arm.figures.is_some() || !arm.measures.is_empty();
            assert!(has_something, "{}, {}", scenario.name, arm.name);
        }
    }
    let count = |name| scenario(name).arms.len();
    // The bare one beside the six; without it where nobody is logged in there; tokens alone; each of the six with two populations.
    assert_eq!(count("read"), 7);
    assert_eq!(count("logout"), 6);
    assert_eq!(count("refresh"), 3);
    assert_eq!(count("growth"), 13);
}

#[test]
fn a_check_reads_the_store_where_the_state_is_kept_in_one() {
    assert_eq!(store("read", "session-sqlite"), (1.0, 0.0));
    assert_eq!(store("read", "jwt-eddsa-denylist"), (1.0, 0.0));
    for stateless in [
        "jwt-hs256",
        "jwt-cookie",
        "session-cookie",
        "session-memory",
    ] {
        assert_eq!(store("read", stateless), (0.0, 0.0), "{stateless}");
    }
}

#[test]
fn a_refresh_is_written_and_a_logout_too_unless_nothing_is_kept() {
    assert_eq!(store("refresh", "jwt-hs256").1, 1.0);
    assert_eq!(store("logout", "jwt-hs256").1, 1.0);
    assert_eq!(store("logout", "session-sqlite").1, 1.0);
    assert_eq!(store("logout", "session-cookie").1, 0.0);
    // What is used up is asked for by its number: 250 for each visitor.
    assert_eq!(arm("logout", "session-sqlite").rounds[0].requests, 250);
}

#[test]
fn a_login_that_has_ended_is_accepted_where_nobody_is_asked_and_nowhere_else() {
    let lag = |name| measure("revocation-lag", name, "accepted after logout");
    for kept in ["session-memory", "session-sqlite", "jwt-eddsa-denylist"] {
        assert_eq!(lag(kept), 0.0, "{kept}");
    }
    for carried in ["session-cookie", "jwt-hs256", "jwt-cookie"] {
        assert!(lag(carried) > 0.0, "{carried}");
    }
}

#[test]
fn what_is_live_is_told_with_its_room_on_disk() {
    let of = |live| {
        let mut arms = scenario("growth").arms.iter();
        arms.find(|arm| arm.name == "session-sqlite" && arm.live == Some(live))
            .unwrap()
    };
    assert!(of(200).disk_bytes > of(20).disk_bytes);
    assert!(
        scenario("growth")
            .arms
            .iter()
            .any(|arm| arm.name == "bare" && arm.live.is_none())
    );
}

#[test]
fn a_day_carries_more_bytes_with_a_token() {
    let sent = |name| arm("day", name).bytes.unwrap().request;
    assert!(sent("jwt-hs256") > sent("session-sqlite"));
    assert_eq!(scenario("day").unit, "day");
}

#[test]
fn a_storm_tells_what_it_did_to_reads_and_to_itself() {
    for name in ["session-sqlite", "jwt-hs256"] {
        assert!(measure("login-storm", name, "storm reads") > 0.0);
        assert!(measure("login-storm", name, "logins") > 0.0);
        assert!(measure("login-storm", name, "most memory above idle") > 1.0);
    }
}
