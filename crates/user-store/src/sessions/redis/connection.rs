//! The connections to Redis, which all requests of a thread share, made when they are needed and given up once they are in doubt.
//!
//! A worker of actix-web is a thread with a runtime of its own. It has a connection of its own, which is driven where it is asked: no answer
//! has to wake another thread, which would cost a third of the whole. All threads of other runtimes share one, driven on the runtime that
//! the store was opened on.
//!
//! The crate's own manager of connections has the first request that needs a connection make it for all, and on that request's runtime, so that
//! the connection of all would end with one worker. It also tries again within a request, for seconds. Here a request tries once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{MultiplexedConnection, SendError};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo,
    ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult, ScriptInvocation,
    ServerErrorKind,
};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::OnceCell;

use crate::StoreError;

/// How long Redis may take to accept a connection.
const CONNECTING: Duration = Duration::from_millis(700);

/// How long it may take to answer a command, a connection that has to be made first included. A request that needs a session then still
/// fails within a second.
const LIMIT: Duration = Duration::from_millis(850);

/// An address of Redis that cannot be used.
///
/// The address itself is no part of it, since it may hold a password.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "this is no address of Redis: {reason}; what is accepted is redis://[user:password@]host[:port][/db]"
)]
pub struct RedisUrlError {
    reason: &'static str,
}

/// Tells stores apart in the lines of a thread.
static STORES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The lines of this thread, if it is a runtime of its own, by their store. They end with it.
    static LINES: RefCell<HashMap<u64, Arc<Line>>> = RefCell::default();
}

/// A Redis, connected to or not.
pub(super) struct Connection {
    client: Client,
    /// The number of the store.
    store: u64,
    /// Where the shared connection is made and driven, whoever asks for it.
    runtime: Handle,
    /// Locked by every operation of a shared runtime for a look, and replaced by whoever finds it broken.
    line: Mutex<Arc<Line>>,
}

/// One connection, from the wish for it to its loss.
#[derive(Default)]
struct Line {
    /// Whether it is driven by the thread that asks.
    is_here: bool,
    /// Whoever comes first makes it, and all who wait get what came of that.
    connected: OnceCell<RedisResult<MultiplexedConnection>>,
    /// Set when the other side has closed it, so that no request finds out by failing.
    lost: Arc<AtomicBool>,
}

impl Connection {
    /// Looks at the address, and connects to nothing.
    pub(super) fn open(url: &str, runtime: Handle) -> Result<Self, RedisUrlError> {
        let refused = |reason| RedisUrlError { reason };
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        match scheme {
            Some("redis" | "valkey") => {}
            Some("rediss" | "valkeys") => return Err(refused("TLS is not supported")),
            _ => return Err(refused("it does not begin with redis://")),
        }
        if url.contains(['?', '#']) {
            let reason =
                "`?` and `#` have no meaning here, and in a password they are written %3F and %23";
            return Err(refused(reason));
        }
        let info = url.into_connection_info().map_err(|_| {
            refused("its host is missing, or its port or its database is not a number")
        })?;
        // The newer protocol, since in it the loss of a connection is told. Every Redis has had it since version 6.
        let settings = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        // A command is short and waits for nothing: holding it back for others would only delay it.
        let socket = info.tcp_settings().clone().set_nodelay(true);
        let info = info.set_redis_settings(settings).set_tcp_settings(socket);
        let client = Client::open(info).map_err(|_| refused("it cannot be read"))?;
        Ok(Self {
            client,
            store: STORES.fetch_add(1, Ordering::Relaxed),
            runtime,
            line: Mutex::default(),
        })
    }

