//! What the server publishes of itself: its public keys (RFC 7517) and its endpoints (RFC 8414).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use token_core::jwt::SignatureAlgorithm;
use token_core::jwt::dpop::ALGORITHMS;

use crate::authentication::JwtAuthentication;
use crate::config::JwtConfig;
use crate::dpop;

/// How long a verifier may keep the keys: shorter than any overlap at a rotation.
const CACHE: &str = "public, max-age=300";

/// The endpoints of this server, built once.
#[derive(Debug)]
pub(crate) struct Metadata(Value);

pub(crate) fn document(config: &JwtConfig) -> Metadata {
    let issuer = config.issuer.trim_end_matches('/');
    let mut metadata = json!({
        // Identical to the `iss` claim, or a client must not use the document (RFC 8414 §3.3).
        "issuer": config.issuer,
        "token_endpoint": format!("{issuer}/token"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "introspection_endpoint": format!("{issuer}/introspect"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "grant_types_supported": ["refresh_token"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
    });
    // RFC 9449 §5.1: whoever finds no list shall send no proofs.
    if dpop::is_spoken(config) {
        let names = ALGORITHMS.map(SignatureAlgorithm::as_str);
        metadata["dpop_signing_alg_values_supported"] = json!(names);
    }
    Metadata(metadata)
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(bank::resource("/.well-known/jwks.json", "GET").route(web::get().to(jwks)))
        .service(
            bank::resource("/.well-known/oauth-authorization-server", "GET")
                .route(web::get().to(metadata)),
        );
}

async fn jwks(server: web::Data<JwtAuthentication>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, CACHE))
        .json(&server.keyring.current().jwks)
}

async fn metadata(document: web::Data<Metadata>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, CACHE))
        .json(&document.0)
}
