//! Reads that share a snapshot miss nothing that was committed, whoever committed it, and do not make the log grow.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use token_core::clock::{ManualClock, UnixSeconds};
use tracing::Span;
use user_store::sessions::{Session, SqliteSessions};
use user_store::sqlite::Database;
use user_store::{NewSession, Role, SessionId, Sessions, Timeouts, UserId};

const ALICE: UserId = UserId(1);

/// One process's handle on a file, and its sessions.
fn open(path: &Path, clock: &Arc<ManualClock>) -> (Database, SqliteSessions) {
    let database = Database::open(path).unwrap();
    let sessions = SqliteSessions::new(database.clone(), clock.clone(), Timeouts::default());
    (database, sessions)
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(UnixSeconds(1_000_000)))
}

fn alice() -> NewSession {
    NewSession {
        user_id: ALICE,
        username: "alice".to_owned(),
        role: Role::Customer,
        device: "a test".to_owned(),
    }
}

/// Loads until the snapshot that serves the load was kept from one before.
async fn load_from_kept(
    (database, sessions): &(Database, SqliteSessions),
    id: &SessionId,
) -> Session {
    loop {
        let before = database.counts().snapshots;
        let session = sessions.load(id).await.unwrap().unwrap();
        if database.counts().snapshots == before {
            return session;
        }
    }
}

/// What can happen to a session, in the words of whoever does it.
const EVENTS: [&str; 6] = [
    "logout",
    "logout from a list",
    "ban",
    "password change elsewhere",
    "renewal",
    "reset",
];

async fn happen(event: &str, sessions: &SqliteSessions, id: &SessionId, session: &Session) {
    match event {
        "logout" => assert!(sessions.delete(id).await.unwrap()),
        "logout from a list" => {
            let public_id = &session.public_id;
            assert!(sessions.delete_one_of(ALICE, public_id).await.unwrap());
        }
        "ban" => assert_eq!(sessions.delete_all_of(ALICE, None).await.unwrap(), 1),
        "password change elsewhere" => {
            let own = sessions.create(alice()).await.unwrap();
            let ended = sessions.delete_all_of(ALICE, Some(&own)).await.unwrap();
            assert_eq!(ended, 1);
        }
        "renewal" => assert!(sessions.renew(id).await.unwrap().is_some()),
        "reset" => sessions.clear().await.unwrap(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_ends_a_session_here_ends_it_at_the_next_load() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let here = open(&folder.path().join("svt.db"), &clock);
    for event in EVENTS {
        let id = here.1.create(alice()).await.unwrap();
        let session = load_from_kept(&here, &id).await;
        happen(event, &here.1, &id, &session).await;
        assert_eq!(here.1.load(&id).await.unwrap(), None, "{event}");
        here.1.clear().await.unwrap();
    }
}

#[tokio::test]
async fn what_ends_a_session_elsewhere_ends_it_at_the_next_load_here() {
    let folder = tempfile::tempdir().unwrap();
    let (path, clock) = (folder.path().join("svt.db"), clock());
    let (here, elsewhere) = (open(&path, &clock), open(&path, &clock));
    for event in EVENTS {
        let id = here.1.create(alice()).await.unwrap();
        let session = load_from_kept(&here, &id).await;
        happen(event, &elsewhere.1, &id, &session).await;
        assert_eq!(here.1.load(&id).await.unwrap(), None, "{event}");
        here.1.clear().await.unwrap();
    }
}

#[tokio::test]
async fn another_role_counts_at_the_next_load_wherever_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let (path, clock) = (folder.path().join("svt.db"), clock());
    let (here, elsewhere) = (open(&path, &clock), open(&path, &clock));
    let id = here.1.create(alice()).await.unwrap();
    for (given_by, role) in [(&here, Role::Admin), (&elsewhere, Role::Customer)] {
        load_from_kept(&here, &id).await;
        given_by.1.set_role_of(ALICE, role).await.unwrap();
        assert_eq!(here.1.load(&id).await.unwrap().unwrap().role, role);
    }
}

#[tokio::test]
async fn a_session_in_a_kept_snapshot_ends_by_the_clock_to_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let here = open(&folder.path().join("svt.db"), &clock);
    let id = here.1.create(alice()).await.unwrap();
    let idle_end = load_from_kept(&here, &id).await.idle_expires_at;
    clock.advance(idle_end.since(UnixSeconds(1_000_000)));
    assert_eq!(here.1.load(&id).await.unwrap(), None);

    let busy = here.1.create(alice()).await.unwrap();
    let end = here.1.load(&busy).await.unwrap().unwrap().expires_at;
    let minute = std::time::Duration::from_secs(60);
    let mut last = idle_end;
    while last.plus(minute) < end {
        clock.advance(minute);
        last = last.plus(minute);
        assert!(here.1.load(&busy).await.unwrap().is_some(), "{last:?}");
    }
    clock.advance(end.since(last));
    assert_eq!(here.1.load(&busy).await.unwrap(), None);
}

