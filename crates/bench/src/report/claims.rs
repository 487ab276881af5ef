//! What a run says about the claims of the notes that a benchmark can answer. All of it is computed from the report.

use serde::Serialize;

use super::{ArmReport, CostIs, Report, ScenarioReport, findings};
use crate::arms::Side;
use crate::scenarios;
use crate::statistics::Verdict;

/// Fewer accesses for a request than this are those of other requests: a server reads the database when it starts and when it sweeps.
const NONE_TO_SPEAK_OF: f64 = 0.5;

/// Fewer bytes than this for a login are the noise of a process: a name and a time alone are more.
const A_LOGIN_TAKES: f64 = 50.0;

/// Logins that two servers must be apart for their sizes to tell what one takes.
const FAR_APART: u64 = 10_000;

/// The tokens and the sessions whose costs decide about C8.
const TOKENS: [&str; 2] = ["jwt-hs256", "jwt-eddsa"];
const SESSIONS: [&str; 2] = ["session-memory", "session-sqlite"];

/// How an observation bears on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bearing {
    /// It speaks for the claim.
    For,
    /// It speaks against the claim.
    Against,
    /// It was measured, and speaks neither for the claim nor against it.
    Neither,
    /// It was not measured, or not often enough to tell.
    Open,
}

/// What comes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimVerdict {
    /// Some of what was measured speaks for it, nothing against it, and nothing is open.
    True,
    /// Something speaks for it, and something against it.
    Half,
    /// Something speaks against it, nothing for it, and nothing is open.
    False,
    /// Too little was measured to say.
    None,
}

/// One thing that was measured, or was not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observation {
    /// How it bears on the claim.
    pub bearing: Bearing,
    /// What it is, in English.
    pub sentence: String,
}

/// A claim with what the run says of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimReport {
    /// The number of the claim, as in the notes: `C8`.
    pub id: &'static str,
    /// What comes of it.
    pub verdict: ClaimVerdict,
    /// From what.
    pub observations: Vec<Observation>,
}

/// The claims that the read answers, the one about its cost first; none where it was not measured.
#[must_use]
pub fn claims(report: &Report) -> Vec<ClaimReport> {
    let read = scenarios::ALL.first().map(|scenario| scenario.name);
    let mut measured = report.scenarios.iter();
    let Some(read) = measured.find(|scenario| Some(scenario.name.as_str()) == read) else {
        return Vec::new();
    };
    vec![
        ClaimReport::of("C8", parsing_replaces_look_ups(read)),
        ClaimReport::of("C2", tokens_make_it_stateless(read)),
        ClaimReport::of("C13", {
            let grown = report.scenarios.iter().flat_map(growth);
            sessions_live_in_memory(read)
                .into_iter()
                .chain(grown)
                .collect()
        }),
    ]
}

impl ClaimReport {
    fn of(id: &'static str, observations: Vec<Observation>) -> Self {
        let has = |bearing| observations.iter().any(|one| one.bearing == bearing);
        let verdict = match (has(Bearing::For), has(Bearing::Against)) {
            (true, true) => ClaimVerdict::Half,
            _ if has(Bearing::Open) => ClaimVerdict::None,
            (true, false) => ClaimVerdict::True,
            (false, true) => ClaimVerdict::False,
            (false, false) => ClaimVerdict::None,
        };
        Self {
            id,
            verdict,
            observations,
        }
    }
}

/// C8: the look-up is gone, and the time and the bytes that came in its place are less than it was.
fn parsing_replaces_look_ups(read: &ScenarioReport) -> Vec<Observation> {
    let mut found = vec![tokens_read(read)];
    for token in TOKENS {
        found.extend(SESSIONS.map(|session| cost(read, token, session)));
    }
    found.extend(TOKENS.map(|token| bytes(read, token, "session-sqlite")));
    found
}

