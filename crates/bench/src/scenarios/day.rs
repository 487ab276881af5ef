//! A day in the life of a login: what all of it costs together.

use super::{Logins, Scenario, Work, no_remark, no_settings};
use crate::arms::{Arm, Side};
use crate::failure::Failure;
use crate::visitor::{LOG_OUT, Visit, Visitor, WHO_AM_I, WRITE};

/// Eight hours of an access token's usual quarter.
const QUARTERS: u32 = 32;
const READS_IN_A_QUARTER: u32 = 12;
/// A write in every hour.
const QUARTERS_TO_A_WRITE: u32 = 4;

/// How many days each visitor has in a turn.
const DAYS: u64 = 3;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "day",
    title: "a day of a user: a login, 384 reads, 8 writes, with tokens 31 refreshes, and a logout",
    unit: "day",
    work: Work::Each(Visit::Day, DAYS),
    is_paced: false,
    logins: Logins::None,
    suits: Arm::has_bank,
    usual: &[],
    settings: no_settings,
    remark: no_remark,
};

/// From login to logout. The bare bank knows no logout, since nobody is logged in.
pub(crate) async fn spend(visitor: &mut Visitor) -> Result<(), Failure> {
    let arm = visitor.target.arm;
    let mut login = match arm.side {
        Side::Floor => {
            visitor.log_in().await?;
            None
        }
        _ => Some(visitor.log_in().await?),
    };
    for quarter in 0..QUARTERS {
        if let Some(last) = login.take() {
            let is_refreshed = quarter > 0 && arm.side == Side::Token;
            login = Some(if is_refreshed {
                visitor.refresh(&last).await?
            } else {
                last
            });
        }
        for _ in 0..READS_IN_A_QUARTER {
            visitor.ask(&WHO_AM_I, login.as_ref()).await?;
        }
        if quarter % QUARTERS_TO_A_WRITE == 0 {
            visitor.ask(&WRITE, login.as_ref()).await?;
        }
    }
    if login.is_some() {
        visitor.ask(&LOG_OUT, login.as_ref()).await?;
    }
    Ok(())
}
