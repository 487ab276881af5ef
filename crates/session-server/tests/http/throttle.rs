//! How often a password may be guessed wrong, by whom, and whom that shuts out.

use std::sync::Arc;
use std::time::Duration;

use ::bank::Hosting;
use reqwest::{Response, StatusCode};
use serde_json::json;
use session_server::SessionConfig;
use token_core::clock::{ManualClock, UnixSeconds};
use wiretap::{Record, Wiretap};

use crate::server::*;

const WRONG: &str = "white-rabbit-1866";
const EVIL: &str = "203.0.113.66";
const HOME: &str = "198.51.100.7";
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Takes addresses from `X-Forwarded-For`, as behind a proxy on this machine.
fn behind_a_proxy(config: &mut SessionConfig) {
    config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
}

async fn throttled_server() -> Server {
    server_with(behind_a_proxy).await
}

impl Server {
    async fn try_from(&self, address: &str, username: &str, password: &str) -> Response {
        let login = json!({ "username": username, "password": password });
        let request = self.client.post(format!("{}/login", self.base));
        let request = request.header("x-forwarded-for", address).json(&login);
        request.send().await.unwrap()
    }

    async fn status_from(&self, address: &str, username: &str, password: &str) -> u16 {
        let answer = self.try_from(address, username, password).await;
        answer.status().as_u16()
    }

