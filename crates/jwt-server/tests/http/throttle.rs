//! Guessing at the token server. The rules are the bank's, and tested at the session server; here, that they hold on this one too.

use jwt_server::JwtConfig;
use reqwest::Response;
use serde_json::{Value, json};

use crate::server::*;

const WRONG: &str = "white-rabbit-1866";
const EVIL: &str = "203.0.113.66";
const HOME: &str = "198.51.100.7";

/// A server that takes addresses from `X-Forwarded-For`, as behind a proxy on this machine.
async fn server_behind_a_proxy(unthrottled: bool) -> Server {
    let mut config = JwtConfig::default();
    config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    config.login.dangerously_unthrottled = unthrottled;
    server_with(config).await
}

impl Server {
    async fn try_from(&self, address: &str, username: &str, password: &str) -> Response {
        let login = json!({ "username": username, "password": password });
        let request = self.client.post(format!("{}/login", self.base));
        let request = request.header("x-forwarded-for", address).json(&login);
        request.send().await.unwrap()
    }

    async fn status_from(&self, address: &str, username: &str, password: &str) -> u16 {
        let answer = self.try_from(address, username, password).await;
        answer.status().as_u16()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_not_guessed_and_its_owner_is_not_shut_out() {
    let server = server_behind_a_proxy(false).await;
    assert_eq!(server.status_from(HOME, "alice", PASSWORD).await, 200);
    let mut answers = Vec::new();
    for (username, right) in [("alice", PASSWORD), ("nobody", WRONG)] {
        for _ in 0..10 {
            assert_eq!(server.status_from(EVIL, username, WRONG).await, 401);
        }
        let refused = server.try_from(EVIL, username, right).await;
        assert_eq!(refused.status(), 429);
        assert_eq!(
            refused.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(refused.headers()["retry-after"], "900");
        answers.push(refused.text().await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(server.status_from(HOME, "alice", PASSWORD).await, 200);
    server.clock.advance(DAY / 96);
    assert_eq!(server.status_from(EVIL, "alice", PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_throttle_it_is_guessed() {
    let server = server_behind_a_proxy(true).await;
    for _ in 0..30 {
        assert_eq!(server.status_from(EVIL, "alice", WRONG).await, 401);
    }
    assert_eq!(server.status_from(EVIL, "alice", PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoofed_address_is_not_believed_without_a_trusted_proxy() {
    let server = server().await;
    for guess in 0..10 {
        let address = format!("203.0.113.{guess}");
        assert_eq!(server.status_from(&address, "alice", WRONG).await, 401);
    }
    assert_eq!(server.status_from(HOME, "alice", PASSWORD).await, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_does_not_help_to_guess_the_current_password() {
    let server = server().await;
    let access = server.log_in().await.access;
    let change =
        |current: &str| json!({ "current_password": current, "new_password": "another-one-9" });
    for _ in 0..10 {
        let refused = server
            .post("/password", Some(&access), &change(WRONG))
            .await;
        assert_eq!(refused.status(), 403);
    }
    let refused = server
        .post("/password", Some(&access), &change(PASSWORD))
        .await;
    assert_eq!(refused.status(), 429);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/too-many-failures");
}
