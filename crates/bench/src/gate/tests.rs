//! What is reached, and what is missed.

use super::*;

use std::time::Duration;

use crate::closed_loop::Window;
use crate::cpu::CpuSource;
use crate::report::{Machine, Measured, Turned};
use crate::size::Size;

/// An arm with this cost, in six rounds.
fn measured(name: &str, micros: u64) -> Measured {
    let turned = Turned {
        window: Some(Window {
            requests: 1_000_000,
            elapsed: Duration::from_secs(micros),
            server_cpu: Some(Duration::from_secs(micros)),
            client_cpu: None,
            p99: None,
        }),
        measures: Vec::new(),
    };
    Measured {
        arm: arms::named(name).unwrap(),
        live: None,
        source: CpuSource::Schedstat,
        rounds: vec![turned; 6],
        latencies: None,
        bytes: None,
        store: None,
        size: Size::default(),
        failure: None,
    }
}

fn judged(scenario: &str, arms: Vec<Measured>) -> Report {
    let mut report = Report::begin(&plan("svt".into()), Machine::default());
    report.add(scenarios::named(scenario).unwrap(), arms);
    report.finish(Duration::from_secs(1), true);
    judge(&mut report);
    report
}

fn aim<'a>(report: &'a Report, what: &str) -> &'a AimReport {
    report.aims.iter().find(|aim| aim.what == what).unwrap()
}

#[test]
fn an_aim_is_met_at_its_bound_and_missed_beyond_it() {
    for (cost, is_met) in [(125, true), (126, false)] {
        let arms = vec![measured(BARE, 100), measured("jwt-hs256", cost)];
        let report = judged("read", arms);
        let aim = aim(&report, "HS256, checked every time");
        assert_eq!((aim.is_met, aim.measured.is_some()), (is_met, true));
    }
}

#[test]
fn tokens_seen_before_are_judged_by_the_dearest_arm_and_by_all_of_them() {
    let what = "any algorithm, token seen before";
    for (hs256, eddsa, is_met) in [(110, 115, true), (110, 116, false), (116, 110, false)] {
        let arms = vec![
            measured(BARE, 100),
            measured("jwt-hs256-seen", hs256),
            measured("jwt-eddsa-seen", eddsa),
        ];
        assert_eq!(aim(&judged("read", arms), what).is_met, is_met);
    }
    let arms = vec![measured(BARE, 100), measured("jwt-eddsa-seen", 100)];
    assert!(!aim(&judged("read", arms), what).is_met);
}

#[test]
fn a_session_in_redis_is_judged_by_what_it_costs_above_its_floor() {
    let what =
        "session in Redis, to actix-session's own store, each above its floor (with --peers)";
    for (ours, is_met) in [(140, true), (141, false)] {
        let peer = Measured {
            arm: arms::PEERS
                .iter()
                .find(|arm| arm.name == PEER_IN_REDIS)
                .unwrap(),
            ..measured(BARE, 90)
        };
        let arms = vec![
            measured(BARE, 100),
            measured(NAKED, 50),
            measured(IN_REDIS, ours),
            peer,
        ];
        assert_eq!(aim(&judged("read", arms), what).is_met, is_met);
    }
}

#[test]
fn an_aim_for_more_is_met_from_its_bound_upwards() {
    for (each, is_met) in [(50, true), (49, false)] {
        let arms = vec![
            measured("jwt-eddsa", 10),
            measured("jwt-eddsa-commit-each", each),
        ];
        let report = judged("refresh", arms);
        let what = "durable rotations, committed together to each by itself";
        assert_eq!(aim(&report, what).is_met, is_met);
    }
}

#[test]
fn a_build_without_optimisation_and_a_run_that_was_stopped_reach_nothing() {
    let reached = || {
        judged(
            "read",
            vec![measured(BARE, 100), measured("jwt-hs256", 100)],
        )
    };
    let is_met = |report: &Report| aim(report, "HS256, checked every time").is_met;
    assert!(is_met(&reached()));
    let mut debug = reached();
    debug.machine.is_debug_build = true;
    judge(&mut debug);
    let mut stopped = reached();
    stopped.complete = false;
    judge(&mut stopped);
    assert!(!is_met(&debug) && !is_met(&stopped));
}

#[test]
fn what_was_not_measured_is_not_reached() {
    let report = judged("read", vec![measured(BARE, 100)]);
    assert!(!report.meets_its_aims());
    assert!(
        report
            .aims
            .iter()
            .all(|aim| !aim.is_met && aim.measured.is_none())
    );
}

#[test]
fn every_arm_and_scenario_of_the_aims_is_there() {
    let plan = plan("svt".into());
    let lanes: Vec<usize> = plan
        .steps
        .iter()
        .map(|step| plan.lanes_of(step).len())
        .collect();
    assert_eq!(lanes, [8, 5, 2, 2, 2]);
}
