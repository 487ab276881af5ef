//! The one adapter between actix-session's map of strings and a row of `user_store::sessions`, or a cookie without one.

use std::collections::HashMap;
use std::sync::Arc;

use actix_session::Session;
use actix_session::storage::{
    CookieSessionStore, LoadError, SaveError, SessionKey, SessionStore, UpdateError,
};
use actix_web::cookie::time::Duration;
use bank::ApiError;
use token_core::clock::{Clock, UnixSeconds};
use user_store::users::{Role, UserId};
use user_store::{NewSession, SessionId, Sessions, Stores, step};

use crate::config::SessionConfig;
use crate::store::SessionStoreKind;

/// The map in which actix-session hands a session around.
type State = HashMap<String, String>;

/// Under this name is what the request's session says, in one text: each entry of the map costs a request as much as the rest of it.
const CARRIED: &str = "session";

/// Under this name a handler leaves what the cookie shall carry from now on.
const ISSUED: &str = "issued";

/// Loads rows for actix-session, and otherwise only moves ids between handlers and the cookie.
///
/// actix-session by itself resurrects sessions in two ways: an `update` of a row that is gone falls back to creating one,
/// and a renewal is a delete followed by an unconditional save; a request in flight during a logout then ends with a
/// fresh, authenticated session. Here neither `save` nor `update` ever writes. A handler that logs in or renews does so in
/// one operation of the store, conditional on the old row, and leaves the new id under `issued`; `save` and `update` put
/// that id into the cookie, and without one they keep the old id.
///
/// With [`SessionStoreKind::DangerouslyCookie`] the cookie carries the session itself, as actix-session's `CookieSessionStore`
/// writes it, and there is no row to load.
#[derive(Clone, Debug)]
pub struct SessionAdapter {
    sessions: Arc<dyn Sessions>,
    /// How long a session lasts that the cookie carries itself, by this clock; `None` where sessions have rows.
    in_cookie: Option<(Arc<dyn Clock>, std::time::Duration)>,
}

impl SessionAdapter {
    /// An adapter over the sessions of `stores`, or over the cookie where the settings say so.
    #[must_use]
    pub fn of(config: &SessionConfig, stores: &Stores) -> Self {
        let is_in_cookie = config.store == SessionStoreKind::DangerouslyCookie;
        Self {
            sessions: Arc::clone(&stores.sessions),
            in_cookie: is_in_cookie.then(|| (Arc::clone(&stores.clock), config.absolute_timeout)),
        }
    }

    /// What a client carries of a session that was just opened: its id, or all of it.
    pub(crate) async fn ticket(
        &self,
        id: &SessionId,
        new: &NewSession,
    ) -> Result<String, SaveError> {
        let Some((clock, lifetime)) = &self.in_cookie else {
            return Ok(id.expose().to_owned());
        };
        let carried = Carried {
            id: id.clone(),
            public_id: public_id(id),
            user_id: new.user_id,
            username: new.username.clone(),
            role: new.role,
            expires_at: clock.now().plus(*lifetime),
        };
        // The time to live is that of the state, and not of use here.
        let store = CookieSessionStore::default();
        let key = store.save(carried.into_state(), &Duration::ZERO).await?;
        Ok(key.into())
    }

    async fn load_row(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let Some(id) = SessionId::from_text(key.as_ref()) else {
            return Ok(None);
        };
        let row = self.sessions.load(&id).await;
        let row = row.map_err(|error| LoadError::Other(error.into()))?;
        Ok(Some(match row {
            // Without a row the state holds the id alone, which authenticates nobody; a logout still deletes by it.
            None => State::from([(CARRIED.to_owned(), id.expose().to_owned())]),
            Some(row) => Carried {
                id,
                public_id: row.public_id,
                user_id: row.user_id,
                username: row.username,
                role: row.role,
                expires_at: row.expires_at.min(row.idle_expires_at),
            }
            .into_state(),
        }))
    }
}

/// Reads the session that the cookie carries. One that has expired authenticates nobody; a logout still removes its cookie.
async fn load_from_cookie(key: &SessionKey, now: UnixSeconds) -> Result<Option<State>, LoadError> {
    let step = step!(authentication, compute, "read session from cookie");
    let state = CookieSessionStore::default().load(key).await?;
    let state = state.unwrap_or_default();
    let (is_live, result) = match Carried::of(&state) {
        None => (false, "no session".to_owned()),
        Some(carried) if carried.expires_at <= now => {
            let end = carried.expires_at.to_rfc3339();
            (false, format!("expired at {end}"))
        }
        Some(carried) => (true, carried.username),
    };
    step.record("result", result.as_str());
    Ok(Some(if is_live { state } else { State::new() }))
}

/// The name of a session in lists: the first 16 bytes of its hash, in hex.
pub(crate) fn public_id(id: &SessionId) -> String {
    id.hash().hex().chars().take(32).collect()
}

/// Tells the middleware to set the cookie to `ticket`, whose session is open already.
pub(crate) fn issue(session: &Session, ticket: &str) -> Result<(), ApiError> {
    session
        .insert(ISSUED, ticket)
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
    pub(crate) fn of(state: &State) -> Option<Self> {
        // The name comes last, since it alone may have spaces in it.
        let mut words = state.get(CARRIED)?.splitn(6, ' ');
        Some(Self {
            id: SessionId::from_text(words.next()?)?,
            public_id: words.next()?.to_owned(),
            user_id: UserId(words.next()?.parse().ok()?),
            role: Role::from_name(words.next()?)?,
            expires_at: UnixSeconds(words.next()?.parse().ok()?),
            username: words.next()?.to_owned(),
        })
    }

    /// The id that the request brought, whether it opens a session or not.
    pub(crate) fn id_in(state: &State) -> Option<SessionId> {
        let id = state.get(CARRIED)?.split(' ').next()?;
        SessionId::from_text(id)
    }

    fn into_state(self) -> State {
        let Self {
            id,
            public_id,
            user_id,
            username,
            role,
            expires_at,
        } = self;
        let id = id.expose();
        let text = format!(
            "{id} {public_id} {user_id} {role} {} {username}",
            expires_at.0
        );
        State::from([(CARRIED.to_owned(), text)])
    }
}

impl SessionStore for SessionAdapter {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        match &self.in_cookie {
            None => self.load_row(key).await,
            Some((clock, _)) => load_from_cookie(key, clock.now()).await,
        }
    }

    async fn save(&self, state: State, _: &Duration) -> Result<SessionKey, SaveError> {
        issued(&state).ok_or_else(|| {
            SaveError::Other(anyhow::anyhow!(
                "a session is created by a login and by nothing else"
            ))
        })
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
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

fn issued(state: &State) -> Option<SessionKey> {
    let ticket: String = serde_json::from_str(state.get(ISSUED)?).ok()?;
    ticket.try_into().ok()
}
