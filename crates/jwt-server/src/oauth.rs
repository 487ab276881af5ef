//! The endpoints of OAuth 2.0 that a first-party application needs: refresh, revoke, introspect; and logout.

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use bank::{
    ApiError, Authentication, CsrfDefence, Problem, Transport, logged_out, refuse_other_origins,
};
use serde::Deserialize;
use serde_json::json;
use token_core::refresh::{FamilyId, Presented, RevocationReason};
use token_core::secret::SecretString;
use user_store::users::UserId;
use utoipa::OpenApi;

use crate::authentication::{JwtAuthentication, TokenAnswer};
use crate::dpop::NotProven;

/// The name by which a resource server introduces itself to `/introspect`.
const INTROSPECTION_CLIENT: &str = "introspection";

/// The JWT server's own routes.
#[derive(OpenApi)]
#[openapi(paths(log_in, token, revoke, introspect, log_out))]
pub(crate) struct JwtApi;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::FormConfig::default().limit(16 * 1024).error_handler(|_, _| {
            actix_web::error::InternalError::from_response(
                "not the form that this endpoint reads",
                refuse("invalid_request", "Send application/x-www-form-urlencoded with the parameters of this endpoint."),
            )
            .into()
        }))
        .service(bank::resource("/token", "POST").route(web::post().to(token)))
        .service(bank::resource("/revoke", "POST").route(web::post().to(revoke)))
        .service(bank::resource("/introspect", "POST").route(web::post().to(introspect)))
        .service(bank::resource("/logout", "POST").route(web::post().to(log_out)));
}

/// An error of RFC 6749 §5.2.
fn refuse(error: &'static str, description: &'static str) -> HttpResponse {
    HttpResponse::build(StatusCode::BAD_REQUEST)
        .json(json!({ "error": error, "error_description": description }))
}

/// Checks the password and issues an access token and a refresh token, both bound to the key of the DPoP proof if one comes along.
#[utoipa::path(post, path = "/login", tag = "logins", request_body = bank::LoginRequest,
    params(("DPoP" = Option<String>, Header, description = "A proof of the key to bind the tokens to (RFC 9449)")), responses(
    (status = 200, body = TokenAnswer),
    (status = 400, description = "The DPoP proof does not fit, or is needed and missing", body = Problem),
    (status = 401, description = "The username or the password is wrong", body = Problem),
    (status = 429, description = "Too many failed logins; see Retry-After", body = Problem),
    (status = 503, description = "Too many logins at once", body = Problem)))]
#[expect(
    dead_code,
    reason = "describes the shared route in the words of this server"
)]
async fn log_in() {}

#[derive(Deserialize, utoipa::ToSchema)]
struct TokenRequest {
    /// `refresh_token`, the only grant.
    grant_type: String,
    /// As issued last.
    #[serde(default)]
    #[schema(value_type = String)]
    refresh_token: Option<SecretString>,
}

/// Takes a refresh token and gives the next pair (RFC 6749 §6). Each refresh token works once; using one that was used
/// before ends the login. One of a login that was made with a DPoP proof needs a proof of the same key (RFC 9449 §5).
#[utoipa::path(post, path = "/token", tag = "oauth",
    params(("DPoP" = Option<String>, Header, description = "A proof of the key that the login was made with (RFC 9449)")),
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = TokenAnswer),
    (status = 400, description = "`invalid_grant`, `invalid_request`, `unsupported_grant_type` (RFC 6749 §5.2) or `invalid_dpop_proof` (RFC 9449 §5)"),
    (status = 503, description = "The store cannot be reached", body = Problem)))]
