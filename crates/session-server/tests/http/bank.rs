//! What the routes do for those who may.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::server::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_reads_pays_and_keeps_notes() {
    let server = server().await;
    let cookie = server.log_in("alice").await;
    let who: Value = server
        .get("/whoami", Some(&cookie))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&who["username"], &who["authenticated_by"]),
        (&json!("alice"), &json!("session"))
    );

    let pay = json!({ "to": "bobby", "amount_minor": 1000, "idempotency_key": "k1" });
    assert_eq!(
        server
            .post("/transfers", Some(&cookie), pay.clone())
            .await
            .status(),
        StatusCode::CREATED
    );
    assert_eq!(
        server.post("/transfers", Some(&cookie), pay).await.status(),
        StatusCode::OK
    );
    let other = json!({ "to": "bobby", "amount_minor": 2000, "idempotency_key": "k1" });
    assert_eq!(
        problem(server.post("/transfers", Some(&cookie), other).await)
            .await
            .0,
        409
    );
    let me: Value = server.get("/me", Some(&cookie)).await.json().await.unwrap();
    assert_eq!(me["balance_minor"], 99_000);

    let too_much = json!({ "to": "bobby", "amount_minor": 99_001, "idempotency_key": "k2" });
    let refused = problem(server.post("/transfers", Some(&cookie), too_much).await).await;
    assert_eq!(refused, (409, "/problems/insufficient-funds".to_owned()));
    for (to, amount, key) in [
        ("nobody", 1, "k3"),
        ("alice", 1, "k4"),
        ("bobby", 0, "k5"),
        ("bobby", 1, ""),
    ] {
        let body = json!({ "to": to, "amount_minor": amount, "idempotency_key": key });
        assert_eq!(
            problem(server.post("/transfers", Some(&cookie), body).await)
                .await
                .0,
            400,
            "{to} {amount} {key}"
        );
    }

    assert_eq!(
        server
            .post("/notes", Some(&cookie), json!({ "text": "<b>" }))
            .await
            .status(),
        StatusCode::CREATED
    );
    let notes: Value = server
        .get("/notes", Some(&cookie))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(notes["notes"][0]["text"], "<b>");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_bans_and_demotes_at_once_and_nobody_else_can() {
    let server = server().await;
    let (alice, root) = (server.log_in("alice").await, server.log_in("root").await);
    let who: Value = server
        .get("/whoami", Some(&alice))
        .await
        .json()
        .await
        .unwrap();
    let path = format!("/admin/users/{}", who["id"]);
    let ban = format!("{path}/ban");
    assert_eq!(
        problem(
            server
                .post(&ban, Some(&alice), json!({ "banned": true }))
                .await
        )
        .await
        .0,
        403
    );
    let role = server
        .post(
            &format!("{path}/role"),
            Some(&root),
            json!({ "role": "admin" }),
        )
        .await;
    assert_eq!(role.status(), StatusCode::NO_CONTENT);
    let who: Value = server
        .get("/whoami", Some(&alice))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(who["role"], "admin");
    assert_eq!(
        server
            .post(&ban, Some(&root), json!({ "banned": true }))
            .await
            .status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        server.get("/me", Some(&alice)).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let refused = server
        .post(
            "/login",
            None,
            json!({ "username": "alice", "password": PASSWORD }),
        )
        .await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let missing = server
        .post(
            "/admin/users/999/ban",
            Some(&root),
            json!({ "banned": true }),
        )
        .await;
    assert_eq!(problem(missing).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operations_routes_answer_and_the_document_names_every_route() {
    let server = server().await;
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/api-docs",
        "/api-docs.css",
    ] {
        let answer = server.get(path, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
    let metrics = server.get("/metrics", None).await.text().await.unwrap();
    assert!(metrics.contains("http_requests_total{server=\"session\",method=\"POST\",route=\"/users\",status=\"201\"} 3"), "{metrics}");
    for line in [
        "store_reads_total{server=\"session\"} ",
        "store_writes_total{server=\"session\"} ",
        "store_commits_total{server=\"session\"} ",
    ] {
        let value = metrics.lines().find_map(|found| found.strip_prefix(line));
        assert!(
            value
                .and_then(|value| value.parse::<u64>().ok())
                .is_some_and(|value| value > 0),
            "{line} in {metrics}"
        );
    }
    for line in [
        "store_writes_waiting{server=\"session\"} 0",
        "password_hashes_waiting{server=\"session\"} 0",
        "password_hashes_shed_total{server=\"session\"} 0",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} in {metrics}"
        );
    }
    let document: Value = server
        .get("/openapi.json", None)
        .await
        .json()
        .await
        .unwrap();
    for path in [
        "/login",
        "/logout",
        "/me",
        "/transfers",
        "/sessions/{id}",
        "/admin/users/{id}/ban",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
}
