//! One server under load, and the logins that it is asked with.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::arms::Arm;
use crate::cpu::CpuSource;
use crate::engine;
use crate::failure::Failure;
use crate::login::Login;
use crate::visitor::{Visit, Visitor};
use crate::wire::{Counted, Traffic};

/// As many credentials are tried before a run; of a million the rest has been made by the same hand.
const MOST_CHECKED: usize = 64;

/// How long a server may take to answer all of them once.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many bytes cross the wire for one request, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BytesEachWay {
    /// From the client, headers included.
    pub request: f64,
    /// From the server, headers included.
    pub answer: f64,
}

/// Where a server is, and by which name it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    /// The `Host` that a browser would say.
    pub(crate) host: HeaderValue,
}

impl Place {
    /// One that is asked by its address.
    pub(crate) fn of(address: SocketAddr) -> Self {
        let host = HeaderValue::from_str(&address.to_string());
        Self {
            address,
            // An address is digits, dots, colons and brackets.
            host: host.unwrap_or(HeaderValue::from_static("localhost")),
        }
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Whom requests go to, and in whose name.
///
/// Connections are hyper's own, without a pool above them, and go to an address, so that no name is looked up; the `Host` header says
/// what a browser would say.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) place: Place,
    /// The server's process, if it is one of ours.
    pub(crate) pid: Option<u32>,
    /// The process of the engine that keeps its state, if it has one.
    pub(crate) engine: Option<u32>,
    pub(crate) source: CpuSource,
    /// Whether the client keeps its thread awake while it waits for answers.
    pub(crate) stays_awake: bool,
    /// What it had in RAM before anybody asked it for anything.
    pub(crate) idle_memory: Option<u64>,
    pub(crate) arm: &'static Arm,
    /// Those of which one is drawn for a request.
    shared: Arc<[Login]>,
    /// Those that are taken, since a use changes or ends them.
    owned: Arc<Mutex<VecDeque<Login>>>,
}

impl Target {
    /// A server, with logins for visits of this kind.
    pub(crate) fn new(
        place: Place,
        pid: Option<u32>,
        arm: &'static Arm,
        logins: Vec<Login>,
        visit: Option<Visit>,
    ) -> Self {
        let (shared, owned) = if visit.is_some_and(Visit::takes_logins) {
            (Vec::new(), logins.into())
        } else {
            (logins, VecDeque::new())
        };
        Self {
            place,
            pid,
            engine: None,
            source: pid.map_or(CpuSource::None, CpuSource::of),
            stays_awake: false,
            idle_memory: None,
            arm,
            shared: shared.into(),
            owned: Arc::new(Mutex::new(owned)),
        }
    }

    /// CPU time of the server until now, and of its engine.
    pub(crate) fn used(&self) -> Option<Duration> {
        let server = self.source.used_by(self.pid?)?;
        match self.engine {
            Some(engine) => Some(server + engine::used_by(self.source, engine)?),
            None => Some(server),
        }
    }

    /// One of the logins, drawn at random; none where there are none.
    pub(crate) fn draw(&self, random: &mut fastrand::Rng) -> Option<&Login> {
        let count = self.shared.len();
        (count > 0).then(|| self.shared.get(random.usize(..count)))?
    }

    /// A login for the caller alone: the one that was given back longest ago.
    pub(crate) fn take(&self) -> Result<Login, Failure> {
        let mut owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
        owned.pop_front().ok_or(Failure::NoLogin)
    }

    /// For the next one who takes.
    pub(crate) fn give_back(&self, login: Login) {
        let mut owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
        owned.push_back(login);
    }

    /// A visitor with a connection of its own.
    pub(crate) async fn visitor(&self) -> Result<Visitor, Failure> {
        let sender = talk_over(self.socket().await?).await?;
        Ok(Visitor::new(self.clone(), sender))
    }

    async fn socket(&self) -> Result<TcpStream, Failure> {
        let stream = TcpStream::connect(self.place.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// As [`Self::check_patiently`], for as long as anybody waits.
    pub(crate) async fn check(&self, visit: Visit) -> Result<BytesEachWay, Failure> {
        let checked = tokio::time::timeout(PATIENCE, self.check_patiently(visit)).await;
        checked.unwrap_or(Err(Failure::Silence))
    }

    /// Visits once with every login, or once where none is drawn, and says how many bytes went each way, on average.
    async fn check_patiently(&self, visit: Visit) -> Result<BytesEachWay, Failure> {
        let traffic = Arc::new(Traffic::default());
        let counted = Counted {
            stream: self.socket().await?,
            traffic: Arc::clone(&traffic),
        };
        let sender = talk_over(counted).await?;
        let mut visitor = Visitor::new(self.clone(), sender);
        let each = self.shared.iter().take(MOST_CHECKED);
        let logins: Vec<Arc<[Login]>> = each.map(|login| Arc::from([login.clone()])).collect();
        let visits = logins.len().max(1);
        if logins.is_empty() {
            visitor.visit(visit).await?;
        }
        for login in logins {
            visitor.target.shared = login;
            visitor.visit(visit).await?;
        }
        let (sent, received) = traffic.until_now();
        Ok(BytesEachWay {
            request: sent as f64 / visits as f64,
            answer: received as f64 / visits as f64,
        })
    }
}

async fn talk_over(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let (sender, connection) = handshake(TokioIo::new(socket)).await?;
    // It ends with the sender. What goes wrong in it is what the sender reports.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}
