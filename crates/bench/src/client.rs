//! The closed loop: a few connections, each of which sends its next request when the last one is answered.
//!
//! The connections are hyper's own, without a pool above them, and go to an address, so that no name is looked up; the `Host` header
//! says what a browser would say. Every answer is read to its end and looked at: a server that refuses is fast.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::account::Credential;
use crate::arms::Arm;
use crate::cpu::{self, CpuSource};
use crate::scenarios::Scenario;
use crate::watch;
use crate::wire::{Counted, Traffic};

/// How long the connections run before anything is counted.
const SETTLING: Duration = Duration::from_millis(100);

/// How long a server may take for one answer, within a window and at its end.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request that was not answered as it should have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No connection, or one that broke.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// Another status than 200.
    #[error("answered with status {was} in place of {expected}")]
    Status {
        /// What came.
        was: u16,
        /// What is right.
        expected: u16,
    },
    /// The right status, and not what was asked for.
    #[error("answered with a body without {expected}")]
    Body {
        /// What was looked for.
        expected: String,
    },
    /// Not one answer in the whole window.
    #[error("not one request was answered")]
    Silence,
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self::Connection(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Connection(error.to_string())
    }
}

/// What one window has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Window {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// Of the server's process. None where the system has no account of it.
    pub(crate) server_cpu: Option<Duration>,
    /// Of the thread that sends.
    pub(crate) client_cpu: Option<Duration>,
}

/// How many bytes cross the wire for one request, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BytesEachWay {
    /// From the client, headers included.
    pub request: f64,
    /// From the server, headers included.
    pub answer: f64,
}

/// What is sent, and to whom.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    pub(crate) source: CpuSource,
    pub(crate) credentials: Arc<[Credential]>,
    uri: Uri,
    host: HeaderValue,
    scenario: &'static Scenario,
    expected: &'static str,
}

impl Target {
    /// None where the path of the scenario is no address.
    pub(crate) fn new(
        address: SocketAddr,
        pid: u32,
        scenario: &'static Scenario,
        arm: &Arm,
        credentials: Vec<Credential>,
    ) -> Option<Self> {
        let credentials = if scenario.is_authenticated {
            credentials
        } else {
            Vec::new()
        };
        Some(Self {
            address,
            pid,
            source: CpuSource::of(pid),
            credentials: credentials.into(),
            uri: scenario.path.parse().ok()?,
            host: HeaderValue::from_str(&address.to_string()).ok()?,
            expected: (scenario.expected)(arm),
            scenario,
        })
    }

    pub(crate) async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Failure> {
        Self::talk_over(self.socket().await?).await
    }

    async fn socket(&self) -> Result<TcpStream, Failure> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
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

    /// One of the credentials, drawn at random.
    fn request(&self, random: &mut fastrand::Rng) -> Request<Full<Bytes>> {
        let mut request = Request::new(self.scenario.body.into());
        *request.method_mut() = self.scenario.method.clone();
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        if !self.scenario.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if !self.credentials.is_empty()
            && let Some((name, value)) =
                self.credentials.get(random.usize(..self.credentials.len()))
        {
            headers.insert(name.clone(), value.clone());
        }
        request
    }

    /// Sends one request and looks at its answer.
    pub(crate) async fn ask(
        &self,
        sender: &mut SendRequest<Full<Bytes>>,
        random: &mut fastrand::Rng,
    ) -> Result<(), Failure> {
        sender.ready().await?;
        let answer = sender.send_request(self.request(random)).await?;
        let (was, expected) = (answer.status().as_u16(), self.scenario.status);
        if was != expected {
            return Err(Failure::Status { was, expected });
        }
        let body = answer.into_body().collect().await?.to_bytes();
        let expected = self.expected.as_bytes();
        if body.windows(expected.len()).any(|part| part == expected) {
            Ok(())
        } else {
            Err(Failure::Body {
                expected: self.expected.to_string(),
            })
        }
    }

