//! Reports of rounds that were made up, so that what they must say is known.

mod claims;

use std::time::Duration;

use super::*;
use crate::arms::BARE;
use crate::{arms, scenarios, statistics};

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

/// An arm that measures something else than costs, in these rounds.
pub(crate) fn with_measures(name: &str, rounds: Vec<Vec<(Measure, f64)>>) -> ArmReport {
    let turned = rounds.into_iter().map(|measures| Turned {
        window: None,
        measures,
    });
    let measured = Measured {
        rounds: turned.collect(),
        ..measured(name, &[], 0.0)
    };
    let mut scenario = ScenarioReport::of(&scenarios::ALL[0], vec![measured]);
    scenario.arms.remove(0)
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
    assert!(warned("the rounds of the bare arm lie"));
    assert!(warned("on cores of their own"));
    assert!(!warned("rounds an interval is the whole range"));
    assert!((report.scenarios[0].client_cost_us.unwrap() - 99.0).abs() < 1e-6);
}

#[test]
fn what_is_not_ours_has_a_cost_and_no_ratio_to_our_bare_bank() {
    let peer = arms::PEERS.iter().find(|peer| peer.name == "peer-axum-jwt");
    let foreign = Measured {
        arm: peer.unwrap(),
        ..measured("jwt-hs256", &[5.0; 6], 0.5)
    };
    let own = measured("jwt-hs256", &[20.0; 6], 0.5);
    let report = report(vec![measured(BARE, &[10.0; 6], 0.5), own, foreign]);
    let arms = report.scenarios[0].arms.iter();
    let ratios: Vec<_> = arms
        .map(|arm| {
            let figures = arm.figures.as_ref().unwrap();
            (arm.name.as_str(), figures.ratio.map(|ratio| ratio.median))
        })
        .collect();
    let expected = [
        ("peer-axum-jwt", None),
        (BARE, Some(1.0)),
        ("jwt-hs256", Some(2.0)),
    ];
    assert_eq!(ratios, expected);
    let split = plots_of(&report.scenarios[0]);
    let split = split.iter().find(|plot| plot.name == "split").unwrap();
    assert!(split.svg.contains("jwt-hs256") && !split.svg.contains("peer"));
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
            .any(|warning| warning.contains("the time from one answer to the next"))
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

#[test]
fn arms_with_several_numbers_of_logins_stand_together_and_are_asked_what_more_logins_cost() {
    let with = |name: &str, cost: f64, live: u64| Measured {
        live: Some(live),
        ..measured(name, &slowing(cost), 0.5)
    };
    let report = report(vec![
        with("session-sqlite", 60.0, 1_000_000),
        with(BARE, 20.0, 1_000_000),
        with("jwt-eddsa", 40.0, 1000),
        with("session-sqlite", 20.0, 1000),
        with(BARE, 10.0, 1000),
        with("jwt-eddsa", 40.0, 1_000_000),
    ]);
    let scenario = &report.scenarios[0];
    let arms: Vec<(String, f64)> = scenario
        .arms
        .iter()
        .map(|arm| {
            let ratio = arm.figures.as_ref().unwrap().ratio.unwrap();
            (arm.shown_name(), (ratio.median * 100.0).round() / 100.0)
        })
        .collect();
    // Each over the bare arm with as many logins.
    let expected = [
        ("bare at 1,000", 1.0),
        ("bare at 1,000,000", 1.0),
        ("session-sqlite at 1,000", 2.0),
        ("session-sqlite at 1,000,000", 3.0),
        ("jwt-eddsa at 1,000", 4.0),
        ("jwt-eddsa at 1,000,000", 2.0),
    ];
    let expected = expected.map(|(name, ratio)| (name.to_owned(), ratio));
    assert_eq!(arms[..2], expected[..2]);
    for arm in &expected {
        assert!(arms.contains(arm), "{arm:?} in {arms:?}");
    }
    let names: Vec<&str> = scenario.arms.iter().map(|arm| arm.name.as_str()).collect();
    assert!(names.chunks(2).all(|pair| pair[0] == pair[1]), "{names:?}");
    let live: Vec<_> = scenario.arms.iter().map(|arm| arm.live).collect();
    assert!(
        live.chunks(2)
            .all(|pair| pair == [Some(1000), Some(1_000_000)])
    );
    let sentences = scenario.findings.iter();
    let sentences: Vec<&str> = sentences.map(|finding| finding.sentence.as_str()).collect();
    assert_eq!(sentences.len(), 2);
    assert!(sentences.contains(
        &"On this machine a request with a session in SQLite costs 3.00–3.00 × with 1,000,000 logins live what it costs with 1,000: more."
    ));
    assert!(to_text(&report, false).contains("1,000,000"));
    assert!(to_html(&report).contains("<td>1,000,000</td><td>3.00</td>"));
}

#[test]
fn what_is_not_a_request_has_a_table_of_its_own_and_its_lack_of_a_ratio_is_not_warned_of() {
    let lag = Measure {
        name: "accepted for",
        unit: "ms",
    };
    let turns = [300.0, 100.0, 200.0].map(|value| Turned {
        window: None,
        measures: vec![(lag, value)],
    });
    let report = report(vec![Measured {
        rounds: turns.into(),
        ..measured("jwt-eddsa", &[], 0.0)
    }]);
    let page = to_html(&report);
    assert!(page.contains("<th>arm</th><th>accepted for, ms</th><th>95 %</th>"));
    assert!(page.contains("<td>a JWT with EdDSA</td><td>200</td><td>100–300</td>"));
    assert!(!page.contains("× bare</th>") && !page.contains("not measured"));
    let text = to_text(&report, false);
    assert!(
        text.contains(
            "arm        accepted for, ms     95 %\njwt-eddsa               200  100–300\n"
        ),
        "{text}"
    );
    let mut warnings = report.warnings.iter();
    assert!(!warnings.any(|warning| warning.contains("bare arm has no figures")));
}

#[test]
fn the_terminal_is_coloured_by_side_where_it_may_be_and_nothing_else_changes() {
    let report = sample();
    let (plain, coloured) = (to_text(&report, false), to_text(&report, true));
    assert!(!plain.contains('\u{1b}'));
    for (name, colour) in [
        ("session-sqlite", "172"),
        ("jwt-hs256", "37"),
        ("jwt-rs256", "160"),
    ] {
        assert!(
            coloured.contains(&format!("\u{1b}[38;5;{colour}m{name} ")),
            "{name}"
        );
    }
    let mut parts = coloured.split('\u{1b}');
    let mut bleached = parts.next().unwrap().to_owned();
    for part in parts {
        bleached.push_str(part.split_once('m').unwrap().1);
    }
    assert_eq!(bleached, plain);
}
