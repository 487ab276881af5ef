//! The third-party service: it knows nobody's password and has no table of users, and still has to know who asks.
//!
//! A signed token it checks by itself, under the bank's public keys, which it fetches once. Anything else is a name for
//! something that only the bank knows, and the bank has to be asked each time.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HOST, USER_AGENT};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use token_core::clock::Clock;
use token_core::jwt::{KeyRing, Verifier, VerifierConfig};
use tracing::{Instrument, Span};
use user_store::step;

use crate::origins::{Origins, host_of};
use crate::stage::Stage;

/// How long the bank may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// How the partner names itself to the bank, whose record tells its requests from the browser's by it.
const CLIENT: &str = "svt-partner (a third party)";

/// What the service works with.
#[derive(Debug)]
pub(crate) struct Partner {
    origins: Origins,
    clock: Arc<dyn Clock>,
    client: reqwest::Client,
    /// The bank's public keys, once they were fetched. Read by every call, written by the first.
    keys: RwLock<Option<Arc<KeyRing>>>,
}

/// Why a caller was not recognised.
#[derive(Debug, thiserror::Error)]
enum Unknown {
    #[error("no credential")]
    NoCredential,
    #[error("the credential is not accepted: {0}")]
    Refused(String),
    #[error("the bank does not answer")]
    BankAway,
}

impl Partner {
    pub(crate) fn new(origins: Origins, clock: Arc<dyn Clock>, client: reqwest::Client) -> Self {
        Self {
            origins,
            clock,
            client,
            keys: RwLock::default(),
        }
    }

    /// Asks one of the bank's servers, by address, with the name in `Host`, in the run of whoever caused it.
    async fn ask(
        &self,
        origin: &str,
        path: &str,
        bearer: Option<&str>,
        run: Option<&str>,
    ) -> Result<(StatusCode, Value), Unknown> {
        let host = host_of(origin);
        let port = host.rsplit(':').next().unwrap_or_default();
        let mut request = self
            .client
            .get(format!("http://127.0.0.1:{port}{path}"))
            .query(&run.map(|run| [("run", run)]))
            .header(HOST.as_str(), host)
            .header(USER_AGENT.as_str(), CLIENT)
            .timeout(PATIENCE);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        let answer = request.send().await.map_err(|_| Unknown::BankAway)?;
        let status =
            StatusCode::from_u16(answer.status().as_u16()).map_err(|_| Unknown::BankAway)?;
        Ok((status, answer.json().await.unwrap_or_default()))
    }

    fn cached_keys(&self) -> Option<Arc<KeyRing>> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The bank's public keys: fetched at the first call, and no secret.
    async fn public_keys(&self, run: Option<&str>) -> Result<Arc<KeyRing>, Unknown> {
        if let Some(keys) = self.cached_keys() {
            return Ok(keys);
        }
        let step = step!(authentication, read, "fetch public keys at the bank");
        let jwks = self
            .ask(&self.origins.jwt, "/.well-known/jwks.json", None, run)
            .instrument(step.clone())
            .await?
            .1;
        let keys = KeyRing::from_jwks(&jwks.to_string())
            .map_err(|error| Unknown::Refused(error.to_string()))?;
        step.record("result", "kept from now on");
        let keys = Arc::new(keys);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
        Ok(keys)
    }

    /// Who a signed token says that its bearer is.
    async fn by_token(&self, token: &str, run: Option<&str>) -> Result<String, Unknown> {
        let keys = self.public_keys(run).await?;
        let step = step!(authentication, compute, "check signature and claims");
        let config = VerifierConfig {
            issuer: self.origins.jwt.clone(),
            audience: "bank".to_owned(),
            leeway: Duration::ZERO,
        };
        let verifier =
            Verifier::new(keys, config).map_err(|error| Unknown::Refused(error.to_string()))?;
        let verified = step.in_scope(|| verifier.verify(token, self.clock.now()));
        let claims = verified.map_err(|error| refused(&step, error.to_string()))?;
        if claims.cnf.is_some() {
            // RFC 9449 §7.1: whoever asks for no proof must not take such a token for a bearer token.
            return Err(refused(&step, "bound to a key".to_owned()));
        }
        step.record("result", claims.username.as_str());
        Ok(claims.username)
    }

