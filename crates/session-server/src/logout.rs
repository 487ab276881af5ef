//! The route that only a session server has in this form.

use actix_web::{HttpRequest, HttpResponse, web};
use bank::{ApiError, Bank, HttpConfig, Problem, logged_out};
use utoipa::OpenApi;

/// The session server's own routes.
#[derive(OpenApi)]
#[openapi(paths(log_in, log_out))]
pub(crate) struct SessionApi;

/// Checks the password, creates a session under a new id, and sets the cookie.
#[utoipa::path(post, path = "/login", tag = "logins", request_body = bank::LoginRequest, responses(
    (status = 200, description = "Logged in; Set-Cookie carries the session id"),
    (status = 401, description = "The username or the password is wrong", body = Problem),
    (status = 429, description = "Too many failed logins; see Retry-After", body = Problem),
    (status = 503, description = "Too many logins at once", body = Problem)))]
#[expect(
    dead_code,
    reason = "describes the shared route in the words of this server"
)]
async fn log_in() {}

/// Ends the session of the request, at once and for every copy of its cookie. Without a session it does nothing.
#[utoipa::path(post, path = "/logout", tag = "logins", responses(
    (status = 204, description = "Logged out")))]
pub(crate) async fn log_out(
    bank: web::Data<Bank>,
    config: web::Data<HttpConfig>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    bank.authentication.end_current(&request).await?;
    Ok(logged_out(&config))
}
