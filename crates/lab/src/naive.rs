//! Verifiers of tokens that are naive in one way each, and an attacker's key set: what the lesson on forgery is played with.
//!
//! Each has a flaw that was found in real servers; everything else it checks as it should, so that a forged token is believed for
//! the flaw's sake alone. Beside them the bank's own verifier is shown the same tokens.
//!
//! # Security
//! They stand on the stage of the token server's origin, in a lab and nowhere else. What they believe opens nothing: the answer
//! is whom they would have taken the bearer for.

mod flaws;
mod issue;
mod keys;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::web::{Data, Query, ServiceConfig, get, route};
use actix_web::{HttpRequest, HttpResponse, web};
use bank::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use token_core::clock::Clock;
use token_core::jwt::KeyRing;
use token_core::secret::{SecretBytes, random_bytes};
use tracing::Instrument as _;
use user_store::step;

use crate::LabError;
use crate::origins::Origins;
use crate::stage::Stage;
use flaws::Flaw;
use keys::KeyFiles;

/// How long the attacker's server may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The audience that the bank's tokens are for.
const AUDIENCE: &str = "bank";

/// What the verifiers work with.
#[derive(Debug)]
pub(crate) struct Naive {
    origins: Origins,
    clock: Arc<dyn Clock>,
    /// The bank's own keys: a token that is signed with another is a forgery.
    ring: Arc<KeyRing>,
    /// Its public key as a file has it, where the algorithm has one.
    public_pem: Option<String>,
    /// As long as it should be, and random.
    strong_secret: SecretBytes,
    files: KeyFiles,
    /// Follows no redirect, so that an address which was looked at is the one that is asked.
    client: reqwest::Client,
}

impl Naive {
    /// The verifiers of a lab. Their own keys live in a folder of their own in `data`, and in memory.
    pub(crate) fn new(
        origins: Origins,
        clock: Arc<dyn Clock>,
        ring: Arc<KeyRing>,
        data: &Path,
    ) -> Result<Self, LabError> {
        let folder = data.join("naive");
        let files = KeyFiles::make(&folder).map_err(|source| LabError::Data {
            path: folder,
            source,
        })?;
        let client = reqwest::Client::builder()
            .user_agent("svt-naive (a verifier that follows jku)")
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self {
            origins,
            clock,
            public_pem: keys::public_pem(&ring),
            ring,
            strong_secret: SecretBytes::new(random_bytes::<32>().to_vec()),
            files,
            client,
        })
    }
}

/// Mounts the routes: the verifiers where the bank's own is, the key set where the attacker is, and nothing elsewhere.
pub(crate) fn routes(config: &mut ServiceConfig, role: &str) {
    let scope = web::scope("/naive");
    match role {
        "jwt" => config.service(
            scope
                .route("/me", route().to(me))
                .route("/issue", get().to(issue::by_secret))
                .route("/id-token", get().to(issue::id_token))
                .route("/public/robots.txt", get().to(public_file)),
        ),
        "evil" => config.service(scope.route("/jwks", get().to(jwks))),
        _ => config,
    };
}

#[derive(Deserialize)]
struct Asked {
    flaw: Flaw,
}

/// Whom a verifier with this flaw takes the bearer for, and why for nobody: this is a lesson and no API.
async fn me(
    naive: Data<Naive>,
    stage: Data<Stage>,
    request: HttpRequest,
    asked: Query<Asked>,
) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let Some(token) = token else {
        return response.json(json!({ "believed": false, "reason": "no token" }));
    };
    let step = step!(authentication, compute, "check the token, naively");
    let verified = naive
        .verify(asked.flaw, token, run_of(&request))
        .instrument(step.clone())
        .await;
    match verified {
        Ok(user) => {
            step.record("result", user.as_str());
            response.json(json!({ "believed": true, "user": user }))
        }
        Err(refused) => {
            let reason = refused.to_string();
            step.record("result", reason.as_str());
            response.json(json!({ "believed": false, "reason": reason }))
        }
    }
}

/// The run that a request belongs to: what the verifier fetches for its sake belongs to it as well.
fn run_of(request: &HttpRequest) -> Option<&str> {
    let mut pairs = request.query_string().split('&');
    pairs.find_map(|pair| pair.strip_prefix("run="))
}

/// A file that the naive server shows to everybody; that it lies beside its keys is nobody's secret.
async fn public_file(stage: Data<Stage>, request: HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    response
        .content_type("text/plain; charset=utf-8")
        .body(keys::PUBLIC_FILE)
}

#[derive(Deserialize)]
struct Keys {
    /// A public JWK, base64url.
    jwk: String,
}

/// The attacker's key set: whatever key its address holds.
async fn jwks(
    stage: Data<Stage>,
    request: HttpRequest,
    keys: Query<Keys>,
) -> Result<HttpResponse, ApiError> {
    let jwk = URL_SAFE_NO_PAD.decode(&keys.jwk).unwrap_or_default();
    let jwk: Value = serde_json::from_slice(&jwk)
        .map_err(|_| ApiError::Invalid("jwk is a JWK, base64url.".to_owned()))?;
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    response.insert_header((
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    ));
    Ok(response.json(json!({ "keys": [jwk] })))
}
