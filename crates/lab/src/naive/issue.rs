//! Genuine tokens that a forger starts from.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use bank::ApiError;
use serde::Deserialize;
use serde_json::{Value, json};
use token_core::jwt::jws;
use user_store::step;

use super::keys::{WEAK_SECRET, hmac_signed};
use super::{AUDIENCE, Naive};
use crate::stage::Stage;

/// How long the tokens hold, in seconds.
const LIFETIME: u64 = 15 * 60;

/// Which secret a token is signed with.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Secret {
    /// One that a person thought of.
    DangerouslyWeak,
    /// 32 random bytes.
    Random,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    secret: Secret,
}

/// The claims of one user's token at the naive server.
fn claims(naive: &Naive, sub: &str, username: &str) -> Value {
    let now = naive.clock.now();
    json!({
        "iss": naive.origins.jwt, "aud": AUDIENCE, "sub": sub, "username": username, "iat": now,
        "exp": now.plus(std::time::Duration::from_secs(LIFETIME)),
    })
}

/// A token for mallory, whom the naive server knows as its customer: what she makes of it is the lesson.
pub(super) async fn by_secret(
    naive: Data<Naive>,
    stage: Data<Stage>,
    request: HttpRequest,
    wanted: Query<Wanted>,
) -> HttpResponse {
    let step = step!(application, compute, "sign a token with HS256");
    let secret = match wanted.secret {
        Secret::DangerouslyWeak => WEAK_SECRET,
        Secret::Random => naive.strong_secret.expose(),
    };
    let header = json!({ "alg": "HS256", "typ": "at+jwt" });
    let claims = claims(&naive, "3", "mallory");
    let token = step.in_scope(|| hmac_signed(&header, &claims, secret));
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    response.json(json!({ "token": token }))
}

/// An ID token for alice, as an OpenID provider hands one to an application beside the access token (OpenID Connect Core §2):
/// signed with the same key, and about her login instead of what its bearer may do.
///
/// *Security*: the bank's key signs it. Its `typ` is `JWT` and it has neither `jti` nor `client_id`, so no verifier of the project takes
/// it for an access token but the one that never asks.
pub(super) async fn id_token(
    naive: Data<Naive>,
    stage: Data<Stage>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let key = naive.ring.signing_key();
    let key = key.ok_or_else(|| ApiError::internal("the key ring cannot sign"))?;
    let step = step!(application, compute, "sign an ID token");
    let claims = claims(&naive, "1", "alice").to_string();
    let token = step
        .in_scope(|| jws::sign(claims.as_bytes(), "JWT", key))
        .map_err(ApiError::internal)?;
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    Ok(response.json(json!({ "id_token": token.expose() })))
}
