//! An engine that dies, comes back, or says nothing.

use std::time::Duration;

use token_core::clock::{Clock, SystemClock};
use token_core::refresh::{FamilyId, RevocationReason};
use user_store::{NewSession, Role, StoreError, Stores, User};

use crate::cluster::{Cluster, clock, connect, customer, stores};

fn session_of(user: &User) -> NewSession {
    NewSession {
        user_id: user.id,
        username: user.username.clone(),
        role: Role::Customer,
        device: "a test".to_owned(),
    }
}

/// That an operation fails as it should while the engine is away, and within a second.
async fn is_refused_in_time<T: std::fmt::Debug>(
    operation: impl Future<Output = Result<T, StoreError>>,
) {
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    let outcome = operation.await;
    assert!(
        matches!(outcome, Err(StoreError::Unavailable(_))),
        "{outcome:?}"
    );
    let took = clock.monotonic().saturating_sub(begun);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

async fn nothing_works(stores: &Stores, alice: &User, id: &user_store::SessionId) {
    is_refused_in_time(stores.sessions.load(id)).await;
    is_refused_in_time(stores.users.by_id(alice.id)).await;
    is_refused_in_time(stores.notes.add(alice.id, "lost")).await;
    is_refused_in_time(stores.families.create(alice.id, "a test")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_engine_is_gone_everything_fails_soon_and_what_was_acknowledged_is_there_afterwards()
 {
    let mut cluster = Cluster::start();
    let url = cluster.database().await;
    let stores = stores(&url, clock()).await;
    let alice = customer(&stores, "alice", 100).await;
    let id = stores.sessions.create(session_of(&alice)).await.unwrap();
    cluster.engine.kill();
    nothing_works(&stores, &alice, &id).await;
    cluster.engine.restart().unwrap();
    assert!(stores.sessions.load(&id).await.unwrap().is_some());
    assert_eq!(stores.notes.list(alice.id, 10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_accepts_and_says_nothing_is_not_waited_for() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let stores = stores(&url, clock()).await;
    let alice = customer(&stores, "alice", 100).await;
    let id = stores.sessions.create(session_of(&alice)).await.unwrap();
    cluster.engine.pause();
    nothing_works(&stores, &alice, &id).await;
    cluster.engine.resume();
    assert!(stores.sessions.load(&id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verifier_that_hears_nothing_goes_on_for_a_while_and_then_answers_nobody() {
    let mut cluster = Cluster::start();
    let url = cluster.database().await;
    let clock = clock();
    let stores = stores(&url, clock.clone()).await;
    let alice = customer(&stores, "alice", 100).await;
    let family = stores.families.create(alice.id, "a test").await.unwrap().id;
    assert!(!stores.denied.is_denied(family, 0).await.unwrap());
    cluster.engine.kill();
    assert!(!stores.denied.is_denied(family, 0).await.unwrap());
    clock.advance(Duration::from_secs(5));
    assert!(!stores.denied.is_denied(family, 0).await.unwrap());
    clock.advance(Duration::from_millis(1));
    is_refused_in_time(stores.denied.is_denied(family, 0)).await;
    is_refused_in_time(stores.denied.is_outdated(alice.id, 0)).await;
    let behind = stores.engine.revocations().unwrap();
    assert!(behind.behind > behind.most, "{behind:?}");

    cluster.engine.restart().unwrap();
    assert!(!stores.denied.is_denied(family, 0).await.unwrap());
    let reason = RevocationReason::LoggedOut;
    assert!(stores.families.revoke(family, reason).await.unwrap());
    assert!(stores.denied.is_denied(family, 0).await.unwrap());
}

/// A number that was given to a transaction and never reached the disk is given again after a crash: the cursor of a verifier can be beyond
/// numbers that are still to come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_after_a_crash_is_not_missed_though_its_number_was_given_before() {
    let mut cluster = Cluster::start();
    let url = cluster.database().await;
    let clock = clock();
    let stores = stores(&url, clock.clone()).await;
    let alice = customer(&stores, "alice", 100).await;
    let family = stores.families.create(alice.id, "a test").await.unwrap().id;
    assert!(!stores.denied.is_denied(family, 0).await.unwrap());
    let burn = "BEGIN; SELECT pg_current_xact_id(); ROLLBACK;".repeat(200);
    let client = connect(&url).await;
    client.batch_execute(&burn).await.unwrap();
    stores.denied.deny(FamilyId::random(), 0).await.unwrap();
    client.batch_execute(&burn).await.unwrap();
    clock.advance(Duration::from_secs(6));
    assert!(!stores.denied.is_denied(family, 0).await.unwrap());
    cluster.engine.kill();
    cluster.engine.restart().unwrap();
    let (mut holder, other) = (connect(&url).await, connect(&url).await);
    let held = holder.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE denied_tokens")
        .await
        .unwrap();
    held.execute(
        "INSERT INTO denied_tokens (family, through, at) VALUES ($1, 0, 0)",
        &[&family.0.as_slice()],
    )
    .await
    .unwrap();
    other.batch_execute(&burn.repeat(4)).await.unwrap();
    held.commit().await.unwrap();
    let looks = || stores.engine.revocations().unwrap().looks;
    let before = looks();
    while looks() < before + 3 {
        tokio::task::yield_now().await;
    }
    assert!(stores.denied.is_denied(family, 0).await.unwrap());
}
