//! Many customers at once, for a measurement of what a full store costs.

use std::io;

use token_core::secret::{SecretString, random_bytes};
use user_store::{CreateUserError, PasswordError, PasswordHash, StoreError, Stores, User};

use crate::config::{ConfigError, HttpConfig};

/// How many users are made in one go: few enough to be held in memory with their credentials.
const PORTION: u32 = 100_000;

/// What the list of a user's logins says of a seeded one.
pub const SEEDED_DEVICE: &str = "seeded";

/// Why not all logins were seeded. Those that were are in the store.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The settings contradict themselves, or leave no credential that could be written down.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// The folder was seeded before, or somebody has one of the names.
    #[error(
        "the users benchmark-0000001 and so on are there already: name another folder with --data DIR"
    )]
    UsernameTaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password was not hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A credential could not be made.
    #[error("no credential was issued")]
    Credential(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The credentials could not be written down.
    #[error("the credentials could not be written")]
    Write(#[from] io::Error),
}

/// Registers customers `benchmark-0000001`, `benchmark-0000002` and so on, in portions.
///
/// *Security*: they have one password, random and told to nobody, so nobody logs in with it. Whoever reads the credentials that a
/// server then issues to them is all of them.
#[derive(Debug)]
pub struct DangerousSeed<'a> {
    stores: &'a Stores,
    password: PasswordHash,
    opening_balance_minor: i64,
    /// The first number not yet given.
    next: u32,
    count: u32,
}

impl<'a> DangerousSeed<'a> {
    /// Nobody is registered yet.
    ///
    /// # Errors
    /// [`SeedError::Password`].
    pub async fn begin(
        stores: &'a Stores,
        http: &HttpConfig,
        count: u32,
    ) -> Result<Self, SeedError> {
        let password = format!("{:032x}", u128::from_ne_bytes(random_bytes()));
        Ok(Self {
            stores,
            password: stores.passwords.hash(SecretString::new(password)).await?,
            opening_balance_minor: http.opening_balance_minor,
            next: 1,
            count,
        })
    }

    /// The next portion, registered; `None` after the last.
    ///
    /// # Errors
    /// [`SeedError::UsernameTaken`] and [`SeedError::Store`].
    pub async fn portion(&mut self) -> Result<Option<Vec<User>>, SeedError> {
        if self.next > self.count {
            return Ok(None);
        }
        let end = self.count.min(self.next.saturating_add(PORTION - 1));
        let names = (self.next..=end).map(|number| format!("benchmark-{number:07}"));
        let created = self.stores.users.dangerously_create_many(
            names.collect(),
            &self.password,
            self.opening_balance_minor,
        );
        let users = created.await.map_err(|error| match error {
            CreateUserError::UsernameTaken => SeedError::UsernameTaken,
            CreateUserError::Store(error) => SeedError::Store(error),
        })?;
        self.next = end + 1;
        Ok(Some(users))
    }
}
