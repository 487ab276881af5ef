//! Every route of the session server over HTTP: what succeeds, how each fails, and what cannot be brought back to life.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how these tests report a failure"
)]

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use session_server::SessionConfig;
use tempfile::TempDir;
use token_core::clock::{Clock, ManualClock, UnixSeconds};
use token_core::key_folder::KeyFolder;
use user_store::sqlite::Database;
use user_store::{PasswordHasher, PasswordHasherConfig, Stores};

const ALLOWED: &str = "https://bank.example";
const PASSWORD: &str = "white-rabbit-1865";

/// A server on a free port with an empty database, and a clock that moves when told.
struct Server {
    base: String,
    clock: Arc<ManualClock>,
    client: Client,
    _data: Option<TempDir>,
}

async fn spawn(folder: &std::path::Path, clock: Arc<ManualClock>, config: SessionConfig) -> Server {
    let database = Database::open(folder.join("bank.db")).unwrap();
    let keys = KeyFolder::open_or_create(&folder.join("keys")).unwrap();
    let stores = Stores {
        passwords: PasswordHasher::new(PasswordHasherConfig::dangerously_cheap()),
        ..Stores::sqlite(
            database,
            Arc::clone(&clock) as Arc<dyn Clock>,
            config.timeouts(),
        )
    };
    let listener = bank::listen(([127, 0, 0, 1], 0).into(), "--listen").unwrap();
    let application =
        session_server::build(config, stores, &keys, None, vec![listener], 2).unwrap();
    let base = format!("http://127.0.0.1:{}", application.port());
    tokio::spawn(application.run_until_stopped());
    Server {
        base,
        clock,
        client: Client::builder().no_proxy().build().unwrap(),
        _data: None,
    }
}

fn config() -> SessionConfig {
    let mut config = SessionConfig::default();
    config.http.allowed_origins = vec![ALLOWED.to_owned()];
    config.http.administrators = vec!["root".to_owned()];
    config.http.opening_balance_minor = 100_000;
    config
}

async fn server() -> Server {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let server = spawn(data.path(), clock, config()).await;
    for name in ["alice", "bobby", "root"] {
        let created = server
            .post(
                "/users",
                None,
                json!({ "username": name, "password": PASSWORD }),
            )
            .await;
        assert_eq!(created.status(), StatusCode::CREATED);
    }
    Server {
        _data: Some(data),
        ..server
    }
}

impl Server {
    async fn send(
        &self,
        method: Method,
        path: &str,
        cookie: Option<&str>,
        body: Option<Value>,
    ) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str, cookie: Option<&str>) -> Response {
        self.send(Method::GET, path, cookie, None).await
    }

    async fn post(&self, path: &str, cookie: Option<&str>, body: Value) -> Response {
        self.send(Method::POST, path, cookie, Some(body)).await
    }

    async fn log_in(&self, username: &str) -> String {
        let answer = self
            .post(
                "/login",
                None,
                json!({ "username": username, "password": PASSWORD }),
            )
            .await;
        assert_eq!(answer.status(), StatusCode::OK);
        cookie_of(&answer).expect("a login sets the cookie")
    }
}

fn cookie_of(answer: &Response) -> Option<String> {
    let header = answer.headers().get("set-cookie")?.to_str().unwrap();
    let pair = header.split(';').next().unwrap();
    (!pair.ends_with('=')).then(|| pair.to_owned())
}

async fn problem(answer: Response) -> (u16, String) {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    (status, body["type"].as_str().unwrap().to_owned())
}

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
