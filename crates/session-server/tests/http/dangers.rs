//! The settings that experiments turn, each in a pair: with it the attack or the exposure succeeds, without it it does not.

use bank::{CorsPolicy, CsrfDefence, HttpConfig};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::server::*;

const STRANGER: &str = "https://stranger.example";

async fn with_http(change: impl FnOnce(&mut HttpConfig)) -> Server {
    server_with(|config| change(&mut config.http)).await
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
}

/// `Access-Control-Allow-Origin` and `-Credentials` of a GET, and the same of a preflight for a bearer GET.
async fn cors(policy: CorsPolicy, origin: &str) -> [(Option<String>, bool); 2] {
    let server = with_http(|http| http.cors = policy).await;
    let cookie = server.log_in("alice").await;
    let get = server
        .client
        .get(format!("{}/me", server.base))
        .header("cookie", cookie)
        .header("origin", origin);
    let get = get.send().await.unwrap();
    assert_eq!(
        get.status(),
        StatusCode::OK,
        "the server does the work, whoever asks"
    );
    let preflight = server
        .client
        .request(Method::OPTIONS, format!("{}/me", server.base))
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization");
    let preflight = preflight.send().await.unwrap();
    [get, preflight].map(|answer| {
        let allowed = header(&answer, "access-control-allow-origin").map(str::to_owned);
        (
            allowed,
            header(&answer, "access-control-allow-credentials") == Some("true"),
        )
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cors_policy_lets_read_whom_it_names_and_nobody_else() {
    let named = |origin: &str, credentials| (Some(origin.to_owned()), credentials);
    let nobody = (None, false);
    for (policy, listed, stranger) in [
        (CorsPolicy::AllowList, named(ALLOWED, true), nobody.clone()),
        (
            CorsPolicy::AllowListWithoutCredentials,
            named(ALLOWED, false),
            nobody.clone(),
        ),
        (CorsPolicy::None, nobody.clone(), nobody.clone()),
        (
            CorsPolicy::DangerouslyAny,
            named("*", false),
            named("*", false),
        ),
        (
            CorsPolicy::DangerouslyReflect,
            named(ALLOWED, true),
            named(STRANGER, true),
        ),
    ] {
        for (origin, expected) in [(ALLOWED, listed), (STRANGER, stranger)] {
            for found in cors(policy, origin).await {
                assert_eq!(found, expected, "{policy:?} to {origin}");
            }
        }
    }
}

/// What a form on any page of the web can send, with the cookie that the browser adds.
async fn forged(server: &Server, cookie: &str) -> Response {
    server
        .client
        .post(format!("{}/transfers", server.base))
        .header("cookie", cookie)
        .header("origin", STRANGER)
        .header("sec-fetch-site", "cross-site")
        .form(&[
            ("to", "bobby"),
            ("amount_minor", "1000"),
            ("idempotency_key", "forged"),
            ("note", ""),
        ])
        .send()
        .await
        .unwrap()
}

/// The same by a form of `enctype=text/plain`, whose one field is cut so that name, `=` and value together are JSON.
async fn forged_as_text(server: &Server, cookie: &str) -> Response {
    let body =
        "{\"to\":\"bobby\",\"amount_minor\":1000,\"idempotency_key\":\"=\",\"note\":\"\"}\r\n";
    server
        .client
        .post(format!("{}/transfers", server.base))
        .header("cookie", cookie)
        .header("origin", "null")
        .header("content-type", "text/plain")
        .body(body)
        .send()
        .await
        .unwrap()
}

async fn balance(server: &Server, cookie: &str) -> i64 {
    let me: Value = server.get("/me", Some(cookie)).await.json().await.unwrap();
    me["balance_minor"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_form_moves_money_without_the_csrf_defence() {
    let server = with_http(|http| http.csrf = CsrfDefence::DangerouslyNone).await;
    let cookie = server.log_in("alice").await;
    assert_eq!(forged(&server, &cookie).await.status(), StatusCode::CREATED);
    assert_eq!(balance(&server, &cookie).await, 99_000);
    let as_text = forged_as_text(&server, &cookie).await;
    assert_eq!(as_text.status(), StatusCode::CREATED);
    assert_eq!(balance(&server, &cookie).await, 98_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_form_is_refused_by_default_and_the_ledger_stays() {
    let server = server().await;
    let cookie = server.log_in("alice").await;
    for refused in [
        forged(&server, &cookie).await,
        forged_as_text(&server, &cookie).await,
    ] {
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(balance(&server, &cookie).await, 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_stripped_is_gone_and_is_there_otherwise() {
    let strip = |what: &str| vec![what.to_owned()];
    let broken =
        with_http(|http| http.dangerously_strip_headers = strip("x-content-type-options")).await;
    let sound = server().await;
    for path in ["/me", "/healthz", "/no-such"] {
        assert_eq!(
            header(&broken.get(path, None).await, "x-content-type-options"),
            None,
            "{path}"
        );
        assert_eq!(
            header(&sound.get(path, None).await, "x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
    }
    for (server, expected) in [(&broken, None), (&sound, Some("nosniff"))] {
        let refused = forged(server, "").await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(
            header(&refused, "x-content-type-options"),
            expected,
            "a refusal on the way in is stripped like an answer"
        );
    }
    let broken =
        with_http(|http| http.dangerously_strip_headers = strip("set-cookie:samesite")).await;
    let login = serde_json::json!({ "username": "alice", "password": PASSWORD });
    let line = |answer: &Response| header(answer, "set-cookie").unwrap().to_owned();
    let without = line(&broken.post("/login", None, login.clone()).await);
    assert!(
        !without.contains("SameSite") && without.contains("HttpOnly"),
        "{without}"
    );
    let with = line(&sound.post("/login", None, login).await);
    assert!(with.contains("SameSite=Lax"), "{with}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_be_kept_only_where_the_setting_says_so() {
    let broken = with_http(|http| http.dangerously_cacheable = true).await;
    let sound = server().await;
    for (server, expected) in [(broken, None), (sound, Some("no-store"))] {
        let cookie = server.log_in("alice").await;
        assert_eq!(
            header(&server.get("/me", Some(&cookie)).await, "cache-control"),
            expected
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_says_what_the_browser_shall_forget_where_it_is_told_to() {
    let what = || vec!["cookies".to_owned(), "storage".to_owned()];
    let clearing = with_http(|http| http.clear_site_data = what()).await;
    let plain = server().await;
    for (server, expected) in [(clearing, Some("\"cookies\", \"storage\"")), (plain, None)] {
        let cookie = server.log_in("alice").await;
        let out = server
            .post("/logout", Some(&cookie), serde_json::json!({}))
            .await;
        assert_eq!(out.status(), StatusCode::NO_CONTENT);
        assert_eq!(header(&out, "clear-site-data"), expected);
    }
}

/// Mallory's cookie is in alice's browser when she logs in; whom mallory's copy of it proves afterwards.
async fn planted_before_a_login(adopt: bool) -> Option<String> {
    let server = server_with(|config| config.dangerously_adopt_session_id = adopt).await;
    let planted = server.log_in("bobby").await;
    let login = serde_json::json!({ "username": "alice", "password": PASSWORD });
    let login = server.post("/login", Some(&planted), login).await;
    assert_eq!(login.status(), StatusCode::OK);
    let copy = server.get("/whoami", Some(&planted)).await;
    let who: Value = copy.json().await.unwrap();
    who["username"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_planted_before_a_login_opens_it_where_ids_are_adopted() {
    assert_eq!(planted_before_a_login(true).await.as_deref(), Some("alice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_planted_before_a_login_is_worth_nothing_after_it_by_default() {
    assert_eq!(planted_before_a_login(false).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn even_where_ids_are_adopted_nobody_makes_one_up() {
    let server = server_with(|config| config.dangerously_adopt_session_id = true).await;
    let made_up = format!("__Host-session={}", "A".repeat(43));
    let login = serde_json::json!({ "username": "alice", "password": PASSWORD });
    let login = server.post("/login", Some(&made_up), login).await;
    assert_eq!(login.status(), StatusCode::OK);
    assert_ne!(cookie_of(&login).as_deref(), Some(made_up.as_str()));
    let copy = server.get("/me", Some(&made_up)).await;
    assert_eq!(copy.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_cookies_of_one_name_the_first_counts_and_a_longer_path_comes_first() {
    for plain in [true, false] {
        let server = server_with(|config| config.cookie.dangerously_plain = plain).await;
        let (alice, bobby) = (server.log_in("alice").await, server.log_in("bobby").await);
        // What a browser sends when a sibling host has tossed a cookie: `__Host-` keeps its name from being tossed.
        let tossed = bobby.trim_start_matches("__Host-");
        let both = format!("{tossed}; {alice}");
        let me: Value = server.get("/me", Some(&both)).await.json().await.unwrap();
        assert_eq!(me["username"], if plain { "bobby" } else { "alice" });
    }
}
