//! Tokens bound to a key of the client: each use of a stolen one is tried against a bound login, and against an unbound one.

use std::time::Duration;

use jwt_server::{Dpop, JwtConfig};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use token_core::clock::{Clock as _, UnixSeconds};
use token_core::jwt::dpop::access_token_hash;
use token_core::jwt::{Algorithm, SigningKey, jws};

use crate::server::*;

/// Where the server says that it is reached, which is what proofs name; the tests reach it on a free port.
const ISSUER: &str = "http://localhost:8003";

/// A client's key, and what it signs.
struct Holder {
    key: SigningKey,
    made: std::cell::Cell<u32>,
}

impl Holder {
    fn new() -> Self {
        Self {
            key: SigningKey::generate(Algorithm::ES256).unwrap(),
            made: std::cell::Cell::new(0),
        }
    }

    fn proof(&self, method: &str, path: &str, token: Option<&str>, at: UnixSeconds) -> String {
        self.made.set(self.made.get() + 1);
        let jwk = self.key.verification_key().to_public_jwk();
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let mut claims = json!({
            "jti": self.made.get().to_string(), "htm": method, "htu": format!("{ISSUER}{path}"), "iat": at.0,
        });
        if let Some(token) = token {
            claims["ath"] = json!(access_token_hash(token));
        }
        let payload = claims.to_string();
        let proof = jws::sign_with_header(&header, payload.as_bytes(), &self.key);
        proof.unwrap().expose().to_owned()
    }
}

async fn server_that(dpop: Dpop) -> Server {
    server_with(JwtConfig {
        dpop,
        ..JwtConfig::default()
    })
    .await
}

async fn send(request: RequestBuilder) -> (u16, String, Value) {
    let answer: Response = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let challenge = answer.headers().get("www-authenticate");
    let challenge = challenge.map_or("", |value| value.to_str().unwrap());
    let challenge = challenge.to_owned();
    (status, challenge, answer.json().await.unwrap_or_default())
}

impl Server {
    fn login(&self, proof: Option<&str>) -> RequestBuilder {
        let login = json!({ "username": "alice", "password": PASSWORD });
        let request = self
            .client
            .post(format!("{}/login", self.base))
            .json(&login);
        match proof {
            Some(proof) => request.header("DPoP", proof),
            None => request,
        }
    }

