//! Login, refresh, revocation, introspection, and what a logout does not end.

use std::sync::Arc;
use std::time::Duration;

use jwt_server::{JwtConfig, Preset};
use serde_json::{Value, json};

use crate::server::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_challenge_without_a_token_and_invalid_token_with_a_bad_one() {
    let server = server().await;
    let url = format!("{}/me", server.base);
    let bare = server.client.get(&url).send().await.unwrap();
    assert_eq!(
        (bare.status().as_u16(), &bare.headers()["www-authenticate"]),
        (401, &"Bearer".parse().unwrap())
    );
    let pair = server.log_in().await;
    let mut bodies = vec![bare.text().await.unwrap()];
    for bad in [
        "nonsense",
        "a.b.c",
        &format!("{}x", pair.access),
        &pair.refresh,
    ] {
        let answer = server
            .client
            .get(&url)
            .bearer_auth(bad)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{bad}");
        assert_eq!(
            answer.headers()["www-authenticate"],
            r#"Bearer error="invalid_token""#
        );
        bodies.push(answer.text().await.unwrap());
    }
    assert!(
        bodies.windows(2).all(|pair| pair[0] == pair[1]),
        "one external shape"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_outlives_the_logout_until_it_expires_where_none_is_taken_back() {
    let server = server_with(stateless()).await;
    let pair = server.log_in().await;
    let out = server
        .post("/logout", None, &json!({ "refresh_token": pair.refresh }))
        .await;
    assert_eq!(out.status(), 204);
    invalid_grant(server.refresh(&pair.refresh).await).await;
    server.clock.advance(Duration::from_secs(15 * 60 - 1));
    assert_eq!(server.me(&pair.access).await, 200);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(server.me(&pair.access).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_by_the_bearer_alone_ends_its_family() {
    let server = server().await;
    let pair = server.log_in().await;
    assert_eq!(
        server
            .post("/logout", Some(&pair.access), &json!({}))
            .await
            .status(),
        204
    );
    invalid_grant(server.refresh(&pair.refresh).await).await;
    assert_eq!(server.post("/logout", None, &json!({})).await.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_rotates_repeats_within_the_grace_and_revokes_when_reused_after_it() {
    let server = server().await;
    let first = server.log_in().await;
    let second = pair(server.refresh(&first.refresh).await).await;
    let again = pair(server.refresh(&first.refresh).await).await;
    assert_eq!(
        second.refresh, again.refresh,
        "a lost answer is given again, identical"
    );
    server.clock.advance(Duration::from_secs(10));
    invalid_grant(server.refresh(&first.refresh).await).await;
    invalid_grant(server.refresh(&second.refresh).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_tabs_refresh_at_once_and_get_one_successor() {
    let server = Arc::new(server().await);
    let first = server.log_in().await;
    let tabs = (0..16).map(|_| {
        let (server, token) = (Arc::clone(&server), first.refresh.clone());
        tokio::spawn(async move { pair(server.refresh(&token).await).await.refresh })
    });
    let tabs: Vec<_> = tabs.collect();
    let mut successors = std::collections::BTreeSet::new();
    for tab in tabs {
        successors.insert(tab.await.unwrap());
    }
    assert_eq!(successors.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_and_a_month_pass_as_the_notes_have_it() {
    let server = server_with(JwtConfig::default().with_preset(Preset::AsInTheNotes)).await;
    let first = server.log_in().await;
    server.clock.advance(7 * DAY);
    assert_eq!(server.me(&first.access).await, 401);
    let second = pair(server.refresh(&first.refresh).await).await;
    assert_eq!(server.me(&second.access).await, 200);
    server.clock.advance(30 * DAY);
    invalid_grant(server.refresh(&second.refresh).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_answers_alike_for_unknown_tokens_and_says_what_it_cannot_do() {
    let server = server_with(stateless()).await;
    let pair = server.log_in().await;
    assert_eq!(
        server
            .form("/revoke", &[("token", "unknown")])
            .await
            .status(),
        200
    );
    let access = server.form("/revoke", &[("token", &pair.access)]).await;
    assert_eq!(access.status(), 400);
    assert_eq!(
        access.json::<Value>().await.unwrap()["error"],
        "unsupported_token_type"
    );
    assert_eq!(
        server
            .form("/revoke", &[("token", &pair.refresh)])
            .await
            .status(),
        200
    );
    invalid_grant(server.refresh(&pair.refresh).await).await;
    let wrong = server.form("/token", &[("grant_type", "password")]).await;
    assert_eq!(
        wrong.json::<Value>().await.unwrap()["error"],
        "unsupported_grant_type"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_for_those_who_know_the_secret() {
    let server = server().await;
    let pair = server.log_in().await;
    let ask = async |token: &str, secret: &str| {
        let request = server
            .client
            .post(format!("{}/introspect", server.base))
            .form(&[("token", token)]);
        request
            .basic_auth("introspection", Some(secret))
            .send()
            .await
            .unwrap()
    };
    assert_eq!(ask(&pair.access, "guess").await.status(), 401);
    let secret = server.keys.introspection_secret();
    for token in [&pair.access, &pair.refresh] {
        let body: Value = ask(token, secret.expose()).await.json().await.unwrap();
        assert_eq!(
            (&body["active"], &body["username"]),
            (&json!(true), &json!("alice"))
        );
    }
    let body: Value = ask("unknown", secret.expose()).await.json().await.unwrap();
    assert_eq!(body, json!({ "active": false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_documents_agree_with_the_tokens() {
    let server = server().await;
    let get = async |path: &str| -> Value {
        server
            .client
            .get(format!("{}{path}", server.base))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    };
    let metadata = get("/.well-known/oauth-authorization-server").await;
    let access = server.log_in().await.access;
    let token = token_core::jwt::decode_unverified(&access).unwrap();
    assert_eq!(metadata["issuer"], token.claims["iss"]);
    let jwks = get("/.well-known/jwks.json").await;
    assert_eq!(jwks["keys"][0]["kid"], token.header["kid"]);
    assert!(
        jwks["keys"][0].get("d").is_none(),
        "the private half stays at home"
    );
    assert!(get("/openapi.json").await["paths"]["/token"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_family_list_shows_devices_and_a_password_change_ends_the_others() {
    let server = server().await;
    let (first, second) = (server.log_in().await, server.log_in().await);
    let request = server
        .client
        .get(format!("{}/sessions", server.base))
        .bearer_auth(&second.access);
    let listed: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 2);
    let change = json!({ "current_password": PASSWORD, "new_password": "another-one-9" });
    assert_eq!(
        server
            .post("/password", Some(&second.access), &change)
            .await
            .status(),
        204
    );
    invalid_grant(server.refresh(&first.refresh).await).await;
    pair(server.refresh(&second.refresh).await).await;
}