    /// The host and the port.
    pub(super) fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// What Redis answers to a command.
    pub(super) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let line = self.line();
        let asked = async {
            let mut connection = self.connected(&line).await?;
            command.query_async(&mut connection).await
        };
        self.settled(&line, asked).await
    }

    /// What a script returns. Redis is sent the script itself only where it does not have it yet.
    pub(super) async fn script<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        let line = self.line();
        let asked = async {
            let mut connection = self.connected(&line).await?;
            script.invoke_async(&mut connection).await
        };
        self.settled(&line, asked).await
    }

    fn line(&self) -> Arc<Line> {
        self.with_line(|line| {
            if line.lost.load(Ordering::Acquire) {
                *line = line.successor();
            }
            Arc::clone(line)
        })
    }

    /// The line of the caller, be it its thread's own or the shared one.
    fn with_line<T>(&self, work: impl FnOnce(&mut Arc<Line>) -> T) -> T {
        if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
            LINES.with_borrow_mut(|lines| {
                let own = || {
                    Arc::new(Line {
                        is_here: true,
                        ..Line::default()
                    })
                };
                work(lines.entry(self.store).or_insert_with(own))
            })
        } else {
            work(&mut self.line.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    /// The connection of this line, which is made where it is not there yet.
    async fn connected(&self, line: &Line) -> RedisResult<MultiplexedConnection> {
        let making = || async {
            let (client, lost) = (self.client.clone(), Arc::clone(&line.lost));
            let connecting = async move {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECTING))
                    // There is one limit around each command already.
                    .set_response_timeout(None)
                    .set_push_sender(move |push: PushInfo| {
                        if push.kind == PushKind::Disconnection {
                            lost.store(true, Ordering::Release);
                        }
                        Ok::<_, SendError>(())
                    });
                client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await
            };
            if line.is_here {
                return connecting.await;
            }
            let made = self.runtime.spawn(connecting);
            made.await.unwrap_or_else(|ended| {
                let why = "the runtime that the store was opened on has ended";
                Err(io::Error::other(format!("{why}: {ended}")).into())
            })
        };
        line.connected.get_or_init(making).await.clone()
    }

    /// What was answered within the limit. A line without an answer is given up: the next request makes another.
    async fn settled<T>(
        &self,
        line: &Arc<Line>,
        asked: impl Future<Output = RedisResult<T>>,
    ) -> Result<T, StoreError> {
        let timed = tokio::time::timeout(LIMIT, asked).await;
        let answer = timed.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()));
        answer.map_err(|error| {
            let is_elsewhere = is_unavailable(&error);
            // An attempt that failed is of no further use either, whatever it failed of.
            let never_connected = !matches!(line.connected.get(), Some(Ok(_)));
            if is_elsewhere || never_connected {
                self.give_up(line);
            }
            if is_elsewhere {
                StoreError::Unavailable(Arc::new(error))
            } else {
                StoreError::failed(error)
            }
        })
    }

    fn give_up(&self, line: &Arc<Line>) {
        self.with_line(|current| {
            // Of all who fail on one line, only the first makes room for another.
            if Arc::ptr_eq(current, line) {
                *current = line.successor();
            }
        });
    }
}

impl Line {
    /// The next one in its place.
    fn successor(&self) -> Arc<Self> {
        Arc::new(Self {
            is_here: self.is_here,
            ..Self::default()
        })
    }
}

/// Whether it is Redis that is not there, or not yet, rather than something wrong with what was asked.
fn is_unavailable(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Io => true,
        ErrorKind::Server(kind) => matches!(
            kind,
            // Still reading its data, or a replica, which a fail-over has made of it or will make into a primary.
            ServerErrorKind::BusyLoading
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::TryAgain
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(url: &str) -> Result<Connection, RedisUrlError> {
        Connection::open(url, Handle::current())
    }

    #[tokio::test]
    async fn an_address_has_a_host_and_may_have_the_rest() {
        for (url, address) in [
            ("redis://127.0.0.1", "127.0.0.1:6379"),
            ("redis://cache:7000/3", "cache:7000"),
            ("valkey://alice:white%23rabbit@cache", "cache:6379"),
            ("redis://:secret@[::1]:1", "::1:1"),
        ] {
            assert_eq!(open(url).ok().unwrap().address(), address);
        }
    }

    #[tokio::test]
    async fn any_other_address_is_refused_in_one_line_that_does_not_repeat_it() {
        for url in [
            "",
            "cache:6379",
            "postgres://rabbit@cache",
            "rediss://:rabbit@cache",
            "redis+unix:///rabbit",
            "redis://",
            "redis://:rabbit@cache/first",
            "redis://:rabbit@cache:port",
            "redis://:rab#bit@cache",
            "redis://cache?pass=rabbit",
        ] {
            let Err(error) = open(url) else {
                panic!("accepted: {url}");
            };
            let said = format!("{error} {error:?}");
            assert!(said.contains("redis://[user:password@]host[:port][/db]"));
            assert!(!said.contains("rabbit") && !said.contains('\n'), "{said}");
        }
    }
}
