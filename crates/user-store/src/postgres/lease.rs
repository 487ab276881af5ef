//! A connection on loan from the pool.

use std::future::Future;
use std::pin::Pin;

use deadpool_postgres::{Connect, Object, Transaction};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, Error, IsolationLevel, NoTls, Row};

use super::failure::Failure;
use super::{DEADLINE, Values, Work, migrations};

/// Makes connections that are driven on one runtime, whoever asks for them: the threads that answer requests come and go.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) runtime: Handle,
}

/// What [`Connect`] asks for.
type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + 'a>>;

impl Connect for Connector {
    fn connect(&self, config: &Config) -> Connecting<'_> {
        let config = config.clone();
        // The socket belongs to the runtime that it is opened on, so connecting happens there, too. It ends there by itself, since
        // whoever waits for it may have gone.
        let connecting = self.runtime.spawn(timeout(DEADLINE, async move {
            let (client, connection) = config.connect(NoTls).await?;
            let driving = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection to PostgreSQL has ended");
                }
            });
            Ok((client, driving))
        }));
        Box::pin(async move {
            match connecting.await {
                Ok(Ok(connected)) => connected,
                // The engine accepts and says nothing, or the runtime is ending: the deadline of the operation says so.
                Ok(Err(_)) | Err(_) => std::future::pending().await,
            }
        })
    }
}

/// A connection. It goes back to the pool if it is at rest, and is closed if somebody stopped waiting for it: when the engine is done with
/// what was asked, and its place in the pool is taken until then. Else an engine whose commits wait for a standby that is gone would be asked
/// for a new process by each that does not wait any more, until it has none left for anybody.
pub(super) struct Lease {
    object: Option<Object>,
    is_at_rest: bool,
    runtime: Handle,
}

impl Lease {
    pub(super) fn of(object: Object, runtime: Handle) -> Self {
        Self {
            object: Some(object),
            is_at_rest: true,
            runtime,
        }
    }

    pub(super) async fn query(
        mut self,
        sql: &str,
        values: Values<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let client = self.begin()?;
        let outcome = async {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, values).await
        };
        let outcome = outcome.await;
        self.end(outcome)
    }

    pub(super) async fn execute(mut self, sql: &str, values: Values<'_>) -> Result<u64, Failure> {
        let client = self.begin()?;
        let outcome = async {
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, values).await
        };
        let outcome = outcome.await;
        self.end(outcome)
    }

    /// Runs a piece of work in a transaction in which each statement sees what was committed before it, whatever the database's default:
    /// the work takes the locks that it needs.
    pub(super) async fn transact<W: Work>(mut self, work: &W) -> Result<W::Outcome, Failure> {
        let client = self.begin()?;
        let outcome = async {
            let transaction: Transaction<'_> = client
                .build_transaction()
                .isolation_level(IsolationLevel::ReadCommitted)
                .start()
                .await?;
            let outcome = work.run(&transaction).await?;
            transaction.commit().await?;
            Ok(outcome)
        };
        let outcome = outcome.await;
        self.end(outcome)
    }

    pub(super) async fn migrate(&mut self) -> Result<(), Failure> {
        let outcome = migrations::run(self.begin()?).await;
        self.is_at_rest = outcome.is_ok();
        outcome
    }

    fn begin(&mut self) -> Result<&mut Object, Failure> {
        self.is_at_rest = false;
        self.object.as_mut().ok_or(Failure::Deadline)
    }

    /// An error that the engine tells leaves the connection as it was; any other may have left it anywhere.
    fn end<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Failure> {
        self.is_at_rest = match &outcome {
            Ok(_) => true,
            Err(error) => error.as_db_error().is_some() && !error.is_closed(),
        };
        Ok(outcome?)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_at_rest
            && let Some(object) = self.object.take()
        {
            self.runtime.spawn(async move {
                // Answered after what is under way, or never, by a connection that is lost.
                let _ = object.simple_query("").await;
                drop(Object::take(object));
            });
        }
    }
}