    /// Asks once with every credential, or once where there is none, and says how many bytes a request and its answer have, on average.
    pub(crate) async fn check(&self) -> Result<BytesEachWay, Failure> {
        let traffic = Arc::new(Traffic::default());
        let mut sender = Self::talk_over(Counted {
            stream: self.socket().await?,
            traffic: Arc::clone(&traffic),
        })
        .await?;
        let mut alone = self.clone();
        let one_by_one: Vec<Arc<[Credential]>> = if self.credentials.is_empty() {
            vec![Arc::new([])]
        } else {
            let each = self.credentials.iter();
            each.map(|credential| Arc::from([credential.clone()]))
                .collect()
        };
        let asked = one_by_one.len() as f64;
        for credential in one_by_one {
            alone.credentials = credential;
            alone
                .ask(&mut sender, &mut fastrand::Rng::with_seed(0))
                .await?;
        }
        let (sent, received) = traffic.until_now();
        Ok(BytesEachWay {
            request: sent as f64 / asked,
            answer: received as f64 / asked,
        })
    }

    /// Keeps `connections` busy for a window, and says what it cost. The connections are made anew, since servers close those that
    /// wait while other arms have their turn.
    ///
    /// # Errors
    /// The first answer that was wrong; then nothing was measured.
    pub(crate) async fn window(
        &self,
        connections: usize,
        length: Duration,
    ) -> Result<Window, Failure> {
        let shared = Arc::new(Shared::default());
        let mut loops = JoinSet::new();
        for seed in 0..connections {
            let sender = self.connect().await?;
            let random = fastrand::Rng::with_seed(seed as u64);
            loops.spawn(keep_asking(
                self.clone(),
                sender,
                random,
                Arc::clone(&shared),
            ));
        }
        tokio::time::sleep(SETTLING).await;
        let before = Reading::take(self, &shared);
        // A window without an answer is made longer: on a machine with much else to do a turn may come late.
        let mut after;
        loop {
            tokio::time::sleep(length).await;
            after = Reading::take(self, &shared);
            let waited = after.at.duration_since(before.at);
            if after.answered > before.answered
                || waited > PATIENCE
                || shared.failure.get().is_some()
            {
                break;
            }
        }
        shared.stop.store(true, Ordering::Relaxed);
        // A server that has stopped answering is not waited for; what is left is dropped with its connection.
        let all_ended = async { while loops.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(PATIENCE, all_ended).await;
        if let Some(failure) = shared.failure.get() {
            return Err(failure.clone());
        }
        after.since(&before)
    }
}

/// What the loops of a window have in common.
#[derive(Default)]
struct Shared {
    // Added to by every loop and read twice a window: on one thread, so no order is asked of it.
    answered: AtomicU64,
    stop: AtomicBool,
    failure: OnceLock<Failure>,
}

async fn keep_asking(
    target: Target,
    mut sender: SendRequest<Full<Bytes>>,
    mut random: fastrand::Rng,
    shared: Arc<Shared>,
) {
    while !shared.stop.load(Ordering::Relaxed) && shared.failure.get().is_none() {
        match target.ask(&mut sender, &mut random).await {
            Ok(()) => {
                shared.answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(failure) => {
                // The first one is kept.
                let _ = shared.failure.set(failure);
            }
        }
    }
}

/// All counters at one moment.
struct Reading {
    at: std::time::Instant,
    answered: u64,
    server: Option<Duration>,
    client: Option<Duration>,
}

impl Reading {
    fn take(target: &Target, shared: &Shared) -> Self {
        Self {
            server: target.source.used_by(target.pid),
            client: cpu::used_by_this_thread(),
            answered: shared.answered.load(Ordering::Relaxed),
            at: watch::now(),
        }
    }

    fn since(&self, before: &Self) -> Result<Window, Failure> {
        // No answer costs nothing: an account that has not moved is none.
        let difference = |after: Option<Duration>, before: Option<Duration>| {
            let used = after?.checked_sub(before?)?;
            (!used.is_zero()).then_some(used)
        };
        let requests = self.answered - before.answered;
        if requests == 0 {
            return Err(Failure::Silence);
        }
        Ok(Window {
            requests,
            elapsed: self.at.duration_since(before.at),
            server_cpu: difference(self.server, before.server),
            client_cpu: difference(self.client, before.client),
        })
    }
}
