//! Routes that an embedding application adds.

use std::sync::Arc;

use ::bank::{Extension, Principal};
use actix_web::{HttpResponse, web};
use reqwest::StatusCode;
use serde_json::json;
use token_core::clock::{ManualClock, UnixSeconds};

use crate::server::*;

async fn anyone() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn who(principal: Principal) -> String {
    principal.username
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/stage/report", web::post().to(anyone))
        .route("/stage/who", web::get().to(who))
        .route("/elsewhere", web::post().to(anyone));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_below_the_stage_of_an_extension_may_be_posted_from_anywhere() {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let extension = Some(Extension::new(routes));
    let extended = spawn_extended(data.path(), clock, config(), extension).await;
    let plain = server().await;
    let post = async |server: &Server, path: &str| {
        let request = server.client.post(format!("{}{path}", server.base));
        let request = request
            .header("origin", "https://evil.example")
            .header("content-type", "application/x-www-form-urlencoded");
        request.body("a=b").send().await.unwrap().status()
    };
    assert_eq!(
        post(&extended, "/stage/report").await,
        StatusCode::NO_CONTENT
    );
    for path in ["/elsewhere", "/transfers", "/logout"] {
        assert_eq!(post(&extended, path).await, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(post(&plain, "/stage/report").await, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_of_an_extension_knows_the_caller_and_carries_the_headers_of_the_bank() {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let extension = Some(Extension::new(routes));
    let server = spawn_extended(data.path(), clock, config(), extension).await;
    let alice = json!({ "username": "alice", "password": PASSWORD });
    server.post("/users", None, alice).await;
    let cookie = server.log_in("alice").await;
    let answer = server.get("/stage/who", Some(&cookie)).await;
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.text().await.unwrap(), "alice");
    assert_eq!(
        server.get("/stage/who", None).await.status(),
        StatusCode::UNAUTHORIZED
    );
}