async fn token(
    server: web::Data<JwtAuthentication>,
    request: HttpRequest,
    form: web::Form<TokenRequest>,
) -> Result<HttpResponse, ApiError> {
    let form = form.into_inner();
    if server.config.transport == Transport::Cookie
        && server.config.http.csrf == CsrfDefence::Origin
    {
        // The answer sets a cookie: with a refresh token of theirs, another page would log its visitor in as somebody else.
        refuse_other_origins(&request, &server.config.http)?;
    }
    if form.grant_type != "refresh_token" {
        return Ok(refuse(
            "unsupported_grant_type",
            "The only grant_type is refresh_token; a password goes to POST /login.",
        ));
    }
    let Some(presented) = form.refresh_token else {
        return Ok(refuse("invalid_request", "refresh_token is missing."));
    };
    // One external shape for every reason: the thief and the owner read the same.
    let refused = || {
        Ok(refuse(
            "invalid_grant",
            "The refresh token is not accepted; log in again.",
        ))
    };
    let Ok((family, generation)) = server.refresh_key.open(presented.expose()) else {
        return refused();
    };
    let key = match server.possession.offered(&request, server.clock.now()) {
        Ok(key) => key,
        Err(NotProven::Full) => return Err(NotProven::Full.into()),
        Err(NotProven::Invalid) => {
            return Ok(refuse(
                "invalid_dpop_proof",
                "Send one new proof for this method and this address in the header DPoP.",
            ));
        }
    };
    if server.config.dangerously_reusable_refresh {
        return match server.reuse(family, generation, key).await? {
            Some(answer) => Ok(server.respond(answer)),
            None => refused(),
        };
    }
    let policy = server.config.refresh_policy();
    let presented = server
        .families
        .present_with(family, generation, key, &policy);
    let Some(presentation) = presented.await? else {
        return refused();
    };
    match (presentation.outcome, presentation.user) {
        (Presented::Rotated(family) | Presented::Retried(family), Some(user))
            if user.banned_at.is_none() && server.possession.suffices(&family) =>
        {
            let answer = server.answer(&user, &family)?;
            Ok(server.respond(answer))
        }
        (Presented::Reused(family), _) => {
            tracing::warn!(family = %family.id, "a refresh token was used twice; its family is revoked");
            server.take_back_ended(UserId(family.user_id)).await?;
            refused()
        }
        _ => refused(),
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
struct TokenToRevoke {
    /// A refresh token, or an access token.
    #[schema(value_type = String)]
    token: SecretString,
}

/// Revokes the family of a refresh token (RFC 7009). An unknown token is answered like a known one; an access token
/// is taken back where this server can, and where it cannot the answer says so.
#[utoipa::path(post, path = "/revoke", tag = "oauth",
    request_body(content = TokenToRevoke, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "Revoked, or unknown"),
    (status = 400, description = "`unsupported_token_type`: an access token, with `revocation = none` (RFC 7009 §2.2.1)")))]
async fn revoke(
    server: web::Data<JwtAuthentication>,
    form: web::Form<TokenToRevoke>,
) -> Result<HttpResponse, ApiError> {
    let token = form.into_inner().token;
    if let Ok((family, _)) = server.refresh_key.open(token.expose()) {
        server.end(family).await?;
    } else if let Some(claims) = server.believed(token.expose())
        // A token that is dead already ends nothing more.
        && !server.is_revoked(&claims).await?
        && !server.take_back(&claims).await?
    {
        return Ok(refuse(
            "unsupported_token_type",
            "An access token is believed until it expires; revoke the refresh token, so that no new one follows.",
        ));
    }
    Ok(HttpResponse::Ok().finish())
}

#[derive(Deserialize, utoipa::ToSchema)]
struct TokenToInspect {
    /// An access token or a refresh token.
    #[schema(value_type = String)]
    token: SecretString,
}

/// Tells an authenticated resource server what a token is worth (RFC 7662); of any that is worth nothing, only that.
#[utoipa::path(post, path = "/introspect", tag = "oauth",
    request_body(content = TokenToInspect, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "`active`, and if it is, the claims"),
    (status = 401, description = "HTTP Basic: `introspection` and the secret in the key folder", body = Problem)))]
