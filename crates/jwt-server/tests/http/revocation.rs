//! Access tokens that are taken back: each mode by each event, at the very next request, over a restart and in another process.

use std::time::Duration;

use jwt_server::{JwtConfig, Revocation};
use reqwest::Response;
use serde_json::{Value, json};

use crate::server::*;

/// The modes in which the next request is refused.
const MODES: [Revocation; 3] = [
    Revocation::Denylist,
    Revocation::NotBefore,
    Revocation::DangerouslyKeyRotation,
];

pub(crate) fn config(revocation: Revocation) -> JwtConfig {
    let mut config = JwtConfig {
        revocation,
        ..JwtConfig::default()
    };
    config.http.administrators = vec!["root".to_owned()];
    config
}

/// A server with alice, bob and the administrator root; alice's number.
pub(crate) async fn bank(revocation: Revocation) -> (Server, i64) {
    let server = server_with(config(revocation)).await;
    server.sign_up("bob").await;
    let root = server.sign_up("root").await;
    (server, root - 2)
}

#[derive(Clone, Copy, Debug)]
enum Event {
    LogOut,
    LogOutByRefreshToken,
    EndOneLogin,
    EndAllLogins,
    Ban,
    ChangeRole,
    RevokeRefreshToken,
    ReuseRefreshToken,
}

const EVENTS: [Event; 8] = [
    Event::LogOut,
    Event::LogOutByRefreshToken,
    Event::EndOneLogin,
    Event::EndAllLogins,
    Event::Ban,
    Event::ChangeRole,
    Event::RevokeRefreshToken,
    Event::ReuseRefreshToken,
];

impl Event {
    async fn happen(self, server: &Server, alice: i64, pair: &Pair) {
        let bearer = Some(pair.access.as_str());
        let answer = match self {
            Self::LogOut => server.post("/logout", bearer, &json!({})).await,
            Self::LogOutByRefreshToken => {
                let body = json!({ "refresh_token": pair.refresh });
                server.post("/logout", None, &body).await
            }
            Self::EndOneLogin => {
                let listed: Value = get(server, "/sessions", &pair.access)
                    .await
                    .json()
                    .await
                    .unwrap();
                let id = listed["sessions"][0]["id"].as_str().unwrap().to_owned();
                delete(server, &format!("/sessions/{id}"), &pair.access).await
            }
            Self::EndAllLogins => delete(server, "/sessions", &pair.access).await,
            Self::Ban => {
                as_root(
                    server,
                    &format!("/admin/users/{alice}/ban"),
                    &json!({ "banned": true }),
                )
                .await
            }
            Self::ChangeRole => {
                as_root(
                    server,
                    &format!("/admin/users/{alice}/role"),
                    &json!({ "role": "admin" }),
                )
                .await
            }
            Self::RevokeRefreshToken => server.form("/revoke", &[("token", &pair.refresh)]).await,
            Self::ReuseRefreshToken => {
                server.refresh(&pair.refresh).await;
                server.clock.advance(Duration::from_secs(10));
                let reused = server.refresh(&pair.refresh).await;
                assert_eq!(reused.status(), 400);
                return;
            }
        };
        assert!(answer.status().is_success(), "{self:?}: {answer:?}");
    }
}

pub(crate) async fn get(server: &Server, path: &str, bearer: &str) -> Response {
    let request = server.client.get(format!("{}{path}", server.base));
    request.bearer_auth(bearer).send().await.unwrap()
}

async fn delete(server: &Server, path: &str, bearer: &str) -> Response {
    let request = server.client.delete(format!("{}{path}", server.base));
    request.bearer_auth(bearer).send().await.unwrap()
}

