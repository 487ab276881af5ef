//! A program that tries passwords, and says of itself from where.

use std::net::IpAddr;

use bank::ApiError;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Inner;
use crate::origins::host_of;
use crate::program::is_plain;
use crate::servers::Server;

/// How many passwords it tries at most before it says what came of them.
const TRIES: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stranger {
    server: Server,
    tries: Vec<Try>,
    /// Ties the exchanges to the run of an experiment.
    run: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    username: String,
    password: String,
    /// What it writes into `X-Forwarded-For`, as a proxy would. Whether that is believed is a setting of the server.
    from: IpAddr,
}

#[derive(Serialize)]
pub(crate) struct Tried {
    /// Of the answers, in order.
    statuses: Vec<u16>,
}

/// Sends `POST /login` for one try after the other, from this process, over the wire, to one of the lab's own two servers and
/// to nothing else. A page cannot do it: a browser lets no script write this header across origins without the server's leave.
pub(crate) async fn log_in(lab: &Inner, stranger: Stranger) -> Result<Tried, ApiError> {
    let Stranger { server, tries, run } = stranger;
    if !is_plain(&run) || tries.len() > TRIES {
        return Err(ApiError::Invalid(format!(
            "run is up to 40 letters and digits, and there are at most {TRIES} tries."
        )));
    }
    let host = host_of(match server {
        Server::Session => &lab.origins.session,
        Server::Jwt => &lab.origins.jwt,
    });
    let port = host.rsplit(':').next().unwrap_or_default();
    let mut statuses = Vec::with_capacity(tries.len());
    for one in tries {
        // By address, with the name in Host: nothing on this machine needs to resolve *.localhost.
        let answer = lab
            .program
            .post(format!("http://127.0.0.1:{port}/login?run={run}"))
            .header("host", host)
            .header("content-type", "application/json")
            .header("x-forwarded-for", one.from.to_string())
            .body(json!({ "username": one.username, "password": one.password }).to_string())
            .send()
            .await
            .map_err(|error| ApiError::Invalid(format!("The program failed: {error}.")))?;
        statuses.push(answer.status().as_u16());
    }
    Ok(Tried { statuses })
}
