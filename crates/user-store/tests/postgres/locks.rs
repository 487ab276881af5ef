//! Rows and tables that somebody else holds for longer than anybody waits.

use std::time::Duration;

use token_core::clock::{Clock, SystemClock};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_postgres::Client;
use user_store::StoreError;

use crate::cluster::{Cluster, clock, connect, customer, stores};

/// Within this the engine has given up what nobody waits for any more.
const SOON: Duration = Duration::from_secs(4);

/// How many statements of the stores are waiting for a lock.
pub(crate) async fn waiting(client: &Client) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'svt' AND wait_event_type = 'Lock'";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// Waits until so many statements of the stores wait for a lock.
pub(crate) async fn until_waiting(client: &Client, count: i64) {
    let look = async {
        while waiting(client).await != count {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, look).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_a_lock_in_vain_is_given_up_in_the_engine_too_and_never_done_later() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let stores = stores(&url, clock()).await;
    let alice = customer(&stores, "alice", 100).await.id;
    let (mut holder, watcher) = (connect(&url).await, connect(&url).await);
    let held = holder.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE notes").await.unwrap();
    let real = SystemClock::new();
    for _ in 0..3 {
        let mut adding = JoinSet::new();
        for _ in 0..16 {
            let notes = stores.notes.clone();
            adding.spawn(async move { notes.add(alice, "late").await });
        }
        let begun = real.monotonic();
        for added in adding.join_all().await {
            assert!(
                matches!(added, Err(StoreError::Unavailable(_))),
                "{added:?}"
            );
        }
        let took = real.monotonic().saturating_sub(begun);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    until_waiting(&watcher, 0).await;
    held.commit().await.unwrap();
    assert_eq!(stores.notes.list(alice, 10).await.unwrap(), []);
}

/// The engine ends no commit half-way, so those that wait for a standby go on; each replica then has as many as its pool and no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_wait_for_a_standby_take_no_more_connections_than_there_are() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let stores = stores(&url, clock()).await;
    let alice = customer(&stores, "alice", 100).await.id;
    let watcher = connect(&url).await;
    for sql in [
        "ALTER SYSTEM SET synchronous_standby_names = 'gone'",
        "SELECT pg_reload_conf(), pg_sleep(0.5)",
    ] {
        watcher.batch_execute(sql).await.unwrap();
    }
    for _ in 0..2 {
        let mut adding = JoinSet::new();
        for _ in 0..16 {
            let notes = stores.notes.clone();
            adding.spawn(async move { notes.add(alice, "late").await });
        }
        for added in adding.join_all().await {
            assert!(
                matches!(added, Err(StoreError::Unavailable(_))),
                "{added:?}"
            );
        }
    }
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'svt'";
    let connections: i64 = watcher.query_one(sql, &[]).await.unwrap().get(0);
    assert!(connections <= 16, "{connections}");
    for sql in [
        "ALTER SYSTEM RESET synchronous_standby_names",
        "SELECT pg_reload_conf()",
    ] {
        watcher.batch_execute(sql).await.unwrap();
    }
    let back = async { while stores.users.by_id(alice).await.is_err() {} };
    timeout(SOON, back).await.unwrap();
}

/// Verifiers have a connection of their own: that everybody waits for something else does not log everybody out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verifier_hears_of_revocations_though_all_connections_wait_for_a_lock() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let clock = clock();
    let stores = stores(&url, clock.clone()).await;
    let alice = customer(&stores, "alice", 100).await.id;
    let family = stores.families.create(alice, "a test").await.unwrap().id;
    assert!(!stores.denied.is_denied(family, 0).await.unwrap());
    let (mut holder, watcher) = (connect(&url).await, connect(&url).await);
    let held = holder.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE notes").await.unwrap();
    let mut adding = JoinSet::new();
    for _ in 0..64 {
        let notes = stores.notes.clone();
        adding.spawn(async move { notes.add(alice, "late").await });
    }
    until_waiting(&watcher, 16).await;
    clock.advance(Duration::from_secs(6));
    assert!(!stores.denied.is_denied(family, 0).await.unwrap());
}
