//! The store of sessions that the cookie carries: there is nothing in it.

use async_trait::async_trait;
use user_store::sessions::Session;
use user_store::users::{Role, UserId};
use user_store::{NewSession, SessionId, Sessions, StoreError};

/// Keeps nothing, finds nothing and ends nothing. What a login opens is in its cookie alone.
///
/// *Security*: it breaks every promise of [`Sessions`] about ending a session, which is the lesson of
/// [`crate::SessionStoreKind::DangerouslyCookie`].
#[derive(Debug)]
pub(crate) struct DangerouslyUnkeptSessions;

impl DangerouslyUnkeptSessions {
    pub(crate) const NAME: &str = "dangerously-cookie";
}

#[async_trait]
impl Sessions for DangerouslyUnkeptSessions {
    async fn create(&self, _: NewSession) -> Result<SessionId, StoreError> {
        Ok(SessionId::generate())
    }

    async fn dangerously_create_as(
        &self,
        _: &SessionId,
        _: NewSession,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn load(&self, _: &SessionId) -> Result<Option<Session>, StoreError> {
        Ok(None)
    }

    /// A new id would be worth nothing: the cookie of the old one stays good.
    async fn renew(&self, _: &SessionId) -> Result<Option<SessionId>, StoreError> {
        Ok(None)
    }

    async fn delete(&self, _: &SessionId) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn delete_one_of(&self, _: UserId, _: &str) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn delete_all_of(&self, _: UserId, _: Option<&SessionId>) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn list_of(&self, _: UserId) -> Result<Vec<Session>, StoreError> {
        Ok(Vec::new())
    }

    async fn list_all(&self, _: u32) -> Result<Vec<Session>, StoreError> {
        Ok(Vec::new())
    }

    async fn set_role_of(&self, _: UserId, _: Role) -> Result<(), StoreError> {
        Ok(())
    }

    async fn clear(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn store_name(&self) -> &'static str {
        Self::NAME
    }
}
