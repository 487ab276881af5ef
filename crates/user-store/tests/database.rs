//! The SQLite file: what opening refuses, and what the writer promises.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};

use rusqlite::Connection;
use tracing::Span;
use user_store::sqlite::{Database, OpenError};
use user_store::{Counts, StoreError};

fn scratch() -> Database {
    let database = Database::open_temporary().unwrap();
    let connection = Connection::open(database.path()).unwrap();
    connection
        .execute_batch("CREATE TABLE scratch (n INTEGER NOT NULL UNIQUE)")
        .unwrap();
    database
}

fn insert(n: i64) -> impl FnOnce(&Connection) -> rusqlite::Result<i64> + Send + 'static {
    move |connection| {
        connection.execute("INSERT INTO scratch (n) VALUES (?1)", [n])?;
        Ok(n)
    }
}

fn rows(database: &Database) -> Vec<i64> {
    let query = |connection: &Connection| {
        connection
            .prepare("SELECT n FROM scratch ORDER BY n")?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    database.read(query).unwrap()
}

/// Holds the writer thread until the sender returned is used or dropped, and has it begun when this returns.
async fn hold(database: &Database) -> (Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, released): (_, Receiver<()>) = channel();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let database = database.clone();
    let held = tokio::spawn(async move {
        let work = move |_: &Connection| {
            begun.send(()).unwrap();
            let _ = released.recv();
            Ok(())
        };
        database.write(&Span::none(), work).await.unwrap();
    });
    has_begun.await.unwrap();
    (release, held)
}

#[tokio::test]
async fn what_waits_is_committed_together() {
    let database = scratch();
    let (release, held) = hold(&database).await;
    let writes: Vec<_> = (0..50).map(|n| queue(&database, insert(n))).collect();
    assert_eq!(database.counts().waiting, 51);
    release.send(()).unwrap();
    held.await.unwrap();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    assert_eq!(rows(&database), (0..50).collect::<Vec<_>>());
    let counts = database.counts();
    assert_eq!(
        counts,
        Counts {
            reads: 1,
            recalled: 0,
            snapshots: 1,
            waiting: 0,
            writes: 51,
            commits: 1
        }
    );
}

/// Starts a write: it is in the queue, or refused, when this returns.
fn queue<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> tokio::task::JoinHandle<Result<T, StoreError>> {
    let database = database.clone();
    let mut write = Box::pin(async move { database.write(&Span::none(), work).await });
    let polled = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    match polled {
        Poll::Ready(result) => tokio::spawn(async move { result }),
        Poll::Pending => tokio::spawn(write),
    }
}

#[tokio::test]
async fn a_job_that_fails_or_panics_undoes_nothing_but_itself() {
    let database = scratch();
    let (release, held) = hold(&database).await;
    let first = queue(&database, insert(1));
    let failing = queue(&database, |connection| {
        insert(2)(connection)?;
        insert(1)(connection)
    });
    let panicking = queue(
        &database,
        |connection: &Connection| -> rusqlite::Result<()> {
            insert(3)(connection)?;
            panic!("as this test wants");
        },
    );
    let last = queue(&database, insert(4));
    release.send(()).unwrap();
    held.await.unwrap();
    first.await.unwrap().unwrap();
    let Err(StoreError::Failed(source)) = panicking.await.unwrap() else {
        panic!("a panic went unnoticed");
    };
    assert!(source.to_string().contains("as this test wants"));
    assert!(failing.await.unwrap().is_err());
    last.await.unwrap().unwrap();
    assert_eq!(rows(&database), [1, 4]);
    assert_eq!(database.counts().commits, 1);
    // The writer lives on.
    database.write(&Span::none(), insert(5)).await.unwrap();
}

#[tokio::test]
async fn a_write_nobody_awaits_any_more_still_takes_place() {
    let database = scratch();
    let (release, held) = hold(&database).await;
    let abandoned = queue(&database, insert(1));
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    release.send(()).unwrap();
    held.await.unwrap();
    database.write(&Span::none(), insert(2)).await.unwrap();
    assert_eq!(rows(&database), [1, 2]);
}

