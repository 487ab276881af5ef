//! `GET /whoami` on axum: `peer-axum floor|jwt|session --listen ADDR`.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, Router};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

/// 2100-01-01: no run lasts that long.
const NEVER: u64 = 4_102_444_800;
const SECRET: &[u8; 32] = b"only-for-a-benchmark-on-this-box";
const ISSUER: &str = "http://benchmark.localhost";
const AUDIENCE: &str = "bank";

#[derive(Deserialize)]
struct LogIn {
    username: String,
}

#[derive(Serialize)]
struct WhoAmI {
    id: u64,
    username: String,
    role: &'static str,
    authenticated_by: &'static str,
    expires_at: &'static str,
}

fn who(username: String, authenticated_by: &'static str) -> Json<WhoAmI> {
    Json(WhoAmI {
        id: 1,
        username,
        role: "customer",
        authenticated_by,
        expires_at: "2100-01-01T00:00:00Z",
    })
}

/// As many claims as our own tokens have (RFC 9068).
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    jti: String,
    iat: u64,
    exp: u64,
    username: String,
    role: String,
    sid: String,
}

#[derive(Clone)]
struct Keys(Arc<(EncodingKey, DecodingKey, Validation)>);

impl Keys {
    fn new() -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.leeway = 0;
        Self(Arc::new((
            EncodingKey::from_secret(SECRET),
            DecodingKey::from_secret(SECRET),
            validation,
        )))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Claims
where
    Keys: FromRef<S>,
{
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let keys = Keys::from_ref(state);
        let header = parts.headers.get(AUTHORIZATION);
        let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let token = token.ok_or(StatusCode::UNAUTHORIZED)?;
        jsonwebtoken::decode::<Self>(token, &keys.0.1, &keys.0.2)
            .map(|data| data.claims)
            .map_err(|_| StatusCode::UNAUTHORIZED)
    }
}

#[derive(Serialize)]
struct Tokens {
    access_token: String,
}

async fn issue(State(keys): State<Keys>, Json(login): Json<LogIn>) -> Json<Tokens> {
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: "1".to_owned(),
        client_id: "bank-web".to_owned(),
        jti: "00000000000000000000000000000000.0".to_owned(),
        iat: 0,
        exp: NEVER,
        username: login.username,
        role: "customer".to_owned(),
        sid: "00000000000000000000000000000000".to_owned(),
    };
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &keys.0.0);
    Json(Tokens {
        access_token: token.expect("these claims can be signed"),
    })
}

async fn open(session: Session, Json(login): Json<LogIn>) -> Json<WhoAmI> {
    let kept = session.insert("username", &login.username).await;
    kept.expect("memory takes everything");
    who(login.username, "session")
}

async fn of_session(session: Session) -> Result<Json<WhoAmI>, StatusCode> {
    let username = session.get::<String>("username").await.ok().flatten();
    username
        .map(|username| who(username, "session"))
        .ok_or(StatusCode::UNAUTHORIZED)
}

fn app(kind: &str) -> Option<Router> {
    // There is nobody to sign up.
    let users = Router::new().route("/users", post(|| async { StatusCode::CREATED }));
    Some(match kind {
        "floor" => users.route("/whoami", get(|| async { who("benchmark".to_owned(), "session") })),
        "jwt" => {
            let tokens = Router::new()
                .route("/login", post(issue))
                .route("/whoami", get(|claims: Claims| async { who(claims.username, "token--") }));
            users.merge(tokens.with_state(Keys::new()))
        }
        "session" => {
            let layer = SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
            let sessions = Router::new()
                .route("/login", post(open))
                .route("/whoami", get(of_session));
            users.merge(sessions.layer(layer))
        }
        _ => return None,
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = "peer-axum floor|jwt|session --listen ADDR";
    let [kind, listen, address] = arguments.as_slice() else {
        return Err(usage.into());
    };
    let app = app(kind).filter(|_| listen == "--listen").ok_or(usage)?;
    // One thread, as every server of a run has.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        println!("listening on http://{}", listener.local_addr()?);
        axum::serve(listener, app).await
    })?;
    Ok(())
}
