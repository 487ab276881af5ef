//! The settings that experiments turn, where a token server answers differently from a session server or alike.

use bank::{CookieConfig, CsrfDefence, Transport};
use jwt_server::JwtConfig;
use serde_json::{Value, json};

use crate::server::*;

fn config(transport: Transport, change: impl FnOnce(&mut JwtConfig)) -> JwtConfig {
    let mut config = JwtConfig {
        transport,
        ..JwtConfig::default()
    };
    config.http.opening_balance_minor = 100_000;
    change(&mut config);
    config
}

/// The access token of a login, from wherever the transport puts it.
async fn access_token(server: &Server) -> String {
    let login = json!({ "username": "alice", "password": PASSWORD });
    let answer = server.post("/login", None, &login).await;
    let Some(line) = answer.headers().get("set-cookie") else {
        return pair(answer).await.access;
    };
    let (_, rest) = line.to_str().unwrap().split_once('=').unwrap();
    rest.split(';').next().unwrap().to_owned()
}

/// A form on another site posts a transfer, with the cookie that the browser adds; the status, and what is left.
async fn forge(config: JwtConfig) -> (u16, i64) {
    let server = server_with(config).await;
    let mallory = json!({ "username": "mallory", "password": PASSWORD });
    assert_eq!(server.post("/users", None, &mallory).await.status(), 201);
    let access = access_token(&server).await;
    let cookie = format!("{}={access}", CookieConfig::default().name("token"));
    let form = [
        ("to", "mallory"),
        ("amount_minor", "1000"),
        ("idempotency_key", "1"),
    ];
    let forged = server
        .client
        .post(format!("{}/transfers", server.base))
        .header("origin", "https://evil.example")
        .header("cookie", &cookie)
        .form(&form);
    let status = forged.send().await.unwrap().status().as_u16();
    let me = server
        .client
        .get(format!("{}/me", server.base))
        .header("cookie", &cookie)
        .bearer_auth(&access);
    let me: Value = me.send().await.unwrap().json().await.unwrap();
    (status, me["balance_minor"].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_a_cookie_is_forged_with_like_a_session_and_one_in_a_header_is_not() {
    let broken = |config: &mut JwtConfig| config.http.csrf = CsrfDefence::DangerouslyNone;
    let token = |config: &mut JwtConfig| config.http.csrf = CsrfDefence::Token;
    for (config, expected) in [
        (config(Transport::Cookie, broken), (201, 99_000)),
        (config(Transport::Cookie, |_| {}), (403, 100_000)),
        (config(Transport::Cookie, token), (403, 100_000)),
        // Nobody refuses the request, and it carries nothing that the browser attaches by itself.
        (config(Transport::Header, broken), (401, 100_000)),
        (config(Transport::Header, token), (401, 100_000)),
        (config(Transport::Header, |_| {}), (403, 100_000)),
    ] {
        let described = format!("{:?}", config.transport);
        assert_eq!(forge(config).await, expected, "{described}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oauth_endpoints_read_their_forms_without_the_defence_too() {
    let server = server_with(config(Transport::Header, |config| {
        config.http.csrf = CsrfDefence::DangerouslyNone;
    }))
    .await;
    let first = server.log_in().await;
    pair(server.refresh(&first.refresh).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_says_what_the_browser_shall_forget_where_it_is_told_to() {
    for (asked, said) in [
        (
            vec!["cookies".to_owned(), "storage".to_owned()],
            Some(r#""cookies", "storage""#),
        ),
        (Vec::new(), None),
    ] {
        let server = server_with(config(Transport::Header, |config| {
            config.http.clear_site_data = asked;
        }))
        .await;
        let pair = server.log_in().await;
        let refused = server.post("/logout", None, &json!({})).await;
        assert_eq!(refused.status(), 401);
        assert!(!refused.headers().contains_key("clear-site-data"));
        let out = server.post("/logout", Some(&pair.access), &json!({})).await;
        assert_eq!(out.status(), 204);
        let header = out.headers().get("clear-site-data");
        assert_eq!(header.map(|value| value.to_str().unwrap()), said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_may_be_kept_by_a_cache_only_where_the_setting_says_so() {
    for (cacheable, expected) in [(true, None), (false, Some("no-store"))] {
        let server = server_with(config(Transport::Header, |config| {
            config.http.dangerously_cacheable = cacheable;
        }))
        .await;
        let login = json!({ "username": "alice", "password": PASSWORD });
        let answer = server.post("/login", None, &login).await;
        let header = answer.headers().get("cache-control");
        assert_eq!(header.map(|value| value.to_str().unwrap()), expected);
    }
}
