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
    /// What to do with it.
    #[serde(default)]
    pub(crate) to: Use,
    /// A DPoP proof to send along (RFC 9449); an access token then travels under that scheme.
    #[serde(default)]
    pub(crate) proof: Option<String>,
    /// Ties the exchange to the run of an experiment.
    #[serde(default)]
    pub(crate) run: Option<String>,
}

/// What a copied credential is used for.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Use {
    /// `GET /me`.
    #[default]
    Read,
    /// `POST /token`, with a refresh token.
    Refresh,
}

#[derive(Serialize)]
pub(crate) struct Replayed {
    exchange: u64,
    status: u16,
}

/// Sends `GET /me`, or `POST /token`, with a copied credential, as whoever copied it would: another client, from this process, over the
/// wire.
///
/// It goes to the lab's own two servers and to these paths; it is no proxy.
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
        Transport::Header => {
            let scheme = replay.proof.as_ref().map_or("Bearer", |_| "DPoP");
            ("authorization", format!("{scheme} {}", replay.credential))
        }
    };
    let host = host_of(origin);
    let port = host.rsplit(':').next().unwrap_or_default();
    let before = lab.record.last_id();
    // By address, with the name in Host: nothing on this machine needs to resolve *.localhost.
    let base = format!("http://127.0.0.1:{port}");
    let mut request = match replay.to {
        Use::Read => lab.replay.get(format!("{base}/me")).header(name, value),
        Use::Refresh => lab.replay.post(format!("{base}/token")).form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &replay.credential),
        ]),
    };
    if let Some(proof) = replay.proof {
        request = request.header("dpop", proof);
    }
    let answer = request
        .query(&replay.run.map(|run| [("run", run)]))
        .header("host", host)
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
