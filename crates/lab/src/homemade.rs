//! The notes' homemade token, `uid.time.signature`, issued and verified at every origin that knows the key.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Data, Query, ServiceConfig, get, route};
use actix_web::{HttpRequest, HttpResponse, web};
use bank::ApiError;
use serde::Deserialize;
use serde_json::json;
use token_core::clock::Clock;
use token_core::secret::{SecretBytes, random_bytes};
use token_core::simple::SimpleTokens;
use user_store::step;

use crate::stage::Stage;

/// How old a token may be.
const MAX_AGE: Duration = Duration::from_secs(15 * 60);

/// The key and the clock of a lab. The key is new at each start: nothing is kept that these tokens would open.
#[derive(Debug)]
pub(crate) struct Homemade {
    tokens: SimpleTokens,
    clock: Arc<dyn Clock>,
}

impl Homemade {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Result<Self, token_core::simple::ShortKey> {
        let key = SecretBytes::new(random_bytes::<32>().to_vec());
        Ok(Self {
            tokens: SimpleTokens::new(&key)?,
            clock,
        })
    }
}

/// Mounts the two routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("/simple")
            .route("/issue", get().to(issue))
            .route("/verify", route().to(verify)),
    );
}

#[derive(Deserialize)]
struct Whom {
    user: i64,
}

/// A token for whatever user is asked for: who may have it is the login's to decide, and not what is shown here.
async fn issue(
    homemade: Data<Homemade>,
    stage: Data<Stage>,
    request: HttpRequest,
    whom: Query<Whom>,
) -> HttpResponse {
    let step = step!(application, compute, "sign uid.time");
    let token = step.in_scope(|| homemade.tokens.issue(whom.user, homemade.clock.now()));
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    response.json(json!({ "token": token.expose() }))
}

/// Whether the bearer token is believed here, and exactly why not: this is a lesson and no API.
async fn verify(
    homemade: Data<Homemade>,
    stage: Data<Stage>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let Some(token) = token else {
        return Ok(response.json(json!({ "believed": false, "reason": "no token" })));
    };
    let step = step!(authentication, compute, "check uid.time.signature");
    let now = homemade.clock.now();
    let verified = step.in_scope(|| homemade.tokens.verify(token, now, MAX_AGE));
    Ok(match verified {
        Ok(claims) => {
            step.record("result", format!("user {}", claims.user_id).as_str());
            response.json(json!({ "believed": true, "user": claims.user_id, "issued_at": claims.issued_at.to_rfc3339() }))
        }
        Err(error) => {
            step.record("result", error.to_string().as_str());
            response.json(json!({ "believed": false, "reason": error.to_string() }))
        }
    })
}
