//! The access tokens that were taken back before their end: the denylist of a verifier that has one.
//!
//! An access token is named by its family and its number within it. One row refuses every token that a family has been given so
//! far, so the list is as long as there were logins ended, and not as long as there are tokens.

mod postgres;
mod sqlite;

pub use postgres::PostgresDeniedTokens;
pub use sqlite::SqliteDeniedTokens;

use std::time::Duration;

use async_trait::async_trait;
use token_core::refresh::FamilyId;

use crate::{StoreError, UserId};

/// The denylist.
///
/// A family that is revoked, for whatever reason, is denied in the same transaction: the caller need not. What is here is for tokens
/// that end while their family goes on.
#[async_trait]
pub trait DeniedTokens: std::fmt::Debug + Send + Sync {
    /// Takes back every access token that the user's living families have been given so far, and leaves the families alive: whoever
    /// holds a refresh token gets the next access token. Says how many families.
    async fn deny_all_of(&self, user: UserId) -> Result<u64, StoreError>;
    /// The same for one family; says whether there is such a family.
    async fn deny_all_in(&self, family: FamilyId) -> Result<bool, StoreError>;
    /// Takes back the token of this number in a family, and those before it; says whether that is news.
    async fn deny(&self, family: FamilyId, number: u32) -> Result<bool, StoreError>;
    /// Whether the token of this number in this family was taken back.
    async fn is_denied(&self, family: FamilyId, number: u32) -> Result<bool, StoreError>;
    /// Whether the user's access tokens of this epoch were taken back by a later one (see [`crate::Users::advance_token_epoch`]).
    async fn is_outdated(&self, user: UserId, epoch: i64) -> Result<bool, StoreError>;
    /// How many families are listed.
    async fn count(&self) -> Result<u64, StoreError>;
    /// Forgets what was taken back so long ago that it has ended by itself since, of families that are gone; by the wall clock, never by
    /// a shifted one. Says how many families. While a family is kept so is what is said of it: its tokens may have been issued under
    /// settings by which they live longer.
    async fn sweep(&self, access_lifetime: Duration) -> Result<u64, StoreError>;
}
