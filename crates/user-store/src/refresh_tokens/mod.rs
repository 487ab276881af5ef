//! The families of refresh tokens: one row each, updated in place.

mod postgres;
mod sqlite;

pub use postgres::PostgresRefreshFamilies;
pub use sqlite::SqliteRefreshFamilies;

use async_trait::async_trait;
use token_core::jwt::Thumbprint;
use token_core::refresh::{FamilyId, Presented, RefreshPolicy, RevocationReason, TokenFamily};

use crate::{StoreError, User, UserId};

/// What became of a refresh token that was presented, and whose it is.
#[derive(Debug, Clone)]
pub struct Presentation {
    /// What the rules of rotation say. What it changed is already durable.
    pub outcome: Presented,
    /// The user of the family as they are now, banned or not.
    pub user: Option<User>,
}

/// A family as it is listed.
#[derive(Debug, Clone)]
pub struct FamilyRecord {
    /// The family.
    pub family: TokenFamily,
    /// Where it was opened.
    pub device: String,
    /// The name of the user.
    pub username: String,
}

/// The families of all users.
///
/// Tokens are derived from (family, generation), so there is none to store: neither plain nor hashed.
#[async_trait]
pub trait RefreshFamilies: std::fmt::Debug + Send + Sync {
    /// Opens a family at its first generation, bound to a key if there is one.
    async fn create_bound(
        &self,
        user: UserId,
        device: &str,
        key: Option<Thumbprint>,
    ) -> Result<TokenFamily, StoreError>;
    /// Presents a token, with the key that its bearer has proven to hold: compare and swap in one transaction, by the rules of
    /// [`token_core::refresh::present`]. `None` if there is no such family.
    ///
    /// A reuse revokes the family, and that is committed although the request will be refused. A family that is bound to another key
    /// stays as it is: [`token_core::refresh::Refusal::OtherKey`].
    async fn present_with(
        &self,
        family: FamilyId,
        generation: u32,
        key: Option<Thumbprint>,
        policy: &RefreshPolicy,
    ) -> Result<Option<Presentation>, StoreError>;
    /// Opens a family that is bound to no key.
    async fn create(&self, user: UserId, device: &str) -> Result<TokenFamily, StoreError> {
        self.create_bound(user, device, None).await
    }
    /// Opens many families that are bound to no key, in the order of the users. Where it fails, some may have been opened.
    async fn create_all(
        &self,
        users: &[UserId],
        device: &str,
    ) -> Result<Vec<TokenFamily>, StoreError>;
    /// Presents a token whose bearer has proven nothing.
    async fn present(
        &self,
        family: FamilyId,
        generation: u32,
        policy: &RefreshPolicy,
    ) -> Result<Option<Presentation>, StoreError> {
        self.present_with(family, generation, None, policy).await
    }
    /// The family of this id.
    async fn by_id(&self, family: FamilyId) -> Result<Option<FamilyRecord>, StoreError>;
    /// Revokes a family; says whether there was one not yet revoked.
    async fn revoke(&self, family: FamilyId, reason: RevocationReason) -> Result<bool, StoreError>;
    /// Revokes a family if it is the user's; says whether it was, and not yet revoked.
    async fn revoke_one_of(
        &self,
        user: UserId,
        family: FamilyId,
        reason: RevocationReason,
    ) -> Result<bool, StoreError>;
    /// Revokes all families of a user but one; says how many were not yet revoked.
    async fn revoke_all_of(
        &self,
        user: UserId,
        except: Option<FamilyId>,
        reason: RevocationReason,
    ) -> Result<u64, StoreError>;
    /// The families of a user that are not revoked, the last rotated first. Whether one has expired is for the policy to say.
    async fn list_of(&self, user: UserId) -> Result<Vec<FamilyRecord>, StoreError>;
    /// All that is stored, revoked or not, the newest first. For the lab alone, which shows the store.
    async fn list_all(&self, limit: u32) -> Result<Vec<FamilyRecord>, StoreError>;
    /// Removes everything; access tokens that were issued end with it.
    async fn clear(&self) -> Result<(), StoreError>;
    /// Removes what is past its absolute end by the wall clock, never by a shifted one; says how many.
    async fn sweep(&self, policy: &RefreshPolicy) -> Result<u64, StoreError>;
}

/// What a presentation came to, for who watches.
fn describe(presentation: Option<&Presentation>) -> String {
    match presentation.map(|presentation| presentation.outcome) {
        None => "no row".to_owned(),
        Some(Presented::Rotated(family)) => format!("rotated to {}", family.generation),
        Some(Presented::Retried(family)) => format!("{} again", family.generation),
        Some(Presented::Reused(_)) => "reused: family revoked".to_owned(),
        Some(Presented::Refused(refusal)) => refusal.to_string(),
    }
}
