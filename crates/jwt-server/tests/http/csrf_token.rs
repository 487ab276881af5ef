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

/// A form on another site logs its visitor in as somebody of the attacker's choice: the status, and whether a cookie is set.
async fn forged_login(csrf: CsrfDefence) -> (u16, bool) {
    let mut config = JwtConfig {
        transport: Transport::Cookie,
        ..JwtConfig::default()
    };
    config.http.csrf = csrf;
    let server = server_with(config).await;
    let forged = server
        .client
        .post(format!("{}/login", server.base))
        .header("origin", "https://evil.example")
        .form(&[("username", "alice"), ("password", PASSWORD)]);
    let forged = forged.send().await.unwrap();
    (
        forged.status().as_u16(),
        forged.headers().contains_key("set-cookie"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_forged_past_a_token_and_not_past_the_origin() {
    for csrf in [CsrfDefence::DangerouslyNone, CsrfDefence::Token] {
        assert_eq!(forged_login(csrf).await, (200, true), "{csrf:?}");
    }
    assert_eq!(forged_login(CsrfDefence::Origin).await, (403, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_cookies_of_one_name_the_first_counts_and_no_sibling_can_set_the_prefixed_name() {
    for plain in [true, false] {
        let mut config = JwtConfig {
            transport: Transport::Cookie,
            ..JwtConfig::default()
        };
        config.cookie.dangerously_plain = plain;
        let name = config.cookie_name();
        let server = server_with(config).await;
        let mallory = json!({ "username": "mallory", "password": PASSWORD });
        assert_eq!(server.post("/users", None, &mallory).await.status(), 201);
        let mut tokens = Vec::new();
        for username in ["mallory", "alice"] {
            let login = json!({ "username": username, "password": PASSWORD });
            let login = server.post("/login", None, &login).await;
            let line = login.headers()["set-cookie"].to_str().unwrap().to_owned();
            let pair = line.split(';').next().unwrap();
            tokens.push(pair.split_once('=').unwrap().1.to_owned());
        }
        // What a browser sends when a sibling host has tossed a cookie: the only name that it can set is the plain one.
        let both = format!("token={}; {name}={}", tokens[0], tokens[1]);
        let me = server
            .client
            .get(format!("{}/me", server.base))
            .header("cookie", both);
        let me: Value = me.send().await.unwrap().json().await.unwrap();
        assert_eq!(me["username"], if plain { "mallory" } else { "alice" });
    }
}
