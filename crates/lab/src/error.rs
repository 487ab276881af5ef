//! Why a lab does not start, or does not do what it was asked.

use std::path::PathBuf;

use bank::ConfigError;
use token_core::key_folder::KeyFolderError;
use user_store::sqlite::OpenError;
use user_store::{CreateUserError, PasswordError, StoreError};

use crate::experiments::Broken;
use crate::replicas::ReplicaError;

/// Why a lab did not start, in one line that says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A port is taken, or may not be opened.
    #[error(transparent)]
    Listen(#[from] std::io::Error),
    /// The data folder cannot be used.
    #[error("the data folder {path} cannot be used; name another with --data DIR")]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFolderError),
    /// The settings contradict themselves.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The session server could not be built.
    #[error(transparent)]
    Session(#[from] session_server::BuildError),
    /// The JWT server could not be built.
    #[error(transparent)]
    Jwt(#[from] jwt_server::BuildError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What replicas share cannot be opened.
    #[error("what the replicas share cannot be opened: {0}")]
    Shared(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An engine that replicas share does not run.
    #[error(transparent)]
    Engine(#[from] engines::EngineError),
    /// A replica does not run.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The demo users could not be created.
    #[error(transparent)]
    DemoUsers(#[from] CreateUserError),
    /// Their passwords could not be hashed.
    #[error(transparent)]
    Hash(#[from] PasswordError),
    /// The key of the homemade tokens could not be made.
    #[error(transparent)]
    Homemade(#[from] token_core::simple::ShortKey),
    /// An experiment is broken.
    #[error(transparent)]
    Experiments(#[from] Broken),
    /// A page could not be prepared.
    #[error("the message catalogue: {0}")]
    Messages(String),
    /// The client that replays credentials could not be built.
    #[error("the replay client could not be built")]
    Client(#[from] reqwest::Error),
}