/// C2: no token makes the server look anything up, whether it can be taken back or not.
fn tokens_make_it_stateless(read: &ScenarioReport) -> Vec<Observation> {
    vec![
        tokens_read(read),
        recalled_tokens_read(read),
        Observation {
            bearing: Bearing::Neither,
            sentence: "One machine cannot show what scales.".to_owned(),
        },
    ]
}

/// C13: a session is in memory, and a token nowhere.
fn sessions_live_in_memory(read: &ScenarioReport) -> Vec<Observation> {
    let session = |name: &str| {
        let Some((arm, reads)) = reads_of(read, name) else {
            return open(format!(
                "How often {} reads the database was not counted.",
                title(name)
            ));
        };
        let (bearing, said) = if reads < NONE_TO_SPEAK_OF {
            (Bearing::For, "it is kept in the server's memory")
        } else {
            (Bearing::Against, "it is kept in a database")
        };
        Observation {
            bearing,
            sentence: format!(
                "For {} the database is {}: {said}.",
                arm.title,
                how_often(reads)
            ),
        }
    };
    let mut found: Vec<Observation> = SESSIONS.map(session).into();
    found.push(tokens_read(read));
    found.push(recalled_tokens_read(read));
    found
}

/// What a login takes, where servers with more and more of them were measured: a session in memory is expected there, a token nowhere.
fn growth(scenario: &ScenarioReport) -> Vec<Observation> {
    let in_memory = taken_by_a_login(scenario, "session-memory").map(|(memory, _)| Observation {
        bearing: either(memory >= A_LOGIN_TAKES, Bearing::For, Bearing::Against),
        sentence: format!(
            "One more {} takes {memory:.0} bytes of the server's memory.",
            title("session-memory").trim_start_matches("a ")
        ),
    });
    let token = taken_by_a_login(scenario, "jwt-hs256").map(|(memory, disk)| Observation {
        bearing: either(memory + disk >= A_LOGIN_TAKES, Bearing::Against, Bearing::For),
        sentence: format!(
            "One more login with {} takes {memory:.0} bytes of the server's memory and {disk:.0} on its disk, for the refresh token.",
            title("jwt-hs256")
        ),
    });
    in_memory.into_iter().chain(token).collect()
}

fn either(is: bool, yes: Bearing, no: Bearing) -> Bearing {
    if is { yes } else { no }
}

/// Bytes of memory and of disk for one more login, from the servers of this arm with the fewest and with the most.
fn taken_by_a_login(scenario: &ScenarioReport, name: &str) -> Option<(f64, f64)> {
    let arms = scenario.arms.iter().filter(|arm| arm.name == name);
    let sizes = arms.filter_map(|arm| Some((arm.live?, arm.memory_bytes?, arm.disk_bytes?)));
    let sizes: Vec<(u64, u64, u64)> = sizes.collect();
    let (fewest, most) = (sizes.iter().min()?, sizes.iter().max()?);
    let logins = most
        .0
        .checked_sub(fewest.0)
        .filter(|more| *more >= FAR_APART)?;
    let each = |most: u64, fewest: u64| most.saturating_sub(fewest) as f64 / logins as f64;
    Some((each(most.1, fewest.1), each(most.2, fewest.2)))
}

/// What is read for a token that nothing can take back before it expires.
fn tokens_read(read: &ScenarioReport) -> Observation {
    let tokens = token_reads(read, false);
    let Some(most) = tokens.iter().copied().reduce(f64::max) else {
        return open("How often a token alone makes the server read was not counted.".to_owned());
    };
    let (bearing, said) = if most < NONE_TO_SPEAK_OF {
        (Bearing::For, "the signature is enough")
    } else {
        (Bearing::Against, "the signature is not enough")
    };
    Observation {
        bearing,
        sentence: format!(
            "For a token that nothing takes back, the database is {}: {said}.",
            how_often(most)
        ),
    }
}

