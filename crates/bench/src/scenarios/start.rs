//! From the start of the process to its first answer: with a new folder, and with one that a killed server has left.

use super::{Logins, Scenario, Work, no_remark, no_settings};
use crate::arms::Arm;
use crate::failure::Failure;
use crate::plan::Plan;
use crate::process::ServerProcess;
use crate::report::{Measure, Turned};
use crate::watch;

const FIRST: Measure = Measure {
    name: "new database",
    unit: "ms",
};
const AGAIN: Measure = Measure {
    name: "killed and started again",
    unit: "ms",
};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "start",
    title: "from the start of svt serve to its first answer",
    unit: "request",
    work: Work::Start,
    is_paced: false,
    logins: Logins::None,
    suits: Arm::has_bank,
    usual: &["session-sqlite", "jwt-eddsa"],
    settings: no_settings,
    remark: no_remark,
};

/// Starts another server of the same arm, twice.
pub(super) async fn turn(plan: &Plan, server: Option<&ServerProcess>) -> Result<Turned, Failure> {
    let server = server.ok_or_else(|| {
        Failure::Connection("a server that is not ours cannot be started".to_owned())
    })?;
    let failed = |error: crate::process::StartError| Failure::Connection(error.to_string());
    let begun = watch::now();
    let first = server.another(&plan.program).map_err(failed)?;
    first.first_answer().await?;
    let first_took = watch::now().duration_since(begun);
    let home = first.kill();
    let begun = watch::now();
    let again = server.another_in(&plan.program, home).map_err(failed)?;
    again.first_answer().await?;
    let again_took = watch::now().duration_since(begun);
    Ok(Turned {
        window: None,
        measures: vec![
            (FIRST, first_took.as_secs_f64() * 1e3),
            (AGAIN, again_took.as_secs_f64() * 1e3),
        ],
    })
}