#[tokio::test]
async fn a_full_queue_is_busy_and_not_a_wait() {
    let database = scratch();
    let (release, held) = hold(&database).await;
    let writes: Vec<_> = (0..1100).map(|n| queue(&database, insert(n))).collect();
    release.send(()).unwrap();
    held.await.unwrap();
    let (mut done, mut busy) = (0, 0);
    for write in writes {
        match write.await.unwrap() {
            Ok(_) => done += 1,
            Err(StoreError::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((done, busy), (1024, 1100 - 1024));
    assert_eq!(rows(&database).len(), 1024);
}

#[tokio::test]
async fn closing_finishes_what_waits_and_folds_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("svt.db");
    let database = Database::open(&path).unwrap();
    let table = "CREATE TABLE scratch (n INTEGER NOT NULL UNIQUE)";
    database
        .write(&Span::none(), move |c| c.execute_batch(table))
        .await
        .unwrap();
    let (release, held) = hold(&database).await;
    let waiting = queue(&database, insert(1));
    tokio::task::yield_now().await;
    let closing = tokio::spawn({
        let database = database.clone();
        async move { database.close().await }
    });
    release.send(()).unwrap();
    closing.await.unwrap();
    held.await.unwrap();
    waiting.await.unwrap().unwrap();
    assert!(!folder.path().join("svt.db-wal").exists());
    assert!(matches!(database.read(|_| Ok(())), Err(StoreError::Closed)));
    let refused = database.write(&Span::none(), insert(2)).await;
    assert!(matches!(refused, Err(StoreError::Closed)));
    database.close().await;
    assert_eq!(rows(&Database::open(&path).unwrap()), [1]);
}

#[tokio::test]
async fn every_connection_has_its_settings() {
    let database = scratch();
    let settings = |connection: &Connection| {
        let value = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        use rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
        assert!(connection.db_config(SQLITE_DBCONFIG_ENABLE_QPSG)?);
        assert_eq!(mode, "wal");
        // 2 is FULL.
        Ok((
            value("synchronous")?,
            value("foreign_keys")?,
            value("busy_timeout")?,
            value("query_only")?,
        ))
    };
    assert_eq!(database.read(settings).unwrap(), (2, 1, 5000, 1));
    assert_eq!(
        database.write(&Span::none(), settings).await.unwrap(),
        (2, 1, 5000, 0)
    );
    let checkpoint = |connection: &Connection| {
        connection.pragma_query_value(None, "wal_autocheckpoint", |row| row.get::<_, i64>(0))
    };
    assert_eq!(
        database.write(&Span::none(), checkpoint).await.unwrap(),
        10_000
    );
    assert!(
        database
            .read(|c| c.execute("DELETE FROM scratch", []))
            .is_err()
    );
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("svt.db");
    drop(Database::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    let error = Database::open(&path).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::NewerSchema { found: 999, supported, .. } if supported < 999
        ),
        "{error}"
    );
    assert_one_line_of_advice(&error);
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 999);
}

#[test]
fn what_is_no_database_or_not_ours_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    let content = "This is a letter and not a database. ".repeat(100);
    std::fs::write(&text, &content).unwrap();
    let error = Database::open(&text).unwrap_err();
    assert!(matches!(error, OpenError::NotOurs { .. }), "{error}");
    assert_one_line_of_advice(&error);
    assert_eq!(std::fs::read_to_string(&text).unwrap(), content);

    let other = folder.path().join("other.db");
    let connection = Connection::open(&other).unwrap();
    connection
        .execute_batch("CREATE TABLE recipes (name TEXT)")
        .unwrap();
    let error = Database::open(&other).unwrap_err();
    assert!(matches!(error, OpenError::NotOurs { .. }), "{error}");
}

#[test]
fn a_folder_that_cannot_be_is_unwritable() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    // Not a question of permissions, which do not bind a superuser who runs this.
    let error = Database::open(file.join("svt.db")).unwrap_err();
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
    assert_one_line_of_advice(&error);
    let error = Database::open(folder.path()).unwrap_err();
    assert_one_line_of_advice(&error);
}

fn assert_one_line_of_advice(error: &OpenError) {
    let text = error.to_string();
    assert!(!text.contains('\n') && text.contains("--data"), "{text}");
}

#[test]
fn a_missing_folder_is_made_and_the_file_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/svt.db");
    let database = Database::open(&path).unwrap();
    assert_eq!(database.path(), path);
    drop(database);
    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn many_open_a_fresh_file_at_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = Arc::new(folder.path().join("svt.db"));
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let path = Arc::clone(&path);
                std::thread::spawn(move || Database::open(&*path))
            })
            .collect();
        for opener in openers {
            opener.join().unwrap().unwrap();
        }
    }
}

#[test]
fn a_temporary_database_leaves_nothing_behind() {
    let database = Database::open_temporary().unwrap();
    let folder = database.path().parent().unwrap().to_owned();
    database.read(|_| Ok(())).unwrap();
    assert!(folder.exists());
    drop(database);
    assert!(!folder.exists());
}