async fn introspect(
    server: web::Data<JwtAuthentication>,
    request: HttpRequest,
    form: web::Form<TokenToInspect>,
) -> Result<HttpResponse, ApiError> {
    if !may_introspect(&server, &request) {
        return Ok(HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, r#"Basic realm="introspection""#))
            .json(json!({ "error": "invalid_client" })));
    }
    let token = form.into_inner().token;
    let now = server.clock.now();
    if let Some(claims) = server.believed(token.expose()) {
        if server.is_revoked(&claims).await? {
            return Ok(HttpResponse::Ok().json(json!({ "active": false })));
        }
        let mut answer = json!({
            "active": true, "token_type": claims.cnf.map_or("Bearer", |_| "DPoP"), "sub": claims.sub, "username": claims.username,
            "client_id": claims.client_id, "iss": claims.iss, "aud": claims.aud, "exp": claims.exp, "iat": claims.iat,
            "jti": claims.jti,
        });
        // RFC 9449 §6.2: who asks has to demand the proof.
        if let Some(cnf) = claims.cnf {
            answer["cnf"] = json!(cnf);
        }
        return Ok(HttpResponse::Ok().json(answer));
    }
    let policy = server.config.refresh_policy();
    if let Ok((family, generation)) = server.refresh_key.open(token.expose())
        && let Some(record) = server.families.by_id(family).await?
        && record.family.generation == generation
        && record.family.is_live(now, &policy)
    {
        return Ok(HttpResponse::Ok().json(json!({
            "active": true, "token_type": "refresh_token", "sub": record.family.user_id.to_string(),
            "username": record.username, "client_id": server.config.client_id, "exp": record.family.expires_at(&policy),
        })));
    }
    Ok(HttpResponse::Ok().json(json!({ "active": false })))
}

impl JwtAuthentication {
    /// Ends a family whose refresh token was shown; the access token that belongs to it ends as far as this server can end it.
    async fn end(&self, family: FamilyId) -> Result<(), ApiError> {
        let ended = self
            .families
            .revoke(family, RevocationReason::LoggedOut)
            .await?;
        // The refresh token of a login that has ended before ends nothing more: else it could be shown again and again, against
        // the user's other devices.
        if ended && let Some(record) = self.families.by_id(family).await? {
            self.take_back_ended(UserId(record.family.user_id)).await?;
        }
        Ok(())
    }
}

fn may_introspect(server: &JwtAuthentication, request: &HttpRequest) -> bool {
    use base64::Engine as _;
    let given = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| base64::engine::general_purpose::STANDARD.decode(value).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let expected = format!(
        "{INTROSPECTION_CLIENT}:{}",
        server.introspection_secret.expose()
    );
    // SecretString compares in constant time.
    given.is_some_and(|given| SecretString::new(given) == SecretString::new(expected))
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LogOut {
    /// The refresh token of the login; without it, the login that the bearer's access token belongs to.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
}

/// Ends the login: its refresh tokens are worth nothing from now on, and its access token neither, unless `revocation` is `none`:
/// then that lives until it expires.
#[utoipa::path(post, path = "/logout", tag = "logins", request_body = LogOut, responses(
    (status = 204, description = "Logged out"), (status = 401, description = "Neither token", body = Problem)))]
async fn log_out(
    server: web::Data<JwtAuthentication>,
    request: HttpRequest,
    body: web::Json<LogOut>,
) -> Result<HttpResponse, ApiError> {
    let family: Option<FamilyId> = body
        .refresh_token
        .as_ref()
        .and_then(|token| server.refresh_key.open(token.expose()).ok())
        .map(|(family, _)| family);
    match family {
        Some(family) => server.end(family).await?,
        None => server.end_current(&request).await?,
    }
    let mut response = logged_out(&server.config.http);
    server.forget(&mut response);
    Ok(response)
}
