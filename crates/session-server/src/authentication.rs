//! Who is asking, by the session that the request carries.

use std::sync::Arc;

use actix_session::SessionExt;
use actix_web::http::header::{AUTHORIZATION, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse};
use async_trait::async_trait;
use bank::{
    ApiError, Authentication, Challenge, Credential, EndedBecause, LoggedIn, Login, Principal,
    Transport,
};
use serde_json::json;
use user_store::users::{Role, User, UserId};
use user_store::{NewSession, SessionId, Sessions, StoreError};

use crate::adapter::{self, issue};
use crate::ticket::{Live, Tickets};

/// The longest device description that is kept, in characters.
const DEVICE_LIMIT: usize = 200;

/// A session server's [`Authentication`].
#[derive(Debug)]
pub(crate) struct SessionAuthentication {
    sessions: Arc<dyn Sessions>,
    tickets: Tickets,
    transport: Transport,
    adopts_ids: bool,
}

impl SessionAuthentication {
    pub(crate) fn new(
        sessions: Arc<dyn Sessions>,
        tickets: Tickets,
        transport: Transport,
        adopts_ids: bool,
    ) -> Self {
        Self {
            sessions,
            tickets,
            transport,
            adopts_ids,
        }
    }

    // ANCHOR: id-at-login
    /// Opens the session of a login. Its id is new, whatever id the request came with, so that an id planted before the login
    /// is worth nothing after it (session fixation).
    async fn open(&self, request: &HttpRequest, new: NewSession) -> Result<SessionId, ApiError> {
        if self.adopts_ids
            && let Some(brought) = self.id(request)
            && self
                .sessions
                .dangerously_create_as(&brought, new.clone())
                .await?
        {
            return Ok(brought);
        }
        Ok(self.sessions.create(new).await?)
    }
    // ANCHOR_END: id-at-login

    /// What the request carries of a session, whether it opens one or not.
    fn ticket(&self, request: &HttpRequest) -> Option<String> {
        match self.transport {
            Transport::Cookie => adapter::brought(request),
            Transport::Header => bearer(request).map(str::to_owned),
        }
    }

    /// The id that the request carries, whether it opens a session or not. None where sessions have no rows.
    fn id(&self, request: &HttpRequest) -> Option<SessionId> {
        SessionId::from_text(&self.ticket(request)?)
    }

    /// The session that the request opens.
    async fn live(&self, request: &HttpRequest) -> Result<Live, ApiError> {
        let Some(ticket) = self.ticket(request) else {
            return Err(ApiError::Unauthenticated(self.challenge()));
        };
        let refused = match self.transport {
            Transport::Cookie => Challenge::Cookie,
            Transport::Header => Challenge::InvalidBearer,
        };
        let live = self.tickets.read(&ticket).await?;
        live.ok_or(ApiError::Unauthenticated(refused))
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    request
        .headers()
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

fn device(request: &HttpRequest) -> String {
    let agent = request
        .headers()
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    agent.chars().take(DEVICE_LIMIT).collect()
}

#[async_trait(?Send)]
impl Authentication for SessionAuthentication {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Principal, ApiError> {
        let live = self.live(request).await?;
        Ok(Principal {
            user_id: live.user_id,
            username: live.username,
            role: live.role,
            credential: Credential::Session {
                public_id: live.public_id,
            },
            expires_at: live.expires_at,
        })
    }

    fn challenge(&self) -> Challenge {
        match self.transport {
            Transport::Cookie => Challenge::Cookie,
            Transport::Header => Challenge::Bearer,
        }
    }

    async fn log_in(&self, request: &HttpRequest, user: &User) -> Result<LoggedIn, ApiError> {
        // Whoever was logged in here is not any more.
        if let Some(previous) = self.id(request) {
            self.sessions.delete(&previous).await?;
        }
        let new = NewSession {
            user_id: user.id,
            username: user.username.clone(),
            role: user.role,
            device: device(request),
        };
        let id = self.open(request, new.clone()).await?;
        let ticket = self.tickets.write(&id, new);
        let ticket = ticket.map_err(ApiError::internal)?;
        let login_id = id.public_id();
        let mut body = json!({ "id": user.id.0, "username": user.username, "role": user.role });
        match self.transport {
            Transport::Cookie => issue(&request.get_session(), &ticket)?,
            Transport::Header => {
                body["access_token"] = ticket.into();
                body["token_type"] = "Bearer".into();
            }
        }
        Ok(LoggedIn {
            response: HttpResponse::Ok().json(body),
            login_id,
        })
    }

    async fn renew(&self, request: &HttpRequest, _: &Principal) -> Result<(), ApiError> {
        // A header's id stays: the answer has nowhere to put a new one that every client would look at.
        if self.transport == Transport::Cookie
            && let Some(old) = self.id(request)
            // `None`: the session was ended meanwhile, and stays so.
            && let Some(new) = self.sessions.renew(&old).await?
        {
            issue(&request.get_session(), new.expose())?;
        }
        Ok(())
    }

    async fn logins_of(&self, user: UserId) -> Result<Vec<Login>, StoreError> {
        let rows = self.sessions.list_of(user).await?;
        Ok(rows
            .into_iter()
            .map(|row| Login {
                id: row.public_id,
                device: row.device,
                created_at: row.created_at.to_rfc3339(),
                last_seen_at: row.seen_at.to_rfc3339(),
                expires_at: row.expires_at.min(row.idle_expires_at).to_rfc3339(),
                current: false,
            })
            .collect())
    }

    async fn end_one_of(&self, user: UserId, id: &str) -> Result<bool, StoreError> {
        self.sessions.delete_one_of(user, id).await
    }

    async fn end_all_of(&self, user: UserId, _: EndedBecause) -> Result<u64, StoreError> {
        self.sessions.delete_all_of(user, None).await
    }

    async fn end_others(
        &self,
        request: &HttpRequest,
        principal: &Principal,
        _: EndedBecause,
    ) -> Result<u64, ApiError> {
        let own = self.id(request);
        let ended = self.sessions.delete_all_of(principal.user_id, own.as_ref());
        Ok(ended.await?)
    }

    async fn end_current(&self, request: &HttpRequest) -> Result<(), ApiError> {
        if let Some(id) = self.id(request) {
            // Whether there was a row does not matter: it may have been renewed since the cookie was sent, and the store follows the
            // old id to the new one. Where the store is gone, the cookie stays, so that the logout can be asked for again.
            self.sessions.delete(&id).await?;
        }
        if self.transport == Transport::Cookie {
            request.get_session().purge();
        }
        Ok(())
    }

    async fn role_changed(&self, user: UserId, role: Role) -> Result<(), StoreError> {
        self.sessions.set_role_of(user, role).await
    }
}
