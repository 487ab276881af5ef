//! `http.csrf = "token"` where the login is a JWT: demanded of a cookie, which is ambient, and of no header.

use bank::{CookieConfig, CsrfDefence, Transport};
use jwt_server::JwtConfig;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::server::*;

async fn defended_by_a_token(transport: Transport) -> Server {
    let mut config = JwtConfig {
        transport,
        ..JwtConfig::default()
    };
    config.http.csrf = CsrfDefence::Token;
    config.http.opening_balance_minor = 100_000;
    let server = server_with(config).await;
    let mallory = json!({ "username": "mallory", "password": PASSWORD });
    assert_eq!(server.post("/users", None, &mallory).await.status(), 201);
    server
}

fn transfer(server: &Server) -> RequestBuilder {
    let body = json!({ "to": "mallory", "amount_minor": 1000, "idempotency_key": "1" });
    server
        .client
        .post(format!("{}/transfers", server.base))
        .json(&body)
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jwt_in_a_cookie_needs_the_token_and_with_it_the_money_moves() {
    let server = defended_by_a_token(Transport::Cookie).await;
    let login = json!({ "username": "alice", "password": PASSWORD });
    let login = server.post("/login", None, &login).await;
    let line = login.headers()["set-cookie"].to_str().unwrap();
    let cookie = line.split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with(&CookieConfig::default().name("token")));

    assert_eq!(
        status(transfer(&server).header("cookie", &cookie)).await,
        403
    );
    let asked = server
        .client
        .get(format!("{}/csrf-token", server.base))
        .header("cookie", &cookie);
    let asked: Value = asked.send().await.unwrap().json().await.unwrap();
    let token = asked["csrf_token"].as_str().unwrap();
    let meant = transfer(&server)
        .header("cookie", &cookie)
        .header("x-csrf-token", token);
    assert_eq!(status(meant).await, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jwt_in_a_header_needs_none_and_the_oauth_forms_need_none() {
    let server = defended_by_a_token(Transport::Header).await;
    let pair = server.log_in().await;
    assert_eq!(
        status(transfer(&server).bearer_auth(&pair.access)).await,
        201
    );
    assert_eq!(server.refresh(&pair.refresh).await.status(), 200);
}
