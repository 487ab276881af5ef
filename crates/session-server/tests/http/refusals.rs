//! What is refused, and how it reads.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::server::*;

#[tokio::test(flavor = "multi_thread")]
async fn every_protected_route_answers_401_in_one_shape_without_a_session() {
    let server = server().await;
    let forged = "__Host-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (method, path, body) in [
        (Method::GET, "/whoami", None),
        (Method::GET, "/me", None),
        (Method::GET, "/transfers", None),
        (
            Method::POST,
            "/transfers",
            Some(json!({ "to": "b", "amount_minor": 1, "idempotency_key": "k" })),
        ),
        (Method::GET, "/notes", None),
        (Method::POST, "/notes", Some(json!({ "text": "t" }))),
        (Method::GET, "/sessions", None),
        (Method::DELETE, "/sessions", None),
        (Method::DELETE, "/sessions/0", None),
        (
            Method::POST,
            "/password",
            Some(json!({ "current_password": PASSWORD, "new_password": "another-one-9" })),
        ),
        (
            Method::POST,
            "/admin/users/1/ban",
            Some(json!({ "banned": true })),
        ),
        (
            Method::POST,
            "/admin/users/1/role",
            Some(json!({ "role": "admin" })),
        ),
    ] {
        let mut bodies = Vec::new();
        for cookie in [None, Some(forged)] {
            let answer = server
                .send(method.clone(), path, cookie, body.clone())
                .await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(
                answer.headers().contains_key("www-authenticate"),
                "{method} {path}"
            );
            bodies.push(answer.text().await.unwrap());
        }
        assert_eq!(bodies[0], bodies[1], "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_and_a_wrong_password_read_the_same() {
    let server = server().await;
    let mut answers = Vec::new();
    for (username, password) in [
        ("alice", "wrong-password-1"),
        ("nobody", "wrong-password-1"),
        ("alice", "short"),
    ] {
        let answer = server
            .post(
                "/login",
                None,
                json!({ "username": username, "password": password }),
            )
            .await;
        assert!(answer.headers().get("set-cookie").is_none());
        answers.push((answer.status(), answer.text().await.unwrap()));
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_origin_and_a_form_are_refused_and_an_allowed_origin_is_not() {
    let server = server().await;
    let cookie = server.log_in("alice").await;
    let send = async |origin: &str, kind: &str| {
        let request = server
            .client
            .post(format!("{}/notes", server.base))
            .header("cookie", &cookie);
        let request = request
            .header("origin", origin)
            .header("content-type", kind);
        request
            .body(r#"{"text":"t"}"#)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(send(ALLOWED, "application/json").await, 201);
    assert_eq!(send("https://evil.example", "application/json").await, 403);
    assert_eq!(send("null", "application/json").await, 403);
    assert_eq!(send(ALLOWED, "text/plain").await, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_not_json_or_too_large_is_a_problem_document() {
    let server = server().await;
    assert_eq!(problem(server.get("/nowhere", None).await).await.0, 404);
    let answer = server.send(Method::PUT, "/me", None, Some(json!({}))).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET");
    assert_eq!(
        problem(server.post("/login", None, json!({ "username": 1 })).await)
            .await
            .0,
        400
    );
    let large = json!({ "username": "a".repeat(20_000), "password": "b" });
    assert_eq!(
        problem(server.post("/login", None, large).await).await.0,
        413
    );
    let taken = json!({ "username": "Alice", "password": PASSWORD });
    assert_eq!(
        problem(server.post("/users", None, taken).await).await.0,
        400
    );
    let taken = json!({ "username": "alice", "password": PASSWORD });
    assert_eq!(
        problem(server.post("/users", None, taken).await).await.0,
        409
    );
    let common = json!({ "username": "carol", "password": "password" });
    assert_eq!(
        problem(server.post("/users", None, common).await).await.0,
        400
    );
}
