//! Who there is, what they may do, and how they prove it.

mod postgres;
mod sqlite;

pub use postgres::PostgresUsers;
pub(crate) use postgres::{role_in, user_in};
pub use sqlite::SqliteUsers;
pub(crate) use sqlite::{role_at, user_at};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use token_core::clock::UnixSeconds;

use crate::{PasswordHash, StoreError};

/// The number of a user; never given to another one, even after the user is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Their own account and notes.
    Customer,
    /// Also bans users and changes roles.
    Admin,
}

impl Role {
    /// The name of the role in databases, tokens and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Admin => "admin",
        }
    }

    /// The role of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Customer, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A user, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub id: UserId,
    /// The name as it was registered.
    pub username: String,
    /// What the user may do.
    pub role: Role,
    /// Since when the user may do nothing, if banned.
    pub banned_at: Option<UnixSeconds>,
    /// When the user was registered.
    pub created_at: UnixSeconds,
    /// How often all access tokens of this user were taken back at once.
    pub token_epoch: i64,
}

/// A user together with what their password is checked against.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user.
    pub user: User,
    /// The hash of the user's password.
    pub password: PasswordHash,
}

/// A user to be registered, with the account that is opened for them.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name. Names that differ only in the case of ASCII letters are the same name, so that nobody passes for another.
    pub username: String,
    /// The hash of the password, from [`crate::PasswordHasher::hash`].
    pub password: PasswordHash,
    /// What the user may do.
    pub role: Role,
    /// What the account holds at first, in minor units; not negative.
    pub opening_balance_minor: i64,
}

/// Why a user was not registered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateUserError {
    /// Somebody has that name, perhaps in other case.
    #[error("the username is taken")]
    UsernameTaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The users.
#[async_trait]
pub trait Users: std::fmt::Debug + Send + Sync {
    /// Registers a user and opens their account, both or neither.
    async fn create(&self, new: NewUser) -> Result<User, CreateUserError>;
    /// Registers many customers with one password and opens their accounts. Where a name is taken or it fails, some may have been
    /// registered.
    ///
    /// *Security*: whoever knows or finds out the password of one is all of them, and equal hashes say so in the database. It
    /// exists to fill a store for a measurement, where a hash for each of a million would take hours.
    async fn dangerously_create_many(
        &self,
        usernames: Vec<String>,
        password: &PasswordHash,
        opening_balance_minor: i64,
    ) -> Result<Vec<User>, CreateUserError>;
    /// The user of this number.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// The user of this name, with the hash of the password.
    ///
    /// *Security*: the caller hashes also when this is `None` ([`crate::PasswordHasher::verify`] does), or response times tell which names exist.
    async fn credentials(&self, username: &str) -> Result<Option<Credentials>, StoreError>;
    /// Replaces the password; says whether there was such a user. Sessions and families are the caller's to end.
    async fn set_password(&self, id: UserId, password: PasswordHash) -> Result<bool, StoreError>;
    /// Replaces the role; says whether there was such a user.
    async fn set_role(&self, id: UserId, role: Role) -> Result<bool, StoreError>;
    /// Bans or readmits; says whether there was such a user. A second ban keeps the time of the first.
    async fn set_banned(&self, id: UserId, banned: bool) -> Result<bool, StoreError>;
    /// Counts the epoch of the user's access tokens up: those issued under an earlier one are taken back, where the verifier asks.
    /// Says whether there was such a user.
    async fn advance_token_epoch(&self, id: UserId) -> Result<bool, StoreError>;
}