/// What is read for a token that can be taken back.
fn recalled_tokens_read(read: &ScenarioReport) -> Observation {
    let tokens = token_reads(read, true);
    let Some(least) = tokens.iter().copied().reduce(f64::min) else {
        return open(
            "No token that can be taken back was measured: the plain run has them, with a denylist or a not-before."
                .to_owned(),
        );
    };
    let (bearing, said) = if least < NONE_TO_SPEAK_OF {
        (Bearing::For, "no state has come back")
    } else {
        (Bearing::Against, "state has come back")
    };
    Observation {
        bearing,
        sentence: format!(
            "For a token that can be taken back, the database is {}: {said}.",
            how_often(least)
        ),
    }
}

/// To two digits, and in words where those would be none.
fn how_often(reads: f64) -> String {
    if reads < 0.005 {
        "not read".to_owned()
    } else {
        format!("read {reads:.2} times a request")
    }
}

fn token_reads(read: &ScenarioReport, recalled: bool) -> Vec<f64> {
    let is_recalled = |arm: &ArmReport| {
        let name = &arm.name;
        name.ends_with("-denylist") || name.ends_with("-not-before")
    };
    let tokens = read.arms.iter().filter(|arm| arm.side == Side::Token);
    let tokens = tokens.filter(|arm| is_recalled(arm) == recalled);
    tokens
        .filter_map(|arm| Some(arm.store.as_ref()?.reads))
        .collect()
}

fn reads_of<'a>(read: &'a ScenarioReport, name: &str) -> Option<(&'a ArmReport, f64)> {
    let arm = read.arms.iter().find(|arm| arm.name == name)?;
    Some((arm, arm.store.as_ref()?.reads))
}

/// Whether checking the token takes less of the processor than finding the session.
fn cost(read: &ScenarioReport, token: &str, session: &str) -> Observation {
    if read.cost_is == CostIs::Wall {
        return open("This system has no account of the processor time.".to_owned());
    }
    let found = both(read, token, session)
        .and_then(|(token, session)| findings::compared(token, session, read.cost_is, &read.unit));
    let Some(finding) = found else {
        return not_both(token, session);
    };
    let bearing = match finding.comparison.verdict {
        Verdict::Less => Bearing::For,
        Verdict::More => Bearing::Against,
        Verdict::NoDifferenceFound => Bearing::Neither,
        Verdict::TooFewRounds => Bearing::Open,
    };
    Observation {
        bearing,
        sentence: finding.sentence,
    }
}

/// Whether the token puts more on the wire: the same in every round, so that nothing has to be estimated.
fn bytes(read: &ScenarioReport, token: &str, session: &str) -> Observation {
    let found = both(read, token, session)
        .and_then(|(token, session)| Some((token, token.bytes?, session, session.bytes?)));
    let Some((token, of_token, session, of_session)) = found else {
        return not_both(token, session);
    };
    let of_token = of_token.request + of_token.answer;
    let of_session = of_session.request + of_session.answer;
    let bearing = match of_token.total_cmp(&of_session) {
        std::cmp::Ordering::Less => Bearing::For,
        std::cmp::Ordering::Equal => Bearing::Neither,
        std::cmp::Ordering::Greater => Bearing::Against,
    };
    Observation {
        bearing,
        sentence: format!(
            "A request with {} and its answer take {of_token:.0} bytes on the wire, with {} {of_session:.0}.",
            token.title, session.title
        ),
    }
}

fn both<'a>(
    read: &'a ScenarioReport,
    first: &str,
    second: &str,
) -> Option<(&'a ArmReport, &'a ArmReport)> {
    let measured = |name: &str| {
        let mut arms = read.arms.iter();
        arms.find(|arm| arm.name == name && arm.figures.is_some())
    };
    Some((measured(first)?, measured(second)?))
}

fn not_both(first: &str, second: &str) -> Observation {
    open(format!(
        "{} and {} were not both measured.",
        title(first),
        title(second)
    ))
}

fn title(name: &str) -> &str {
    crate::arms::named(name).map_or(name, |arm| arm.title)
}

fn open(sentence: String) -> Observation {
    Observation {
        bearing: Bearing::Open,
        sentence,
    }
}
