//! Users, ledger, notes, sessions, refresh families, the tokens taken back and failed logins: all the SQL of the project.
//!
//! Each concern is a trait ([`Users`], [`Ledger`], [`Notes`], [`Sessions`], [`RefreshFamilies`], [`DeniedTokens`], [`LoginFailures`])
//! with its backends beside it, and one conformance suite that every backend runs. The servers hold them as `Arc<dyn …>`, gathered in [`Stores`].
//!
//! Two rules hold everywhere. No thread that answers requests waits: hashes go through the bounded threads of a [`PasswordHasher`], writes
//! through the one writer thread of a [`sqlite::Database`], and another engine is asked asynchronously and within a deadline. A read of a
//! SQLite file alone runs on the calling thread, because handing it to another costs more than the query.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod denied_tokens;
mod error;
pub mod ledger;
pub mod login_failures;
pub mod notes;
pub mod password;
pub mod postgres;
pub mod refresh_tokens;
pub mod sessions;
pub mod sqlite;
mod step;
mod stores;
pub mod users;

pub use denied_tokens::DeniedTokens;
pub use error::{StoreError, chain};
pub use ledger::{Account, Ledger, NewTransfer, Transfer, TransferError};
pub use login_failures::{Admission, Attempt, FailureLimits, LoginFailures, Reservation, Settled};
pub use notes::{Note, Notes};
pub use password::{PasswordError, PasswordHash, PasswordHasher, PasswordHasherConfig};
pub use postgres::{Postgres, RevocationCounts};
pub use refresh_tokens::{FamilyRecord, Presentation, RefreshFamilies};
pub use sessions::{NewSession, Session, SessionId, Sessions, Timeouts};
pub use stores::{Counts, Engine, Stores};
pub use users::{CreateUserError, Credentials, NewUser, Role, User, UserId, Users};

#[doc(hidden)]
pub use tracing as __tracing;