async fn as_root(server: &Server, path: &str, body: &Value) -> Response {
    let root = server.log_in_as("root").await;
    server.post(path, Some(&root.access), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_a_login_ends_its_access_token_at_the_very_next_request() {
    for mode in MODES {
        for event in EVENTS {
            let (server, alice) = bank(mode).await;
            let pair = server.log_in().await;
            assert_eq!(server.me(&pair.access).await, 200);
            event.happen(&server, alice, &pair).await;
            assert_eq!(server.me(&pair.access).await, 401, "{mode:?} {event:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_none_is_taken_back_the_token_lives_through_all_of_it_until_it_expires() {
    for event in EVENTS {
        let (server, alice) = bank(Revocation::None).await;
        let pair = server.log_in().await;
        event.happen(&server, alice, &pair).await;
        assert_eq!(server.me(&pair.access).await, 200, "{event:?}");
        server.clock.advance(Duration::from_secs(15 * 60));
        assert_eq!(server.me(&pair.access).await, 401, "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_go_on_refreshes_and_gets_a_token_that_is_good_in_the_same_second() {
    for mode in MODES {
        let (server, alice) = bank(mode).await;
        let pair = server.log_in().await;
        Event::ChangeRole.happen(&server, alice, &pair).await;
        let next = crate::server::pair(server.refresh(&pair.refresh).await).await;
        assert_eq!(server.me(&next.access).await, 200, "{mode:?}");
        Event::LogOut.happen(&server, alice, &next).await;
        let again = server.log_in().await;
        assert_eq!(server.me(&again.access).await, 200, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_takes_back_every_token_and_the_login_that_asked_goes_on() {
    for mode in MODES {
        let (server, _) = bank(mode).await;
        let (other, own) = (server.log_in().await, server.log_in().await);
        let change = json!({ "current_password": PASSWORD, "new_password": "another-one-9" });
        let changed = server.post("/password", Some(&own.access), &change).await;
        assert_eq!(changed.status(), 204);
        assert_eq!(server.me(&other.access).await, 401, "{mode:?}");
        assert_eq!(server.me(&own.access).await, 401, "{mode:?}");
        crate::server::invalid_grant(server.refresh(&other.refresh).await).await;
        let next = crate::server::pair(server.refresh(&own.refresh).await).await;
        assert_eq!(server.me(&next.access).await, 200, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_else_is_hit_depends_on_the_mode() {
    for (mode, other_device, other_user) in [
        (Revocation::Denylist, 200, 200),
        (Revocation::NotBefore, 401, 200),
        (Revocation::DangerouslyKeyRotation, 401, 401),
    ] {
        let (server, alice) = bank(mode).await;
        let (phone, laptop) = (server.log_in().await, server.log_in().await);
        let bob = server.log_in_as("bob").await;
        Event::LogOut.happen(&server, alice, &laptop).await;
        assert_eq!(server.me(&phone.access).await, other_device, "{mode:?}");
        assert_eq!(server.me(&bob.access).await, other_user, "{mode:?}");
        let phone = crate::server::pair(server.refresh(&phone.refresh).await).await;
        assert_eq!(server.me(&phone.access).await, 200, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_stays_so_over_a_restart_and_in_another_process() {
    for mode in MODES {
        let (server, alice) = bank(mode).await;
        let neighbour = server.beside(config(mode));
        let pair = server.log_in().await;
        assert_eq!(neighbour.me(&pair.access).await, 200, "{mode:?}");
        Event::LogOut.happen(&server, alice, &pair).await;
        if mode == Revocation::DangerouslyKeyRotation {
            // The worst case: another process looks at the key file once in a second.
            assert_eq!(neighbour.me(&pair.access).await, 200);
            server.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(neighbour.me(&pair.access).await, 401, "{mode:?}");
        let restarted = server.beside(config(mode));
        assert_eq!(restarted.me(&pair.access).await, 401, "{mode:?}");
    }
}

/// A server that counts nobody's epochs ends the login alone, as does one whose store is gone between the two steps of a logout.
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_got_half_way_is_finished_by_the_next() {
    let (server, _) = bank(Revocation::NotBefore).await;
    let pair = server.log_in().await;
    let half = server.beside(config(Revocation::None));
    let bearer = Some(pair.access.as_str());
    assert_eq!(half.post("/logout", bearer, &json!({})).await.status(), 204);
    assert_eq!(server.me(&pair.access).await, 200);
    let finished = server.post("/logout", bearer, &json!({})).await;
    assert_eq!(finished.status(), 204);
    assert_eq!(server.me(&pair.access).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_can_be_revoked_alone_and_introspection_says_so() {
    for mode in [Revocation::Denylist, Revocation::NotBefore] {
        let (server, _) = bank(mode).await;
        let pair = server.log_in().await;
        let revoked = server.form("/revoke", &[("token", &pair.access)]).await;
        assert_eq!(revoked.status(), 200);
        assert_eq!(server.me(&pair.access).await, 401);
        let secret = server.keys.introspection_secret();
        let inspected = server
            .client
            .post(format!("{}/introspect", server.base))
            .basic_auth("introspection", Some(secret.expose()))
            .form(&[("token", &pair.access)]);
        let inspected: Value = inspected.send().await.unwrap().json().await.unwrap();
        assert_eq!(inspected, json!({ "active": false }), "{mode:?}");
        let next = crate::server::pair(server.refresh(&pair.refresh).await).await;
        assert_eq!(server.me(&next.access).await, 200, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_given_again_to_the_letter() {
    let server = server().await;
    let first = server.log_in().await;
    let second = pair(server.refresh(&first.refresh).await).await;
    server.clock.advance(Duration::from_secs(3));
    let again = pair(server.refresh(&first.refresh).await).await;
    assert_eq!(second.access, again.access);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_say_what_the_mode_asks_for_is_refused() {
    let (server, _) = bank(Revocation::Denylist).await;
    let pair = server.log_in().await;
    let stricter = server.beside(config(Revocation::NotBefore));
    assert_eq!(stricter.me(&pair.access).await, 401, "it carries no epoch");
    let next = crate::server::pair(stricter.refresh(&pair.refresh).await).await;
    assert_eq!(stricter.me(&next.access).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reusable_refresh_token_serves_thief_and_owner_alike_and_a_rotating_one_ends_both() {
    let reusable = JwtConfig {
        dangerously_reusable_refresh: true,
        revocation: Revocation::None,
        ..JwtConfig::default()
    };
    for (config, is_broken) in [(reusable, true), (JwtConfig::default(), false)] {
        let server = server_with(config).await;
        let first = server.log_in().await;
        let owner = pair(server.refresh(&first.refresh).await).await;
        server.clock.advance(Duration::from_secs(60));
        let thief = server.refresh(&first.refresh).await;
        assert_eq!(thief.status() == 200, is_broken);
        let owner = server.refresh(&owner.refresh).await;
        assert_eq!(
            owner.status() == 200,
            is_broken,
            "the family is alive, or ended for both"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dead_already_ends_nothing_that_is_alive() {
    for mode in [Revocation::Denylist, Revocation::NotBefore] {
        let (server, alice) = bank(mode).await;
        let ended = server.log_in().await;
        Event::LogOut.happen(&server, alice, &ended).await;
        let alive = server.log_in().await;
        for token in [&ended.access, &ended.refresh] {
            let revoked = server.form("/revoke", &[("token", token)]).await;
            assert_eq!(revoked.status(), 200);
        }
        let logout = json!({ "refresh_token": ended.refresh });
        assert_eq!(server.post("/logout", None, &logout).await.status(), 204);
        assert_eq!(server.me(&alive.access).await, 200, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_access_token_that_is_revoked_takes_no_newer_one_along() {
    let (server, _) = bank(Revocation::Denylist).await;
    let old = server.log_in().await;
    let new = crate::server::pair(server.refresh(&old.refresh).await).await;
    for _ in 0..2 {
        let revoked = server.form("/revoke", &[("token", &old.access)]).await;
        assert_eq!(revoked.status(), 200);
        assert_eq!(server.me(&old.access).await, 401);
        assert_eq!(server.me(&new.access).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denylist_and_reusable_refresh_tokens_are_refused_together() {
    let config = JwtConfig {
        dangerously_reusable_refresh: true,
        ..config(Revocation::Denylist)
    };
    let refused = config.validate().unwrap_err().to_string();
    assert!(
        refused.contains("set revocation to none or not-before"),
        "{refused}"
    );
}
