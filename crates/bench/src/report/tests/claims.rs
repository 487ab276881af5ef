//! Each claim comes to each of its ends, by what was measured alone.

use super::*;

/// An arm whose requests cost so many microseconds in every round, take so many bytes and read the database so often.
fn arm(name: &str, cost: f64, bytes: f64, reads: f64) -> Measured {
    Measured {
        bytes: Some(BytesEachWay {
            request: bytes,
            answer: 100.0,
        }),
        store: Some(StoreAccess { reads, writes: 0.0 }),
        ..measured(name, &slowing(cost), 0.5)
    }
}

/// The two sessions cost 20 µs and have 300 bytes; the tokens are as told, and so is the denylist.
fn run(cost: f64, bytes: f64, reads: f64, denylist: Option<f64>) -> Report {
    let mut arms = vec![
        arm(BARE, 10.0, 200.0, 0.0),
        arm("session-memory", 20.0, 300.0, 0.0),
        arm("session-sqlite", 20.0, 300.0, 1.0),
        arm("jwt-hs256", cost, bytes, reads),
        arm("jwt-eddsa", cost, bytes, reads),
    ];
    arms.extend(denylist.map(|reads| arm("jwt-hs256-denylist", cost, bytes, reads)));
    report(arms)
}

fn verdict(report: &Report, id: &str) -> ClaimVerdict {
    let claims = claims(report);
    claims.iter().find(|claim| claim.id == id).unwrap().verdict
}

fn bearings(report: &Report, id: &str) -> Vec<Bearing> {
    let claims = claims(report);
    let claim = claims.iter().find(|claim| claim.id == id).unwrap();
    claim.observations.iter().map(|one| one.bearing).collect()
}

#[test]
fn tokens_that_cost_less_in_every_way_speak_for_parsing_and_dearer_ones_that_read_against_it() {
    assert_eq!(
        verdict(&run(15.0, 250.0, 0.0, None), "C8"),
        ClaimVerdict::True
    );
    assert_eq!(
        verdict(&run(40.0, 600.0, 1.0, None), "C8"),
        ClaimVerdict::False
    );
    assert_eq!(
        verdict(&run(40.0, 600.0, 0.0, None), "C8"),
        ClaimVerdict::Half
    );
}

#[test]
fn no_difference_found_is_a_result_that_speaks_for_neither_side() {
    let alike = run(20.0, 300.0, 0.0, None);
    let expected = [&[Bearing::For][..], &[Bearing::Neither; 6]].concat();
    assert_eq!(bearings(&alike, "C8"), expected);
    assert_eq!(verdict(&alike, "C8"), ClaimVerdict::True);
}

#[test]
fn what_was_not_measured_often_enough_leaves_a_claim_open() {
    let mut once = run(15.0, 250.0, 0.0, None);
    for arm in &mut once.scenarios[0].arms {
        arm.rounds.truncate(4);
    }
    assert_eq!(verdict(&once, "C8"), ClaimVerdict::None);
    assert_eq!(bearings(&once, "C8")[1..5], [Bearing::Open; 4]);

    let alone = report(vec![arm(BARE, 10.0, 200.0, 0.0)]);
    for claim in claims(&alone) {
        assert_eq!(claim.verdict, ClaimVerdict::None, "{}", claim.id);
    }
}

#[test]
fn where_costs_are_times_on_the_wall_none_of_them_bears_on_the_processor() {
    let mut wall = run(15.0, 250.0, 0.0, None);
    wall.scenarios[0].cost_is = CostIs::Wall;
    assert_eq!(bearings(&wall, "C8")[1..5], [Bearing::Open; 4]);
}

#[test]
fn a_server_is_stateless_only_where_taking_tokens_back_reads_nothing_either() {
    let end = |reads, denylist| verdict(&run(20.0, 300.0, reads, denylist), "C2");
    assert_eq!(end(0.0, None), ClaimVerdict::None);
    assert_eq!(end(0.0, Some(0.0)), ClaimVerdict::True);
    assert_eq!(end(0.0, Some(1.0)), ClaimVerdict::Half);
    assert_eq!(end(1.0, Some(1.0)), ClaimVerdict::False);
}

#[test]
fn a_session_in_memory_and_one_in_a_database_speak_for_different_sides() {
    let expected = [Bearing::For, Bearing::Against, Bearing::For, Bearing::Open];
    let quick = run(20.0, 300.0, 0.0, None);
    assert_eq!(bearings(&quick, "C13"), expected);
    assert_eq!(verdict(&quick, "C13"), ClaimVerdict::Half);
    let arms = vec![
        arm("session-memory", 20.0, 300.0, 0.0),
        arm("session-sqlite", 20.0, 300.0, 0.0),
        arm("jwt-hs256", 20.0, 300.0, 0.0),
        arm("jwt-hs256-denylist", 20.0, 300.0, 0.0),
    ];
    assert_eq!(verdict(&report(arms), "C13"), ClaimVerdict::True);
    let arms = vec![
        arm("session-memory", 20.0, 300.0, 1.0),
        arm("session-sqlite", 20.0, 300.0, 1.0),
        arm("jwt-hs256", 20.0, 300.0, 1.0),
        arm("jwt-hs256-denylist", 20.0, 300.0, 1.0),
    ];
    assert_eq!(verdict(&report(arms), "C13"), ClaimVerdict::False);
}

/// A server of an arm with so many logins, its memory and its disk in bytes.
fn grown(name: &str, live: u64, memory: u64, disk: u64) -> Measured {
    Measured {
        live: Some(live),
        size: Size {
            memory_bytes: Some(memory),
            disk_bytes: Some(disk),
            system_share: None,
        },
        ..measured(name, &slowing(20.0), 0.5)
    }
}

#[test]
fn what_one_more_login_takes_bears_on_where_state_lives() {
    let end = |session: u64, token: u64, apart: u64| {
        let mut report = run(20.0, 300.0, 0.0, None);
        let growth = scenarios::named("growth").unwrap();
        report.add(
            growth,
            vec![
                grown("session-memory", 1_000, 1 << 20, 1 << 20),
                grown(
                    "session-memory",
                    1_000 + apart,
                    (1 << 20) + session * apart,
                    1 << 20,
                ),
                grown("jwt-hs256", 1_000, 1 << 20, 1 << 20),
                grown(
                    "jwt-hs256",
                    1_000 + apart,
                    1 << 20,
                    (1 << 20) + token * apart,
                ),
            ],
        );
        bearings(&report, "C13").split_off(4)
    };
    assert_eq!(end(300, 200, 99_000), [Bearing::For, Bearing::Against]);
    assert_eq!(end(0, 0, 99_000), [Bearing::Against, Bearing::For]);
    assert_eq!(end(300, 200, 100), [], "too close together to tell");
}
