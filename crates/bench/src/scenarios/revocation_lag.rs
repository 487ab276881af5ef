//! Revocation lag: how long the credential of a login is still accepted when its logout has been answered.

use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::task::JoinSet;

use super::{Logins, Scenario, Work};
use crate::arms::Side;
use crate::failure::Failure;
use crate::login;
use crate::report::{ArmReport, Measure, Turned};
use crate::target::Target;
use crate::visitor::{LOG_OUT, Visitor, WHO_AM_I};
use crate::watch;

/// How long a credential lives here at most. A real one lives for minutes, and a lag that ends with it grows with it.
pub(super) const LIFETIME: Duration = Duration::from_secs(2);

/// How many readers use the credential all the time, as a thief with several connections would.
const READERS: u64 = 4;

/// How often in a row a reader is refused before it believes it.
const CONVINCED: u32 = 50;

/// A credential that is accepted for so long will not be refused at all.
const PATIENCE: Duration = Duration::from_secs(10);

const LAG: Measure = Measure {
    name: "accepted after logout",
    unit: "ms",
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "revocation-lag",
    title: "the time that a login is still accepted when its logout has been answered, where it would end by itself after 2 s",
    unit: "request",
    work: Work::RevocationLag,
    is_paced: false,
    logins: Logins::None,
    suits: |arm| arm.side != Side::Floor,
    usual: &[],
    settings: |side| match side {
        Side::Floor => &[],
        Side::Session => &["idle_timeout=2s", "absolute_timeout=2s"],
        Side::Token => &["access_lifetime=2s"],
    },
    remark,
};

fn remark(arm: &ArmReport) -> Option<String> {
    // The longest that was seen and not a median: one acceptance is enough for a thief.
    let lags = arm.rounds.iter().filter_map(|round| round.measures.first());
    let longest = lags.copied().reduce(f64::max)?;
    Some(if longest > 0.0 {
        format!(
            "After its logout a login with {} was accepted for up to {longest:.0} ms more.",
            arm.title
        )
    } else {
        format!(
            "After its logout a login with {} was not accepted once.",
            arm.title
        )
    })
}

/// One login and its logout, with readers at it.
pub(super) async fn turn(target: &Target) -> Result<Turned, Failure> {
    let failed = |error: login::LoginError| Failure::Connection(error.to_string());
    let client = login::client().map_err(failed)?;
    let login = login::log_in(&client, &target.place, target.arm).await;
    let login = login.map_err(failed)?;
    let mut leaver = target.visitor().await?;
    // The readers are told by their handles: dropping the set ends them.
    let mut readers = JoinSet::new();
    let begun = watch::now();
    for _ in 0..READERS {
        let mut reader = target.visitor().await?;
        // Each has read once when the logout is sent, or nothing would be seen to end.
        reader.ask(&WHO_AM_I, Some(&login)).await?;
        readers.spawn(read_until_refused(reader, login.clone(), begun));
    }
    leaver.ask(&LOG_OUT, Some(&login)).await?;
    let ended = watch::now();
    let mut longest = Duration::ZERO;
    while let Some(last_accepted) = readers.join_next().await {
        let last_accepted =
            last_accepted.map_err(|error| Failure::Connection(error.to_string()))??;
        longest = longest.max(last_accepted.saturating_duration_since(ended));
    }
    Ok(Turned {
        window: None,
        measures: vec![(LAG, longest.as_secs_f64() * 1e3)],
    })
}

/// When the last request was sent that was accepted; `begun` where none was since then.
async fn read_until_refused(
    mut reader: Visitor,
    login: login::Login,
    begun: Instant,
) -> Result<Instant, Failure> {
    let mut last_accepted = begun;
    let mut refused = 0;
    while refused < CONVINCED && watch::now().duration_since(begun) < PATIENCE {
        let sent_at = watch::now();
        match reader.status_of(&WHO_AM_I, Some(&login)).await? {
            StatusCode::OK => {
                last_accepted = sent_at;
                refused = 0;
            }
            StatusCode::UNAUTHORIZED => refused += 1,
            other => {
                return Err(Failure::Status {
                    was: other.as_u16(),
                    expected: 401,
                });
            }
        }
    }
    Ok(last_accepted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::with_measures;

    #[test]
    fn one_acceptance_in_ten_rounds_is_told() {
        let mut lags = vec![vec![(LAG, 0.0)]; 9];
        let never = with_measures("session-sqlite", lags.clone());
        assert!(remark(&never).unwrap().ends_with("was not accepted once."));
        lags.push(vec![(LAG, 400.0)]);
        let once = with_measures("session-sqlite", lags);
        assert!(remark(&once).unwrap().ends_with("up to 400 ms more."));
    }
}
