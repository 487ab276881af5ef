//! A session that the cookie carries itself: good for as long as it is, whatever the server has been told since.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use session_server::{SessionConfig, SessionStoreKind};
use token_core::clock::{ManualClock, UnixSeconds};

use crate::server::*;

async fn server_on(store: SessionStoreKind) -> Server {
    server_with(|config| config.store = store).await
}

async fn status(server: &Server, cookie: &str) -> StatusCode {
    server.get("/whoami", Some(cookie)).await.status()
}

/// Each store, and what a copy of the cookie is answered with after its login was ended.
const STORES: [(SessionStoreKind, StatusCode); 2] = [
    (SessionStoreKind::DangerouslyCookie, StatusCode::OK),
    (SessionStoreKind::Database, StatusCode::UNAUTHORIZED),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_cookie_outlives_the_logout_where_the_cookie_is_the_session() {
    for (store, expected) in STORES {
        let server = server_on(store).await;
        let copy = server.log_in("alice").await;
        let logout = server.post("/logout", Some(&copy), json!({})).await;
        assert_eq!(logout.status(), StatusCode::NO_CONTENT);
        let line = logout.headers()["set-cookie"].to_str().unwrap();
        assert!(
            line.contains("Max-Age=0"),
            "this browser forgets it: {line}"
        );
        assert_eq!(status(&server, &copy).await, expected, "{store:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_and_a_new_password_reach_no_copy_of_such_a_cookie() {
    for (store, expected) in STORES {
        let server = server_on(store).await;
        let root = server.log_in("root").await;
        let banned = server.log_in("bobby").await;
        let who = server.get("/whoami", Some(&banned)).await;
        let id = who.json::<Value>().await.unwrap()["id"].clone();
        let ban = format!("/admin/users/{id}/ban");
        let answer = server
            .post(&ban, Some(&root), json!({ "banned": true }))
            .await;
        assert!(answer.status().is_success(), "{}", answer.status());
        assert_eq!(status(&server, &banned).await, expected, "{store:?}");

        let (elsewhere, own) = (server.log_in("alice").await, server.log_in("alice").await);
        let change = json!({ "current_password": PASSWORD, "new_password": "through-the-glass" });
        let answer = server.post("/password", Some(&own), change).await;
        assert!(answer.status().is_success(), "{}", answer.status());
        assert_eq!(status(&server, &elsewhere).await, expected, "{store:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn such_a_cookie_names_its_user_and_shows_nothing_and_is_in_no_list() {
    let server = server_on(SessionStoreKind::DangerouslyCookie).await;
    let cookie = server.log_in("alice").await;
    assert!(!cookie.contains("alice"), "{cookie}");
    let who = server.get("/whoami", Some(&cookie)).await;
    let who: Value = who.json().await.unwrap();
    assert_eq!(
        (&who["username"], &who["role"]),
        (&json!("alice"), &json!("customer"))
    );
    let listed = server.get("/sessions", Some(&cookie)).await;
    assert_eq!(listed.status(), StatusCode::OK);
    let listed: Value = listed.json().await.unwrap();
    assert_eq!(listed, json!({ "sessions": [] }));
    let ended = server
        .send(Method::DELETE, "/sessions", Some(&cookie), None)
        .await;
    assert!(ended.status().is_success(), "{}", ended.status());
    assert_eq!(status(&server, &cookie).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn such_a_cookie_is_refused_wherever_it_is_changed() {
    let server = server_on(SessionStoreKind::DangerouslyCookie).await;
    let cookie = server.log_in("alice").await;
    let start = cookie.find('=').unwrap() + 1;
    // The last letters of base64 may hold bits that mean nothing.
    for at in (start..cookie.len() - 8).step_by(7) {
        let mut letters = cookie.clone().into_bytes();
        if !letters[at].is_ascii_alphabetic() {
            continue;
        }
        letters[at] = if letters[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(letters).unwrap();
        let answer = status(&server, &changed).await;
        assert_eq!(answer, StatusCode::UNAUTHORIZED, "{changed}");
    }
    assert_eq!(status(&server, &cookie).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn such_a_cookie_ends_at_the_absolute_timeout_on_the_second_and_not_by_idling() {
    let server = server_with(|config| {
        config.store = SessionStoreKind::DangerouslyCookie;
        config.idle_timeout = Duration::from_secs(60);
        config.absolute_timeout = Duration::from_secs(3600);
    })
    .await;
    let cookie = server.log_in("alice").await;
    server.clock.advance(Duration::from_secs(3599));
    assert_eq!(status(&server, &cookie).await, StatusCode::OK);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(status(&server, &cookie).await, StatusCode::UNAUTHORIZED);
    let logout = server.post("/logout", Some(&cookie), json!({})).await;
    let line = logout.headers()["set-cookie"].to_str().unwrap();
    assert!(line.contains("Max-Age=0"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn such_a_cookie_survives_a_restart_and_is_worth_nothing_under_other_keys() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let config = SessionConfig {
        store: SessionStoreKind::DangerouslyCookie,
        ..config()
    };
    let start = async |folder| spawn(folder, Arc::clone(&clock), config.clone()).await;
    let first = start(data.path()).await;
    let alice = json!({ "username": "alice", "password": PASSWORD });
    first.post("/users", None, alice).await;
    let cookie = first.log_in("alice").await;
    assert_eq!(
        status(&start(data.path()).await, &cookie).await,
        StatusCode::OK
    );
    let stranger = start(other.path()).await;
    assert_eq!(status(&stranger, &cookie).await, StatusCode::UNAUTHORIZED);
}

#[test]
fn such_a_session_does_not_travel_in_a_header_where_nothing_encrypts_it() {
    let mut config = config();
    config.store = SessionStoreKind::DangerouslyCookie;
    config.validate().unwrap();
    config.transport = ::bank::Transport::Header;
    let refused = config.validate().unwrap_err().to_string();
    assert!(refused.contains("store: "), "{refused}");
}
