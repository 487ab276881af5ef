//! Logging in, and the list of one's logins.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use token_core::secret::SecretString;

use super::Bank;
use crate::authentication::{EndedBecause, Login, Principal};
use crate::credentials::check_password;
use crate::http::{CsrfCookie, Metrics, issue_csrf_token};
use crate::problem::{ApiError, Problem};

/// The body of `POST /login`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// As signed up.
    #[schema(example = "alice")]
    pub username: String,
    /// As signed up.
    #[schema(value_type = String, example = "white-rabbit-1865")]
    pub password: SecretString,
}

impl std::fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginRequest")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Checks the password and issues the server's credential. First-party only: never `grant_type=password`.
pub(super) async fn log_in(
    bank: web::Data<Bank>,
    metrics: web::Data<Metrics>,
    request: HttpRequest,
    body: web::Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    let answer = try_log_in(&bank, &request, body.into_inner()).await;
    metrics.count_login(match &answer {
        Ok(_) => "accepted",
        Err(ApiError::LoginFailed(_) | ApiError::InvalidDpopProof) => "refused",
        Err(ApiError::Throttled { .. }) => "throttled",
        Err(_) => "shed",
    });
    answer
}

async fn try_log_in(
    bank: &Bank,
    request: &HttpRequest,
    login: LoginRequest,
) -> Result<HttpResponse, ApiError> {
    let refused = || ApiError::LoginFailed(bank.authentication.challenge());
    let checked = check_password(bank, request, &login.username, login.password)
        .await?
        .ok_or_else(refused)?;
    let logged_in = bank.authentication.log_in(request, &checked.user).await?;
    if checked.still_stands(bank).await? {
        return Ok(logged_in.response);
    }
    bank.authentication
        .end_one_of(checked.user.id, &logged_in.login_id)
        .await?;
    Err(refused())
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CsrfToken {
    /// For the header `X-CSRF-Token` of every request that changes something, as long as this login lasts.
    csrf_token: String,
}

/// The token that `http.csrf = "token"` demands. A new login, a renewed session and a refreshed cookie have another one.
#[utoipa::path(get, path = "/csrf-token", tag = "logins", responses(
    (status = 200, body = CsrfToken),
    (status = 401, description = "Not logged in", body = Problem),
    (status = 404, description = "The credential travels in a header, so none is demanded", body = Problem)))]
pub(super) async fn csrf_token(
    _: Principal,
    cookie: web::Data<CsrfCookie>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let token = issue_csrf_token(&cookie, &request)?;
    Ok(HttpResponse::Ok().json(CsrfToken {
        csrf_token: token.expose().to_owned(),
    }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Logins {
    /// Newest first.
    sessions: Vec<Login>,
}

/// The caller's logins, with device and times: sessions on the session server, refresh-token families on the JWT server.
#[utoipa::path(get, path = "/sessions", tag = "logins", responses(
    (status = 200, body = Logins), (status = 401, description = "Not logged in", body = Problem)))]
pub(super) async fn list(
    bank: web::Data<Bank>,
    principal: Principal,
) -> Result<HttpResponse, ApiError> {
    let mut sessions = bank.authentication.logins_of(principal.user_id).await?;
    for login in &mut sessions {
        login.current = login.id == principal.credential.login_id();
    }
    Ok(HttpResponse::Ok().json(Logins { sessions }))
}

/// Ends one of the caller's logins, and its access token as far as this server takes them back.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "logins", params(("id" = String, Path, description = "From GET /sessions")),
    responses(
    (status = 204, description = "Ended"),
    (status = 401, description = "Not logged in", body = Problem),
    (status = 404, description = "The caller has no such login", body = Problem)))]
pub(super) async fn end_one(
    bank: web::Data<Bank>,
    principal: Principal,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    if bank
        .authentication
        .end_one_of(principal.user_id, &id)
        .await?
    {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ApiError::NotFound(
            "You have no login of this id; GET /sessions lists them.",
        ))
    }
}

/// Ends all of the caller's logins, this one included.
#[utoipa::path(delete, path = "/sessions", tag = "logins", responses(
    (status = 204, description = "Ended"), (status = 401, description = "Not logged in", body = Problem)))]
pub(super) async fn end_all(
    bank: web::Data<Bank>,
    principal: Principal,
) -> Result<HttpResponse, ApiError> {
    bank.authentication
        .end_all_of(principal.user_id, EndedBecause::LoggedOut)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
