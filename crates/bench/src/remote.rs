//! Somebody else's server with the same API, as it runs.

use hyper::Uri;
use hyper::header::HeaderValue;
use tokio::net::lookup_host;

use crate::arms::{self, Arm, Carried, Side};
use crate::login::{self, Login, LoginError};
use crate::target::Place;

/// A server that was not started here: its own process cannot be seen, so that what is measured of it is time on the wall.
#[derive(Clone, Debug)]
pub struct Remote {
    pub(crate) place: Place,
    /// What it turned out to be.
    pub(crate) arm: &'static Arm,
}

/// Why a server cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Not an address that can be spoken to.
    #[error(
        "`{0}` is no address of a server; what is accepted is http://HOST:PORT, without TLS and without a path"
    )]
    Address(String),
    /// The name is none.
    #[error("{0} is not found: {1}")]
    NotFound(String, std::io::Error),
    /// It does not speak this API.
    #[error("{0}: {1}; the server has to answer POST /users and POST /login as ours do")]
    NotOurs(String, String),
}

impl Remote {
    /// Signs up the user of the benchmark, logs in, and sees from the answer what kind of server it is.
    ///
    /// # Errors
    /// [`RemoteError`]
    pub async fn recognise(url: &str) -> Result<Self, RemoteError> {
        let (host, port) = parts(url).ok_or_else(|| RemoteError::Address(url.to_owned()))?;
        let bare_host = host.trim_start_matches('[').trim_end_matches(']');
        let not_found = |error| RemoteError::NotFound(host.clone(), error);
        let mut found = lookup_host((bare_host, port)).await.map_err(not_found)?;
        let address = found
            .next()
            .ok_or_else(|| not_found(std::io::Error::other("it has no address")))?;
        let host = HeaderValue::from_str(&format!("{host}:{port}"));
        let host = host.map_err(|_| RemoteError::Address(url.to_owned()))?;
        let place = Place { address, host };
        let arm = kind_of(&place)
            .await
            .map_err(|error| RemoteError::NotOurs(url.to_owned(), error.to_string()))?;
        Ok(Self { place, arm })
    }

    /// Logins of the user that was signed up.
    pub(crate) async fn logins(&self, wanted: usize) -> Result<Vec<Login>, LoginError> {
        let client = login::client()?;
        let mut logins = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            logins.push(login::log_in(&client, &self.place, self.arm).await?);
        }
        Ok(logins)
    }
}

/// Host and port of an address that has nothing else.
fn parts(url: &str) -> Option<(String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let is_plain = uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/");
    let is_bare = uri.query().is_none() && !uri.authority()?.as_str().contains('@');
    (is_plain && is_bare).then(|| {
        (
            uri.host().unwrap_or_default().to_owned(),
            uri.port_u16().unwrap_or(80),
        )
    })
}

async fn kind_of(place: &Place) -> Result<&'static Arm, LoginError> {
    let client = login::client()?;
    match login::sign_up(&client, place, login::USERNAME).await {
        // An earlier run has signed up already; whether it was one of ours shows at the login.
        Ok(()) | Err(LoginError::Refused(..)) => {}
        Err(error) => return Err(error),
    }
    let (headers, body) = login::answer_to_login(&client, place).await?;
    let kinds = [Carried::Cookie, Carried::Header].into_iter();
    let mut found = kinds.filter_map(|carried| {
        let login = Login::in_answer(carried, &headers, &body)?;
        let side = if login.refresh_token.is_some() {
            Side::Token
        } else {
            Side::Session
        };
        arms::remote(side, carried)
    });
    found.next().ok_or_else(login::no_credential)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port_and_nothing_else() {
        let lab = Some(("session.lab.localhost".to_owned(), 8002));
        assert_eq!(parts("http://session.lab.localhost:8002"), lab);
        assert_eq!(parts("http://session.lab.localhost:8002/"), lab);
        assert_eq!(parts("http://[::1]:9"), Some(("[::1]".to_owned(), 9)));
        assert_eq!(
            parts("http://example.org"),
            Some(("example.org".to_owned(), 80))
        );
        for wrong in [
            "https://a:1",
            "http://a:1/bank",
            "http://a:1/?x",
            "a:1",
            "http://me@a:1",
            "",
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
