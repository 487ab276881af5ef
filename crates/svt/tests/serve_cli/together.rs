//! Two processes of a server on one SQLite file and one key folder, and one that is stopped and started again.

use std::collections::BTreeSet;

use serde_json::json;
use tempfile::tempdir;
use tokio::task::JoinSet;

use crate::process::{PASSWORD, Server, USER};

/// Both processes are one issuer, as they would be behind one name.
const ONE_ISSUER: [&str; 2] = ["--set", "issuer=http://bank.example"];

/// So many password hashes that some are still to be made when the first is seen.
const LOGINS: usize = 10;

fn bearer(token: &serde_json::Value) -> (&'static str, String) {
    (
        "authorization",
        format!("Bearer {}", token.as_str().unwrap()),
    )
}

#[tokio::test]
async fn a_session_of_one_process_is_known_to_the_other_until_either_ends_it() {
    let data = tempdir().unwrap();
    let (a, b) = (
        Server::start("session", data.path(), &[]),
        Server::start("session", data.path(), &[]),
    );
    a.sign_up().await;
    let cookie = a.cookie().await;
    assert_eq!(b.get("/me", &cookie).await.status(), 200);
    let logout = b.post("/logout", Some(&cookie), &json!({})).await;
    assert_eq!(logout.status(), 204);
    assert_eq!(a.get("/me", &cookie).await.status(), 401);

    let (other, own) = (a.cookie().await, b.cookie().await);
    let change = json!({ "current_password": PASSWORD, "new_password": "another-cup-of-tea" });
    let changed = b.post("/password", Some(&own), &change).await;
    assert!(changed.status().is_success(), "{}", changed.status());
    assert_eq!(a.get("/me", &other).await.status(), 401);
}

#[tokio::test]
async fn a_session_survives_a_restart_of_its_server() {
    let data = tempdir().unwrap();
    let first = Server::start("session", data.path(), &[]);
    first.sign_up().await;
    let cookie = first.cookie().await;
    first.stop();
    let second = Server::start("session", data.path(), &[]);
    assert_eq!(second.get("/me", &cookie).await.status(), 200);
}

#[tokio::test]
async fn a_session_in_memory_does_not() {
    let data = tempdir().unwrap();
    let memory = ["--set", "store=memory"];
    let first = Server::start("session", data.path(), &memory);
    first.sign_up().await;
    let cookie = first.cookie().await;
    assert_eq!(first.get("/me", &cookie).await.status(), 200);
    first.stop();
    let second = Server::start("session", data.path(), &memory);
    assert_eq!(second.get("/me", &cookie).await.status(), 401);
}

#[tokio::test]
async fn a_token_of_one_process_is_verified_and_refreshed_by_the_other() {
    let data = tempdir().unwrap();
    let (a, b) = (
        Server::start("jwt", data.path(), &ONE_ISSUER),
        Server::start("jwt", data.path(), &ONE_ISSUER),
    );
    a.sign_up().await;
    let tokens = a.tokens().await;
    assert_eq!(
        b.get("/me", &bearer(&tokens["access_token"]))
            .await
            .status(),
        200
    );
    let refreshed = b.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refreshed.status(), 200);

    let anybody = ("accept", "*/*".to_owned());
    let jwks = [&a, &b].map(|server| server.get("/.well-known/jwks.json", &anybody));
    let [of_a, of_b] = jwks;
    assert_eq!(
        of_a.await.text().await.unwrap(),
        of_b.await.text().await.unwrap()
    );

    let next: serde_json::Value = refreshed.json().await.unwrap();
    let next = next["refresh_token"].as_str().unwrap();
    assert_eq!(a.form("/revoke", &[("token", next)]).await.status(), 200);
    assert_eq!(b.refresh(next).await.status(), 400);
}

#[tokio::test]
async fn refreshes_of_one_token_in_both_processes_leave_one_successor() {
    let data = tempdir().unwrap();
    let (a, b) = (
        Server::start("jwt", data.path(), &ONE_ISSUER),
        Server::start("jwt", data.path(), &ONE_ISSUER),
    );
    a.sign_up().await;
    let tokens = a.tokens().await;
    let token = tokens["refresh_token"].as_str().unwrap().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut racing = JoinSet::new();
    for number in 0..16 {
        let url = format!("{}/token", if number % 2 == 0 { &a.url } else { &b.url });
        let fields = [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", token.clone()),
        ];
        let request = client.post(url).form(&fields);
        racing.spawn(async move {
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let body: serde_json::Value = answer.json().await.unwrap();
            (status, body["refresh_token"].as_str().map(str::to_owned))
        });
    }
    let answers = racing.join_all().await;
    assert!(
        answers.iter().all(|(status, _)| *status == 200),
        "{answers:?}"
    );
    let successors: BTreeSet<_> = answers.into_iter().filter_map(|(_, token)| token).collect();
    assert_eq!(successors.len(), 1, "{successors:?}");
}

#[tokio::test]
async fn a_signal_ends_a_server_cleanly_and_answers_in_progress_finish() {
    for signal in ["TERM", "INT"] {
        let data = tempdir().unwrap();
        let mut server = Server::start("session", data.path(), &[]);
        server.sign_up().await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut logins = JoinSet::new();
        for _ in 0..LOGINS {
            let body = json!({ "username": USER, "password": PASSWORD });
            let request = client.post(format!("{}/login", server.url)).json(&body);
            logins.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
        // All of them have arrived, since a connection that was not accepted yet is reset; and one at least is in progress.
        let mut looks = 0..10_000;
        loop {
            let answered = server.metric("logins_total").await;
            // The request that asks is one itself.
            let in_progress = server.metric("http_requests_in_flight").await - 1.0;
            if in_progress >= 1.0 && answered + in_progress >= LOGINS as f64 {
                break;
            }
            looks.next().expect("no login was ever in progress");
        }
        server.signal(signal);
        let statuses = logins.join_all().await;
        assert_eq!(statuses, [200; LOGINS], "at SIG{signal}");
        assert_eq!(server.ended().code(), Some(0), "at SIG{signal}");
        let again = Server::start("session", data.path(), &[]);
        again.cookie().await;
    }
}
