//! What can go wrong with PostgreSQL, and which of it is worth another try.

use std::sync::Arc;

use deadpool_postgres::{BuildError, PoolError};
use tokio_postgres::error::SqlState;

use crate::StoreError;

/// Why a database cannot be used at all. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is none of ours. The message never holds it, since there may be a password in it.
    #[error(
        "the URL of the database cannot be used: {why}; write it as postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE"
    )]
    Url {
        /// What is wrong with it.
        why: String,
    },
    /// The URL asks for TLS.
    #[error(
        "the URL of the database asks for TLS, which is not built in: leave sslmode out, and lead the connection through a private network or a tunnel"
    )]
    NeedsTls,
    /// There are tables, but not ours.
    #[error(
        "the database holds another program's tables: name an empty one, for example after `createdb bank`"
    )]
    AnotherProgram,
    /// The schema is newer than this program.
    #[error(
        "the database has schema {version}, which is newer than this program: use the program that made it, or a newer one"
    )]
    Newer {
        /// The version in the database.
        version: i64,
    },
    /// The engine is there, and refuses us.
    #[error("PostgreSQL at {address} refuses: {said}; {advice}")]
    Refused {
        /// Where it is.
        address: String,
        /// What it says.
        said: String,
        /// What mends it.
        advice: &'static str,
    },
    /// The pool could not be made.
    #[error("the pool of connections could not be made")]
    Pool(#[from] BuildError),
}

/// What stopped an operation.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The database is not for us.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A statement failed, or the connection under it.
    #[error(transparent)]
    Statement(#[from] tokio_postgres::Error),
    /// It took too long.
    #[error("no answer in time")]
    Deadline,
    /// The handle was closed.
    #[error("closed")]
    Closed,
}

impl Failure {
    /// Whether it only lost against other transactions, or against another one of the same row, and may win next time.
    pub(super) fn is_conflict(&self) -> bool {
        let Self::Statement(error) = self else {
            return false;
        };
        error.code().is_some_and(|code| {
            [
                &SqlState::T_R_SERIALIZATION_FAILURE,
                &SqlState::T_R_DEADLOCK_DETECTED,
                &SqlState::UNIQUE_VIOLATION,
            ]
            .contains(&code)
        })
    }

    /// What is wrong with how the engine is asked, if that is what it says: waiting would not mend it.
    pub(super) fn refusal(&self, address: &str) -> Option<OpenError> {
        let Self::Statement(error) = self else {
            return None;
        };
        let error = error.as_db_error()?;
        let advice = match error.code().code() {
            "3D000" => "make the database first: createdb -h HOST -U USER NAME",
            code if code.starts_with("28") => {
                "look at the user and the password in the URL, and at pg_hba.conf"
            }
            "42501" => {
                "make the user the owner of the database, or let it make tables there: GRANT CREATE ON SCHEMA public TO USER"
            }
            _ => return None,
        };
        Some(OpenError::Refused {
            address: address.to_owned(),
            said: error.message().to_owned(),
            advice,
        })
    }

    /// Whether the engine is not there, or not yet, or not any more: nothing is wrong with what was asked.
    fn is_outage(&self) -> bool {
        match self {
            Self::Open(_) | Self::Closed => false,
            Self::Deadline => true,
            Self::Statement(error) => match error.code() {
                // Class 57 is an operator's doing, 53 a lack of something, 08 the connection itself (appendix A of the manual).
                Some(code) => ["57", "53", "08"]
                    .iter()
                    .any(|class| code.code().starts_with(class)),
                None => true,
            },
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Closed => Self::Closed,
            outage if outage.is_outage() => Self::Unavailable(Arc::new(outage)),
            other => Self::Failed(Arc::new(other)),
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Statement(error),
            PoolError::Closed => Self::Closed,
            // The pool has no timeouts and no hooks of its own.
            _ => Self::Deadline,
        }
    }
}