fn scratch() -> Database {
    let database = Database::open_temporary().unwrap();
    let connection = Connection::open(database.path()).unwrap();
    let table = "CREATE TABLE scratch (n INTEGER NOT NULL, ballast BLOB)";
    connection.execute_batch(table).unwrap();
    database
}

fn count(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM scratch", [], |row| row.get(0))
}

#[test]
fn reads_between_two_commits_share_snapshots() {
    let database = scratch();
    for _ in 0..2_000 {
        assert_eq!(database.read(count).unwrap(), 0);
    }
    let counts = database.counts();
    assert_eq!(counts.reads, 2_000);
    assert!(counts.snapshots < 1_000, "{counts:?}");
}

#[test]
fn a_read_sees_every_commit_of_another_connection() {
    let database = scratch();
    let other = Connection::open(database.path()).unwrap();
    for n in 0..300 {
        assert_eq!(database.read(count).unwrap(), n);
        other
            .execute("INSERT INTO scratch (n) VALUES (?1)", [n])
            .unwrap();
    }
    database.read(|_| Ok(())).unwrap();
    other.execute("DELETE FROM scratch", []).unwrap();
    assert_eq!(database.read(count).unwrap(), 0);
}

#[test]
fn a_read_that_fails_leaves_its_connection_good() {
    let database = scratch();
    let missing = |c: &Connection| c.query_row("SELECT n FROM scratch", [], |row| row.get(0));
    for _ in 0..3 {
        assert_eq!(database.read(count).unwrap(), 0);
        assert!(database.read::<i64>(missing).is_err());
    }
}

#[tokio::test]
async fn the_log_begins_anew_although_readers_keep_their_snapshots() {
    let database = scratch();
    let mut log = database.path().as_os_str().to_owned();
    log.push("-wal");
    // Four mebibytes are about a thousand pages, and at ten thousand the log is folded.
    let commits = 45;
    for n in 0..commits {
        assert_eq!(database.read(count).unwrap(), n);
        let insert = move |connection: &Connection| {
            connection.execute(
                "INSERT INTO scratch (n, ballast) VALUES (?1, zeroblob(4194304))",
                [n],
            )
        };
        database.write(&Span::none(), insert).await.unwrap();
        let trim = |c: &Connection| c.execute("UPDATE scratch SET ballast = NULL", []);
        database.write(&Span::none(), trim).await.unwrap();
    }
    let pages = std::fs::metadata(&log).unwrap().len() / 4096;
    assert!(pages < 20_000, "{pages} pages of {commits} commits");
}

/// All locks of a process on a file go when it closes any descriptor of it.
#[cfg(target_os = "linux")]
#[test]
fn closing_one_handle_leaves_the_locks_of_another() {
    use std::os::unix::fs::MetadataExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("svt.db");
    let (first, second) = (
        Database::open(&path).unwrap(),
        Database::open(&path).unwrap(),
    );
    let index = std::fs::metadata(folder.path().join("svt.db-shm")).unwrap();
    let locks = || {
        let all = std::fs::read_to_string("/proc/locks").unwrap();
        let inode = format!(":{} ", index.ino());
        all.lines().filter(|line| line.contains(&inode)).count()
    };
    assert!(locks() > 0);
    first.read(|_| Ok(())).unwrap();
    drop(first);
    assert!(locks() > 0);
    second.read(|_| Ok(())).unwrap();
}
