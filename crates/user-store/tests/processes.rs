//! Several processes on one file.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use token_core::clock::SystemClock;
use token_core::refresh::{Presented, RefreshPolicy};
use user_store::sqlite::Database;
use user_store::{NewTransfer, NewUser, PasswordHash, Role, Stores, Timeouts, UserId};

/// Names the file to a process that is to be one of the writers.
const FILE: &str = "USER_STORE_TEST_FILE";
/// Tells the writers apart.
const NAME: &str = "USER_STORE_TEST_NAME";

const TRANSFERS: usize = 150;

fn stores(path: impl AsRef<std::path::Path>) -> Stores {
    let database = Database::open(path).unwrap();
    Stores::sqlite(database, Arc::new(SystemClock::new()), Timeouts::default())
}

fn payment(from: UserId, to: &str, idempotency_key: String) -> NewTransfer {
    NewTransfer {
        from,
        to: to.to_owned(),
        amount_minor: 1,
        idempotency_key,
        note: String::new(),
    }
}

/// Starts this very test program as one of the writers.
fn writer(path: &std::path::Path, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "one_of_the_writers"])
        .env(FILE, path)
        .env(NAME, name)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Does nothing unless it was started by the test below.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_the_writers() {
    let (Ok(path), Ok(name)) = (std::env::var(FILE), std::env::var(NAME)) else {
        return;
    };
    let stores = stores(path);
    let find = async |name| stores.users.credentials(name).await.unwrap().unwrap().user;
    let (alice, bob) = (find("alice").await, find("bob").await);
    let writing: Vec<_> = (0..TRANSFERS)
        .map(|index| {
            // Half of the keys are used by every process, and so count once.
            let key = if index % 2 == 0 {
                index.to_string()
            } else {
                format!("{name} {index}")
            };
            let (ledger, from) = (
                stores.ledger.clone(),
                if index % 4 < 2 { alice.id } else { bob.id },
            );
            let to = if index % 4 < 2 { "bob" } else { "alice" };
            tokio::spawn(async move { ledger.transfer(payment(from, to, key)).await })
        })
        .collect();
    for write in writing {
        write.await.unwrap().unwrap();
    }
    let families = stores.families.list_of(alice.id).await.unwrap();
    let family = families[0].family;
    let policy = RefreshPolicy::default();
    let presented = stores
        .families
        .present(family.id, 1, &policy)
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(
        presented.outcome,
        Presented::Rotated(_) | Presented::Retried(_)
    ));
}

#[tokio::test]
async fn several_processes_write_one_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("svt.db");
    let stores = stores(&path);
    let mut family = None;
    for username in ["alice", "bob"] {
        let new = NewUser {
            username: username.to_owned(),
            password: PasswordHash::from_phc("$none".to_owned()),
            role: Role::Customer,
            opening_balance_minor: 1000,
        };
        let user = stores.users.create(new).await.unwrap();
        family = family.or(Some(
            stores.families.create(user.id, "a test").await.unwrap(),
        ));
    }
    let writers: Vec<_> = ["one", "two", "three"]
        .map(|name| writer(&path, name))
        .into();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    assert_eq!(stores.ledger.total_minor().await.unwrap(), 2000);
    let alice = stores
        .users
        .credentials("alice")
        .await
        .unwrap()
        .unwrap()
        .user;
    let made = stores.ledger.transfers_of(alice.id, 10_000).await.unwrap();
    assert_eq!(made.len(), TRANSFERS / 2 + 3 * (TRANSFERS / 2));
    let family = stores
        .families
        .by_id(family.unwrap().id)
        .await
        .unwrap()
        .unwrap()
        .family;
    assert_eq!((family.generation, family.revoked), (2, None));
}
