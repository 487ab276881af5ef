//! The one table of origins and ports, from which Host checks, CSP and CORS lists are made.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::reserved::{Reserved, reserve};
use crate::servers::Server;

/// How the origins are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// `app.lab.localhost`, `session.lab.localhost`, … which browsers resolve to this machine by themselves.
    #[default]
    Subdomains,
    /// `localhost` for all but the attacker, for a browser that does not. Lessons about sibling hosts need the other.
    Localhost,
}

/// Where everything in a lab is, as browsers write it: `http://host:port`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Origins {
    /// The lab's own pages.
    pub app: String,
    /// The session server.
    pub session: String,
    /// The JWT server.
    pub jwt: String,
    /// The hostile sibling: same site, other origin.
    pub blog: String,
    /// The attacker: another site.
    pub evil: String,
    /// The third-party service: another site.
    pub partner: String,
    /// Another service on the session server's host, under another port: cookies ignore ports.
    pub twin: String,
    /// The replicas, by their names: `session-a`, `jwt-a`, `session-b`, …
    #[serde(flatten)]
    pub replicas: BTreeMap<String, String>,
    /// The address to open: it looks whether this browser resolves the others.
    #[serde(skip)]
    pub landing: String,
}

/// The sockets of one origin, on 127.0.0.1 and, where the machine has it, on [::1].
pub(crate) type Sockets = Vec<TcpListener>;

/// The sockets of a lab.
pub(crate) struct Listeners {
    pub(crate) app: Sockets,
    pub(crate) session: Sockets,
    pub(crate) jwt: Sockets,
    pub(crate) blog: (String, Sockets),
    pub(crate) evil: (String, Sockets),
    pub(crate) partner: (String, Sockets),
    pub(crate) twin: (String, Sockets),
    pub(crate) replicas: Vec<Place>,
}

/// Where a replica is to listen.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) server: Server,
    /// `a`, `b`, …: each names a replica of either server.
    pub(crate) letter: char,
    pub(crate) origin: String,
    pub(crate) port: u16,
    /// Held for as long as the lab runs.
    _reserved: Reserved,
}

/// How many ports a lab takes, its replicas left out.
pub const PORTS: u16 = 7;

/// How many replicas of each server there may be: their ports end where the next kind begins.
pub const MOST_REPLICAS: u8 = 10;

/// Where the ports of the session replicas begin, and those of the JWT replicas.
const SESSION_REPLICAS: u16 = 10;
const JWT_REPLICAS: u16 = 20;

/// Binds every port of a lab, all or none. Those of the replicas are kept for them: nobody listens there yet.
pub(crate) fn bind(port_base: u16, names: Names, replicas: u8) -> io::Result<(Origins, Listeners)> {
    let mut ports = Vec::new();
    let mut sockets = Vec::new();
    for offset in 0..PORTS {
        let (port, pair) = bind_pair(if port_base == 0 {
            0
        } else {
            port_base.saturating_add(offset)
        })?;
        ports.push(port);
        sockets.push(pair);
    }
    let hosts = match names {
        Names::Subdomains => [
            "app.lab.localhost",
            "session.lab.localhost",
            "jwt.lab.localhost",
            "blog.lab.localhost",
            "evil.localhost",
            "partner.localhost",
            "session.lab.localhost",
        ],
        Names::Localhost => [
            "localhost",
            "localhost",
            "localhost",
            "localhost",
            "127.0.0.1",
            "localhost",
            "localhost",
        ],
    };
    let mut urls = hosts
        .iter()
        .zip(&ports)
        .map(|(host, port)| format!("http://{host}:{port}"));
    let mut next_url = || urls.next().unwrap_or_default();
    let replicas = places(port_base, names, replicas)?;
    let origins = Origins {
        app: next_url(),
        session: next_url(),
        jwt: next_url(),
        blog: next_url(),
        evil: next_url(),
        partner: next_url(),
        twin: next_url(),
        replicas: replicas
            .iter()
            .map(|place| (place.name(), place.origin.clone()))
            .collect(),
        landing: format!(
            "http://localhost:{}",
            ports.first().copied().unwrap_or_default()
        ),
    };
    let mut sockets = sockets.into_iter();
    let mut next = || sockets.next().unwrap_or_default();
    let listeners = Listeners {
        app: next(),
        session: next(),
        jwt: next(),
        blog: (host_of(&origins.blog).to_owned(), next()),
        evil: (host_of(&origins.evil).to_owned(), next()),
        partner: (host_of(&origins.partner).to_owned(), next()),
        twin: (host_of(&origins.twin).to_owned(), next()),
        replicas,
    };
    Ok((origins, listeners))
}

impl Origins {
    /// Every origin with a name, in the order of the ports.
    #[must_use]
    pub fn all(&self) -> [(&'static str, &str); PORTS as usize] {
        [
            ("app", self.app.as_str()),
            ("session", self.session.as_str()),
            ("jwt", self.jwt.as_str()),
            ("blog", self.blog.as_str()),
            ("evil", self.evil.as_str()),
            ("partner", self.partner.as_str()),
            ("twin", self.twin.as_str()),
        ]
    }

    /// Every origin that a page of the lab may talk to, apart by spaces: a list of sources, as a policy has it.
    pub(crate) fn as_sources(&self) -> String {
        let named = self.all().map(|(_, origin)| origin);
        let replicas = self.replicas.values().map(String::as_str);
        named
            .into_iter()
            .chain(replicas)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl Place {
    /// By which it is known in the record and in the origins: `session-a`.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.server.as_str(), self.letter)
    }
}

fn places(port_base: u16, names: Names, replicas: u8) -> io::Result<Vec<Place>> {
    let mut places = Vec::new();
    for (server, first, host) in [
        (Server::Session, SESSION_REPLICAS, "session.lab.localhost"),
        (Server::Jwt, JWT_REPLICAS, "jwt.lab.localhost"),
    ] {
        for (letter, number) in ('a'..).zip(0..u16::from(replicas)) {
            let (port, reserved) = reserve(match port_base {
                0 => 0,
                base => base.saturating_add(first + number),
            })?;
            let host = match names {
                Names::Subdomains => host,
                Names::Localhost => "localhost",
            };
            let origin = format!("http://{host}:{port}");
            places.push(Place {
                server,
                letter,
                origin,
                port,
                _reserved: reserved,
            });
        }
    }
    Ok(places)
}

/// `host:port` of an origin, as the `Host` header has it.
pub(crate) fn host_of(origin: &str) -> &str {
    origin.strip_prefix("http://").unwrap_or(origin)
}

/// One port on both loopback addresses. For port 0 the system chooses, again if the other address has it taken.
fn bind_pair(port: u16) -> io::Result<(u16, Sockets)> {
    const ATTEMPTS: usize = 16;
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..ATTEMPTS {
        let v4 = bank::listen(
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
            "--port-base N",
        )?;
        let bound = v4.local_addr()?.port();
        match bank::listen(
            SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), bound),
            "--port-base N",
        ) {
            Ok(v6) => return Ok((bound, vec![v4, v6])),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 => last = error,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            // A machine without IPv6: browsers go on to 127.0.0.1.
            Err(_) => return Ok((bound, vec![v4])),
        }
    }
    Err(last)
}