    async fn log_in_with(&self, holder: &Holder) -> Pair {
        let proof = holder.proof("POST", "/login", None, self.clock.now());
        let (status, _, body) = send(self.login(Some(&proof))).await;
        assert_eq!(status, 200);
        assert_eq!(body["token_type"], "DPoP");
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Pair {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }

    fn get_me(&self, scheme: &str, token: &str, proof: Option<&str>) -> RequestBuilder {
        let request = self
            .client
            .get(format!("{}/me?run=1", self.base))
            .header("authorization", format!("{scheme} {token}"));
        match proof {
            Some(proof) => request.header("dpop", proof),
            None => request,
        }
    }

    fn refresh_with(&self, token: &str, proof: Option<&str>) -> RequestBuilder {
        let request = self
            .client
            .post(format!("{}/token", self.base))
            .form(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
        match proof {
            Some(proof) => request.header("dpop", proof),
            None => request,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_is_used_and_refreshed_with_its_key() {
    for dpop in [Dpop::Accepted, Dpop::Required] {
        let (server, holder) = (server_that(dpop).await, Holder::new());
        let pair = server.log_in_with(&holder).await;
        let now = server.clock.now();
        let proof = holder.proof("GET", "/me", Some(&pair.access), now);
        let (status, _, body) = send(server.get_me("DPoP", &pair.access, Some(&proof))).await;
        assert_eq!((status, &body["username"]), (200, &json!("alice")));
        let proof = holder.proof("POST", "/token", None, now);
        let (status, _, body) = send(server.refresh_with(&pair.refresh, Some(&proof))).await;
        assert_eq!((status, &body["token_type"]), (200, &json!("DPoP")));
        let jkt = holder.key.verification_key().thumbprint();
        let access = body["access_token"].as_str().unwrap();
        let token = token_core::jwt::decode_unverified(access).unwrap();
        assert_eq!(token.claims["cnf"], json!({ "jkt": jkt }));
    }
}

/// What a thief tries who has copied the tokens and not the key: the statuses of the API, and of the refresh.
async fn stolen(server: &Server, pair: &Pair) -> [(u16, String); 5] {
    let (thief, now) = (Holder::new(), server.clock.now());
    let mut seen = Vec::new();
    let own = thief.proof("GET", "/me", Some(&pair.access), now);
    for request in [
        server.get_me("Bearer", &pair.access, None),
        server.get_me("DPoP", &pair.access, None),
        server.get_me("DPoP", &pair.access, Some(&own)),
    ] {
        let (status, challenge, _) = send(request).await;
        seen.push((status, challenge));
    }
    let own = thief.proof("POST", "/token", None, now);
    for proof in [Some(own.as_str()), None] {
        let (status, _, body) = send(server.refresh_with(&pair.refresh, proof)).await;
        let error = body["error"].as_str().unwrap_or_default();
        seen.push((status, error.to_owned()));
    }
    seen.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_bound_token_is_worth_nothing_without_its_key() {
    let (server, holder) = (server_that(Dpop::Accepted).await, Holder::new());
    let pair = server.log_in_with(&holder).await;
    let [bearer, bare, own, refresh, refresh_bare] = stolen(&server, &pair).await;
    let token = r#"DPoP error="invalid_token", algs="ES256 EdDSA""#;
    let proof = r#"DPoP error="invalid_dpop_proof", algs="ES256 EdDSA""#;
    assert_eq!(bearer, (401, token.to_owned()));
    assert_eq!(bare, (401, proof.to_owned()));
    assert_eq!(own, (401, proof.to_owned()));
    assert_eq!(refresh, (400, "invalid_grant".to_owned()));
    assert_eq!(refresh_bare, (400, "invalid_grant".to_owned()));
    // The thief has not ended the owner's login either.
    let proof = holder.proof("POST", "/token", None, server.clock.now());
    assert_eq!(
        send(server.refresh_with(&pair.refresh, Some(&proof)))
            .await
            .0,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_bearer_token_serves_the_thief_as_it_serves_the_owner() {
    for dpop in [Dpop::Off, Dpop::Accepted] {
        let server = server_that(dpop).await;
        let pair = server.log_in().await;
        let [bearer, _, _, refresh, again] = stolen(&server, &pair).await;
        assert_eq!(bearer.0, 200);
        assert_eq!(
            (refresh.0, again.0),
            (200, 200),
            "and once more, within the grace"
        );
    }
    let server = server_that(Dpop::Off).await;
    let holder = Holder::new();
    let proof = holder.proof("POST", "/login", None, server.clock.now());
    let (status, _, body) = send(server.login(Some(&proof))).await;
    assert_eq!((status, &body["token_type"]), (200, &json!("Bearer")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_proof_works_once_and_for_its_request_alone() {
    let (server, holder) = (server_that(Dpop::Accepted).await, Holder::new());
    let pair = server.log_in_with(&holder).await;
    let now = server.clock.now();
    let me = |proof: String| {
        let request = server.get_me("DPoP", &pair.access, Some(&proof));
        async move { send(request).await.0 }
    };
    let proof = holder.proof("GET", "/me", Some(&pair.access), now);
    assert_eq!(me(proof.clone()).await, 200);
    assert_eq!(me(proof).await, 401);
    let other = server.log_in_with(&holder).await;
    for wrong in [
        holder.proof("POST", "/me", Some(&pair.access), now),
        holder.proof("GET", "/notes", Some(&pair.access), now),
        holder.proof("GET", "/me", Some(&other.access), now),
        holder.proof("GET", "/me", None, now),
    ] {
        assert_eq!(me(wrong).await, 401);
    }
    let two = [(); 2].map(|()| holder.proof("GET", "/me", Some(&pair.access), now));
    let several = server
        .get_me("DPoP", &pair.access, Some(&two[0]))
        .header("dpop", &two[1]);
    assert_eq!(send(several).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_made_in_advance_lives_for_the_window_unless_it_is_dated_for_later() {
    let (server, holder) = (server_that(Dpop::Accepted).await, Holder::new());
    let pair = server.log_in_with(&holder).await;
    let now = server.clock.now();
    let later = now.plus(Duration::from_secs(600));
    let made_now = holder.proof("GET", "/me", Some(&pair.access), now);
    // RFC 9449 §11.2: what runs beside the key may write any `iat`. Nonces would refuse this one.
    let postdated = holder.proof("GET", "/me", Some(&pair.access), later);
    let early = server.get_me("DPoP", &pair.access, Some(&postdated));
    assert_eq!(send(early).await.0, 401);
    server.clock.advance(Duration::from_secs(600));
    for (proof, expected) in [(made_now, 401), (postdated, 200)] {
        let late = server.get_me("DPoP", &pair.access, Some(&proof));
        assert_eq!(send(late).await.0, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_was_signed_ahead_gives_a_token_that_nothing_was_signed_for() {
    let (server, holder) = (server_that(Dpop::Accepted).await, Holder::new());
    let pair = server.log_in_with(&holder).await;
    let later = server.clock.now().plus(Duration::from_secs(3600));
    let renewal = holder.proof("POST", "/token", None, later);
    let spare = holder.proof("GET", "/me", Some(&pair.access), later);
    server.clock.advance(Duration::from_secs(3600));
    let (status, _, body) = send(server.refresh_with(&pair.refresh, Some(&renewal))).await;
    assert_eq!(status, 200);
    let access = body["access_token"].as_str().unwrap();
    let used = server.get_me("DPoP", access, Some(&spare));
    assert_eq!(send(used).await.0, 401);
    // What is left to the thief is to end the login.
    server.clock.advance(Duration::from_secs(10));
    let own = holder.proof("POST", "/token", None, server.clock.now());
    assert_eq!(
        send(server.refresh_with(&pair.refresh, Some(&own))).await.0,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_requires_proofs_takes_no_bearer_token_and_no_login_without_one() {
    let (server, holder) = (server_that(Dpop::Required).await, Holder::new());
    let (status, _, body) = send(server.login(None)).await;
    assert_eq!(
        (status, &body["type"]),
        (400, &json!("/problems/invalid-dpop-proof"))
    );
    let (status, challenge, _) = send(server.client.get(format!("{}/me", server.base))).await;
    assert_eq!(
        (status, challenge.as_str()),
        (401, r#"DPoP algs="ES256 EdDSA""#)
    );
    let pair = server.log_in_with(&holder).await;
    assert_eq!(server.me(&pair.access).await, 401);
    // A login that fails is not remembered as a key.
    let elsewhere = holder.proof("POST", "/token", None, server.clock.now());
    assert_eq!(send(server.login(Some(&elsewhere))).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_knows_no_proofs_goes_on_working_by_default() {
    let server = server().await;
    let first = server.log_in().await;
    assert_eq!(server.me(&first.access).await, 200);
    let second = pair(server.refresh(&first.refresh).await).await;
    // A bearer token does not become more by being called otherwise.
    let holder = Holder::new();
    let proof = holder.proof("GET", "/me", Some(&second.access), server.clock.now());
    let answer = send(server.get_me("DPoP", &second.access, Some(&proof))).await;
    assert_eq!(answer.0, 401);
    // A login stays what it was: a proof at the refresh neither binds it nor hinders it.
    let proof = holder.proof("POST", "/token", None, server.clock.now());
    let (status, _, body) = send(server.refresh_with(&second.refresh, Some(&proof))).await;
    assert_eq!((status, &body["token_type"]), (200, &json!("Bearer")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_and_an_introspection_know_bound_tokens() {
    let (server, holder) = (server_that(Dpop::Accepted).await, Holder::new());
    let pair = server.log_in_with(&holder).await;
    let secret = server.keys.introspection_secret();
    let ask = server
        .client
        .post(format!("{}/introspect", server.base))
        .form(&[("token", &pair.access)])
        .basic_auth("introspection", Some(secret.expose()));
    let (_, _, body) = send(ask).await;
    let jkt = holder.key.verification_key().thumbprint();
    assert_eq!(
        (&body["token_type"], &body["cnf"]["jkt"]),
        (&json!("DPoP"), &json!(jkt))
    );
    let log_out = |proof: Option<String>| {
        let request = server
            .client
            .post(format!("{}/logout", server.base))
            .header("authorization", format!("DPoP {}", pair.access))
            .json(&json!({}));
        match proof {
            Some(proof) => request.header("dpop", proof),
            None => request,
        }
    };
    assert_eq!(send(log_out(None)).await.0, 401);
    let proof = holder.proof("POST", "/logout", Some(&pair.access), server.clock.now());
    assert_eq!(send(log_out(Some(proof))).await.0, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_name_the_algorithms_of_proofs_where_proofs_are_read() {
    let names = |dpop| async move {
        let server = server_that(dpop).await;
        let url = format!("{}/.well-known/oauth-authorization-server", server.base);
        let (_, _, body) = send(server.client.get(url)).await;
        body["dpop_signing_alg_values_supported"].clone()
    };
    assert_eq!(names(Dpop::Accepted).await, json!(["ES256", "EdDSA"]));
    assert_eq!(names(Dpop::Off).await, json!(null));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let config = JwtConfig {
        dpop: Dpop::Required,
        dpop_window: Duration::from_secs(301),
        transport: bank::Transport::Cookie,
        ..JwtConfig::default()
    };
    assert_eq!(config.validate().unwrap_err().problems.len(), 2);
}
