//! `http.csrf = "token"`: what it demands of whom, and the forged login that it does not stop.

use ::bank::{CsrfDefence, Transport};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::server::*;

const STRANGER: &str = "https://stranger.example";

async fn defended_by(csrf: CsrfDefence) -> Server {
    server_with(|config| config.http.csrf = csrf).await
}

async fn token_of(server: &Server, cookie: &str) -> String {
    let answer = server.get("/csrf-token", Some(cookie)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let body: Value = answer.json().await.unwrap();
    body["csrf_token"].as_str().unwrap().to_owned()
}

/// A transfer as a page sends it, or as a form on another site does where there is no token to send.
async fn transfer(server: &Server, cookie: &str, token: Option<&str>, key: &str) -> Response {
    let mut request = server
        .client
        .post(format!("{}/transfers", server.base))
        .header("cookie", cookie)
        .header("origin", STRANGER)
        .form(&[
            ("to", "bobby"),
            ("amount_minor", "1000"),
            ("idempotency_key", key),
        ]);
    if let Some(token) = token {
        request = request.header("x-csrf-token", token);
    }
    request.send().await.unwrap()
}

async fn balance(server: &Server, cookie: &str) -> i64 {
    let me: Value = server.get("/me", Some(cookie)).await.json().await.unwrap();
    me["balance_minor"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn money_moves_by_the_token_of_this_login_and_by_no_other() {
    let server = defended_by(CsrfDefence::Token).await;
    let cookie = server.log_in("alice").await;
    let another = server.log_in("alice").await;
    let (token, of_another) = (
        token_of(&server, &cookie).await,
        token_of(&server, &another).await,
    );
    assert_ne!(token, of_another);
    for wrong in [None, Some(""), Some(&token[1..]), Some(&of_another)] {
        let refused = problem(transfer(&server, &cookie, wrong, "forged").await).await;
        assert_eq!(
            refused,
            (403, "/problems/cross-site-request".to_owned()),
            "{wrong:?}"
        );
    }
    assert_eq!(balance(&server, &cookie).await, 100_000);
    let moved = transfer(&server, &cookie, Some(&token), "meant").await;
    assert_eq!(moved.status(), StatusCode::CREATED);
    assert_eq!(balance(&server, &cookie).await, 99_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_ends_with_the_cookie_that_it_is_made_of() {
    let server = defended_by(CsrfDefence::Token).await;
    let cookie = server.log_in("alice").await;
    let token = token_of(&server, &cookie).await;
    let change = json!({ "current_password": PASSWORD, "new_password": "down-the-hole-1865" });
    let changed = server
        .client
        .post(format!("{}/password", server.base))
        .header("cookie", &cookie)
        .header("x-csrf-token", &token)
        .json(&change);
    let renewed = cookie_of(&changed.send().await.unwrap()).unwrap();
    assert_ne!(renewed, cookie, "a change of password renews the session");
    let late = transfer(&server, &renewed, Some(&token), "late").await;
    assert_eq!(late.status(), StatusCode::FORBIDDEN);
    let token = token_of(&server, &renewed).await;
    let again = transfer(&server, &renewed, Some(&token), "again").await;
    assert_eq!(again.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_needs_no_token_and_whoever_brings_no_login_is_told_to_log_in() {
    let server = defended_by(CsrfDefence::Token).await;
    assert_eq!(
        server.get("/csrf-token", None).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let body = json!({ "to": "bobby", "amount_minor": 1, "idempotency_key": "1" });
    let without = server.post("/transfers", None, body).await;
    assert_eq!(without.status(), StatusCode::UNAUTHORIZED);
    let cookie = server.log_in("alice").await;
    assert_eq!(
        server.get("/me", Some(&cookie)).await.status(),
        StatusCode::OK
    );
    let stale = server.post("/logout", Some(&cookie), json!({})).await;
    assert_eq!(
        stale.status(),
        StatusCode::FORBIDDEN,
        "a logout changes something"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_header_nothing_is_ambient_and_no_token_is_demanded() {
    let server = server_with(|config| {
        config.http.csrf = CsrfDefence::Token;
        config.transport = Transport::Header;
    })
    .await;
    let login = json!({ "username": "alice", "password": PASSWORD });
    let login: Value = server
        .post("/login", None, login)
        .await
        .json()
        .await
        .unwrap();
    let bearer = login["access_token"].as_str().unwrap();
    let url = |path: &str| format!("{}{path}", server.base);
    let body = json!({ "to": "bobby", "amount_minor": 1, "idempotency_key": "1" });
    let moved = server
        .client
        .post(url("/transfers"))
        .bearer_auth(bearer)
        .json(&body);
    assert_eq!(moved.send().await.unwrap().status(), StatusCode::CREATED);
    let none = server.client.get(url("/csrf-token")).bearer_auth(bearer);
    assert_eq!(none.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

/// A form on another site logs its visitor in, as somebody of the attacker's choice.
async fn forged_login(server: &Server) -> Response {
    server
        .client
        .post(format!("{}/login", server.base))
        .header("origin", STRANGER)
        .header("sec-fetch-site", "cross-site")
        .form(&[("username", "bobby"), ("password", PASSWORD)])
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_forged_past_a_token_since_there_is_no_login_to_bind_it_to() {
    for csrf in [CsrfDefence::DangerouslyNone, CsrfDefence::Token] {
        let forged = forged_login(&defended_by(csrf).await).await;
        assert_eq!(forged.status(), StatusCode::OK, "{csrf:?}");
        assert!(cookie_of(&forged).is_some(), "{csrf:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_not_forged_past_the_origin() {
    let forged = forged_login(&defended_by(CsrfDefence::Origin).await).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    assert_eq!(cookie_of(&forged), None);
}
