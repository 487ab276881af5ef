//! The one adapter between actix-session's map of strings and a row of `user_store::sessions`.

use std::collections::HashMap;
use std::sync::Arc;

use actix_session::Session;
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use bank::ApiError;
use token_core::clock::UnixSeconds;
use user_store::users::{Role, UserId};
use user_store::{SessionId, Sessions};

/// Under this name a handler leaves the id that the cookie shall carry from now on.
const ISSUED: &str = "issued";

/// Loads rows for actix-session, and otherwise only moves ids between handlers and the cookie.
///
/// actix-session by itself resurrects sessions in two ways: an `update` of a row that is gone falls back to creating one,
/// and a renewal is a delete followed by an unconditional save; a request in flight during a logout then ends with a
/// fresh, authenticated session. Here neither `save` nor `update` ever writes. A handler that logs in or renews does so in
/// one operation of the store, conditional on the old row, and leaves the new id under `issued`; `save` and `update` put
/// that id into the cookie, and without one they keep the old id.
#[derive(Clone, Debug)]
pub struct SessionAdapter {
    sessions: Arc<dyn Sessions>,
}

impl SessionAdapter {
    /// An adapter over a store.
    #[must_use]
    pub fn new(sessions: Arc<dyn Sessions>) -> Self {
        Self { sessions }
    }
}

/// Tells the middleware to set the cookie to `id`, whose row exists already.
pub(crate) fn issue(session: &Session, id: &SessionId) -> Result<(), ApiError> {
    session
        .insert(ISSUED, id.expose())
        .map_err(|error| ApiError::internal(error.to_string()))
}

/// What a request's session says, as the adapter put it into actix-session's map.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) id: SessionId,
    pub(crate) public_id: String,
    pub(crate) user_id: UserId,
    pub(crate) username: String,
    pub(crate) role: Role,
    pub(crate) expires_at: UnixSeconds,
}

impl Carried {
    /// `None` where the request carries no live session.
    pub(crate) fn of(state: &HashMap<String, String>) -> Option<Self> {
        Some(Self {
            id: SessionId::from_text(state.get("id")?)?,
            public_id: state.get("public_id")?.clone(),
            user_id: UserId(state.get("user_id")?.parse().ok()?),
            username: state.get("username")?.clone(),
            role: Role::from_name(state.get("role")?)?,
            expires_at: UnixSeconds(state.get("expires_at")?.parse().ok()?),
        })
    }
}

impl SessionStore for SessionAdapter {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let Some(id) = SessionId::from_text(key.as_ref()) else {
            return Ok(None);
        };
        let row = self
            .sessions
            .load(&id)
            .await
            .map_err(|error| LoadError::Other(error.into()))?;
        let mut state = HashMap::from([("id".to_owned(), id.expose().to_owned())]);
        // Without a row the state holds the id alone, which authenticates nobody; a logout still deletes by it.
        if let Some(row) = row {
            state.insert("user_id".to_owned(), row.user_id.to_string());
            state.insert("role".to_owned(), row.role.to_string());
            state.insert(
                "expires_at".to_owned(),
                row.expires_at.min(row.idle_expires_at).0.to_string(),
            );
            state.insert("username".to_owned(), row.username);
            state.insert("public_id".to_owned(), row.public_id);
        }
        Ok(Some(state))
    }

    async fn save(
        &self,
        state: HashMap<String, String>,
        _: &Duration,
    ) -> Result<SessionKey, SaveError> {
        issued(&state).ok_or_else(|| {
            SaveError::Other(anyhow::anyhow!(
                "a session is created by a login and by nothing else"
            ))
        })
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        Ok(issued(&state).unwrap_or(key))
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(()) // The store itself notes when a session was last seen.
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        if let Some(id) = SessionId::from_text(key.as_ref()) {
            self.sessions.delete(&id).await?;
        }
        Ok(())
    }
}

fn issued(state: &HashMap<String, String>) -> Option<SessionKey> {
    let id: String = serde_json::from_str(state.get(ISSUED)?).ok()?;
    SessionId::from_text(&id)?
        .expose()
        .to_owned()
        .try_into()
        .ok()
}
