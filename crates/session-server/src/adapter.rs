//! The one adapter between actix-session, which carries the ticket of a session, and the store of the sessions.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionExt};
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use bank::ApiError;

/// The map in which actix-session hands a session around.
type State = HashMap<String, String>;

/// Under this name is the ticket that the request brought.
const BROUGHT: &str = "brought";

/// Under this name a handler leaves the ticket that the cookie shall carry from now on.
const ISSUED: &str = "issued";

/// Moves tickets between the cookie and the handlers. Who the ticket stands for is asked where it matters, and by the way that a ticket
/// in a header takes, too: [`crate::ticket::Tickets::read`].
///
/// actix-session by itself resurrects sessions in two ways: an `update` of a row that is gone falls back to creating one,
/// and a renewal is a delete followed by an unconditional save; a request in flight during a logout then ends with a
/// fresh, authenticated session. Here neither `save` nor `update` ever writes. A handler that logs in or renews does so in
/// one operation of the store, conditional on the old row, and leaves the new ticket under `issued`; `save` and `update` put
/// that one into the cookie, and without one they keep the old. A logout, too, is the handler's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionAdapter;

/// The ticket in the cookie of the request, if the server has signed it.
pub(crate) fn brought(request: &HttpRequest) -> Option<String> {
    request.get_session().entries().get(BROUGHT).cloned()
}

/// Tells the middleware to set the cookie to `ticket`, whose session is open already.
pub(crate) fn issue(session: &Session, ticket: &str) -> Result<(), ApiError> {
    session
        .insert(ISSUED, ticket)
        .map_err(|error| ApiError::internal(error.to_string()))
}

impl SessionStore for SessionAdapter {
    /// Reads no store: a request that asks nothing of the session costs none a read, and a store that is gone is told by whoever needs it.
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let ticket = key.as_ref().to_owned();
        Ok(Some(State::from([(BROUGHT.to_owned(), ticket)])))
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

    /// Whoever has the middleware forget the cookie has ended the session before, where an error can be told by its name.
    async fn delete(&self, _: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(())
    }
}

fn issued(state: &State) -> Option<SessionKey> {
    let ticket: String = serde_json::from_str(state.get(ISSUED)?).ok()?;
    ticket.try_into().ok()
}
