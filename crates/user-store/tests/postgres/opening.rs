//! Databases that are new, another program's, or from tomorrow; and engines that are not there.

use user_store::StoreError;
use user_store::postgres::{OpenError, Postgres};

use crate::cluster::{Cluster, clock, connect, customer, stores};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_replicas_that_start_at_once_one_makes_the_tables_and_all_find_them() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let opening: Vec<_> = (0..8)
        .map(|replica| {
            let url = url.clone();
            tokio::spawn(async move {
                let stores = stores(&url, clock()).await;
                customer(&stores, &format!("customer{replica}"), 100).await
            })
        })
        .collect();
    for opened in opening {
        opened.await.unwrap();
    }
    let stores = stores(&url, clock()).await;
    assert_eq!(stores.ledger.total_minor().await.unwrap(), 800);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_not_ours_is_left_as_it_was() {
    let cluster = Cluster::start();
    let foreign = cluster.database().await;
    let client = connect(&foreign).await;
    client
        .batch_execute("CREATE TABLE users (name text)")
        .await
        .unwrap();
    let refused = Postgres::open(&foreign, clock()).await;
    assert!(
        matches!(refused, Err(OpenError::AnotherProgram)),
        "{refused:?}"
    );
    let tables: i64 = client
        .query_one(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(tables, 1);

    let newer = cluster.database().await;
    drop(Postgres::open(&newer, clock()).await.unwrap());
    let client = connect(&newer).await;
    client
        .batch_execute("UPDATE svt_schema SET version = 999")
        .await
        .unwrap();
    let refused = Postgres::open(&newer, clock()).await;
    assert!(
        matches!(refused, Err(OpenError::Newer { version: 999 })),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_refuses_is_told_with_what_mends_it() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let client = connect(&url).await;
    client
        .batch_execute("CREATE ROLE guest LOGIN")
        .await
        .unwrap();
    for (url, advice) in [
        (cluster.engine.url_of("nowhere"), "createdb"),
        (url.replace("svt@", "nobody@"), "user"),
        (url.replace("svt@", "guest@"), "GRANT CREATE"),
    ] {
        let refused = Postgres::open(&url, clock()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Refused { .. }), "{refused:?}");
        let line = refused.to_string();
        assert!(line.contains(advice) && !line.contains('\n'), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_may_start_before_its_engine_and_works_when_that_has_come() {
    let mut cluster = Cluster::start();
    let url = cluster.database().await;
    cluster.engine.kill();
    let stores = stores(&url, clock()).await;
    let absent = stores.users.credentials("alice").await;
    assert!(
        matches!(absent, Err(StoreError::Unavailable(_))),
        "{absent:?}"
    );
    cluster.engine.restart().unwrap();
    customer(&stores, "alice", 100).await;
    assert!(stores.users.credentials("ALICE").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_servers_the_one_that_takes_writes_is_asked() {
    let (standby, primary) = (Cluster::start(), Cluster::start());
    let first = standby.database().await;
    let (_, name) = first.rsplit_once('/').unwrap();
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    connect(&first)
        .await
        .batch_execute(&read_only)
        .await
        .unwrap();
    let second = primary.database().await;
    let (hosts, database) = first.rsplit_once('/').unwrap();
    let (_, port) = hosts.rsplit_once(':').unwrap();
    let second = second.replacen("127.0.0.1:", &format!("127.0.0.1:{port},127.0.0.1:"), 1);
    assert!(second.ends_with(database), "{second}");
    let stores = stores(&second, clock()).await;
    customer(&stores, "alice", 100).await;
    assert!(stores.users.credentials("alice").await.unwrap().is_some());
}
