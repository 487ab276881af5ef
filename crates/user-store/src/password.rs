//! Passwords: which are accepted, how they are kept, and how much hashing is done at once.

mod hash;
mod hasher;
mod rules;

pub use hash::PasswordHash;
pub use hasher::{PasswordHasher, PasswordHasherConfig, Place};

use std::error::Error;
use std::sync::Arc;

/// Why a password was not hashed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PasswordError {
    /// Too many hashes are waiting. Shed the request (503 with `Retry-After`); nothing was hashed.
    #[error("too many logins at once")]
    Busy,
    /// Fewer than 8 characters.
    #[error("a password has at least {} characters", rules::SHORTEST)]
    TooShort,
    /// More than 128 characters.
    #[error("a password has at most {} characters", rules::LONGEST)]
    TooLong,
    /// One of those that are tried first.
    #[error("the password is among the most common ones")]
    TooCommon,
    /// The hash in the database cannot be read, or a thread cannot be started.
    #[error("the password could not be hashed")]
    Failed(#[source] Arc<dyn Error + Send + Sync>),
}
