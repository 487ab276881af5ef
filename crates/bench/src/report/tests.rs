//! Reports of rounds that were made up, so that what they must say is known.

use std::time::Duration;

use super::*;
use crate::{arms, scenarios};

/// Rounds of an arm with this cost in microseconds each; the client is on its core for this share of the time.
fn measured(name: &str, costs: &[f64], client_share: f64) -> Measured {
    let rounds = costs.iter().map(|cost| Turned {
        window: Some(Window {
            requests: 10_000,
            elapsed: Duration::from_secs(1),
            server_cpu: Some(Duration::from_secs_f64(cost * 0.01)),
            client_cpu: Some(Duration::from_secs_f64(client_share)),
            p99: None,
        }),
        measures: Vec::new(),
    });
    Measured {
        arm: arms::named(name).unwrap(),
        source: CpuSource::Schedstat,
        rounds: rounds.collect(),
        latencies: None,
        bytes: None,
        store: None,
        live: None,
        size: Size::default(),
        failure: None,
    }
}

fn report(measured: Vec<Measured>) -> Report {
    let plan = Plan::quick("svt".into());
    let mut report = Report::begin(&plan, Machine::default());
    report.add(&scenarios::ALL[0], measured);
    report.finish(Duration::from_secs(1), true);
    report
}

/// The machine slows down from round to round, and the arms with it.
fn slowing(cost: f64) -> [f64; 6] {
    [1.0, 1.1, 1.2, 1.3, 1.4, 1.5].map(|slower| cost * slower)
}

fn sample() -> Report {
    let broken = Measured {
        failure: Some("answered with status 401 in place of 200".to_owned()),
        ..measured("jwt-rs256", &[], 0.0)
    };
    report(vec![
        broken,
        measured("jwt-eddsa", &slowing(40.0), 0.5),
        measured("session-sqlite", &slowing(20.0), 0.5),
        measured("jwt-hs256", &slowing(20.0), 0.5),
        measured(BARE, &slowing(10.0), 0.99),
    ])
}

#[test]
fn arms_stand_by_their_cost_and_failed_ones_last() {
    let report = sample();
    let arms = &report.scenarios[0].arms;
    let names: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
    assert_eq!(
        names,
        [
            BARE,
            "session-sqlite",
            "jwt-hs256",
            "jwt-eddsa",
            "jwt-rs256"
        ]
    );
    let ratio = |index: usize| arms[index].figures.as_ref().unwrap().ratio.unwrap();
    assert!((ratio(3).median - 4.0).abs() < 1e-6 && ratio(3).spread() < 1e-6);
    assert!(arms[4].figures.is_none());
}

#[test]
fn a_finding_is_a_sentence_with_the_interval_and_what_may_be_said() {
    let report = sample();
    let findings = &report.scenarios[0].findings;
    let sentences: Vec<&str> = findings
        .iter()
        .map(|finding| finding.sentence.as_str())
        .collect();
    assert_eq!(
        sentences,
        [
            "On this machine a request with a JWT with EdDSA costs 2.00–2.00 × one with a JWT with HS256: more.",
            "On this machine a request with a JWT with EdDSA costs 2.00–2.00 × one with a session in SQLite: more.",
            "On this machine a request with a JWT with HS256 costs 1.00–1.00 × one with a session in SQLite: no difference found.",
        ]
    );
}

#[test]
fn a_client_that_was_the_bottleneck_and_a_noisy_bare_arm_are_warned_of() {
    let report = sample();
    let warned = |part: &str| report.warnings.iter().any(|warning| warning.contains(part));
    assert!(warned("the client was the bottleneck for bare;"));
    assert!(warned("the bare arm spreads by"));
    assert!(warned("on cores of their own"));
    assert!(!warned("rounds an interval is the whole range"));
    assert!((report.scenarios[0].client_cost_us.unwrap() - 99.0).abs() < 1e-6);
}

#[test]
fn cores_that_others_were_on_are_warned_of() {
    let warned = |report: &Report| {
        let mut warnings = report.warnings.iter();
        warnings.any(|warning| warning.contains("what others left of it"))
    };
    // 10 µs for each of 10,000 requests is a tenth of the second.
    assert!(warned(&report(vec![measured(BARE, &[10.0; 6], 0.2)])));
    assert!(!warned(&report(vec![measured(BARE, &[95.0; 6], 0.2)])));
}

#[test]
fn where_one_server_has_no_account_of_its_time_all_costs_are_times_on_the_wall() {
    let mut without = measured("jwt-hs256", &[20.0; 6], 0.5);
    without.rounds[3].window.as_mut().unwrap().server_cpu = None;
    let report = report(vec![measured(BARE, &[10.0; 6], 0.5), without]);
    let scenario = &report.scenarios[0];
    assert_eq!(scenario.cost_is, CostIs::Wall);
    for arm in &scenario.arms {
        // Ten thousand in a second.
        assert_eq!(arm.figures.as_ref().unwrap().cost_us.median, 100.0);
    }
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("time that passed"))
    );
}

#[test]
fn a_report_survives_being_written_and_its_figures_are_those_of_its_rounds() {
    let report = sample();
    let text = serde_json::to_string(&report).unwrap();
    let read = Report::read(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    for arm in &read.scenarios[0].arms {
        let costs = arm.costs(CostIs::Cpu);
        let median = arm.figures.as_ref().map(|figures| figures.cost_us.median);
        assert_eq!(median, statistics::median(&costs));
    }
    let other = text.replace(SCHEMA, "svt-bench/0");
    assert!(matches!(
        Report::read(&other),
        Err(BaselineError::OtherSchema(_))
    ));
}

#[test]
fn a_change_since_the_baseline_is_said_and_no_change_is_not_found() {
    let run = |sqlite: f64| {
        report(vec![
            measured(BARE, &slowing(10.0), 0.5),
            measured("session-sqlite", &slowing(sqlite), 0.5),
            measured("jwt-hs256", &slowing(12.0), 0.5),
        ])
    };
    let mut now = run(30.0);
    now.compare_with(&run(20.0));
    let said = |arm: &str| {
        let mut changes = now.changes.iter();
        changes
            .find(|change| change.arm == arm)
            .unwrap()
            .sentence
            .clone()
    };
    assert_eq!(
        said("session-sqlite"),
        "read, session-sqlite: 2.00 × bare then, 3.00 now, which is 1.50–1.50 × of then: more than before."
    );
    assert!(said("jwt-hs256").ends_with("no difference found."));
    assert_eq!(now.changes.len(), 2);
}
