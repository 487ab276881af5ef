//! Every suite, on a database of each case's own.

use user_store::conformance;

use crate::cluster::{Cluster, connect};

/// With PostgreSQL's default isolation, and with the strictest that an administrator may have made the default: there transactions lose against
/// each other, and have to be run again.
const ISOLATIONS: [&str; 2] = ["read committed", "serializable"];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_store_in_postgres_conforms_whatever_the_isolation() {
    let cluster = Cluster::start();
    for isolation in ISOLATIONS {
        println!("default_transaction_isolation = {isolation}");
        // What is kept across a crash is tested elsewhere, and here nobody waits for the disk.
        let settings = [
            ("default_transaction_isolation", isolation),
            ("synchronous_commit", "off"),
        ];
        let client = connect(&cluster.schema(&settings).await).await;
        for (key, value) in settings {
            let row = client.query_one(&format!("SHOW {key}"), &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), value, "{key}");
        }
        let stores = |clock| cluster.fresh(clock, &settings);
        conformance::users(&stores).await;
        conformance::ledger(&stores).await;
        conformance::notes(&stores).await;
        conformance::refresh_families(&stores).await;
        conformance::denied_tokens(&stores).await;
        conformance::login_failures(&stores).await;
        conformance::sessions(&|clock, timeouts| {
            let stores = cluster.fresh(clock.clone(), &settings);
            stores.engine.sessions(clock, timeouts)
        })
        .await;
    }
}
