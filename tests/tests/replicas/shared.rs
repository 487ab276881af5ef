//! What one replica knows the others know.

use serde_json::json;

use crate::client::{Bearer, Client};
use crate::fleet::Fleet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_in_memory_is_known_to_one_replica_and_one_in_an_engine_to_all() {
    for (fleet, setting, elsewhere) in [
        (Fleet::start(), "store=memory", 401),
        (Fleet::start(), "store=database", 200),
        (Fleet::with_redis(), "store=database", 200),
    ] {
        // In Redis or in PostgreSQL; with memory the engine for sessions is not named.
        let mut replicas = fleet.replicas(2, "session", &[setting]);
        fleet.sign_up(&replicas[0], "alice").await;
        let client = Client::default();
        let alice = client.log_in(&replicas[0].address, "alice").await.bearer;
        assert_eq!(client.who_am_i(&replicas[0].address, &alice).await, 200);
        assert_eq!(
            client.who_am_i(&replicas[1].address, &alice).await,
            elsewhere
        );
        replicas[0].kill();
        replicas[0].restart();
        assert_eq!(
            client.who_am_i(&replicas[0].address, &alice).await,
            elsewhere
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_ended_at_one_replica_opens_nothing_at_any() {
    for fleet in [Fleet::start(), Fleet::with_redis()] {
        let replicas = fleet.replicas(3, "session", &[]);
        fleet.sign_up(&replicas[0], "alice").await;
        let client = Client::default();
        for round in 0..10 {
            let at = |step: usize| replicas[(round + step) % 3].address.as_str();
            let alice = client.log_in(at(0), "alice").await.bearer;
            assert_eq!(client.who_am_i(at(1), &alice).await, 200);
            let ended = client.post(at(2), "/logout", &alice, &json!({})).await;
            assert_eq!(ended.unwrap().status, 204);
            for step in 0..3 {
                assert_eq!(client.who_am_i(at(step), &alice).await, 401);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_verified_by_every_replica_and_after_a_logout_soon_by_none() {
    let fleet = Fleet::start();
    for mode in ["revocation=denylist", "revocation=not-before"] {
        let replicas = fleet.replicas(3, "jwt", &[mode]);
        if mode == "revocation=denylist" {
            fleet.sign_up(&replicas[0], "alice").await;
        }
        let client = Client::default();
        let login = client.log_in(&replicas[0].address, "alice").await;
        for replica in &replicas {
            assert_eq!(client.who_am_i(&replica.address, &login.bearer).await, 200);
        }
        let body = json!({ "refresh_token": login.refresh });
        let ended = client
            .post(&replicas[1].address, "/logout", &login.bearer, &body)
            .await;
        assert_eq!(ended.unwrap().status, 204);
        // At once where it was ended; elsewhere when it was heard of.
        assert_eq!(
            client.who_am_i(&replicas[1].address, &login.bearer).await,
            401
        );
        for replica in &replicas {
            let mut asked = 0;
            while client.who_am_i(&replica.address, &login.bearer).await == 200 {
                asked += 1;
                assert!(asked < 1_000, "{mode}: the logout is not heard of");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_was_changed_at_one_replica_ends_the_logins_at_all() {
    let fleet = Fleet::with_redis();
    let sessions = fleet.replicas(2, "session", &[]);
    fleet.sign_up(&sessions[0], "alice").await;
    let client = Client::default();
    let other = client.log_in(&sessions[1].address, "alice").await.bearer;
    let own = client.log_in(&sessions[0].address, "alice").await.bearer;
    let body = json!({ "current_password": crate::fleet::PASSWORD, "new_password": "down the rabbit hole" });
    let changed = client
        .post(&sessions[0].address, "/password", &own, &body)
        .await
        .unwrap();
    assert!(changed.status < 300, "{changed:?}");
    assert_eq!(client.who_am_i(&sessions[0].address, &other).await, 401);
    assert_eq!(client.who_am_i(&sessions[1].address, &other).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_are_counted_by_all_replicas_together() {
    let fleet = Fleet::start();
    let replicas = [
        fleet.replica("session", &[]),
        fleet.replica("jwt", &[]),
        fleet.replica("session", &[]),
    ];
    fleet.sign_up(&replicas[0], "alice").await;
    let client = Client::default();
    let mut statuses = Vec::new();
    for guess in 0..30 {
        let body = json!({ "username": "alice", "password": format!("a wrong guess {guess}") });
        let at = &replicas[guess % 3].address;
        let answer = client.post(at, "/login", &Bearer::nobody(), &body).await;
        statuses.push(answer.unwrap().status);
    }
    let looked_at = statuses.iter().filter(|status| **status == 401).count();
    let limit = bank::LoginConfig::default().account_failures as usize;
    assert_eq!(looked_at, limit, "{statuses:?}");
    assert!(
        statuses[limit..].iter().all(|status| *status == 429),
        "{statuses:?}"
    );
}