    async fn fail(&self, times: usize, address: &str, username: &str) {
        for _ in 0..times {
            assert_eq!(self.status_from(address, username, WRONG).await, 401);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_failures_even_the_right_password_is_refused_until_the_window_ends() {
    let server = server().await;
    server.fail(10, EVIL, "alice").await;
    let refused = server.try_from(EVIL, "alice", PASSWORD).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "900");
    assert_eq!(
        problem(refused).await,
        (429, "/problems/too-many-failures".to_owned())
    );
    assert_eq!(server.status_from(EVIL, "bobby", PASSWORD).await, 200);
    server.clock.advance(WINDOW - Duration::from_secs(1));
    let refused = server.try_from(EVIL, "alice", PASSWORD).await;
    assert_eq!(refused.headers()["retry-after"], "1");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(server.status_from(EVIL, "alice", PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_throttle_the_hundredth_guess_is_right() {
    let server = server_with(|config| config.login.dangerously_unthrottled = true).await;
    server.fail(110, EVIL, "alice").await;
    assert_eq!(server.status_from(EVIL, "alice", PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_answer_says_nothing_about_name_or_password() {
    let server = server().await;
    let mut answers = Vec::new();
    for (username, password) in [("alice", PASSWORD), ("Alice", WRONG), ("nobody", WRONG)] {
        if username != "Alice" {
            server.fail(10, EVIL, username).await;
        }
        let answer = server.try_from(EVIL, username, password).await;
        assert!(answer.headers().get("set-cookie").is_none());
        let retry = answer.headers()["retry-after"].clone();
        answers.push((answer.status(), retry, answer.text().await.unwrap()));
    }
    assert_eq!(answers[0].0, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_never_count() {
    let server = server().await;
    for _ in 0..30 {
        server.log_in("alice").await;
    }
    let at_once = (0..8).map(|_| server.log_in("alice"));
    for login in futures(at_once).await {
        assert!(login.starts_with("__Host-session="));
    }
}

/// All of them at once, on one thread.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                done.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_wrong_passwords_at_once_no_more_than_the_limit_are_hashed() {
    let server = server().await;
    let guesses = (0..64).map(|_| server.status_from(EVIL, "alice", WRONG));
    let statuses = futures(guesses).await;
    let count = |status| statuses.iter().filter(|&&found| found == status).count();
    assert_eq!(statuses.len(), 64);
    assert!((1..=10).contains(&count(401)), "{statuses:?}");
    // The others were throttled, or found no place to be hashed in.
    assert_eq!(count(401) + count(429) + count(503), 64, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_fail_on_purpose_do_not_shut_out_the_owner_where_the_owner_was_before() {
    let server = throttled_server().await;
    assert_eq!(server.status_from(HOME, "alice", PASSWORD).await, 200);
    server.fail(10, EVIL, "alice").await;
    assert_eq!(server.status_from(EVIL, "alice", WRONG).await, 429);
    assert_eq!(
        server.status_from("192.0.2.1", "alice", PASSWORD).await,
        429
    );
    assert_eq!(server.status_from(HOME, "alice", PASSWORD).await, 200);
    // That login has not refilled the guesses of the strangers.
    assert_eq!(server.status_from("192.0.2.2", "alice", WRONG).await, 429);
    // At home there is a limit as well.
    server.fail(10, HOME, "alice").await;
    assert_eq!(server.status_from(HOME, "alice", PASSWORD).await, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_throttled_for_all_accounts_and_its_own_logins_do_not_help() {
    let server = throttled_server().await;
    for name in 0..10 {
        server.fail(10, EVIL, &format!("name-{name}")).await;
        // An account of the attacker's own, between the guesses.
        let own = server.status_from(EVIL, "bobby", PASSWORD).await;
        assert_eq!(own, if name < 9 { 200 } else { 429 });
    }
    assert_eq!(server.status_from(EVIL, "alice", PASSWORD).await, 429);
    assert_eq!(server.status_from(HOME, "alice", PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_ipv6_network_is_one_address() {
    let server = throttled_server().await;
    for name in 0..100 {
        let address = format!("2001:db8:1:2::{name}");
        server.fail(1, &address, &format!("name-{name}")).await;
    }
    let inside = server.status_from("2001:db8:1:2:ffff::1", "alice", PASSWORD);
    assert_eq!(inside.await, 429);
    let outside = server.status_from("2001:db8:1:3::1", "alice", PASSWORD);
    assert_eq!(outside.await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_address_counts_only_where_the_proxy_is_trusted() {
    for (trusted, expected) in [(false, 429), (true, 200)] {
        let server = server_with(|config| {
            config.login.account_failures = 5;
            config.login.address_failures = 5;
            if trusted {
                behind_a_proxy(config);
            }
        })
        .await;
        for guess in 0..5 {
            // Each guess claims to come from elsewhere and is about another account.
            let (address, name) = (format!("203.0.113.{guess}"), format!("name-{guess}"));
            server.fail(1, &address, &name).await;
        }
        let next = server.status_from("203.0.113.9", "alice", PASSWORD).await;
        assert_eq!(next, expected, "trusted: {trusted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_survive_a_restart_and_are_shared_by_two_servers_on_one_folder() {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let first = spawn(data.path(), Arc::clone(&clock), config()).await;
    let alice = json!({ "username": "alice", "password": PASSWORD });
    first.post("/users", None, alice).await;
    first.fail(5, EVIL, "alice").await;
    let second = spawn(data.path(), Arc::clone(&clock), config()).await;
    second.fail(5, EVIL, "alice").await;
    drop((first, second));
    let restarted = spawn(data.path(), clock, config()).await;
    assert_eq!(restarted.status_from(EVIL, "alice", PASSWORD).await, 429);
    restarted.clock.advance(WINDOW);
    restarted.log_in("alice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_password_is_not_guessed_by_whoever_holds_the_session() {
    let server = server().await;
    let cookie = server.log_in("alice").await;
    let change =
        |current: &str| json!({ "current_password": current, "new_password": "another-one-9" });
    for _ in 0..10 {
        let refused = server.post("/password", Some(&cookie), change(WRONG)).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
    let refused = server
        .post("/password", Some(&cookie), change(PASSWORD))
        .await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(
        server.get("/me", Some(&cookie)).await.status(),
        StatusCode::OK,
        "reading needs no password"
    );
    server.clock.advance(WINDOW);
    let changed = server
        .post("/password", Some(&cookie), change(PASSWORD))
        .await;
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_a_strangers_again_where_only_the_old_one_was_used() {
    let server = throttled_server().await;
    assert_eq!(server.status_from(EVIL, "alice", PASSWORD).await, 200);
    let home = server.try_from(HOME, "alice", PASSWORD).await;
    let cookie = cookie_of(&home).unwrap();
    let change = json!({ "current_password": PASSWORD, "new_password": "another-one-9" });
    let request = server.client.post(format!("{}/password", server.base));
    let request = request
        .header("x-forwarded-for", HOME)
        .header("cookie", cookie);
    let changed = request.json(&change).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
    server.fail(10, "192.0.2.1", "alice").await;
    // Known still, the thief's address would have ten guesses more.
    assert_eq!(server.status_from(EVIL, "alice", WRONG).await, 429);
    assert_eq!(
        server.status_from(HOME, "alice", "another-one-9").await,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_logins_are_counted_and_no_name_or_address_is_kept() {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let mut config = config();
    behind_a_proxy(&mut config);
    let server = spawn(data.path(), clock, config).await;
    let typed = "my-password-in-the-wrong-field";
    server.fail(10, EVIL, typed).await;
    for _ in 0..3 {
        assert_eq!(server.status_from(EVIL, typed, WRONG).await, 429);
    }
    let metrics = server.get("/metrics", None).await.text().await.unwrap();
    let line = "logins_total{server=\"session\",outcome=\"throttled\"} 3";
    assert!(metrics.contains(line), "{metrics}");
    for entry in std::fs::read_dir(data.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for text in [typed, EVIL] {
                let found = bytes.windows(text.len()).any(|w| w == text.as_bytes());
                assert!(!found, "{text} in {}", path.display());
            }
        }
    }
}

/// Statuses, bodies, and how many hashes were computed for a wrong password of `username`.
async fn what_a_wrong_password_costs(skip: bool, username: &str) -> (u16, String, usize) {
    wiretap::install();
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let mut config = config();
    config.login.dangerously_skip_dummy_hash = skip;
    let record = Arc::new(Record::default());
    let tap = Wiretap::new(Arc::clone(&record), clock.clone(), "session");
    let tapped = |hosting| Hosting {
        tap: Some(tap),
        ..hosting
    };
    let server = spawn_hosted(data.path(), clock, config, tapped).await;
    let alice = json!({ "username": "alice", "password": PASSWORD });
    server.post("/users", None, alice).await;
    let answer = server.try_from(EVIL, username, WRONG).await;
    let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
    let exchanges = record.after(0);
    let steps = &exchanges.last().unwrap().steps;
    let hashes = steps.iter().filter(|step| step.name == "Argon2id").count();
    (status, body, hashes)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_hashed_for_like_somebody_unless_a_setting_says_otherwise() {
    for (skip, hashes) in [(false, 1), (true, 0)] {
        let somebody = what_a_wrong_password_costs(skip, "alice").await;
        let nobody = what_a_wrong_password_costs(skip, "nobody").await;
        assert_eq!((somebody.0, somebody.2), (401, 1));
        assert_eq!((nobody.0, nobody.2), (401, hashes), "skip: {skip}");
        assert_eq!(somebody.1, nobody.1, "the body says nothing either way");
    }
}
