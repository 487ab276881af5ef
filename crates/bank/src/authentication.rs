//! Who is asking, and the one interface by which a server answers that question.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use async_trait::async_trait;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use token_core::clock::UnixSeconds;
use user_store::StoreError;
use user_store::users::{Role, User, UserId};

use crate::problem::{ApiError, Challenge};
use crate::routes::Bank;

/// The authenticated caller: what a credential proved, and nothing read from anywhere else.
///
/// A handler that takes a `Principal` answers 401 before it runs when there is none.
///
/// # Security
/// With a session, `role` is as fresh as the store. With a token it is as old as the token: a demoted administrator stays
/// one until `expires_at`.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The user.
    pub user_id: UserId,
    /// The user's name.
    pub username: String,
    /// What the user may do.
    pub role: Role,
    /// By what it was proved.
    pub credential: Credential,
    /// When the credential ends by itself at the latest.
    pub expires_at: UnixSeconds,
}

/// What proved a [`Principal`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A row on the server, by its public id.
    Session {
        /// Names the row in `GET /sessions`; worthless as a credential.
        public_id: String,
    },
    /// A signed statement.
    Token {
        /// The `jti` claim.
        jti: String,
        /// The `sid` claim: the refresh-token family that it was issued with.
        family: String,
    },
}

impl Credential {
    /// `session` or `token`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Session { .. } => "session",
            Self::Token { .. } => "token",
        }
    }

    /// The id of this login in `GET /sessions`.
    #[must_use]
    pub fn login_id(&self) -> &str {
        match self {
            Self::Session { public_id } => public_id,
            Self::Token { family, .. } => family,
        }
    }
}

/// Why logins of a user end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBecause {
    /// The user asked for it.
    LoggedOut,
    /// The password was changed.
    PasswordChanged,
    /// An administrator closed the account.
    Banned,
}

/// One login of a user, as `GET /sessions` lists it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Login {
    /// Names the login in `DELETE /sessions/{id}`; worthless as a credential.
    pub id: String,
    /// The `User-Agent` that logged in.
    pub device: String,
    /// When (RFC 3339).
    pub created_at: String,
    /// When it was last used, to the minute for a session; when it was last refreshed for a token (RFC 3339).
    pub last_seen_at: String,
    /// When it ends by itself if it is used no more (RFC 3339).
    pub expires_at: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// A login that has just been stored.
#[derive(Debug)]
pub struct LoggedIn {
    /// The answer that carries the credential.
    pub response: HttpResponse,
    /// The id of the login, by which it can be ended.
    pub login_id: String,
}

/// The difference between the two servers.
#[async_trait(?Send)]
pub trait Authentication: Send + Sync + 'static {
    /// The caller of `request`.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] for any credential that is missing or not accepted, whatever the reason.
    async fn authenticate(&self, request: &HttpRequest) -> Result<Principal, ApiError>;

    /// What a failed login is answered with.
    fn challenge(&self) -> Challenge;

    /// Proves `user`, whose password was just checked, from now on: stores the login and answers with the credential.
    async fn log_in(&self, request: &HttpRequest, user: &User) -> Result<LoggedIn, ApiError>;

    /// Gives the caller a new credential in the old one's place, where the old one can be replaced.
    async fn renew(&self, request: &HttpRequest, principal: &Principal) -> Result<(), ApiError>;

    /// The logins of a user.
    async fn logins_of(&self, user: UserId) -> Result<Vec<Login>, StoreError>;

    /// Ends one login of a user; `false` when there is none of that id.
    async fn end_one_of(&self, user: UserId, id: &str) -> Result<bool, StoreError>;

    /// Ends the login that the request's credential stands for, or once stood for: a session that was renewed meanwhile
    /// ends too.
    async fn end_current(&self, request: &HttpRequest) -> Result<(), ApiError>;

    /// Ends every login of a user; how many there were.
    async fn end_all_of(&self, user: UserId, because: EndedBecause) -> Result<u64, StoreError>;

    /// Ends every login of the caller but the one that asks; how many there were.
    async fn end_others(
        &self,
        request: &HttpRequest,
        principal: &Principal,
        because: EndedBecause,
    ) -> Result<u64, ApiError>;

    /// The user's role changed: what the server remembers of it must follow.
    async fn role_changed(&self, user: UserId, role: Role) -> Result<(), StoreError>;
}

impl FromRequest for Principal {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let bank = request
                .app_data::<web::Data<Bank>>()
                .ok_or_else(|| ApiError::internal("the application was built without a Bank"))?;
            let authentication = Arc::clone(&bank.authentication);
            authentication.authenticate(&request).await
        })
    }
}
