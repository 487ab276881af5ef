//! Every backend, held to what its trait promises.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use std::sync::Arc;

use user_store::conformance;
use user_store::sessions::ALL;
use user_store::sqlite::Database;
use user_store::{PasswordHasher, PasswordHasherConfig, Stores, Timeouts};

/// Stores on a SQLite file of their own.
fn stores(clock: Arc<dyn token_core::clock::Clock>) -> Stores {
    stores_on(Database::open_temporary().unwrap(), clock)
}

/// Stores that read no row again while nobody has changed it.
fn remembering_stores(clock: Arc<dyn token_core::clock::Clock>) -> Stores {
    let database = Database::open_temporary().unwrap();
    stores_on(database.remembering(100), clock)
}

fn stores_on(database: Database, clock: Arc<dyn token_core::clock::Clock>) -> Stores {
    Stores {
        passwords: PasswordHasher::new(PasswordHasherConfig::dangerously_cheap()),
        ..Stores::sqlite(database, clock, Timeouts::default())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_backend_of_sessions_conforms() {
    for backend in ALL {
        for remembered in [0, 100] {
            println!("backend {}, remembering {remembered}", backend.name);
            conformance::sessions(&|clock, timeouts| {
                let database = Database::open_temporary().unwrap();
                let sessions = (backend.open)(database.remembering(remembered), clock, timeouts);
                assert_eq!(sessions.store_name(), backend.name);
                sessions
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn users_in_sqlite_conform() {
    conformance::users(&stores).await;
    conformance::users(&remembering_stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_ledger_in_sqlite_conforms() {
    conformance::ledger(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn notes_in_sqlite_conform() {
    conformance::notes(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refresh_families_in_sqlite_conform() {
    conformance::refresh_families(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn denied_tokens_in_sqlite_conform() {
    conformance::denied_tokens(&stores).await;
    conformance::denied_tokens(&remembering_stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn login_failures_in_sqlite_conform() {
    conformance::login_failures(&stores).await;
}
