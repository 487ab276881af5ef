//! As many rows as a large site leaves behind.

use std::time::Duration;

use crate::cluster::{Cluster, clock, connect, stores};

/// In one statement a list that nobody has swept for long would outlast the deadline, and be longer the next time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_denylist_is_swept_in_pieces() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let stores = stores(&url, clock()).await;
    let sql = "INSERT INTO denied_tokens (family, through, at)
         SELECT uuid_send(gen_random_uuid()), 0, 0 FROM generate_series(1, 2500)";
    connect(&url).await.batch_execute(sql).await.unwrap();
    let before = stores.engine.counts().writes;
    let swept = stores.denied.sweep(Duration::from_secs(900)).await.unwrap();
    assert_eq!(swept, 2500);
    assert_eq!(stores.engine.counts().writes - before, 3);
}