    /// Who a session id stands for; the bank alone can say.
    async fn by_asking(&self, id: &str, run: Option<&str>) -> Result<String, Unknown> {
        let step = step!(authentication, read, "ask the bank who that is");
        let asked = self
            .ask(&self.origins.session, "/whoami", Some(id), run)
            .instrument(step.clone())
            .await;
        match asked {
            Ok((StatusCode::OK, who)) => {
                let name = who["username"].as_str().unwrap_or_default().to_owned();
                step.record("result", name.as_str());
                Ok(name)
            }
            Ok((status, _)) => Err(refused(&step, status.to_string())),
            Err(error) => Err(error),
        }
    }

    async fn who(&self, request: &HttpRequest) -> Result<String, Unknown> {
        let run = run_of(request);
        match bearer(request) {
            None => Err(Unknown::NoCredential),
            Some(token) if token.split('.').count() == 3 => self.by_token(token, run).await,
            Some(id) => self.by_asking(id, run).await,
        }
    }
}

fn refused(step: &Span, why: String) -> Unknown {
    step.record("result", why.as_str());
    Unknown::Refused(why)
}

/// Mounts the service.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/offers", web::route().to(offers))
        .route("/offers/forget", web::route().to(forget))
        .route("/offers/abuse", web::route().to(abuse));
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    request
        .headers()
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

/// The run that a request belongs to: what the partner asks for its sake belongs to it as well.
fn run_of(request: &HttpRequest) -> Option<&str> {
    let mut pairs = request.query_string().split('&');
    pairs.find_map(|pair| pair.strip_prefix("run="))
}

/// Offers for whoever asks, by name.
async fn offers(partner: Data<Partner>, stage: Data<Stage>, request: HttpRequest) -> HttpResponse {
    let who = if request.method() == actix_web::http::Method::OPTIONS {
        Err(Unknown::NoCredential)
    } else {
        partner.who(&request).await
    };
    let (status, body) = match who {
        Ok(name) => (StatusCode::OK, json!({ "for": name, "offer": "2 % off" })),
        Err(_) if request.method() == actix_web::http::Method::OPTIONS => {
            (StatusCode::OK, json!({}))
        }
        Err(Unknown::BankAway) => (
            StatusCode::SERVICE_UNAVAILABLE,
            json!({ "title": Unknown::BankAway.to_string() }),
        ),
        Err(error) => (
            StatusCode::UNAUTHORIZED,
            json!({ "title": error.to_string() }),
        ),
    };
    let mut response = HttpResponse::build(status);
    stage.for_the_app(&request, &mut response);
    response.json(body)
}

/// Forgets the public keys, so that a lesson can begin anew.
async fn forget(partner: Data<Partner>, stage: Data<Stage>, request: HttpRequest) -> HttpResponse {
    *partner.keys.write().unwrap_or_else(PoisonError::into_inner) = None;
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    response.json(json!({}))
}

/// What a partner can do that is handed a credential of the bank: be you, at the bank.
async fn abuse(partner: Data<Partner>, stage: Data<Stage>, request: HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    let Some(credential) = bearer(&request) else {
        return response.json(json!({}));
    };
    let origin = if credential.split('.').count() == 3 {
        &partner.origins.jwt
    } else {
        &partner.origins.session
    };
    let step = step!(application, read, "read the balance at the bank, as you");
    let asked = partner
        .ask(origin, "/me", Some(credential), run_of(&request))
        .instrument(step.clone())
        .await;
    let (status, me) = asked.unwrap_or((StatusCode::SERVICE_UNAVAILABLE, Value::Null));
    step.record("result", status.as_str());
    response.json(json!({ "bank_says": status.as_u16(), "balance_minor": me["balance_minor"] }))
}
