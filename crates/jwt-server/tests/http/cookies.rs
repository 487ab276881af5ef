//! The access token in a cookie.

use bank::{CookieConfig, SameSite, Transport};
use jwt_server::JwtConfig;
use reqwest::Response;
use serde_json::json;

use crate::server::*;

fn in_a_cookie(cookie: CookieConfig) -> JwtConfig {
    JwtConfig {
        transport: Transport::Cookie,
        cookie,
        ..JwtConfig::default()
    }
}

fn set_cookie(answer: &Response) -> String {
    answer.headers()["set-cookie"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_host_only_secure_and_out_of_reach_of_scripts_and_a_logout_removes_it() {
    let server = server_with(in_a_cookie(CookieConfig::default())).await;
    let login = json!({ "username": "alice", "password": PASSWORD });
    let line = set_cookie(&server.post("/login", None, &login).await);
    let (pair, attributes) = line.split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-token="), "{line}");
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/");
    let send = async |method: reqwest::Method, path: &str| {
        let request = server
            .client
            .request(method, format!("{}{path}", server.base));
        let request = request.header("cookie", pair).json(&json!({}));
        request.send().await.unwrap()
    };
    assert_eq!(send(reqwest::Method::GET, "/me").await.status(), 200);
    let out = send(reqwest::Method::POST, "/logout").await;
    assert_eq!(out.status(), 204);
    assert!(
        set_cookie(&out).starts_with(
            "__Host-token=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires="
        ),
        "{out:?}"
    );
    assert_eq!(
        send(reqwest::Method::GET, "/me").await.status(),
        401,
        "the browser forgets the token, and its copy was taken back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_the_cookie_are_those_of_its_line() {
    let cookie = CookieConfig {
        same_site: SameSite::None,
        partitioned: true,
        dangerously_script_readable: true,
        dangerously_domain: "lab.localhost".to_owned(),
        ..CookieConfig::default()
    };
    let server = server_with(in_a_cookie(cookie)).await;
    let login = json!({ "username": "alice", "password": PASSWORD });
    let answer = server.post("/login", None, &login).await;
    let line = set_cookie(&answer);
    let (pair, attributes) = line.split_once("; ").unwrap();
    assert_eq!(
        attributes,
        "SameSite=None; Partitioned; Secure; Path=/; Domain=lab.localhost"
    );
    let token = pair.strip_prefix("__Secure-token=").unwrap();
    let body = answer.text().await.unwrap();
    assert!(
        !body.contains(token) && !body.contains("access_token"),
        "what a script can read holds the token: {body}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_log_its_visitor_in_with_a_refresh_token_of_its_own() {
    let server = server_with(in_a_cookie(CookieConfig::default())).await;
    let login = json!({ "username": "alice", "password": PASSWORD });
    let tokens: serde_json::Value = server
        .post("/login", None, &login)
        .await
        .json()
        .await
        .unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let send = async |header: &str, value: &str| {
        let request = server.client.post(format!("{}/token", server.base));
        request
            .header(header, value)
            .form(&form)
            .send()
            .await
            .unwrap()
    };
    for (header, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let forged = send(header, value).await;
        assert_eq!(forged.status(), 403, "{value}");
        assert!(!forged.headers().contains_key("set-cookie"));
    }
    let own = send("sec-fetch-site", "same-origin").await;
    assert!(set_cookie(&own).starts_with("__Host-token="));
}
