//! What can go wrong in any store, whatever it keeps and wherever it keeps it.

use std::error::Error;
use std::sync::Arc;

/// A store could not do what it was asked; nothing of the operation has been kept.
///
/// The one exception is a commit whose acknowledgement was lost ([`StoreError::Unavailable`], and [`StoreError::Failed`] after a
/// connection broke): a caller that must know retries with the same idempotency key.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The queue in front of the store is full, or another process held the database for too long. Try again shortly.
    #[error("the store is busy")]
    Busy,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// The engine does not answer; nothing is known to have been kept. It may be back for the next request.
    #[error("the engine of the store does not answer")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// The engine failed. The source says how; it may name files and statements, so it goes to the log and never to a client.
    #[error("the store failed")]
    Failed(#[source] Arc<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Wraps an engine's own error.
    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(Arc::from(source.into()))
    }
}

/// An error and what is under it in one line, for the log.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line.push_str(": ");
        line.push_str(&error.to_string());
        source = error.source();
    }
    line
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            _ => Self::failed(error),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    /// For rows that hold something else than they should; what stops a statement is told apart by [`crate::postgres`].
    fn from(error: tokio_postgres::Error) -> Self {
        Self::failed(error)
    }
}
