//! An application bound to its sockets, and where its callers come from.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;
use wiretap::Wiretap;

use crate::http::Extension;

/// On what a server runs, whatever it serves.
#[derive(Debug)]
pub struct Hosting {
    /// Sockets that are bound already.
    pub listeners: Vec<TcpListener>,
    /// How many threads answer.
    pub workers: usize,
    /// Records the exchanges, in the lab.
    pub tap: Option<Wiretap>,
    /// Routes that are not the bank's.
    pub extension: Option<Extension>,
}

impl Hosting {
    /// Serves the bank alone, and records nothing.
    #[must_use]
    pub fn new(listeners: Vec<TcpListener>, workers: usize) -> Self {
        Self {
            listeners,
            workers,
            tap: None,
            extension: None,
        }
    }

    /// Where the sockets listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }
}

/// A server that is bound and not yet running: `build → addresses → run_until_stopped`.
pub struct Application {
    server: Server,
    addresses: Vec<SocketAddr>,
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

impl Application {
    /// Pairs a server with the addresses that it listens on.
    #[must_use]
    pub fn new(server: Server, addresses: Vec<SocketAddr>) -> Self {
        Self { server, addresses }
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The port that it listens on; 0 when it listens nowhere.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    /// Stops it from elsewhere; in-flight answers finish first when asked to stop gracefully.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until its handle stops it.
    ///
    /// # Errors
    /// Those of the sockets.
    pub async fn run_until_stopped(self) -> io::Result<()> {
        self.server.await
    }
}

/// Binds an address; a taken port is explained with the option that mends it.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub fn listen(address: SocketAddr, option: &str) -> io::Result<TcpListener> {
    let explain = |error: io::Error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!(
                    "port {} on {} is in use; stop what uses it or choose another with {option}",
                    address.port(),
                    address.ip()
                )
            }
            io::ErrorKind::PermissionDenied => {
                format!(
                    "port {} may not be opened by this user; choose one above 1023 with {option}",
                    address.port()
                )
            }
            _ => format!("cannot listen on {address}: {error}"),
        };
        io::Error::new(error.kind(), advice)
    };
    let listener = TcpListener::bind(address).map_err(explain)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The address of the client: that of the connection, or, where the connection is a trusted proxy's, the last one in
/// `X-Forwarded-For` that is not itself a trusted proxy's.
///
/// Read from the right, because every entry to the left of the first untrusted one was written by a stranger.
pub(crate) fn client_address(
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|block| block.contains(address));
    let peer = peer?.ip().to_canonical();
    if !is_trusted(&peer) {
        return Some(peer);
    }
    headers
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|entry| {
            entry
                .trim()
                .parse::<IpAddr>()
                .map(|address| address.to_canonical())
        })
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .map_while(Result::ok)
        .find(|address| !is_trusted(address))
        .or(Some(peer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderName;

    fn address(peer: &str, forwarded: &str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        if !forwarded.is_empty() {
            headers.insert(
                HeaderName::from_static("x-forwarded-for"),
                forwarded.parse().unwrap(),
            );
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|block| block.parse().unwrap()).collect();
        client_address(
            &headers,
            Some(SocketAddr::new(peer.parse().unwrap(), 1)),
            &trusted,
        )
        .unwrap()
        .to_string()
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        assert_eq!(address("198.51.100.7", "203.0.113.9", &[]), "198.51.100.7");
        assert_eq!(
            address("10.0.0.1", "203.0.113.9", &["10.0.0.0/8"]),
            "203.0.113.9"
        );
        assert_eq!(
            address(
                "10.0.0.1",
                "1.1.1.1, 203.0.113.9, 10.0.0.2",
                &["10.0.0.0/8"]
            ),
            "203.0.113.9"
        );
        assert_eq!(
            address("10.0.0.1", "1.1.1.1, nonsense", &["10.0.0.0/8"]),
            "10.0.0.1"
        );
        assert_eq!(address("10.0.0.1", "", &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(
            address("::ffff:10.0.0.1", "203.0.113.9", &["10.0.0.0/8"]),
            "203.0.113.9"
        );
    }
}
