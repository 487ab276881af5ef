//! A copy of a credential, used from outside the browser.

use bank::{ApiError, Transport};
use serde::{Deserialize, Serialize};

use crate::Inner;
use crate::origins::host_of;
use crate::servers::Server;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    pub(crate) server: Server,
    pub(crate) credential: String,
    /// Ties the exchange to the run of an experiment.
    #[serde(default)]
    pub(crate) run: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Replayed {
    exchange: u64,
    status: u16,
}

/// Sends `GET /me` with a copied credential, as whoever copied it would: another client, from this process, over the wire.
///
/// It goes to the lab's own two servers and to one path; it is no proxy.
pub(crate) async fn replay(lab: &Inner, replay: Replay) -> Result<Replayed, ApiError> {
    let current = lab.servers.current();
    let (origin, transport, cookie) = match replay.server {
        Server::Session => (
            &lab.origins.session,
            current.session.transport,
            current.session.cookie_name(),
        ),
        Server::Jwt => (
            &lab.origins.jwt,
            current.jwt.transport,
            current.jwt.cookie_name(),
        ),
    };
    let (name, value) = match transport {
        Transport::Cookie => ("cookie", format!("{cookie}={}", replay.credential)),
        Transport::Header => ("authorization", format!("Bearer {}", replay.credential)),
    };
    let host = host_of(origin);
    let port = host.rsplit(':').next().unwrap_or_default();
    let before = lab.record.last_id();
    // By address, with the name in Host: nothing on this machine needs to resolve *.localhost.
    let answer = lab
        .replay
        .get(format!("http://127.0.0.1:{port}/me"))
        .query(&replay.run.map(|run| [("run", run)]))
        .header("host", host)
        .header(name, value)
        .send()
        .await
        .map_err(|error| ApiError::Invalid(format!("The copy could not be sent: {error}.")))?;
    let status = answer.status().as_u16();
    let exchange = lab
        .record
        .after(before)
        .iter()
        .rev()
        .find(|exchange| exchange.elsewhere && exchange.response.status == status)
        .map_or(before, |exchange| exchange.id);
    Ok(Replayed { exchange, status })
}
