//! A program that tries one password, and says of itself from where.

use std::net::IpAddr;

use bank::ApiError;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Inner;
use crate::origins::host_of;
use crate::program::is_plain;
use crate::servers::Server;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stranger {
    server: Server,
    username: String,
    password: String,
    /// What it writes into `X-Forwarded-For`, as a proxy would. Whether that is believed is a setting of the server.
    from: IpAddr,
    /// Ties the exchange to the run of an experiment.
    run: String,
}

#[derive(Serialize)]
pub(crate) struct Tried {
    status: u16,
}

/// Sends `POST /login` once, from this process, over the wire, to one of the lab's own two servers and to nothing else. A page
/// cannot do it: a browser lets no script write this header across origins without the server's leave.
pub(crate) async fn log_in(lab: &Inner, stranger: Stranger) -> Result<Tried, ApiError> {
    let Stranger {
        server,
        username,
        password,
        from,
        run,
    } = stranger;
    if !is_plain(&run) || username.len() > 100 || password.len() > 200 {
        return Err(ApiError::Invalid(
            "run is up to 40 letters and digits; name and password are short.".to_owned(),
        ));
    }
    let host = host_of(match server {
        Server::Session => &lab.origins.session,
        Server::Jwt => &lab.origins.jwt,
    });
    let port = host.rsplit(':').next().unwrap_or_default();
    // By address, with the name in Host: nothing on this machine needs to resolve *.localhost.
    let answer = lab
        .program
        .post(format!("http://127.0.0.1:{port}/login?run={run}"))
        .header("host", host)
        .header("content-type", "application/json")
        .header("x-forwarded-for", from.to_string())
        .body(json!({ "username": username, "password": password }).to_string())
        .send()
        .await
        .map_err(|error| ApiError::Invalid(format!("The program failed: {error}.")))?;
    Ok(Tried {
        status: answer.status().as_u16(),
    })
}
