//! How a session begins, ends, and stays ended.

use std::sync::Arc;
use std::time::Duration;

use ::bank::Hosting;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use session_server::SessionStoreKind;
use token_core::clock::{ManualClock, UnixSeconds};
use token_core::key_folder::KeyFolder;
use user_store::Stores;
use user_store::sqlite::Database;

use crate::server::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_host_only_secure_and_out_of_reach_of_scripts() {
    let server = server().await;
    let answer = server
        .post(
            "/login",
            None,
            json!({ "username": "alice", "password": PASSWORD }),
        )
        .await;
    let header = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(header.starts_with("__Host-session="), "{header}");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(header.contains(attribute), "{header}");
    }
    assert!(
        !header.contains("Domain") && !header.contains("Max-Age"),
        "{header}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_in_gives_a_new_id_and_ends_the_old_one() {
    let server = server().await;
    let before = server.log_in("alice").await;
    let answer = server
        .post(
            "/login",
            Some(&before),
            json!({ "username": "alice", "password": PASSWORD }),
        )
        .await;
    let after = cookie_of(&answer).unwrap();
    assert_ne!(before, after);
    assert_eq!(
        server.get("/me", Some(&before)).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        server.get("/me", Some(&after)).await.status(),
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logged_out_cookie_is_worth_nothing_to_anyone_who_copied_it() {
    let server = server().await;
    let cookie = server.log_in("alice").await;
    assert_eq!(
        server
            .post("/logout", Some(&cookie), json!({}))
            .await
            .status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        server.get("/me", Some(&cookie)).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        server
            .post("/logout", Some(&cookie), json!({}))
            .await
            .status(),
        StatusCode::NO_CONTENT
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_absolute_timeouts_end_a_session() {
    let server = server().await;
    let cookie = server.log_in("alice").await;
    server.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(
        server.get("/me", Some(&cookie)).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let cookie = server.log_in("alice").await;
    for _ in 0..36 {
        assert_eq!(
            server.get("/me", Some(&cookie)).await.status(),
            StatusCode::OK
        );
        server.clock.advance(Duration::from_secs(20 * 60));
    }
    assert_eq!(
        server.get("/me", Some(&cookie)).await.status(),
        StatusCode::UNAUTHORIZED,
        "twelve hours have passed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_lists_and_ends_logins_and_a_password_change_ends_the_others() {
    let server = server().await;
    let (first, second) = (server.log_in("alice").await, server.log_in("alice").await);
    let listed: Value = server
        .get("/sessions", Some(&second))
        .await
        .json()
        .await
        .unwrap();
    let rows = listed["sessions"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows.iter().filter(|row| row["current"] == true).count(), 1);
    let other = rows.iter().find(|row| row["current"] == false).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mallory = server.log_in("bobby").await;
    let path = format!("/sessions/{other}");
    assert_eq!(
        server
            .send(Method::DELETE, &path, Some(&mallory), None)
            .await
            .status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        server
            .send(Method::DELETE, &path, Some(&second), None)
            .await
            .status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        server.get("/me", Some(&first)).await.status(),
        StatusCode::UNAUTHORIZED
    );

    let third = server.log_in("alice").await;
    let wrong = json!({ "current_password": "not-it-at-all", "new_password": "another-one-9" });
    assert_eq!(
        server
            .post("/password", Some(&second), wrong)
            .await
            .status(),
        StatusCode::FORBIDDEN
    );
    let change = json!({ "current_password": PASSWORD, "new_password": "another-one-9" });
    let answer = server.post("/password", Some(&second), change).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let renewed = cookie_of(&answer).expect("this login gets a new id");
    assert_eq!(
        server.get("/me", Some(&third)).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        server.get("/me", Some(&second)).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        server.get("/me", Some(&renewed)).await.status(),
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_restart_and_is_shared_by_two_servers_on_one_folder() {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let first = spawn(data.path(), Arc::clone(&clock), config()).await;
    let second = spawn(data.path(), clock, config()).await;
    first
        .post(
            "/users",
            None,
            json!({ "username": "alice", "password": PASSWORD }),
        )
        .await;
    let cookie = first.log_in("alice").await;
    assert_eq!(
        second.get("/me", Some(&cookie)).await.status(),
        StatusCode::OK
    );
    second.post("/logout", Some(&cookie), json!({})).await;
    assert_eq!(
        first.get("/me", Some(&cookie)).await.status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_memory_dies_with_its_server() {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let mut config = config();
    config.store = SessionStoreKind::Memory;
    let first = spawn(data.path(), Arc::clone(&clock), config.clone()).await;
    let alice = json!({ "username": "alice", "password": PASSWORD });
    first.post("/users", None, alice).await;
    let cookie = first.log_in("alice").await;
    assert_eq!(
        first.get("/me", Some(&cookie)).await.status(),
        StatusCode::OK
    );
    let restarted = spawn(data.path(), clock, config).await;
    assert_eq!(
        restarted.get("/me", Some(&cookie)).await.status(),
        StatusCode::UNAUTHORIZED
    );
    restarted.log_in("alice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_not_built_on_another_store_than_its_settings_say() {
    let data = tempfile::tempdir().unwrap();
    let database = Database::open(data.path().join("bank.db")).unwrap();
    let keys = KeyFolder::open_or_create(&data.path().join("keys")).unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let mut config = config();
    let stores = Stores::sqlite(database, clock, config.timeouts());
    config.store = SessionStoreKind::Memory;
    let hosting = Hosting::new(Vec::new(), 1);
    let refused = session_server::build(config, stores, &keys, hosting).unwrap_err();
    assert!(refused.to_string().contains("store: "), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_gone_is_told_to_who_needs_it_and_to_nobody_else() {
    let server = server().await;
    let cookie = server.log_in("alice").await;
    server.database.close().await;
    let asked = server.get("/me", Some(&cookie)).await;
    assert_eq!(asked.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(asked.headers().contains_key("retry-after"));
    let open_to_all = server.get("/openapi.json", Some(&cookie)).await;
    assert_eq!(open_to_all.status(), StatusCode::OK);
}

/// Both of actix-session's ways to resurrect: a change, and a renewal, in flight during a logout.
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_during_a_renewal_leaves_no_session_under_any_id() {
    let server = Arc::new(server().await);
    for _ in 0..100 {
        let cookie = server.log_in("alice").await;
        let change = json!({ "current_password": PASSWORD, "new_password": PASSWORD });
        let renewal = server.post("/password", Some(&cookie), change);
        let logout = server.post("/logout", Some(&cookie), json!({}));
        let (renewal, logout) = tokio::join!(renewal, logout);
        assert_eq!(logout.status(), StatusCode::NO_CONTENT);
        assert!(!renewal.status().is_server_error(), "{}", renewal.status());
        for survivor in [Some(cookie), cookie_of(&renewal)].into_iter().flatten() {
            assert_eq!(
                server.get("/me", Some(&survivor)).await.status(),
                StatusCode::UNAUTHORIZED
            );
        }
    }
}
